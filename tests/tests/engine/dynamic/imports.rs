//! Workflows and runs from elsewhere.

use pgflow::RunStatus;
use pgflow::dynamic::Dynamic;
use pgflow_tests::TestDb;
use pgflow_tests::workflows::double;
use serde_json::{Value, json};

use super::{output, statuses, tools};

fn workflow() -> Value {
    json!({
        "name": "orders",
        "input": { "type": "integer" },
        "steps": [
            { "name": "fetch", "handler": "echo", "output": { "type": ["object", "integer"] } },
            { "name": "each", "handler": "sum", "map": { "count": 3 } },
            { "name": "last", "handler": "echo", "depends_on": ["fetch", "each"] }
        ]
    })
}

/// What completed steps of a run say.
fn done(name: &str, output: Value) -> Value {
    json!({ "name": name, "status": "completed", "output": output })
}

fn items(outputs: &[i64]) -> Value {
    let items: Vec<Value> = outputs.iter().map(|n| json!({ "status": "completed", "output": n })).collect();
    json!({ "name": "each", "status": "completed", "items": items })
}

#[tokio::test]
async fn ended_runs_become_history_and_others_go_on_from_what_they_have() {
    let db = TestDb::new().await;
    let client = db.client();
    let part = json!({ "name": "each", "status": "running", "items": [null, { "status": "completed", "output": 70 }] });
    let document = json!({
        "workflows": [workflow()],
        "runs": [
            { "id": "done", "workflow": "orders", "input": 1, "status": "completed", "created_at": "2024-03-01T10:00:00Z",
              "ended_at": "2024-03-01T10:05:00.5Z", "steps": [done("fetch", json!(5)), items(&[1, 2, 3]), done("last", json!("old"))] },
            { "id": "failed", "workflow": "orders", "input": 1, "status": "failed", "created_at": "2024-03-02T10:00:00+01:00",
              "steps": [{ "name": "fetch", "status": "failed", "error": "no net", "attempts": 3 }] },
            { "id": "cancelled", "workflow": "orders", "input": 1, "status": "cancelled", "error": "not wanted" },
            { "id": "half", "workflow": "orders", "input": 1, "status": "running", "steps": [done("fetch", json!(5)), part] },
            { "id": "new", "workflow": "orders", "input": 2 },
            { "id": "paused", "workflow": "orders", "input": 3, "status": "paused", "steps": [done("fetch", json!(6))] },
            { "workflow": "orders", "input": 4, "steps": [{ "name": "fetch", "status": "waiting", "attempts": 2, "error": "no net" }] }
        ]
    });
    let report = client.import(&document).await.unwrap();
    assert_eq!(report.workflows.len(), 1);
    assert!(report.runs.iter().all(|run| run.created));
    let runs: Vec<_> = report.runs.iter().map(|run| client.run(Dynamic, run.run_id)).collect();

    assert_eq!(output(&runs[0]).await, json!("old"));
    let summary = runs[0].summary().await.unwrap();
    assert_eq!(summary.created_at, "2024-03-01T10:00:00.000000Z");
    assert_eq!(summary.ended_at.as_deref(), Some("2024-03-01T10:05:00.500000Z"));
    let error = runs[1].output().await.unwrap_err();
    assert_eq!(error.failed_step(), Some("fetch"));
    assert!(error.to_string().contains("no net"), "{error}");
    assert!(runs[2].output().await.unwrap_err().to_string().contains("not wanted"));
    assert_eq!(runs[3].status().await.unwrap(), RunStatus::Running);
    assert_eq!(runs[4].status().await.unwrap(), RunStatus::Scheduled);
    assert_eq!(statuses(&runs[5]).await, json!([["fetch", "completed"], ["each", "ready"], ["last", "blocked"]]));
    db.assert_sound().await;

    let worker = db.worker().handlers(tools()).start().await.unwrap();
    assert_eq!(
        output(&runs[3]).await,
        json!({ "input": 1, "fetch": 5, "each": [1, 70, 3] }),
        "what is known is not done again"
    );
    assert_eq!(output(&runs[4]).await, json!({ "input": 2, "fetch": { "input": 2 }, "each": [2, 3, 4] }));
    assert_eq!(output(&runs[6]).await["input"], json!(4));
    assert_eq!(runs[6].steps().await.unwrap()[0].attempts, Some(3), "attempts of before count");
    assert_eq!(runs[5].status().await.unwrap(), RunStatus::Paused);
    runs[5].resume().await.unwrap();
    assert_eq!(output(&runs[5]).await["fetch"], json!(6));
    // A failed one goes on as any other.
    runs[1].resume().await.unwrap();
    assert_eq!(output(&runs[1]).await["fetch"], json!({ "input": 1 }));

    let again = client.import(&document).await.unwrap();
    let facts: Vec<_> = again.runs.iter().map(|run| run.created).collect();
    assert_eq!(facts, [false, false, false, false, false, false, true], "those with an id are brought in once");
    let ids = |report: &pgflow::ImportReport| report.runs[..6].iter().map(|run| run.run_id).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&report));
    output(&client.run(Dynamic, again.runs[6].run_id)).await;
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_whole() {
    let db = TestDb::new().await;
    let client = db.client();
    let refused = async |document: Value| -> String {
        let error = client.import(&document).await.unwrap_err();
        assert!(error.is_refused(), "{error}");
        assert_eq!(
            db.value::<i64>("select (select count(*) from pgflow.run) + (select count(*) from pgflow.workflow)").await,
            0
        );
        error.to_string()
    };
    let runs = |runs: Value| json!({ "workflows": [workflow()], "runs": runs });
    for (document, says) in [
        (
            json!({ "workflows": [workflow(), { "name": "x", "steps": [] }] }),
            "workflows[1]: `steps`: workflow `x` has no steps",
        ),
        (json!({ "workflows": [workflow(), workflow()] }), "workflow `orders` stands in the document twice"),
        (json!({ "run": [] }), "`document.run` is not allowed"),
        (runs(json!([{ "workflow": "order" }])), "`runs[0].workflow`: there is no workflow `order`"),
        (
            runs(json!([{ "workflow": "orders", "input": "x" }])),
            "`runs[0].input`: `input` is of type string, and integer is wanted",
        ),
        (runs(json!([{ "workflow": "orders", "input": 1, "status": "over" }])), "`document.runs[0].status` is none of"),
        (
            runs(
                json!([{ "id": "a", "workflow": "orders", "input": 1 }, { "id": "a", "workflow": "orders", "input": 1 }]),
            ),
            "`runs[1].id`: `a` stands in the document twice",
        ),
        (
            runs(json!([{ "workflow": "orders", "input": 1, "created_at": "2124-01-01T00:00:00Z" }])),
            "`runs[0].created_at`: this is in the future",
        ),
        (
            runs(json!([{ "workflow": "orders", "input": 1, "created_at": "yesterday" }])),
            "`document.runs[0].created_at` does not match",
        ),
        (
            runs(json!([{ "workflow": "orders", "input": 1, "steps": [done("fetsch", json!(1))] }])),
            "`runs[0].steps[0].name`: workflow `orders` has no step `fetsch`",
        ),
        (
            runs(
                json!([{ "workflow": "orders", "input": 1, "steps": [done("fetch", json!(1)), done("fetch", json!(1))] }]),
            ),
            "`runs[0].steps[1].name`: step `fetch` stands here twice",
        ),
        (
            runs(json!([{ "workflow": "orders", "input": 1, "steps": [done("fetch", json!("x"))] }])),
            "`runs[0].steps[0]`: the output does not fit step `fetch`: `output` is of type string",
        ),
        (
            runs(json!([{ "workflow": "orders", "input": 1, "steps": [done("last", json!(1))] }])),
            "`runs[0].steps[0]`: step `last` is completed, and `fetch`, on which it depends, is not done",
        ),
        (
            runs(json!([{ "workflow": "orders", "input": 1, "steps": [done("each", json!(1))] }])),
            "`runs[0].steps[0]`: map step `each` has completed, and has no `items`",
        ),
        (
            runs(
                json!([{ "workflow": "orders", "input": 1, "status": "completed", "steps": [done("fetch", json!(1))] }]),
            ),
            "`runs[0]`: the run has completed, and step `each` has not",
        ),
        (
            runs(json!([{ "workflow": "orders", "input": 1, "status": "failed" }])),
            "`runs[0]`: the run has failed, and neither a step nor an `error` says of what",
        ),
        (
            runs(
                json!([{ "workflow": "orders", "input": 1, "steps": [{ "name": "fetch", "status": "failed", "error": "e" }] }]),
            ),
            "`runs[0].steps[0]`: step `fetch` has failed, and the run has not",
        ),
    ] {
        let said = refused(document).await;
        assert!(said.contains(says), "{said}\n  ..has no..\n{says}");
    }
}

#[tokio::test]
async fn runs_of_declared_workflows_are_brought_in_too_and_many_at_once() {
    let db = TestDb::new().await;
    let client = db.client();
    double::start(&client, 1).await.unwrap();
    let step = double::definition().steps[0].name.clone();
    let runs: Vec<Value> = (0..1_000)
        .map(|n| match n % 2 {
            0 => json!({ "id": format!("r{n}"), "workflow": "double", "input": n }),
            _ => json!({ "id": format!("r{n}"), "workflow": "double", "input": n, "status": "completed", "steps": [done(&step, json!(n * 2))] }),
        })
        .collect();
    let report = client.import(&json!({ "runs": runs })).await.unwrap();
    let worker = db.worker().register(double::Workflow).start().await.unwrap();
    for (n, run) in (0..).zip(&report.runs) {
        assert_eq!(client.run(double::Workflow, run.run_id).output().await.unwrap(), n * 2);
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
