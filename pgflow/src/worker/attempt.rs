//! One attempt: the handler with its time limit, its panics caught, and its transaction committed.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use sqlx::PgPool;
use uuid::Uuid;

use super::repetition::{LONGEST_WAIT, Limits};
use super::unit::period_of;
use crate::database::{Jsonb, statements};
use crate::encoded::Encoded;
use crate::registration::{Attempt, Handle};
use crate::repeat::Again;
use crate::step::{Retry, StepError, panic_message};
use crate::tx::{MARK, StepTransaction, TxSlot};

/// The largest output of a step, in bytes of JSON: Postgres takes a quarter of a GiB at most in one `jsonb`.
const LARGEST_OUTPUT: usize = 64 * 1024 * 1024;

/// An attempt that is ready to run.
pub(crate) struct Job {
    pub(crate) handlers: Arc<dyn Handle>,
    pub(crate) step: usize,
    pub(crate) attempt: Attempt,
    pub(crate) timeout: Option<Duration>,
    /// Of its repetitions.
    pub(crate) limits: Limits,
    /// Whether what it gives is the input of a run.
    pub(crate) starts_child: bool,
    pub(crate) place: Place,
}

/// What the outcome belongs to.
pub(crate) struct Place {
    pub(crate) pool: PgPool,
    pub(crate) bucket: i32,
    pub(crate) worker: i32,
    /// By which the worker holds the unit: a claim or a task; the other is 0.
    pub(crate) claim: i64,
    pub(crate) task: i64,
    pub(crate) run: Uuid,
    pub(crate) index: i32,
    pub(crate) attempts: u16,
}

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Completed(Encoded),
    /// Completed, and recorded by its own transaction.
    Recorded(Encoded),
    /// It asks to be executed again.
    Again(Again),
    /// The same, and recorded by its own transaction.
    AgainRecorded(Again),
    Failed {
        error: String,
        retry: Retry,
    },
    /// The unit is no longer this worker's.
    Lost,
}

pub(crate) async fn run(job: Job) -> (Ended, Duration) {
    let Job { handlers, step, mut attempt, timeout, limits, starts_child, place } = job;
    let started = Instant::now();
    let slot = TxSlot::new(place.pool.clone(), place.bucket, place.worker);
    attempt.tx = Some(slot.clone());

    let context = attempt.context.clone();
    let result = call(&handlers, step, attempt, timeout).await;
    // Nobody wants what it gives, however it has ended.
    let result = if context.was_cancelled() { Err(StepError::retry("the attempt was cancelled")) } else { result };
    let result =
        result.and_then(|output| if starts_child && slot.is_used() { Err(no_child_with_tx()) } else { Ok(output) });
    let result = result.map_err(|error| limited_again(error, limits, Instant::now()));
    let ended = settle(result, &slot, step, &place, limits, started).await;
    (ended, started.elapsed())
}

/// Calls the handler: within its time, its panics caught.
pub(crate) async fn call(
    handlers: &Arc<dyn Handle>,
    step: usize,
    attempt: Attempt,
    timeout: Option<Duration>,
) -> Result<Encoded, StepError> {
    let handler = async { handlers.run(step, attempt).await };
    let result = AssertUnwindSafe(limited(handler, timeout))
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(StepError::retry(format!("the step panicked: {}", panic_message(panic.as_ref())))));
    result.and_then(|output| match output.as_str().len() {
        length if length > LARGEST_OUTPUT => Err(StepError::fatal(format!(
            "the output is {length} bytes of JSON, and at most {LARGEST_OUTPUT} can be stored"
        ))),
        _ => Ok(output),
    })
}

/// What an attempt says that has taken too long.
pub(crate) fn too_slow(timeout: Duration) -> String {
    format!("the attempt took longer than its timeout of {timeout:?}")
}

async fn limited(
    handler: impl Future<Output = Result<Encoded, StepError>>,
    timeout: Option<Duration>,
) -> Result<Encoded, StepError> {
    match timeout {
        None => handler.await,
        Some(timeout) => {
            tokio::time::timeout(timeout, handler).await.unwrap_or_else(|_| Err(StepError::retry(too_slow(timeout))))
        }
    }
}

/// The input of a run cannot commit with a transaction of the step's own.
pub(crate) fn no_child_with_tx() -> StepError {
    StepError::fatal(
        "a step that is a run of another workflow cannot take a `Tx`: let a step before it do what is to be written",
    )
}

/// What is asked for beyond the limits is an error.
pub(crate) fn limited_again(error: StepError, limits: Limits, now: Instant) -> StepError {
    let Retry::Again(again) = error.policy() else { return error };
    limits.refuse(again.wait, now).map_or(error, StepError::fatal)
}

async fn settle(
    result: Result<Encoded, StepError>,
    slot: &TxSlot,
    step: usize,
    place: &Place,
    limits: Limits,
    started: Instant,
) -> Ended {
    let again = result.as_ref().err().map(StepError::policy);
    if let Some(Retry::Again(again)) = again {
        return match slot.take() {
            Ok(None) => Ended::Again(*again),
            Ok(Some(transaction)) => commit_repeat(transaction, *again, limits.count + 1, step, place).await,
            Err(error) => failed(&error),
        };
    }
    match (result, slot.take()) {
        (Ok(output), Ok(None)) => Ended::Completed(output),
        (Ok(output), Ok(Some(transaction))) => commit(transaction, output, step, place, started).await,
        (Ok(_), Err(error)) => failed(&error),
        (Err(error), transaction) => {
            if let Ok(Some(transaction)) = transaction {
                // A statement may have been cut half-way: then the rollback fails, and the connection is closed.
                let _ = tokio::time::timeout(Duration::from_secs(5), transaction.roll_back()).await;
            }
            failed(&error)
        }
    }
}

fn failed(error: &StepError) -> Ended {
    Ended::Failed { error: error.message().to_owned(), retry: error.policy() }
}

/// Records the outcome in the step's transaction and commits it.
async fn commit(
    mut transaction: StepTransaction,
    output: Encoded,
    step: usize,
    place: &Place,
    started: Instant,
) -> Ended {
    let recorded = sqlx::query(statements::COMMIT_STEP)
        .bind(place.bucket)
        .bind(place.worker)
        .bind(MARK)
        .bind(place.claim)
        .bind(place.task)
        .bind(place.run)
        .bind(period_of(place.run))
        .bind(i16::try_from(step).unwrap_or(i16::MAX))
        .bind(place.index)
        .bind(i16::try_from(place.attempts).unwrap_or(i16::MAX))
        .bind(started.elapsed().as_secs_f32() * 1000.0)
        .bind(Jsonb(output.as_str()))
        .execute(transaction.connection())
        .await;
    if let Err(error) = recorded {
        drop(transaction);
        return not_recorded(&error, step, place).await;
    }
    match transaction.commit().await {
        Ok(()) => Ended::Recorded(output),
        // Whatever the error says: an answer of the server's may have come after the commit.
        Err(error) => recorded_output(&error, step, place).await,
    }
}

/// Records in the step's transaction what it asks to be executed again with, and commits it.
async fn commit_repeat(
    mut transaction: StepTransaction,
    again: Again,
    count: u32,
    step: usize,
    place: &Place,
) -> Ended {
    let recorded = sqlx::query(statements::COMMIT_REPEAT)
        .bind(place.bucket)
        .bind(place.worker)
        .bind(MARK)
        .bind(place.claim)
        .bind(place.task)
        .bind(place.run)
        .bind(period_of(place.run))
        .bind(i16::try_from(step).unwrap_or(i16::MAX))
        .bind(place.index)
        .bind(i32::try_from(count).unwrap_or(i32::MAX))
        .bind(i16::try_from(place.attempts.saturating_sub(1)).unwrap_or(i16::MAX))
        .bind(i64::try_from(again.wait.min(LONGEST_WAIT).as_millis()).unwrap_or(i64::MAX))
        .bind(Jsonb(again.state.as_str()))
        .execute(transaction.connection())
        .await;
    let error = match recorded {
        Ok(_) => match transaction.commit().await {
            Ok(()) => return Ended::AgainRecorded(again),
            Err(error) => error,
        },
        Err(error) => {
            drop(transaction);
            if code_of(&error) != "23505" {
                return refused(&error);
            }
            error
        }
    };
    // Whatever the error says: an answer of the server's may have come after the commit.
    let mut wait = Duration::from_millis(20);
    loop {
        let stands = sqlx::query_scalar::<_, bool>(statements::HAS_REPEATED)
            .bind(place.bucket)
            .bind(period_of(place.run))
            .bind(place.run)
            .bind(i16::try_from(step).unwrap_or(i16::MAX))
            .bind(place.index)
            .bind(i32::try_from(count).unwrap_or(i32::MAX))
            .fetch_one(&place.pool)
            .await;
        match stands {
            Ok(true) => return Ended::AgainRecorded(again),
            Ok(false) => {
                return failed(&StepError::retry(format!("the step's transaction could not be committed: {error}")));
            }
            Err(_) => tokio::time::sleep(wait).await,
        }
        wait = (wait * 2).min(Duration::from_secs(2));
    }
}

fn code_of(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned()
}

async fn not_recorded(error: &sqlx::Error, step: usize, place: &Place) -> Ended {
    match code_of(error).as_str() {
        // An earlier attempt had committed after all.
        "23505" => recorded_output(error, step, place).await,
        _ => refused(error),
    }
}

/// What the database says of a transaction that cannot be committed.
fn refused(error: &sqlx::Error) -> Ended {
    match code_of(error).as_str() {
        // The worker counts as dead; the run is no longer with it.
        "PF001" | "PF003" => Ended::Lost,
        "25P02" => {
            failed(&StepError::retry("a statement of the step's transaction had failed, so it cannot be committed"))
        }
        code if code.starts_with("22") || code.starts_with("54") => {
            failed(&StepError::fatal(format!("the output cannot be stored: {error}")))
        }
        _ => failed(&StepError::retry(format!("the step's transaction could not be committed: {error}"))),
    }
}

/// Reads whether the outcome stands, before anything else is done, and for as long as it takes.
async fn recorded_output(error: &sqlx::Error, step: usize, place: &Place) -> Ended {
    let mut wait = Duration::from_millis(20);
    loop {
        let recorded = sqlx::query_scalar::<_, Option<Encoded>>(statements::RECORDED_OUTPUT)
            .bind(place.bucket)
            .bind(period_of(place.run))
            .bind(place.run)
            .bind(i16::try_from(step).unwrap_or(i16::MAX))
            .bind(place.index)
            .fetch_one(&place.pool)
            .await;
        match recorded {
            Ok(Some(recorded)) => return Ended::Recorded(recorded),
            Ok(None) => {
                return failed(&StepError::retry(format!("the step's transaction could not be committed: {error}")));
            }
            Err(_) => tokio::time::sleep(wait).await,
        }
        wait = (wait * 2).min(Duration::from_secs(2));
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("step", &self.step).field("run", &self.place.run).finish_non_exhaustive()
    }
}
