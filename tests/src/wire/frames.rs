//! The messages of the protocol: a byte for the kind, a length, and the content. The first of a client has no kind.

/// Splits what arrives into messages.
#[derive(Debug)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    taken: usize,
    /// Whether messages begin with their kind.
    typed: bool,
}

/// One message, as it came.
#[derive(Debug)]
pub(super) struct Frame {
    /// 0 for the first of a client.
    pub(super) kind: u8,
    pub(super) bytes: Vec<u8>,
}

impl Frame {
    /// What stands after the kind and the length.
    pub(super) fn content(&self) -> &[u8] {
        &self.bytes[if self.kind == 0 { 4 } else { 5 }..]
    }
}

impl Frames {
    pub(super) fn new(typed: bool) -> Self {
        Self { buffer: Vec::new(), taken: 0, typed }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.buffer.drain(..self.taken);
            self.taken = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }
}

/// The messages that are complete; the rest waits for more.
impl Iterator for Frames {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let rest = &self.buffer[self.taken..];
        let head = usize::from(self.typed);
        let length: [u8; 4] = rest.get(head..head + 4)?.try_into().ok()?;
        let length = head + usize::try_from(u32::from_be_bytes(length)).ok()?;
        let frame = Frame { kind: if self.typed { rest[0] } else { 0 }, bytes: rest.get(..length)?.to_vec() };
        self.taken += length;
        self.typed = true;
        Some(frame)
    }
}

/// Reads a message's content from its beginning.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn i16(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A text that ends with a zero.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = std::str::from_utf8(self.take(end)?).ok()?;
        self.take(1)?;
        Some(text)
    }

    /// A value with its length before it; none for null.
    pub(super) fn value(&mut self) -> Option<Option<&'a [u8]>> {
        match usize::try_from(self.i32()?) {
            Ok(length) => self.take(length).map(Some),
            Err(_) => Some(None),
        }
    }
}

/// The elements of an array of whole numbers, in its binary form.
pub(super) fn numbers(array: &[u8]) -> Option<Vec<i64>> {
    let mut reader = Reader(array);
    let dimensions = reader.i32()?;
    reader.take(8)?;
    if dimensions == 0 {
        return Some(Vec::new());
    }
    let count = usize::try_from(reader.i32()?).ok()?;
    reader.take(4)?;
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let bytes = reader.value()?.unwrap_or_default();
        all.push(bytes.iter().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte)));
    }
    Some(all)
}
