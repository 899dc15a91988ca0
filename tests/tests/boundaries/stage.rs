//! The databases of the test: the engine's functions pause between their statements, and are broken where that is asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pgflow::Client;
use pgflow::embedded::Postgres;
use pgflow_tests::database::{PATIENCE, TestDb};
use pgflow_tests::load::Load;
use pgflow_tests::wire::{Endpoint, Layout, Party, Script, Sessions, Who};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnectOptions;

use crate::mutations::Mutation;

/// A database with what a seed needs.
pub(crate) struct Stage {
    pub(crate) db: TestDb,
    /// A client whose calls nothing disturbs.
    pub(crate) client: Client,
    pub(crate) layout: Arc<Layout>,
    pub(crate) sockets: PathBuf,
    pub(crate) sessions: Sessions,
    /// Whether the engine is broken on purpose.
    pub(crate) broken: bool,
}

/// Notes what is written in the name of a worker that counts as dead, and what is recorded of a run that has ended. A pause between two statements of a function makes
/// whatever can come between them likely; it is off unless the session says how likely it is to be.
const HARNESS: &str = "
    create schema harness;
    create table harness.late (worker_id int not null, what text not null, at timestamptz not null default clock_timestamp());
    create function harness.watch() returns trigger language plpgsql as $$
    begin
        insert into harness.late (worker_id, what)
        select f.worker_id, tg_table_name from fresh f join pgflow.worker w on w.id = f.worker_id where w.dead_at is not null;
        return null;
    end $$;
    create function harness.watch_outcomes() returns trigger language plpgsql as $$
    begin
        insert into harness.late (worker_id, what)
        select f.worker_id, 'outcome of an ended run' from fresh f
        cross join lateral (select from pgflow.run_end x where x.bucket = f.bucket and x.period = f.period and x.run_id = f.run_id limit 1) e;
        return null;
    end $$;
    create trigger watch_outcomes after insert on pgflow.outcome referencing new table as fresh for each statement execute function harness.watch_outcomes();
    create trigger watch after insert on pgflow.outcome referencing new table as fresh for each statement execute function harness.watch();
    create trigger watch after insert on pgflow.attempt referencing new table as fresh for each statement execute function harness.watch();
    create trigger watch after insert on pgflow.claim referencing new table as fresh for each statement execute function harness.watch();
    create function harness.pause() returns boolean language plpgsql volatile as $$
    declare
        v_likely text := current_setting('harness.pause', true);
    begin
        if v_likely <> '' and random() < v_likely::double precision then
            perform pg_sleep(random() * 0.004);
        end if;
        return true;
    end $$;";

const CLEAR: &str = "
    delete from pgflow.run; delete from pgflow.run_end; delete from pgflow.outcome; delete from pgflow.attempt; delete from pgflow.map;
    delete from pgflow.key; delete from pgflow.claim; delete from pgflow.worker; delete from ledger;";

impl Stage {
    /// A fresh one on this server; sockets are made in `sockets`.
    pub(crate) async fn new(postgres: &Postgres, sockets: &Path, mutation: Option<&Mutation>) -> Self {
        let db = TestDb::on(postgres).await;
        Load::prepare(&db).await;
        let pool = db.pool();
        sqlx::raw_sql(HARNESS).execute(&pool).await.expect("the harness is installed");
        let functions: Vec<(String, String)> = sqlx::query_as(
            "select p.proname::text, pg_get_functiondef(p.oid) from pg_proc p join pg_language l on l.oid = p.prolang
             where p.pronamespace = 'pgflow'::regnamespace and l.lanname = 'plpgsql' and p.provolatile = 'v'",
        )
        .fetch_all(&pool)
        .await
        .expect("the functions can be read");
        let changes = mutation.map_or(&[][..], |mutation| mutation.changes);
        for (function, _, _) in changes {
            assert!(functions.iter().any(|(name, _)| name == function), "there is no function `{function}` to break");
        }
        for (name, text) in functions {
            let broken =
                changes.iter().filter(|(function, _, _)| *function == name).fold(text, |text, (_, from, to)| {
                    assert!(
                        text.contains(from),
                        "the text `{from}` of function `{name}`, which is to be replaced, is not there"
                    );
                    text.replacen(from, to, 1)
                });
            let (text, pauses) = with_pauses(&broken);
            assert!(pauses > 3 || !["exchange", "recover"].contains(&&*name), "`{name}` got {pauses} pauses only");
            if let Err(error) = sqlx::raw_sql(AssertSqlSafe(text.clone())).execute(&pool).await {
                panic!("function `{name}`: {error}\n{text}");
            }
        }
        let names: Vec<String> =
            sqlx::query_scalar("select unnest(proargnames) from pg_proc where oid = 'pgflow.exchange'::regproc")
                .fetch_all(&pool)
                .await
                .expect("the parameters of `exchange` can be read");
        let sessions = Sessions::new(&pool.connect_options());
        Self {
            client: db.client(),
            db,
            layout: Arc::new(Layout::new(&names)),
            sockets: sockets.to_owned(),
            sessions,
            broken: mutation.is_some(),
        }
    }

    /// An address for one worker or client; `pause` says how likely the engine's functions are to pause for it.
    pub(crate) fn endpoint(&self, party: Party, script: &Arc<Script>, pause: &str) -> Endpoint {
        let who = Who {
            party,
            script: Arc::clone(script),
            layout: Arc::clone(&self.layout),
            sessions: self.sessions.clone(),
            settings: format!("set harness.pause = '{pause}'"),
        };
        let options = PgConnectOptions::clone(&self.db.pool().connect_options()).application_name("harnessed");
        Endpoint::open(&self.sockets, &options, who)
    }

    /// Waits until what workers have left half-done on the server has ended, by itself.
    pub(crate) async fn settle(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity
                 where datname = current_database() and application_name = 'harnessed' and pid <> all($1)",
            )
            .bind(self.sessions.waiting())
            .fetch_one(&self.db.pool())
            .await
            .expect("sessions can be counted");
            if left == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "{left} sessions of workers are left on the server");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Forgets the runs that were checked: with their number, the time that the checks take would grow.
    pub(crate) async fn clear(&self) {
        sqlx::raw_sql(CLEAR).execute(&self.db.pool()).await.expect("what was checked can be deleted");
    }
}

/// The function with a pause before each of its statements. An assertion changes neither `found` nor the count of rows.
fn with_pauses(function: &str) -> (String, usize) {
    let mut text = String::with_capacity(function.len() * 2);
    let mut pauses = 0;
    // Declarations are no statements.
    let mut in_body = false;
    let mut may_begin = false;
    for line in function.lines() {
        let code = line.trim();
        let begins =
            ["perform ", "while ", "update ", "insert ", "delete ", "with ", "select ", "return query", "if ", "v_"]
                .iter()
                .any(|word| code.starts_with(word));
        if in_body && may_begin && begins {
            text.push_str("assert harness.pause();\n");
            pauses += 1;
        }
        text.push_str(line);
        text.push('\n');
        in_body |= line == "begin";
        if !code.is_empty() && !code.starts_with("--") {
            may_begin =
                code == "begin" || code == "loop" || [";", " then", " loop"].iter().any(|end| code.ends_with(end));
        }
    }
    (text, pauses)
}
