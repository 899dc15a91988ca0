//! Direct starts, at the worker's end.

use std::sync::Arc;

use super::Driver;
use super::intake::Claimed;
use crate::worker::hand::{self, Handed};
use crate::worker::run::History;

impl Driver {
    /// How many runs may come past the queue: as many as there are free slots, while nothing waits in the queue as far as is known.
    pub(super) fn free(&mut self) -> usize {
        let held = self.queue.len() + self.running.len() + self.beginning.len() + self.suspects.len();
        let roomy = !self.stopping && !self.plenty && self.runs.len() < self.options.most_runs;
        if roomy && self.bytes < self.options.memory_budget && !self.is_quiet() {
            self.options.concurrency.saturating_sub(held)
        } else {
            0
        }
    }

    pub(super) fn take_handed(&mut self, handed: Handed) {
        // A claim belongs to one lane for good.
        let lane = self.lanes.iter().position(|lane| !lane.is_busy()).unwrap_or(0);
        match handed {
            Handed::Run { number, id, version, input, deadline } => {
                let history = History { deadline, ..History::default() };
                let claimed = Claimed { id, version, input, checked: true, history };
                self.take_run((lane, number), claimed);
            }
            Handed::Unknown(number) => {
                let (connect, bucket, worker) = (Arc::clone(&self.connect), self.options.bucket, self.worker);
                self.settling.spawn(async move {
                    let rows = hand::settle(connect, bucket, worker, number).await?;
                    Some(Handed::Settled { number, rows })
                });
            }
            Handed::Settled { number, rows } => self.take_rows(lane, number, &[], rows),
        }
    }
}
