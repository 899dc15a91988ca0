//! News: that work has come, that messages wait, that runs have ended. A way to be quicker than polling, and never more than that.
//!
//! The clients and workers of one process tell each other directly; all others are told by notifications of Postgres, after the
//! transactions that they are about.

mod local;
mod remote;

use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub(crate) use self::local::Local;
pub(crate) use self::remote::{notify_all, notify_work};
use crate::encoded::Encoded;

/// Work has come: runs or tasks that are due.
pub(crate) const WORK: &str = "pgflow_work";
/// Messages have come for runs.
pub(crate) const MESSAGE: &str = "pgflow_message";
/// Runs have ended.
pub(crate) const END: &str = "pgflow_end";

/// What others are to be told.
#[derive(Debug, Default)]
pub(crate) struct News {
    pub(crate) work: bool,
    pub(crate) messages: Vec<Uuid>,
    pub(crate) ended: Vec<Ended>,
}

/// A run that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) run: Uuid,
    /// Its output, where that is at hand.
    pub(crate) output: Option<Encoded>,
    /// Whether this process has started it, and so is the one that is likely to wait for it.
    pub(crate) ours: bool,
}

/// What was heard.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) channel: &'static str,
    /// Whether it was said in this process.
    pub(crate) local: bool,
    /// The runs that it is about, with the outputs that are known; none where it may be about any.
    pub(crate) runs: Vec<Ended>,
}

impl News {
    pub(crate) fn is_empty(&self) -> bool {
        !self.work && self.messages.is_empty() && self.ended.is_empty()
    }

    /// Whether other processes are to be told at once.
    pub(crate) fn is_urgent(&self) -> bool {
        self.work || !self.messages.is_empty() || self.ended.iter().any(|ended| !ended.ours)
    }

    pub(crate) fn merge(&mut self, more: Self) {
        self.work |= more.work;
        self.messages.extend(more.messages);
        self.ended.extend(more.ended);
    }

    pub(crate) fn work() -> Self {
        Self { work: true, ..Self::default() }
    }
}

/// Tells news: at once to this process, and by a task with a connection of its own to the others.
#[derive(Clone, Debug)]
pub(crate) struct Teller {
    local: Arc<Local>,
    remote: mpsc::UnboundedSender<News>,
}

impl Teller {
    /// The task ends when all clones of the teller are gone and everything is told.
    pub(crate) fn new(options: Arc<PgConnectOptions>) -> (Self, JoinHandle<()>) {
        let local = Local::of(&options);
        let (remote, task) = remote::sender(options, local.origin());
        (Self { local, remote }, task)
    }

    pub(crate) fn tell(&self, news: News) {
        if !news.is_empty() {
            self.local.tell(&news);
            let _ = self.remote.send(news);
        }
    }
}

/// Listens on `channels` until the receiver is dropped: from now on in this process, and soon over a connection of its own, which is
/// reopened when it is lost.
pub(crate) fn listen(
    options: Arc<PgConnectOptions>,
    channels: &'static [&'static str],
) -> (mpsc::UnboundedReceiver<Heard>, JoinHandle<()>) {
    let (send, receive) = mpsc::unbounded_channel();
    let local = Local::of(&options);
    local.listen(channels, send.clone());
    let task = tokio::spawn(remote::listener(options, local, channels, send));
    (receive, task)
}
