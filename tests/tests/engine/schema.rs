//! The schema itself: migrations, privileges, ids, the check of payloads.

use std::time::Duration;

use pgflow::{Client, RunFilter, StartOptions, Worker};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::*;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

async fn empty_database() -> (pgflow::embedded::TestDatabase, PgPool) {
    let postgres = pgflow::embedded::test_cluster().await.unwrap();
    let database = postgres.test_database(None).await.unwrap();
    let pool = PgPool::connect_with(database.connect_options()).await.unwrap();
    (database, pool)
}

#[tokio::test]
async fn many_migrators_at_once_make_one_schema() {
    let (_database, pool) = empty_database().await;
    let migrators: Vec<_> = (0..6)
        .map(|_| {
            tokio::spawn({
                let pool = pool.clone();
                async move { pgflow::migrate(&pool).await }
            })
        })
        .collect();
    for migrator in migrators {
        migrator.await.unwrap().unwrap();
    }
    let numbers: Vec<i32> =
        sqlx::query_scalar("select number from pgflow.migration order by 1").fetch_all(&pool).await.unwrap();
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations")).unwrap().count();
    assert_eq!(numbers.len(), files);
}

#[tokio::test]
async fn a_database_without_the_schema_is_refused_with_the_way_out() {
    let (database, pool) = empty_database().await;
    let error = Client::connect(&database.url()).await.unwrap_err();
    assert!(error.is_schema());
    assert!(error.to_string().contains("`pgflow::migrate`"), "{error}");
    let error = double::start(&Client::new(pool.clone()), 1).await.unwrap_err();
    assert!(error.is_schema(), "{error}");
    let error = Worker::builder(pool).migrate(false).register(double::Workflow).start().await.unwrap_err();
    assert!(error.is_schema(), "{error}");
}

#[tokio::test]
async fn a_newer_or_changed_schema_is_refused() {
    let db = TestDb::new().await;
    sqlx::raw_sql("insert into pgflow.migration values (9999, 'from_the_future', '', now())")
        .execute(&db.pool())
        .await
        .unwrap();
    let error = db.worker().register(double::Workflow).start().await.unwrap_err();
    assert!(error.is_schema());
    assert!(error.to_string().contains("is at migration 9999"), "{error}");
    sqlx::raw_sql(
        "delete from pgflow.migration where number = 9999; update pgflow.migration set checksum = 'x' where number = 3",
    )
    .execute(&db.pool())
    .await
    .unwrap();
    let error = pgflow::migrate(&db.pool()).await.unwrap_err();
    assert!(error.is_schema());
    assert!(
        error.to_string().contains("migration 3 (`0003_runs`) was applied to the database in another form"),
        "{error}"
    );
}

#[tokio::test]
async fn a_role_without_privileges_gets_a_sentence_and_leaves_nothing() {
    let (database, pool) = empty_database().await;
    let role = format!("nobody_{}", uuid::Uuid::new_v4().simple());
    let sql = format!("create role {role} login");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
    let options: PgConnectOptions = database.connect_options().username(&role);
    let limited = PgPool::connect_with(options).await.unwrap();
    let error = pgflow::migrate(&limited).await.unwrap_err();
    assert!(error.is_privilege(), "{error}");
    assert!(error.to_string().contains("pgflow.grant_to"), "{error}");
    let exists: bool = sqlx::query_scalar("select exists (select from pg_namespace where nspname = 'pgflow')")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(!exists);
}

#[tokio::test]
async fn a_granted_role_runs_workflows_without_rights_on_tables() {
    let db = TestDb::new().await;
    let role = format!("app_{}", uuid::Uuid::new_v4().simple());
    let sql = format!(
        "create role {role} login; select pgflow.grant_to('{role}', 'worker'), pgflow.grant_to('{role}', 'client'), pgflow.grant_to('{role}', 'reader')"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&db.pool()).await.unwrap();
    let options = PgConnectOptions::clone(&db.pool().connect_options()).username(&role);
    let pool = PgPool::connect_with(options).await.unwrap();
    let worker =
        Worker::builder(pool.clone()).register(chain3::Workflow).register(squares::Workflow).start().await.unwrap();
    let client = Client::new(pool.clone());
    assert_eq!(chain3::start(&client, 4).await.unwrap().output().await.unwrap(), "<50>");
    let run = squares::start(&client, 10).await.unwrap();
    assert_eq!(run.output().await.unwrap().count, 10);
    assert_eq!(run.steps().await.unwrap().len(), 3);
    // Whatever else a client does.
    let later = || StartOptions::new().start_after(Duration::from_secs(3600));
    let _superseded = chain3::start_with(&client, 1, later().supersede("one")).await.unwrap();
    let other = chain3::start_with(&client, 2, later().supersede("one")).await.unwrap();
    other.pause().await.unwrap();
    other.resume().await.unwrap();
    assert_eq!(client.cancel_all(RunFilter::new()).await.unwrap(), 1);
    assert_eq!(run.fork().from("sum").await.unwrap().output().await.unwrap().count, 10);
    assert!(other.cancel_attempt("first").await.unwrap_err().is_refused());
    assert_eq!(other.events().await.unwrap().last().unwrap().kind, "run_cancelled");
    let lock = pgflow::lock::Lock::of([<chain3::Workflow as pgflow::Workflow>::definition()]);
    client.check_deploy(&lock).await.unwrap();
    assert_eq!((client.runs(&RunFilter::new()).await.unwrap().len(), run.notes(0).await.unwrap().len()), (5, 0));
    let seen: (i64, i64) =
        sqlx::query_as("select (select count(status) from pgflow.runs), (select count(*) from pgflow.steps)")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(seen, (5, 15));
    worker.stop().await.unwrap();
    for table in ["run", "outcome", "ready", "claim", "worker", "key", "version"] {
        let sql = format!("select from pgflow.{table}");
        let error = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{table}: {error}");
    }
    let error = sqlx::raw_sql("select pgflow.grant_to('x', 'worker')").execute(&pool).await.unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
}

#[tokio::test]
async fn a_run_id_carries_its_time_and_bucket() {
    let db = TestDb::new().await;
    let (period, bucket, version): (i32, i32, i32) = sqlx::query_as(
        "select pgflow.period_of_run(id), pgflow.bucket_of_run(id), ('x' || substr(id::text, 15, 1))::bit(4)::int
         from pgflow.new_run_id(pgflow.run_id_prefix(37, '2030-05-06 23:59:59.999Z')) id",
    )
    .fetch_one(&db.pool())
    .await
    .unwrap();
    assert_eq!(
        (period, bucket, version),
        (db.value::<i32>("select date '2030-05-06' - date '1970-01-01'").await, 37, 7)
    );
}

#[tokio::test]
async fn the_clock_can_be_set() {
    let db = TestDb::new().await;
    let mut connection = db.pool().acquire().await.unwrap();
    sqlx::raw_sql("set pgflow.fake_now = '2031-02-03 04:05:06Z'").execute(&mut *connection).await.unwrap();
    let fake: bool =
        sqlx::query_scalar("select pgflow.now() = '2031-02-03 04:05:06Z'").fetch_one(&mut *connection).await.unwrap();
    assert!(fake);
}

#[tokio::test]
async fn runs_of_a_far_future_have_a_place() {
    let db = TestDb::new().await;
    let worker = db.worker().register(double::Workflow).start().await.unwrap();
    let mut connection = db.pool().acquire().await.unwrap();
    sqlx::raw_sql("set pgflow.fake_now = '2090-01-01'").execute(&mut *connection).await.unwrap();
    let id: uuid::Uuid =
        sqlx::query_scalar("select pgflow.start_run('double', '5')").fetch_one(&mut *connection).await.unwrap();
    assert_eq!(db.client().run(double::Workflow, id.into()).output().await.unwrap(), 10);
    worker.stop().await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome_default").await, 1);
}

#[tokio::test]
async fn the_schema_check_names_the_path() {
    let db = TestDb::new().await;
    let schema = r##"{"type": "object", "required": ["lines"], "properties": {"lines": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/Line"}},
        "kind": {"enum": ["a", "b"]}, "note": {"anyOf": [{"type": "string", "minLength": 2}, {"type": "null"}]}},
        "$defs": {"Line": {"type": "object", "required": ["qty"], "additionalProperties": false, "properties": {"qty": {"type": "integer", "minimum": 1}}}}}"##;
    for (value, problem) in [
        (r#"{"lines": [{"qty": 1}], "kind": "a", "note": null}"#, None),
        (r#"{"lines": [{"qty": 1}], "note": "ab"}"#, None),
        (r#"[]"#, Some("`input` is of type array, and object is wanted")),
        (r#"{}"#, Some("`input` has no `lines`")),
        (r#"{"lines": [{"qty": 1}, {"qty": 0}]}"#, Some("`input.lines[1].qty` is less than 1")),
        (r#"{"lines": [{"qty": 1.5}]}"#, Some("`input.lines[0].qty` is of type number, and integer is wanted")),
        (r#"{"lines": [{"qty": 1, "x": 2}]}"#, Some("`input.lines[0].x` is not allowed")),
        (r#"{"lines": [], "kind": "c"}"#, Some("`input.kind` is none of \"a\", \"b\"")),
        (r#"{"lines": [], "note": "a"}"#, Some("`input.note` is shorter than 2")),
        (r#"{"lines": [1, 2, 3, 4]}"#, Some("`input.lines` has more than 3 items")),
    ] {
        let found: Option<String> =
            sqlx::query_scalar("select pgflow.schema_problem($1::jsonb, $1::jsonb, $2::jsonb, 'input')")
                .bind(serde_json::from_str::<serde_json::Value>(schema).unwrap())
                .bind(serde_json::from_str::<serde_json::Value>(value).unwrap())
                .fetch_one(&db.pool())
                .await
                .unwrap();
        assert_eq!(found.as_deref(), problem, "{value}");
    }
}
