//! Runs to the right result.

use pgflow::RunStatus;
use pgflow_tests::TestDb;
use pgflow_tests::workflows::*;

#[tokio::test]
async fn a_chain_ends_with_the_output_of_its_last_step() {
    let db = TestDb::new().await;
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    let run = chain3::start(&db.client(), 4).await.unwrap();
    assert_eq!(run.output().await.unwrap(), "<50>");
    assert_eq!(run.status().await.unwrap(), RunStatus::Completed);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_diamond_joins_once() {
    let db = TestDb::new().await;
    let worker = db.worker().register(diamond::Workflow).start().await.unwrap();
    let runs = db.client().start_many(diamond::Workflow, 0..50).await.unwrap();
    for (n, run) in (0..).zip(&runs) {
        assert_eq!(run.output().await.unwrap(), (n + 1) * (n + 2));
    }
    worker.stop().await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome").await, 50 * 4);
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_map_gives_its_outputs_in_order() {
    let db = TestDb::new().await;
    let worker = db.worker().register(squares::Workflow).start().await.unwrap();
    let run = squares::start(&db.client(), 1_000).await.unwrap();
    assert_eq!(run.output().await.unwrap(), Sum { count: 1_000, sum: (0..1_000).map(|n| n * n).sum(), in_order: true });
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn an_empty_list_flows_through_maps() {
    let db = TestDb::new().await;
    let worker = db.worker().register(nothing::Workflow).start().await.unwrap();
    let client = db.client();
    assert_eq!(nothing::start(&client, Vec::new()).await.unwrap().output().await.unwrap(), 0);
    assert_eq!(nothing::start(&client, vec![7, 8, 9]).await.unwrap().output().await.unwrap(), 3);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn many_runs_of_several_workflows_share_a_worker() {
    let db = TestDb::new().await;
    let worker = db
        .worker()
        .register(double::Workflow)
        .register(chain3::Workflow)
        .register(chain40::Workflow)
        .concurrency(10)
        .start()
        .await
        .unwrap();
    let client = db.client();
    let doubles = client.start_many(double::Workflow, 0..2_000).await.unwrap();
    let chains = client.start_many(chain40::Workflow, 0..20).await.unwrap();
    let short = chain3::start(&client, 0).await.unwrap();
    assert_eq!(short.output().await.unwrap(), "<10>");
    for (n, run) in (0..).zip(&chains) {
        assert_eq!(run.output().await.unwrap(), n + 40);
    }
    for (n, run) in (0..).zip(&doubles) {
        assert_eq!(run.output().await.unwrap(), n * 2);
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_workflow_has_the_state_it_was_registered_with() {
    let db = TestDb::new().await;
    let worker = db.worker().register(stateful::Workflow.with_state(Counter(5.into()))).start().await.unwrap();
    assert_eq!(stateful::start(&db.client(), ()).await.unwrap().output().await.unwrap(), 6);
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_stopped_worker_hands_its_runs_on() {
    let db = TestDb::new().await;
    let client = db.client();
    let first = db.worker().register(slow_chain::Workflow).start().await.unwrap();
    let runs = client.start_many(slow_chain::Workflow, [150; 20]).await.unwrap();
    db.until("select count(*) > 0 from pgflow.outcome").await;
    first.stop().await.unwrap();
    db.assert_sound().await;
    assert_eq!(db.value::<i64>("select count(*) from pgflow.claim where cardinality(runs) > 0").await, 0);
    assert!(db.value::<bool>("select bool_and(stopped) from pgflow.worker").await);
    assert_eq!(db.value::<i64>("select coalesce(sum(crashes), 0) from pgflow.run").await, 0);

    let second = db.worker().register(slow_chain::Workflow).start().await.unwrap();
    for run in &runs {
        assert_eq!(run.output().await.unwrap(), 5);
    }
    second.stop().await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome").await, 20 * 5);
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_map_is_shared_between_workers() {
    let db = TestDb::new().await;
    let slow = || db.worker().register(slow_map::Workflow).concurrency(8).start();
    let (first, second) = (slow().await.unwrap(), slow().await.unwrap());
    // Both know of each other once they have beaten.
    db.until("select count(*) = 2 and bool_and(beat_at > started_at) from pgflow.worker").await;
    let run = slow_map::start(&db.client(), (2_000, 2)).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 2_000);
    first.stop().await.unwrap();
    second.stop().await.unwrap();
    let workers: i64 = db.value("select count(distinct worker_id) from pgflow.outcome").await;
    assert_eq!(workers, 2, "both have done a part of the map");
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome").await, 2_002);
    db.assert_all_ended().await;
}
