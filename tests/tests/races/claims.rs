//! Claims against claims, and how many runs one takes.

use std::collections::HashSet;

use pgflow_tests::TestDb;
use pgflow_tests::workflows::double;
use uuid::Uuid;

use crate::stage::{Stage, claimed};

#[tokio::test]
async fn a_claim_passes_over_what_another_is_claiming() {
    let stage = Stage::chains(10).await;
    let mut open = stage.open().await;
    let first = claimed(&stage.claim(stage.a, 1, 4).call(&mut open).await.unwrap());
    assert_eq!(first.len(), 4);
    let second = claimed(&stage.call(&stage.claim(stage.b, 1, 10)).await.unwrap());
    assert_eq!(second.len(), 6);
    open.commit().await.unwrap();
    assert!(first.iter().all(|run| !second.contains(run)), "no run has two owners");
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn what_a_claim_that_is_rolled_back_had_taken_is_there_for_others() {
    let stage = Stage::chains(5).await;
    let mut open = stage.open().await;
    assert_eq!(claimed(&stage.claim(stage.a, 1, 5).call(&mut open).await.unwrap()).len(), 5);
    assert_eq!(claimed(&stage.call(&stage.claim(stage.b, 1, 5)).await.unwrap()), Vec::<Uuid>::new());
    open.rollback().await.unwrap();
    assert_eq!(claimed(&stage.call(&stage.claim(stage.b, 2, 5)).await.unwrap()).len(), 5);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn many_claims_at_once_take_each_run_once_and_none_more_than_its_limit() {
    let stage = std::sync::Arc::new(Stage::chains(600).await);
    let mut claimers = Vec::new();
    for claimer in 0..8 {
        let stage = std::sync::Arc::clone(&stage);
        claimers.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            for number in 0.. {
                let exchange =
                    stage.claim(if claimer % 2 == 0 { stage.a } else { stage.b }, claimer * 1_000 + number + 1, 7);
                let runs = claimed(&stage.call(&exchange).await.unwrap());
                assert!(runs.len() <= 7, "a claim of 7 took {}", runs.len());
                // Others may hold locks on what is left.
                if runs.is_empty() && stage.count("select count(*) from pgflow.ready").await == 0 {
                    break;
                }
                taken.extend(runs);
            }
            taken
        }));
    }
    let mut all = Vec::new();
    for claimer in claimers {
        all.extend(claimer.await.unwrap());
    }
    assert_eq!(all.len(), 600);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 600, "each is claimed once");
    stage.db.assert_sound().await;
}

/// With statistics that say that a table is empty, the planner once re-ran a limited subquery for each row: n = 2 took 33.
#[tokio::test]
async fn a_claim_takes_no_more_than_its_limit_whatever_the_statistics_say() {
    let stage = Stage::chains(0).await;
    // What the planner believes from now on: tables without rows, or with one.
    for table in ["ready", "task", "claim", "worker"] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "alter table pgflow.{table} set (autovacuum_enabled = off); analyze pgflow.{table}"
        )))
        .execute(&stage.db.pool())
        .await
        .unwrap();
    }
    let client = stage.db.client();
    client.start_many(double::Workflow, 0..3_000).await.unwrap();
    let version: i32 = stage.db.value("select max(id) from pgflow.version").await;
    let mut left = 3_000;
    for (number, limit) in (1..).zip([2, 1, 33, 2, 256, 1_000]) {
        // With another claim open beside it: its rows are locked.
        let mut beside = stage.open().await;
        let mut other = stage.claim(stage.b, number, 40);
        other.version = version;
        other.call(&mut beside).await.unwrap();
        let mut claim = stage.claim(stage.a, number, limit);
        claim.version = version;
        let taken = claimed(&stage.call(&claim).await.unwrap());
        assert_eq!(taken.len(), usize::try_from(limit.min(256)).unwrap());
        beside.rollback().await.unwrap();
        left -= i64::from(limit.min(256));
        assert_eq!(stage.count("select count(*) from pgflow.ready").await, left);
    }
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn tasks_promotions_and_recovery_keep_to_their_limits_too() {
    let stage = Stage::map().await;
    for table in ["ready", "task", "claim", "worker"] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "alter table pgflow.{table} set (autovacuum_enabled = off); analyze pgflow.{table}"
        )))
        .execute(&stage.db.pool())
        .await
        .unwrap();
    }
    stage.give_away(300).await;
    let mut exchange = stage.exchange(stage.b, 1);
    exchange.max_tasks = 3;
    stage.call(&exchange).await.unwrap();
    assert_eq!(stage.count("select count(*) from pgflow.task where worker_id is not null").await, 3);

    sqlx::raw_sql("update pgflow.task set due = false where worker_id is null")
        .execute(&stage.db.pool())
        .await
        .unwrap();
    sqlx::raw_sql("select pgflow.promote(0, 5)").execute(&stage.db.pool()).await.unwrap();
    assert_eq!(stage.count("select count(*) from pgflow.task where due and worker_id is null").await, 5);

    // A worker that dies with a hundred claims and a hundred tasks.
    let tasks: Vec<i64> = sqlx::query_scalar("select id from pgflow.task where worker_id is null limit 100")
        .fetch_all(&stage.db.pool())
        .await
        .unwrap();
    stage.take(stage.a, &tasks).await;
    stage.db.client().start_many(double::Workflow, 0..100).await.unwrap();
    for number in 0..100 {
        let mut claim = stage.claim(stage.a, 10 + number, 1);
        claim.version = stage.db.value("select max(id) from pgflow.version").await;
        assert_eq!(claimed(&stage.call(&claim).await.unwrap()).len(), 1);
    }
    stage.silence(stage.a).await;
    let sql = "select dead, runs, tasks from pgflow.recover(0, $1, 2)";
    let first: (i32, i32, i32) = sqlx::query_as(sql).bind(stage.b).fetch_one(&stage.db.pool()).await.unwrap();
    assert_eq!((first.0, first.2), (1, 2));
    assert!(first.1 <= 2, "{} runs of two claims of one run", first.1);
    stage.db.assert_sound().await;
}

#[tokio::test]
async fn two_claims_by_real_workers_never_take_one_run() {
    let db = TestDb::new().await;
    let workers = [
        db.worker().register(double::Workflow).start().await.unwrap(),
        db.worker().register(double::Workflow).start().await.unwrap(),
    ];
    let runs = db.client().start_many(double::Workflow, 0..2_000).await.unwrap();
    for (n, run) in (0..).zip(runs) {
        assert_eq!(run.output().await.unwrap(), n * 2);
    }
    for worker in workers {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}
