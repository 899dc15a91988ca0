//! Steps that wait for a signal.

use std::time::Duration;

use pgflow::{Client, Queue, Result, Run, RunStatus, Signal, State, StepContext, StepError, step, workflow};
use pgflow_tests::TestDb;

/// Waits as long as it takes; what it was given is told, with who has sent it.
#[workflow]
pub(crate) mod approval {
    use super::*;

    #[step]
    pub(crate) async fn ask(input: u64) -> Result<u64> {
        Ok(input)
    }

    #[step(depends_on = [ask])]
    pub(crate) async fn decide(ask: u64, yes: Signal<bool>) -> Result<String> {
        assert!(yes.sent_at().elapsed().unwrap() < Duration::from_secs(60));
        Ok(format!("{ask}: {} by {}", *yes, yes.sender()))
    }
}

/// Two branches: one goes on without, the other is skipped.
#[workflow]
pub(crate) mod hurried {
    use super::*;

    #[step(signal_timeout = "200ms", max_attempts = 2, backoff = "1ms")]
    pub(crate) async fn goes_on(word: Option<Signal<String>>, ctx: StepContext) -> Result<String> {
        match word {
            None if ctx.attempt() == 1 => Err(StepError::retry("once more")),
            word => Ok(word.map_or_else(|| "nothing".to_owned(), Signal::into_inner)),
        }
    }

    #[step(signal_timeout = "1200ms", on_exhausted = skip)]
    pub(crate) async fn is_skipped(other: Signal<String>) -> Result<String> {
        Ok(other.into_inner())
    }
}

/// Fails when nothing comes.
#[workflow]
pub(crate) mod strict {
    use super::*;

    #[step(signal_timeout = "100ms")]
    pub(crate) async fn needs(go: Signal<()>) -> Result<u8> {
        drop(go);
        Ok(1)
    }
}

/// Which of several counts; and what a later attempt is given.
#[workflow(state = tokio::sync::Notify)]
pub(crate) mod several {
    use super::*;

    #[step]
    pub(crate) async fn before(gate: State<tokio::sync::Notify>) -> Result<()> {
        gate.notified().await;
        Ok(())
    }

    #[step(depends_on = [before], max_attempts = 2, backoff = "1ms")]
    pub(crate) async fn first(one: Signal<u32>, ctx: StepContext) -> Result<u32> {
        if ctx.attempt() == 1 { Err(StepError::retry("once more")) } else { Ok(one.into_inner()) }
    }

    #[step(depends_on = [before], latest_signal)]
    pub(crate) async fn latest(last: Signal<u32>) -> Result<u32> {
        Ok(last.into_inner())
    }
}

/// Executed by the workers of another queue.
#[workflow]
pub(crate) mod elsewhere {
    use super::*;

    #[step(queue = "other")]
    pub(crate) async fn far(word: Signal<String>) -> Result<String> {
        Ok(word.into_inner())
    }
}

async fn parked(db: &TestDb) {
    db.until("select exists (select from pgflow.ready where not due)").await;
}

#[tokio::test]
async fn a_step_waits_for_its_signal_without_a_slot_and_is_told_who_sent_it() {
    let db = TestDb::new().await;
    let worker = db.worker().concurrency(1).register(approval::Workflow).start().await.unwrap();
    let client = db.client();
    let run = approval::start(&client, 7).await.unwrap();
    parked(&db).await;
    let decide = &run.steps().await.unwrap()[1];
    assert_eq!((&*decide.status, decide.signal.as_deref(), decide.attempts), ("waiting", Some("yes"), Some(0)));
    let waits: Option<String> =
        sqlx::query_scalar("select next_attempt_at::text from pgflow.steps where step = 'decide'")
            .fetch_one(&db.pool())
            .await
            .unwrap();
    assert_eq!(waits, None, "it has no limit");
    // The only slot is free.
    let other = approval::start(&client, 8).await.unwrap();
    db.until("select count(*) = 2 from pgflow.attempt where number = 0").await;
    approval::signals::yes(&other, true).sender("anna").await.unwrap();
    assert_eq!(other.output().await.unwrap(), "8: true by anna");
    assert_eq!(run.status().await.unwrap(), RunStatus::Running);
    run.signal("yes", false).await.unwrap();
    let user: String = db.value("select session_user::text").await;
    assert_eq!(run.output().await.unwrap(), format!("7: false by {user}"));
    let kept = run.signals().await.unwrap();
    assert_eq!((kept.len(), &*kept[0].name, &*kept[0].step, &kept[0].payload), (1, "yes", "decide", &false.into()));
    let events = run.events().await.unwrap();
    let sent = events.iter().find(|event| event.kind == "signal").unwrap();
    assert_eq!((sent.step.as_deref(), sent.actor.as_deref()), (Some("decide"), Some(&*user)));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_signal_that_comes_before_the_wait_is_kept() {
    let db = TestDb::new().await;
    let client = db.client();
    // Before any worker is there.
    let run = approval::start(&client, 1).await.unwrap();
    approval::signals::yes(&run, true).sender("early").await.unwrap();
    let worker = db.worker().register(approval::Workflow).start().await.unwrap();
    assert_eq!(run.output().await.unwrap(), "1: true by early");
    // And while an earlier step is executed, or is about to be.
    for number in 2..20 {
        let run = approval::start(&client, number).await.unwrap();
        approval::signals::yes(&run, false).sender("soon").await.unwrap();
        assert_eq!(run.output().await.unwrap(), format!("{number}: false by soon"));
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_step_goes_on_without_is_skipped_or_fails_when_none_comes_in_time() {
    let db = TestDb::new().await;
    let worker = db.worker().register(hurried::Workflow).register(strict::Workflow).start().await.unwrap();
    let client = db.client();
    let run = hurried::start(&client, ()).await.unwrap();
    let output = run.output().await.unwrap();
    assert_eq!((&*output.goes_on, output.is_skipped), ("nothing", None));
    let steps = run.steps().await.unwrap();
    assert_eq!(steps[0].attempts, Some(2));
    assert_eq!(steps[1].skip_reason.as_deref(), Some("no signal `other` has come within 1.2s"));
    let error = run.signal("other", "late").await.unwrap_err().to_string();
    assert!(error.contains("takes no signal: it has ended as completed"), "{error}");

    let run = strict::start(&client, ()).await.unwrap();
    let error = run.output().await.unwrap_err();
    assert_eq!(error.failed_step(), Some("needs"));
    assert!(error.to_string().contains("no signal `go` has come within 100ms"), "{error}");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// A run that has failed since nothing came waits again for as long when it is resumed.
#[tokio::test]
async fn a_resumed_run_waits_again() {
    let db = TestDb::new().await;
    let worker = db.worker().register(strict::Workflow).start().await.unwrap();
    let run = strict::start(&db.client(), ()).await.unwrap();
    run.output().await.unwrap_err();
    worker.stop().await.unwrap();
    run.resume().await.unwrap();
    run.signal("go", ()).await.unwrap();
    let worker = db.worker().register(strict::Workflow).start().await.unwrap();
    assert_eq!(run.output().await.unwrap(), 1);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn the_first_of_several_counts_or_the_latest() {
    let db = TestDb::new().await;
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    let worker = db.worker().register(several::Workflow.with_state(gate.clone())).start().await.unwrap();
    let run = several::start(&db.client(), ()).await.unwrap();
    for number in [3, 1, 2] {
        several::signals::one(&run, number).await.unwrap();
        several::signals::last(&run, number).await.unwrap();
    }
    gate.notify_one();
    let output = run.output().await.unwrap();
    assert_eq!((output.first, output.latest), (3, 2));
    assert_eq!(run.signals().await.unwrap().len(), 6, "all are kept");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn what_waits_goes_on_elsewhere_and_in_other_hands() {
    let db = TestDb::new().await;
    let client = db.client();
    let far = db.worker().queue(Queue::new("other")).register(elsewhere::Workflow).start().await.unwrap();
    let near = db.worker().register(elsewhere::Workflow).start().await.unwrap();
    let run = elsewhere::start(&client, ()).await.unwrap();
    parked(&db).await;
    near.stop().await.unwrap();
    // Nobody has it, and nobody is told.
    run.signal("word", "hello").await.unwrap();
    let near = db.worker().register(elsewhere::Workflow).start().await.unwrap();
    assert_eq!(run.output().await.unwrap(), "hello");
    near.stop().await.unwrap();
    far.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_paused_run_finds_its_signal_when_it_is_resumed() {
    let db = TestDb::new().await;
    let worker = db.worker().register(approval::Workflow).start().await.unwrap();
    let run = approval::start(&db.client(), 1).await.unwrap();
    parked(&db).await;
    run.pause().await.unwrap();
    db.until("select exists (select from pgflow.ready where paused)").await;
    approval::signals::yes(&run, true).sender("x").await.unwrap();
    assert_eq!(run.status().await.unwrap(), RunStatus::Paused);
    run.resume().await.unwrap();
    assert_eq!(run.output().await.unwrap(), "1: true by x");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn what_is_no_signal_of_the_run_is_refused_and_says_why() {
    let db = TestDb::new().await;
    let worker = db.worker().register(approval::Workflow).start().await.unwrap();
    let client: Client = db.client();
    let run: Run<approval::Workflow> = approval::start(&client, 1).await.unwrap();
    parked(&db).await;
    let refused = |result: std::result::Result<(), pgflow::Error>| result.unwrap_err().to_string();
    let said = refused(run.signal("yess", true).await);
    assert!(
        said.contains("no step of run")
            && said.contains("waits for a signal `yess`")
            && said.contains("Its signals: `yes`."),
        "{said}"
    );
    let said = refused(run.signal("yes", "true").await);
    assert!(
        said.contains("the payload does not fit signal `yes`: `yes` is of type string, and boolean is wanted"),
        "{said}"
    );
    let said = refused(client.signal(pgflow::RunId::from(uuid::Uuid::from_u128(7)), "yes", true).await);
    assert!(said.contains("there is no run"), "{said}");
    let said = refused(run.retry("decide").await);
    assert!(said.contains("step `decide` waits for signal `yes`, which no retry replaces"), "{said}");
    sqlx::query("select pgflow.send_signal($1, 'yes', 'true', 'psql')")
        .bind(run.id().as_uuid())
        .execute(&db.pool())
        .await
        .unwrap();
    assert_eq!(run.output().await.unwrap(), "1: true by psql");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// Signals that are sent at any moment of many runs, with two workers that take them from each other: none is lost, and none is late.
#[tokio::test]
async fn no_signal_is_lost_whenever_it_comes() {
    let db = TestDb::new().await;
    let client = db.client();
    let workers = [
        db.worker().register(approval::Workflow).start().await.unwrap(),
        db.worker().register(approval::Workflow).start().await.unwrap(),
    ];
    let each = |number: u64| {
        let client = client.clone();
        async move {
            let run = approval::start(&client, number).await.unwrap();
            tokio::time::sleep(Duration::from_millis(number * 7 % 60)).await;
            approval::signals::yes(&run, true).sender("x").await.unwrap();
            assert_eq!(run.output().await.unwrap(), format!("{number}: true by x"));
        }
    };
    futures_util::future::join_all((0..300).map(each)).await;
    assert_eq!(db.value::<i64>("select count(*) from pgflow.inbox").await, 0, "all were heard");
    for worker in workers {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}
