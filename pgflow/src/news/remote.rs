//! News of and for other processes: notifications of Postgres.
//!
//! A payload is the number of the process that sends it, a semicolon, and the ids of the runs that it is about, separated by
//! commas; none where there are too many, or where it is about no run. Anybody may send an empty one by hand.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{PgConnection, PgPool};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{END, Ended, Heard, Local, MESSAGE, News, WORK};
use crate::database::{Link, statements};

/// How many ids a payload holds: it has 8,000 bytes.
const IDS: usize = 200;
/// How many payloads name runs; more runs than that go without their names.
const MOST_PAYLOADS: usize = 5;

/// How long news gathers that hardly anybody else waits for.
const GATHER: Duration = Duration::from_millis(20);

/// Sends news over a connection of its own: all that gathered while the last was sent goes out together.
pub(super) fn sender(options: Arc<PgConnectOptions>, origin: u64) -> (mpsc::UnboundedSender<News>, JoinHandle<()>) {
    let (send, mut receive) = mpsc::unbounded_channel::<News>();
    let task = tokio::spawn(async move {
        let mut link = Link::new(options).with_deadline(Duration::from_secs(5));
        while let Some(mut news) = receive.recv().await {
            let latest = tokio::time::Instant::now() + GATHER;
            while let Ok(more) = receive.try_recv() {
                news.merge(more);
            }
            while !news.is_urgent()
                && let Ok(Some(more)) = tokio::time::timeout_at(latest, receive.recv()).await
            {
                news.merge(more);
            }
            for (channel, payload) in notifications(&news, origin) {
                // What is lost here is found by polling.
                if let Err(error) = link.call(|connection| Box::pin(notify(connection, channel, payload))).await {
                    tracing::debug!(%error, channel, "a notification was not sent");
                }
            }
        }
        link.close().await;
    });
    (send, task)
}

/// Tells other processes of work, over a connection of the pool.
pub(crate) async fn notify_work(pool: &PgPool, origin: u64) -> sqlx::Result<()> {
    notify(&mut *pool.acquire().await?, WORK, payload(origin, "")).await
}

/// Tells other processes news, over a connection of the pool.
pub(crate) async fn notify_all(pool: &PgPool, news: &News, origin: u64) -> sqlx::Result<()> {
    let mut connection = pool.acquire().await?;
    for (channel, payload) in notifications(news, origin) {
        notify(&mut connection, channel, payload).await?;
    }
    Ok(())
}

fn notifications(news: &News, origin: u64) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    if news.work {
        all.push((WORK, payload(origin, "")));
    }
    let messages: BTreeSet<Uuid> = news.messages.iter().copied().collect();
    let ended: BTreeSet<Uuid> = news.ended.iter().map(|ended| ended.run).collect();
    for (channel, ids) in [(MESSAGE, messages), (END, ended)] {
        let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        if ids.len() > IDS * MOST_PAYLOADS {
            all.push((channel, payload(origin, "")));
            continue;
        }
        all.extend(ids.chunks(IDS).map(|ids| (channel, payload(origin, &ids.join(",")))));
    }
    all
}

fn payload(origin: u64, ids: &str) -> String {
    format!("{origin};{ids}")
}

async fn notify(connection: &mut PgConnection, channel: &str, payload: String) -> sqlx::Result<()> {
    sqlx::query(statements::NOTIFY).bind(channel).bind(payload).execute(connection).await.map(drop)
}

/// Hands on what other processes tell, until nobody wants it any more.
pub(super) async fn listener(
    options: Arc<PgConnectOptions>,
    local: Arc<Local>,
    channels: &'static [&'static str],
    send: mpsc::UnboundedSender<Heard>,
) {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(PgConnectOptions::clone(&options));
    while !send.is_closed() {
        if let Err(error) = forward(&pool, local.origin(), channels, &send).await {
            tracing::debug!(%error, "the connection for notifications was lost; polling goes on");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            () = send.closed() => {}
        }
    }
}

async fn forward(
    pool: &PgPool,
    own: u64,
    channels: &'static [&'static str],
    send: &mpsc::UnboundedSender<Heard>,
) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen_all(channels.iter().copied()).await?;
    // Something may have come before: as if everything had been announced.
    for channel in channels {
        let _ = send.send(Heard { channel, local: false, runs: Vec::new() });
    }
    loop {
        let notification = tokio::select! {
            notification = listener.try_recv() => notification?,
            () = send.closed() => return Ok(()),
        };
        let Some(notification) = notification else { return Ok(()) };
        let Some(channel) = channels.iter().find(|channel| **channel == notification.channel()) else { continue };
        let (origin, ids) = notification.payload().split_once(';').unwrap_or_default();
        // What this process has said was heard at once.
        if origin.parse() != Ok(own) {
            let runs = ids
                .split(',')
                .filter_map(|id| Some(Ended { run: id.parse().ok()?, output: None, ours: false }))
                .collect();
            let _ = send.send(Heard { channel, local: false, runs });
        }
    }
}
