//! A database with workers that only the test plays, and connections whose transactions it holds open.

use std::time::{Duration, Instant};

use pgflow_tests::TestDb;
use pgflow_tests::workflows::{chain3, squares};
use sqlx::Transaction;
use sqlx::postgres::{PgConnection, Postgres};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::exchange::{Answer, COMPLETED, Exchange};

/// The stage of a race: runs of `chain3`, or of `squares`, and two workers.
pub(crate) struct Stage {
    pub(crate) db: TestDb,
    pub(crate) version: i32,
    /// Two workers that are alive.
    pub(crate) a: i32,
    pub(crate) b: i32,
}

pub(crate) type Open = Transaction<'static, Postgres>;

impl Stage {
    /// A stage on which runs of `chain3` play.
    pub(crate) async fn chains(count: usize) -> Self {
        let db = TestDb::new().await;
        let runs = db.client().start_many(chain3::Workflow, (0..).take(count)).await.unwrap();
        assert_eq!(runs.len(), count);
        Self::with(db).await
    }

    /// A stage for one run of `squares`: step 0 gives a list, 1 maps it, 2 joins.
    pub(crate) async fn map() -> Self {
        let db = TestDb::new().await;
        squares::start(&db.client(), 10).await.unwrap();
        Self::with(db).await
    }

    /// A stage with the runs that were started in this database, of one version.
    pub(crate) async fn with(db: TestDb) -> Self {
        let version = db.value("select id from pgflow.version").await;
        let register =
            "select pgflow.register_worker(0, 'played', interval '1 s', array(select id from pgflow.version))";
        let (a, b) = (db.value(register).await, db.value(register).await);
        Self { db, version, a, b }
    }

    pub(crate) async fn open(&self) -> Open {
        self.db.pool().begin().await.unwrap()
    }

    pub(crate) fn exchange(&self, worker: i32, number: i64) -> Exchange {
        Exchange { worker, number, version: self.version, ..Exchange::default() }
    }

    pub(crate) fn claim(&self, worker: i32, number: i64, limit: i32) -> Exchange {
        Exchange { max_runs: limit, ..self.exchange(worker, number) }
    }

    /// Calls in a transaction of its own.
    pub(crate) async fn call(&self, exchange: &Exchange) -> sqlx::Result<Vec<Answer>> {
        exchange.call(&mut self.db.pool().acquire().await.unwrap()).await
    }

    /// Claims the only run there is.
    pub(crate) async fn claim_one(&self, worker: i32, number: i64) -> Uuid {
        let runs = claimed(&self.call(&self.claim(worker, number, 10)).await.unwrap());
        assert_eq!(runs.len(), 1, "one run is there to claim");
        runs[0]
    }

    /// `a` owns a run of `squares` in its claim 1, has done step 0, and has given away items 0 to 9 of step 1, each as a task of
    /// its own. Gives the run and the tasks.
    pub(crate) async fn give_away(&self, count: i32) -> (Uuid, Vec<i64>) {
        let run = self.claim_one(self.a, 1).await;
        let mut exchange = self.exchange(self.a, 2).run(run, 1, 0).outcome(0, -1, Ok("[0]")).map(1, count);
        for item in 0..count {
            exchange = exchange.share(1, item, 1);
        }
        self.call(&exchange).await.unwrap();
        let tasks =
            sqlx::query_scalar("select id from pgflow.task order by first").fetch_all(&self.db.pool()).await.unwrap();
        (run, tasks)
    }

    /// Lets a worker take these tasks.
    pub(crate) async fn take(&self, worker: i32, tasks: &[i64]) {
        let taken = sqlx::query("update pgflow.task set worker_id = $1 where id = any($2)").bind(worker).bind(tasks);
        assert_eq!(taken.execute(&self.db.pool()).await.unwrap().rows_affected(), tasks.len() as u64);
    }

    /// Makes a worker silent for an hour, and lets `b` judge: its beats were steady for long enough, and so was the server.
    pub(crate) async fn silence(&self, worker: i32) {
        self.run("update pgflow.worker set steady_since = steady_since - interval '1 h' where id = $1", self.b).await;
        self.run("update pgflow.worker set beat_at = beat_at - interval '1 h' where id = $1", worker).await;
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            self.run("select pgflow.beat(0, $1)", self.b).await;
            let may =
                sqlx::query_scalar("select pgflow.may_judge(0, $1)").bind(self.b).fetch_one(&self.db.pool()).await;
            if may.unwrap() {
                return;
            }
            assert!(Instant::now() < deadline, "the server is not up for a second?");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn run(&self, sql: &'static str, worker: i32) {
        sqlx::query(sql).bind(worker).execute(&self.db.pool()).await.unwrap();
    }

    /// `b` recovers: (dead, runs, tasks).
    pub(crate) async fn recover(&self) -> (i32, i32, i32) {
        recover(&mut self.db.pool().acquire().await.unwrap(), self.b).await
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        self.db.value(sql).await
    }

    /// Claims and completes whatever is there to claim, as `b`, and checks that all has ended then.
    pub(crate) async fn finish(&self) {
        for number in 1_000.. {
            let runs = claimed(&self.call(&self.claim(self.b, number, 100)).await.unwrap());
            if runs.is_empty() {
                break;
            }
            let exchange = runs
                .iter()
                .fold(self.exchange(self.b, number + 100_000), |exchange, run| exchange.run(*run, number, COMPLETED));
            self.call(&exchange).await.unwrap();
        }
        self.db.assert_all_ended().await;
        assert_eq!(self.count("select count(*) from pgflow.inbox").await, 0, "messages that nobody will read");
    }
}

/// Recovers as a worker: (dead, runs, tasks).
pub(crate) async fn recover(connection: &mut PgConnection, worker: i32) -> (i32, i32, i32) {
    sqlx::query_as("select dead, runs, tasks from pgflow.recover(0, $1, 100)")
        .bind(worker)
        .fetch_one(connection)
        .await
        .unwrap()
}

/// The runs that an answer says were claimed.
pub(crate) fn claimed(rows: &[Answer]) -> Vec<Uuid> {
    of_kind(rows, 4).iter().filter_map(|row| row.run_id).collect()
}

pub(crate) fn of_kind(rows: &[Answer], kind: i16) -> Vec<Answer> {
    rows.iter().filter(|row| row.kind == kind).cloned().collect()
}

/// A call in an open transaction that is expected to wait for a lock.
pub(crate) struct Waiting<T> {
    task: JoinHandle<(Open, T)>,
    pid: i32,
}

impl<T: Send + 'static> Waiting<T> {
    /// Starts it, and returns when it waits.
    pub(crate) async fn start<F>(stage: &Stage, mut open: Open, call: impl FnOnce(Open) -> F) -> Self
    where
        F: Future<Output = (Open, T)> + Send + 'static,
    {
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *open).await.unwrap();
        let waiting = Self { task: tokio::spawn(call(open)), pid };
        waiting.waits(stage).await;
        waiting
    }

    /// Returns when it waits; after what it had waited for has gone: for something else.
    pub(crate) async fn waits(&self, stage: &Stage) {
        let deadline = Instant::now() + Duration::from_secs(10);
        let waits = "select exists (select from pg_locks where pid = $1 and not granted)";
        while !sqlx::query_scalar::<_, bool>(waits).bind(self.pid).fetch_one(&stage.db.pool()).await.unwrap() {
            assert!(!self.task.is_finished(), "it does not wait");
            assert!(Instant::now() < deadline, "it neither waits nor ends");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Its end, after what it waited for has gone.
    pub(crate) async fn end(self) -> (Open, T) {
        tokio::time::timeout(Duration::from_secs(10), self.task).await.expect("it waits no longer").unwrap()
    }
}
