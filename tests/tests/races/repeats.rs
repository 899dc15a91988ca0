//! Calls that had committed when their answer was lost, and are repeated.

use crate::exchange::{COMPLETED, Exchange, GOES_ON};
use crate::stage::{Stage, claimed, of_kind};

const ALL: &str = "select format('%s outcomes %s attempts %s tasks %s shares %s claimed %s ready %s inbox %s ends',
    (select count(*) from pgflow.outcome), (select count(*) from pgflow.attempt), (select count(*) from pgflow.task),
    (select coalesce(sum(remaining), 0) from pgflow.share), (select coalesce(sum(cardinality(runs)), 0) from pgflow.claim),
    (select count(*) from pgflow.ready), (select count(*) from pgflow.inbox), (select count(*) from pgflow.run_end))";

async fn all(stage: &Stage) -> String {
    stage.db.value(ALL).await
}

#[tokio::test]
async fn a_repeated_claim_gives_the_same_runs_and_takes_no_others() {
    let stage = Stage::chains(10).await;
    let call = stage.claim(stage.a, 1, 3);
    let first = claimed(&stage.call(&call).await.unwrap());
    let again = claimed(&stage.call(&call).await.unwrap());
    assert_eq!(first, again);
    assert_eq!(first.len(), 3);
    assert_eq!(stage.count("select count(*) from pgflow.ready").await, 7);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_repeated_flush_writes_nothing_twice_and_is_not_refused() {
    let stage = Stage::chains(3).await;
    let runs = claimed(&stage.call(&stage.claim(stage.a, 1, 2)).await.unwrap());
    for claims in [false, true] {
        let call = Exchange { max_runs: i32::from(claims), ..stage.exchange(stage.a, 2 + i64::from(claims)) }
            .run(runs[0], 1, GOES_ON)
            .outcome(0, -1, Ok(r#"{"a": 1}"#))
            .run(runs[1], 1, GOES_ON)
            .attempt(0, -1, 1, 0);
        stage.call(&call).await.unwrap();
        let before = all(&stage).await;
        let rows = stage.call(&call).await.unwrap();
        assert_eq!(of_kind(&rows, 1).len(), 0, "{rows:?}");
        assert_eq!(all(&stage).await, before);
    }
    stage.db.assert_sound().await;
}

/// The worker does not look for what stands already, but where it has reason to.
#[tokio::test]
async fn a_first_flush_of_what_stands_already_is_refused_as_a_whole() {
    let stage = Stage::chains(2).await;
    let runs = claimed(&stage.call(&stage.claim(stage.a, 1, 2)).await.unwrap());
    let call = Exchange { first: true, ..stage.exchange(stage.a, 2) }
        .run(runs[0], 1, GOES_ON)
        .outcome(0, -1, Ok("1"))
        .run(runs[1], 1, GOES_ON)
        .outcome(0, -1, Ok("1"));
    stage.call(&call).await.unwrap();
    let before = all(&stage).await;
    let error = stage.call(&call).await.unwrap_err();
    assert_eq!(error.as_database_error().and_then(|e| e.code()).as_deref(), Some("23505"), "{error}");
    assert_eq!(all(&stage).await, before);
    assert_eq!(of_kind(&stage.call(&Exchange { first: false, ..call }).await.unwrap(), 1).len(), 0);
    assert_eq!(all(&stage).await, before);
}

#[tokio::test]
async fn a_repeated_gift_gives_nothing_away_twice() {
    let stage = Stage::map().await;
    let run = stage.claim_one(stage.a, 1).await;
    let call = stage
        .exchange(stage.a, 2)
        .run(run, 1, GOES_ON)
        .outcome(0, -1, Ok("[0]"))
        .map(1, 10)
        .share(1, 0, 6)
        .share(1, 6, 4);
    stage.call(&call).await.unwrap();
    let before = all(&stage).await;
    stage.call(&call).await.unwrap();
    assert_eq!(all(&stage).await, before);
    assert_eq!(stage.count("select remaining::bigint from pgflow.share").await, 2);

    // Its mark goes with the next call, and it can be repeated all the same.
    let next = Exchange { marker: 2, ..stage.exchange(stage.a, 3) };
    stage.call(&next).await.unwrap();
    stage.call(&next).await.unwrap();
    assert_eq!(stage.count("select count(*) from pgflow.claim where runs = '{}'").await, 0);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_repeated_flush_of_shared_work_lowers_its_share_once() {
    let stage = Stage::map().await;
    let (run, tasks) = stage.give_away(3).await;
    stage.take(stage.b, &tasks).await;
    let call = stage
        .exchange(stage.b, 1)
        .task(run, tasks[0], COMPLETED)
        .outcome(1, 0, Ok("0"))
        .task(run, tasks[1], GOES_ON)
        .outcome(1, 1, Ok("0"));
    stage.call(&call).await.unwrap();
    let before = all(&stage).await;
    stage.call(&call).await.unwrap();
    assert_eq!(all(&stage).await, before);
    assert_eq!(stage.count("select remaining::bigint from pgflow.share").await, 2, "of three tasks, one is done");
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_repeated_failure_of_a_shared_unit_makes_one_retry() {
    let stage = Stage::map().await;
    let (run, tasks) = stage.give_away(2).await;
    stage.take(stage.b, &tasks).await;
    for goes_on in [true, false] {
        let fate = if goes_on { GOES_ON } else { COMPLETED };
        let task = tasks[usize::from(goes_on)];
        let call = stage.exchange(stage.b, 1 + i64::from(goes_on)).task(run, task, fate).attempt(
            1,
            i32::from(goes_on),
            1,
            60_000,
        );
        stage.call(&call).await.unwrap();
        let before = all(&stage).await;
        stage.call(&call).await.unwrap();
        assert_eq!(all(&stage).await, before);
    }
    assert_eq!(stage.count("select count(*) from pgflow.task where not due").await, 2);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_repeated_end_is_an_end_once() {
    let stage = Stage::chains(2).await;
    let runs = claimed(&stage.call(&stage.claim(stage.a, 1, 1)).await.unwrap());
    for max_runs in [1, 0] {
        let call =
            Exchange { max_runs, ..stage.exchange(stage.a, 2) }.run(runs[0], 1, COMPLETED).outcome(0, -1, Ok("1"));
        stage.call(&call).await.unwrap();
        assert_eq!(stage.count("select count(*) from pgflow.run_end").await, 1);
    }
    stage.db.assert_sound().await;
}

/// Else the worker would go on with a run that it has no more, beside whoever claims it next.
#[tokio::test]
async fn a_repeated_park_says_again_that_the_run_is_parked() {
    let stage = Stage::chains(2).await;
    let runs = claimed(&stage.call(&stage.claim(stage.a, 1, 1)).await.unwrap());
    let call = Exchange { max_runs: 1, ..stage.exchange(stage.a, 2) }.parked(runs[0], 1, 60_000);
    for _ in 0..2 {
        let rows = stage.call(&call).await.unwrap();
        let gone: Vec<_> = of_kind(&rows, 3).iter().filter_map(|row| row.run_id).collect();
        assert_eq!(gone, [runs[0]], "{rows:?}");
        assert_eq!(claimed(&rows).len(), 1, "and the claim is given again");
    }
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_run_whose_outcomes_are_others_than_its_owner_thinks_goes_back_to_the_queue() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    stage.call(&stage.exchange(stage.a, 2).run(run, 1, GOES_ON).outcome(0, -1, Ok("1"))).await.unwrap();
    let rows = stage.call(&stage.exchange(stage.a, 3).run(run, 1, COMPLETED).outcome(0, -1, Ok("2"))).await.unwrap();
    assert_eq!(of_kind(&rows, 1).len(), 1, "refused: {rows:?}");
    assert_eq!(stage.count("select count(*) from pgflow.run_end").await, 0);
    stage.db.assert_sound().await;
    let rows = stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap();
    assert_eq!(claimed(&rows), [run], "somebody takes it up from what is recorded");
    assert_eq!(of_kind(&rows, 5).len(), 1);
    stage.db.assert_sound().await;
}
