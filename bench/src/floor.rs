//! What everything else is measured against: the floor and the commit, in plain SQL through sqlx.

use std::time::{Duration, Instant};

use anyhow::Result;
use sqlx::postgres::PgConnection;
use sqlx::types::Json;
use sqlx::{ConnectOptions as _, Connection as _};
use uuid::Uuid;

use crate::server::Db;
use crate::workflows::Payload;

const TABLE: &str = "create table if not exists floor (run uuid, step int, index int, output jsonb not null, primary key (run, step, index))";
const INSERT: &str =
    "insert into floor (run, step, index, output) select * from unnest($1::uuid[], $2::int[], $3::int[], $4::jsonb[])";
const INSERT_ONE: &str = "insert into floor (run, step, index, output) values ($1, $2, $3, $4)";

/// How many connections fill the floor.
const CONNECTIONS: u32 = 4;
/// How many rows one statement inserts.
const BATCH: u32 = 1_000;

/// Makes the table, as a database would have it that does nothing but keep outcomes.
pub(crate) async fn prepare(db: &Db) -> Result<()> {
    sqlx::raw_sql(TABLE).execute(&db.pool).await?;
    Ok(())
}

/// Inserts so many rows, a thousand at a time over four connections, each batch a commit. Gives rows a second.
///
/// As fast as it gets: what is inserted is made before the clock runs, and the ids of each connection grow.
pub(crate) async fn floor(db: &Db, rows: u32) -> Result<f64> {
    let mut ready = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = db.pool.connect_options().connect().await?;
        // The plan exists, as those of the engine do after its warm-up.
        for _ in 0..3 {
            insert(&mut connection, &batch()).await?;
        }
        let batches: Vec<Batch> = (0..rows / BATCH / CONNECTIONS).map(|_| batch()).collect();
        ready.push((connection, batches));
    }
    let rows: usize = ready.iter().flat_map(|(_, batches)| batches).map(|batch| batch.runs.len()).sum();
    let begin = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (mut connection, batches) in ready {
        tasks.spawn(async move {
            for batch in &batches {
                insert(&mut connection, batch).await?;
            }
            Ok::<_, sqlx::Error>(connection)
        });
    }
    let mut ended = Vec::new();
    while let Some(connection) = tasks.join_next().await {
        ended.push(connection??);
    }
    let elapsed = begin.elapsed();
    for connection in ended {
        connection.close().await?;
    }
    Ok(rows as f64 / elapsed.as_secs_f64())
}

/// What one statement inserts.
struct Batch {
    runs: Vec<Uuid>,
    steps: Vec<i32>,
    indexes: Vec<i32>,
    outputs: Vec<Json<Payload>>,
}

fn batch() -> Batch {
    Batch {
        runs: (0..BATCH).map(|_| Uuid::now_v7()).collect(),
        steps: vec![0; BATCH as usize],
        indexes: vec![-1; BATCH as usize],
        outputs: (0..BATCH).map(|n| Json(Payload { n })).collect(),
    }
}

async fn insert(connection: &mut PgConnection, batch: &Batch) -> sqlx::Result<()> {
    let query = sqlx::query(INSERT).bind(&batch.runs).bind(&batch.steps).bind(&batch.indexes).bind(&batch.outputs);
    query.execute(connection).await?;
    Ok(())
}

/// Inserts single rows through one prepared statement, each a durable commit.
pub(crate) struct Commits {
    connection: PgConnection,
    n: u32,
}

impl Commits {
    /// Makes the table and warms up.
    pub(crate) async fn prepare(db: &Db) -> Result<Self> {
        const WARM_UP: u32 = 50;
        prepare(db).await?;
        let mut commits = Self { connection: db.pool.connect_options().connect().await?, n: 0 };
        for _ in 0..WARM_UP {
            commits.next().await?;
        }
        Ok(commits)
    }

    /// One commit. Gives how long it took.
    pub(crate) async fn next(&mut self) -> Result<Duration> {
        self.n += 1;
        let begin = Instant::now();
        let query = sqlx::query(INSERT_ONE).bind(Uuid::now_v7()).bind(0).bind(-1).bind(Json(Payload { n: self.n }));
        query.execute(&mut self.connection).await?;
        Ok(begin.elapsed())
    }

    pub(crate) async fn close(self) -> Result<()> {
        Ok(self.connection.close().await?)
    }
}
