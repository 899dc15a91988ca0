//! Starting runs: keys, transactions, SQL, bad input.

use std::time::{Duration, SystemTime};

use pgflow::{Client, RunStatus, StartOptions, Workflow as _};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::*;
use sqlx::{Connection as _, Row as _};

#[tokio::test]
async fn the_same_key_gives_the_same_run() {
    let db = TestDb::new().await;
    let client = db.client();
    let key = || StartOptions::new().idempotency_key("order-1");
    let first = double::start_with(&client, 1, key()).await.unwrap();
    let again = double::start_with(&client, 2, key()).await.unwrap();
    let other = chain3::start_with(&client, 1, key()).await.unwrap();
    assert_eq!(first.id(), again.id());
    assert_ne!(first.id(), other.id(), "keys belong to a workflow");
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 2);
    db.assert_sound().await;
}

#[tokio::test]
async fn a_race_over_a_key_starts_one_run() {
    let db = TestDb::new().await;
    let starts = (0..16).map(|n| {
        let client = Client::new(db.pool());
        tokio::spawn(async move {
            let options = StartOptions::new().idempotency_key("contended");
            double::start_with(&client, n, options).await.unwrap().id()
        })
    });
    let mut ids = Vec::new();
    for start in starts.collect::<Vec<_>>() {
        ids.push(start.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 1);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.ready").await, 1);
}

#[tokio::test]
async fn a_start_in_a_transaction_is_one_with_it() {
    let db = TestDb::new().await;
    let mut connection = db.pool().acquire().await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    double::start_in(&mut tx, 1).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 0);

    let mut tx = connection.begin().await.unwrap();
    let id = double::start_in(&mut tx, 21).await.unwrap();
    tx.commit().await.unwrap();
    let worker = db.worker().register(double::Workflow).start().await.unwrap();
    let run = db.client().run(double::Workflow, id);
    assert_eq!(run.output().await.unwrap(), 42);
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_start_refuses_other_isolation_levels() {
    let db = TestDb::new().await;
    let mut connection = db.pool().acquire().await.unwrap();
    let mut tx = connection.begin_with("begin isolation level repeatable read").await.unwrap();
    let error = double::start_in(&mut tx, 1).await.unwrap_err().to_string();
    assert!(error.contains("pgflow works in READ COMMITTED transactions, and this one is REPEATABLE READ"), "{error}");
}

#[tokio::test]
async fn a_run_can_be_started_from_sql() {
    let db = TestDb::new().await;
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    let id: uuid::Uuid = db.value("select pgflow.start_run('chain3', '4')").await;
    let run = db.client().run(chain3::Workflow, id.into());
    assert_eq!(run.output().await.unwrap(), "<50>");
    let keyed = "select pgflow.start_run('chain3', '4', p_key => 'k')";
    assert_eq!(db.value::<uuid::Uuid>(keyed).await, db.value::<uuid::Uuid>(keyed).await);
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_start_from_sql_checks_the_workflow_and_its_input() {
    let db = TestDb::new().await;
    let worker = db.worker().register(chain3::Workflow).register(trouble::Workflow).start().await.unwrap();
    let message = async |sql: &'static str| sqlx::query(sql).execute(&db.pool()).await.unwrap_err().to_string();
    assert!(message("select pgflow.start_run('chain4', '1')").await.contains("there is no workflow `chain4`"));
    assert!(
        message("select pgflow.start_run('chain3', '\"x\"')")
            .await
            .contains("the input does not fit workflow `chain3`: `input` is of type string, and integer is wanted")
    );
    assert!(
        message("select pgflow.start_run('trouble', '{\"FailUntil\": -1}')")
            .await
            .contains("`input.FailUntil` is less than 0")
    );
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 0, "nothing was begun");
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn an_input_that_only_the_worker_can_judge_ends_the_run() {
    let db = TestDb::new().await;
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    // Fits the part of the schema that SQL looks at, and no i64.
    let id: uuid::Uuid = db.value("select pgflow.start_run('chain3', '99999999999999999999')").await;
    let run = db.client().run(chain3::Workflow, id.into());
    let error = run.output().await.unwrap_err();
    assert!(error.is_run_failed());
    assert!(error.to_string().contains("failed: invalid input: `input`: "), "{error}");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn an_unknown_run_is_an_error() {
    let db = TestDb::new().await;
    let run = db.client().run(double::Workflow, uuid::Uuid::new_v4().into());
    assert!(run.output().await.unwrap_err().is_unknown_run());
    assert!(run.status().await.unwrap_err().is_unknown_run());
}

#[tokio::test]
async fn a_run_of_another_version_is_left_to_those_who_know_it() {
    let db = TestDb::new().await;
    let mut definition = double::definition();
    definition.steps[0].description = Some("documentation makes no version".to_owned());
    assert_eq!(definition.hash(), double::definition().hash());
    definition.input = serde_json::json!({"type": "string"});
    let contracts: Vec<String> = definition.steps.iter().map(|step| definition.contract(step)).collect();
    let version: i32 = sqlx::query("select pgflow.register($1, $2, $3)")
        .bind(sqlx::types::Json(&definition))
        .bind(definition.hash())
        .bind(contracts)
        .fetch_one(&db.pool())
        .await
        .unwrap()
        .get(0);
    let foreign: uuid::Uuid = db.value("select pgflow.start_run('double', '\"x\"')").await;
    let worker = db.worker().register(double::Workflow).start().await.unwrap();
    let run = double::start(&db.client(), 1).await.unwrap();
    assert_eq!(run.output().await.unwrap(), 2);
    let foreign = db.client().run(double::Workflow, foreign.into());
    let summary = foreign.summary().await.unwrap();
    assert_eq!((summary.status, summary.version), (RunStatus::Scheduled, version));
    worker.stop().await.unwrap();
    db.assert_sound().await;
}

#[tokio::test]
async fn the_current_version_is_moved_by_a_new_one_only() {
    let db = TestDb::new().await;
    let register = async |definition: &pgflow::Definition| -> i32 {
        let contracts: Vec<String> = definition.steps.iter().map(|step| definition.contract(step)).collect();
        sqlx::query_scalar("select pgflow.register($1, $2, $3)")
            .bind(sqlx::types::Json(definition))
            .bind(definition.hash())
            .bind(contracts)
            .fetch_one(&db.pool())
            .await
            .unwrap()
    };
    let old = double::definition();
    let mut new = old.clone();
    new.output = serde_json::json!({"type": "number"});
    let first = register(&old).await;
    let second = register(&new).await;
    assert_ne!(first, second);
    assert_eq!(register(&old).await, first);
    assert_eq!(db.value::<i32>("select current_version from pgflow.workflow").await, second);
    assert_eq!(double::Workflow::NAME, "double");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_said_at_once_and_why() {
    let url = "postgres://nobody@127.0.0.1:1/none";
    let error = Client::connect(url).await.unwrap_err();
    assert!(error.is_database());
    assert!(error.to_string().contains("while connecting"), "{error}");
    let pool = sqlx::PgPool::connect_lazy(url).unwrap();
    let started = std::time::Instant::now();
    let error = pgflow::Worker::builder(pool).register(double::Workflow).start().await.unwrap_err();
    assert!(error.to_string().contains("while connecting"), "{error}");
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "no pool was waited for");
    assert!(Client::connect("no url").await.is_err());
}

/// How long after its start the run's only step was recorded, in milliseconds.
const WAITED: &str = "select (extract(epoch from o.recorded_at - r.created_at) * 1000)::float8
                      from pgflow.run r join pgflow.outcome o on o.run_id = r.id";

#[tokio::test]
async fn a_run_begins_at_its_time_and_waits_without_a_slot() {
    let db = TestDb::new().await;
    let worker = db.worker().register(double::Workflow).concurrency(1).start().await.unwrap();
    let client = db.client();
    let later =
        double::start_with(&client, 1, StartOptions::new().start_after(Duration::from_millis(400))).await.unwrap();
    assert_eq!(later.status().await.unwrap(), RunStatus::Scheduled);
    assert_eq!(later.output().await.unwrap(), 2);
    assert!(db.value::<f64>(WAITED).await >= 400.0);

    // The next one waits, and the only slot is free for others meanwhile.
    let hour = SystemTime::now() + Duration::from_secs(3_600);
    let key = StartOptions::new().idempotency_key("tomorrow").start_at(hour);
    let waits = double::start_with(&client, 2, key.clone()).await.unwrap();
    assert_eq!(double::start(&client, 3).await.unwrap().output().await.unwrap(), 6);
    assert_eq!(waits.status().await.unwrap(), RunStatus::Scheduled);
    let ahead: f64 = db.value("select extract(epoch from available_at - pgflow.now())::float8 from pgflow.ready").await;
    assert!((3_590.0..=3_600.0).contains(&ahead), "{ahead}");
    // Its key gives it back, and changes nothing.
    let again = double::start_with(&client, 9, key.start_after(Duration::ZERO)).await.unwrap();
    assert_eq!(again.id(), waits.id());
    assert_eq!(waits.status().await.unwrap(), RunStatus::Scheduled);
    worker.stop().await.unwrap();
    db.assert_sound().await;
}

#[tokio::test]
async fn a_time_that_is_past_is_now_and_one_too_far_away_is_refused() {
    let db = TestDb::new().await;
    let client = db.client();
    let start = |options| double::start_with(&client, 1, options);
    start(StartOptions::new().start_at(SystemTime::UNIX_EPOCH - Duration::from_secs(9))).await.unwrap();
    start(StartOptions::new().start_at(SystemTime::now() - Duration::from_secs(9))).await.unwrap();
    db.client()
        .start_many_with(double::Workflow, [1, 2], StartOptions::new().start_after(Duration::ZERO))
        .await
        .unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.ready where due").await, 4);
    for options in [
        StartOptions::new().start_after(Duration::MAX),
        StartOptions::new().start_at(SystemTime::now() + Duration::from_secs(200 * 366 * 24 * 3_600)),
    ] {
        let error = start(options).await.unwrap_err().to_string();
        assert!(error.contains("more than a hundred years away"), "{error}");
    }
    db.value::<uuid::Uuid>("select pgflow.start_run('double', '4', p_start_at => now() + interval '1 day')").await;
    assert_eq!(db.value::<i64>("select count(*) from pgflow.ready where not due").await, 1);
    db.assert_sound().await;
}

/// Other workers look ahead with their beats; a start in a transaction counts from the transaction's commit or time, whichever is later.
#[tokio::test]
async fn a_worker_that_comes_later_finds_what_was_started_for_a_time() {
    let db = TestDb::new().await;
    let mut tx = db.pool().begin().await.unwrap();
    let options = StartOptions::new().start_after(Duration::from_millis(300));
    let id = pgflow::start_in(&mut tx, double::Workflow, 5, options).await.unwrap();
    tx.commit().await.unwrap();
    let worker = db.worker().register(double::Workflow).start().await.unwrap();
    assert_eq!(db.client().run(double::Workflow, id).output().await.unwrap(), 10);
    assert!(db.value::<f64>(WAITED).await >= 300.0);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// Of many starts at once with one key, in the place of one another, one is left.
#[tokio::test]
async fn a_start_takes_the_place_of_an_earlier_one_that_has_not_begun() {
    let db = TestDb::new().await;
    let client = db.client();
    let options = || StartOptions::new().supersede("report");
    let starts = (0..20).map(|n| {
        let client = client.clone();
        tokio::spawn(async move { double::start_with(&client, n, options()).await.unwrap() })
    });
    let mut runs = Vec::new();
    for start in starts.collect::<Vec<_>>() {
        runs.push(start.await.unwrap());
    }
    let other = double::start_with(&client, 100, StartOptions::new().supersede("other")).await.unwrap();
    let same_key = chain3::start_with(&client, 1, options()).await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.ready").await, 3);
    let worker = db.worker().register(double::Workflow).register(chain3::Workflow).start().await.unwrap();
    let (mut completed, mut cancelled) = (0, 0);
    for run in &runs {
        match run.output().await {
            Ok(_) => completed += 1,
            Err(error) => {
                assert!(error.to_string().contains("was cancelled: superseded by run "), "{error}");
                cancelled += 1;
            }
        }
    }
    assert_eq!((completed, cancelled), (1, 19));
    assert_eq!((other.output().await.unwrap(), same_key.output().await.unwrap()), (200, "<20>".to_owned()));
    // What has begun is left alone.
    let next = double::start_with(&client, 7, options()).await.unwrap();
    assert_eq!(next.output().await.unwrap(), 14);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_debounced_run_begins_when_nobody_starts_it_any_more_with_the_last_input() {
    let db = TestDb::new().await;
    let client = db.client();
    let worker = db.worker().register(double::Workflow).start().await.unwrap();
    let options = |quiet: u64| StartOptions::new().debounce("index", Duration::from_millis(quiet));
    let first = double::start_with(&client, 1, options(60_000)).await.unwrap();
    assert_eq!(first.status().await.unwrap(), RunStatus::Scheduled);
    let started = std::time::Instant::now();
    let second = double::start_with(&client, 2, options(400).priority(5)).await.unwrap();
    assert_eq!(second.id(), first.id());
    assert_eq!(second.output().await.unwrap(), 4, "the last input counts");
    assert!(started.elapsed() >= Duration::from_millis(400));
    let kinds: Vec<String> = first.events().await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["started", "debounce", "step_completed", "run_completed"]);
    let third = double::start_with(&client, 3, options(1)).await.unwrap();
    assert_ne!(third.id(), first.id());
    assert_eq!(third.output().await.unwrap(), 6);

    // From SQL as well, and beside a worker that takes the run.
    let by_sql = "select pgflow.start_run('double', '4', p_supersede => 'index', p_quiet => interval '1 ms')";
    let fourth: uuid::Uuid = db.value(by_sql).await;
    assert_eq!(client.run(double::Workflow, fourth.into()).output().await.unwrap(), 8);
    for n in 0..50 {
        double::start_with(&client, n, StartOptions::new().debounce("race", Duration::ZERO)).await.unwrap();
    }
    db.until(
        "select not exists (select from pgflow.ready) and not exists (select from pgflow.claim where runs <> '{}')",
    )
    .await;
    let last: String = db.value("select input::text from pgflow.run order by id desc limit 1").await;
    assert_eq!(last, "49");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_key_that_is_empty_or_too_long_is_refused_whatever_it_is_for() {
    let db = TestDb::new().await;
    let client = db.client();
    for key in [String::new(), "k".repeat(513)] {
        for options in [
            StartOptions::new().idempotency_key(&key),
            StartOptions::new().supersede(&key),
            StartOptions::new().debounce(&key, Duration::from_secs(1)),
        ] {
            double::start_with(&client, 1, options).await.unwrap_err();
        }
    }
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 0);
}
