//! What the clients and workers of one process tell each other, without asking the database.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sqlx::postgres::PgConnectOptions;
use tokio::sync::mpsc;

use super::{END, Ended, Heard, MESSAGE, News, WORK};
use crate::worker::hand::Hand;

/// The listeners of this process on one database.
#[derive(Debug)]
pub(crate) struct Local {
    database: Database,
    /// Tells the notifications of this process from others'.
    origin: u64,
    listeners: Mutex<Vec<Listener>>,
    /// Workers of this process.
    hands: Mutex<Vec<Weak<Hand>>>,
}

#[derive(Debug)]
struct Listener {
    channels: &'static [&'static str],
    send: mpsc::UnboundedSender<Heard>,
}

/// A database as it is addressed. One that is addressed in two ways is taken for two: then notifications serve.
#[derive(Debug, PartialEq, Eq)]
struct Database {
    host: String,
    port: u16,
    socket: Option<PathBuf>,
    name: Option<String>,
}

static ALL: Mutex<Vec<Weak<Local>>> = Mutex::new(Vec::new());

impl Local {
    /// That of the database, which lives as long as somebody has it.
    pub(crate) fn of(options: &PgConnectOptions) -> Arc<Self> {
        let database = Database {
            host: options.get_host().to_owned(),
            port: options.get_port(),
            socket: options.get_socket().cloned(),
            name: options.get_database().map(str::to_owned),
        };
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|local| local.strong_count() > 0);
        if let Some(known) = all.iter().filter_map(Weak::upgrade).find(|local| local.database == database) {
            return known;
        }
        let new = Arc::new(Self {
            database,
            origin: fastrand::u64(..),
            listeners: Mutex::default(),
            hands: Mutex::default(),
        });
        all.push(Arc::downgrade(&new));
        new
    }

    pub(crate) fn origin(&self) -> u64 {
        self.origin
    }

    pub(super) fn listen(&self, channels: &'static [&'static str], send: mpsc::UnboundedSender<Heard>) {
        self.lock().push(Listener { channels, send });
    }

    /// Lets clients of this process start runs directly for a worker, until the hand is dropped.
    pub(crate) fn offer(&self, hand: &Arc<Hand>) {
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        hands.retain(|hand| hand.strong_count() > 0);
        hands.push(Arc::downgrade(hand));
    }

    /// A worker of this process that takes such a run now.
    pub(crate) fn hand(&self, bucket: i32, version: i32, queue: &str) -> Option<Arc<Hand>> {
        let hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        hands.iter().filter_map(Weak::upgrade).find(|hand| hand.takes(bucket, version, queue))
    }

    pub(crate) fn tell(&self, news: &News) {
        let mut listeners = self.lock();
        listeners.retain(|listener| !listener.send.is_closed());
        for listener in &*listeners {
            let tell = |channel, told: bool, runs: &dyn Fn() -> Vec<Ended>| {
                if told && listener.channels.contains(&channel) {
                    let _ = listener.send.send(Heard { channel, local: true, runs: runs() });
                }
            };
            tell(WORK, news.work, &Vec::new);
            let messages = || news.messages.iter().map(|run| Ended { run: *run, output: None, ours: false }).collect();
            tell(MESSAGE, !news.messages.is_empty(), &messages);
            tell(END, !news.ended.is_empty(), &|| news.ended.clone());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Listener>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
