//! What handlers say of their progress.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use pgflow::{Result, State, StepContext, step, workflow};
use pgflow_tests::TestDb;
use tokio::sync::Semaphore;

/// Says something before and after its turn.
#[workflow(state = Semaphore)]
pub(crate) mod talkative {
    use super::*;

    #[step]
    pub(crate) async fn talk(input: u32, ctx: StepContext, turn: State<Semaphore>) -> Result<Vec<u32>> {
        ctx.progress(0.25);
        ctx.message("about to begin");
        turn.acquire().await?.forget();
        ctx.progress(7.0);
        ctx.progress(f32::NAN);
        ctx.message("ended\0");
        Ok((0..input).collect())
    }

    #[step(map = talk)]
    pub(crate) async fn each(item: u32, ctx: StepContext) -> Result<()> {
        if item == 1 {
            for n in 0..100 {
                ctx.message(format!("said {n}"));
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_a_handler_says_is_seen_while_it_runs_and_kept() {
    let db = TestDb::new().await;
    let turn = Arc::new(Semaphore::new(0));
    let worker = db.worker().register(talkative::Workflow.with_state(turn.clone())).start().await.unwrap();
    let run = talkative::start(&db.client(), 3).await.unwrap();
    let follow = tokio::spawn({
        let run = run.clone();
        async move { run.follow().try_collect::<Vec<_>>().await }
    });
    db.until("select exists (select from pgflow.note)").await;
    let steps = run.steps().await.unwrap();
    assert_eq!((steps[0].progress, steps[0].message.as_deref()), (Some(0.25), Some("about to begin")));
    assert_eq!(run.summary().await.unwrap().last_message.as_deref(), Some("about to begin"));
    {
        let mut first = pin!(run.follow());
        assert_eq!(first.try_next().await.unwrap().unwrap().message.as_deref(), Some("about to begin"));
    }
    turn.add_permits(1);
    run.output().await.unwrap();
    worker.stop().await.unwrap();
    let notes = run.notes(0).await.unwrap();
    let said = |step: &str| {
        let of_step = notes.iter().filter(move |note| note.step == step);
        of_step.filter_map(|note| note.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(said("talk"), ["about to begin", "ended\u{fffd}"]);
    assert_eq!(said("each"), (80..100).map(|n| format!("said {n}")).collect::<Vec<_>>(), "the last twenty");
    assert!(notes.iter().filter(|note| note.step == "each").all(|note| (note.index, note.attempt) == (Some(1), 1)));
    let steps = run.steps().await.unwrap();
    assert_eq!((steps[0].progress, steps[1].message.as_deref()), (Some(1.0), Some("said 99")));
    let followed = tokio::time::timeout(Duration::from_secs(60), follow).await.unwrap().unwrap().unwrap();
    assert_eq!(followed.len(), notes.len(), "the stream ends with the run, and misses nothing");
    let later = run.notes(notes[0].number).await.unwrap();
    assert_eq!(later.len() + 1, notes.len());
}

/// A handler that says a thousand things costs a few rows.
#[tokio::test]
async fn whoever_says_nothing_costs_nothing() {
    let db = TestDb::new().await;
    let turn = Arc::new(Semaphore::new(1));
    let worker = db.worker().register(talkative::Workflow.with_state(turn)).start().await.unwrap();
    let run = talkative::start(&db.client(), 0).await.unwrap();
    assert_eq!(run.output().await.unwrap().len(), 0);
    worker.stop().await.unwrap();
    assert!(db.value::<i64>("select count(*) from pgflow.note").await <= 2);
}
