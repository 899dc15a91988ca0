//! Starts with one key, and registrations, at once.

use pgflow::{StartOptions, Workflow as _};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::{chain3, double};
use uuid::Uuid;

use crate::stage::{Stage, Waiting};

const START: &str = "select pgflow.start_run('chain3', '1', 'the key')";

#[tokio::test]
async fn a_start_waits_for_another_one_with_its_key_and_gives_the_same_run() {
    let stage = Stage::chains(0).await;
    let mut first = stage.open().await;
    let winner: Uuid = sqlx::query_scalar(START).fetch_one(&mut *first).await.unwrap();
    let second = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        let done = sqlx::query_scalar::<_, Uuid>(START).fetch_one(&mut *open).await.unwrap();
        (open, done)
    })
    .await;
    first.commit().await.unwrap();
    let (open, other) = second.end().await;
    open.commit().await.unwrap();
    assert_eq!(other, winner);
    assert_eq!(stage.count("select count(*) from pgflow.run").await, 1);
    stage.db.assert_sound().await;
    stage.finish().await;
}

#[tokio::test]
async fn a_start_whose_rival_is_rolled_back_makes_the_run() {
    let stage = Stage::chains(0).await;
    let mut first = stage.open().await;
    let loser: Uuid = sqlx::query_scalar(START).fetch_one(&mut *first).await.unwrap();
    let second = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        let done = sqlx::query_scalar::<_, Uuid>(START).fetch_one(&mut *open).await.unwrap();
        (open, done)
    })
    .await;
    first.rollback().await.unwrap();
    let (open, run) = second.end().await;
    open.commit().await.unwrap();
    assert_ne!(run, loser);
    let found: Uuid = stage.db.value("select id from pgflow.run").await;
    assert_eq!(found, run);
    stage.db.assert_sound().await;
    stage.finish().await;
}

#[tokio::test]
async fn many_starts_with_one_key_are_one_run() {
    let db = TestDb::new().await;
    let starts: Vec<_> = (0..16)
        .map(|n| {
            let client = db.client();
            tokio::spawn(async move {
                let options = StartOptions::new().idempotency_key("one");
                client.start_with(double::Workflow, n, options).await.unwrap().id()
            })
        })
        .collect();
    let mut ids = Vec::new();
    for start in starts {
        ids.push(start.await.unwrap());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 1);
    db.assert_sound().await;
}

const REGISTER: &str = "select pgflow.register($1::jsonb, $2, array['a', 'b', 'c'])";

fn definition(hash: char) -> (String, String) {
    let definition = serde_json::to_string(&chain3::Workflow::definition()).unwrap();
    (definition, hash.to_string().repeat(64))
}

async fn register(connection: &mut sqlx::PgConnection, hash: char) -> i32 {
    let (definition, hash) = definition(hash);
    sqlx::query_scalar(REGISTER).bind(definition).bind(hash).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn two_registrations_of_one_version_at_once_are_one() {
    let stage = Stage::chains(0).await;
    let mut first = stage.open().await;
    let version = register(&mut first, 'a').await;
    let second = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        let done = register(&mut open, 'a').await;
        (open, done)
    })
    .await;
    first.commit().await.unwrap();
    let (open, other) = second.end().await;
    open.commit().await.unwrap();
    assert_eq!(version, other);
    assert_eq!(
        stage.count("select count(*) from pgflow.step where version_id = (select max(id) from pgflow.version)").await,
        3
    );
}

#[tokio::test]
async fn of_two_new_versions_at_once_the_later_becomes_current_and_both_exist() {
    let stage = Stage::chains(0).await;
    let mut first = stage.open().await;
    let one = register(&mut first, 'b').await;
    let second = Waiting::start(&stage, stage.open().await, move |mut open| async move {
        let done = register(&mut open, 'c').await;
        (open, done)
    })
    .await;
    first.commit().await.unwrap();
    let (open, two) = second.end().await;
    open.commit().await.unwrap();
    assert_ne!(one, two);
    assert_eq!(stage.db.value::<i32>("select current_version from pgflow.workflow where name = 'chain3'").await, two);
    // An old one that registers again moves nothing.
    register(&mut stage.db.pool().acquire().await.unwrap(), 'b').await;
    assert_eq!(stage.db.value::<i32>("select current_version from pgflow.workflow where name = 'chain3'").await, two);
}

#[tokio::test]
async fn many_registrations_of_a_workflow_that_is_new_are_one() {
    let db = TestDb::new().await;
    let starts: Vec<_> = (0..12)
        .map(|n| {
            let client = db.client();
            tokio::spawn(async move { client.start(double::Workflow, n).await.unwrap().id() })
        })
        .collect();
    for start in starts {
        start.await.unwrap();
    }
    assert_eq!(db.value::<i64>("select count(*) from pgflow.version").await, 1);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 12);
    db.assert_sound().await;
}
