//! Carries runs of older versions over, before the worker takes them.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

use crate::database::{Jsonb, Link, statements};
use crate::encoded::Encoded;
use crate::news::{News, Teller};
use crate::registration::Handle;
use crate::step::StepError;
use crate::upcast::CarriedStep;

/// How many runs are carried over in one transaction.
const AT_ONCE: i32 = 50;
/// How long one may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// An older version, and the one that its runs go on in.
pub(crate) struct Carry {
    pub(crate) from: i32,
    pub(crate) to: i32,
    pub(crate) steps: Vec<CarriedStep>,
    pub(crate) handlers: Arc<dyn Handle>,
}

/// What carries runs over while the worker lives.
pub(crate) struct Carrier {
    pub(crate) connect: Arc<PgConnectOptions>,
    pub(crate) bucket: i32,
    pub(crate) worker: i32,
    pub(crate) queues: Vec<String>,
    pub(crate) every: Duration,
    pub(crate) carries: Vec<Arc<Carry>>,
    pub(crate) news: Teller,
}

/// An output of a step of a run.
type Row = (Uuid, Option<i32>, Option<i32>, Option<Encoded>);

impl Carrier {
    /// Goes on until it is dropped. What it is in the middle of then is a transaction, which is done whole or not at all.
    pub(crate) async fn carry_on(self) {
        let mut link = Link::new(Arc::clone(&self.connect)).with_deadline(DEADLINE);
        // Runs whose outputs could not be read. They are left to the programs that have written them.
        let mut left: HashSet<Uuid> = HashSet::new();
        loop {
            let mut again = false;
            for carry in &self.carries {
                match self.carry(&mut link, carry, &mut left).await {
                    Ok(found) => again |= found,
                    Err(error) => {
                        tracing::warn!(worker = self.worker, version = carry.from, %error, "runs of an older version could not be carried over; it is tried again");
                    }
                }
            }
            if !again {
                tokio::time::sleep(self.every).await;
            }
        }
    }

    /// Carries some runs over. Whether there may be more.
    async fn carry(&self, link: &mut Link, carry: &Arc<Carry>, left: &mut HashSet<Uuid>) -> sqlx::Result<bool> {
        let (bucket, from, queues) = (self.bucket, carry.from, self.queues.clone());
        let numbers: Vec<i32> = carry.steps.iter().map(|step| number(step.number)).collect();
        let (steps, known): (Vec<i32>, Vec<Uuid>) = (numbers.clone(), left.iter().copied().collect());
        let rows: Vec<Row> =
            link.call(|connection| Box::pin(to_carry(connection, bucket, from, queues, steps, known))).await?;
        let mut outputs = Outputs::default();
        for row in rows {
            outputs.add(carry, row, left);
        }
        outputs.leave_out(left);
        if outputs.runs.is_empty() {
            return Ok(false);
        }
        let (worker, to) = (self.worker, carry.to);
        let carried: Vec<Uuid> = link
            .call(|connection| Box::pin(carry_over(connection, bucket, worker, from, to, numbers, outputs)))
            .await?;
        if !carried.is_empty() {
            tracing::info!(worker, from, to, runs = carried.len(), "runs of an older version are carried over");
            self.news.tell(News::work());
        }
        Ok(!carried.is_empty())
    }
}

/// Runs, and what is recorded of them by their new types.
#[derive(Default)]
struct Outputs {
    runs: Vec<Uuid>,
    /// The run, the step and the item of each.
    outputs: Vec<(Uuid, i32, i32, Encoded)>,
}

impl Outputs {
    fn add(&mut self, carry: &Carry, (run, step, index, output): Row, left: &mut HashSet<Uuid>) {
        if !self.runs.contains(&run) {
            self.runs.push(run);
        }
        let (Some(step), Some(index), Some(output)) = (step, index, output) else { return };
        let Some(carried) = carry.steps.iter().find(|carried| number(carried.number) == step) else { return };
        match carry.handlers.upcast(carried.own, carried.upcast, &output) {
            Ok(output) => self.outputs.push((run, step, index, output)),
            Err(error) => {
                if left.insert(run) {
                    complain(run, &error);
                }
            }
        }
    }

    /// Drops what belongs to runs that are left.
    fn leave_out(&mut self, left: &HashSet<Uuid>) {
        self.runs.retain(|run| !left.contains(run));
        self.outputs.retain(|(run, ..)| !left.contains(run));
    }
}

fn complain(run: Uuid, error: &StepError) {
    tracing::error!(
        %run, error = error.message(),
        "a run of an older version cannot be carried over: it is left to the program that it was started by"
    );
}

fn number(step: usize) -> i32 {
    i32::try_from(step).unwrap_or(i32::MAX)
}

async fn to_carry(
    connection: &mut PgConnection,
    bucket: i32,
    from: i32,
    queues: Vec<String>,
    steps: Vec<i32>,
    left: Vec<Uuid>,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(statements::RUNS_TO_CARRY)
        .bind(bucket)
        .bind(from)
        .bind(queues)
        .bind(steps)
        .bind(left)
        .bind(AT_ONCE)
        .fetch_all(connection)
        .await
}

async fn carry_over(
    connection: &mut PgConnection,
    bucket: i32,
    worker: i32,
    from: i32,
    to: i32,
    steps: Vec<i32>,
    outputs: Outputs,
) -> sqlx::Result<Vec<Uuid>> {
    let Outputs { runs, outputs } = outputs;
    let of: Vec<Uuid> = outputs.iter().map(|(run, ..)| *run).collect();
    let output_steps: Vec<i32> = outputs.iter().map(|(_, step, ..)| *step).collect();
    let indexes: Vec<i32> = outputs.iter().map(|(_, _, index, _)| *index).collect();
    let texts: Vec<Jsonb<'_>> = outputs.iter().map(|(.., output)| Jsonb(output.as_str())).collect();
    sqlx::query_scalar(statements::CARRY_OVER)
        .bind(bucket)
        .bind(worker)
        .bind(from)
        .bind(to)
        .bind(steps)
        .bind(runs)
        .bind(of)
        .bind(output_steps)
        .bind(indexes)
        .bind(texts)
        .fetch_all(connection)
        .await
}
