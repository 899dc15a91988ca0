//! Shared work whose units end together, and runs that end while work of theirs is out.

use uuid::Uuid;

use crate::exchange::{Answer, COMPLETED, Exchange, FAILED, GOES_ON};
use crate::stage::{Open, Stage, Waiting, of_kind};

const COMMIT_STEP: &str = "select pgflow.commit_step(0, $1, 'open', 0, $2, $3, pgflow.period_of_run($3), 1::smallint, $4, 1::smallint, 1, '0')";

async fn commit_step(open: &mut sqlx::PgConnection, worker: i32, task: i64, run: Uuid, index: i32) {
    sqlx::query("select pgflow.begin_step(0, $1, 'open')").bind(worker).execute(&mut *open).await.unwrap();
    sqlx::query(COMMIT_STEP).bind(worker).bind(task).bind(run).bind(index).execute(open).await.unwrap();
}

/// Two executors with the last two units of a share, of which the first has flushed and not committed.
async fn two_last() -> (Stage, Uuid, Vec<i64>) {
    let stage = Stage::map().await;
    let (run, tasks) = stage.give_away(2).await;
    stage.take(stage.a, &tasks[..1]).await;
    stage.take(stage.b, &tasks[1..]).await;
    (stage, run, tasks)
}

async fn assert_woken_once(stage: &Stage, run: Uuid) {
    assert_eq!(stage.count("select count(*) from pgflow.share").await, 0);
    assert_eq!(stage.count("select count(*) from pgflow.inbox").await, 1, "the owner is told once");
    let rows = stage.call(&Exchange { watch: vec![run], ..stage.exchange(stage.a, 90) }).await.unwrap();
    let outcomes =
        |rows: &[Answer]| rows.iter().filter(|row| row.step == Some(1)).filter_map(|row| row.attempts).sum::<i32>();
    assert_eq!(outcomes(&of_kind(&rows, 14)), 2, "and sees both outcomes: {rows:?}");
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn the_last_two_units_of_a_share_wake_the_owner_once_when_they_end_together() {
    let (stage, run, tasks) = two_last().await;
    let mut first = stage.open().await;
    let rows = stage
        .exchange(stage.a, 10)
        .task(run, tasks[0], COMPLETED)
        .outcome(1, 0, Ok("0"))
        .call(&mut first)
        .await
        .unwrap();
    assert_eq!(of_kind(&rows, 2).len(), 0, "one is still out");
    let call = stage.exchange(stage.b, 10).task(run, tasks[1], COMPLETED).outcome(1, 1, Ok("1"));
    let second = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        let done = call.call(&mut open).await;
        (open, done)
    })
    .await;
    first.commit().await.unwrap();
    let (open, rows): (Open, _) = second.end().await;
    open.commit().await.unwrap();
    assert_eq!(of_kind(&rows.unwrap(), 2).len(), 1);
    assert_woken_once(&stage, run).await;
}

/// A transaction records its unit, and nobody is told before the task is reported to be done.
#[tokio::test]
async fn the_last_two_units_wake_the_owner_once_when_one_of_them_is_a_transaction() {
    for transaction_first in [true, false] {
        let (stage, run, tasks) = two_last().await;
        let mut transaction = stage.open().await;
        commit_step(&mut transaction, stage.b, tasks[1], run, 1).await;
        transaction.commit().await.unwrap();
        assert_eq!(stage.count("select count(*) from pgflow.inbox").await, 0);

        let flush = stage.exchange(stage.a, 10).task(run, tasks[0], COMPLETED).outcome(1, 0, Ok("0"));
        let done = stage.exchange(stage.b, 10).task(run, tasks[1], COMPLETED);
        let (first, second) = if transaction_first { (done, flush) } else { (flush, done) };
        let mut open = stage.open().await;
        first.call(&mut open).await.unwrap();
        let second = Waiting::start(&stage, stage.open().await, move |mut open| async move {
            second.call(&mut open).await.unwrap();
            (open, ())
        })
        .await;
        open.commit().await.unwrap();
        second.end().await.0.commit().await.unwrap();
        assert_woken_once(&stage, run).await;
    }
}

/// Its share counts all tasks that there are, also those from before the failure.
#[tokio::test]
async fn an_owner_that_gives_more_away_before_it_hears_of_a_failure_counts_right() {
    let stage = Stage::map().await;
    let (run, tasks) = stage.give_away(3).await;
    stage.take(stage.b, &tasks[..1]).await;
    let failure = stage.exchange(stage.b, 10).task(run, tasks[0], COMPLETED).outcome(1, 0, Err("no use"));
    assert_eq!(of_kind(&stage.call(&failure).await.unwrap(), 2).len(), 1);
    stage.db.assert_sound().await;
    stage.call(&stage.exchange(stage.a, 10).run(run, 1, GOES_ON).share(1, 3, 1)).await.unwrap();
    stage.db.assert_sound().await;
    assert_eq!(stage.count("select remaining::bigint from pgflow.share").await, 3);

    // The others end without waking anybody again.
    let rest: Vec<i64> =
        sqlx::query_scalar("select id from pgflow.task order by id").fetch_all(&stage.db.pool()).await.unwrap();
    stage.take(stage.b, &rest).await;
    let rest = rest.iter().zip(1..).fold(stage.exchange(stage.b, 11), |call, (task, item)| {
        call.task(run, *task, COMPLETED).outcome(1, item, Ok("0"))
    });
    assert_eq!(of_kind(&stage.call(&rest).await.unwrap(), 2).len(), 0);
    assert_eq!(stage.count("select count(*) from pgflow.share").await, 0);
    stage.call(&stage.exchange(stage.a, 11).run(run, 1, FAILED)).await.unwrap();
    stage.finish().await;
}

#[tokio::test]
async fn a_unit_that_fails_for_good_wakes_the_owner_while_others_are_out() {
    let stage = Stage::map().await;
    let (run, tasks) = stage.give_away(5).await;
    stage.take(stage.b, &tasks[..2]).await;
    let call = stage.exchange(stage.b, 10).task(run, tasks[0], COMPLETED).outcome(1, 0, Err("no use"));
    assert_eq!(of_kind(&stage.call(&call).await.unwrap(), 2).len(), 1);
    // The owner ends the run; the unit that is still under way elsewhere is refused.
    let rows =
        stage.call(&Exchange { watch: vec![run], ..stage.exchange(stage.a, 10) }.run(run, 1, FAILED)).await.unwrap();
    assert_eq!(of_kind(&rows, 1).len(), 0);
    stage.db.assert_all_ended().await;
    let late = stage.exchange(stage.b, 11).task(run, tasks[1], COMPLETED).outcome(1, 1, Ok("1"));
    assert_eq!(of_kind(&stage.call(&late).await.unwrap(), 1).len(), 1);
    assert_eq!(stage.count("select count(*) from pgflow.outcome where index = 1").await, 0);
    stage.finish().await;
}

/// A call by which the owner ends the run, and which waits for what others do with its shared work.
async fn ending(stage: &Stage, call: Exchange) -> Waiting<sqlx::Result<()>> {
    Waiting::start(stage, stage.open().await, move |mut open| async move {
        let done = call.call(&mut open).await.map(drop);
        (open, done)
    })
    .await
}

/// It waits no longer, and leaves nothing.
async fn ended(stage: &Stage, owner: Waiting<sqlx::Result<()>>) {
    let (open, ended): (Open, _) = owner.end().await;
    ended.unwrap();
    open.commit().await.unwrap();
    stage.finish().await;
}

#[tokio::test]
async fn nothing_is_left_of_a_run_that_ends_while_a_unit_of_it_is_recorded() {
    let (stage, run, tasks) = two_last().await;
    let mut executor = stage.open().await;
    let call = stage.exchange(stage.b, 10).task(run, tasks[1], COMPLETED).outcome(1, 1, Ok("1"));
    call.call(&mut executor).await.unwrap();
    let owner = ending(&stage, stage.exchange(stage.a, 10).run(run, 1, FAILED)).await;
    executor.commit().await.unwrap();
    ended(&stage, owner).await;
}

/// The retry is a new task: one that the owner's look for what is out, begun before it was committed, does not see.
#[tokio::test]
async fn nothing_is_left_of_a_run_that_ends_while_a_retry_of_its_shared_work_is_recorded() {
    let (stage, run, tasks) = two_last().await;
    let mut executor = stage.open().await;
    let call = stage.exchange(stage.b, 10).task(run, tasks[1], COMPLETED).attempt(1, 1, 1, 0);
    call.call(&mut executor).await.unwrap();
    let owner = ending(&stage, stage.exchange(stage.a, 10).run(run, 1, FAILED)).await;
    executor.commit().await.unwrap();
    ended(&stage, owner).await;
}

/// The retry is claimed, in a transaction that is still open, when the owner takes back what is out: its row is then elsewhere.
#[tokio::test]
async fn nothing_is_left_of_a_run_that_ends_while_a_retry_of_its_shared_work_is_claimed() {
    let (stage, run, tasks) = two_last().await;
    let mut executor = stage.open().await;
    let call = stage.exchange(stage.b, 10).task(run, tasks[1], COMPLETED).attempt(1, 1, 1, 0);
    call.call(&mut executor).await.unwrap();
    let mut blocker = stage.open().await;
    let same = "insert into pgflow.outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output)
                values (0, pgflow.period_of_run($1), $1, -1, 2, 1, 0, 0, now(), 'c', 'null')";
    sqlx::query(same).bind(run).execute(&mut *blocker).await.unwrap();
    let end = stage.exchange(stage.a, 10).run(run, 1, FAILED).outcome(2, -1, Err("no use"));
    let owner = ending(&stage, end).await;
    executor.commit().await.unwrap();
    owner.waits(&stage).await;
    let mut claimer = stage.open().await;
    let claim = Exchange { max_tasks: 1, ..stage.exchange(stage.b, 11) };
    assert_eq!(of_kind(&claim.call(&mut claimer).await.unwrap(), 9).len(), 1);
    blocker.rollback().await.unwrap();
    owner.waits(&stage).await;
    claimer.commit().await.unwrap();
    ended(&stage, owner).await;
}

/// The owner executes a part of what it gave away, whose outcome goes into the same round trip as the end of the run.
#[tokio::test]
async fn nothing_is_left_of_a_run_that_ends_together_with_the_last_unit_of_its_shared_work() {
    let stage = Stage::map().await;
    let (run, tasks) = stage.give_away(1).await;
    stage.take(stage.a, &tasks).await;
    let both = stage.exchange(stage.a, 10).task(run, tasks[0], COMPLETED).outcome(1, 0, Ok("0")).run(run, 1, FAILED);
    assert_eq!(of_kind(&stage.call(&both).await.unwrap(), 2), [], "nobody is left to be woken");
    stage.finish().await;
}

#[tokio::test]
async fn nothing_is_left_of_a_run_that_ends_while_the_transaction_of_a_unit_commits() {
    let (stage, run, tasks) = two_last().await;
    let mut step = stage.open().await;
    commit_step(&mut step, stage.b, tasks[1], run, 1).await;
    let owner = ending(&stage, stage.exchange(stage.a, 10).run(run, 1, FAILED)).await;
    step.commit().await.unwrap();
    ended(&stage, owner).await;
}

#[tokio::test]
async fn shared_work_of_a_dead_executor_goes_to_others_without_what_is_recorded() {
    let stage = Stage::map().await;
    let run = stage.claim_one(stage.a, 1).await;
    stage
        .call(&stage.exchange(stage.a, 2).run(run, 1, 0).outcome(0, -1, Ok("[0]")).map(1, 4).share(1, 0, 4))
        .await
        .unwrap();
    let task: i64 = stage.db.value("select id from pgflow.task").await;
    stage.take(stage.a, &[task]).await;
    stage.call(&stage.exchange(stage.a, 3).task(run, task, 0).outcome(1, 2, Ok("0"))).await.unwrap();
    stage.silence(stage.a).await;
    assert_eq!(stage.recover().await, (1, 1, 1));
    stage.db.assert_sound().await;
    let rows = stage.call(&Exchange { max_tasks: 1, max_runs: 1, ..stage.exchange(stage.b, 1) }).await.unwrap();
    assert_eq!(of_kind(&rows, 9).iter().filter_map(|row| row.number).collect::<Vec<_>>(), [task]);
    let recorded: Vec<_> =
        of_kind(&rows, 5).iter().filter(|row| row.step == Some(1)).filter_map(|row| row.index).collect();
    assert!(recorded.contains(&2) && recorded.iter().all(|index| *index == 2), "{recorded:?}");
    assert_eq!(of_kind(&rows, 7).len(), 1, "the new owner knows what is out");
    stage.db.assert_sound().await;
}

/// After a COMMIT whose answer was lost, it may still be under way.
#[tokio::test]
async fn asking_for_an_outcome_waits_for_a_commit_that_is_under_way() {
    for commits in [true, false] {
        let (stage, run, tasks) = two_last().await;
        let mut step = stage.open().await;
        commit_step(&mut step, stage.b, tasks[1], run, 1).await;
        let ask = Waiting::start(&stage, stage.open().await, move |mut open| async move {
            let sql = "select pgflow.recorded_output(0, pgflow.period_of_run($1), $1, 1::smallint, 1)::text";
            let found: Option<String> = sqlx::query_scalar(sql).bind(run).fetch_one(&mut *open).await.unwrap();
            (open, found)
        })
        .await;
        if commits {
            step.commit().await.unwrap();
        } else {
            step.rollback().await.unwrap();
        }
        let (open, found) = ask.end().await;
        open.commit().await.unwrap();
        assert_eq!(found.as_deref(), commits.then_some("0"));
        let recorded = stage.count("select count(*) from pgflow.outcome where step = 1").await;
        assert_eq!(recorded, i64::from(commits), "asking records nothing");
        stage.db.assert_sound().await;
    }
}
