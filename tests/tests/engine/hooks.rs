//! Steps that are executed when a run has failed.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pgflow::{Failure, Result, RunStatus, StartOptions, State, StepContext, StepError, Tx, sqlx, step, workflow};
use pgflow_tests::TestDb;

type Said = Mutex<Vec<String>>;

/// Fails as its input says; the step for that fails once itself.
#[workflow(state = Said)]
pub(crate) mod risky {
    use super::*;

    #[step]
    pub(crate) async fn list(input: u32) -> Result<Vec<u32>> {
        Ok((0..6).map(|n| n * input).collect())
    }

    #[step(map = list, max_attempts = 1)]
    pub(crate) async fn each(item: u32) -> Result<u32> {
        if item == 30 { Err(StepError::fatal("thirty is too much")) } else { Ok(item) }
    }

    #[step(depends_on = [list])]
    pub(crate) async fn beside(input: u32, ctx: StepContext) -> Result<()> {
        if input == 10 || input == 99 {
            ctx.cancelled().await;
        }
        Ok(())
    }

    #[step(on_failure, max_attempts = 2, backoff = "1ms")]
    pub(crate) async fn clean_up(input: u32, failure: Failure, ctx: StepContext, said: State<Said>) -> Result<String> {
        let text = format!("{input}/{}: {:?} {:?} {}", ctx.attempt(), failure.step, failure.index, failure.error);
        said.lock().unwrap().push(text);
        if ctx.attempt() == 1 { Err(StepError::retry("once more")) } else { Ok("clean".to_owned()) }
    }
}

/// The step for failures writes in its transaction, and never succeeds where it is told so.
#[workflow(deadline = "200ms")]
pub(crate) mod ledger {
    use super::*;

    #[step]
    pub(crate) async fn wait(input: bool) -> Result<bool> {
        std::future::pending::<()>().await;
        Ok(input)
    }

    #[step(on_failure, max_attempts = 1)]
    pub(crate) async fn book(input: bool, failure: Failure, mut tx: Tx) -> Result<()> {
        sqlx::query("insert into failure values ($1)").bind(failure.error).execute(&mut *tx).await?;
        if input { Ok(()) } else { Err(StepError::fatal("the ledger is full")) }
    }
}

#[tokio::test]
async fn when_a_run_has_failed_its_step_for_that_is_executed_before_the_run_ends() {
    let db = TestDb::new().await;
    let client = db.client();
    let said = Arc::new(Said::default());
    let worker = db.worker().register(risky::Workflow.with_state(said.clone())).start().await.unwrap();
    let fine = risky::start(&client, 1).await.unwrap().output().await.unwrap();
    assert_eq!(fine.each, [0, 1, 2, 3, 4, 5], "the output knows nothing of it");

    let run = risky::start(&client, 10).await.unwrap();
    let error = run.output().await.unwrap_err();
    assert_eq!(error.to_string(), format!("run {} failed at step `each`: thirty is too much", run.id()));
    let failure = r#"Some("each") Some(3) thirty is too much"#;
    assert_eq!(*said.lock().unwrap(), [format!("10/1: {failure}"), format!("10/2: {failure}")]);
    let steps: Vec<_> = run.steps().await.unwrap().into_iter().map(|step| (step.step, step.status)).collect();
    let named = |list: [(&str, &str); 4]| list.map(|(step, status)| (step.to_owned(), status.to_owned()));
    let expected =
        named([("list", "completed"), ("each", "failed"), ("beside", "cancelled"), ("clean_up", "completed")]);
    assert_eq!(steps, expected);

    // It goes on from what it failed of, and fails again: so does the step for that.
    run.resume().await.unwrap();
    db.until("select count(*) = 1 from pgflow.run_end where status = 'f'").await;
    assert_eq!(said.lock().unwrap().len(), 3);
    assert!(said.lock().unwrap()[2].starts_with("10/3"), "{said:?}");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_cancelled_run_has_not_failed() {
    let db = TestDb::new().await;
    let said = Arc::new(Said::default());
    let worker = db.worker().register(risky::Workflow.with_state(said.clone())).start().await.unwrap();
    let run = risky::start(&db.client(), 99).await.unwrap();
    db.until("select count(*) > 1 from pgflow.outcome").await;
    run.cancel().await.unwrap();
    assert!(run.output().await.unwrap_err().is_run_cancelled());
    assert!(said.lock().unwrap().is_empty());
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_deadline_is_a_failure_and_what_becomes_of_the_step_for_it_changes_nothing() {
    let db = TestDb::new().await;
    sqlx::query("create table failure (error text)").execute(&db.pool()).await.unwrap();
    let worker = db.worker().register(ledger::Workflow).start().await.unwrap();
    for fine in [true, false] {
        let run = ledger::start(&db.client(), fine).await.unwrap();
        let error = run.output().await.unwrap_err().to_string();
        assert_eq!(error, format!("run {} failed: the run had not ended by its deadline", run.id()));
        let hook = run.steps().await.unwrap().pop().unwrap();
        assert_eq!((&*hook.step, &*hook.status), ("book", if fine { "completed" } else { "failed" }));
    }
    assert_eq!(db.value::<i64>("select count(*) from failure").await, 1);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// Waits until so much was said.
async fn until_said(said: &Said, count: usize) {
    let begun = Instant::now();
    while said.lock().unwrap().len() < count && begun.elapsed() < Duration::from_secs(30) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn shared_work_of_a_run_that_has_failed_is_taken_back_before_the_step_for_that_begins() {
    /// Takes long on its own queue, and fails on another one.
    #[workflow(state = Said)]
    mod apart {
        use super::*;

        #[step(queue = "there")]
        pub(crate) async fn long(ctx: StepContext, said: State<Said>) -> Result<()> {
            said.lock().unwrap().push("begun".to_owned());
            ctx.cancelled().await;
            said.lock().unwrap().push("told".to_owned());
            Ok(())
        }

        #[step]
        pub(crate) async fn fails(said: State<Said>) -> Result<()> {
            until_said(&said, 1).await;
            Err(StepError::fatal("no"))
        }

        #[step(on_failure)]
        pub(crate) async fn after(said: State<Said>) -> Result<()> {
            until_said(&said, 2).await;
            said.lock().unwrap().push("after".to_owned());
            Ok(())
        }
    }
    let db = TestDb::new().await;
    let said = Arc::new(Said::default());
    let register = |queue: &str| db.worker().queue(queue).register(apart::Workflow.with_state(said.clone()));
    let workers = [register("default").start().await.unwrap(), register("there").start().await.unwrap()];
    let run = apart::start_with(&db.client(), (), StartOptions::new()).await.unwrap();
    assert!(run.output().await.unwrap_err().is_run_failed());
    assert_eq!(*said.lock().unwrap(), ["begun", "told", "after"], "its handler was told before the run had ended");
    assert_eq!(run.status().await.unwrap(), RunStatus::Failed);
    for worker in workers {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_worker_that_dies_meanwhile_has_the_step_executed_elsewhere() {
    let db = TestDb::new().await;
    let said = Arc::new(Said::default());
    let run = risky::start(&db.client(), 10).await.unwrap();
    let worker = db.worker().register(risky::Workflow.with_state(said.clone())).start().await.unwrap();
    db.until("select exists (select from pgflow.outcome where kind = 'f')").await;
    // As if it had died: whoever is next finds a failed step, and a run that has not ended.
    sqlx::query("update pgflow.worker set dead_at = now()").execute(&db.pool()).await.unwrap();
    assert!(run.output().await.unwrap_err().is_run_failed());
    let last = said.lock().unwrap().last().cloned().unwrap();
    assert!(last.ends_with("thirty is too much") && last.starts_with("10/2"), "{last}");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// Its output is refused by the database: of a plain step, or of each item of a map.
#[workflow(input = Vec<u8>, state = Said)]
pub(crate) mod refused {
    use super::*;

    #[step(map = input)]
    pub(crate) async fn each(item: u8) -> Result<String> {
        Ok(if item == 0 { "\0".to_owned() } else { "fine".to_owned() })
    }

    #[step(on_failure)]
    pub(crate) async fn tell(failure: Failure, said: State<Said>) -> Result<()> {
        said.lock().unwrap().push(failure.error);
        Ok(())
    }
}

#[tokio::test]
async fn an_output_that_the_database_refuses_is_a_failure_like_any_other_and_told_once() {
    let db = TestDb::new().await;
    let said = Arc::new(Said::default());
    let worker = db.worker().register(refused::Workflow.with_state(said.clone())).start().await.unwrap();
    for (count, items) in [vec![0], vec![1, 1, 0], vec![0; 40]].into_iter().enumerate() {
        let run = refused::start(&db.client(), items).await.unwrap();
        let error = run.output().await.unwrap_err().to_string();
        assert!(error.contains("the output cannot be stored"), "{error}");
        let said = said.lock().unwrap();
        assert_eq!(said.len(), count + 1, "{said:?}");
        assert!(said[count].contains("the output cannot be stored"), "{said:?}");
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// The step for failures waits until it is told to go on.
#[workflow(state = Said)]
pub(crate) mod slow_clean_up {
    use super::*;

    #[step]
    pub(crate) async fn before(input: u8) -> Result<u8> {
        Ok(input)
    }

    #[step(depends_on = [before])]
    pub(crate) async fn fails(before: u8) -> Result<u8> {
        Err(StepError::fatal(before))
    }

    #[step(on_failure, max_attempts = 100, backoff = "10m")]
    pub(crate) async fn clean_up(said: State<Said>) -> Result<()> {
        said.lock().unwrap().push("tried".to_owned());
        Err(StepError::retry("not yet"))
    }
}

#[tokio::test]
async fn a_run_is_cancelled_while_its_step_for_failures_waits() {
    let db = TestDb::new().await;
    let said = Arc::new(Said::default());
    let worker = db.worker().register(slow_clean_up::Workflow.with_state(said.clone())).start().await.unwrap();
    let run = slow_clean_up::start(&db.client(), 1).await.unwrap();
    until_said(&said, 1).await;
    run.cancel().await.unwrap();
    assert!(run.output().await.unwrap_err().is_run_cancelled());
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn what_is_wanted_of_a_run_that_fails_is_not_forgotten_nor_what_is_noted_of_its_last_step() {
    let db = TestDb::new().await;
    slow_clean_up::start(&db.client(), 1).await.unwrap();
    let prepare = [
        "insert into pgflow.inbox (bucket, run_id, sent_at, kind) select 0, id, now(), k from pgflow.run, unnest('{x,p,s,n}'::\"char\"[]) k",
        "insert into pgflow.mark (bucket, run_id, step, index, attempt, alone) select 0, id, s, -1, 1, true from pgflow.run, unnest('{1,2}'::int2[]) s",
        "select pgflow.take_back_work(0, array(select id from pgflow.run), false)",
    ];
    let mut call = db.pool().begin().await.unwrap();
    sqlx::query("set local search_path = pgflow").execute(&mut *call).await.unwrap();
    for sql in prepare {
        sqlx::query(sql).execute(&mut *call).await.unwrap();
    }
    call.commit().await.unwrap();
    assert_eq!(
        db.value::<String>("select string_agg(kind::text, '' order by kind::text) from pgflow.inbox").await,
        "px"
    );
    assert_eq!(db.value::<i16>("select step from pgflow.mark").await, 2);
}
