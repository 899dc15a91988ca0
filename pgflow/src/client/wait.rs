//! Waiting for runs to end: one listener and one poller for all handles of a client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::run::Ending;
use crate::database::statements;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::news::{self, END, Ended, Heard};
use crate::step::RunId;

/// How often runs are asked about for which no notification has come.
const POLL: Duration = Duration::from_millis(500);
/// How long the listener stays when nobody waits: the next one who does has it at once.
const LINGER: Duration = Duration::from_secs(10);
/// How long the end of a run that was started a moment ago is waited for before it is asked for.
const FRESH: Duration = Duration::from_millis(10);
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
    /// Waits for the end of a run; `fresh` says that it was started a moment ago.
    pub(super) async fn wait(&self, pool: &PgPool, id: RunId, fresh: bool) -> Result<Ending, Error> {
        let run = id.as_uuid();
        let mut receiver = self.enter(pool, run);
        if fresh && let Ok(ending) = tokio::time::timeout(FRESH, &mut receiver).await {
            return ending.map_err(|_| shut_down());
        }
        // It may have ended long ago; and whatever ends from here on is announced, or polled for.
        let now = self.ask(pool, &[run]).await;
        if let Err(error) = now
            && !may_pass(&error)
        {
            self.leave(run);
            return Err(Error::database("asking for the run's end", error));
        }
        receiver.await.map_err(|_| shut_down())
    }

    fn enter(&self, pool: &PgPool, run: Uuid) -> oneshot::Receiver<Ending> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        state.runs.entry(run).or_default().push(sender);
        if !state.served {
            state.served = true;
            // Listens from now on, not only when the task begins.
            let (heard, listener) = news::listen(pool.connect_options(), &[END]);
            tokio::spawn(self.clone().serve(pool.clone(), heard, listener));
        }
        receiver
    }

    fn leave(&self, run: Uuid) {
        self.lock().runs.remove(&run);
    }

    /// Serves those who wait, until nobody has for a while.
    async fn serve(self, pool: PgPool, mut heard: mpsc::UnboundedReceiver<Heard>, listener: JoinHandle<()>) {
        let mut poll = tokio::time::interval(POLL);
        let mut idle_since = Instant::now();
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let runs = tokio::select! {
                _ = poll.tick() => self.all(),
                Some(heard) = heard.recv() => if heard.runs.is_empty() { self.all() } else { self.settle(heard.runs) },
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

    /// Hands on the outputs that were told, and gives the other runs among these that somebody waits for.
    fn settle(&self, ended: Vec<Ended>) -> Vec<Uuid> {
        let mut state = self.lock();
        let mut others = Vec::new();
        for Ended { run, output, .. } in ended {
            match output {
                None if state.runs.contains_key(&run) => others.push(run),
                None => {}
                Some(output) => {
                    for sender in state.runs.remove(&run).into_iter().flatten() {
                        let _ = sender.send(Ending::completed(output.clone()));
                    }
                }
            }
        }
        others
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shut_down() -> Error {
    Error::invalid("the client was shut down while waiting for a run")
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
