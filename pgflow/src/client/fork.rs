//! Runs that begin where other ones stood.

use std::collections::BTreeMap;
use std::future::IntoFuture;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Run;
use super::control::{By, refused, who_and_why};
use super::start::encode;
use crate::database::{Jsonb, statements};
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::step::RunId;
use crate::workflow::Workflow;

/// A new run that begins where another one stood, once it is awaited.
///
/// What the other one has recorded is taken over. The step that is given as [`from`](Self::from), and all that depends on it, are
/// executed again; without one, everything is. The new run has the same version of the workflow, queue, priority and namespace.
#[must_use = "nothing is done before it is awaited"]
pub struct Fork<'a, W: Workflow> {
    run: &'a Run<W>,
    from: Option<String>,
    input: Option<Result<Encoded, Error>>,
    /// As text: a value would lose integers beyond 64 bits.
    outputs: BTreeMap<String, Box<RawValue>>,
    problem: Option<Error>,
    by: By,
}

impl<W: Workflow> Fork<'_, W> {
    /// The first step that is executed again.
    pub fn from(mut self, step: impl Into<String>) -> Self {
        self.from = Some(step.into());
        self
    }

    /// Another input for the new run.
    pub fn input(mut self, input: &W::Input) -> Self {
        self.input = Some(encode::<W>(input));
        self
    }

    /// Another output of a step that is not executed again, checked by its schema; for a map step, a list of all items' outputs.
    pub fn output<T: Serialize + ?Sized>(mut self, step: impl Into<String>, output: &T) -> Self {
        let step = step.into();
        match serde_json::value::to_raw_value(output) {
            Ok(value) => drop(self.outputs.insert(step, value)),
            Err(source) => {
                let what = format!("the output of step `{step}` cannot be encoded");
                self.problem = Some(Error::new(Kind::Payload { what, source }));
            }
        }
        self
    }

    who_and_why!();

    async fn carry_out(self) -> Result<Run<W>, Error> {
        let Self { run, from, input, outputs, problem, by } = self;
        if let Some(problem) = problem {
            return Err(problem);
        }
        let doing = "forking a run";
        let input = input.transpose()?;
        let outputs = (!outputs.is_empty())
            .then(|| Encoded::new(&outputs))
            .transpose()
            .map_err(|source| Error::new(Kind::Payload { what: "the outputs cannot be encoded".to_owned(), source }))?;
        let client = &run.client;
        let id: Uuid = sqlx::query_scalar(statements::FORK_RUN)
            .bind(run.id.as_uuid())
            .bind(from)
            .bind(input.as_ref().map(|input| Jsonb(input.as_str())))
            .bind(outputs.as_ref().map(|outputs| Jsonb(outputs.as_str())))
            .bind(by.reason)
            .bind(by.actor)
            .fetch_one(&client.pool)
            .await
            .map_err(|e| refused(run.id, doing, e))?;
        client.shared.announcer.announce(&client.pool);
        Ok(Run::new(client.clone(), RunId::from(id)))
    }
}

impl<'a, W: Workflow> IntoFuture for Fork<'a, W> {
    type Output = Result<Run<W>, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.carry_out().boxed()
    }
}

impl<W: Workflow> std::fmt::Debug for Fork<'_, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fork").field("run", &self.run.id).field("from", &self.from).finish_non_exhaustive()
    }
}

impl<W: Workflow> Run<W> {
    /// Starts a new run that begins where this one stood.
    ///
    /// ```no_run
    /// # async fn example<W: pgflow::Workflow>(run: pgflow::Run<W>) -> Result<(), pgflow::Error> {
    /// let again = run.fork().from("charge").reason("the card was replaced").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such run or step, or what is given does not fit its schema ([`is_refused`](Error::is_refused)); or the
    /// database fails.
    pub fn fork(&self) -> Fork<'_, W> {
        Fork { run: self, from: None, input: None, outputs: BTreeMap::new(), problem: None, by: By::default() }
    }
}
