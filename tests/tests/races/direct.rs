//! Starts that make a run a worker's from the beginning.

use uuid::Uuid;

use crate::exchange::{Answer, COMPLETED};
use crate::stage::{Stage, Waiting, claimed};

const START: &str = "select pgflow.start_claimed(0, $1, $2, $3, '1', 'default', 0, '', null)";
const SETTLE: &str =
    "select kind, run_id, number, step, index, attempts from pgflow.settle_start(0, $1, $2, '{default}')";
/// The number of a claim.
const NUMBER: i64 = 1 << 62;

async fn start(stage: &Stage, connection: &mut sqlx::PgConnection, worker: i32) -> sqlx::Result<Uuid> {
    sqlx::query_scalar(START).bind(worker).bind(NUMBER).bind(stage.version).fetch_one(connection).await
}

async fn settle(connection: &mut sqlx::PgConnection, worker: i32) -> sqlx::Result<Vec<Uuid>> {
    type Row = (i16, Option<Uuid>, Option<i64>, Option<i32>, Option<i32>, Option<i32>);
    let rows: Vec<Row> = sqlx::query_as(SETTLE).bind(worker).bind(NUMBER).fetch_all(connection).await?;
    let answer = |(kind, run_id, number, step, index, attempts)| Answer { kind, run_id, number, step, index, attempts };
    Ok(claimed(&rows.into_iter().map(answer).collect::<Vec<_>>()))
}

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|e| e.code()).unwrap_or_default().into_owned()
}

#[tokio::test]
async fn a_direct_start_is_owned_and_never_queued() {
    let stage = Stage::chains(0).await;
    let run = start(&stage, &mut stage.db.pool().acquire().await.unwrap(), stage.a).await.unwrap();
    assert_eq!(stage.count("select count(*) from pgflow.ready").await, 0);
    stage.db.assert_sound().await;
    let end = stage.exchange(stage.a, 1).run(run, NUMBER, COMPLETED).outcome(0, -1, Ok("1"));
    stage.call(&end).await.unwrap();
    stage.finish().await;
}

#[tokio::test]
async fn a_direct_start_under_way_is_waited_for() {
    for commits in [true, false] {
        let stage = Stage::chains(0).await;
        let mut open = stage.open().await;
        let run = start(&stage, &mut open, stage.a).await.unwrap();
        let worker = stage.a;
        let settling = Waiting::start(&stage, stage.open().await, move |mut open| async move {
            let found = settle(&mut open, worker).await.unwrap();
            (open, found)
        })
        .await;
        if commits {
            open.commit().await.unwrap();
        } else {
            open.rollback().await.unwrap();
        }
        let (open, found) = settling.end().await;
        open.commit().await.unwrap();
        assert_eq!(found, if commits { vec![run] } else { vec![] });
        // Its answer may be lost as well.
        assert_eq!(settle(&mut stage.db.pool().acquire().await.unwrap(), stage.a).await.unwrap(), found);
        stage.db.assert_sound().await;
    }
}

#[tokio::test]
async fn a_direct_start_that_was_given_up_never_comes_to_be() {
    let stage = Stage::chains(0).await;
    let mut connection = stage.db.pool().acquire().await.unwrap();
    assert_eq!(settle(&mut connection, stage.a).await.unwrap(), Vec::<Uuid>::new());
    let late = start(&stage, &mut connection, stage.a).await.unwrap_err();
    assert_eq!(code(&late), "23505", "{late}");
    assert_eq!(stage.count("select count(*) from pgflow.run").await, 0);
}

#[tokio::test]
async fn nothing_is_started_for_a_worker_that_counts_as_dead() {
    let stage = Stage::chains(0).await;
    let mut connection = stage.db.pool().acquire().await.unwrap();
    let run = start(&stage, &mut connection, stage.a).await.unwrap();
    stage.silence(stage.a).await;
    assert_eq!(crate::stage::recover(&mut connection, stage.b).await, (1, 1, 0));
    let late = start(&stage, &mut connection, stage.a).await.unwrap_err();
    assert_eq!(code(&late), "PF001", "{late}");
    assert_eq!(code(&settle(&mut connection, stage.a).await.unwrap_err()), "PF001");
    assert_eq!(claimed(&stage.call(&stage.claim(stage.b, 1, 10)).await.unwrap()), [run]);
}
