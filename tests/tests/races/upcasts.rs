//! What carries runs over to another version, against what others do to them at the same time.

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::exchange::Exchange;
use crate::stage::{Open, Stage, Waiting, claimed};

/// Another version of the workflow, which is no program's own.
async fn another_version(stage: &Stage) -> i32 {
    stage
        .db
        .value(
            "select pgflow.register(v.definition, repeat('b', 64), array(
                 select s.contract from pgflow.step s where s.version_id = v.id order by s.number), false) from pgflow.version v",
        )
        .await
}

/// Carries runs over, with 77 as the output of the first step of those that have one.
async fn carry(
    connection: &mut PgConnection,
    stage: &Stage,
    to: i32,
    runs: &[Uuid],
    with_output: &[Uuid],
) -> Vec<Uuid> {
    sqlx::query_scalar(
        "select carry_over from pgflow.carry_over(0, $1, $2, $3, '{0}', $4, $5, array_fill(0, array[cardinality($5)]),
             array_fill(-1, array[cardinality($5)]), array_fill('77'::jsonb, array[cardinality($5)]))",
    )
    .bind(stage.a)
    .bind(stage.version)
    .bind(to)
    .bind(runs)
    .bind(with_output)
    .fetch_all(connection)
    .await
    .unwrap()
}

async fn carry_now(stage: &Stage, to: i32, runs: &[Uuid], with_output: &[Uuid]) -> Vec<Uuid> {
    carry(&mut stage.db.pool().acquire().await.unwrap(), stage, to, runs, with_output).await
}

async fn all_runs(stage: &Stage) -> Vec<Uuid> {
    sqlx::query_scalar("select id from pgflow.run order by id").fetch_all(&stage.db.pool()).await.unwrap()
}

#[tokio::test]
async fn a_fork_beside_a_carrier_has_the_version_of_its_outputs() {
    let stage = Stage::chains(1).await;
    let to = another_version(&stage).await;
    let run = stage.claim_one(stage.a, 1).await;
    stage.call(&stage.exchange(stage.a, 2).run(run, 1, 0).outcome(0, -1, Ok("5"))).await.unwrap();
    stage.call(&stage.exchange(stage.a, 3).parked(run, 1, 0)).await.unwrap();

    let mut carrier = stage.open().await;
    assert_eq!(carry(&mut carrier, &stage, to, &[run], &[run]).await, [run]);
    let fork = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        let fork = "select pgflow.fork_run($1, (select distinct s.name from pgflow.step s where s.number = 1))";
        let fork: Uuid = sqlx::query_scalar(fork).bind(run).fetch_one(&mut *open).await.unwrap();
        (open, fork)
    })
    .await;
    carrier.commit().await.unwrap();
    let (open, fork): (Open, Uuid) = fork.end().await;
    open.commit().await.unwrap();
    let found: (i32, i32) = sqlx::query_as(
        "select r.version_id, o.output::int from pgflow.run r join pgflow.outcome o on o.run_id = r.id where r.id = $1",
    )
    .bind(fork)
    .fetch_one(&stage.db.pool())
    .await
    .unwrap();
    assert_eq!(found, (to, 77));
    Stage { version: to, ..stage }.finish().await;
}

#[tokio::test]
async fn a_carrier_passes_over_what_others_have_just_now_and_waits_for_nobody() {
    let stage = Stage::chains(3).await;
    let to = another_version(&stage).await;
    let runs = all_runs(&stage).await;
    let mut claimer = stage.open().await;
    let taken = claimed(&stage.claim(stage.b, 1, 1).call(&mut claimer).await.unwrap())[0];
    let locked = *runs.iter().find(|run| **run != taken).unwrap();
    let mut acting = stage.open().await;
    sqlx::query("select pgflow.pause_run($1)").bind(locked).execute(&mut *acting).await.unwrap();
    let free = *runs.iter().find(|run| **run != taken && **run != locked).unwrap();

    let mut carrier = stage.open().await;
    assert_eq!(carry(&mut carrier, &stage, to, &runs, &[]).await, [free]);
    assert_eq!(carry_now(&stage, to, &runs, &[]).await, Vec::<Uuid>::new(), "another carrier");
    let beside = claimed(&stage.call(&stage.claim(stage.a, 5, 10)).await.unwrap());
    assert_eq!(beside, Vec::<Uuid>::new(), "a claim takes what nobody carries over");
    carrier.commit().await.unwrap();
    claimer.commit().await.unwrap();
    acting.rollback().await.unwrap();
    assert_eq!(carry_now(&stage, to, &runs, &[]).await, [locked], "its owner has the third one");
    stage.call(&stage.exchange(stage.b, 2).run(taken, 1, 1)).await.unwrap();
    Stage { version: to, ..stage }.finish().await;
}

#[tokio::test]
async fn work_that_nobody_has_taken_is_taken_back_and_what_somebody_takes_is_left() {
    let stage = Stage::map().await;
    let to = another_version(&stage).await;
    let (run, tasks) = stage.give_away(3).await;
    stage.call(&stage.exchange(stage.a, 3).parked(run, 1, -1)).await.unwrap();
    let parked: Vec<Uuid> = stage.db.value("select array_agg(run_id) from pgflow.ready where not due").await;
    assert_eq!(parked, [run]);

    // Somebody is taking one of them, or has it.
    let mut claimer = stage.open().await;
    let take = Exchange { max_tasks: 1, ..stage.exchange(stage.b, 1) };
    take.call(&mut claimer).await.unwrap();
    assert_eq!(carry_now(&stage, to, &[run], &[run]).await, Vec::<Uuid>::new());
    claimer.rollback().await.unwrap();
    stage.take(stage.b, &tasks[..1]).await;
    assert_eq!(carry_now(&stage, to, &[run], &[run]).await, Vec::<Uuid>::new());

    // It dies, and nobody else of the old version is there.
    stage
        .db
        .value::<i64>("with freed as (update pgflow.task set worker_id = null returning 1) select count(*) from freed")
        .await;
    let mut carrier = stage.open().await;
    assert_eq!(carry(&mut carrier, &stage, to, &[run], &[run]).await, [run]);
    stage.call(&take).await.unwrap();
    carrier.commit().await.unwrap();
    assert_eq!(stage.count("select count(*) from pgflow.task").await, 0);
    stage.db.assert_sound().await;
    Stage { version: to, ..stage }.finish().await;
}
