//! Lanes: the connections of a worker's round trips. While the database works on what one lane has sent, the steps that the other one
//! has brought run, and are sent next.
//!
//! A run stays in the lane that has claimed it, and a task in the one that it was put into: of one run or task never two round trips
//! are under way, and a claim is changed by one connection only.

use std::collections::HashSet;
use std::time::Instant;

use uuid::Uuid;

use crate::database::Link;
use crate::worker::batch::Batch;

/// How many a worker has. The second one is opened when there is something to do while the first one is busy.
pub(super) const LANES: usize = 2;

#[derive(Debug)]
pub(super) struct Lane {
    /// None while a round trip is under way.
    pub(super) link: Option<Link>,
    /// What goes into the next round trip.
    pub(super) batch: Batch,
    /// Since when something of it has waited.
    pub(super) gathers_since: Option<Instant>,
    /// The number of an earlier call whose empty claim can go.
    pub(super) marker: i64,
    /// How many units of each queue the call under way asks for, tasks aside.
    pub(super) asked: Vec<usize>,
    /// Whether the call under way takes tasks. Only one at a time does: it tells of all that the worker holds and does not know.
    pub(super) takes_tasks: bool,
    /// How many runs belong to it.
    pub(super) runs: usize,
    /// Those among them for which messages are to be expected (or were, until the next look), and when to look.
    pub(super) listening: HashSet<Uuid>,
    pub(super) next_watch: Instant,
}

impl Lane {
    pub(super) fn new(link: Link, now: Instant) -> Self {
        Self {
            link: Some(link),
            batch: Batch::default(),
            gathers_since: None,
            marker: 0,
            asked: Vec::new(),
            takes_tasks: false,
            runs: 0,
            listening: HashSet::new(),
            next_watch: now,
        }
    }

    /// Whether a round trip is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.link.is_none()
    }
}
