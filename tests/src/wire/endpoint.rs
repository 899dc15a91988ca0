//! An address that stands for the server, for one worker or client.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::PgConnectOptions;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::calls::Layout;
use super::connection::Connection;
use super::script::{Party, Script};
use super::sessions::Sessions;

/// An address that stands for the server, for one worker or client. When it is dropped, all connections through it are closed.
#[derive(Debug)]
pub struct Endpoint {
    options: PgConnectOptions,
    socket: PathBuf,
    shared: Arc<Shared>,
}

/// Who is behind an endpoint, and what is to happen there.
#[derive(Clone, Debug)]
pub struct Who {
    /// A worker, or the client.
    pub party: Party,
    /// What goes wrong.
    pub script: Arc<Script>,
    /// How a round trip is read.
    pub layout: Arc<Layout>,
    /// Where sessions come from.
    pub sessions: Sessions,
    /// What each session begins with, as SQL.
    pub settings: String,
}

/// How all connections of an endpoint stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub(super) dead: bool,
    /// And the server has not heard of it.
    pub(super) vanished: bool,
    pub(super) frozen_until: Option<Instant>,
    pub(super) muted_until: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) party: Party,
    pub(super) script: Arc<Script>,
    pub(super) layout: Arc<Layout>,
    pub(super) sessions: Sessions,
    pub(super) settings: String,
    pub(super) state: watch::Sender<State>,
    /// The server's ends of connections of which it does not know yet that they are gone.
    kept: Mutex<Vec<UnixStream>>,
}

impl Endpoint {
    /// An address in `folder` that stands for the server and database of `options`.
    ///
    /// # Panics
    /// When no socket can be made there.
    #[must_use]
    pub fn open(folder: &Path, options: &PgConnectOptions, who: Who) -> Self {
        // Sockets of Postgres are told apart by a number of 16 bits.
        static NUMBERS: AtomicU16 = AtomicU16::new(1);
        let (number, socket, listener) = loop {
            let number = NUMBERS.fetch_add(1, Ordering::Relaxed).max(1);
            let socket = folder.join(format!(".s.PGSQL.{number}"));
            match UnixListener::bind(&socket) {
                Ok(listener) => break (number, socket, listener),
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
                Err(error) => panic!("{}: {error}", socket.display()),
            }
        };
        let state = watch::Sender::new(State::default());
        let Who { party, script, layout, sessions, settings } = who;
        let shared = Arc::new(Shared { party, script, layout, sessions, settings, state, kept: Mutex::default() });
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { options: options.clone().socket(folder).port(number), socket, shared }
    }

    /// How to connect through it.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// Cuts all connections, and takes no more.
    pub fn kill(&self) {
        self.shared.state.send_modify(|state| state.dead = true);
    }

    /// Whether all connections were cut.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.shared.state.borrow().dead
    }

    /// Waits until all connections are cut.
    pub async fn died(&self) {
        self.shared.died().await;
    }

    /// Lets the server know of the connections that are gone.
    pub fn let_go(&self) {
        self.shared.state.send_modify(|state| state.vanished = false);
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.kill();
        self.let_go();
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Shared {
    pub(super) fn die(&self, vanished: bool) {
        self.state.send_modify(|state| {
            state.dead = true;
            state.vanished = vanished;
        });
    }

    pub(super) async fn died(&self) {
        let _ = self.state.subscribe().wait_for(|state| state.dead).await;
    }

    pub(super) fn vanished(&self) -> bool {
        self.state.borrow().vanished
    }

    /// Keeps the server's end of a connection until somebody lets go of all.
    pub(super) fn keep(&self, server: UnixStream) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if self.vanished() {
            kept.push(server);
        }
    }
}

/// Takes connections. The listener goes when the endpoint dies: connecting fails from then on.
async fn accept(listener: UnixListener, shared: Arc<Shared>) {
    loop {
        let client = tokio::select! {
            biased;
            () = shared.died() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((client, _)) = client else { return };
        let connection = Connection::new(client, Arc::clone(&shared), shared.state.subscribe());
        tokio::spawn(connection.run());
    }
}
