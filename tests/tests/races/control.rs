//! What people do to runs, against what workers do at the same time.

use uuid::Uuid;

use crate::exchange::{COMPLETED, Exchange, FAILED, GOES_ON, PAUSED};
use crate::stage::{Open, Stage, Waiting, claimed, of_kind, recover};

const MESSAGES: i16 = 8;
const REFUSED: i16 = 1;
const LEFT: i16 = 3;

/// Calls `pgflow.<action>_runs` for a run, and gives what became of it.
async fn act(connection: &mut sqlx::PgConnection, action: &str, run: Uuid) -> String {
    let sql = match action {
        "cancel" => "select result from pgflow.cancel_runs(0, array[$1], 'enough', 'ann')",
        "pause" => "select result from pgflow.pause_runs(0, array[$1], null, 'ann')",
        "resume" => "select result from pgflow.resume_runs(0, array[$1], null, 'ann')",
        _ => unreachable!("{action}"),
    };
    sqlx::query_scalar(sql).bind(run).fetch_one(connection).await.unwrap()
}

async fn act_now(stage: &Stage, action: &str, run: Uuid) -> String {
    act(&mut stage.db.pool().acquire().await.unwrap(), action, run).await
}

/// The same, in a transaction that waits for others.
async fn acting(stage: &Stage, action: &'static str, run: Uuid) -> Waiting<String> {
    Waiting::start(stage, stage.open().await, move |mut open| async move {
        let result = act(&mut open, action, run).await;
        (open, result)
    })
    .await
}

async fn done<T: Send + 'static>(waiting: Waiting<T>) -> T {
    let (open, result): (Open, T) = waiting.end().await;
    open.commit().await.unwrap();
    result
}

/// A worker's call in a transaction that waits for others.
async fn calling(stage: &Stage, call: Exchange) -> Waiting<Vec<crate::exchange::Answer>> {
    Waiting::start(stage, stage.open().await, move |mut open| async move {
        let rows = call.call(&mut open).await.unwrap();
        (open, rows)
    })
    .await
}

async fn status(stage: &Stage) -> String {
    stage.db.value("select coalesce((select status::text from pgflow.run_end), 'none')").await
}

/// The owner, who claimed as 1, finds this message.
async fn assert_told(stage: &Stage, worker: i32, run: Uuid, kind: &str) {
    let rows = stage.call(&Exchange { watch: vec![run], ..stage.exchange(worker, 70) }).await.unwrap();
    assert_eq!(of_kind(&rows, MESSAGES).len(), 1, "{rows:?}");
    let kinds: Vec<String> =
        sqlx::query_scalar("select kind::text from pgflow.inbox").fetch_all(&stage.db.pool()).await.unwrap();
    assert_eq!(kinds, [kind]);
}

#[tokio::test]
async fn a_cancel_waits_for_the_claim_that_takes_the_run_and_tells_its_owner() {
    let stage = Stage::chains(1).await;
    let mut claimer = stage.open().await;
    let run = claimed(&stage.claim(stage.a, 1, 1).call(&mut claimer).await.unwrap())[0];
    for (action, kind) in [("cancel", "x"), ("pause", "p")] {
        if action == "cancel" {
            let cancel = acting(&stage, action, run).await;
            claimer.commit().await.unwrap();
            assert_eq!(done(cancel).await, "asked");
            claimer = stage.open().await;
        } else {
            assert_eq!(act_now(&stage, action, run).await, "asked");
        }
        assert_told(&stage, stage.a, run, kind).await;
        sqlx::query("delete from pgflow.inbox").execute(&stage.db.pool()).await.unwrap();
    }
    stage.db.assert_sound().await;
    assert_eq!(status(&stage).await, "none");
}

#[tokio::test]
async fn a_claim_passes_over_a_run_that_is_being_cancelled_or_paused() {
    for action in ["cancel", "pause"] {
        let stage = Stage::chains(1).await;
        let run: Uuid = stage.db.value("select id from pgflow.run").await;
        let mut open = stage.open().await;
        assert_eq!(act(&mut open, action, run).await, "done");
        assert_eq!(claimed(&stage.call(&stage.claim(stage.a, 1, 1)).await.unwrap()), Vec::<Uuid>::new());
        open.commit().await.unwrap();
        assert_eq!(claimed(&stage.call(&stage.claim(stage.a, 2, 1)).await.unwrap()), Vec::<Uuid>::new());
        stage.db.assert_sound().await;
        if action == "pause" {
            assert_eq!(act_now(&stage, "resume", run).await, "done");
        }
        stage.finish().await;
    }
}

#[tokio::test]
async fn a_cancel_beside_a_park_ends_the_run_or_keeps_it_with_its_owner() {
    // The park comes first: the cancel waits for it, and finds the run in the queue.
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    let mut parker = stage.open().await;
    let rows = stage.exchange(stage.a, 2).parked(run, 1, -1).call(&mut parker).await.unwrap();
    assert_eq!(of_kind(&rows, LEFT).len(), 1);
    let cancel = acting(&stage, "cancel", run).await;
    parker.commit().await.unwrap();
    assert_eq!(done(cancel).await, "done");
    stage.finish().await;
    assert_eq!(status(&stage).await, "x");

    // The cancel comes first: the park waits for it, and the run stays with its owner, who is told.
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    let mut canceller = stage.open().await;
    assert_eq!(act(&mut canceller, "cancel", run).await, "asked");
    let park = calling(&stage, stage.exchange(stage.a, 2).parked(run, 1, -1)).await;
    canceller.commit().await.unwrap();
    assert_eq!(of_kind(&done(park).await, LEFT).len(), 0, "it stays");
    assert_told(&stage, stage.a, run, "x").await;
    stage.db.assert_sound().await;
}

/// Whatever the order, the last wish counts: the run is due.
#[tokio::test]
async fn a_resume_beside_the_pausing_of_a_run_is_not_lost() {
    for resume_first in [true, false] {
        let stage = Stage::chains(1).await;
        let run = stage.claim_one(stage.a, 1).await;
        assert_eq!(act_now(&stage, "pause", run).await, "asked");
        let rows = stage.call(&Exchange { watch: vec![run], ..stage.exchange(stage.a, 2) }).await.unwrap();
        let heard: Vec<i64> = of_kind(&rows, MESSAGES).iter().filter_map(|row| row.number).collect();
        let pausing = Exchange { heard, ..stage.exchange(stage.a, 3) }.run(run, 1, PAUSED);
        let mut open = stage.open().await;
        if resume_first {
            assert_eq!(act(&mut open, "resume", run).await, "asked");
            let pausing = calling(&stage, pausing).await;
            open.commit().await.unwrap();
            assert_eq!(of_kind(&done(pausing).await, LEFT).len(), 1);
        } else {
            assert_eq!(of_kind(&pausing.call(&mut open).await.unwrap(), LEFT).len(), 1);
            let resume = acting(&stage, "resume", run).await;
            open.commit().await.unwrap();
            assert_eq!(done(resume).await, "done");
        }
        stage.db.assert_sound().await;
        assert_eq!(claimed(&stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap()), [run], "{resume_first}");
    }
}

#[tokio::test]
async fn a_failed_run_that_two_resume_at_once_is_queued_once() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    let failure = stage.exchange(stage.a, 2).run(run, 1, FAILED).outcome(0, -1, Err("no use"));
    stage.call(&failure).await.unwrap();
    let mut first = stage.open().await;
    assert_eq!(act(&mut first, "resume", run).await, "done");
    let second = acting(&stage, "resume", run).await;
    first.commit().await.unwrap();
    assert_eq!(done(second).await, "nothing", "it is neither paused nor has it failed any more");
    stage.db.assert_sound().await;
    assert_eq!(stage.count("select count(*) from pgflow.ready").await, 1);
    assert_eq!(stage.count("select count(*) from pgflow.attempt where resumed").await, 1);
    stage.finish().await;
}

/// What an owner sends again, for its answer was lost, is about the run as it was before it was resumed.
#[tokio::test]
async fn a_late_result_from_before_a_resume_is_refused() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    let failure = stage.exchange(stage.a, 2).run(run, 1, FAILED).outcome(0, -1, Err("no use"));
    stage.call(&failure).await.unwrap();
    assert_eq!(act_now(&stage, "resume", run).await, "done");
    for owner in [None, Some(stage.b)] {
        if let Some(owner) = owner {
            assert_eq!(stage.claim_one(owner, 1).await, run);
        }
        assert_eq!(of_kind(&stage.call(&failure).await.unwrap(), REFUSED).len(), 1);
        let other = stage.exchange(stage.a, 2).run(run, 1, COMPLETED).outcome(0, -1, Ok("1"));
        assert_eq!(of_kind(&stage.call(&other).await.unwrap(), REFUSED).len(), 1);
        assert_eq!(stage.count("select count(*) from pgflow.outcome").await, 0);
        stage.db.assert_sound().await;
    }
    stage.call(&stage.exchange(stage.b, 2).run(run, 1, COMPLETED)).await.unwrap();
    stage.finish().await;
}

/// A run whose owner has died with three items out: `b` does the first, the others are still to be taken.
async fn orphaned() -> (Stage, Uuid, Vec<i64>) {
    let stage = Stage::map().await;
    let (run, tasks) = stage.give_away(3).await;
    stage.take(stage.b, &tasks[..1]).await;
    stage.silence(stage.a).await;
    assert_eq!(stage.recover().await, (1, 1, 0));
    (stage, run, tasks)
}

#[tokio::test]
async fn nothing_is_left_of_a_run_that_is_cancelled_while_its_shared_work_is_tried_again() {
    let (stage, run, tasks) = orphaned().await;
    let mut holder = stage.open().await;
    let retry = stage.exchange(stage.b, 10).task(run, tasks[0], COMPLETED).attempt(1, 0, 1, 0);
    retry.call(&mut holder).await.unwrap();
    let cancel = acting(&stage, "cancel", run).await;
    holder.commit().await.unwrap();
    assert_eq!(done(cancel).await, "done");
    stage.finish().await;
    assert_eq!(status(&stage).await, "x");
}

#[tokio::test]
async fn nothing_of_a_paused_run_is_to_be_taken_though_its_shared_work_is_tried_again() {
    for holder_first in [true, false] {
        let (stage, run, tasks) = orphaned().await;
        let retry = stage.exchange(stage.b, 10).task(run, tasks[0], COMPLETED).attempt(1, 0, 1, 0);
        let mut open = stage.open().await;
        if holder_first {
            retry.call(&mut open).await.unwrap();
            let pause = acting(&stage, "pause", run).await;
            open.commit().await.unwrap();
            assert_eq!(done(pause).await, "done");
        } else {
            assert_eq!(act(&mut open, "pause", run).await, "done");
            let retry = calling(&stage, retry).await;
            open.commit().await.unwrap();
            done(retry).await;
        }
        assert_eq!(stage.count("select count(*) from pgflow.task").await, 0, "{holder_first}");
        assert_eq!(stage.count("select count(*) from pgflow.share").await, 0);
        stage.db.assert_sound().await;
        assert_eq!(
            stage.count("select count(*) from pgflow.attempt").await,
            1,
            "whoever resumes it knows of the attempt"
        );
        assert_eq!(act_now(&stage, "resume", run).await, "done");
        let rows = stage.call(&stage.claim(stage.b, 20, 1)).await.unwrap();
        assert_eq!((claimed(&rows), of_kind(&rows, 7).len(), of_kind(&rows, 6).len()), (vec![run], 0, 1));
        let heard = of_kind(&rows, MESSAGES).iter().filter_map(|row| row.number).collect();
        stage.call(&Exchange { heard, ..stage.exchange(stage.b, 21) }.run(run, 20, COMPLETED)).await.unwrap();
        stage.finish().await;
    }
}

/// The owner gives work away until the moment at which it pauses the run.
#[tokio::test]
async fn a_run_that_its_owner_pauses_takes_back_what_nobody_has_taken() {
    let stage = Stage::map().await;
    let (run, tasks) = stage.give_away(4).await;
    stage.take(stage.b, &tasks[..2]).await;
    let mut holder = stage.open().await;
    let first = stage.exchange(stage.b, 10).task(run, tasks[0], COMPLETED).outcome(1, 0, Ok("0"));
    first.call(&mut holder).await.unwrap();
    let pausing = calling(&stage, stage.exchange(stage.a, 10).run(run, 1, PAUSED)).await;
    holder.commit().await.unwrap();
    assert_eq!(of_kind(&done(pausing).await, LEFT).len(), 1);
    stage.db.assert_sound().await;
    assert_eq!(stage.count("select count(*) from pgflow.task").await, 1, "the one that is under way");
    // Its end wakes nobody: the run is paused.
    stage.call(&stage.exchange(stage.b, 11).task(run, tasks[1], COMPLETED).outcome(1, 1, Ok("0"))).await.unwrap();
    assert_eq!(stage.count("select count(*) from pgflow.ready where paused and not due").await, 1);
    assert_eq!(stage.count("select count(*) from pgflow.task").await, 0);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn a_cancel_beside_a_recovery_finds_the_run_where_it_is() {
    for recovery_first in [true, false] {
        let stage = Stage::chains(1).await;
        let run = stage.claim_one(stage.a, 1).await;
        stage.silence(stage.a).await;
        let mut open = stage.open().await;
        if recovery_first {
            assert_eq!(recover(&mut open, stage.b).await, (1, 1, 0));
            let cancel = acting(&stage, "cancel", run).await;
            open.commit().await.unwrap();
            assert_eq!(done(cancel).await, "done");
            stage.finish().await;
            assert_eq!(status(&stage).await, "x");
        } else {
            assert_eq!(act(&mut open, "cancel", run).await, "asked");
            let b = stage.b;
            let recovery = Waiting::start(&stage, stage.open().await, move |mut open| async move {
                let found = recover(&mut open, b).await;
                (open, found)
            })
            .await;
            open.commit().await.unwrap();
            assert_eq!(done(recovery).await, (1, 1, 0));
            // Whoever takes it next is told with the claim.
            let rows = stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap();
            assert_eq!((claimed(&rows), of_kind(&rows, MESSAGES).len()), (vec![run], 1));
        }
        stage.db.assert_sound().await;
    }
}

/// A message that crosses the end of its run is nobody's: it does nothing to a run that goes on later, and is swept.
#[tokio::test]
async fn a_cancel_that_crosses_the_end_of_a_run_is_forgotten() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    let mut owner = stage.open().await;
    let failure = stage.exchange(stage.a, 2).run(run, 1, FAILED).outcome(0, -1, Err("no use"));
    failure.call(&mut owner).await.unwrap();
    assert_eq!(act_now(&stage, "cancel", run).await, "asked", "its end is not committed yet");
    owner.commit().await.unwrap();
    assert_eq!(status(&stage).await, "f");
    assert_eq!(act_now(&stage, "resume", run).await, "done");
    let rows = stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap();
    assert_eq!((claimed(&rows), of_kind(&rows, MESSAGES).len()), (vec![run], 0));
    // And one that nobody resumes.
    let mut owner = stage.open().await;
    stage.exchange(stage.b, 2).run(run, 1, COMPLETED).call(&mut owner).await.unwrap();
    assert_eq!(act_now(&stage, "pause", run).await, "asked");
    owner.commit().await.unwrap();
    assert_eq!(stage.count("select count(*) from pgflow.inbox").await, 1);
    stage.count("select pgflow.forget_workers(0, interval '1 h')::bigint").await;
    stage.finish().await;
}

/// Their owner does both in one round trip: the message is heard, and the run goes on.
#[tokio::test]
async fn a_message_that_was_heard_does_not_keep_a_run_from_parking() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    assert_eq!(act_now(&stage, "resume", run).await, "asked");
    let rows = stage.call(&Exchange { watch: vec![run], ..stage.exchange(stage.a, 2) }).await.unwrap();
    let heard = of_kind(&rows, MESSAGES).iter().filter_map(|row| row.number).collect();
    let call = Exchange { heard, ..stage.exchange(stage.a, 3) }.run(run, 1, GOES_ON);
    stage.call(&call).await.unwrap();
    let rows = stage.call(&stage.exchange(stage.a, 4).parked(run, 1, 0)).await.unwrap();
    assert_eq!(of_kind(&rows, LEFT).len(), 1);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn the_shared_work_of_a_paused_run_waits_when_its_holder_dies() {
    let (stage, run, _) = orphaned().await;
    assert_eq!(act_now(&stage, "pause", run).await, "done");
    assert_eq!(stage.count("select count(*) from pgflow.task").await, 1, "the one that is under way");
    // Who holds it dies, and another worker recovers.
    let other: i32 = stage
        .db
        .value("select pgflow.register_worker(0, 'another', interval '1 s', array(select id from pgflow.version))")
        .await;
    let stage = Stage { a: stage.b, b: other, ..stage };
    stage.silence(stage.a).await;
    assert_eq!(stage.recover().await, (1, 0, 1));
    assert_eq!(stage.count("select count(*) from pgflow.task").await, 0);
    assert_eq!(stage.count("select count(*) from pgflow.share").await, 0);
    stage.db.assert_sound().await;
}

/// The pause was asked of an owner that has died; the messages to it mean nothing to what is wanted since.
#[tokio::test]
async fn what_is_wanted_last_counts_though_a_dead_owner_was_asked_for_something_else() {
    for wishes in [&["resume"][..], &["pause", "resume"], &["pause"]] {
        let stage = Stage::chains(1).await;
        let run = stage.claim_one(stage.a, 1).await;
        assert_eq!(act_now(&stage, "pause", run).await, "asked");
        stage.silence(stage.a).await;
        stage.recover().await;
        for wish in wishes {
            let wish = if *wish == "pause" { "pause" } else { "resume" };
            assert_eq!(act_now(&stage, wish, run).await, "done", "{wishes:?}");
        }
        let rows = stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap();
        if wishes.last() == Some(&"pause") {
            assert_eq!(claimed(&rows), Vec::<Uuid>::new());
        } else {
            assert_eq!((claimed(&rows), of_kind(&rows, MESSAGES).len()), (vec![run], 0), "{wishes:?}");
        }
        assert_eq!(stage.count("select count(*) from pgflow.inbox").await, 0);
        stage.db.assert_sound().await;
    }
}

#[tokio::test]
async fn a_run_that_is_to_be_cancelled_by_its_next_owner_is_not_paused_before() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    assert_eq!(act_now(&stage, "cancel", run).await, "asked");
    stage.silence(stage.a).await;
    stage.recover().await;
    assert_eq!(act_now(&stage, "pause", run).await, "asked");
    let rows = stage.call(&stage.claim(stage.b, 1, 1)).await.unwrap();
    assert_eq!((claimed(&rows), of_kind(&rows, MESSAGES).len()), (vec![run], 2));
    stage.db.assert_sound().await;
}

/// An item of a range fails while its run is paused; the range is still out when the run is resumed.
#[tokio::test]
async fn an_item_that_failed_while_its_run_was_paused_is_known_beside_its_range() {
    let stage = Stage::map().await;
    let run = stage.claim_one(stage.a, 1).await;
    let give = stage.exchange(stage.a, 2).run(run, 1, GOES_ON).outcome(0, -1, Ok("[0]")).map(1, 3).share(1, 0, 3);
    stage.call(&give).await.unwrap();
    let task: i64 = stage.db.value("select id from pgflow.task").await;
    stage.take(stage.b, &[task]).await;
    stage.silence(stage.a).await;
    assert_eq!(stage.recover().await, (1, 1, 0));
    assert_eq!(act_now(&stage, "pause", run).await, "done");
    stage.call(&stage.exchange(stage.b, 10).task(run, task, GOES_ON).attempt(1, 1, 1, 0)).await.unwrap();
    assert_eq!(stage.count("select count(*) from pgflow.task").await, 1, "no task of its own");
    assert_eq!(act_now(&stage, "resume", run).await, "done");
    let rows = stage.call(&stage.claim(stage.b, 20, 1)).await.unwrap();
    let (out, failed) = (of_kind(&rows, 7), of_kind(&rows, 6));
    // The owner is told of the range and of the failure; whoever has the range, that the item is none of it.
    let told: Vec<_> = out.iter().map(|row| (row.number, row.index, row.attempts)).collect();
    assert_eq!(told, [(Some(0), Some(0), Some(3)), (None, Some(1), Some(1))]);
    assert_eq!((failed.len(), failed[0].index), (1, Some(1)));
}

/// Somebody has a step tried again at once. Its worker begins that, and dies: the next one does not wait for the time that there was.
#[tokio::test]
async fn a_step_that_was_to_be_retried_at_once_is_so_by_whoever_has_the_run_next() {
    let stage = Stage::chains(1).await;
    let run = stage.claim_one(stage.a, 1).await;
    let call = stage.exchange(stage.a, 2).run(run, 1, GOES_ON).attempt(0, -1, 1, 3_600_000);
    stage.call(&call).await.unwrap();
    let retry = sqlx::query_scalar("select pgflow.retry_step($1, (select name from pgflow.step where number = 0))");
    let result: String = retry.bind(run).fetch_one(&stage.db.pool()).await.unwrap();
    assert_eq!(result, "asked");
    let heard = stage.db.value("select id from pgflow.inbox").await;
    stage.call(&Exchange { heard: vec![heard], ..stage.exchange(stage.a, 3) }).await.unwrap();
    stage.silence(stage.a).await;
    assert_eq!(stage.recover().await, (1, 1, 0));
    let rows = stage.call(&stage.claim(stage.b, 10, 1)).await.unwrap();
    let waits: Vec<_> = of_kind(&rows, 6).iter().map(|row| (row.step, row.attempts, row.number)).collect();
    assert_eq!(waits, [(Some(0), Some(1), Some(0))], "it is due");
    stage.db.assert_sound().await;
}
