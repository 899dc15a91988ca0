//! Notifications: a way to be quicker than polling, and never more than that.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::database::{Link, statements};

/// Work has come: runs or tasks that are due. The payload is empty.
pub(crate) const WORK: &str = "pgflow_work";
/// Messages have come for runs. The payload names them, separated by commas, or is empty where there are too many.
pub(crate) const MESSAGE: &str = "pgflow_message";
/// Runs have ended. The payload as that of messages.
pub(crate) const END: &str = "pgflow_end";

/// How many ids a payload holds: it has 8,000 bytes.
const IDS: usize = 200;

/// What others are to be told.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) work: bool,
    pub(crate) messages: Vec<Uuid>,
    pub(crate) ended: Vec<Uuid>,
}

/// Sends news over a connection of its own, after the transactions that they are about: all that gathered while the last was sent
/// goes out together.
pub(crate) fn sender(options: Arc<PgConnectOptions>) -> (mpsc::UnboundedSender<News>, JoinHandle<()>) {
    let (send, mut receive) = mpsc::unbounded_channel::<News>();
    let task = tokio::spawn(async move {
        let mut link = Link::new(options).with_deadline(Duration::from_secs(5));
        while let Some(mut news) = receive.recv().await {
            while let Ok(more) = receive.try_recv() {
                news.work |= more.work;
                news.messages.extend(more.messages);
                news.ended.extend(more.ended);
            }
            for (channel, payload) in notifications(news) {
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

fn notifications(news: News) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    if news.work {
        all.push((WORK, String::new()));
    }
    for (channel, ids) in [(MESSAGE, news.messages), (END, news.ended)] {
        let ids: BTreeSet<Uuid> = ids.into_iter().collect();
        match ids.len() {
            0 => {}
            n if n > IDS => all.push((channel, String::new())),
            _ => all.push((channel, ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(","))),
        }
    }
    all
}

async fn notify(connection: &mut sqlx::PgConnection, channel: &str, payload: String) -> sqlx::Result<()> {
    sqlx::query(statements::NOTIFY).bind(channel).bind(payload).execute(connection).await.map(drop)
}

/// A notification that was heard.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) channel: String,
    /// The runs that it names; none where it names all.
    pub(crate) runs: Vec<Uuid>,
}

/// Listens on `channels` over a connection of its own, which is reopened when it is lost, until the receiver is dropped.
pub(crate) fn listen(
    options: Arc<PgConnectOptions>,
    channels: &'static [&'static str],
) -> (mpsc::UnboundedReceiver<Heard>, JoinHandle<()>) {
    let (send, receive) = mpsc::unbounded_channel();
    let task = tokio::spawn(async move {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(PgConnectOptions::clone(&options));
        while !send.is_closed() {
            if let Err(error) = forward(&pool, channels, &send).await {
                tracing::debug!(%error, "the connection for notifications was lost; polling goes on");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
                () = send.closed() => {}
            }
        }
    });
    (receive, task)
}

async fn forward(pool: &sqlx::PgPool, channels: &[&str], send: &mpsc::UnboundedSender<Heard>) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen_all(channels.iter().copied()).await?;
    // Something may have come before: as if everything had been announced.
    for channel in channels {
        let _ = send.send(Heard { channel: (*channel).to_owned(), runs: Vec::new() });
    }
    loop {
        let notification = tokio::select! {
            notification = listener.try_recv() => notification?,
            () = send.closed() => return Ok(()),
        };
        let Some(notification) = notification else { return Ok(()) };
        let runs = notification.payload().split(',').filter_map(|id| id.parse().ok()).collect();
        let _ = send.send(Heard { channel: notification.channel().to_owned(), runs });
    }
}
