//! What is checked of a payload on each way in, and that the message names the path inside it.

use pgflow::testing::{Recording, Runner};
use pgflow::{Result, StartOptions, Worker, step, workflow};
use pgflow_tests::TestDb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Order {
    lines: Vec<Line>,
    /// A date, as a JSON string.
    due: chrono::NaiveDate,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Line {
    #[schemars(length(min = 1))]
    sku: String,
    #[schemars(range(min = 1, max = 100))]
    count: u32,
    weight: f64,
}

#[workflow]
pub(crate) mod deliver {
    use super::*;

    #[step]
    pub(crate) async fn keep(input: Order) -> Result<Order> {
        Ok(input)
    }

    #[step(map = keep.lines)]
    pub(crate) async fn pack(item: Line) -> Result<Line> {
        Ok(item)
    }

    #[step(depends_on = [pack])]
    pub(crate) async fn weigh(pack: Vec<Line>) -> Result<f64> {
        Ok(pack.iter().map(|line| line.weight * f64::from(line.count)).sum())
    }

    #[step(depends_on = [pack])]
    pub(crate) async fn list(pack: Vec<Line>) -> Result<Vec<String>> {
        Ok(pack.into_iter().map(|line| line.sku).collect())
    }
}

fn line(sku: &str, count: u32, weight: f64) -> Line {
    Line { sku: sku.to_owned(), count, weight }
}

fn order(lines: &[Line]) -> Order {
    Order { lines: lines.to_vec(), due: chrono::NaiveDate::from_ymd_opt(2030, 3, 4).unwrap() }
}

async fn begin() -> (TestDb, Worker) {
    let db = TestDb::new().await;
    let worker = db.worker().register(deliver::Workflow).start().await.unwrap();
    (db, worker)
}

async fn refusal(db: &TestDb, sql: &'static str, json: &str) -> String {
    sqlx::query(sql).bind(json).execute(&db.pool()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_start_from_sql_names_the_path() {
    let (db, worker) = begin().await;
    for start in [
        "select pgflow.start_run('deliver', $1::jsonb)",
        "select pgflow.start_run('deliver', $1::jsonb, p_key => 'k')",
        "select pgflow.start_run('deliver', $1::jsonb, p_supersede => 'k')",
        "select pgflow.start_run('deliver', $1::jsonb, p_supersede => 'k', p_quiet => interval '1 s')",
    ] {
        for (json, says) in [
            (
                r#"{"due": "2030-03-04", "lines": [{"sku": "a", "count": 1, "weight": 1}, {"sku": "b", "count": "x", "weight": 1}]}"#,
                "the input does not fit workflow `deliver`: `input.lines[1].count` is of type string, and integer is wanted",
            ),
            (
                r#"{"due": "2030-03-04", "lines": [{"sku": "a", "count": 0, "weight": 1}]}"#,
                "`input.lines[0].count` is less than 1",
            ),
            (
                r#"{"due": "2030-03-04", "lines": [{"sku": "", "count": 1, "weight": 1}]}"#,
                "`input.lines[0].sku` is shorter than 1",
            ),
            (r#"{"due": "2030-03-04", "lines": [{"count": 1, "weight": 1}]}"#, "`input.lines[0]` has no `sku`"),
            (r#"{"due": "2030-03-04"}"#, "`input` has no `lines`"),
        ] {
            let error = refusal(&db, start, json).await;
            assert!(error.contains(says), "{start}: {error}");
        }
    }
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 0);
    worker.stop().await.unwrap();
}

/// What the schema cannot say (here, that there is such a date), the worker finds before any step is executed.
#[tokio::test]
async fn what_only_the_type_can_judge_ends_the_run_with_the_path() {
    let (db, worker) = begin().await;
    let id: uuid::Uuid = db.value(r#"select pgflow.start_run('deliver', '{"lines": [], "due": "2030-02-31"}')"#).await;
    let error = db.client().run(deliver::Workflow, id.into()).output().await.unwrap_err();
    assert!(error.to_string().contains("failed: invalid input: `input.due`: "), "{error}");
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome where kind = 'c'").await, 0);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// A value of the type is an input, whatever its schema demands beyond: that is for those who have no types.
#[tokio::test]
async fn a_typed_start_asks_the_type_alone() {
    let (db, worker) = begin().await;
    let client = db.client();
    let beyond = || order(&[line("", 500, 0.5)]);
    let run = deliver::start(&client, beyond()).await.unwrap();
    assert_eq!(run.output().await.unwrap().weigh, 250.0);
    let mut runs = client.start_many(deliver::Workflow, [beyond(), beyond()]).await.unwrap();
    assert_eq!(runs.pop().unwrap().output().await.unwrap().list, [""]);
    runs.pop().unwrap().output().await.unwrap();
    let run = Runner::new(deliver::Workflow).run(beyond()).await;
    assert_eq!(run.output().unwrap().weigh, 250.0);

    // A value that JSON cannot hold: it is null there.
    let lost = || order(&[line("a", 1, 1.0), line("b", 1, f64::NAN)]);
    let says = "invalid input: `input.lines[1].weight`: invalid type: null, expected f64";
    let run = deliver::start(&client, lost()).await.unwrap();
    let error = run.output().await.unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    let run = Runner::new(deliver::Workflow).run(lost()).await;
    let error = run.output().unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    let mut tx = db.pool().begin().await.unwrap();
    let id = deliver::start_in(&mut tx, lost()).await.unwrap();
    tx.commit().await.unwrap();
    let error = client.run(deliver::Workflow, id).output().await.unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    let quick = StartOptions::new().supersede("k");
    let error = deliver::start_with(&client, lost(), quick).await.unwrap().output().await.unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn the_edits_of_a_fork_name_the_path() {
    let (db, worker) = begin().await;
    let run = deliver::start(&db.client(), order(&[line("a", 1, 1.0), line("b", 2, 1.0)])).await.unwrap();
    run.output().await.unwrap();
    let fork = || run.fork().from("weigh");
    for (fork, says) in [
        (
            run.fork().input(&order(&[line("a", 101, 1.0)])),
            "the input does not fit workflow `deliver`: `input.lines[0].count` is greater than 100",
        ),
        (
            fork().output("keep", &order(&[line("", 1, 1.0)])),
            "the output does not fit step `keep`: `keep.lines[0].sku` is shorter than 1",
        ),
        (
            fork().output("pack", &[line("a", 1, 1.0), line("b", 0, 1.0)]),
            "the output does not fit step `pack`: `pack[1].count` is less than 1",
        ),
        (
            fork().output("pack", &7),
            "the output of map step `pack` is an array of its items' outputs, and not of type number",
        ),
        (fork().output("pack", &[line("a", 1, 1.0)]), "map step `pack` has 2 items"),
    ] {
        let error = fork.await.unwrap_err();
        assert!(error.is_refused() && error.to_string().contains(says), "{error}");
    }
    for (sql, json, says) in [
        (
            "select pgflow.fork_run($2, p_input => $1::jsonb)",
            r#"{"lines": [7], "due": "2030-03-04"}"#,
            "`input.lines[0]` is of type number, and object is wanted",
        ),
        (
            "select pgflow.fork_run($2, 'weigh', p_outputs => $1::jsonb)",
            r#"{"pack": [{"sku": "a", "count": 1, "weight": 1}, {"sku": "b", "count": 1, "weight": "x"}]}"#,
            "`pack[1].weight` is of type string, and number is wanted",
        ),
    ] {
        let error = sqlx::query(sql).bind(json).bind(run.id().as_uuid()).execute(&db.pool()).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    // What the schema lets pass and the type does not, the worker finds: in an input at once, in an output where it is taken.
    let fork: uuid::Uuid = sqlx::query_scalar(r#"select pgflow.fork_run($1, p_input => '{"lines": [], "due": "x"}')"#)
        .bind(run.id().as_uuid())
        .fetch_one(&db.pool())
        .await
        .unwrap();
    let error = db.client().run(deliver::Workflow, fork.into()).output().await.unwrap_err();
    assert!(error.to_string().contains("invalid input: `input.due`: "), "{error}");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// What the database keeps was written by an older program, or by somebody's hand.
#[tokio::test]
async fn what_is_stored_and_cannot_be_read_is_named_by_its_path() {
    let (db, worker) = begin().await;
    let client = db.client();
    let run = deliver::start(&client, order(&[line("a", 1, 1.0), line("b", 2, 1.0)])).await.unwrap();
    run.output().await.unwrap();

    let spoil = async |step: &str, index: i32, json: &str| {
        sqlx::query(
            "update pgflow.outcome o set output = $4::jsonb from pgflow.step s
             where o.run_id = $1 and s.number = o.step and s.name = $2 and o.index = $3",
        )
        .bind(run.id().as_uuid())
        .bind(step)
        .bind(index)
        .bind(json)
        .execute(&db.pool())
        .await
        .unwrap()
    };
    spoil("list", -1, r#"["a", 7]"#).await;
    let error = run.output().await.unwrap_err();
    assert!(error.to_string().contains("`output.list[1]`: invalid type: integer `7`, expected a string"), "{error}");

    // As another step takes it, and as today's code reads a run of yesterday.
    spoil("pack", 1, r#"{"sku": "b", "count": -1, "weight": 1}"#).await;
    let says = "its parameter `pack` cannot be read from the stored output of `pack`: `pack[1].count`: invalid value: integer `-1`, expected u32";
    let error = run.fork().from("weigh").await.unwrap().output().await.unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    let recording = Recording::of(&client, run.id()).await.unwrap();
    let differences = Runner::new(deliver::Workflow).replay(&recording).await;
    assert!(differences.iter().any(|difference| difference.now.contains(says)), "{differences:?}");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
