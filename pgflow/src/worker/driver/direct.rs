//! Direct starts, at the worker's end.

use std::sync::Arc;

use super::Driver;
use super::intake::Claimed;
use crate::worker::hand::{self, Handed};
use crate::worker::run::History;

impl Driver {
    /// Says how many runs of each queue may come past it: as many as there are free slots, while nothing waits there as far as is known.
    pub(super) fn offer(&mut self) {
        let roomy = !self.stopping && self.runs.len() < self.options.most_runs;
        let roomy = roomy && self.bytes < self.options.memory_budget && !self.is_quiet();
        let held: Vec<usize> =
            self.busy().into_iter().enumerate().map(|(queue, busy)| busy + self.queues.len_of(queue)).collect();
        let counted: usize = held.iter().enumerate().map(|(queue, held)| (*held).min(self.queues.slots(queue))).sum();
        let free = self.options.concurrency.saturating_sub(counted + self.suspects.len());
        for (queue, held) in held.into_iter().enumerate() {
            let own = self.queues.slots(queue).saturating_sub(held).min(free);
            self.hand.set_free(queue, if roomy && !self.plenty[queue] { own } else { 0 });
        }
    }

    /// How many slots of each queue are taken.
    pub(super) fn busy(&self) -> Vec<usize> {
        let mut busy = vec![0; self.queues.count()];
        if let [only] = &mut busy[..] {
            *only = self.running.len() + self.beginning.len();
            return busy;
        }
        let units = self.running.values().map(|running| &running.unit).chain(self.beginning.keys());
        for unit in units {
            if let Some(busy) = busy.get_mut(unit.queue()) {
                *busy += 1;
            }
        }
        busy
    }

    pub(super) fn take_handed(&mut self, handed: Handed) {
        // A claim belongs to one lane for good.
        let lane = self.lanes.iter().position(|lane| !lane.is_busy()).unwrap_or(0);
        match handed {
            Handed::Run { number, id, version, queue, input, deadline } => {
                let history = History { deadline, ..History::default() };
                let claimed = Claimed { id, version, queue, input, checked: true, has_parent: false, history };
                self.take_run((lane, number), claimed);
            }
            Handed::Unknown(number) => {
                let (connect, bucket, worker) = (Arc::clone(&self.connect), self.options.bucket, self.worker);
                let queues = self.options.queue_names();
                self.settling.spawn(async move {
                    let rows = hand::settle(connect, bucket, worker, number, queues).await?;
                    Some(Handed::Settled { number, rows })
                });
            }
            Handed::Settled { number, rows } => self.take_rows(lane, number, &[], rows),
        }
    }
}
