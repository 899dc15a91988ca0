//! What can be seen of runs and steps.

use pgflow::{RunFilter, RunStatus};
use pgflow_tests::TestDb;
use pgflow_tests::stress::Calls;
use pgflow_tests::wide::wide300;
use pgflow_tests::workflows::*;

#[tokio::test]
async fn runs_are_listed_newest_first_in_pages() {
    let db = TestDb::new().await;
    let client = db.client();
    let mut started = Vec::new();
    for n in 0..7 {
        started.push(double::start(&client, n).await.unwrap().id());
    }
    chain3::start(&client, 1).await.unwrap();
    let mut seen = Vec::new();
    let mut filter = RunFilter::new().workflow("double").limit(3);
    loop {
        let page = client.runs(&filter).await.unwrap();
        assert!(page.iter().all(|run| run.workflow == "double" && run.status == RunStatus::Scheduled));
        let Some(last) = page.last() else { break };
        filter = filter.after(last.id);
        seen.extend(page.iter().map(|run| run.id));
    }
    started.sort_unstable();
    started.reverse();
    assert_eq!(seen, started);
}

#[tokio::test]
async fn the_steps_of_a_run_say_how_they_stand() {
    let db = TestDb::new().await;
    let client = db.client();
    let run = squares::start(&client, 5).await.unwrap();
    let states = async || -> Vec<(String, String, Vec<String>)> {
        run.steps().await.unwrap().into_iter().map(|step| (step.step, step.status, step.waits_for)).collect()
    };
    let owned = |step: &str, status: &str, waits_for: &[&str]| {
        (step.to_owned(), status.to_owned(), waits_for.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        states().await,
        [
            owned("numbers", "ready", &[]),
            owned("square", "blocked", &["numbers"]),
            owned("sum", "blocked", &["square"])
        ]
    );
    let worker = db.worker().register(squares::Workflow).start().await.unwrap();
    run.output().await.unwrap();
    assert_eq!(
        states().await,
        [owned("numbers", "completed", &[]), owned("square", "completed", &[]), owned("sum", "completed", &[])]
    );
    let steps = run.steps().await.unwrap();
    assert_eq!((steps[1].items, steps[1].items_done), (Some(5), Some(5)));
    assert_eq!(steps[2].output, Some(serde_json::json!({"count": 5, "sum": 30, "in_order": true})));
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn the_steps_behind_a_failure_are_cancelled() {
    let db = TestDb::new().await;
    let worker = db.worker().register(trouble::Workflow).start().await.unwrap();
    let run = trouble::start(&db.client(), Trouble::Fatal).await.unwrap();
    run.output().await.unwrap_err();
    let states: Vec<(String, Option<String>)> =
        run.steps().await.unwrap().into_iter().map(|step| (step.status, step.error)).collect();
    assert_eq!(
        states,
        [
            ("completed".to_owned(), None),
            ("failed".to_owned(), Some("no use".to_owned())),
            ("cancelled".to_owned(), None)
        ]
    );
    worker.stop().await.unwrap();
}

/// History: runs of `double` that have ended long ago, of a hundred namespaces; of every forty, one has failed and one was of
/// `chain3`.
const HISTORY: &str = "
    with made as (
        insert into pgflow.run (bucket, period, id, version_id, checked, priority, created_at, queue, namespace, input)
        select 0, pgflow.period_of_run(i.id), i.id, case when n % 40 = 7 then c.id else d.id end, true, 0,
               pgflow.now() - n * interval '1 s', 'default', 'tenant ' || n % 100, '1'
        from generate_series($1::int, $2::int) n
        cross join lateral (select pgflow.new_run_id(pgflow.run_id_prefix(0, pgflow.now() - n * interval '1 s')) as id) i
        cross join (select v.id from pgflow.version v join pgflow.workflow w on w.id = v.workflow_id where w.name = 'double') d
        cross join (select v.id from pgflow.version v join pgflow.workflow w on w.id = v.workflow_id where w.name = 'chain3') c
        returning period, id, created_at
    )
    insert into pgflow.run_end (bucket, period, run_id, ended_at, status)
    select 0, m.period, m.id, m.created_at, (case when row_number() over (order by m.id) % 40 = 1 then 'f' else 'c' end)::\"char\"
    from made m";

/// How many pages of the server's memory it takes to list runs by several filters, from the newest on and from further back.
async fn pages_read(db: &TestDb) -> Vec<(&'static str, i64)> {
    let mut connection = db.pool().acquire().await.unwrap();
    let far: uuid::Uuid = sqlx::query_scalar("select id from pgflow.run order by id desc offset 500 limit 1")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    let mut read = Vec::new();
    for (what, workflow, status, namespace) in [
        ("all", None, None, None),
        ("of a workflow", Some("double"), None, None),
        ("of a rare workflow", Some("chain3"), None, None),
        ("of a namespace", None, None, Some("tenant 7")),
        ("completed", None, Some("completed"), None),
        ("failed", None, Some("failed"), None),
        ("cancelled", None, Some("cancelled"), None),
        ("running", None, Some("running"), None),
        ("live, of a namespace", None, Some("live"), Some("tenant 7")),
        ("failed, of a workflow", Some("double"), Some("failed"), None),
    ] {
        for after in [None, Some(far)] {
            let plan: serde_json::Value = sqlx::query_scalar(
                "explain (analyze, buffers, timing off, format json)
                 select count(*) from pgflow.describe_runs(pgflow.page_of_runs(0, $1, $2, $3, $4, 50))",
            )
            .bind(workflow)
            .bind(status)
            .bind(namespace)
            .bind(after)
            .fetch_one(&mut *connection)
            .await
            .unwrap();
            let pages = |key: &str| plan[0]["Plan"][key].as_i64().unwrap();
            read.push((what, pages("Shared Hit Blocks") + pages("Shared Read Blocks")));
        }
    }
    read
}

#[tokio::test]
async fn a_page_of_runs_reads_as_much_however_long_the_history_is() {
    let db = TestDb::new().await;
    let client = db.client();
    double::start(&client, 1).await.unwrap();
    chain3::start(&client, 1).await.unwrap();
    let add = async |from: i32, to: i32| {
        sqlx::query(HISTORY).bind(from).bind(to).execute(&db.pool()).await.unwrap();
    };
    add(1, 3_000).await;
    let few = pages_read(&db).await;
    add(3_001, 30_000).await;
    let many = pages_read(&db).await;
    for ((what, few), (_, many)) in few.iter().zip(&many) {
        assert!(*many <= 2 * few + 100 && *many < 3_000, "{what}: {few} pages, and {many} with ten times as many runs");
    }
}

#[tokio::test]
async fn every_filter_finds_what_it_says_and_pages_go_on_where_they_ended() {
    let db = TestDb::new().await;
    let client = db.client();
    double::start(&client, 1).await.unwrap();
    chain3::start(&client, 1).await.unwrap();
    sqlx::query(HISTORY).bind(1).bind(3_000).execute(&db.pool()).await.unwrap();
    let paged = async |filter: RunFilter| {
        let mut seen = Vec::new();
        let mut filter = filter.limit(700);
        loop {
            let page = client.runs(&filter).await.unwrap();
            let Some(last) = page.last() else { break };
            filter = filter.after(last.id);
            seen.extend(page.into_iter().map(|run| run.id.as_uuid()));
        }
        seen
    };
    for (workflow, status, namespace) in [
        (None, None, None),
        (Some("double"), None, None),
        (Some("chain3"), None, None),
        (None, Some(RunStatus::Scheduled), None),
        (None, Some(RunStatus::Completed), None),
        (None, Some(RunStatus::Failed), None),
        (Some("double"), Some(RunStatus::Failed), None),
        (None, None, Some("tenant 7")),
        (Some("chain3"), None, Some("tenant 7")),
        (Some("double"), Some(RunStatus::Completed), Some("tenant 7")),
        (None, None, Some("")),
        (Some("none"), None, None),
    ] {
        let mut filter = RunFilter::new();
        if let Some(workflow) = workflow {
            filter = filter.workflow(workflow);
        }
        if let Some(status) = status {
            filter = filter.status(status);
        }
        if let Some(namespace) = namespace {
            filter = filter.namespace(namespace);
        }
        let all: Vec<uuid::Uuid> = sqlx::query_scalar(
            "select run_id from pgflow.runs
             where ($1::text is null or workflow = $1) and ($2::text is null or status = $2) and ($3::text is null or namespace = $3)
             order by run_id desc",
        )
        .bind(workflow)
        .bind(status.map(RunStatus::as_str))
        .bind(namespace)
        .fetch_all(&db.pool())
        .await
        .unwrap();
        assert_eq!(paged(filter).await, all, "{workflow:?} {status:?} {namespace:?}");
        assert_eq!(all.is_empty(), workflow == Some("none"));
    }
}

#[tokio::test]
async fn the_steps_of_a_wide_run_are_read_in_one_go() {
    let db = TestDb::new().await;
    for statement in Calls::TABLES.split_inclusive(';') {
        sqlx::query(statement).execute(&db.pool()).await.unwrap();
    }
    let worker = db.worker().register(wide300::Workflow.with_state(Calls(db.pool()))).start().await.unwrap();
    let run = wide300::start(&db.client(), 1).await.unwrap();
    run.output().await.unwrap();
    worker.stop().await.unwrap();
    let plan: serde_json::Value = sqlx::query_scalar(
        "explain (analyze, buffers, timing off, format json) select count(*) from pgflow.run_steps($1)",
    )
    .bind(run.id().as_uuid())
    .fetch_one(&db.pool())
    .await
    .unwrap();
    let pages = plan[0]["Plan"]["Shared Hit Blocks"].as_i64().unwrap();
    assert!(pages < 300 * 10, "{pages} pages for 301 steps");
}
