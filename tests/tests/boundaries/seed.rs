//! One seed: its runs are started and end, whatever goes wrong, and everything is as it ought to be.

use std::sync::Arc;
use std::time::Duration;

use pgflow::{Client, RunId};
use pgflow_tests::load::{assert_exact, count};
use pgflow_tests::wire::{Endpoint, Event, Party, Script};
use sqlx::postgres::PgPoolOptions;
use tokio::sync::mpsc;

use crate::direct::{self, Started};
use crate::fleet::Fleet;
use crate::plan::Plan;
use crate::stage::Stage;
use crate::workflows::nap;

/// A seed in which nothing is recorded for so long is stuck; where the engine is broken on purpose, that is no news.
const PATIENCE: Duration = Duration::from_secs(40);
const LESS_PATIENCE: Duration = Duration::from_secs(20);
/// Nor may it take for ever though there is always something recorded.
const MOST_ROUNDS: usize = 6;
/// How often the invariant is looked at on the way.
const LOOK: Duration = Duration::from_millis(800);

/// Carries out a plan.
///
/// # Panics
/// When anything is not as it ought to be.
pub(crate) async fn run(stage: &Stage, plan: &Plan, script: Arc<Script>, mut events: mpsc::UnboundedReceiver<Event>) {
    let mut fleet = Fleet::start(stage, plan, Arc::clone(&script));
    let mut work = std::pin::pin!(work(stage, plan, &script));
    let mut looks = tokio::time::interval(LOOK);
    let limit = if stage.broken { LESS_PATIENCE } else { PATIENCE };
    let mut rounds = Rounds::begin(stage, limit);
    let started = loop {
        tokio::select! {
            started = &mut work => break started,
            Some(event) = events.recv() => fleet.see_to(event),
            () = fleet.ended() => {}
            _ = looks.tick() => stage.db.assert_sound().await,
            () = rounds.pass() => rounds.assert_progress("the runs have not ended").await,
        }
    };
    script.note("all runs have ended".to_owned());
    fleet.leave();
    while !fleet.is_empty() {
        tokio::select! {
            Some(event) = events.recv() => fleet.see_to(event),
            () = fleet.ended() => {}
            () = rounds.pass() => rounds.assert_progress("the workers have not ended").await,
        }
    }
    let direct = fleet.started.clone();
    drop(fleet);
    check(stage, plan, &started, &direct).await;
}

/// Tells a seed that is stuck from one that is slow.
struct Rounds<'a> {
    stage: &'a Stage,
    limit: Duration,
    end: tokio::time::Instant,
    recorded: i64,
    number: usize,
}

impl<'a> Rounds<'a> {
    fn begin(stage: &'a Stage, limit: Duration) -> Self {
        Self { stage, limit, end: tokio::time::Instant::now() + limit, recorded: 0, number: 0 }
    }

    async fn pass(&self) {
        tokio::time::sleep_until(self.end).await;
    }

    async fn assert_progress(&mut self, what: &str) {
        let pool = self.stage.db.pool();
        let sum = "select (select count(*) from pgflow.outcome) + (select count(*) from pgflow.run_end)";
        let recorded = count(&pool, sum).await;
        self.number += 1;
        assert!(
            recorded > self.recorded && self.number < MOST_ROUNDS,
            "{what} after {:?}",
            self.limit * u32::try_from(self.number).unwrap_or(1)
        );
        self.recorded = recorded;
        self.end += self.limit;
    }
}

/// Starts the runs and awaits each.
async fn work(stage: &Stage, plan: &Plan, script: &Arc<Script>) -> Vec<RunId> {
    // Nothing is shared before the workers know of each other: by their beats.
    let fleet = "select count(*) >= 2 from pgflow.worker w where dead_at is null and beat_at > started_at
                 and beat_at > (select max(started_at) from pgflow.worker)";
    let alone = std::time::Instant::now() + Duration::from_millis(600);
    while std::time::Instant::now() < alone && !stage.db.value::<bool>(fleet).await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let naps = stage.client.start_many(nap::Workflow, (0..plan.naps).map(|n| 10 + u64::from(n % 9))).await;
    let naps = naps.expect("the naps are started");
    let mut caller = Caller::new(stage, plan, script);
    let mut started = Vec::new();
    for (number, job) in plan.jobs.iter().enumerate() {
        let key = format!("{}-{number}", plan.seed);
        let id = loop {
            let known = tokio::select! {
                known = job.start(&caller.client, &key) => known.map_err(|error| error.to_string()),
                () = caller.endpoint.died() => Err("the client is gone".to_owned()),
            };
            match known {
                Ok(id) => break id,
                Err(error) => script.note(format!("starting {number}: {error}")),
            }
            if caller.endpoint.is_dead() {
                caller = Caller::new(stage, plan, script);
            }
        };
        started.push(id);
    }
    for (job, id) in plan.jobs.iter().zip(&started) {
        loop {
            tokio::select! {
                () = job.check(&caller.client, *id) => break,
                () = caller.endpoint.died() => {}
            }
            caller = Caller::new(stage, plan, script);
        }
    }
    for nap in naps {
        nap.output().await.expect("a nap ends well");
    }
    direct::ended(&stage.db.pool()).await;
    started
}

/// The process that starts the runs and awaits them.
struct Caller {
    client: Client,
    endpoint: Endpoint,
}

impl Caller {
    fn new(stage: &Stage, plan: &Plan, script: &Arc<Script>) -> Self {
        let endpoint = stage.endpoint(Party::Client, script, plan.pause);
        let client = Client::new(PgPoolOptions::new().max_connections(2).connect_lazy_with(endpoint.options()));
        Self { client, endpoint }
    }
}

/// What must be so in the end.
async fn check(stage: &Stage, plan: &Plan, started: &[RunId], direct: &Started) {
    let (db, pool) = (&stage.db, stage.db.pool());
    stage.settle().await;
    direct::finish(stage).await;
    assert_exact(db).await;
    let keys: Vec<(String, uuid::Uuid)> =
        sqlx::query_as("select key, run_id from pgflow.key where key ~ ('^' || $1 || '-')")
            .bind(plan.seed.to_string())
            .fetch_all(&pool)
            .await
            .expect("the keys can be read");
    assert_eq!(keys.len(), plan.jobs.len(), "a key for each start");
    for (number, id) in started.iter().enumerate() {
        let key = format!("{}-{number}", plan.seed);
        assert!(keys.contains(&(key.clone(), id.as_uuid())), "the run of {key} is not the one that was started");
    }
    let keyless = count(&pool, "select (select count(*) from pgflow.run) - (select count(*) from pgflow.key)").await;
    assert!(direct.allows(keyless - i64::from(plan.naps)), "{keyless} runs without a key: {direct:?}");
    let late: Vec<(i32, String)> =
        sqlx::query_as("select worker_id, what from harness.late").fetch_all(&pool).await.expect("it can be read");
    assert!(late.is_empty(), "(worker, what) that was dead, or about a run that had ended: {late:?}");
    stage.clear().await;
}
