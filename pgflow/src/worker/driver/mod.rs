//! The loop of a worker: claims runs, runs what is open, sends outcomes to the database, and opens what follows.
//!
//! One task holds all state and waits for whatever comes first: an attempt that ends, an answer of the database, a notification, a
//! timer. Attempts run in tasks of their own; one round trip in each lane is under way at a time.

mod control;
mod direct;
mod families;
mod flush;
mod intake;
mod lane;
mod marks;
mod repeats;
mod runs;
mod share;
mod suspects;
mod units;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use uuid::Uuid;

use self::flush::GATHER;
use self::lane::{LANES, Lane};
use self::marks::Marks;
use self::share::LARGEST_RANGE;
use self::suspects::Suspects;
pub(crate) use self::units::PAST_DEADLINE;
use self::units::Timer;
use super::attempt;
use super::exchange::{Reply, Request, Turns};
use super::hand::{Hand, Handed};
use super::keeper::{Due, Sign};
use super::options::Options;
use super::plan::Plan;
use super::queue::Queues;
use super::run::OwnedRun;
use super::task::HeldTask;
use super::unit::Unit;
use crate::database::Link;
use crate::news::{Ended, Heard, News, Teller, WORK};
use crate::notes::Reporter;
use crate::step::StepContext;

/// Why the driver has returned.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Stopped,
    Fenced,
}

pub(crate) struct Driver {
    options: Arc<Options>,
    worker: i32,
    plans: HashMap<i32, Arc<Plan>>,
    /// For the transactions of steps.
    pool: PgPool,
    news: Teller,
    hand: Arc<Hand>,
    reporter: Reporter,
    connect: Arc<PgConnectOptions>,
    /// What asks what became of direct starts.
    settling: JoinSet<Option<Handed>>,
    due: mpsc::UnboundedSender<Due>,

    lanes: [Lane; LANES],
    runs: HashMap<Uuid, OwnedRun>,
    tasks: HashMap<i64, HeldTask>,
    /// The payloads that runs and tasks keep, and how many of them a claimed run brought lately.
    bytes: usize,
    bytes_a_run: usize,
    queues: Queues,
    /// Their names.
    queue_names: Arc<[String]>,
    /// Whose turn was last in them.
    turns: Turns,
    running: HashMap<u64, Running>,
    /// Units whose beginning is on its way to the database, and whether they will run alone.
    beginning: HashMap<Unit, bool>,
    suspects: Suspects,
    timers: BinaryHeap<Reverse<(Instant, u64)>>,
    timed: HashMap<u64, Timer>,
    serial: u64,
    marks: Marks,
    number: i64,
    /// The lane whose turn it is.
    turn: usize,
    finished: mpsc::UnboundedSender<Finished>,

    fleet: i32,
    /// Of each queue: work is known, or likely, to wait in the database.
    hungry: Vec<bool>,
    /// The last claim was given all that it asked for.
    plenty: Vec<bool>,
    /// Tasks may be among it, even if no other worker is about: retries of shared work.
    hungry_for_tasks: Vec<bool>,
    /// Whether the tasks held here are still this worker's is to be asked.
    tasks_in_doubt: bool,
    /// Runs that are to leave when what of them is under way here has ended.
    aside: HashSet<Uuid>,
    next_poll: Instant,
    /// When units that wait for a slot are offered to others; none while none waits.
    share_at: Option<Instant>,
    /// Units of each queue that ended since the last round trip, and between that and the one before: how much to fetch ahead.
    pace: Vec<usize>,
    former_pace: Vec<usize>,
    /// How many units a task has had lately.
    task_size: usize,
    stopping: bool,
}

struct Running {
    unit: Unit,
    since: Instant,
    context: StepContext,
    abort: AbortHandle,
    /// Somebody has cancelled it, and this is what its failure says.
    cancelled: Option<String>,
}

pub(crate) struct Finished {
    serial: u64,
    ended: attempt::Ended,
    duration: Duration,
}

/// Whom the driver tells.
pub(crate) struct Tells {
    pub(crate) news: Teller,
    pub(crate) reporter: Reporter,
    pub(crate) due: mpsc::UnboundedSender<Due>,
}

/// What the driver listens to.
pub(crate) struct Senses {
    pub(crate) signs: mpsc::UnboundedReceiver<Sign>,
    pub(crate) heard: mpsc::UnboundedReceiver<Heard>,
    pub(crate) handed: mpsc::UnboundedReceiver<Handed>,
    pub(crate) plans: mpsc::UnboundedReceiver<Vec<Arc<Plan>>>,
    pub(crate) stop: tokio::sync::watch::Receiver<bool>,
}

/// A round trip of a lane.
type Exchange = BoxFuture<'static, (usize, Link, Option<Request>, Reply)>;

impl Driver {
    pub(crate) fn new(
        options: Arc<Options>,
        worker: i32,
        plans: HashMap<i32, Arc<Plan>>,
        pool: PgPool,
        hand: Arc<Hand>,
        Tells { news, reporter, due }: Tells,
    ) -> (Self, mpsc::UnboundedReceiver<Finished>) {
        let (finished, receive) = mpsc::unbounded_channel();
        let now = Instant::now();
        let connect = pool.connect_options();
        let driver = Self {
            worker,
            plans,
            pool,
            news,
            hand,
            reporter,
            connect: Arc::clone(&connect),
            settling: JoinSet::new(),
            due,
            lanes: std::array::from_fn(|_| Lane::new(Link::new(Arc::clone(&connect)), now)),
            runs: HashMap::new(),
            tasks: HashMap::new(),
            bytes: 0,
            bytes_a_run: 0,
            queues: Queues::new(&options.queues, options.concurrency),
            queue_names: options.queue_names().into(),
            turns: Turns::default(),
            running: HashMap::new(),
            beginning: HashMap::new(),
            suspects: Suspects::default(),
            timers: BinaryHeap::new(),
            timed: HashMap::new(),
            serial: 0,
            marks: Marks::new(now),
            number: 0,
            turn: 0,
            finished,
            fleet: 1,
            hungry: vec![true; options.queues.len()],
            plenty: vec![false; options.queues.len()],
            hungry_for_tasks: vec![true; options.queues.len()],
            tasks_in_doubt: false,
            aside: HashSet::new(),
            next_poll: now,
            share_at: None,
            pace: vec![0; options.queues.len()],
            former_pace: vec![0; options.queues.len()],
            task_size: LARGEST_RANGE,
            stopping: false,
            options,
        };
        (driver, receive)
    }

    /// Works until it is told to stop and all that runs has ended (or the grace time has passed), or until it is fenced.
    pub(crate) async fn drive(&mut self, mut senses: Senses, mut finished: mpsc::UnboundedReceiver<Finished>) -> Exit {
        let mut under_way: FuturesUnordered<Exchange> = FuturesUnordered::new();
        let mut grace: Option<Instant> = None;
        loop {
            self.let_leave();
            self.start_units();
            if !self.stopping {
                self.share_surplus();
            }
            for n in 0..LANES {
                under_way.extend(self.next_exchange((self.turn + n) % LANES));
            }
            if self.stopping
                && self.running.is_empty()
                && under_way.is_empty()
                && self.lanes.iter().all(|lane| lane.batch.is_empty())
            {
                return Exit::Stopped;
            }
            self.offer();
            let wake = self.wake_at(grace);
            tokio::select! {
                Some(done) = finished.recv() => {
                    self.finish(done);
                    if !self.running.is_empty() {
                        // Others that are about to end go into the same round trip.
                        tokio::task::yield_now().await;
                    }
                    while let Ok(done) = finished.try_recv() {
                        self.finish(done);
                    }
                }
                Some((lane, link, request, reply)) = under_way.next() => {
                    self.lanes[lane].link = Some(link);
                    match (reply, request) {
                        (Reply::Done(rows), Some(request)) => self.take_in(lane, request, rows),
                        _ => return self.abandon(),
                    }
                }
                sign = senses.signs.recv() => match sign {
                    Some(Sign::Beat { fleet, called }) => {
                        self.fleet = fleet;
                        self.tasks_in_doubt = !self.tasks.is_empty();
                        self.summon(&called);
                    }
                    Some(Sign::Work) => {
                        self.hungry.fill(true);
                        self.hungry_for_tasks.fill(true);
                    }
                    Some(Sign::Families { ended, called }) => {
                        self.summon(&called);
                        let ended = ended.into_iter().map(|run| Ended { run, output: None, ours: false }).collect();
                        self.news.tell(News { work: true, messages: called, ended });
                        self.hungry.fill(true);
                    }
                    Some(Sign::Fenced) | None => return self.abandon(),
                },
                Some(heard) = senses.heard.recv() => self.hear(&heard),
                Some(handed) = senses.handed.recv() => self.take_handed(handed),
                Some(plans) = senses.plans.recv() => self.take_plans(plans),
                Some(Ok(Some(handed))) = self.settling.join_next() => self.take_handed(handed),
                changed = senses.stop.changed(), if !self.stopping => {
                    if changed.is_err() || *senses.stop.borrow() {
                        tracing::info!(worker = self.worker, running = self.running.len(), "stopping: no more work is claimed");
                        self.stopping = true;
                        grace = Some(Instant::now() + self.options.grace);
                    }
                }
                () = tokio::time::sleep_until(wake.into()) => {
                    let late = grace.map_or(Duration::ZERO, |at| Instant::now().saturating_duration_since(at));
                    if grace.is_some_and(|at| Instant::now() >= at) && !self.running.is_empty() {
                        tracing::warn!(worker = self.worker, running = self.running.len(), "the grace time is over: what still runs is cut");
                        self.cut_all();
                    }
                    if late >= LAST_WORDS {
                        tracing::warn!(worker = self.worker, "the database does not answer: the others will hand on what is left");
                        return Exit::Stopped;
                    }
                }
            }
            self.ring_timers();
        }
    }

    /// The connections, for what comes after the loop.
    pub(crate) fn into_links(self) -> Vec<Link> {
        self.lanes.into_iter().filter_map(|lane| lane.link).collect()
    }

    /// When something is to be done though nothing has happened. What a round trip would do waits for the one under way.
    fn wake_at(&self, grace: Option<Instant>) -> Instant {
        let mut at = Instant::now() + Duration::from_secs(3600);
        if let Some(Reverse((due, _))) = self.timers.peek() {
            at = at.min(*due);
        }
        if let Some(turn) = self.suspects.turn().filter(|_| !self.stopping) {
            at = at.min(turn);
        }
        if let Some(grace) = grace {
            at = at.min(if self.running.is_empty() { grace + LAST_WORDS } else { grace });
        }
        let free = || self.lanes.iter().enumerate().filter(|(_, lane)| !lane.is_busy());
        for (_, lane) in free() {
            if !lane.listening.is_empty() {
                at = at.min(lane.next_watch);
            }
            if let Some(since) = lane.gathers_since {
                at = at.min(since + GATHER);
            }
        }
        if self.stopping || free().next().is_none() {
            return at;
        }
        if free().any(|(lane, _)| self.may_claim(lane)) {
            at = at.min(self.next_poll);
        }
        self.share_at.filter(|_| self.surplus() > 0).map_or(at, |share_at| at.min(share_at))
    }

    /// Takes more versions, or versions with other options: for runs that are claimed from now on.
    fn take_plans(&mut self, plans: Vec<Arc<Plan>>) {
        self.plans.extend(plans.into_iter().map(|plan| (plan.version, plan)));
        self.hungry.fill(true);
        self.hungry_for_tasks.fill(true);
    }

    fn hear(&mut self, heard: &Heard) {
        if heard.channel == WORK {
            self.hungry.fill(true);
            // With nobody else about, what this process says is that a run was started.
            if !heard.local {
                self.hungry_for_tasks.fill(true);
            }
        } else if heard.runs.is_empty() {
            // It may be about any: those of which messages are expected, and what is held of others' runs.
            self.tasks_in_doubt = !self.tasks.is_empty();
            for lane in &mut self.lanes {
                lane.next_watch = Instant::now();
            }
        } else {
            let runs: Vec<Uuid> = heard.runs.iter().map(|ended| ended.run).collect();
            self.tasks_in_doubt |= self.tasks.values().any(|task| runs.contains(&task.run));
            self.summon(&runs);
        }
    }
}

/// How long after the grace time a stop waits for the database.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How often the messages of runs with work out are looked for.
const WATCH: Duration = Duration::from_millis(50);
/// How long units wait for a slot here before they are offered to other workers.
const SHARE_AFTER: Duration = Duration::from_millis(5);
