//! Signals: sent to runs, and read back.

use std::future::IntoFuture;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Serialize;
use sqlx::Row as _;

use super::control::refused;
use super::{Client, Run};
use crate::database::{Jsonb, statements};
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::news::News;
use crate::step::RunId;
use crate::workflow::Workflow;

/// A signal that is sent to a run once this is awaited. When that returns, it is kept: the step that waits for it begins whatever
/// happens here, and one that does not wait yet finds it.
///
/// # Errors
/// When there is no such run, when it has ended, when no step of it waits for a signal of this name, when the payload does not fit its
/// schema, or when the database fails.
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct SendSignal<'a> {
    client: &'a Client,
    run: RunId,
    name: String,
    payload: serde_json::Result<Encoded>,
    sender: Option<String>,
}

/// A signal that was sent to a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunSignal {
    /// Its place among all signals: those that come later have larger ones.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// The step that waits for it.
    pub step: String,
    /// When it was sent: UTC, as in RFC 3339.
    pub sent_at: String,
    /// Who has sent it.
    pub sender: String,
    /// What was sent, as JSON.
    pub payload: serde_json::Value,
}

impl<'a> SendSignal<'a> {
    /// Who sends it. Default: the role that is logged in to the database.
    pub fn sender(mut self, name: impl Into<String>) -> Self {
        self.sender = Some(name.into());
        self
    }

    async fn send(self) -> Result<(), Error> {
        let Self { client, run, name, payload, sender } = self;
        let payload = payload.map_err(|source| {
            Error::new(Kind::Payload { what: format!("the payload of signal `{name}` has no JSON form"), source })
        })?;
        sqlx::query(statements::SEND_SIGNAL)
            .bind(run.as_uuid())
            .bind(&name)
            .bind(Jsonb(payload.as_str()))
            .bind(sender)
            .execute(&client.pool)
            .await
            .map_err(|e| refused(run, "sending a signal", e))?;
        // Whoever has the run; or, where that is nobody, workers that may take it.
        let news = News { messages: vec![run.as_uuid()], work: true, ..News::default() };
        client.shared.announcer.tell(&client.pool, &news).await;
        Ok(())
    }
}

impl<'a> IntoFuture for SendSignal<'a> {
    type Output = Result<(), Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.send().boxed()
    }
}

impl Client {
    /// Sends a signal to a run of any workflow; see [`SendSignal`].
    pub fn signal(&self, run: RunId, name: impl Into<String>, payload: impl Serialize) -> SendSignal<'_> {
        SendSignal { client: self, run, name: name.into(), payload: Encoded::new(&payload), sender: None }
    }

    /// The signals that were sent to a run of any workflow, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn signals(&self, run: RunId) -> Result<Vec<RunSignal>, Error> {
        let doing = "reading the signals of a run";
        let rows = sqlx::query(statements::RUN_SIGNALS)
            .bind(run.as_uuid())
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| signal(row).map_err(|e| Error::database(doing, e))).collect()
    }
}

impl<W: Workflow> Run<W> {
    /// Sends a signal; `signals::approval(&run, payload)` in the workflow's module does the same, and knows the payload's type.
    ///
    /// ```no_run
    /// # use pgflow::{Error, Run, Workflow};
    /// # async fn example<W: Workflow>(run: Run<W>) -> Result<(), Error> {
    /// run.signal("approval", true).sender("anna").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn signal(&self, name: impl Into<String>, payload: impl Serialize) -> SendSignal<'_> {
        self.client.signal(self.id, name, payload)
    }

    /// The signals that were sent to it, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn signals(&self) -> Result<Vec<RunSignal>, Error> {
        self.client.signals(self.id).await
    }
}

fn signal(row: &sqlx::postgres::PgRow) -> sqlx::Result<RunSignal> {
    Ok(RunSignal {
        number: row.try_get("number")?,
        name: row.try_get("signal")?,
        step: row.try_get("step")?,
        sent_at: row.try_get("sent_at")?,
        sender: row.try_get("sender")?,
        payload: row.try_get::<Encoded, _>("payload")?.decode().unwrap_or_default(),
    })
}
