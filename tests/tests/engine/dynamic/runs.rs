//! What runs of such workflows give.

use std::time::Duration;

use pgflow::dynamic::{HandlerCall, StepBuilder, WorkflowBuilder};
use pgflow::{RunStatus, StartOptions, StepContext, StepError};
use pgflow_tests::TestDb;
use serde_json::{Value, json};

use super::{echoes, one_step, output, statuses, sum, tools};

#[tokio::test]
async fn a_handler_is_given_the_input_outputs_and_its_item() {
    let db = TestDb::new().await;
    let client = db.client();
    let definition = WorkflowBuilder::new("all")
        .step(StepBuilder::new("first").handler("echo"))
        .step(StepBuilder::new("list").handler("echo").map_input(["list"]))
        .step(StepBuilder::new("three").handler("echo").map_fixed(3))
        .step(StepBuilder::new("again").handler("sum").map("list"))
        .step(StepBuilder::new("inner").handler("sum").map_path("first", ["input", "list"]))
        .step(StepBuilder::new("last").handler("echo").depends_on(["again", "inner"]).after(["three", "first"]))
        .build()
        .unwrap();
    client.create_workflow(&definition).await.unwrap();
    let worker = db.worker().handlers(tools()).start().await.unwrap();
    let run = client.start_by_name("all", &json!({ "list": [5, 7] })).await.unwrap();
    // Each takes the input, 12 in all; `again` an element of `list` besides, which is what that was given: 12 and its item.
    let input = json!({ "list": [5, 7] });
    assert_eq!(output(&run).await, json!({ "input": input, "again": [12 + 17, 12 + 19], "inner": [17, 19] }));
    let three: Vec<Value> = client_outputs(&db, "three").await;
    assert_eq!(three, (0..3).map(|n| json!({ "input": input, "item": n })).collect::<Vec<_>>());
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

async fn client_outputs(db: &TestDb, step: &str) -> Vec<Value> {
    sqlx::query_scalar(
        "select o.output from pgflow.outcome o join pgflow.run r on r.id = o.run_id
         join pgflow.step s on s.version_id = r.version_id and s.number = o.step where s.name = $1 order by o.index",
    )
    .bind(step)
    .fetch_all(&db.pool())
    .await
    .unwrap()
}

#[tokio::test]
async fn steps_are_skipped_by_conditions_with_others_and_when_exhausted() {
    let db = TestDb::new().await;
    let client = db.client();
    let definition = WorkflowBuilder::new("skips")
        .step(StepBuilder::new("gift").handler("echo").when(json!({ "input": { "gift": true } })))
        .step(StepBuilder::new("card").handler("echo").depends_on(["gift"]).skip_with(["gift"]))
        .step(StepBuilder::new("spare").handler("fail").skip_exhausted())
        .step(StepBuilder::new("odd").handler("odd_only").map_input(["list"]).skippable())
        .step(StepBuilder::new("large").handler("echo").depends_on(["odd"]).when(json!({ "odd": [3] })))
        .step(StepBuilder::new("end").handler("echo").depends_on(["card", "spare", "odd", "large"]))
        .build()
        .unwrap();
    client.create_workflow(&definition).await.unwrap();
    let worker = db.worker().handlers(tools()).start().await.unwrap();
    let none = client.start_by_name("skips", &json!({ "list": [1, 2] })).await.unwrap();
    assert_eq!(output(&none).await, json!({ "input": { "list": [1, 2] }, "odd": [1, null] }));
    let skipped = |name: &str| json!([name, "skipped"]);
    let done = |name: &str| json!([name, "completed"]);
    assert_eq!(
        statuses(&none).await,
        json!([skipped("gift"), skipped("card"), skipped("spare"), done("odd"), skipped("large"), done("end")])
    );
    let all = client.start_by_name("skips", &json!({ "gift": true, "list": [3] })).await.unwrap();
    assert_eq!(output(&all).await["large"]["odd"], json!([3]));
    assert!(output(&all).await["card"].is_object());

    // What is not declared to be skippable fails.
    let other = WorkflowBuilder::new("strict").step(StepBuilder::new("odd_only").map_input(["list"])).build().unwrap();
    client.create_workflow(&other).await.unwrap();
    let run = client.start_by_name("strict", &json!({ "list": [2] })).await.unwrap();
    let error = run.output().await.unwrap_err();
    assert!(error.is_run_failed() && error.to_string().contains("is not declared `skippable`"), "{error}");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn options_are_kept() {
    let db = TestDb::new().await;
    let client = db.client();
    let definition = WorkflowBuilder::new("options")
        .step(StepBuilder::new("flaky").max_attempts(3).backoff(Duration::from_millis(1)))
        .step(StepBuilder::new("slow").max_attempts(1).timeout(Duration::from_millis(20)).skip_exhausted())
        .step(StepBuilder::new("late").handler("echo").delay(Duration::from_millis(30)))
        .step(StepBuilder::new("elsewhere").handler("echo").queue("gpu"))
        .build()
        .unwrap();
    client.create_workflow(&definition).await.unwrap();
    let handlers = tools()
        .add("flaky", async |_: Value, ctx: StepContext| match ctx.attempt() {
            3 => Ok(ctx.attempt()),
            _ => Err(StepError::retry("not yet")),
        })
        .add_call("slow", async |_: HandlerCall| {
            std::future::pending::<()>().await;
            Ok(())
        });
    let own = db.worker().handlers(handlers.clone()).name("own").start().await.unwrap();
    let gpu = db.worker().handlers(handlers).queue("gpu").name("gpu").start().await.unwrap();
    let run = client.start_by_name("options", &1).await.unwrap();
    let output = output(&run).await;
    assert_eq!((&output["flaky"], &output["slow"]), (&json!(3), &Value::Null));
    let by: String = db
        .value(
            "select w.name from pgflow.outcome o join pgflow.worker w on w.id = o.worker_id
             join pgflow.run r on r.id = o.run_id join pgflow.step s on s.version_id = r.version_id and s.number = o.step
             where s.name = 'elsewhere'",
        )
        .await;
    assert_eq!(by, "gpu");
    for worker in [own, gpu] {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}

#[tokio::test]
async fn failures_say_what_is_wrong_with_a_payload() {
    let db = TestDb::new().await;
    let client = db.client();
    let definitions = [
        WorkflowBuilder::new("no_list").step(StepBuilder::new("echo").map_input(["order", "lines"])),
        WorkflowBuilder::new("no_number").step(StepBuilder::new("number")),
        WorkflowBuilder::new("failing").step(StepBuilder::new("fail")),
    ];
    for definition in definitions {
        client.create_workflow(&definition.build().unwrap()).await.unwrap();
    }
    #[derive(serde::Deserialize)]
    struct Number {
        input: u8,
    }
    let handlers = tools().add("number", async |taken: Number, _| Ok(taken.input));
    let worker = db.worker().handlers(handlers).start().await.unwrap();
    for (workflow, input, says) in [
        ("no_list", json!({ "order": {} }), "step `echo` maps over `input.order.lines`, which is not there"),
        ("no_list", json!({ "order": { "lines": 7 } }), "step `echo` maps over `input.order.lines`, which is no list"),
        ("no_number", json!("x"), "`arguments.input`: invalid type: string \"x\", expected u8"),
        ("failing", json!(7), "7 is wrong"),
    ] {
        let run = client.start_by_name(workflow, &input).await.unwrap();
        let error = run.output().await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn inputs_are_checked_and_starts_have_their_options() {
    let db = TestDb::new().await;
    let client = db.client();
    let definition = WorkflowBuilder::new("checked")
        .input(json!({ "type": "object", "required": ["n"], "properties": { "n": { "type": "integer" } } }))
        .step(StepBuilder::new("sum"))
        .build()
        .unwrap();
    client.create_workflow(&definition).await.unwrap();
    let error = client.start_by_name("checked", &json!({ "n": "x" })).await.unwrap_err();
    assert!(error.is_refused());
    assert!(error.to_string().contains("`input.n` is of type string, and integer is wanted"), "{error}");
    let error = client.start_by_name("chequed", &1).await.unwrap_err();
    assert!(error.to_string().starts_with("there is no workflow `chequed`"), "{error}");

    let key = || StartOptions::new().idempotency_key("k");
    let one = client.start_by_name_with("checked", &json!({ "n": 1 }), key()).await.unwrap();
    let same = client.start_by_name_with("checked", &json!({ "n": 2 }), key()).await.unwrap();
    assert_eq!(one.id(), same.id());
    let many = client.start_many_by_name("checked", (0..50).map(|n| json!({ "n": n })), StartOptions::new());
    let many = many.await.unwrap();
    let worker = db.worker().handlers(tools()).start().await.unwrap();
    assert_eq!(output(&one).await, json!(1));
    for (n, run) in many.iter().enumerate() {
        assert_eq!(output(run).await, json!(n));
    }
    // From SQL as well; and what is started can be cancelled, and looked at, by its id.
    let later: uuid::Uuid =
        db.value("select pgflow.start_run('checked', '{\"n\": 3}', p_start_at => now() + interval '1 day')").await;
    let later = client.run(pgflow::dynamic::Dynamic, later.into());
    later.cancel().await.unwrap();
    assert_eq!(later.status().await.unwrap(), RunStatus::Cancelled);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn long_wide_and_deep_graphs_are_executed() {
    let db = TestDb::new().await;
    let client = db.client();
    let chain = (0..120).map(|n| match n {
        0 => StepBuilder::new("s0").handler("sum"),
        n => StepBuilder::new(format!("s{n}")).handler("sum").depends_on([format!("s{}", n - 1)]),
    });
    let wide = (0..50).map(|n| StepBuilder::new(format!("w{n}")).handler("sum"));
    let join = StepBuilder::new("join").handler("sum").depends_on((0..50).map(|n| format!("w{n}")));
    let deep = (0..10).flat_map(|layer| {
        (0..5).map(move |n| {
            let before = (0..5).filter(|_| layer > 0).map(|other| format!("l{}_{other}", layer - 1));
            StepBuilder::new(format!("l{layer}_{n}")).handler("sum").depends_on(before)
        })
    });
    for definition in [
        WorkflowBuilder::new("chain").steps(chain),
        WorkflowBuilder::new("wide").steps(wide).step(join),
        WorkflowBuilder::new("deep").steps(deep),
    ] {
        client.create_workflow(&definition.build().unwrap()).await.unwrap();
    }
    let worker = db.worker().handlers(tools()).start().await.unwrap();
    let run = async |name: &str| output(&client.start_by_name(name, &1).await.unwrap()).await;
    assert_eq!(run("chain").await, json!(120));
    assert_eq!(run("wide").await, json!(51));
    assert_eq!(sum(&run("deep").await), 5 * (0..10).fold(0, |below, _| 1 + 5 * below));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_workflow_that_is_created_while_a_worker_works_is_noticed() {
    let db = TestDb::new().await;
    let client = db.client();
    let worker = db.worker().handlers(echoes(&["a", "b"])).start().await.unwrap();
    for (number, step) in ["a", "b"].into_iter().enumerate() {
        let name = format!("late{number}");
        client.create_workflow(&one_step(&name, step)).await.unwrap();
        let run = client.start_by_name(&name, &number).await.unwrap();
        assert_eq!(output(&run).await, json!({ "input": number }));
    }
    assert!(
        db.value::<bool>("select versions @> array(select id from pgflow.version) from pgflow.worker").await,
        "the worker says which versions it runs"
    );
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn what_a_handler_writes_is_committed_with_its_outcome() {
    let db = TestDb::new().await;
    let client = db.client();
    sqlx::query("create table booking (of text)").execute(&db.pool()).await.unwrap();
    client.create_workflow(&one_step("booked", "book")).await.unwrap();
    let handlers = pgflow::dynamic::Handlers::new().add_call("book", async |call: HandlerCall| {
        let mut tx = call.tx().await?;
        let attempt = call.context().attempt();
        sqlx::query("insert into booking values ($1)").bind(format!("attempt {attempt}")).execute(&mut *tx).await?;
        if attempt == 1 { Err(StepError::retry_after(Duration::ZERO, "once more")) } else { Ok(attempt) }
    });
    let worker = db.worker().handlers(handlers).start().await.unwrap();
    let run = client.start_by_name("booked", &1).await.unwrap();
    assert_eq!(output(&run).await, json!(2));
    assert_eq!(db.value::<String>("select string_agg(of, ',') from booking").await, "attempt 2");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
