//! Steps with a transaction: their effects and their outcome are one.

use pgflow::{Result, Tx, step, workflow};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::ledger;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum End {
    Ok,
    Error,
    Panic,
    OwnCommit,
    Aborted,
    Kept,
    Nul,
}

#[workflow]
mod ending {
    use super::*;

    #[step(max_attempts = 1)]
    pub(super) async fn write(input: End, mut tx: Tx) -> Result<String> {
        pgflow::sqlx::query("insert into note default values").execute(&mut *tx).await?;
        match input {
            End::Error => return Err("no".into()),
            End::Panic => panic!("in the middle"),
            End::OwnCommit => _ = pgflow::sqlx::raw_sql("commit").execute(&mut *tx).await?,
            End::Aborted => drop(pgflow::sqlx::query("select 1 / 0").execute(&mut *tx).await.unwrap_err()),
            End::Kept => drop(tokio::spawn(async move {
                let _kept = tx;
                std::future::pending::<()>().await;
            })),
            End::Nul => return Ok("\0".to_owned()),
            End::Ok => {}
        }
        Ok("written".to_owned())
    }
}

async fn notes_after(input: End) -> (i64, std::result::Result<String, String>) {
    let db = TestDb::new().await;
    sqlx::raw_sql("create table note (id int generated always as identity)").execute(&db.pool()).await.unwrap();
    let worker = db.worker().register(ending::Workflow).start().await.unwrap();
    let result = ending::start(&db.client(), input).await.unwrap().output().await;
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
    let notes = db.value("select count(*) from note").await;
    (notes, result.map_err(|error| error.to_string().split_once("`write`: ").unwrap().1.to_owned()))
}

#[tokio::test]
async fn a_step_that_returns_ok_commits() {
    assert_eq!(notes_after(End::Ok).await, (1, Ok("written".to_owned())));
}

#[tokio::test]
async fn a_step_that_fails_rolls_back() {
    assert_eq!(notes_after(End::Error).await, (0, Err("no".to_owned())));
}

#[tokio::test]
async fn a_step_that_panics_rolls_back() {
    assert_eq!(notes_after(End::Panic).await, (0, Err("the step panicked: in the middle".to_owned())));
}

#[tokio::test]
async fn a_step_that_commits_by_itself_fails() {
    let (_, result) = notes_after(End::OwnCommit).await;
    assert!(result.unwrap_err().contains("was ended by its own SQL (COMMIT or ROLLBACK)"));
}

#[tokio::test]
async fn a_step_that_ignores_a_failed_statement_fails() {
    let (notes, result) = notes_after(End::Aborted).await;
    assert_eq!(notes, 0);
    assert!(result.unwrap_err().starts_with("a statement of the step's transaction had failed"));
}

#[tokio::test]
async fn a_step_that_keeps_its_transaction_fails() {
    let (notes, result) = notes_after(End::Kept).await;
    assert_eq!(notes, 0);
    assert!(result.unwrap_err().contains("while its `Tx` was still in use elsewhere"));
}

#[tokio::test]
async fn an_output_that_cannot_be_stored_rolls_back() {
    let (notes, result) = notes_after(End::Nul).await;
    assert_eq!(notes, 0);
    assert!(result.unwrap_err().starts_with("the output cannot be stored: "));
}

#[tokio::test]
async fn a_ledger_is_exact() {
    let db = TestDb::new().await;
    sqlx::raw_sql("create table ledger (run_id uuid not null, amount bigint not null)")
        .execute(&db.pool())
        .await
        .unwrap();
    let worker = db.worker().register(ledger::Workflow).tx_connections(4).start().await.unwrap();
    let runs = db.client().start_many(ledger::Workflow, 0..300).await.unwrap();
    for (n, run) in (0..).zip(&runs) {
        assert_eq!(run.output().await.unwrap(), n);
    }
    worker.stop().await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from ledger").await, 300);
    assert_eq!(db.value::<i64>("select count(distinct run_id) from ledger").await, 300);
    db.assert_all_ended().await;
}
