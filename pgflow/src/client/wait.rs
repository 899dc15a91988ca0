//! Waiting for runs to end: one listener and one poller for all handles of a client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::run::Ending;
use crate::database::statements;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::step::RunId;
use crate::worker::notify::{self, END};

/// How often runs are asked about for which no notification has come.
const POLL: Duration = Duration::from_millis(500);
/// How long the listener stays when nobody waits: the next one who does has it at once.
const LINGER: Duration = Duration::from_secs(10);
/// How many runs one query asks about.
const PORTION: usize = 1_000;

/// Those who wait, by run.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    runs: HashMap<Uuid, Vec<oneshot::Sender<Ending>>>,
    /// Whether the task that serves them is alive.
    served: bool,
}

impl Waiting {
    pub(super) async fn wait(&self, pool: &PgPool, id: RunId) -> Result<Ending, Error> {
        let run = id.as_uuid();
        let receiver = self.enter(pool, run);
        // It may have ended long ago; and whatever ends from here on is announced, or polled for.
        let now = self.ask(pool, &[run]).await;
        if let Err(error) = now
            && !may_pass(&error)
        {
            self.leave(run);
            return Err(Error::database("asking for the run's end", error));
        }
        receiver.await.map_err(|_| Error::invalid("the client was shut down while waiting for a run"))
    }

    fn enter(&self, pool: &PgPool, run: Uuid) -> oneshot::Receiver<Ending> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        state.runs.entry(run).or_default().push(sender);
        if !state.served {
            state.served = true;
            tokio::spawn(self.clone().serve(pool.clone()));
        }
        receiver
    }

    fn leave(&self, run: Uuid) {
        self.lock().runs.remove(&run);
    }

    /// Serves those who wait, until nobody has for a while.
    async fn serve(self, pool: PgPool) {
        let (mut heard, listener) = notify::listen(pool.connect_options(), &[END]);
        let mut poll = tokio::time::interval(POLL);
        let mut idle_since = Instant::now();
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let runs = tokio::select! {
                _ = poll.tick() => self.all(),
                Some(heard) = heard.recv() => if heard.runs.is_empty() { self.all() } else { self.among(&heard.runs) },
            };
            for portion in runs.chunks(PORTION) {
                if let Err(error) = self.ask(&pool, portion).await {
                    tracing::debug!(%error, "could not ask for the end of runs; trying again");
                }
            }
            let mut state = self.lock();
            state.runs.retain(|_, waiting| {
                waiting.retain(|sender| !sender.is_closed());
                !waiting.is_empty()
            });
            if !state.runs.is_empty() {
                idle_since = Instant::now();
            } else if idle_since.elapsed() > LINGER || pool.is_closed() {
                state.served = false;
                break;
            }
        }
        listener.abort();
    }

    async fn ask(&self, pool: &PgPool, runs: &[Uuid]) -> sqlx::Result<()> {
        if runs.is_empty() {
            return Ok(());
        }
        let ended: Vec<Answer> = sqlx::query_as(statements::RUN_RESULTS).bind(runs).fetch_all(pool).await?;
        let mut state = self.lock();
        for (run, status, output, failed_step, error) in ended {
            for sender in state.runs.remove(&run).into_iter().flatten() {
                let _ = sender.send(Ending {
                    status: status.clone(),
                    output: output.clone(),
                    failed_step: failed_step.clone(),
                    error: error.clone(),
                });
            }
        }
        Ok(())
    }

    fn all(&self) -> Vec<Uuid> {
        self.lock().runs.keys().copied().collect()
    }

    fn among(&self, runs: &[Uuid]) -> Vec<Uuid> {
        let state = self.lock();
        runs.iter().filter(|run| state.runs.contains_key(run)).copied().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run, its status, its output, the step that it failed of, and the error.
type Answer = (Uuid, String, Option<Encoded>, Option<String>, Option<String>);

/// Whether the database may answer later: it is away, or full.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| ["57P", "53", "08", "40"].iter().any(|class| code.starts_with(class)))
        }
        sqlx::Error::PoolClosed | sqlx::Error::Configuration(_) => false,
        _ => true,
    }
}
