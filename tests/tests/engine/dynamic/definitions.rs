//! Workflows are created, looked at, updated and deleted; and whoever cannot be run is told.

use std::sync::Arc;

use pgflow::dynamic::{HandlerCall, Handlers, StepBuilder, WorkflowBuilder};
use pgflow::{RunStatus, WorkflowFilter};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::double;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{echoes, one_step, output, tools};

/// Its name, what it depends on, what it takes, whether it is a map step, a last one, and takes the input; its handler.
type Step = (String, Vec<i16>, Vec<i16>, bool, bool, bool, String);

#[tokio::test]
async fn a_workflow_is_created_once_and_got_with_its_steps_and_edges() {
    let db = TestDb::new().await;
    let client = db.client();
    assert!(client.workflow("w").await.unwrap().is_none());
    let definition = WorkflowBuilder::new("w")
        .description("Some.")
        .step(StepBuilder::new("a").handler("x.y").max_attempts(7))
        .step(StepBuilder::new("b").depends_on(["a"]).map("a"))
        .build()
        .unwrap();
    let version = client.create_workflow(&definition).await.unwrap();
    assert_eq!(client.create_workflow(&definition).await.unwrap(), version, "the same again changes nothing");
    let error = client.create_workflow(&one_step("w", "a")).await.unwrap_err();
    assert!(error.is_refused());
    assert!(error.to_string().starts_with("there is a workflow `w` already"), "{error}");

    let found = client.workflow("w").await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.dynamic, found.version), ("w", true, version));
    assert_eq!((found.versions, found.live_runs), (1, Some(0)));
    assert_eq!(found.definition, definition);
    assert_eq!(found.hash, definition.hash(), "the database makes the hash as Rust does");
    let stored: Vec<Step> = sqlx::query_as(
        "select name, depends_on, takes, is_map, is_leaf, takes_input, handler from pgflow.step order by number",
    )
    .fetch_all(&db.pool())
    .await
    .unwrap();
    assert_eq!(
        stored,
        [
            ("a".to_owned(), vec![], vec![], false, false, true, "x.y".to_owned()),
            ("b".to_owned(), vec![0], vec![0], true, true, true, "b".to_owned())
        ]
    );
}

#[tokio::test]
async fn workflows_are_listed_the_newest_first() {
    let db = TestDb::new().await;
    let client = db.client();
    double::start(&client, 1).await.unwrap();
    for n in 0..5 {
        client.create_workflow(&one_step(&format!("w{n}"), "a")).await.unwrap();
    }
    let first = client.workflows(WorkflowFilter::new().limit(4)).await.unwrap();
    let names = |page: &[pgflow::WorkflowDetail]| page.iter().map(|w| w.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), ["w4", "w3", "w2", "w1"]);
    let second = client.workflows(WorkflowFilter::new().limit(4).after(first[3].id)).await.unwrap();
    assert_eq!(names(&second), ["w0", "double"]);
    assert_eq!((second[0].dynamic, second[1].dynamic), (true, false));
}

#[tokio::test]
async fn runs_keep_their_version_when_a_workflow_is_updated() {
    let db = TestDb::new().await;
    let client = db.client();
    let gate = Arc::new(Semaphore::new(0));
    let open = Arc::clone(&gate);
    let handlers = echoes(&["old", "new"]).add_call("wait", move |call: HandlerCall| {
        let gate = Arc::clone(&open);
        async move {
            gate.acquire().await.unwrap().forget();
            call.input::<Value>()
        }
    });
    let with = |step: &str| {
        WorkflowBuilder::new("w")
            .step(StepBuilder::new("wait"))
            .step(StepBuilder::new(step).depends_on(["wait"]))
            .build()
            .unwrap()
    };
    let error = client.update_workflow(&with("old")).await.unwrap_err();
    assert!(error.to_string().starts_with("there is no workflow `w`"), "{error}");
    let first = client.create_workflow(&with("old")).await.unwrap();
    let worker = db.worker().handlers(handlers).start().await.unwrap();
    let old = client.start_by_name("w", &1).await.unwrap();
    db.until("select count(*) > 0 from pgflow.claim where cardinality(runs) > 0").await;

    let second = client.update_workflow(&with("new")).await.unwrap();
    assert_ne!(first, second);
    let new = client.start_by_name("w", &2).await.unwrap();
    gate.add_permits(2);
    assert_eq!(output(&old).await, json!({ "input": 1, "wait": 1 }));
    assert_eq!(output(&new).await, json!({ "input": 2, "wait": 2 }));
    assert_eq!((old.summary().await.unwrap().version, new.summary().await.unwrap().version), (first, second));
    assert_eq!(old.steps().await.unwrap()[1].step, "old");

    // What it was before can come again; other options make no version, and hold at once.
    assert_eq!(client.update_workflow(&with("old")).await.unwrap(), first);
    assert_eq!(client.workflow("w").await.unwrap().unwrap().version, first);
    let patient = WorkflowBuilder::new("w")
        .step(StepBuilder::new("wait").max_attempts(9))
        .step(StepBuilder::new("old").depends_on(["wait"]))
        .build()
        .unwrap();
    assert_eq!(client.update_workflow(&patient).await.unwrap(), first);
    assert_eq!(client.workflow("w").await.unwrap().unwrap().definition, patient);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_workflow_is_deleted_alone_or_with_its_runs() {
    let db = TestDb::new().await;
    let client = db.client();
    assert!(!client.delete_workflow("w").await.unwrap(), "what is not there is no error");
    client.create_workflow(&one_step("w", "echo")).await.unwrap();
    assert!(client.delete_workflow("w").await.unwrap());
    assert!(client.workflow("w").await.unwrap().is_none());

    client.create_workflow(&one_step("w", "echo")).await.unwrap();
    client.create_workflow(&one_step("stuck", "stuck")).await.unwrap();
    client.create_workflow(&one_step("other", "echo")).await.unwrap();
    let handlers = tools().add_call("stuck", async |_: HandlerCall| {
        std::future::pending::<()>().await;
        Ok(())
    });
    let worker = db.worker().handlers(handlers).start().await.unwrap();
    let ended = client.start_by_name("w", &1).await.unwrap();
    output(&ended).await;
    let other = client.start_by_name("other", &1).await.unwrap();
    output(&other).await;
    let key = pgflow::StartOptions::new().idempotency_key("k").start_after(std::time::Duration::from_secs(3600));
    client.start_by_name_with("w", &1, key).await.unwrap();
    let error = client.delete_workflow("w").await.unwrap_err();
    assert!(error.is_refused());
    assert!(error.to_string().starts_with("workflow `w` has 1 runs that have not ended, and 1 that have"), "{error}");
    assert_eq!(client.delete_workflow_and_runs("w").await.unwrap(), 2);
    assert!(client.start_by_name("w", &1).await.unwrap_err().is_refused());
    assert!(client.run(pgflow::dynamic::Dynamic, ended.id()).status().await.unwrap_err().is_unknown_run());
    assert_eq!(other.status().await.unwrap(), RunStatus::Completed, "others are left alone");

    // One that a worker has is cancelled there.
    client.start_by_name("stuck", &1).await.unwrap();
    db.until("select count(*) > 0 from pgflow.claim where cardinality(runs) > 0").await;
    assert_eq!(client.delete_workflow_and_runs("stuck").await.unwrap(), 1);
    assert_eq!(client.delete_workflow_and_runs("stuck").await.unwrap(), 0);

    double::start(&client, 1).await.unwrap();
    let error = client.delete_workflow_and_runs("double").await.unwrap_err();
    assert!(error.to_string().starts_with("workflow `double` is declared by a program"), "{error}");
    worker.stop().await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.key").await, 0);
    db.assert_sound().await;
}

#[tokio::test]
async fn a_name_belongs_to_a_program_or_is_made_at_run_time() {
    let db = TestDb::new().await;
    let client = db.client();
    double::start(&client, 1).await.unwrap();
    for result in
        [client.create_workflow(&one_step("double", "a")).await, client.update_workflow(&one_step("double", "a")).await]
    {
        let error = result.unwrap_err();
        assert!(error.to_string().starts_with("workflow `double` is declared by a program"), "{error}");
    }
    let db = TestDb::new().await;
    db.client().create_workflow(&one_step("double", "a")).await.unwrap();
    let error = double::start(&db.client(), 1).await.unwrap_err();
    assert!(error.to_string().starts_with("workflow `double` was made at run time"), "{error}");
    let error = db.worker().register(double::Workflow).start().await.err().unwrap();
    assert!(error.is_refused(), "{error}");
}

#[tokio::test]
async fn each_worker_runs_what_it_has_all_handlers_of() {
    let db = TestDb::new().await;
    let client = db.client();
    let both =
        WorkflowBuilder::new("both").step(StepBuilder::new("left")).step(StepBuilder::new("right")).build().unwrap();
    for definition in [one_step("one", "left"), one_step("other", "right"), both] {
        client.create_workflow(&definition).await.unwrap();
    }
    let missing = async || {
        let missing = client.missing_handlers().await.unwrap();
        missing.iter().map(|m| json!([m.workflow, m.handler, m.live_runs, m.workers])).collect::<Value>()
    };
    assert_eq!(
        missing().await,
        json!([["both", "left", 0, 0], ["both", "right", 0, 0], ["one", "left", 0, 0], ["other", "right", 0, 0]]),
        "nobody has any"
    );
    let left = db.worker().handlers(echoes(&["left"])).name("left").start().await.unwrap();
    let right = db.worker().handlers(echoes(&["right"])).name("right").start().await.unwrap();
    let run = client.start_by_name("both", &1).await.unwrap();
    for (workflow, by) in [("one", "left"), ("other", "right")] {
        let run = client.start_by_name(workflow, &1).await.unwrap();
        output(&run).await;
        let name: String = sqlx::query_scalar(
            "select w.name from pgflow.outcome o join pgflow.worker w on w.id = o.worker_id where o.run_id = $1",
        )
        .bind(run.id().as_uuid())
        .fetch_one(&db.pool())
        .await
        .unwrap();
        assert_eq!(name, by);
    }
    assert_eq!(missing().await, json!([["both", "left", 1, 1], ["both", "right", 1, 1]]), "nobody has both");
    assert_eq!(run.status().await.unwrap(), RunStatus::Scheduled);
    let all = db.worker().handlers(echoes(&["left", "right"])).start().await.unwrap();
    assert_eq!(output(&run).await, json!({ "left": { "input": 1 }, "right": { "input": 1 } }));
    assert_eq!(missing().await, json!([]));
    for worker in [left, right, all] {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}

#[tokio::test]
async fn handlers_have_names_and_each_is_there_once() {
    let db = TestDb::new().await;
    for (handlers, says) in [
        (echoes(&["a b"]), "`a b` cannot be the name of a handler: a name is made of"),
        (echoes(&["a", "a"]), "handler `a` is added twice"),
        (echoes(&["a."]), "`a.` cannot be the name of a handler: a name is not empty"),
    ] {
        let error = db.worker().handlers(handlers).start().await.err().unwrap().to_string();
        assert!(error.starts_with(says), "{error}");
    }
    let error = db.worker().handlers(echoes(&["a"])).handlers(echoes(&["a"])).start().await.err().unwrap();
    assert_eq!(error.to_string(), "handler `a` is added twice");
    assert!(db.worker().handlers(Handlers::new()).start().await.is_err(), "it could run nothing");
}

#[tokio::test]
async fn a_start_and_a_deletion_exclude_each_other() {
    let db = TestDb::new().await;
    let client = db.client();
    client.create_workflow(&one_step("w", "a")).await.unwrap();
    let mut start = db.pool().begin().await.unwrap();
    sqlx::query("select pgflow.start_run('w', '1')").execute(&mut *start).await.unwrap();
    let deletion = tokio::spawn({
        let client = db.client();
        async move { client.delete_workflow("w").await }
    });
    db.until("select count(*) > 0 from pg_locks where not granted").await;
    start.commit().await.unwrap();
    assert!(deletion.await.unwrap().unwrap_err().is_refused(), "it waits for the start, and sees its run");

    let mut fork = db.pool().begin().await.unwrap();
    sqlx::query("select pgflow.fork_run((select id from pgflow.run))").execute(&mut *fork).await.unwrap();
    let deletion = tokio::spawn({
        let client = db.client();
        async move { client.delete_workflow_and_runs("w").await }
    });
    db.until("select count(*) > 0 from pg_locks where not granted").await;
    fork.commit().await.unwrap();
    assert_eq!(deletion.await.unwrap().unwrap(), 2, "a fork is a start");
    db.assert_all_ended().await;
}
