//! How the server executes what the engine asks: by keys, whatever has piled up, on tables that were never analyzed.

use std::collections::BTreeMap;

use pgflow::embedded::Postgres;
use pgflow_tests::TestDb;
use pgflow_tests::workflows::{Trouble, chain3, double, squares, trouble};
use serde_json::Value;

/// A statement of a worker handles at most a batch: so many rows of anything may pass through one node of its plan.
const MOST_ROWS: f64 = 3_000.0;

/// The tables that grow with the work, or with history.
const TABLES: &[&str] =
    &["run", "run_end", "outcome", "attempt", "map", "ready", "claim", "task", "share", "inbox", "mark", "key"];

#[tokio::test]
async fn every_statement_of_the_hot_path_goes_by_keys_and_reads_no_more_than_its_batch() {
    let mut server = Postgres::builder().temporary();
    for (name, value) in [
        ("session_preload_libraries", "auto_explain"),
        ("auto_explain.log_min_duration", "0"),
        ("auto_explain.log_nested_statements", "on"),
        ("auto_explain.log_analyze", "on"),
        ("auto_explain.log_timing", "off"),
        ("auto_explain.log_format", "json"),
        ("autovacuum", "off"),
    ] {
        server = server.setting(name, value);
    }
    let postgres = server.start().await.unwrap();
    let db = TestDb::on(&postgres).await;
    let client = db.client();

    // Connections, and with them plans, of when there was nothing.
    let slots = || db.worker().concurrency(20);
    let register = |worker: pgflow::WorkerBuilder| {
        worker
            .register(double::Workflow)
            .register(chain3::Workflow)
            .register(squares::Workflow)
            .register(trouble::Workflow)
    };
    let workers = [register(slots()).start().await.unwrap(), register(slots()).start().await.unwrap()];
    double::start(&client, 1).await.unwrap().output().await.unwrap();

    let many = client.start_many(double::Workflow, 0..8_000).await.unwrap();
    let chains = client.start_many(chain3::Workflow, 0..500).await.unwrap();
    let wide = squares::start(&client, 2_000).await.unwrap();
    let retried = trouble::start(&client, Trouble::FailUntil(2)).await.unwrap();
    for run in many {
        run.output().await.unwrap();
    }
    for run in chains {
        run.output().await.unwrap();
    }
    assert_eq!(wide.output().await.unwrap().count, 2_000);
    retried.output().await.unwrap();
    for worker in workers {
        worker.stop().await.unwrap();
    }

    let log = std::fs::read_to_string(postgres.folder().join("log")).unwrap();
    let mut executed = 0;
    let mut wrong: BTreeMap<String, String> = BTreeMap::new();
    for plan in plans(&log) {
        let text = plan["Query Text"].as_str().unwrap_or_default().trim().to_owned();
        // What tests and people ask, and what looks for the dead, reads what it likes.
        if !text.contains("p_bucket") && !text.contains("pgflow.exchange") {
            continue;
        }
        executed += 1;
        look(&plan["Plan"], &mut |problem| {
            wrong.entry(text.clone()).or_insert(problem);
        });
    }
    assert!(executed > 500, "only {executed} statements were found in the server's log");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The plans in a server's log, each of which begins on the line of its duration.
fn plans(log: &str) -> impl Iterator<Item = Value> + '_ {
    log.split("plan:\n").skip(1).filter_map(|rest| {
        let mut plans = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        plans.next()?.ok()
    })
}

fn look(node: &Value, report: &mut impl FnMut(String)) {
    let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
    let kind = node["Node Type"].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().unwrap_or_default();
    // Partitions are named after their table and month.
    let table = table.split("_20").next().unwrap_or_default().trim_end_matches("_default");
    let loops = number("Actual Loops").max(1.0);
    let rows = number("Actual Rows") * loops + number("Rows Removed by Filter") * loops;
    if TABLES.contains(&table) {
        if kind == "Seq Scan" && number("Actual Loops") > 0.0 {
            report(format!("it reads all of `{table}`"));
        } else if rows > MOST_ROWS {
            report(format!("a {kind} passes over {rows} rows of `{table}`"));
        }
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        look(child, report);
    }
}
