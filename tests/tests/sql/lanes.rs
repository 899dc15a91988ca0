//! The files, several at a time: each lane has a database of its own, in which nothing of a case stays.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use pgflow_tests::TestDb;
use sqlx::postgres::{PgConnection, PgDatabaseError};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::files::{Broken, Case, Folder};
use crate::{File, files};

const LANES: usize = 4;

/// What the files assert with, and what they play with.
const HARNESS: [&str; 2] = [include_str!("harness.sql"), include_str!("stage.sql")];

/// So each transaction of a case begins. No path: what is for others to call must not need one.
const BEGINNING: &str =
    "set local search_path = ''; set local pgflow.fake_now = '2030-01-15 12:00Z'; set local timezone = 'UTC';
    set local statement_timeout = '30s'; set local check_function_bodies = off";

pub(crate) struct Lanes(Vec<TestDb>);

/// A statement that has failed: its line, and why.
struct Failure {
    line: usize,
    why: String,
}

impl Lanes {
    pub(crate) async fn new() -> Self {
        let mut lanes = Vec::new();
        for _ in 0..LANES {
            let db = TestDb::new().await;
            for script in HARNESS {
                sqlx::raw_sql(script).execute(&db.pool()).await.expect("the harness is SQL");
            }
            lanes.push(db);
        }
        Self(lanes)
    }

    /// Executes all files of a folder, and says of all that fail where they do.
    pub(crate) async fn check(self, folder: Folder) {
        let work: Vec<Arc<File>> = folder.files().into_iter().map(Arc::new).collect();
        assert!(!work.is_empty(), "{folder:?} has no files");
        self.each(work, async |db, file| {
            let mut said = Vec::new();
            for case in &file.cases {
                if let Err(failure) = play(db, &file.name, case, None).await {
                    said.push(format!("{}:{}: ({}) {}", file.path, failure.line, case.name, failure.why));
                }
            }
            said
        })
        .await;
    }

    /// Breaks the functions as their files say, each of which must fail then.
    pub(crate) async fn break_functions(self) {
        let files = Folder::Functions.files().into_iter().map(Arc::new);
        let work = files.flat_map(|file| (0..file.broken.len()).map(move |place| (Arc::clone(&file), place))).collect();
        self.each(work, async |db, (file, place)| {
            let broken = &file.broken[*place];
            for case in &file.cases {
                match play(db, &file.name, case, Some(broken)).await {
                    Err(failure) if failure.line == 0 => {
                        return vec![format!("{}:{}: {}", file.path, broken.line, failure.why)];
                    }
                    Err(_) => return Vec::new(),
                    Ok(()) => {}
                }
            }
            vec![format!(
                "{}:{}: nothing notices `{}` in the place of `{}`",
                file.path, broken.line, broken.that, broken.this
            )]
        })
        .await;
    }

    /// Does all of the work, and fails with what is said of it.
    async fn each<W>(self, work: Vec<W>, act: impl AsyncFn(&TestDb, &W) -> Vec<String>) {
        let work = Mutex::new(VecDeque::from(work));
        let said = Mutex::new(Vec::new());
        let lanes = self.0.iter().map(|db| async {
            loop {
                let Some(next) = work.lock().unwrap().pop_front() else { break };
                let found = act(db, &next).await;
                said.lock().unwrap().extend(found);
            }
        });
        futures_util::future::join_all(lanes).await;
        let said = said.into_inner().unwrap();
        assert!(said.is_empty(), "{} failed:\n{}", said.len(), said.join("\n"));
    }
}

/// Executes a case, of a function that is broken in one way, if wanted so.
async fn play(db: &TestDb, function: &str, case: &Case, broken: Option<&Broken>) -> Result<(), Failure> {
    let pool = db.pool();
    let mut beside = Vec::new();
    for sql in &case.beside {
        let mut other = pool.begin().await.map_err(|error| said(&error, 0))?;
        execute(&mut other, sql, 0).await?;
        beside.push(other);
    }
    let mut connection = pool.acquire().await.map_err(|error| said(&error, 0))?;
    let isolation = case.isolation.as_deref().unwrap_or("read committed");
    let mut transaction = connection
        .begin_with(AssertSqlSafe(format!("begin isolation level {isolation}")))
        .await
        .map_err(|error| said(&error, 0))?;
    execute(&mut transaction, BEGINNING, 0).await?;
    if let Some(broken) = broken {
        sqlx::query("select stage.break_function($1, $2, $3)")
            .bind(function)
            .bind(&broken.this)
            .bind(&broken.that)
            .execute(&mut *transaction)
            .await
            .map_err(|error| said(&error, 0))?;
    }
    for files::Statement { line, sql } in &case.statements {
        execute(&mut transaction, sql, *line).await?;
    }
    transaction.rollback().await.map_err(|error| said(&error, 0))
}

async fn execute(connection: &mut PgConnection, sql: &str, line: usize) -> Result<(), Failure> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.map_err(|error| said(&error, line))?;
    Ok(())
}

/// Where a statement that begins on this line has failed: in a block, on one of the lines that follow.
fn said(error: &sqlx::Error, line: usize) -> Failure {
    let Some(error) = error.as_database_error().and_then(|e| e.try_downcast_ref::<PgDatabaseError>()) else {
        return Failure { line, why: error.to_string() };
    };
    let context = error.r#where().unwrap_or_default();
    let within = context
        .split_once("inline_code_block line ")
        .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<usize>().ok());
    let place = if error.code() == "TEST1" { String::new() } else { format!(" ({}; {context})", error.code()) };
    Failure { line: line + within.map_or(0, |n| n - 1), why: format!("{}{place}", error.message()) }
}
