//! The database of a lane, with what the test looks at, and the workers of a batch of cases.

use std::sync::Arc;
use std::time::Duration;

use pgflow::embedded::Postgres;
use pgflow::{RunId, Worker};
use pgflow_tests::TestDb;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::board::{Board, Seat};
use crate::mutations::Mutation;
use crate::shape::Shape;
use crate::workflow;

/// How many workers there are.
pub(crate) const WORKERS: usize = 2;

const HARNESS: &str = include_str!("harness.sql");

/// A database.
pub(crate) struct Stage {
    pub(crate) db: TestDb,
    pub(crate) pool: PgPool,
    sessions: u32,
}

/// The workers of a batch of cases.
pub(crate) struct Session {
    pub(crate) board: Arc<Board>,
    /// The name of the workflow of each shape.
    pub(crate) names: Vec<String>,
    workers: Vec<Worker>,
}

impl Stage {
    pub(crate) async fn new(postgres: &Postgres, mutation: Option<&Mutation>) -> Self {
        let db = TestDb::on(postgres).await;
        // As few sessions as are used at the same time: each one plans the functions anew.
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .test_before_acquire(false)
            .connect_lazy_with(PgConnectOptions::clone(&db.pool().connect_options()));
        sqlx::raw_sql(HARNESS).execute(&pool).await.expect("the harness is installed");
        for (function, from, to) in mutation.map_or(&[][..], |mutation| mutation.changes) {
            let texts: Vec<String> = sqlx::query_scalar(
                "select pg_get_functiondef(oid) from pg_proc where pronamespace = 'pgflow'::regnamespace and proname = $1",
            )
            .bind(function)
            .fetch_all(&pool)
            .await
            .expect("a function can be read");
            assert_eq!(texts.len(), 1, "there is one function `{function}` to break");
            assert!(
                texts[0].contains(from),
                "`{from}` of function `{function}`, which is to be replaced, is not there"
            );
            let broken = texts[0].replacen(from, to, 1);
            sqlx::raw_sql(AssertSqlSafe(broken)).execute(&pool).await.expect("the broken function can be made");
        }
        Self { db, pool, sessions: 0 }
    }

    /// Starts workers that know the workflows of these shapes.
    pub(crate) async fn session(&mut self, shapes: &[&Shape]) -> Session {
        self.sessions += 1;
        let names: Vec<String> = (0..shapes.len()).map(|n| format!("w{}_{n}", self.sessions)).collect();
        let board = Arc::new(Board::default());
        let mut workers = Vec::new();
        for number in 0..WORKERS {
            let seat = Arc::new(Seat { board: Arc::clone(&board), number });
            // Beats and polls are the net only: whatever is slower than a notification is a fault.
            let mut worker = self
                .db
                .worker()
                .name(format!("w{number}"))
                .migrate(false)
                .beat(Duration::from_secs(2))
                .silence_limit(Duration::from_secs(600))
                .poll_interval(Duration::from_secs(2))
                .cancel_grace(Duration::from_millis(500))
                .grace(Duration::from_millis(20));
            for (name, shape) in names.iter().zip(shapes) {
                worker = worker.register(workflow::registration(name, shape, &seat));
            }
            workers.push(worker.start().await.expect("a worker starts"));
        }
        Session { board, names, workers }
    }

    /// Starts a run, and tells the workers.
    pub(crate) async fn start(&self, name: &str, input: &serde_json::Value, later: bool) -> sqlx::Result<RunId> {
        let start =
            "select pgflow.start_run($1, $2::jsonb, p_start_at => case when $3 then pgflow.now() + interval '1 h' end)";
        let run: Uuid =
            sqlx::query_scalar(start).bind(name).bind(input.to_string()).bind(later).fetch_one(&self.pool).await?;
        self.tell().await?;
        Ok(RunId::from(run))
    }

    /// Forks a run, and tells the workers.
    pub(crate) async fn fork(&self, run: RunId, from: Option<String>) -> sqlx::Result<RunId> {
        let fork = sqlx::query_scalar("select pgflow.fork_run($1, $2)").bind(run.as_uuid()).bind(from);
        let run: Uuid = fork.fetch_one(&self.pool).await?;
        self.tell().await?;
        Ok(RunId::from(run))
    }

    /// Says that work has come.
    pub(crate) async fn tell(&self) -> sqlx::Result<()> {
        sqlx::query("select pg_notify('pgflow_work', '')").execute(&self.pool).await.map(drop)
    }

    /// Lets what people want of a run be heard before anything else happens: until its owner has heard, it goes on as before.
    pub(crate) async fn nudge(&self, run: RunId) -> sqlx::Result<()> {
        if sqlx::query_scalar("select harness.nudge($1)").bind(run.as_uuid()).fetch_one(&self.pool).await? {
            let tell = sqlx::query("select pg_notify('pgflow_message', ';' || $1::text)").bind(run.as_uuid());
            tell.execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Declares a worker dead, as recovery does, and hands on what it has; gives whether there was one. It hears nothing of it.
    pub(crate) async fn kill(&self, worker: usize) -> sqlx::Result<bool> {
        sqlx::query_scalar("select harness.kill($1)").bind(format!("w{worker}")).fetch_one(&self.pool).await
    }

    /// Lets hours pass for all that no worker has.
    pub(crate) async fn pass_time(&self) -> sqlx::Result<()> {
        sqlx::query("select harness.pass_time()").execute(&self.pool).await?;
        self.tell().await
    }

    /// What the database says of each of these runs.
    pub(crate) async fn look(&self, runs: &[Uuid]) -> sqlx::Result<Vec<String>> {
        sqlx::query_scalar("select harness.look($1)").bind(runs).fetch_one(&self.pool).await
    }

    /// Forgets all runs.
    pub(crate) async fn clear(&self) -> sqlx::Result<()> {
        sqlx::query("select harness.clear()").execute(&self.pool).await.map(drop)
    }
}

impl Session {
    pub(crate) async fn stop(self) {
        let ends = self.workers.into_iter().map(|worker| tokio::time::timeout(Duration::from_secs(10), worker.stop()));
        futures_util::future::join_all(ends).await;
    }
}
