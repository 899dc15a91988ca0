//! A finished run once more, by today's code.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;
use sqlx::Row as _;

use super::record::Outcome;
use super::{Runner, run_id};
use crate::cancellation::Cancellation;
use crate::client::Client;
use crate::database::statements;
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::handler::Dependency;
use crate::notes::Notes;
use crate::registration::Attempt;
use crate::signal::Sent;
use crate::step::{RunId, StepContext, StepInfo};
use crate::worker::attempt::call;
use crate::worker::plan::{Plan, PlanMap};
use crate::worker::run::Recorded;
use crate::worker::unit::PLAIN;
use crate::workflow::Workflow;

/// What is recorded of a run: its input, and what became of each step.
#[derive(Clone, Debug)]
pub struct Recording {
    pub(super) input: Encoded,
    /// By the step's name and the item (-1 for a plain step).
    pub(super) outcomes: BTreeMap<(String, i32), Outcome>,
    /// The signals that were sent to each step, in their order.
    pub(super) signals: Vec<(String, Sent)>,
}

/// Where a step does not do what is recorded of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The step.
    pub step: String,
    /// The item, in a map step.
    pub index: Option<u32>,
    /// What is recorded: its output as JSON, or in words what became of it.
    pub recorded: String,
    /// What it does now.
    pub now: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step `{}`", self.step)?;
        if let Some(index) = self.index {
            write!(f, ", item {index}")?;
        }
        write!(f, ": recorded {}, now {}", self.recorded, self.now)
    }
}

impl Recording {
    /// What the database keeps of a run, finished or not.
    ///
    /// # Errors
    /// When there is no such run, or the database fails.
    pub async fn of(client: &Client, run: RunId) -> Result<Self, Error> {
        let doing = "reading what is recorded of a run";
        let fail = |e| Error::database(doing, e);
        let input: Option<Encoded> = sqlx::query_scalar(statements::RUN_INPUT)
            .bind(run.as_uuid())
            .fetch_optional(client.pool())
            .await
            .map_err(fail)?;
        let input = input.ok_or_else(|| Error::new(Kind::UnknownRun(run)))?;
        let rows =
            sqlx::query(statements::RUN_OUTCOMES).bind(run.as_uuid()).fetch_all(client.pool()).await.map_err(fail)?;
        let outcomes = rows.iter().map(outcome).collect::<sqlx::Result<_>>().map_err(fail)?;
        let signals = client.signals(run).await?.into_iter().map(|signal| {
            let payload = Encoded::new(&signal.payload).map_err(|e| Error::invalid(e.to_string()))?;
            Ok((signal.step, Sent { payload, sender: signal.sender, sent_at: SystemTime::UNIX_EPOCH }))
        });
        Ok(Self { input, outcomes, signals: signals.collect::<Result<_, Error>>()? })
    }

    /// The signal that a step was given.
    fn signal(&self, step: &str, latest: bool) -> Option<Sent> {
        let mut sent = self.signals.iter().filter(|(name, _)| name == step).map(|(_, signal)| signal);
        if latest { sent.next_back() } else { sent.next() }.cloned()
    }
}

fn outcome(row: &sqlx::postgres::PgRow) -> sqlx::Result<((String, i32), Outcome)> {
    let (status, output, error): (String, Option<Encoded>, Option<String>) =
        (row.try_get("status")?, row.try_get("output")?, row.try_get("error")?);
    let recorded = match output {
        Some(output) => Recorded::Completed(output),
        None if status == "skipped" => Recorded::Skipped,
        None => Recorded::Failed(error.clone().unwrap_or_default()),
    };
    let attempts = u16::try_from(row.try_get::<i32, _>("attempts")?).unwrap_or(u16::MAX);
    Ok(((row.try_get("step")?, row.try_get("index")?), Outcome { recorded, reason: error, attempts }))
}

impl<W: Workflow> Runner<W> {
    /// Executes each step of a recorded run again, with the input and the outputs of other steps that are recorded, and tells where it
    /// does something else now: another output, another number of items, a skip or none, a failure or none, a payload that today's types do
    /// not read. Each step is given what is recorded, so that one difference does not bring others. Steps that the run did not reach, and those that repeat
    /// themselves, are left out; orders for what shall go wrong do not count.
    ///
    /// ```no_run
    /// # use pgflow::testing::{Recording, Runner};
    /// # async fn example<W: pgflow::Workflow<State = ()>>(workflow: W, client: pgflow::Client, run: pgflow::RunId)
    /// # -> Result<(), pgflow::Error> {
    /// let recording = Recording::of(&client, run).await?;
    /// for difference in Runner::new(workflow).replay(&recording).await {
    ///     println!("{difference}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn replay(&self, recording: &Recording) -> Vec<Difference> {
        let plan = &self.setup.plan;
        let number = |name: &str| plan.steps.iter().position(|step| &*step.name == name);
        let outcomes: HashMap<(usize, i32), Recorded> = recording
            .outcomes
            .iter()
            .filter_map(|((step, index), outcome)| Some(((number(step)?, *index), outcome.recorded.clone())))
            .collect();
        let mut differences = Vec::new();
        for ((name, index), outcome) in &recording.outcomes {
            let mut note = |recorded: String, now: String| {
                if recorded != now {
                    differences.push(Difference {
                        step: name.clone(),
                        index: u32::try_from(*index).ok(),
                        recorded,
                        now,
                    });
                }
            };
            let Some(step) = number(name) else {
                note(said(&outcome.recorded), "no step of the workflow".to_owned());
                continue;
            };
            // What it remembered when it was executed last is not kept.
            let repeats = self.registration.definition().steps[step].repeat.is_some();
            if Some(step) == plan.hook || repeats {
                continue;
            }
            let dependencies = plan.dependencies(step, &outcomes);
            if *index <= 0 {
                let with = plan.steps[step]
                    .skip_with
                    .iter()
                    .any(|with| matches!(outcomes.get(&(*with, PLAIN)), Some(Recorded::Skipped)));
                let holds = !plan.steps[step].when
                    || plan.handlers.holds(step, &recording.input, &dependencies).unwrap_or(true);
                let was_skipped = outcome.attempts == 0 && matches!(outcome.recorded, Recorded::Skipped);
                if was_skipped || with || !holds {
                    let word = |skipped: bool| if skipped { "skipped" } else { "executed" }.to_owned();
                    note(word(was_skipped), word(with || !holds));
                    continue;
                }
            }
            let item = match items(plan, step, &recording.input, &outcomes) {
                None => None,
                Some(Err(error)) => {
                    note(said(&outcome.recorded), format!("failed: {error}"));
                    continue;
                }
                Some(Ok(items)) => {
                    let recorded =
                        recording.outcomes.keys().filter(|(other, index)| other == name && *index >= 0).count();
                    if *index == 0 {
                        note(format!("{recorded} items"), format!("{} items", items.len()));
                    }
                    let Some(item) = usize::try_from(*index).ok().and_then(|at| items.get(at).cloned()) else {
                        continue;
                    };
                    Some(item)
                }
            };
            let now = {
                let latest = self.registration.definition().steps[step].options.latest_signal;
                let given = Given { dependencies, item, signal: recording.signal(name, latest) };
                self.again(step, *index, outcome.attempts, recording.input.clone(), given).await
            };
            note(said(&outcome.recorded), now);
        }
        differences.extend(self.lists_no_longer_empty(recording, &outcomes));
        differences
    }

    /// Map steps that had no items, as is seen by what follows them, and have some now.
    fn lists_no_longer_empty(
        &self,
        recording: &Recording,
        outcomes: &HashMap<(usize, i32), Recorded>,
    ) -> Vec<Difference> {
        let plan = &self.setup.plan;
        let has_outcome = |step: usize| outcomes.keys().any(|(other, _)| *other == step);
        let was_empty =
            |step: &usize| !has_outcome(*step) && plan.steps[*step].consumers.iter().any(|next| has_outcome(*next));
        let difference = |step: usize| match items(plan, step, &recording.input, outcomes)? {
            Ok(items) if items.is_empty() => None,
            now => Some(Difference {
                step: plan.steps[step].name.to_string(),
                index: None,
                recorded: "0 items".to_owned(),
                now: now.map_or_else(|error| format!("failed: {error}"), |items| format!("{} items", items.len())),
            }),
        };
        (0..plan.steps.len()).filter(was_empty).filter_map(difference).collect()
    }

    async fn again(
        &self,
        step: usize,
        index: i32,
        attempt: u16,
        input: Encoded,
        Given { dependencies, item, signal }: Given,
    ) -> String {
        let plan = &self.setup.plan;
        let context = StepContext::new(StepInfo {
            run_id: run_id(),
            workflow: Arc::clone(&plan.workflow),
            step: Arc::clone(&plan.steps[step].name),
            number: step,
            index: u32::try_from(index).ok(),
            attempt,
            max_attempts: plan.steps[step].max_attempts,
            failure: None,
            cancellation: Cancellation::default(),
            notes: Notes::default(),
        });
        let slot = self.setup.pool.clone().map(crate::tx::TxSlot::plain);
        let attempt = Attempt { context, tx: slot.clone(), input, dependencies, item, signal, repeated: None };
        let result = call(&plan.handlers, step, attempt, plan.steps[step].timeout).await;
        // It has happened before: nothing of it is to happen again.
        if let Some(Ok(Some(transaction))) = slot.map(|slot| slot.take()) {
            let _ = transaction.roll_back().await;
        }
        match result {
            Ok(output) => said(&Recorded::Completed(output)),
            Err(error) if error.policy() == crate::step::Retry::Skip => said(&Recorded::Skipped),
            Err(error) => said(&Recorded::Failed(error.message().to_owned())),
        }
    }
}

/// What a step is given besides the input.
struct Given {
    dependencies: Vec<Dependency>,
    item: Option<Encoded>,
    signal: Option<Sent>,
}

/// The items of a map step, from what is recorded; none of a plain step.
fn items(
    plan: &Plan,
    step: usize,
    input: &Encoded,
    outcomes: &HashMap<(usize, i32), Recorded>,
) -> Option<Result<Vec<Encoded>, String>> {
    let source = match plan.steps[step].map? {
        PlanMap::Input => Dependency::Output(input.clone()),
        PlanMap::Step(source) => plan.given(source, outcomes),
    };
    Some(plan.handlers.expand(step, &source).map_err(|error| error.message().to_owned()))
}

/// What became of a unit; an output with the keys of its objects in order, for the database keeps another.
fn said(recorded: &Recorded) -> String {
    match recorded {
        Recorded::Completed(output) => {
            output.decode::<Value>().map_or_else(|e| e.to_string(), |value| value.to_string())
        }
        Recorded::Skipped => "skipped".to_owned(),
        Recorded::Failed(error) => format!("failed: {error}"),
    }
}
