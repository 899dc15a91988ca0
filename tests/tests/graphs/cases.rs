//! The generated workflows, without their types: run in memory and on Postgres.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use pgflow::testing::Runner;
use pgflow::{Client, Registration, RunId, RunStatus, Workflow};
use serde_json::Value;

use crate::reference::{Ended, Story};
use crate::values::{Seen, Stage};

pub(crate) type Playing<'a> = Pin<Box<dyn Future<Output = Played> + 'a>>;

/// What is seen of a run, and the words of its skips.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) story: Story,
    pub(crate) reasons: BTreeMap<String, String>,
}

pub(crate) trait Case {
    fn name(&self) -> &'static str;
    fn registration(&self, stage: &Arc<Stage>) -> Registration;
    fn in_memory(&self, number: u64) -> Playing<'_>;
    fn on_postgres<'a>(&'a self, client: &'a Client, stage: &'a Stage, number: u64) -> Playing<'a>;
}

type Output = Vec<(&'static str, Seen)>;

struct Typed<W: Workflow> {
    input: fn(u64) -> W::Input,
    output: fn(W::Output) -> Output,
}

pub(crate) fn case<W>(input: fn(u64) -> W::Input, output: fn(W::Output) -> Output) -> Box<dyn Case>
where
    W: Workflow<State = Stage> + Default + 'static,
{
    Box::new(Typed::<W> { input, output })
}

/// How a step stands, as either engine tells it.
struct Stands {
    step: String,
    status: String,
    attempts: u16,
    items: Option<usize>,
    output: Option<Value>,
    reason: Option<String>,
}

fn played(name: &str, steps: Vec<Stands>, acts: Vec<crate::values::Act>, output: Output) -> Played {
    let mut reasons = BTreeMap::new();
    let ended = steps.into_iter().map(|step| {
        reasons.extend(step.reason.map(|reason| (step.step.clone(), reason)));
        let status = match step.status.as_str() {
            "completed" => "completed",
            "skipped" => "skipped",
            other => panic!("step `{}` of `{name}` is {other}", step.step),
        };
        let Stands { attempts, items, output, .. } = step;
        (step.step, Ended { status, attempts, items, output, reason: None })
    });
    let steps = ended.collect();
    let output = output.into_iter().map(|(name, seen)| (name.to_owned(), seen)).collect();
    Played { story: Story { steps, acts, output }, reasons }
}

impl<W> Case for Typed<W>
where
    W: Workflow<State = Stage> + Default + 'static,
{
    fn name(&self) -> &'static str {
        W::NAME
    }

    fn registration(&self, stage: &Arc<Stage>) -> Registration {
        Registration::new::<W>(Arc::clone(stage))
    }

    fn in_memory(&self, number: u64) -> Playing<'_> {
        Box::pin(async move {
            let stage = Arc::new(Stage::default());
            let run = Runner::with_state(W::default(), Arc::clone(&stage)).run((self.input)(number)).await;
            let output = run.output().unwrap_or_else(|error| panic!("`{}` with {number}: {error}", W::NAME));
            assert_eq!(run.status(), RunStatus::Completed);
            let steps = run.steps().into_iter().map(|step| Stands {
                step: step.step,
                status: step.status,
                attempts: step.attempts,
                items: step.items,
                output: step.output,
                reason: step.skip_reason,
            });
            let acts = stage.take(RunId::from(uuid::Uuid::from_u128(1)));
            played(W::NAME, steps.collect(), acts, (self.output)(output))
        })
    }

    fn on_postgres<'a>(&'a self, client: &'a Client, stage: &'a Stage, number: u64) -> Playing<'a> {
        Box::pin(async move {
            let run = client.start(W::default(), (self.input)(number)).await.expect("it starts");
            let output = run.output().await.unwrap_or_else(|error| panic!("`{}` with {number}: {error}", W::NAME));
            let steps = run.steps().await.expect("they are listed").into_iter().map(|step| Stands {
                step: step.step,
                status: step.status,
                attempts: u16::try_from(step.attempts.unwrap_or(0)).expect("it is small"),
                items: step.items.map(|items| usize::try_from(items).expect("it is small")),
                output: step.output,
                reason: step.skip_reason,
            });
            played(W::NAME, steps.collect(), stage.take(run.id()), (self.output)(output))
        })
    }
}
