//! The board on which each attempt that begins is entered, and waits until the test says how it ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pgflow::RunId;
use tokio::sync::{Notify, oneshot};

use crate::reference::Unit;

/// What the test says to an attempt.
#[derive(Debug)]
pub(crate) enum Word {
    Complete(serde_json::Value),
    Retry(u64),
    Fail,
    Fatal,
    Panic,
    Skip,
}

/// An attempt that is under way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) run: RunId,
    pub(crate) unit: Unit,
    /// The worker that executes it.
    pub(crate) seat: usize,
    /// What it was handed.
    pub(crate) seen: String,
}

#[derive(Debug, Default)]
struct Inner {
    serial: u64,
    entries: BTreeMap<u64, (Entry, Option<oneshot::Sender<Word>>)>,
    begun: BTreeMap<(RunId, Unit), u32>,
}

/// The board of a lane.
#[derive(Debug, Default)]
pub(crate) struct Board {
    inner: Mutex<Inner>,
    /// Something was entered, or has gone.
    pub(crate) changed: Notify,
}

/// The state of the workflows: the board, and which worker it is.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) board: Arc<Board>,
    pub(crate) number: usize,
}

/// Strikes an entry off when its attempt ends, or is dropped.
#[derive(Debug)]
pub(crate) struct Strike {
    board: Arc<Board>,
    serial: u64,
}

impl Drop for Strike {
    fn drop(&mut self) {
        self.board.lock().entries.remove(&self.serial);
        self.board.changed.notify_one();
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters an attempt, and gives what it waits for.
    pub(crate) fn enter(self: &Arc<Self>, entry: Entry) -> (Strike, oneshot::Receiver<Word>) {
        let (say, hear) = oneshot::channel();
        let mut inner = self.lock();
        inner.serial += 1;
        let serial = inner.serial;
        *inner.begun.entry((entry.run, entry.unit)).or_default() += 1;
        inner.entries.insert(serial, (entry, Some(say)));
        drop(inner);
        self.changed.notify_one();
        (Strike { board: Arc::clone(self), serial }, hear)
    }

    /// All attempts that are under way, in order.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self.lock().entries.values().map(|(entry, _)| entry.clone()).collect();
        entries.sort();
        entries
    }

    /// How often each attempt has begun.
    pub(crate) fn begun(&self) -> BTreeMap<(RunId, Unit), u32> {
        self.lock().begun.clone()
    }

    /// Says to an attempt how it ends; gives whether it was there.
    pub(crate) fn say(&self, run: RunId, unit: Unit, word: Word) -> bool {
        let mut inner = self.lock();
        let found =
            inner.entries.values_mut().find(|(entry, say)| entry.run == run && entry.unit == unit && say.is_some());
        found.and_then(|(_, say)| say.take()).is_some_and(|say| say.send(word).is_ok())
    }

    /// Forgets how often attempts have begun.
    pub(crate) fn clear(&self) {
        self.lock().begun.clear();
    }
}
