//! What the handlers of a run say of their progress.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream::try_unfold;
use sqlx::Row as _;

use super::{Client, Run};
use crate::database::statements;
use crate::error::Error;
use crate::step::RunId;
use crate::workflow::RunOf;

/// How often a run is asked for what its handlers have said since.
const POLL: Duration = Duration::from_millis(250);
/// How many notes one query gives.
const PAGE: i32 = 1_000;

/// Something that a handler has said with [`StepContext::progress`](crate::StepContext::progress) or
/// [`StepContext::message`](crate::StepContext::message).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StepNote {
    /// Its place among all notes: those that come later have larger ones.
    pub number: i64,
    /// When it was written: UTC, as in RFC 3339.
    pub at: String,
    /// The step.
    pub step: String,
    /// The item of a map step.
    pub index: Option<i32>,
    /// Which attempt of the step it was.
    pub attempt: i32,
    /// How far it was, from 0 to 1.
    pub progress: Option<f32>,
    /// What it said.
    pub message: Option<String>,
}

impl Client {
    /// What the handlers of a run of any workflow have said; see [`Run::notes`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notes(&self, run: RunId, after: i64) -> Result<Vec<StepNote>, Error> {
        let doing = "reading what the steps of a run have said";
        let rows = sqlx::query(statements::RUN_NOTES)
            .bind(run.as_uuid())
            .bind(after)
            .bind(PAGE)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| note(row).map_err(|e| Error::database(doing, e))).collect()
    }
}

impl<W: RunOf> Run<W> {
    /// What the handlers of the run have said, in order: up to a thousand notes after the one of this number (0: from the first on).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notes(&self, after: i64) -> Result<Vec<StepNote>, Error> {
        self.client.notes(self.id, after).await
    }

    /// What the handlers of the run have said, and say from now on, until the run has ended.
    ///
    /// ```no_run
    /// # async fn example<W: pgflow::Workflow>(run: pgflow::Run<W>) -> Result<(), pgflow::Error> {
    /// use std::pin::pin;
    ///
    /// use futures_util::TryStreamExt as _;
    ///
    /// let mut notes = pin!(run.follow());
    /// while let Some(note) = notes.try_next().await? {
    ///     println!("{}: {:?} {:?}", note.step, note.progress, note.message);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// An item is an error when there is no such run, or the database fails; the stream ends with it.
    pub fn follow(&self) -> impl Stream<Item = Result<StepNote, Error>> + Send + use<W> {
        let follow = Follow { run: self.clone(), after: 0, known: VecDeque::new(), rest: None };
        try_unfold(follow, async |mut follow| Ok(follow.next().await?.map(|note| (note, follow))))
    }
}

struct Follow<W> {
    run: Run<W>,
    after: i64,
    known: VecDeque<StepNote>,
    /// How often it is still to be asked for what was written after the run had ended.
    rest: Option<u8>,
}

impl<W: RunOf> Follow<W> {
    async fn next(&mut self) -> Result<Option<StepNote>, Error> {
        loop {
            if let Some(note) = self.known.pop_front() {
                return Ok(Some(note));
            }
            if self.rest == Some(0) {
                return Ok(None);
            }
            // Asked before the notes are read, for they may be written a moment after the end.
            if self.rest.is_none() && self.run.status().await?.is_final() {
                self.rest = Some(3);
            }
            let notes = self.run.notes(self.after).await?;
            if let Some(last) = notes.last() {
                self.after = last.number;
                self.known = notes.into();
                continue;
            }
            self.rest = self.rest.map(|rest| rest - 1);
            tokio::time::sleep(POLL).await;
        }
    }
}

fn note(row: &sqlx::postgres::PgRow) -> sqlx::Result<StepNote> {
    Ok(StepNote {
        number: row.try_get("number")?,
        at: row.try_get("at")?,
        step: row.try_get::<Option<String>, _>("step")?.unwrap_or_default(),
        index: row.try_get("index")?,
        attempt: row.try_get("attempt")?,
        progress: row.try_get("progress")?,
        message: row.try_get("message")?,
    })
}
