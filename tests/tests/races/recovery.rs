//! Recovery against flushes, against the dead that come back, and against itself.

use crate::exchange::{COMPLETED, GOES_ON};
use crate::stage::{Open, Stage, Waiting, claimed, of_kind, recover};

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned()
}

#[tokio::test]
async fn a_worker_in_the_middle_of_a_flush_is_not_declared_dead() {
    let stage = Stage::chains(2).await;
    let runs = claimed(&stage.call(&stage.claim(stage.a, 1, 2)).await.unwrap());
    stage.silence(stage.a).await;
    let mut flush = stage.open().await;
    let exchange = stage
        .exchange(stage.a, 2)
        .run(runs[0], 1, COMPLETED)
        .outcome(0, -1, Ok("1"))
        .run(runs[1], 1, GOES_ON)
        .outcome(0, -1, Ok("2"));
    assert_eq!(of_kind(&exchange.call(&mut flush).await.unwrap(), 1).len(), 0);
    assert_eq!(stage.recover().await, (0, 0, 0));
    flush.commit().await.unwrap();
    stage.db.assert_sound().await;

    // Afterwards it is, and only what it still owns is handed on.
    assert_eq!(stage.recover().await, (1, 1, 0));
    stage.db.assert_sound().await;
    let rows = stage.call(&stage.claim(stage.b, 1, 10)).await.unwrap();
    assert_eq!(claimed(&rows), [runs[1]]);
    assert_eq!(of_kind(&rows, 5).len(), 1, "what was recorded is known");
}

#[tokio::test]
async fn a_flush_that_waits_for_a_recovery_is_refused_and_writes_nothing() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    stage.silence(stage.a).await;
    let mut recoverer = stage.open().await;
    assert_eq!(recover(&mut recoverer, stage.b).await, (1, 1, 0));
    let exchange = stage.exchange(stage.a, 2).run(run, 1, COMPLETED).outcome(0, -1, Ok("1"));
    let flush = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        let done = exchange.call(&mut open).await;
        (open, done)
    })
    .await;
    recoverer.commit().await.unwrap();
    let (_, refused): (Open, _) = flush.end().await;
    assert_eq!(code(&refused.unwrap_err()), "PF001");
    assert_eq!(stage.count("select count(*) from pgflow.outcome").await, 0);
    assert_eq!(stage.count("select count(*) from pgflow.ready").await, 1);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn whatever_a_dead_worker_calls_is_refused() {
    let stage = Stage::chains(2).await;
    let runs = claimed(&stage.call(&stage.claim(stage.a, 1, 1)).await.unwrap());
    stage.silence(stage.a).await;
    assert_eq!(stage.recover().await, (1, 1, 0));
    let calls = [
        stage.claim(stage.a, 1, 10),
        stage.claim(stage.a, 2, 10),
        stage.exchange(stage.a, 3).run(runs[0], 1, COMPLETED).outcome(0, -1, Ok("1")),
        stage.exchange(stage.a, 4).parked(runs[0], 1, 5),
    ];
    for call in calls {
        assert_eq!(code(&stage.call(&call).await.unwrap_err()), "PF001");
    }
    let begin = sqlx::query("select pgflow.begin_step(0, $1, 'open')").bind(stage.a).execute(&stage.db.pool()).await;
    assert_eq!(code(&begin.unwrap_err()), "PF001");
    assert!(
        !sqlx::query_scalar::<_, bool>("select alive from pgflow.beat(0, $1)")
            .bind(stage.a)
            .fetch_one(&stage.db.pool())
            .await
            .unwrap()
    );
    assert_eq!(stage.count("select count(*) from pgflow.outcome").await, 0);
    assert_eq!(stage.count("select count(*) from pgflow.ready").await, 2);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_step_of_a_dead_worker_cannot_commit() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    // The transaction that the worker has open keeps it from being declared dead.
    let mut step = stage.open().await;
    sqlx::query("select pgflow.begin_step(0, $1, 'open')").bind(stage.a).execute(&mut *step).await.unwrap();
    stage.silence(stage.a).await;
    assert_eq!(stage.recover().await, (0, 0, 0));

    // So its session is ended first.
    let ended: i32 = sqlx::query_scalar("select pgflow.disconnect_silent(0, $1)")
        .bind(stage.b)
        .fetch_one(&stage.db.pool())
        .await
        .unwrap();
    assert_eq!(ended, 1);
    stage.db.until("select not exists (select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()))").await;
    assert_eq!(stage.recover().await, (1, 1, 0));
    let commit = "select pgflow.commit_step(0, $1, 'open', 1, 0, $2, pgflow.period_of_run($2), 0::smallint, -1, 1::smallint, 1, '1')";
    sqlx::query(commit).bind(stage.a).bind(run).execute(&mut *step).await.expect_err("its session is gone");
    drop(step);
    assert_eq!(stage.count("select count(*) from pgflow.outcome").await, 0);
    stage.db.assert_sound().await;
    stage.finish().await;
}

#[tokio::test]
async fn two_recoveries_at_once_hand_on_everything_once() {
    let stage = Stage::chains(30).await;
    for number in 0..10 {
        stage.call(&stage.claim(stage.a, number + 1, 3)).await.unwrap();
    }
    stage.silence(stage.a).await;
    let mut first = stage.open().await;
    assert_eq!(recover(&mut first, stage.b).await, (1, 30, 0));
    assert_eq!(stage.recover().await, (0, 0, 0), "the other one passes over it");
    first.commit().await.unwrap();
    assert_eq!(stage.recover().await, (0, 0, 0));
    assert_eq!(stage.count("select count(*) from pgflow.ready").await, 30);
    assert_eq!(stage.count("select sum(crashes)::bigint from pgflow.run").await, 30);
    stage.db.assert_sound().await;
    stage.finish().await;
}

#[tokio::test]
async fn recoveries_that_run_together_share_what_the_dead_own() {
    let stage = Stage::chains(300).await;
    for number in 0..100 {
        stage.call(&stage.claim(stage.a, number + 1, 3)).await.unwrap();
    }
    stage.silence(stage.a).await;
    let recoverers: Vec<_> = (0..4)
        .map(|_| {
            let (pool, worker) = (stage.db.pool(), stage.b);
            tokio::spawn(async move {
                let mut sum = 0;
                for _ in 0..60 {
                    let sql = "select runs from pgflow.recover(0, $1, 3)";
                    sum += sqlx::query_scalar::<_, i32>(sql).bind(worker).fetch_one(&pool).await.unwrap();
                }
                sum
            })
        })
        .collect();
    let mut sum = 0;
    for recoverer in recoverers {
        sum += recoverer.await.unwrap();
    }
    assert_eq!(sum, 300);
    stage.db.assert_sound().await;
    stage.finish().await;
}

#[tokio::test]
async fn a_run_that_the_dead_had_parked_and_another_has_claimed_stays_there() {
    let stage = Stage::chains(2).await;
    let runs = claimed(&stage.call(&stage.claim(stage.a, 1, 2)).await.unwrap());
    stage.call(&stage.exchange(stage.a, 2).parked(runs[0], 1, 0)).await.unwrap();
    assert_eq!(claimed(&stage.call(&stage.claim(stage.b, 1, 2)).await.unwrap()), [runs[0]]);
    stage.silence(stage.a).await;
    assert_eq!(stage.recover().await, (1, 1, 0));
    stage.db.assert_sound().await;
    let rows =
        stage.call(&stage.exchange(stage.b, 2).run(runs[0], 1, COMPLETED).outcome(0, -1, Ok("1"))).await.unwrap();
    assert_eq!(of_kind(&rows, 1).len(), 0, "its new owner still has it");
    stage.finish().await;
}

#[tokio::test]
async fn a_flush_of_runs_that_were_parked_ended_or_never_had_is_refused_run_by_run() {
    let stage = Stage::chains(4).await;
    let runs = claimed(&stage.call(&stage.claim(stage.a, 1, 3)).await.unwrap());
    let other = claimed(&stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap())[0];
    let gone = stage.exchange(stage.a, 2).parked(runs[0], 1, 0).run(runs[1], 1, COMPLETED);
    stage.call(&gone.outcome(0, -1, Ok("1"))).await.unwrap();

    // As a worker that has lost its memory might: what it has parked, what it has ended, what another one has; and one of its own.
    let mut flush = stage.exchange(stage.a, 3);
    for run in [runs[0], runs[1], other, runs[2]] {
        flush = flush.run(run, 1, GOES_ON).outcome(1, -1, Ok("\"stale\""));
    }
    let rows = stage.call(&flush).await.unwrap();
    let refused: Vec<i64> = of_kind(&rows, 1).iter().filter_map(|row| row.number).collect();
    assert_eq!(refused, [1, 2, 3]);
    let recorded = "select count(*) from pgflow.outcome where step = 1";
    assert_eq!(stage.count(recorded).await, 1);
    stage.db.assert_sound().await;
    stage.call(&stage.exchange(stage.a, 4).run(runs[2], 1, COMPLETED)).await.unwrap();
    stage.call(&stage.exchange(stage.b, 2).run(other, 1, COMPLETED)).await.unwrap();
    stage.finish().await;
}

#[tokio::test]
async fn an_orderly_end_cuts_what_is_still_open_and_hands_back_everything_without_blame() {
    let stage = Stage::chains(2).await;
    let runs = claimed(&stage.call(&stage.claim(stage.a, 1, 2)).await.unwrap());
    let mut flush = stage.open().await;
    stage.exchange(stage.a, 2).run(runs[0], 1, COMPLETED).outcome(0, -1, Ok("1")).call(&mut flush).await.unwrap();
    let retire = sqlx::query_scalar::<_, i32>("select pgflow.retire_worker(0, $1)").bind(stage.a);
    assert_eq!(retire.fetch_one(&stage.db.pool()).await.unwrap(), 2);
    flush.commit().await.expect_err("its session was ended");
    assert_eq!(stage.count("select count(*) from pgflow.outcome").await, 0);
    assert_eq!(stage.count("select sum(crashes)::bigint from pgflow.run").await, 0);
    stage.db.assert_sound().await;
    stage.finish().await;
}

#[tokio::test]
async fn a_worker_whose_own_beats_had_a_gap_judges_nobody() {
    let stage = Stage::chains(1).await;
    stage.claim_one(stage.a, 1).await;
    stage.silence(stage.a).await;
    // As after an outage: everybody was silent, this one too.
    sqlx::query("update pgflow.worker set beat_at = beat_at - interval '1 h'").execute(&stage.db.pool()).await.unwrap();
    sqlx::query("select pgflow.beat(0, $1)").bind(stage.b).execute(&stage.db.pool()).await.unwrap();
    assert_eq!(stage.recover().await, (0, 0, 0));
    stage.db.assert_sound().await;
}
