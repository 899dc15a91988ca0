//! Burdens of the queue: a long one, a long history, an old snapshot, rows that are not for this worker.

use std::time::{Duration, Instant};

use anyhow::Result;
use sqlx::Connection as _;

use super::level::{Level, level};
use super::{Line, Sizes};
use crate::quiet;
use crate::report::{median, short};
use crate::server::{Db, Server};
use crate::workflows::{chain3, noop};

/// Runs the load on a database that `burden` has prepared.
async fn burdened(
    server: &Server,
    name: &str,
    backlog: u32,
    sizes: &Sizes,
    burden: impl AsyncFnOnce(&Db) -> Result<()>,
) -> Result<Level> {
    eprintln!("growth: {name}");
    let db = server.fresh(name).await?;
    burden(&db).await?;
    quiet::wait(sizes.patience).await;
    let level = level(server, &db, backlog, 1, sizes.window).await?;
    server.remove(db).await?;
    Ok(level)
}

fn line(group: &'static str, what: String, level: &Level, unburdened: Option<f64>) -> Line {
    let beside = level.exchange_ms.map(|ms| format!("round trip {} ms", short(ms))).unwrap_or_default();
    Line { group, what, figure: median(&level.rates), unit: "runs/s", unburdened, beside }
}

pub(super) async fn backlog(server: &Server, sizes: &Sizes) -> Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    for backlog in sizes.backlogs {
        let level = burdened(server, &format!("backlog_{backlog}"), backlog, sizes, async |_| Ok(())).await?;
        let first = lines.first().map(|line| line.figure);
        lines.push(line("backlog", format!("{backlog} runs wait"), &level, first));
    }
    Ok(lines)
}

/// First right after the history was written, while Postgres still has much to do with it; then when it has settled by itself.
pub(super) async fn history(server: &Server, sizes: &Sizes) -> Result<Vec<Line>> {
    let backlog = sizes.backlogs[0];
    let without = burdened(server, "history_without", backlog, sizes, async |_| Ok(())).await?;
    let first = line("history", "no step before".to_owned(), &without, None);

    eprintln!("growth: history_with");
    let db = server.fresh("history_with").await?;
    let version = registered::<chain3::Workflow>(&db).await?;
    let mut left = sizes.history_runs;
    while left > 0 {
        let fill = sqlx::query(include_str!("../../sql/history.sql")).bind(left.min(PORTION)).bind(version);
        fill.execute(&db.pool).await?;
        left -= PORTION;
    }
    let fresh = level(server, &db, backlog, 1, sizes.window).await?;
    if sizes.settle {
        settled(&db).await?;
    }
    quiet::wait(sizes.patience).await;
    let settled = level(server, &db, backlog, 1, sizes.window).await?;
    server.remove(db).await?;

    let steps = sizes.history_runs * 3;
    let second = line("history", format!("{steps} steps just written"), &fresh, Some(first.figure));
    let third = line("history", format!("{steps} steps, all vacuums over"), &settled, Some(first.figure));
    Ok(vec![first, second, third])
}

/// How many runs of a made-up history are written at a time, so that none takes all memory.
const PORTION: i64 = 200_000;

/// Waits until what was written is on disk, and Postgres has swept it as far as it means to by itself.
async fn settled(db: &Db) -> Result<()> {
    // May be refused; then it happens later.
    let _ = sqlx::raw_sql("checkpoint").execute(&db.pool).await;
    let begin = Instant::now();
    let mut calm = 0;
    // Its launcher looks once a minute: only a longer calm is one.
    while calm < 70 && begin.elapsed() < Duration::from_secs(300) {
        let query = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where backend_type = 'autovacuum worker' and datname = current_database()",
        );
        let sweeping: i64 = query.fetch_one(&db.pool).await?;
        calm = if sweeping == 0 { calm + 1 } else { 0 };
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// The same load for as long with and without a snapshot that is kept; each slice in relation to the same one without.
pub(super) async fn pinned(server: &Server, sizes: &Sizes) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut without: Vec<f64> = Vec::new();
    for pinned in [false, true] {
        eprintln!("growth: xmin {}", if pinned { "pinned" } else { "free" });
        let db = server.fresh(&format!("xmin_{pinned}")).await?;
        let mut other = db.pool.acquire().await?.detach();
        if pinned {
            let pin = "begin isolation level repeatable read; select count(*) from pgflow.run";
            sqlx::raw_sql(pin).execute(&mut other).await?;
        }
        quiet::wait(sizes.patience).await;
        let level = level(server, &db, sizes.backlogs[0], sizes.pinned_slices, sizes.slice).await?;
        other.close().await?;
        server.remove(db).await?;
        let beside =
            level.exchange_ms.map(|ms| format!("round trip {} ms in all slices", short(ms))).unwrap_or_default();
        for (place, rate) in level.rates.iter().enumerate() {
            let (from, to) = (sizes.slice.as_secs_f64() * place as f64, sizes.slice.as_secs_f64() * (place + 1) as f64);
            lines.push(Line {
                group: "xmin",
                what: format!("{}, {from} to {to} s", if pinned { "pinned" } else { "free" }),
                figure: *rate,
                unit: "runs/s",
                unburdened: without.get(place).copied().filter(|_| pinned),
                beside: beside.clone(),
            });
        }
        without = level.rates;
    }
    Ok(lines)
}

pub(super) async fn unclaimable(server: &Server, sizes: &Sizes) -> Result<Vec<Line>> {
    let backlog = sizes.claimable;
    let without = burdened(server, "all_claimable", backlog, sizes, async |_| Ok(())).await?;
    let with = burdened(server, "tenth_claimable", backlog, sizes, async |db: &Db| {
        let version = registered::<noop::Workflow>(db).await?;
        // Before the others, so that a claim would meet them first.
        let fill = sqlx::query(include_str!("../../sql/unclaimable.sql")).bind(i64::from(backlog) * 9).bind(version);
        fill.execute(&db.pool).await?;
        Ok(())
    })
    .await?;
    let first = line("unclaimable", format!("{backlog} runs wait"), &without, None);
    let what = format!("{backlog} runs wait, and {} others", backlog * 9);
    let second = line("unclaimable", what, &with, Some(first.figure));
    Ok(vec![first, second])
}

/// Registers a workflow as its first start does, and gives the number of its version.
async fn registered<W: pgflow::Workflow + Copy + Default>(db: &Db) -> Result<i32> {
    let client = pgflow::Client::new(db.pool.clone());
    client.start_many(W::default(), []).await?;
    let definition = W::definition();
    let query = sqlx::query_scalar("select pgflow.version_id($1, $2)").bind(&definition.name).bind(definition.hash());
    Ok(query.fetch_one(&db.pool).await?)
}
