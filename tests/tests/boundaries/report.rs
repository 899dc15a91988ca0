//! What is told of a seed that failed.

use std::fmt::Write as _;

use pgflow_tests::wire::Script;
use sqlx::PgPool;
use tokio::task::JoinError;

use crate::plan::Plan;
use crate::stage::Stage;

/// The message of a panic.
pub(crate) fn panic_text(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "it was cancelled".to_owned() };
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Everything that may tell why.
pub(crate) async fn failure(stage: &Stage, plan: &Plan, script: &Script, why: &str) -> String {
    let mut text = format!("PGFLOW_SEED={} failed: {why}\n\n{plan:#?}\n\n", plan.seed);
    for line in script.log() {
        let _ = writeln!(text, "{line}");
    }
    let pool = stage.db.pool();
    for (what, sql) in LOOKS {
        let _ = writeln!(text, "\n{what}:");
        for row in rows(&pool, sql).await {
            let _ = writeln!(text, "  {row}");
        }
    }
    let _ = write!(text, "\nPGFLOW_SEED={} failed: {why}", plan.seed);
    text
}

async fn rows(pool: &PgPool, sql: &'static str) -> Vec<String> {
    match sqlx::query_scalar(sql).fetch_all(pool).await {
        Ok(rows) => rows,
        Err(error) => vec![error.to_string()],
    }
}

const LOOKS: [(&str, &str); 9] = [
    (
        "runs that have not ended",
        "select to_jsonb(r)::text from (select run_id, workflow, status, created_at, crashes, waits, available_at from pgflow.runs
         where ended_at is null) r",
    ),
    ("broken", "select to_jsonb(b)::text from pgflow.broken_invariants() b"),
    ("ready", "select to_jsonb(r)::text from pgflow.ready r"),
    ("claims", "select to_jsonb(c)::text from pgflow.claim c"),
    ("tasks", "select (to_jsonb(t) - 'items')::text from pgflow.task t"),
    ("shares", "select to_jsonb(s)::text from pgflow.share s"),
    ("inbox", "select to_jsonb(i)::text from pgflow.inbox i"),
    ("workers", "select (to_jsonb(w) - 'versions')::text from pgflow.worker w order by id desc limit 12"),
    (
        "sessions",
        "select to_jsonb(a)::text from (select pid, application_name, state, wait_event_type, wait_event, pg_blocking_pids(pid) as blocked_by,
         xact_start, query_start, left(query, 120) as query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()) a",
    ),
];
