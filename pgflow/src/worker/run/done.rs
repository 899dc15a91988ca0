//! Steps that are done: what they give, and what they were the last to block.

use std::sync::Arc;

use super::{OwnedRun, Progress, UnitState, bytes};
use crate::handler::Dependency;

impl OwnedRun {
    /// All outcomes of a step are on their way. What it has read is wanted once less.
    pub(super) fn step_reported(&mut self, number: usize) {
        self.unreported -= usize::from(Some(number) != self.plan.hook);
        let plan = Arc::clone(&self.plan);
        for edge in plan.steps[number].dependencies.iter().filter(|edge| edge.read) {
            let source = &mut self.steps[edge.step];
            source.readers = source.readers.saturating_sub(1);
            // What is skipped and not committed yet is still to be done.
            if let Progress::Done(output) = &mut source.progress
                && source.readers == 0
            {
                self.bytes = self.bytes.saturating_sub(std::mem::replace(output, Dependency::Order).bytes());
            }
        }
    }

    /// All outcomes of a step are committed. Gives the steps that it was the last to block.
    pub(super) fn step_done(&mut self, number: usize, next: &mut Vec<usize>) {
        let is_map = self.plan.steps[number].map.is_some();
        let step = &mut self.steps[number];
        let mut told = false;
        let given = match std::mem::replace(&mut step.progress, Progress::Blocked) {
            Progress::Open { mut units, items, .. } => {
                self.bytes = self.bytes.saturating_sub(bytes(&items));
                // Of a step that nobody reads, no outputs were kept.
                if is_map && step.readers > 0 {
                    Dependency::List(units.into_iter().map(UnitState::into_output).collect())
                } else if is_map {
                    Dependency::Order
                } else {
                    step.skipped = matches!(units.first(), Some(UnitState::Skipped));
                    units.pop().and_then(UnitState::into_output).map_or(Dependency::Order, Dependency::Output)
                }
            }
            // Its consumers know of it since it was found out.
            Progress::Skipping => {
                told = true;
                Dependency::Skipped
            }
            _ => Dependency::Order,
        };
        step.progress = Progress::Done(if step.skipped { Dependency::Skipped } else { given });
        let plan = Arc::clone(&self.plan);
        for consumer in plan.steps[number].consumers.iter().rev() {
            let consumer_step = &mut self.steps[*consumer];
            consumer_step.blockers -= 1;
            consumer_step.unsettled -= usize::from(!told);
            if consumer_step.blockers == 0 && matches!(consumer_step.progress, Progress::Blocked) {
                next.push(*consumer);
            }
        }
    }
}
