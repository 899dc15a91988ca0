//! The worker's round trip to the database, repeated until it is known to have happened.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{FromRow, Row as _};
use uuid::Uuid;

use super::batch::{Batch, Fate, storable};
use super::unit::Holder;
use crate::database::{Jsonb, Link, statements};
use crate::encoded::Encoded;

/// One round trip: what was done, and what more is wanted.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) bucket: i32,
    pub(crate) worker: i32,
    pub(crate) number: i64,
    /// Whether it was sent before, and its answer did not come.
    pub(crate) repeated: bool,
    pub(crate) marker: i64,
    pub(crate) queues: Arc<[String]>,
    pub(crate) versions: Vec<i32>,
    /// The low-water marks of each queue's versions: priorities and places; none to look from the start.
    pub(crate) marks: Option<(Vec<i32>, Vec<i64>)>,
    /// How many of each queue; none where none is asked for.
    pub(crate) max_runs: Option<Vec<i32>>,
    pub(crate) max_tasks: Option<Vec<i32>>,
    pub(crate) turns: Turns,
    pub(crate) batch: Batch,
    pub(crate) watch: Vec<Uuid>,
    pub(crate) watch_from: Vec<i32>,
    pub(crate) known_tasks: Vec<i64>,
}

/// Of each queue, the namespace whose turn was last, among runs and among tasks; empty where none was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns {
    pub(crate) runs: Vec<Option<String>>,
    pub(crate) tasks: Vec<Option<String>>,
}

impl Turns {
    /// Notes what an answer says.
    pub(crate) fn note(&mut self, row: &Row, queues: usize) {
        let turns = if row.flag == Some(b't'.cast_signed()) { &mut self.tasks } else { &mut self.runs };
        turns.resize(queues, None);
        let place = row.step.and_then(|place| usize::try_from(place - 1).ok());
        if let Some(turn) = place.and_then(|place| turns.get_mut(place)) {
            turn.clone_from(&row.text);
        }
    }
}

/// The rows of an answer; their kinds are told at the type `pgflow.answer`.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) kind: i16,
    pub(crate) run_id: Option<Uuid>,
    pub(crate) number: Option<i64>,
    pub(crate) version_id: Option<i32>,
    pub(crate) step: Option<i32>,
    pub(crate) index: Option<i32>,
    pub(crate) attempts: Option<i32>,
    pub(crate) flag: Option<i8>,
    pub(crate) payload: Option<Encoded>,
    /// What is told of an error is of no use to the worker, but where it is something else (outcomes, a reason, a name), and of a unit that
    /// has failed.
    pub(crate) text: Option<String>,
}

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let kind = row.try_get(0)?;
        let flag: Option<i8> = row.try_get(7)?;
        Ok(Self {
            kind,
            run_id: row.try_get(1)?,
            number: row.try_get(2)?,
            version_id: row.try_get(3)?,
            step: row.try_get(4)?,
            index: row.try_get(5)?,
            attempts: row.try_get(6)?,
            flag,
            payload: row.try_get(8)?,
            text: if matches!(kind, 8 | 9 | 14 | 17 | 18) || kind == 5 && flag == Some(FAILED) {
                row.try_get(9)?
            } else {
                None
            },
        })
    }
}

/// How an outcome says that a unit has failed.
const FAILED: i8 = b'f'.cast_signed();

/// How a round trip ended.
#[derive(Debug)]
pub(crate) enum Reply {
    Done(Vec<Row>),
    /// The worker counts as dead.
    Fenced,
}

/// What an error means for a call that is safe to repeat.
enum Trouble {
    /// The worker is dead to the others.
    Fenced,
    /// Something of it is recorded already: repeated as such, it is compared.
    Recorded,
    /// The database refuses some of the data, and always will.
    Data(String),
    /// It may go better the next time.
    Passing,
}

/// The shortest and the longest wait before a round trip is repeated.
const WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Carries out a round trip, repeating it for as long as it takes: an error of the database never becomes a failure of a step, but
/// for an output that the database refuses, which fails its step alone.
pub(crate) async fn exchange(link: &mut Link, request: &mut Arc<Request>) -> Reply {
    let mut wait = WAIT;
    loop {
        let sent = Arc::clone(request);
        let error = match link.call(|connection| Box::pin(async move { call(connection, &sent).await })).await {
            Ok(rows) => return Reply::Done(rows),
            Err(error) => error,
        };
        match trouble(&error) {
            Trouble::Fenced => return Reply::Fenced,
            Trouble::Recorded if !request.repeated => {
                if let Some(request) = Arc::get_mut(request) {
                    request.repeated = true;
                    continue;
                }
            }
            Trouble::Data(reason) => {
                if let Some(request) = Arc::get_mut(request)
                    && drop_refused(link, &mut request.batch, &reason).await
                {
                    continue;
                }
                tracing::error!(worker = request.worker, %error, "the database refuses the worker's results; trying again");
            }
            Trouble::Recorded | Trouble::Passing => {
                tracing::warn!(worker = request.worker, %error, "the database did not take the worker's results; trying again");
            }
        }
        if let Some(request) = Arc::get_mut(request) {
            request.repeated = true;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

fn trouble(error: &sqlx::Error) -> Trouble {
    let sqlx::Error::Database(database) = error else { return Trouble::Passing };
    match database.code().unwrap_or_default().as_ref() {
        "PF001" => Trouble::Fenced,
        "23505" => Trouble::Recorded,
        // Data exceptions, integrity constraints, program limits.
        code if code.starts_with("22") || code.starts_with("23") || code.starts_with("54") => {
            Trouble::Data(database.message().to_owned())
        }
        _ => Trouble::Passing,
    }
}

/// Makes failures of the outputs and states that the database refuses. Gives whether there were any.
async fn drop_refused(link: &mut Link, batch: &mut Batch, reason: &str) -> bool {
    let outputs: Vec<(usize, Encoded)> =
        batch.outcomes.iter().enumerate().filter_map(|(place, o)| Some((place, o.verdict.output()?.clone()))).collect();
    let states: Vec<(usize, Encoded)> =
        batch.repeats.iter().enumerate().map(|(place, repeat)| (place, repeat.state.clone())).collect();
    let inputs: Vec<(usize, Encoded)> =
        batch.children.iter().enumerate().map(|(place, child)| (place, child.input.clone())).collect();
    let (outputs, states) = (refused_among(link, &outputs).await, refused_among(link, &states).await);
    let inputs = refused_among(link, &inputs).await;
    for place in &outputs {
        tracing::warn!(reason, "the database refuses the output of a step; the step fails");
        batch.refuse_outcome(*place, reason);
    }
    for place in states.iter().rev() {
        tracing::warn!(reason, "the database refuses the state of a step; the step fails");
        batch.refuse_repeat(*place, reason);
    }
    for place in inputs.iter().rev() {
        tracing::warn!(reason, "the database refuses the input of a run that a step starts; the step fails");
        batch.refuse_child(*place, reason);
    }
    !(outputs.is_empty() && states.is_empty() && inputs.is_empty())
}

/// The places of payloads that the database refuses, found by halving what is asked about.
async fn refused_among(link: &mut Link, payloads: &[(usize, Encoded)]) -> Vec<usize> {
    let mut suspects: Vec<&[(usize, Encoded)]> = vec![payloads];
    let mut refused = Vec::new();
    while let Some(part) = suspects.pop() {
        if part.is_empty() {
            continue;
        }
        let texts: Vec<Encoded> = part.iter().map(|(_, output)| output.clone()).collect();
        match link.call(|connection| Box::pin(ask_about(connection, texts))).await {
            Err(error) if matches!(trouble(&error), Trouble::Data(_)) => match part {
                [(place, _)] => refused.push(*place),
                _ => {
                    let (left, right) = part.split_at(part.len() / 2);
                    suspects.extend([left, right]);
                }
            },
            _ => {}
        }
    }
    refused.sort_unstable();
    refused
}

async fn ask_about(connection: &mut PgConnection, texts: Vec<Encoded>) -> sqlx::Result<()> {
    let parameters: Vec<Jsonb<'_>> = texts.iter().map(|text| Jsonb(text.as_str())).collect();
    sqlx::query(statements::JSON_IS_ACCEPTED).bind(parameters).execute(connection).await.map(drop)
}

/// A parameter that is null where there is nothing in it: the server takes every array apart, empty ones as well.
struct List<T>(Option<Vec<T>>);

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        let items: Vec<T> = iter.into_iter().collect();
        Self((!items.is_empty()).then_some(items))
    }
}

fn listed<T>(items: &[T]) -> Option<&[T]> {
    (!items.is_empty()).then_some(items)
}

async fn call(connection: &mut PgConnection, request: &Request) -> sqlx::Result<Vec<Row>> {
    let batch = &request.batch;
    let entries = &batch.entries;
    let place = |entry: usize| i32::try_from(entry + 1).unwrap_or(i32::MAX);
    let small = |number: usize| i16::try_from(number).unwrap_or(i16::MAX);
    let count = |number: u16| i16::try_from(number).unwrap_or(i16::MAX);

    sqlx::query_as(statements::EXCHANGE)
        .bind(request.bucket)
        .bind(request.worker)
        .bind(request.number)
        .bind(request.repeated)
        .bind(request.marker)
        .bind(&request.queues[..])
        .bind(&request.versions)
        .bind(request.marks.as_ref().map(|(priorities, _)| priorities))
        .bind(request.marks.as_ref().map(|(_, places)| places))
        .bind(&request.max_runs)
        .bind(&request.max_tasks)
        .bind(listed(&request.turns.runs))
        .bind(listed(&request.turns.tasks))
        .bind(entries.iter().map(|e| e.run).collect::<List<_>>().0)
        .bind(entries.iter().map(|e| e.period).collect::<List<_>>().0)
        .bind(entries.iter().map(|e| e.claim).collect::<List<_>>().0)
        .bind(entries.iter().map(|e| if let Holder::Task(id) = e.holder { id } else { 0 }).collect::<List<_>>().0)
        .bind(entries.iter().map(|e| fate_code(&e.fate)).collect::<List<_>>().0)
        .bind(
            entries
                .iter()
                .map(|e| match e.fate {
                    Fate::Parked { due_ms } | Fate::Paused { due_ms } => due_ms,
                    _ => 0,
                })
                .collect::<List<_>>()
                .0,
        )
        .bind(entries.iter().map(|e| e.shared).collect::<List<_>>().0)
        .bind(
            entries
                .iter()
                .map(|e| match &e.fate {
                    Fate::Failed(reason) | Fate::Cancelled(reason) => reason.as_deref().map(storable),
                    _ => None,
                })
                .collect::<List<_>>()
                .0,
        )
        .bind(batch.outcomes.iter().map(|o| place(o.entry)).collect::<List<_>>().0)
        .bind(batch.outcomes.iter().map(|o| small(o.step)).collect::<List<_>>().0)
        .bind(batch.outcomes.iter().map(|o| o.index).collect::<List<_>>().0)
        .bind(batch.outcomes.iter().map(|o| o.verdict.code().cast_signed()).collect::<List<i8>>().0)
        .bind(batch.outcomes.iter().map(|o| count(o.attempts)).collect::<List<_>>().0)
        .bind(batch.outcomes.iter().map(|o| o.duration_ms).collect::<List<_>>().0)
        .bind(
            batch
                .outcomes
                .iter()
                .map(|o| o.verdict.output().map(|output| Jsonb(output.as_str())))
                .collect::<List<_>>()
                .0,
        )
        .bind(batch.reasons())
        .bind(batch.attempts.iter().map(|a| place(a.entry)).collect::<List<_>>().0)
        .bind(batch.attempts.iter().map(|a| small(a.step)).collect::<List<_>>().0)
        .bind(batch.attempts.iter().map(|a| a.index).collect::<List<_>>().0)
        .bind(batch.attempts.iter().map(|a| count(a.number)).collect::<List<_>>().0)
        .bind(batch.attempts.iter().map(|a| a.duration_ms).collect::<List<_>>().0)
        .bind(batch.attempts.iter().map(|a| a.retry_ms).collect::<List<_>>().0)
        .bind(batch.attempts.iter().map(|a| storable(&a.error)).collect::<List<_>>().0)
        .bind(batch.attempts.iter().map(|a| a.item.as_ref().map(|item| Jsonb(item.as_str()))).collect::<List<_>>().0)
        .bind(batch.maps.iter().map(|m| place(m.entry)).collect::<List<_>>().0)
        .bind(batch.maps.iter().map(|m| small(m.step)).collect::<List<_>>().0)
        .bind(batch.maps.iter().map(|m| m.items).collect::<List<_>>().0)
        .bind(batch.shares.iter().map(|s| place(s.entry)).collect::<List<_>>().0)
        .bind(batch.shares.iter().map(|s| small(s.step)).collect::<List<_>>().0)
        .bind(batch.shares.iter().map(|s| s.first).collect::<List<_>>().0)
        .bind(batch.shares.iter().map(|s| s.count).collect::<List<_>>().0)
        .bind(batch.shares.iter().map(|s| count(s.attempts)).collect::<List<_>>().0)
        .bind(batch.shares.iter().map(|s| s.queue.as_deref()).collect::<List<_>>().0)
        .bind(batch.shares.iter().map(|s| s.items.as_ref().map(|items| Jsonb(items.as_str()))).collect::<List<_>>().0)
        .bind(batch.beginnings.iter().map(|b| place(b.entry)).collect::<List<_>>().0)
        .bind(batch.beginnings.iter().map(|b| small(b.unit.step)).collect::<List<_>>().0)
        .bind(batch.beginnings.iter().map(|b| b.unit.index).collect::<List<_>>().0)
        .bind(batch.beginnings.iter().map(|b| count(b.unit.attempt)).collect::<List<_>>().0)
        .bind(batch.beginnings.iter().map(|b| b.alone).collect::<List<_>>().0)
        .bind(listed(&batch.heard))
        .bind(listed(&request.watch))
        .bind(listed(&request.watch_from))
        .bind(listed(&request.known_tasks))
        .bind(batch.repeats.iter().map(|r| place(r.entry)).collect::<List<_>>().0)
        .bind(batch.repeats.iter().map(|r| small(r.step)).collect::<List<_>>().0)
        .bind(batch.repeats.iter().map(|r| r.index).collect::<List<_>>().0)
        .bind(batch.repeats.iter().map(|r| i32::try_from(r.count).unwrap_or(i32::MAX)).collect::<List<_>>().0)
        .bind(batch.repeats.iter().map(|r| count(r.attempts)).collect::<List<_>>().0)
        .bind(batch.repeats.iter().map(|r| r.wait_ms).collect::<List<_>>().0)
        .bind(batch.repeats.iter().map(|r| Jsonb(r.state.as_str())).collect::<List<_>>().0)
        .bind(batch.repeats.iter().map(|r| r.item.as_ref().map(|item| Jsonb(item.as_str()))).collect::<List<_>>().0)
        .bind(batch.children.iter().map(|c| place(c.entry)).collect::<List<_>>().0)
        .bind(batch.children.iter().map(|c| small(c.step)).collect::<List<_>>().0)
        .bind(batch.children.iter().map(|c| c.index).collect::<List<_>>().0)
        .bind(batch.children.iter().map(|c| count(c.number)).collect::<List<_>>().0)
        .bind(batch.children.iter().map(|c| c.version).collect::<List<_>>().0)
        .bind(batch.children.iter().map(|c| c.queue.as_deref()).collect::<List<_>>().0)
        .bind(batch.children.iter().map(|c| c.deadline_ms).collect::<List<_>>().0)
        .bind(batch.children.iter().map(|c| Jsonb(c.input.as_str())).collect::<List<_>>().0)
        .bind(listed(&batch.families))
        .fetch_all(connection)
        .await
}

/// How a fate is written; see `pgflow.exchange`.
fn fate_code(fate: &Fate) -> i16 {
    match fate {
        Fate::GoesOn => 0,
        Fate::Failing => -1,
        Fate::Completed => 1,
        Fate::Failed(_) => 2,
        Fate::Cancelled(_) => 3,
        Fate::Parked { .. } => 4,
        Fate::HandedBack => 5,
        Fate::Paused { .. } => 6,
    }
}

/// The places of refused entries in an answer.
pub(crate) fn refused(rows: &[Row]) -> HashSet<usize> {
    rows.iter().filter(|row| row.kind == 1).filter_map(|row| usize::try_from(row.number? - 1).ok()).collect()
}
