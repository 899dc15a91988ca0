//! Signals, in transactions that are held open, against parks, claims, the end of the wait, and the end of the run.

use pgflow::{Result, Signal, step, workflow};
use pgflow_tests::TestDb;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::exchange::{Answer, COMPLETED, Exchange, GOES_ON};
use crate::stage::{Open, Stage, Waiting, claimed, of_kind};

const LEFT: i16 = 3;
const MESSAGES: i16 = 8;
const SIGNALS: i16 = 18;

/// Step 0 waits for a signal, as the played workers say.
#[workflow]
mod waits {
    use super::*;

    #[step(signal_timeout = "1h")]
    pub(super) async fn decide(go: Option<Signal<u32>>) -> Result<u32> {
        Ok(go.map_or(0, Signal::into_inner))
    }
}

async fn stage() -> Stage {
    let db = TestDb::new().await;
    waits::start(&db.client(), ()).await.unwrap();
    Stage::with(db).await
}

async fn send(open: &mut PgConnection, run: Uuid) {
    sqlx::query("select pgflow.send_signal($1, 'go', '7', 'ann')").bind(run).execute(open).await.unwrap();
}

/// The same, in a transaction that waits for others.
async fn sending(stage: &Stage, run: Uuid) -> Waiting<()> {
    Waiting::start(stage, stage.open().await, move |mut open| async move {
        send(&mut open, run).await;
        (open, ())
    })
    .await
}

async fn done<T: Send + 'static>(waiting: Waiting<T>) -> T {
    let (open, result): (Open, T) = waiting.end().await;
    open.commit().await.unwrap();
    result
}

/// `a` owns the run, of which the step has begun to wait for this long.
async fn owned(retry_ms: i64) -> (Stage, Uuid) {
    let stage = stage().await;
    let run = stage.claim_one(stage.a, 1).await;
    stage.call(&stage.exchange(stage.a, 2).run(run, 1, GOES_ON).attempt(0, -1, 0, retry_ms)).await.unwrap();
    (stage, run)
}

/// What the owner, or whoever it is, is told when it looks for messages.
async fn look(stage: &Stage, worker: i32, number: i64, run: Uuid) -> Vec<Answer> {
    stage.call(&Exchange { watch: vec![run], ..stage.exchange(worker, number) }).await.unwrap()
}

/// It is told of the message, and of the signal. Then all is heard, and the run ends.
async fn hears_and_ends(stage: &Stage, worker: i32, claim: i64, run: Uuid) {
    let rows = look(stage, worker, claim + 10, run).await;
    assert_eq!((of_kind(&rows, MESSAGES).len(), of_kind(&rows, SIGNALS).len()), (1, 1), "{rows:?}");
    ends(stage, worker, claim, run, &rows).await;
}

async fn ends(stage: &Stage, worker: i32, claim: i64, run: Uuid, rows: &[Answer]) {
    let heard = of_kind(rows, MESSAGES).iter().filter_map(|row| row.number).collect();
    let call = stage.exchange(worker, claim + 20).run(run, claim, COMPLETED).outcome(0, -1, Ok("7"));
    stage.call(&Exchange { heard, ..call }).await.unwrap();
    stage.finish().await;
}

#[tokio::test]
async fn a_signal_beside_a_park_keeps_the_run_with_its_owner_or_makes_it_due() {
    // The signal first: whoever parks waits for it, and the run stays.
    let (stage, run) = owned(3_600_000).await;
    let mut sender = stage.open().await;
    send(&mut sender, run).await;
    let call = stage.exchange(stage.a, 3).parked(run, 1, 3_600_000);
    let parker = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        let rows = call.call(&mut open).await.unwrap();
        (open, rows)
    })
    .await;
    sender.commit().await.unwrap();
    assert_eq!(of_kind(&done(parker).await, LEFT).len(), 0, "it stays with its owner");
    stage.db.assert_sound().await;
    hears_and_ends(&stage, stage.a, 1, run).await;

    // The park first: the signal waits for it, and the run is due.
    let (stage, run) = owned(3_600_000).await;
    let mut parker = stage.open().await;
    let rows = stage.exchange(stage.a, 3).parked(run, 1, 3_600_000).call(&mut parker).await.unwrap();
    assert_eq!(of_kind(&rows, LEFT).len(), 1);
    let sender = sending(&stage, run).await;
    parker.commit().await.unwrap();
    done(sender).await;
    stage.db.assert_sound().await;
    let rows = stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap();
    assert_eq!((claimed(&rows), of_kind(&rows, SIGNALS).len()), (vec![run], 1), "it is told with the claim");
    ends(&stage, stage.b, 1, run, &rows).await;
}

#[tokio::test]
async fn a_signal_beside_a_claim_reaches_the_new_owner() {
    for sender_first in [true, false] {
        let (stage, run) = owned(3_600_000).await;
        stage.call(&stage.exchange(stage.a, 3).parked(run, 1, 0)).await.unwrap();
        let (mut claimer, mut sender) = (stage.open().await, stage.open().await);
        if sender_first {
            send(&mut sender, run).await;
        }
        let rows = stage.claim(stage.b, 1, 1).call(&mut claimer).await.unwrap();
        assert_eq!((claimed(&rows), of_kind(&rows, SIGNALS).len()), (vec![run], 0), "it is not committed yet");
        if sender_first {
            sender.commit().await.unwrap();
            claimer.commit().await.unwrap();
        } else {
            send(&mut sender, run).await;
            claimer.commit().await.unwrap();
            sender.commit().await.unwrap();
        }
        stage.db.assert_sound().await;
        hears_and_ends(&stage, stage.b, 1, run).await;
    }
}

#[tokio::test]
async fn a_signal_that_commits_while_its_wait_ends_counts_by_when_it_was_sent() {
    let over = "select max(retry_at) < clock_timestamp() from pgflow.attempt";
    // Sent in time, and committed after.
    let (stage, run) = owned(400).await;
    let mut sender = stage.open().await;
    send(&mut sender, run).await;
    let in_time: bool =
        sqlx::query_scalar("select (select sent_at from pgflow.signal) < (select retry_at from pgflow.attempt)")
            .fetch_one(&mut *sender)
            .await
            .unwrap();
    stage.db.until(over).await;
    assert_eq!(of_kind(&look(&stage, stage.a, 3, run).await, SIGNALS).len(), 0, "nobody sees it yet");
    sender.commit().await.unwrap();
    let rows = look(&stage, stage.a, 4, run).await;
    let told = of_kind(&rows, SIGNALS).len();
    assert_eq!((of_kind(&rows, MESSAGES).len(), told == 1), (1, in_time));
    ends(&stage, stage.a, 1, run, &rows).await;

    // Sent after: it is kept, and given to nobody.
    let (stage, run) = owned(1).await;
    stage.db.until(over).await;
    send(&mut stage.db.pool().acquire().await.unwrap(), run).await;
    let rows = look(&stage, stage.a, 3, run).await;
    assert_eq!((of_kind(&rows, MESSAGES).len(), of_kind(&rows, SIGNALS).len()), (1, 0));
    assert_eq!(stage.count("select count(*) from pgflow.run_signals((select id from pgflow.run))").await, 1);
    ends(&stage, stage.a, 1, run, &rows).await;
}

#[tokio::test]
async fn a_signal_beside_a_recovery_reaches_whoever_has_the_run_next() {
    for sender_first in [true, false] {
        let (stage, run) = owned(3_600_000).await;
        stage.silence(stage.a).await;
        let mut sender = stage.open().await;
        if sender_first {
            send(&mut sender, run).await;
            sender.commit().await.unwrap();
            assert_eq!(stage.recover().await.1, 1);
        } else {
            assert_eq!(stage.recover().await.1, 1);
            send(&mut sender, run).await;
            sender.commit().await.unwrap();
        }
        let rows = stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap();
        assert_eq!((claimed(&rows), of_kind(&rows, SIGNALS).len()), (vec![run], 1));
        ends(&stage, stage.b, 1, run, &rows).await;
    }
}

#[tokio::test]
async fn two_signals_at_once_are_told_apart_the_same_by_all() {
    let (stage, run) = owned(3_600_000).await;
    let mut first = stage.open().await;
    send(&mut first, run).await;
    let second = sending(&stage, run).await;
    first.commit().await.unwrap();
    done(second).await;
    let numbers =
        "select count(*) from pgflow.signal a join pgflow.signal b on b.number > a.number and b.sent_at >= a.sent_at";
    assert_eq!(stage.count(numbers).await, 1, "the one that waited is the later one");
    let rows = look(&stage, stage.a, 3, run).await;
    assert_eq!((of_kind(&rows, MESSAGES).len(), of_kind(&rows, SIGNALS).len()), (2, 1));
    ends(&stage, stage.a, 1, run, &rows).await;
}

/// What is sent while the run ends does nothing, and what is left of it is swept; but for a resume, which finds it.
#[tokio::test]
async fn a_signal_that_crosses_the_end_of_its_run_is_kept_and_nothing_is_left_over() {
    let (stage, run) = owned(3_600_000).await;
    let mut sender = stage.open().await;
    send(&mut sender, run).await;
    stage.call(&stage.exchange(stage.a, 3).run(run, 1, COMPLETED).outcome(0, -1, Ok("0"))).await.unwrap();
    sender.commit().await.unwrap();
    assert_eq!(stage.count("select count(*) from pgflow.signal").await, 1);
    stage.count("select pgflow.forget_workers(0, interval '1 h')::bigint").await;
    stage.finish().await;
}
