//! The trail of a run.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use futures_util::stream::{Stream, try_unfold};
use sqlx::Row as _;

use super::{Client, Run};
use crate::database::statements;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::step::RunId;
use crate::workflow::RunOf;

/// How often a trail is looked at that is followed.
const POLL: Duration = Duration::from_millis(250);

/// Something that happened to a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunEvent {
    /// When: UTC, as in RFC 3339.
    pub at: String,
    /// What: `started`, by an actor where the start said so; `cancel`, `cancel_attempt`, `pause`, `resume`, `retry` or `fork` by somebody; `step_delayed`,
    /// `attempt_failed`, `step_completed`, `step_failed` or `step_skipped` by a worker; `run_completed`, `run_failed` or `run_cancelled`.
    pub kind: String,
    /// The step that it is about.
    pub step: Option<String>,
    /// The item of a map step.
    pub index: Option<i32>,
    /// Which attempt of the step it was; for an outcome, how many there were.
    pub attempt: Option<i32>,
    /// The worker.
    pub worker: Option<i32>,
    /// Who did it.
    pub actor: Option<String>,
    /// Why; or what the failure was.
    pub reason: Option<String>,
    /// What else is known, as an object.
    pub detail: serde_json::Value,
}

impl Client {
    /// What happened to a run of any workflow; see [`Run::events`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events(&self, run: RunId) -> Result<Vec<RunEvent>, Error> {
        let doing = "reading the events of a run";
        let rows = sqlx::query(statements::RUN_EVENTS)
            .bind(run.as_uuid())
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| event(row).map_err(|e| Error::database(doing, e))).collect()
    }
}

impl<W: RunOf> Run<W> {
    /// What has happened to the run, and happens from now on, until it has ended: [`events`](Self::events) as a stream, a fraction of a
    /// second behind.
    ///
    /// # Errors
    /// An item is an error when there is no such run, or the database fails; the stream ends with it.
    pub fn follow_events(&self) -> impl Stream<Item = Result<RunEvent, Error>> + Send + use<W> {
        let follow = Follow { run: self.clone(), seen: HashSet::new(), known: VecDeque::new(), ended: false };
        try_unfold(follow, async |mut follow| Ok(follow.next().await?.map(|event| (event, follow))))
    }

    /// What happened to the run, and who did it, in order: its start, each failed attempt and each outcome, what people did and why,
    /// and its end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn events(&self) -> Result<Vec<RunEvent>, Error> {
        self.client.events(self.id).await
    }
}

struct Follow<W> {
    run: Run<W>,
    seen: HashSet<String>,
    known: VecDeque<RunEvent>,
    ended: bool,
}

impl<W: RunOf> Follow<W> {
    async fn next(&mut self) -> Result<Option<RunEvent>, Error> {
        loop {
            if let Some(event) = self.known.pop_front() {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            // Asked before the events are read: the end is the last of them.
            self.ended = self.run.status().await?.is_final();
            let seen = &mut self.seen;
            let events = self.run.events().await?.into_iter();
            self.known.extend(events.filter(|event| seen.insert(event.identity())));
            if self.known.is_empty() && !self.ended {
                tokio::time::sleep(POLL).await;
            }
        }
    }
}

impl RunEvent {
    /// What tells it from others of its run. A failure becomes a failed attempt when somebody has the run go on.
    fn identity(&self) -> String {
        let kind = if self.kind == "step_failed" { "attempt_failed" } else { &self.kind };
        format!("{} {kind} {:?} {:?} {:?} {:?}", self.at, self.step, self.index, self.attempt, self.actor)
    }
}

fn event(row: &sqlx::postgres::PgRow) -> sqlx::Result<RunEvent> {
    Ok(RunEvent {
        at: row.try_get("at")?,
        kind: row.try_get("kind")?,
        step: row.try_get("step")?,
        index: row.try_get("index")?,
        attempt: row.try_get("attempt")?,
        worker: row.try_get("worker_id")?,
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        detail: row.try_get::<Encoded, _>("detail")?.decode().unwrap_or_default(),
    })
}
