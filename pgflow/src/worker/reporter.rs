//! Writes what handlers say of their progress: in batches, off the hot path.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::batch::storable;
use super::unit::PLAIN;
use crate::database::{Link, statements};
use crate::notes::Reporter;
use crate::step::StepContext;

/// For how long notes gather.
const GATHER: Duration = Duration::from_millis(200);

/// One row for each note.
#[derive(Clone, Debug, Default)]
struct Rows {
    runs: Vec<Uuid>,
    steps: Vec<i16>,
    indexes: Vec<i32>,
    attempts: Vec<i16>,
    progress: Vec<Option<f32>>,
    messages: Vec<Option<String>>,
}

impl Rows {
    fn take(&mut self, context: &StepContext) {
        let noted = context.0.notes.take();
        let mut messages: Vec<Option<String>> =
            noted.messages.iter().map(|text| Some(storable(text).into_owned())).collect();
        if messages.is_empty() {
            messages.push(None);
        }
        let last = messages.len() - 1;
        for (place, message) in messages.into_iter().enumerate() {
            let info = &context.0;
            self.runs.push(info.run_id.as_uuid());
            self.steps.push(i16::try_from(info.number).unwrap_or(i16::MAX));
            self.indexes.push(info.index.map_or(PLAIN, |index| i32::try_from(index).unwrap_or(i32::MAX)));
            self.attempts.push(i16::try_from(info.attempt).unwrap_or(i16::MAX));
            // With the last message, or alone.
            self.progress.push(noted.progress.filter(|_| place == last));
            self.messages.push(message);
        }
    }
}

/// The task ends when all attempts that may report are gone and everything is written.
pub(crate) fn start(options: Arc<PgConnectOptions>, bucket: i32) -> (Reporter, JoinHandle<()>) {
    let (send, mut receive) = mpsc::unbounded_channel::<StepContext>();
    let task = tokio::spawn(async move {
        let mut link = Link::new(options).with_deadline(Duration::from_secs(5));
        while let Some(first) = receive.recv().await {
            let mut contexts = vec![first];
            let until = tokio::time::Instant::now() + GATHER;
            while let Ok(Some(more)) = tokio::time::timeout_at(until, receive.recv()).await {
                contexts.push(more);
            }
            let mut rows = Rows::default();
            for context in contexts {
                rows.take(&context);
            }
            if let Err(error) = link.call(|connection| Box::pin(write(connection, bucket, rows))).await {
                tracing::warn!(%error, "what steps have said of their progress was not written, and is lost");
            }
        }
        link.close().await;
    });
    (send, task)
}

async fn write(connection: &mut PgConnection, bucket: i32, rows: Rows) -> sqlx::Result<()> {
    sqlx::query(statements::ADD_NOTES)
        .bind(bucket)
        .bind(rows.runs)
        .bind(rows.steps)
        .bind(rows.indexes)
        .bind(rows.attempts)
        .bind(rows.progress)
        .bind(rows.messages)
        .execute(connection)
        .await
        .map(drop)
}
