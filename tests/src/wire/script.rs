//! What is to go wrong, and what did.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;
use tokio::sync::mpsc;

use super::calls::Call;

/// Who is behind an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The client that starts runs and awaits them.
    Client,
    /// A worker, by its number.
    Worker(usize),
}

/// Which calls a fault is about.
#[derive(Clone, Copy)]
pub struct Target {
    /// How the plan and the table of what was hit name it.
    pub name: &'static str,
    /// Whether it is the client that makes it.
    pub client: bool,
    /// Whether a call is one of them.
    pub matches: fn(&Call) -> bool,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// When, in the course of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The server never hears of it.
    Before,
    /// The server is at it.
    Within,
    /// The server has done it, and its answer is lost (or comes late).
    NoAnswer,
    /// The answer has come.
    After,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// The process is gone: SIGKILL.
    Kill,
    /// The machine is gone: the server hears nothing of it.
    Vanish,
    /// This connection is cut.
    Cut,
    /// This connection is cut, and the server does not hear of it for a while.
    HalfOpen,
    /// The server ends this session.
    End,
    /// Nothing goes to the server or comes from it for a while, and then all of it does.
    Freeze,
    /// The same, and the process stands still as well: SIGSTOP and SIGCONT.
    Halt,
    /// The keeper alone is not heard for a while: the worker goes on, and counts as dead.
    Mute,
    /// No damage: the worker is told to stop in order.
    Retire,
}

/// One thing that is to go wrong.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Which calls.
    pub target: Target,
    /// The how-manieth of them, from 1.
    pub nth: u32,
    /// When.
    pub phase: Phase,
    /// What.
    pub damage: Damage,
    /// How long the server may be at it before the damage is done.
    pub delay: Duration,
    /// How long it lasts.
    pub lasts: Duration,
}

/// What whoever runs the workers has to see to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The worker is gone.
    Killed(usize),
    /// The worker's process stands still for so long.
    Halted(usize, Duration),
    /// The worker is to be stopped in order.
    Retire(usize),
}

/// The faults of one seed, shared by all of its endpoints.
#[derive(Debug)]
pub struct Script {
    state: Mutex<State>,
    events: mpsc::UnboundedSender<Event>,
    admin: PgPool,
    begun: Instant,
}

#[derive(Debug, Default)]
struct State {
    pending: Vec<(Fault, u32)>,
    /// Nothing new is to go wrong any more.
    quiet: bool,
    fired: Vec<Fault>,
    log: Vec<String>,
    calls: std::collections::BTreeMap<String, u64>,
}

impl Script {
    /// What is to go wrong; `admin` ends sessions, and `events` tells what is to be seen to.
    #[must_use]
    pub fn new(faults: Vec<Fault>, admin: PgPool, events: mpsc::UnboundedSender<Event>) -> Self {
        let pending = faults.into_iter().map(|fault| (fault, fault.nth.max(1))).collect();
        let state = Mutex::new(State { pending, ..State::default() });
        Self { state, events, admin, begun: Instant::now() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault that this call of this party meets.
    pub(super) fn meet(&self, party: Party, call: &Call) -> Option<Fault> {
        let mut state = self.state();
        *state.calls.entry(call.name.to_string()).or_default() += 1;
        if state.quiet {
            return None;
        }
        let client = party == Party::Client;
        let mut met = None;
        for (place, (fault, left)) in state.pending.iter_mut().enumerate() {
            if fault.target.client == client && (fault.target.matches)(call) {
                *left = left.saturating_sub(1);
                if *left == 0 && met.is_none() {
                    met = Some(place);
                }
            }
        }
        let (fault, _) = state.pending.remove(met?);
        state.fired.push(fault);
        drop(state);
        self.note(format!("{party:?} {} {:?} {:?}", fault.target.name, fault.phase, fault.damage));
        Some(fault)
    }

    /// Notes what has happened, for the report of a failure.
    pub fn note(&self, what: String) {
        let at = self.begun.elapsed().as_millis();
        self.state().log.push(format!("{at:>6} ms  {what}"));
    }

    pub(super) fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    /// From now on nothing goes wrong any more.
    pub fn be_quiet(&self) {
        self.state().quiet = true;
    }

    /// The faults that were met.
    #[must_use]
    pub fn fired(&self) -> Vec<Fault> {
        self.state().fired.clone()
    }

    /// What has happened, in order.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// How often each function was called.
    #[must_use]
    pub fn calls(&self) -> Vec<(String, u64)> {
        self.state().calls.iter().map(|(name, count)| (name.clone(), *count)).collect()
    }

    pub(super) async fn end_session(&self, pid: i32) {
        let ended = sqlx::query("select pg_terminate_backend($1)").bind(pid).execute(&self.admin).await;
        if let Err(error) = ended {
            self.note(format!("the session {pid} was not ended: {error}"));
        }
    }
}
