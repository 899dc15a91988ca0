//! How long ended runs are kept.

use std::time::{Duration, SystemTime};

use pgflow::{RunFilter, RunStatus, StartOptions};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::{double, squares};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Ages the ends of all runs by so many days.
async fn age(db: &TestDb, days: i32) {
    let sql = "update pgflow.run_end set ended_at = ended_at - $1 * interval '1 day'";
    sqlx::query(sql).bind(days).execute(&db.pool()).await.unwrap();
}

async fn prune(db: &TestDb) -> i32 {
    let sql = "select removed, more from pgflow.prune_expired(0, 1000)";
    let (removed, more): (i32, bool) = sqlx::query_as(sql).fetch_one(&db.pool()).await.unwrap();
    assert!(!more);
    removed
}

/// Lets the next pass begin, as it does an hour later.
async fn an_hour_later(db: &TestDb) {
    sqlx::query("update pgflow.pruning set passed_at = '-infinity'").execute(&db.pool()).await.unwrap();
}

#[tokio::test]
async fn ended_runs_are_kept_as_long_as_their_workflow_and_status_say() {
    let db = TestDb::new().await;
    let client = db.client();
    let worker = db.worker().register(double::Workflow).register(squares::Workflow).start().await.unwrap();
    let keyed = || StartOptions::new().idempotency_key("k");
    let first = double::start_with(&client, 1, keyed()).await.unwrap();
    first.output().await.unwrap();
    let wide = squares::start(&client, 3).await.unwrap();
    wide.output().await.unwrap();
    worker.stop().await.unwrap();
    let cancelled = double::start(&client, 1).await.unwrap();
    cancelled.cancel().await.unwrap();
    let waiting = double::start(&client, 1).await.unwrap();
    // They were started today: their ends alone make them old.
    age(&db, 10).await;

    assert_eq!(prune(&db).await, 0, "without an entry they are kept for ever");
    client.set_retention(None, RunStatus::Completed, Some(5 * DAY)).await.unwrap();
    client.set_retention(Some("squares"), RunStatus::Completed, Some(20 * DAY)).await.unwrap();
    let listed: Vec<(Option<String>, String)> =
        sqlx::query_as("select workflow, status from pgflow.retentions order by 1 nulls first")
            .fetch_all(&db.pool())
            .await
            .unwrap();
    assert_eq!(listed, [(None, "completed".to_owned()), (Some("squares".to_owned()), "completed".to_owned())]);
    // Periods younger than the shortest retention are not even looked at.
    client.set_retention(Some("double"), RunStatus::Failed, Some(Duration::ZERO)).await.unwrap();
    assert_eq!(prune(&db).await, 1, "the run of `double` that has completed");
    assert!(first.status().await.unwrap_err().is_unknown_run());
    assert_eq!(cancelled.status().await.unwrap(), RunStatus::Cancelled);
    assert_eq!(wide.status().await.unwrap(), RunStatus::Completed);
    assert_eq!(waiting.status().await.unwrap(), RunStatus::Scheduled);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome").await, 5, "those of the other run");
    // The key went with its run, and is another run's from now on.
    assert_ne!(double::start_with(&client, 1, keyed()).await.unwrap().id(), first.id());

    client.set_retention(Some("squares"), RunStatus::Completed, None).await.unwrap();
    client.set_retention(None, RunStatus::Cancelled, Some(Duration::ZERO)).await.unwrap();
    assert_eq!(prune(&db).await, 0, "the last pass was just now");
    an_hour_later(&db).await;
    assert_eq!(prune(&db).await, 2);
    let error = client.set_retention(None, RunStatus::Running, None).await.unwrap_err();
    assert_eq!(error.to_string(), "runs do not end as running: they have no retention");
    let error = client.set_retention(Some("nothing"), RunStatus::Failed, None).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no workflow `nothing`");
    db.assert_sound().await;
}

#[tokio::test]
async fn a_run_that_somebody_resumes_is_not_removed() {
    let db = TestDb::new().await;
    let run = double::start(&db.client(), 1).await.unwrap();
    run.cancel().await.unwrap();
    sqlx::query("update pgflow.run_end set status = 'f', error = 'played'").execute(&db.pool()).await.unwrap();
    let mut resuming = db.pool().begin().await.unwrap();
    sqlx::query("select pgflow.resume_run($1)").bind(run.id().as_uuid()).execute(&mut *resuming).await.unwrap();
    let remove = || async {
        let remove = sqlx::query_scalar::<_, i32>("select pgflow.remove_runs(0, array[$1], null)");
        remove.bind(run.id().as_uuid()).fetch_one(&db.pool()).await.unwrap()
    };
    assert_eq!(remove().await, 0, "it is locked");
    resuming.commit().await.unwrap();
    assert_eq!(remove().await, 0, "it has no end any more");
    assert_eq!(run.status().await.unwrap(), RunStatus::Running);
    db.assert_sound().await;
}

#[tokio::test]
async fn people_remove_runs_by_filter() {
    let db = TestDb::new().await;
    let client = db.client();
    let runs = client.start_many(double::Workflow, 0..700).await.unwrap();
    client.cancel_all(RunFilter::new()).await.unwrap();
    let waiting = double::start(&client, 1).await.unwrap();
    let all = RunFilter::new().workflow("double");
    assert_eq!(client.prune(&all, SystemTime::now() - DAY).await.unwrap(), 0);
    assert!(client.prune(&all.clone().status(RunStatus::Running), SystemTime::now()).await.is_err());
    assert_eq!(client.prune(&all.clone().status(RunStatus::Failed), SystemTime::now() + DAY).await.unwrap(), 0);
    assert_eq!(client.prune(&all, SystemTime::now() + DAY).await.unwrap(), 700);
    assert!(runs[0].status().await.unwrap_err().is_unknown_run());
    assert_eq!(waiting.status().await.unwrap(), RunStatus::Scheduled);
    db.assert_sound().await;
}

/// Starts a run of `double` in January 2020, and gives it an end then or not.
async fn in_2020(db: &TestDb, key: &str, ends: bool) {
    let mut then = db.pool().begin().await.unwrap();
    sqlx::query("set local pgflow.fake_now = '2020-01-15 12:00:00+00'").execute(&mut *then).await.unwrap();
    sqlx::query("select pgflow.ensure_partitions(pgflow.now(), 1)").execute(&mut *then).await.unwrap();
    let run: uuid::Uuid =
        sqlx::query_scalar("select pgflow.start_run('double', '1', $1)").bind(key).fetch_one(&mut *then).await.unwrap();
    if ends {
        sqlx::query("select pgflow.cancel_run($1)").bind(run).execute(&mut *then).await.unwrap();
    }
    then.commit().await.unwrap();
}

async fn drop_month(db: &TestDb) -> Option<String> {
    sqlx::query_scalar("select pgflow.drop_month()").fetch_one(&db.pool()).await.unwrap()
}

#[tokio::test]
async fn a_month_of_which_nothing_is_to_be_kept_is_dropped_as_a_whole() {
    let db = TestDb::new().await;
    let client = db.client();
    double::start(&client, 1).await.unwrap();
    in_2020(&db, "a", true).await;
    in_2020(&db, "b", false).await;
    assert_eq!(drop_month(&db).await, None, "nothing is said of how long runs are kept");
    client.set_retention(None, RunStatus::Cancelled, Some(30 * DAY)).await.unwrap();
    assert_eq!(drop_month(&db).await, None, "a run of it has not ended");
    client.cancel_all(RunFilter::new()).await.unwrap();
    assert_eq!(drop_month(&db).await, None, "a run of it ended today");
    age(&db, 40).await;
    client.set_retention(Some("double"), RunStatus::Cancelled, Some(400_000 * DAY)).await.unwrap();
    assert_eq!(drop_month(&db).await, None, "its workflow is kept for longer");
    client.set_retention(Some("double"), RunStatus::Cancelled, None).await.unwrap();

    // Somebody reads the runs: the drop does not wait for long, and comes again.
    let mut reading = db.pool().begin().await.unwrap();
    sqlx::query("select count(*) from pgflow.run").execute(&mut *reading).await.unwrap();
    let refused = sqlx::query("select pgflow.drop_month()").execute(&db.pool()).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "55P03");
    reading.rollback().await.unwrap();
    // The one that gave up may still have its locks for a moment.
    let mut dropped = drop_month(&db).await;
    for _ in 0..1_000 {
        if dropped.is_some() {
            break;
        }
        dropped = drop_month(&db).await;
    }
    assert_eq!(dropped.as_deref(), Some("2020-01"));
    assert_eq!(drop_month(&db).await, None);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 1);
    assert_eq!(db.value::<i64>("select count(*) from pg_class where relname like '%2020_01%'").await, 0);
    assert_eq!(db.value::<i32>("select pgflow.forget_keys(0, 100)").await, 2);
}

#[tokio::test]
async fn workers_see_to_it() {
    let db = TestDb::new().await;
    let client = db.client();
    double::start(&client, 1).await.unwrap().cancel().await.unwrap();
    in_2020(&db, "a", true).await;
    client.set_retention(None, RunStatus::Cancelled, Some(Duration::ZERO)).await.unwrap();
    let worker = db.worker().register(double::Workflow).start().await.unwrap();
    db.until("select count(*) = 0 from pgflow.run").await;
    db.until("select count(*) = 0 from pgflow.key").await;
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_run_whose_key_somebody_is_superseding_is_left_for_later() {
    let db = TestDb::new().await;
    let options = pgflow::StartOptions::new().supersede("k");
    let run = double::start_with(&db.client(), 1, options).await.unwrap();
    run.cancel().await.unwrap();
    let mut superseding = db.pool().begin().await.unwrap();
    sqlx::query("select from pgflow.latest for update").execute(&mut *superseding).await.unwrap();
    let remove = || async {
        let remove = sqlx::query_scalar::<_, i32>("select pgflow.remove_runs(0, array[$1], null)");
        remove.bind(run.id().as_uuid()).fetch_one(&db.pool()).await.unwrap()
    };
    assert_eq!(remove().await, 0, "it does not wait with the run in its hands");
    superseding.rollback().await.unwrap();
    assert_eq!(remove().await, 1);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.latest").await, 0);
}

#[tokio::test]
async fn however_long_runs_are_to_be_kept_nothing_is_out_of_range() {
    let db = TestDb::new().await;
    let client = db.client();
    client.set_retention(None, RunStatus::Failed, Some(Duration::MAX)).await.unwrap();
    client.set_retention(None, RunStatus::Cancelled, Some(Duration::ZERO)).await.unwrap();
    double::start(&client, 1).await.unwrap().cancel().await.unwrap();
    assert_eq!(prune(&db).await, 1);
    assert_eq!(drop_month(&db).await, None);
}

#[tokio::test]
async fn marks_and_messages_go_with_their_run_once_nobody_has_them() {
    let db = TestDb::new().await;
    let run = double::start(&db.client(), 1).await.unwrap();
    run.cancel().await.unwrap();
    sqlx::raw_sql(
        "insert into pgflow.mark (bucket, run_id, index, step, attempt, alone) select 0, id, -1, 0, 1, false from pgflow.run;
         insert into pgflow.inbox (bucket, run_id, sent_at, kind) select 0, id, pgflow.now(), 'x' from pgflow.run",
    )
    .execute(&db.pool())
    .await
    .unwrap();
    let remove = || async {
        let remove = sqlx::query_scalar::<_, i32>("select pgflow.remove_runs(0, array[$1], null)");
        remove.bind(run.id().as_uuid()).fetch_one(&db.pool()).await.unwrap()
    };
    // Whoever acts upon the run has its marks before he locks it.
    let mut acting = db.pool().begin().await.unwrap();
    sqlx::query("select from pgflow.mark for update").execute(&mut *acting).await.unwrap();
    assert_eq!(remove().await, 0, "it does not wait");
    acting.rollback().await.unwrap();
    assert_eq!(remove().await, 1);
    let left = "select (select count(*) from pgflow.mark) + (select count(*) from pgflow.inbox)";
    assert_eq!(db.value::<i64>(left).await, 0);
}

/// The month of now, as the name of its partitions ends.
async fn this_month(db: &TestDb) -> String {
    db.value("select to_char(pgflow.now() at time zone 'UTC', 'YYYY_MM')").await
}

/// Drops the partitions of the month of now: as if nobody had made them before it began.
async fn forget_this_month(db: &TestDb) {
    let month = this_month(db).await;
    let tables: Vec<String> = db.value("select pgflow.history_tables()").await;
    for table in tables {
        let drop = format!("drop table pgflow.{table}_{month}");
        sqlx::query(sqlx::AssertSqlSafe(drop)).execute(&db.pool()).await.unwrap();
    }
}

#[tokio::test]
async fn a_month_in_which_runs_were_started_before_any_worker_was_there_is_made_with_them() {
    let db = TestDb::new().await;
    forget_this_month(&db).await;
    let run = double::start(&db.client(), 4).await.unwrap();
    let worker = db.worker().register(double::Workflow).start().await.unwrap();
    run.output().await.unwrap();
    let month = format!("pgflow.run_{}", this_month(&db).await);
    db.until("select count(*) = 0 from pgflow.run_default").await;
    assert_eq!(db.value::<String>("select tableoid::regclass::text from pgflow.run").await, month);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn what_is_old_goes_though_a_month_cannot_be_made_and_workers_are_not_forgotten() {
    let db = TestDb::new().await;
    let client = db.client();
    forget_this_month(&db).await;
    let cancelled = double::start(&client, 1).await.unwrap();
    cancelled.cancel().await.unwrap();
    let waiting = double::start(&client, 1).await.unwrap();
    // So much stands in the default partition that it stays there; and a part of housekeeping fails each time.
    sqlx::raw_sql(
        "insert into pgflow.note (bucket, period, run_id, at, step, index, attempt)
         select 0, r.period, r.id, pgflow.now(), 0, -1, 1
         from pgflow.run r join pgflow.ready q on q.run_id = r.id, generate_series(1, 10001);
         create or replace function pgflow.forget_workers(p_bucket int, p_age interval) returns int
         language plpgsql volatile security definer set search_path = pgflow, pg_temp
         as $$ begin raise exception 'nobody is forgotten'; end $$",
    )
    .execute(&db.pool())
    .await
    .unwrap();
    in_2020(&db, "a", true).await;
    client.set_retention(None, RunStatus::Cancelled, Some(Duration::ZERO)).await.unwrap();
    let worker = db.worker().register(squares::Workflow).start().await.unwrap();
    db.until("select count(*) = 1 from pgflow.run").await;
    db.until("select to_regclass('pgflow.run_2020_01') is null and count(*) = 0 from pgflow.key").await;
    assert!(cancelled.status().await.unwrap_err().is_unknown_run());
    assert_eq!(waiting.status().await.unwrap(), RunStatus::Scheduled);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run_default").await, 1);
    worker.stop().await.unwrap();
    db.assert_sound().await;
}
