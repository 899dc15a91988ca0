//! How a run is started.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::Error;

/// How a run is started.
#[derive(Clone, Debug)]
pub struct StartOptions {
    pub(super) key: Option<Key>,
    pub(super) queue: String,
    pub(super) priority: i32,
    pub(super) namespace: String,
    pub(super) begin: Begin,
    deadline: Option<Duration>,
    pub(super) max_backlog: Option<u32>,
    pub(super) wait_for_room: Duration,
    pub(super) actor: Option<String>,
}

/// What a start has to do with earlier ones.
#[derive(Clone, Debug)]
pub(super) enum Key {
    /// With the same key, it is the same start.
    Idempotency(String),
    /// It takes the place of one that has not begun.
    Supersede(String),
    /// It is that one, which begins so much later.
    Debounce(String, Duration),
}

/// When a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    Now,
    At(SystemTime),
    After(Duration),
}

impl Default for StartOptions {
    fn default() -> Self {
        Self {
            key: None,
            queue: "default".to_owned(),
            priority: 0,
            namespace: String::new(),
            begin: Begin::Now,
            deadline: None,
            max_backlog: None,
            wait_for_room: Duration::ZERO,
            actor: None,
        }
    }
}

impl StartOptions {
    /// The defaults: no key, the queue `default`, priority 0, no namespace; the run begins at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A key (1 to 512 bytes) that stands for this start: a second start of the same workflow with the same key gives the run of
    /// the first, and its input is ignored. It belongs to the workflow's name, whatever the version. Safe under any race, and what makes a start safe to repeat after a lost answer.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(Key::Idempotency(key.into()));
        self
    }

    /// A key (1 to 512 bytes) for what is to be done: if an earlier run of the workflow with this key has not begun, it is cancelled,
    /// and this one takes its place. Runs that have begun, or ended, are left alone. Safe under any race.
    ///
    /// Replaces an [`idempotency_key`](Self::idempotency_key) or a [`debounce`](Self::debounce).
    #[must_use]
    pub fn supersede(mut self, key: impl Into<String>) -> Self {
        self.key = Some(Key::Supersede(key.into()));
        self
    }

    /// The run begins when nobody has started one of the workflow with this key (1 to 512 bytes) for the time `quiet`: if an earlier
    /// one has not begun, it gets this start's input and options, and waits anew; the start gives that run. If it has begun, or ended,
    /// another run is started. Safe under any race. Starts that never pause for `quiet` put the run off for ever.
    ///
    /// Replaces an [`idempotency_key`](Self::idempotency_key) or a [`supersede`](Self::supersede).
    #[must_use]
    pub fn debounce(mut self, key: impl Into<String>, quiet: Duration) -> Self {
        self.key = Some(Key::Debounce(key.into(), quiet));
        self
    }

    /// The queue whose workers take the run.
    #[must_use]
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queue = name.into();
        self
    }

    /// Larger ones go first.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// The project or tenant that the run belongs to.
    #[must_use]
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespace = name.into();
        self
    }

    /// The run does not begin before this time, by the clock of the database; at once when it is past. Until then it is
    /// [`Scheduled`](super::RunStatus::Scheduled), and takes no slot of any worker. Workers look ahead with every beat (1.5 s by
    /// default), so a run that is started for a time nearer than that begins with the next one at the latest.
    ///
    /// Replaces a [`start_after`](Self::start_after).
    #[must_use]
    pub fn start_at(mut self, time: SystemTime) -> Self {
        self.begin = Begin::At(time);
        self
    }

    /// The run fails unless it has ended this long after its beginning: what of it is under way is dropped. Whoever has the run at
    /// that time sees to it, or takes it next: of a run that no worker takes, nobody does.
    ///
    /// Default: the workflow's own deadline, if it has one.
    #[must_use]
    pub fn deadline(mut self, time: Duration) -> Self {
        self.deadline = Some(time);
        self
    }

    /// The start is refused ([`Error::is_backlogged`]) where, with it, more than so many runs of the workflow's version would wait for a worker in
    /// the same queue and namespace. A soft limit: starts at the same moment do not see each other. Counting takes about a tenth of a
    /// microsecond a waiting run, up to the limit. Default: no limit.
    #[must_use]
    pub fn max_backlog(mut self, runs: u32) -> Self {
        self.max_backlog = Some(runs);
        self
    }

    /// With [`max_backlog`](Self::max_backlog), a client's start waits so long for room before it is refused. Default: not at all. A
    /// start in a transaction of the caller's never waits.
    #[must_use]
    pub fn wait_for_room(mut self, time: Duration) -> Self {
        self.wait_for_room = time;
        self
    }

    /// Who starts the run: a user, a service. The trail of the run ([`Run::events`](crate::Run::events)) says so.
    #[must_use]
    pub fn actor(mut self, name: impl Into<String>) -> Self {
        self.actor = Some(name.into());
        self
    }

    /// The run begins this long after its start, by the clock of the database; see [`start_at`](Self::start_at), which this replaces.
    #[must_use]
    pub fn start_after(mut self, delay: Duration) -> Self {
        self.begin = Begin::After(delay);
        self
    }
}

/// The latest time for which a run is started, and its longest deadline: a hundred years.
const LATEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

impl StartOptions {
    /// With the workflow's own deadline, where none is given.
    pub(super) fn or_deadline(mut self, own: Option<Duration>) -> Self {
        self.deadline = self.deadline.or(own);
        self
    }

    pub(super) fn deadline_micros(&self) -> Result<Option<i64>, Error> {
        let micros = |deadline: Duration| match i64::try_from(deadline.as_micros()) {
            Ok(micros) if deadline <= LATEST => Ok(micros),
            _ => Err(Error::invalid("a run cannot have a deadline that is more than a hundred years away")),
        };
        self.deadline.map(micros).transpose()
    }
}

impl Begin {
    /// Microseconds since the epoch, and microseconds from now: one of them, or none for now.
    pub(super) fn micros(self) -> Result<(Option<i64>, Option<i64>), Error> {
        let too_far = || Error::invalid("a run cannot be started for a time that is more than a hundred years away");
        let micros = |time: Duration| i64::try_from(time.as_micros()).map_err(|_| too_far());
        match self {
            Self::Now => Ok((None, None)),
            Self::At(time) if time > SystemTime::now() + LATEST => Err(too_far()),
            // Before the epoch, it is past.
            Self::At(time) => Ok((Some(micros(time.duration_since(UNIX_EPOCH).unwrap_or_default())?), None)),
            Self::After(delay) if delay > LATEST => Err(too_far()),
            Self::After(delay) => Ok((None, Some(micros(delay)?))),
        }
    }
}
