//! What the runner in memory can have go wrong, and replays.

use std::time::Duration;

use pgflow::testing::{Recording, Runner};
use pgflow::{Result, RunStatus, State, StepContext, StepError, Tx, sqlx, step, workflow};
use pgflow_tests::TestDb;
use std::sync::atomic::{AtomicI64, Ordering};

/// Books what it is told, once, and adds to it by a factor that is the program's.
#[workflow(state = AtomicI64)]
mod booking {
    use super::*;

    #[step(max_attempts = 2, backoff = "1h")]
    pub(super) async fn book(input: i64, mut tx: Tx) -> Result<i64> {
        sqlx::query("insert into booked values ($1)").bind(input).execute(&mut *tx).await?;
        Ok(input)
    }

    #[step(depends_on = [book], max_attempts = 3, backoff = "1h", timeout = "10m")]
    pub(super) async fn multiply(book: i64, factor: State<AtomicI64>, ctx: StepContext) -> Result<i64> {
        if book == 13 && ctx.attempt() == 1 {
            std::future::pending::<()>().await;
        }
        Ok(book * factor.load(Ordering::SeqCst))
    }

    #[step(depends_on = [multiply])]
    pub(super) async fn list(multiply: i64) -> Result<Vec<i64>> {
        Ok(vec![multiply; 3])
    }

    #[step(map = list)]
    pub(super) async fn each(item: i64) -> Result<i64> {
        Ok(item + 1)
    }
}

/// What a runner is told to have go wrong.
type Order = fn(&Runner<booking::Workflow>);

struct Books {
    db: TestDb,
    runner: Runner<booking::Workflow>,
}

impl Books {
    async fn new() -> Self {
        let db = TestDb::new().await;
        sqlx::query("create table booked (amount bigint)").execute(&db.pool()).await.unwrap();
        let runner = Runner::with_state(booking::Workflow, AtomicI64::new(2)).with_pool(db.pool());
        Self { db, runner }
    }

    async fn booked(&self) -> i64 {
        self.db.value("select count(*) from booked").await
    }
}

#[tokio::test]
async fn a_transaction_is_committed_once_whatever_goes_wrong() {
    let books = Books::new().await;
    let runs: [(Order, usize); 5] = [
        (|_| (), 1),
        (|runner| runner.fail_once("book"), 1),
        (|runner| runner.crash_during("book"), 2),
        (|runner| runner.crash_after("book"), 1),
        (|runner| runner.commit_then_disconnect("book"), 1),
    ];
    for (count, (order, executions)) in (1..).zip(runs) {
        order(&books.runner);
        let run = books.runner.run(5).await;
        assert_eq!(run.output().unwrap(), [11, 11, 11]);
        assert_eq!(run.executions("book"), executions, "{count}");
        assert_eq!(books.booked().await, count);
    }
    books.runner.fail_with("book", StepError::fatal("closed"));
    let run = books.runner.run(5).await;
    assert_eq!(run.output().unwrap_err().failed_step(), Some("book"));
    assert_eq!((run.executions("book"), books.booked().await), (0, 5));
    assert_eq!(run.step("multiply").status, "cancelled");
}

#[tokio::test]
async fn a_transaction_needs_a_database() {
    let run = Runner::with_state(booking::Workflow, AtomicI64::new(2)).run(1).await;
    let error = run.output().unwrap_err().to_string();
    assert!(error.contains("with_pool"), "{error}");
}

#[tokio::test]
async fn the_clock_is_moved_by_hand_or_by_itself() {
    let books = Books::new().await;
    books.runner.fail_once("multiply");
    books.runner.fail_once("multiply");
    let run = books.runner.run(5).await;
    let hours = run.elapsed().as_secs_f64() / 3600.0;
    assert!(
        (1.4..2.3).contains(&hours),
        "an hour, a quarter more or less, and the longest wait of an hour or less: {hours}"
    );

    let mut run = books.runner.start(13);
    assert_eq!(run.status(), RunStatus::Scheduled);
    run.advance(Duration::from_secs(1)).await;
    assert_eq!((run.step("multiply").status.as_str(), run.elapsed()), ("running", Duration::from_secs(1)));
    run.advance(Duration::from_secs(600)).await;
    let step = run.step("multiply");
    assert_eq!((step.status.as_str(), step.attempts), ("waiting", 1));
    assert_eq!(step.error.as_deref(), Some("the attempt took longer than its timeout of 600s"));
    run.finish().await;
    assert_eq!(run.output().unwrap(), [27, 27, 27]);
}

#[tokio::test]
async fn a_finished_run_is_replayed_by_the_code_of_today() {
    let books = Books::new().await;
    let run = books.runner.run(5).await;
    assert_eq!(books.runner.replay(&run.recording()).await, []);
    assert_eq!(books.booked().await, 1, "a replay leaves nothing behind");

    // On Postgres it was recorded as in memory.
    let client = books.db.client();
    let worker = books.db.worker().register(booking::Workflow.with_state(AtomicI64::new(2))).start().await.unwrap();
    let stored = booking::start(&client, 5).await.unwrap();
    stored.output().await.unwrap();
    worker.stop().await.unwrap();
    let recording = Recording::of(&client, stored.id()).await.unwrap();
    assert_eq!(books.runner.replay(&recording).await, []);

    let other = Runner::with_state(booking::Workflow, AtomicI64::new(3)).with_pool(books.db.pool());
    let said: Vec<String> = other.replay(&recording).await.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["step `multiply`: recorded 10, now 15"], "what follows is given what was recorded");
}
