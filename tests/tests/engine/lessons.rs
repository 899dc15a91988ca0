//! What engines of this kind are known to get wrong, and what no other group of tests is about. CONTRIBUTING.md lists all such cases, with
//! the tests that show them.

use std::time::Duration;

use pgflow::{Result, State, step, workflow};
use pgflow_tests::TestDb;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Takes longer than any worker may be silent: asleep, or with a thread of the runtime in its hands.
#[workflow(state = AtomicUsize)]
pub(crate) mod long {
    use super::*;

    #[step]
    pub(crate) async fn asleep(executions: State<AtomicUsize>) -> Result<()> {
        executions.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        Ok(())
    }

    #[step(timeout = "1m")]
    pub(crate) async fn blocking(executions: State<AtomicUsize>) -> Result<()> {
        executions.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(2_500));
        Ok(())
    }
}

// On one thread, the blocking step silences everything but the keeper, which has a thread of its own.
#[tokio::test(flavor = "current_thread")]
async fn a_step_that_takes_longer_than_the_silence_limit_or_blocks_its_thread_is_executed_once() {
    let db = TestDb::new().await;
    let executions = std::sync::Arc::new(AtomicUsize::new(0));
    let worker = || db.worker().register(long::Workflow.with_state(executions.clone())).start();
    let workers = [worker().await.unwrap(), worker().await.unwrap()];
    long::start(&db.client(), ()).await.unwrap().output().await.unwrap();
    assert_eq!(executions.load(Ordering::SeqCst), 2, "each of the two steps once");
    assert_eq!(db.value::<i64>("select count(*) from pgflow.worker where dead_at is not null").await, 0);
    for worker in workers {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}

#[tokio::test]
async fn the_time_moves_on_within_a_transaction() {
    let db = TestDb::new().await;
    let mut tx = db.pool().begin().await.unwrap();
    let mut time =
        async || -> String { sqlx::query_scalar("select pgflow.now()::text").fetch_one(&mut *tx).await.unwrap() };
    let first = time().await;
    assert_ne!(first, time().await);
}

/// The names of what a `with` makes.
fn expressions(function: &str) -> impl Iterator<Item = &str> {
    let starts = function.match_indices(" as (").chain(function.match_indices(" as materialized ("));
    starts.filter_map(|(at, _)| {
        let name = function[..at].rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
        let before = function[..at - name.len()].trim_end();
        (before.ends_with("with") || before.ends_with("recursive") || before.ends_with("),")).then_some(name)
    })
}

#[test]
fn nothing_is_left_to_an_expression_that_nobody_reads() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for function in text.split("\ncreate ") {
            for name in expressions(function) {
                seen += 1;
                let word = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                let uses = function.match_indices(name).filter(|(at, _)| {
                    word(function[..*at].chars().last()) && word(function[at + name.len()..].chars().next())
                });
                assert!(uses.count() > 1, "`{name}` is never read in: {function}");
            }
        }
    }
    assert!(seen > 20, "only {seen} were found");
}
