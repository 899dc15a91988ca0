//! Wake-ups against claims, parks and promotions.

use uuid::Uuid;

use crate::exchange::Exchange;
use crate::stage::{Open, Stage, Waiting, claimed, of_kind};

const WAKE: &str = "select pgflow.wake(0, array[$1], array[0::smallint], 's')";
const MESSAGES: i16 = 8;

async fn wake(open: &mut sqlx::PgConnection, run: Uuid) {
    sqlx::query(WAKE).bind(run).execute(open).await.unwrap();
}

/// A run that is parked: due after so many milliseconds, or never by itself (-1).
async fn parked(due_ms: i64) -> (Stage, Uuid) {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    let rows = stage.call(&stage.exchange(stage.a, 2).parked(run, 1, due_ms)).await.unwrap();
    assert_eq!(of_kind(&rows, 3).len(), 1, "it is parked");
    stage.db.assert_sound().await;
    (stage, run)
}

/// The owner, who claimed as `number`, finds exactly one message, and hears it.
async fn hear_one(stage: &Stage, worker: i32, number: i64, run: Uuid) {
    let rows = stage.call(&Exchange { watch: vec![run], ..stage.exchange(worker, number) }).await.unwrap();
    let messages = of_kind(&rows, MESSAGES);
    assert_eq!(messages.len(), 1, "{rows:?}");
    let heard = messages.iter().filter_map(|row| row.number).collect();
    stage.call(&Exchange { heard, ..stage.exchange(worker, number + 1) }).await.unwrap();
}

#[tokio::test]
async fn a_parked_run_is_claimed_after_the_wake_up_has_committed_and_not_before() {
    let (stage, run) = parked(-1).await;
    let mut waker = stage.open().await;
    wake(&mut waker, run).await;
    assert_eq!(claimed(&stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap()), Vec::<Uuid>::new());
    waker.commit().await.unwrap();
    let rows = stage.call(&stage.claim(stage.b, 2, 1)).await.unwrap();
    assert_eq!(claimed(&rows), [run]);
    assert_eq!(of_kind(&rows, MESSAGES).len(), 1, "the new owner is told with the claim");
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_wake_up_beside_a_claim_reaches_the_new_owner() {
    for waker_first in [true, false] {
        let (stage, run) = parked(0).await;
        let mut claimer = stage.open().await;
        let mut waker = stage.open().await;
        if waker_first {
            wake(&mut waker, run).await;
        }
        let rows = stage.claim(stage.b, 1, 1).call(&mut claimer).await.unwrap();
        assert_eq!(claimed(&rows), [run]);
        assert_eq!(of_kind(&rows, MESSAGES).len(), 0, "not committed yet");
        if !waker_first {
            wake(&mut waker, run).await;
        }
        // In either order.
        if waker_first {
            waker.commit().await.unwrap();
            claimer.commit().await.unwrap();
        } else {
            claimer.commit().await.unwrap();
            waker.commit().await.unwrap();
        }
        stage.db.assert_sound().await;
        hear_one(&stage, stage.b, 2, run).await;
    }
}

#[tokio::test]
async fn a_wake_up_that_meets_a_promotion_leaves_one_ready_row() {
    let (stage, run) = parked(1).await;
    let mut promoter = stage.open().await;
    stage.db.until("select available_at < clock_timestamp() from pgflow.ready").await;
    sqlx::query("select pgflow.promote(0, 10)").execute(&mut *promoter).await.unwrap();
    let waker = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        wake(&mut open, run).await;
        (open, ())
    })
    .await;
    promoter.commit().await.unwrap();
    waker.end().await.0.commit().await.unwrap();
    stage.db.assert_sound().await;
    let rows = stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap();
    assert_eq!(claimed(&rows), [run]);
    assert_eq!(of_kind(&rows, MESSAGES).len(), 1);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_promotion_passes_over_a_run_that_is_being_woken() {
    let (stage, run) = parked(1).await;
    stage.db.until("select available_at < clock_timestamp() from pgflow.ready").await;
    let mut waker = stage.open().await;
    wake(&mut waker, run).await;
    sqlx::query("select pgflow.promote(0, 10)").execute(&stage.db.pool()).await.unwrap();
    waker.commit().await.unwrap();
    assert_eq!(claimed(&stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap()), [run]);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_wake_up_that_waits_for_a_park_makes_the_parked_run_due() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    let mut parker = stage.open().await;
    let rows = stage.exchange(stage.a, 2).parked(run, 1, -1).call(&mut parker).await.unwrap();
    assert_eq!(of_kind(&rows, 3).len(), 1);
    let waker = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        wake(&mut open, run).await;
        (open, ())
    })
    .await;
    parker.commit().await.unwrap();
    waker.end().await.0.commit().await.unwrap();
    stage.db.assert_sound().await;
    let rows = stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap();
    assert_eq!(claimed(&rows), [run], "it is not asleep for ever");
    assert_eq!(of_kind(&rows, MESSAGES).len(), 1);
}

#[tokio::test]
async fn a_park_that_waits_for_a_wake_up_is_given_up() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    let mut waker = stage.open().await;
    wake(&mut waker, run).await;
    let park = stage.exchange(stage.a, 2).parked(run, 1, -1);
    let parker: Waiting<_> = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        let done = park.call(&mut open).await;
        (open, done)
    })
    .await;
    waker.commit().await.unwrap();
    let (open, rows): (Open, _) = parker.end().await;
    open.commit().await.unwrap();
    assert_eq!(of_kind(&rows.unwrap(), 3).len(), 0, "it stays with its owner");
    stage.db.assert_sound().await;
    assert_eq!(stage.count("select count(*) from pgflow.ready").await, 0);

    // Once the message is heard, it can park.
    hear_one(&stage, stage.a, 3, run).await;
    let rows = stage.call(&stage.exchange(stage.a, 5).parked(run, 1, -1)).await.unwrap();
    assert_eq!(of_kind(&rows, 3).len(), 1);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn wake_ups_of_several_runs_at_once_lock_them_in_one_order() {
    let stage = Stage::chains(20).await;
    let mut runs = claimed(&stage.call(&stage.claim(stage.a, 1, 20)).await.unwrap());
    let wakers: Vec<_> = (0..8)
        .map(|turn| {
            runs.rotate_left(7);
            if turn % 2 == 0 {
                runs.reverse();
            }
            let (runs, pool) = (runs.clone(), stage.db.pool());
            tokio::spawn(async move {
                for _ in 0..20 {
                    sqlx::query("select pgflow.wake(0, $1, array_fill(0::smallint, array[20]), 's')")
                        .bind(&runs)
                        .execute(&pool)
                        .await?;
                }
                Ok::<(), sqlx::Error>(())
            })
        })
        .collect();
    for waker in wakers {
        waker.await.unwrap().expect("no deadlock");
    }
    stage.db.assert_sound().await;
}

/// Its claim had seen no message: one that comes just then is read when the run wants to park, and does not keep it awake.
#[tokio::test]
async fn a_message_that_a_claim_has_not_seen_is_read_before_the_run_parks() {
    let db = pgflow_tests::TestDb::new().await;
    let run = pgflow_tests::workflows::patient::start(&db.client(), 3_000).await.unwrap();
    let message =
        "insert into pgflow.inbox (bucket, run_id, sent_at, step, kind) select 0, id, now(), 0, 's' from pgflow.run";
    sqlx::query(message).execute(&db.pool()).await.unwrap();
    let worker = db.worker().register(pgflow_tests::workflows::patient::Workflow).start().await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    assert_eq!(db.value::<i64>("select count(*) from pgflow.inbox").await, 0);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run_end").await, 0);
    assert_eq!(run.output().await.unwrap(), 2);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
