//! Which call a request makes, and what a round trip carries.

use std::collections::HashMap;
use std::sync::Arc;

use super::frames::{Frame, Reader, numbers};

/// A request that calls something: a function of the engine, or the beginning or end of a transaction.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function without its schema; or `notify`, `connect`, `ping`; of anything else the first word, such as
    /// `begin`, `commit`, `insert`.
    pub name: Arc<str>,
    /// For `exchange`: what it has with it.
    pub carries: Carries,
}

/// What a round trip has with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "their names say what they are")]
pub struct Carries {
    pub outcomes: bool,
    pub ends: bool,
    pub shares: bool,
    /// Outcomes of shared work.
    pub tasks: bool,
    pub parks: bool,
    pub attempts: bool,
}

/// Where the parameters of `pgflow.exchange` are found.
#[derive(Clone, Debug)]
pub struct Layout {
    claims: usize,
    tasks: usize,
    fates: usize,
    outcomes: usize,
    shares: usize,
    attempts: usize,
}

impl Layout {
    /// From the names of the function's parameters.
    ///
    /// # Panics
    /// When one that the harness looks at is not among them.
    #[must_use]
    pub fn new(names: &[String]) -> Self {
        let place = |name: &str| {
            names.iter().position(|other| other == name).unwrap_or_else(|| panic!("exchange has no parameter `{name}`"))
        };
        Self {
            claims: place("e_claim"),
            tasks: place("e_task"),
            fates: place("e_fate"),
            outcomes: place("o_entry"),
            shares: place("s_entry"),
            attempts: place("a_entry"),
        }
    }

    fn carries(&self, parameters: &[Option<&[u8]>]) -> Option<Carries> {
        // An empty list may be null.
        let list = |place: usize| parameters.get(place)?.map_or_else(|| Some(Vec::new()), numbers);
        let (claims, tasks, fates) = (list(self.claims)?, list(self.tasks)?, list(self.fates)?);
        let outcomes = list(self.outcomes)?;
        let of = |holders: &[i64], outcome: &i64| {
            usize::try_from(*outcome - 1).ok().and_then(|place| holders.get(place)).is_some_and(|id| *id > 0)
        };
        let owned = |fate: std::ops::RangeInclusive<i64>| {
            claims.iter().zip(&fates).any(|(claim, is)| *claim > 0 && fate.contains(is))
        };
        Some(Carries {
            outcomes: outcomes.iter().any(|outcome| of(&claims, outcome)),
            ends: owned(1..=3),
            shares: !list(self.shares)?.is_empty(),
            tasks: outcomes.iter().any(|outcome| of(&tasks, outcome)),
            parks: owned(4..=4),
            attempts: !list(self.attempts)?.is_empty(),
        })
    }
}

/// What a client has prepared, and what it is about to ask.
#[derive(Debug)]
pub(super) struct Dialogue {
    layout: Arc<Layout>,
    prepared: HashMap<String, Arc<str>>,
    bytes: Vec<u8>,
    call: Option<Call>,
}

/// All messages up to the one that asks for an answer.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) bytes: Vec<u8>,
    /// None where a statement is only prepared.
    pub(super) call: Option<Call>,
    /// The end of the session: there is no answer.
    pub(super) goodbye: bool,
}

impl Dialogue {
    pub(super) fn new(layout: Arc<Layout>) -> Self {
        Self { layout, prepared: HashMap::new(), bytes: Vec::new(), call: None }
    }

    /// Takes a message of the client, and gives the request that it completes.
    pub(super) fn take(&mut self, frame: &Frame) -> Option<Request> {
        let mut content = Reader(frame.content());
        match frame.kind {
            0 => self.call = Some(plain("connect")),
            b'P' => {
                let (name, sql) = (content.text()?, content.text()?);
                self.prepared.insert(name.to_owned(), name_of(sql).into());
            }
            b'B' => self.call = self.bound(content).or_else(|| Some(plain("unknown"))),
            b'Q' => self.call = Some(plain(&name_of(content.text()?))),
            b'S' if self.bytes.is_empty() => self.call = Some(plain("ping")),
            _ => {}
        }
        self.bytes.extend_from_slice(&frame.bytes);
        matches!(frame.kind, 0 | b'S' | b'Q' | b'X').then(|| Request {
            bytes: std::mem::take(&mut self.bytes),
            call: self.call.take(),
            goodbye: frame.kind == b'X',
        })
    }

    fn bound(&self, mut content: Reader<'_>) -> Option<Call> {
        content.text()?;
        let name = Arc::clone(self.prepared.get(content.text()?)?);
        if &*name != "exchange" {
            return Some(Call { name, carries: Carries::default() });
        }
        let formats = usize::try_from(content.i16()?).ok()?;
        content.take(formats * 2)?;
        let count = content.i16()?;
        let parameters: Vec<Option<&[u8]>> = (0..count).map_while(|_| content.value()).collect();
        let carries = self.layout.carries(&parameters)?;
        Some(Call { name, carries })
    }
}

fn plain(name: &str) -> Call {
    Call { name: name.into(), carries: Carries::default() }
}

/// What a statement calls: its function of the engine.
fn name_of(sql: &str) -> String {
    let text = sql.to_ascii_lowercase();
    let word = |text: &str| -> String { text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect() };
    let called = text
        .match_indices("pgflow.")
        .map(|(at, schema)| &text[at + schema.len()..])
        .find(|rest| rest[word(rest).len()..].starts_with('('));
    match (called, word(text.trim_start()).as_str()) {
        (Some(rest), _) => word(rest),
        (None, _) if text.contains("pg_notify(") => "notify".to_owned(),
        (None, first) => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn statements_are_named_by_the_function_that_they_call() {
        assert_eq!(name_of("select kind, run_id\nfrom pgflow.exchange(\n$1)"), "exchange");
        assert_eq!(name_of("select pgflow.ensure_partitions(pgflow.now(), $1)"), "ensure_partitions");
        assert_eq!(name_of("COMMIT"), "commit");
        assert_eq!(name_of("LISTEN \"a\",\"b\""), "listen");
        assert_eq!(name_of("-- Wakes.\nselect pg_notify($1, $2)"), "notify");
        assert_eq!(name_of("insert into ledger select * from pgflow.run"), "insert");
    }
}
