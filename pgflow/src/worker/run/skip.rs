//! Steps that are skipped as a whole, before their first attempt.

use std::sync::Arc;

use super::{Opened, OwnedRun, Progress};

impl OwnedRun {
    /// Why a step that could begin is skipped; none where it is not.
    pub(super) fn skip_reason(&self, number: usize) -> Result<Option<String>, String> {
        if self.begun.contains(&number) {
            return Ok(None);
        }
        if let Some(reason) = self.skipped_with(number) {
            return Ok(Some(reason));
        }
        let step = &self.plan.steps[number];
        if !step.when {
            return Ok(None);
        }
        match self.plan.handlers.holds(number, &self.input, &self.dependencies(number)) {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some("its condition does not hold".to_owned())),
            Err(error) => Err(error.message().to_owned()),
        }
    }

    fn skipped_with(&self, number: usize) -> Option<String> {
        let plan = &self.plan.steps;
        let with = plan[number].skip_with.iter().find(|dependency| self.steps[**dependency].skipped)?;
        Some(format!("`{}` was skipped", plan[*with].name))
    }

    /// Skips a step, and those that are skipped with it: each is looked at once for each of its dependencies.
    pub(super) fn skip(&mut self, number: usize, reason: String, opened: &mut Opened) {
        let plan = Arc::clone(&self.plan);
        let mut skipped = vec![(number, reason)];
        while let Some((number, reason)) = skipped.pop() {
            self.steps[number].skipped = true;
            self.steps[number].progress = Progress::Skipping;
            self.step_reported(number);
            opened.skipped.push((number, reason));
            for consumer in plan.steps[number].consumers.iter().rev() {
                self.steps[*consumer].unsettled -= 1;
                // With an open blocker left, it would have to wait for the commit if it were executed.
                if self.steps[*consumer].unsettled == 0
                    && let Some(reason) = self.skipped_with(*consumer)
                {
                    skipped.push((*consumer, reason));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::definition::{Definition, Edge, MapSource, StepDefinition};
    use crate::encoded::Encoded;
    use crate::handler::{Dependency, StepFuture};
    use crate::registration::{Attempt, Handle};
    use crate::schedule::Scheduled;
    use crate::step::StepError;
    use crate::worker::plan::Plan;
    use crate::worker::run::{History, Recorded};
    use crate::worker::unit::PLAIN;

    /// No condition holds; how often any was asked is counted.
    #[derive(Default)]
    struct Never(AtomicUsize);

    impl Handle for Never {
        fn run(&self, _: usize, _: Attempt) -> StepFuture {
            Box::pin(std::future::ready(Err(StepError::fatal("it is not executed"))))
        }

        fn expand(&self, _: usize, source: &Dependency) -> Result<Vec<Encoded>, StepError> {
            let is_empty = match source {
                Dependency::Output(list) => list.as_str() == "[]",
                Dependency::List(list) => list.is_empty(),
                _ => false,
            };
            Ok(vec![Encoded::from("0"); if is_empty { 0 } else { 3 }])
        }

        fn holds(&self, _: usize, _: &Encoded, _: &[Dependency]) -> Result<bool, StepError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(false)
        }

        fn delay(&self, _: usize, _: &Encoded, _: &[Dependency]) -> Result<std::time::Duration, StepError> {
            Ok(std::time::Duration::ZERO)
        }

        fn upcast(&self, _: usize, _: usize, output: &Encoded) -> Result<Encoded, StepError> {
            Ok(output.clone())
        }

        fn check_input(&self, _: &Encoded) -> serde_json::Result<()> {
            Ok(())
        }

        fn scheduled_input(&self, _: Scheduled) -> Result<Encoded, StepError> {
            Ok(Encoded::from("null"))
        }
    }

    fn step(name: String, depends_on: &[String], skipped_with: &[String]) -> StepDefinition {
        let mut step = StepDefinition::new(name, serde_json::Value::Null);
        step.depends_on = depends_on.iter().map(|name| Edge::new(name, false)).collect();
        step.skip.with = skipped_with.to_vec();
        step
    }

    fn run(steps: Vec<StepDefinition>, history: History) -> (OwnedRun, Arc<Never>) {
        run_of("null", steps, history)
    }

    fn run_of(input: &str, steps: Vec<StepDefinition>, history: History) -> (OwnedRun, Arc<Never>) {
        let mut definition = Definition::new("skips", serde_json::Value::Null, serde_json::Value::Null);
        definition.steps = steps;
        let handle = Arc::new(Never::default());
        let plan = Plan::of(1, &definition, Arc::clone(&handle) as Arc<dyn Handle>, &[]).unwrap();
        let run = OwnedRun::new(uuid::Uuid::nil(), 0, (0, 1), Arc::new(plan), Encoded::from(input), history);
        (run, handle)
    }

    /// Each step depends on the one above and the one before, and is skipped with either; the first one has a condition.
    fn grid(side: usize) -> Vec<StepDefinition> {
        let name = |row: usize, column: usize| format!("s{row}_{column}");
        let mut steps = Vec::new();
        for row in 0..side {
            for column in 0..side {
                let above = (row > 0).then(|| name(row - 1, column));
                let before = (column > 0).then(|| name(row, column - 1));
                let around: Vec<String> = above.into_iter().chain(before).collect();
                steps.push(step(name(row, column), &around, &around));
            }
        }
        steps[0].skip.when = true;
        steps
    }

    /// There are far more paths through it than steps.
    #[test]
    fn a_grid_is_skipped_at_once_each_step_once() {
        const SIDE: usize = 20;
        let (mut run, handle) = run(grid(SIDE), History::default());
        let opened = run.begin();
        assert!(opened.units.is_empty() && run.is_complete());
        let order: Vec<usize> = opened.skipped.iter().map(|(step, _)| *step).collect();
        assert_eq!(order.len(), SIDE * SIDE);
        assert_eq!(order.iter().collect::<HashSet<_>>().len(), SIDE * SIDE);
        assert_eq!(opened.skipped[0].1, "its condition does not hold");
        assert_eq!(opened.skipped[1].1, "`s0_0` was skipped");
        assert_eq!(handle.0.load(Ordering::Relaxed), 1);
        // Each commit is taken in, and opens nothing more.
        for step in order {
            let opened = run.settle(step, PLAIN, None);
            assert!(opened.skipped.is_empty() && opened.units.is_empty() && opened.failed.is_none());
        }
    }

    /// No cascade is too long, and none ends in the middle.
    #[test]
    fn a_chain_of_thousands_of_empty_maps_is_done_at_once() {
        let mut steps = Vec::new();
        for number in 0..5_000 {
            let before = (number > 0).then(|| format!("s{}", number - 1));
            let mut step = step(format!("s{number}"), before.as_slice(), &[]);
            step.map = Some(MapSource::new(before, Vec::new()));
            steps.push(step);
        }
        let (mut run, _) = run_of("[]", steps, History::default());
        let opened = run.begin();
        assert!(opened.units.is_empty() && opened.failed.is_none() && run.is_complete());
        assert_eq!(opened.maps.len(), 5_000);
        assert!(opened.maps.iter().all(|(_, items)| *items == 0));
    }

    /// What is executed although a dependency was skipped begins after the commit of that, and not before.
    #[test]
    fn what_follows_a_skip_waits_for_its_commit() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let mut first = step("first".to_owned(), &[], &[]);
        first.skip.when = true;
        let (mut run, _) = run(
            vec![
                first,
                step("other".to_owned(), &[], &[]),
                step("with_first".to_owned(), &names(&["first"]), &names(&["first"])),
                step("with_first_after_other".to_owned(), &names(&["first", "other"]), &names(&["first"])),
                step("after_first".to_owned(), &names(&["with_first"]), &[]),
            ],
            History::default(),
        );
        let steps = |opened: &Opened| opened.units.iter().map(|unit| unit.step).collect::<Vec<_>>();
        let skipped = |opened: &Opened| opened.skipped.iter().map(|(step, _)| *step).collect::<Vec<_>>();
        let opened = run.begin();
        assert_eq!((skipped(&opened), steps(&opened)), (vec![0, 2], vec![1]));
        assert_eq!(steps(&run.settle(0, PLAIN, None)), Vec::<usize>::new());
        assert_eq!(steps(&run.settle(2, PLAIN, None)), [4]);
        // It waits for all that it depends on, so that what follows it comes after those.
        let opened = run.settle(1, PLAIN, Some(&Encoded::from("1")));
        assert_eq!((skipped(&opened), steps(&opened)), (vec![3], vec![]));
        assert!(!run.is_complete());
        run.settle(3, PLAIN, None);
        run.settle(4, PLAIN, Some(&Encoded::from("1")));
        assert!(run.is_complete());
    }

    /// A range of three items is out, one of which has failed in it and has no task of its own.
    #[test]
    fn an_item_that_has_failed_is_no_part_of_its_range_any_more() {
        let map = || {
            let mut step = step("each".to_owned(), &[], &[]);
            step.map = Some(MapSource::new(None, Vec::new()));
            vec![step]
        };
        let now = std::time::Instant::now();
        for (retry_is_out, retries) in [(false, 1), (true, 0)] {
            let out = (0..3).map(|index| ((0, index), retry_is_out && index == 1)).collect();
            let attempts = [((0, 1), (1, now))].into();
            let (mut run, _) = run(map(), History { out, attempts, ..History::default() });
            let opened = run.begin();
            assert!(opened.units.is_empty() && opened.failed.is_none());
            assert_eq!((run.retries.len(), run.out), (retries, 3 - retries));
        }
    }

    #[test]
    fn what_is_recorded_is_not_decided_again() {
        let mut history = History::default();
        history.outcomes.insert((0, PLAIN), Recorded::Skipped);
        let (mut skipped, handle) = run(grid(3), history);
        let opened = skipped.begin();
        assert_eq!(opened.skipped.len(), 8, "all but the first one");
        assert!(skipped.is_complete());
        assert_eq!(handle.0.load(Ordering::Relaxed), 0);

        // Of one that has begun, the condition did hold.
        let mut history = History::default();
        history.attempts.insert((0, PLAIN), (1, std::time::Instant::now()));
        let (mut begun, handle) = run(grid(3), history);
        assert_eq!(begun.begin().skipped.len(), 0);
        assert_eq!(begun.retries.len(), 1);
        assert_eq!(handle.0.load(Ordering::Relaxed), 0);
    }
}
