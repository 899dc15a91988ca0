//! The workers of a seed: each in a thread and a runtime of its own, behind an address of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pgflow::Worker;
use pgflow_tests::wire::{Endpoint, Event, Party, Script};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::mpsc;

use crate::direct::Started;
use crate::jobs::{self, Job};
use crate::plan::Plan;
use crate::stage::Stage;

/// The workers that there are. Dropping it kills them.
pub(crate) struct Fleet<'a> {
    stage: &'a Stage,
    plan: &'a Plan,
    script: Arc<Script>,
    members: BTreeMap<usize, Member>,
    /// The addresses of those that are gone: the server may not know of it yet.
    gone: Vec<Endpoint>,
    begun: usize,
    ends: mpsc::UnboundedSender<(usize, End)>,
    ended: mpsc::UnboundedReceiver<(usize, End)>,
    /// Whoever is gone is not replaced any more.
    leaving: bool,
    /// What their processes have started themselves.
    pub(crate) started: Started,
}

struct Member {
    endpoint: Endpoint,
    orders: mpsc::UnboundedSender<Order>,
}

#[derive(Debug)]
enum Order {
    Kill,
    Halt(Duration),
    Stop,
}

/// How a worker's thread has ended.
#[derive(Debug)]
pub(crate) enum End {
    Killed,
    Stopped,
    /// It could not begin.
    NotBegun(String),
    Wrong(String),
}

impl<'a> Fleet<'a> {
    pub(crate) fn start(stage: &'a Stage, plan: &'a Plan, script: Arc<Script>) -> Self {
        let (ends, ended) = mpsc::unbounded_channel();
        let members = BTreeMap::new();
        let mut fleet = Self {
            stage,
            plan,
            script,
            members,
            gone: Vec::new(),
            begun: 0,
            ends,
            ended,
            leaving: false,
            started: Started::default(),
        };
        for _ in 0..plan.workers {
            fleet.begin();
        }
        fleet
    }

    /// One more worker.
    fn begin(&mut self) {
        self.begun += 1;
        assert!(self.begun < 60, "one worker after the other has ended");
        let number = self.begun;
        let endpoint = self.stage.endpoint(Party::Worker(number), &self.script, self.plan.pause);
        let (orders, receiver) = mpsc::unbounded_channel();
        let setup = Setup {
            options: endpoint.options(),
            name: format!("w{number}"),
            jobs: self.plan.jobs.clone(),
            concurrency: self.plan.concurrency,
            threads: self.plan.threads,
            silence: self.plan.silence,
            started: self.started.clone(),
        };
        let ends = self.ends.clone();
        std::thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(move || {
                let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| live(setup, receiver)));
                let _ = ends.send((number, lived.unwrap_or_else(|_| End::Wrong("its thread has panicked".to_owned()))));
            })
            .expect("a thread starts");
        self.members.insert(number, Member { endpoint, orders });
    }

    /// Sees to what the faults have done.
    pub(crate) fn see_to(&mut self, event: Event) {
        match event {
            Event::Killed(number) => {
                let Some(member) = self.members.remove(&number) else { return };
                let _ = member.orders.send(Order::Kill);
                self.gone.push(member.endpoint);
                self.replace();
            }
            Event::Halted(number, time) => self.order(number, Order::Halt(time)),
            Event::Retire(number) => self.order(number, Order::Stop),
        }
    }

    fn order(&self, number: usize, order: Order) {
        if let Some(member) = self.members.get(&number) {
            let _ = member.orders.send(order);
        }
    }

    fn replace(&mut self) {
        if !self.leaving {
            self.begin();
        }
    }

    /// Waits until a worker has ended by itself, and sees to it.
    pub(crate) async fn ended(&mut self) {
        let Some((number, end)) = self.ended.recv().await else { return };
        match end {
            End::Wrong(problem) => panic!("worker {number}: {problem}"),
            End::NotBegun(why) => self.script.note(format!("worker {number} has not begun: {why}")),
            End::Killed | End::Stopped => self.script.note(format!("worker {number}: {end:?}")),
        }
        if let Some(member) = self.members.remove(&number) {
            self.gone.push(member.endpoint);
            self.replace();
        }
    }

    /// Tells all to stop in order.
    pub(crate) fn leave(&mut self) {
        self.leaving = true;
        for member in self.members.values() {
            let _ = member.orders.send(Order::Stop);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

impl Drop for Fleet<'_> {
    fn drop(&mut self) {
        for member in self.members.values() {
            member.endpoint.kill();
            let _ = member.orders.send(Order::Kill);
        }
    }
}

struct Setup {
    options: PgConnectOptions,
    name: String,
    jobs: Vec<Job>,
    concurrency: usize,
    threads: usize,
    silence: Duration,
    started: Started,
}

/// The life of a worker's process, in a thread.
fn live(setup: Setup, orders: mpsc::UnboundedReceiver<Order>) -> End {
    let mut builder = match setup.threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(setup.threads).enable_all().build().expect("a runtime starts");
    let end = runtime.block_on(work(setup, orders));
    // As a process that is killed: nothing more is said.
    runtime.shutdown_background();
    end
}

async fn work(setup: Setup, mut orders: mpsc::UnboundedReceiver<Order>) -> End {
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(setup.options.clone());
    let builder = Worker::builder(pool)
        .name(setup.name)
        .concurrency(setup.concurrency)
        .tx_connections(2)
        .beat(Duration::from_millis(100))
        .silence_limit(setup.silence)
        .poll_interval(Duration::from_millis(200))
        .grace(Duration::from_secs(2));
    let mut told_to_stop = false;
    let mut start = std::pin::pin!(jobs::register(builder, &setup.jobs).start());
    let worker = loop {
        tokio::select! {
            started = &mut start => match started {
                Ok(worker) => break worker,
                Err(error) => return End::NotBegun(error.to_string()),
            },
            order = orders.recv() => match order {
                Some(Order::Halt(time)) => std::thread::sleep(time),
                // As a signal that finds no handler yet.
                Some(Order::Stop) => return End::Stopped,
                Some(Order::Kill) | None => return End::Killed,
            },
        }
    };
    tokio::spawn(setup.started.start(setup.options));
    while !told_to_stop {
        match orders.recv().await {
            Some(Order::Halt(time)) => std::thread::sleep(time),
            Some(Order::Stop) => told_to_stop = true,
            Some(Order::Kill) | None => return End::Killed,
        }
    }
    let mut stop = std::pin::pin!(worker.stop());
    loop {
        tokio::select! {
            stopped = &mut stop => return match stopped {
                Ok(()) => End::Stopped,
                Err(error) => End::Wrong(error.to_string()),
            },
            order = orders.recv() => match order {
                Some(Order::Halt(time)) => std::thread::sleep(time),
                Some(Order::Stop) => {}
                Some(Order::Kill) | None => return End::Killed,
            },
        }
    }
}
