//! Plays a case, on the engine and on the reference, and compares the two after everything that happens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pgflow::{Client, RunId};

use crate::board::{Board, Entry, Word};
use crate::coverage::Coverage;
use crate::reference::{Act, Model, Place, Reply, Run, Unit, input, output};
use crate::shape::{Case, How, Op};
use crate::stage::{Session, Stage, WORKERS};

/// So many runs a case has at most.
const MOST_RUNS: usize = 3;
/// So many ways that things may have gone are followed at most.
const MOST_MODELS: usize = 16;

/// A case under way.
pub(crate) struct Player<'a> {
    pub(crate) stage: &'a Stage,
    client: Client,
    pub(crate) board: Arc<Board>,
    name: &'a str,
    pub(crate) patience: Duration,
    /// How the runs may stand. More than one where two things happened at the same time.
    pub(crate) models: Vec<Model>,
    pub(crate) runs: Vec<RunId>,
    /// Whether it is known how often each attempt has begun: where two things happened at the same time it is not.
    pub(crate) counts: bool,
    pub(crate) log: Vec<String>,
    pub(crate) coverage: Coverage,
}

/// Why a case failed: what happened, and how things stand.
pub(crate) type Failure = String;

impl<'a> Player<'a> {
    pub(crate) fn new(stage: &'a Stage, session: &'a Session, place: usize, case: &Case, patience: Duration) -> Self {
        Self {
            stage,
            client: Client::new(stage.pool.clone()),
            board: Arc::clone(&session.board),
            name: &session.names[place],
            patience,
            models: vec![Model::new(Arc::new(case.shape.clone()))],
            runs: Vec::new(),
            counts: true,
            log: Vec::new(),
            coverage: Coverage::default(),
        }
    }

    pub(crate) async fn play(&mut self, case: &Case) -> Result<(), Failure> {
        self.coverage.shape(&case.shape);
        self.happen(Act::Start { later: false }).await?;
        for op in &case.ops {
            if let Op::Together(one, other) = op {
                if let (Some(one), Some(other)) = (self.resolve(one), self.resolve(other)) {
                    self.happen_together([one, other]).await?;
                }
            } else if let Some(act) = self.resolve(op) {
                self.happen(act).await?;
            }
        }
        if case.to_the_end {
            self.go_to_the_end().await?;
        }
        for run in 0..self.runs.len() {
            if !self.models[0].runs[run].has_ended() || self.models.len() > 1 {
                self.happen(Act::Cancel { run }).await?;
            }
        }
        self.stage.clear().await.map_err(|error| format!("the runs cannot be forgotten: {error}"))?;
        self.board.clear();
        Ok(())
    }

    /// Has all runs go on until they have ended.
    async fn go_to_the_end(&mut self) -> Result<(), Failure> {
        for _ in 0..60 {
            let units = self.under_way();
            let is = |place: Place| self.models[0].runs.iter().position(|run| run.place == place);
            let act = if !units.is_empty() {
                Act::AnswerAll { units }
            } else if let Some(run) = is(Place::Paused) {
                Act::Resume { run }
            } else if is(Place::Parked).or(is(Place::Scheduled)).is_some() {
                Act::TimePasses
            } else {
                return Ok(());
            };
            self.happen(act).await?;
        }
        if self.models.len() == 1 && !self.models[0].runs.iter().all(Run::has_ended) {
            return Err(self.failure("the runs do not come to their end", &[]));
        }
        Ok(())
    }

    /// The attempts that are under way: (run, unit).
    fn under_way(&self) -> Vec<(usize, Unit)> {
        let entries = self.board.entries();
        let mut units: Vec<_> = entries.iter().filter_map(|entry| Some((self.place_of(entry)?, entry.unit))).collect();
        units.sort_unstable();
        units.dedup();
        units
    }

    pub(crate) fn place_of(&self, entry: &Entry) -> Option<usize> {
        self.runs.iter().position(|run| *run == entry.run)
    }

    /// What an operation means as things stand; none where it means nothing.
    fn resolve(&self, op: &Op) -> Option<Act> {
        let run = |run: &u8| usize::from(*run) % self.runs.len();
        let step = |step: &u8| usize::from(*step) % self.models[0].shape.steps.len();
        let unit = |place: &u8| {
            let units = self.under_way();
            units.get(usize::from(*place).checked_rem(units.len())?).copied()
        };
        let room = self.runs.len() < MOST_RUNS;
        Some(match op {
            Op::Start { later } => room.then_some(Act::Start { later: *later })?,
            Op::Answer { unit: place, how } => {
                let (run, unit) = unit(place)?;
                let may_skip = self.models[0].shape.steps[unit.0].skippable;
                let how = if *how == How::Skip && !may_skip { How::Complete(0) } else { *how };
                Act::Answer { run, unit, how }
            }
            Op::AnswerAll => Act::AnswerAll { units: self.under_way() },
            Op::Cancel { run: place } => Act::Cancel { run: run(place) },
            Op::Pause { run: place } => Act::Pause { run: run(place) },
            Op::Resume { run: place } => Act::Resume { run: run(place) },
            Op::Retry { run: place, step: number, item } => {
                let step = step(number);
                let item =
                    item.filter(|_| self.models[0].shape.steps[step].map.is_some()).map(|item| i32::from(item % 3));
                Act::Retry { run: run(place), step, item }
            }
            Op::CancelAttempt { unit: place } => {
                let (run, (step, index, _)) = unit(place)?;
                Act::CancelAttempt { run, step, index }
            }
            Op::Fork { run: place, from } => {
                room.then_some(Act::Fork { run: run(place), from: from.as_ref().map(step) })?
            }
            Op::TimePasses => Act::TimePasses,
            Op::Kill { worker, late } => {
                let worker = usize::from(*worker) % WORKERS;
                let entries = self.board.entries();
                let mut runs: Vec<usize> = entries
                    .iter()
                    .filter(|entry| entry.seat == worker)
                    .filter_map(|entry| self.place_of(entry))
                    .collect();
                runs.dedup();
                runs.sort_unstable();
                runs.dedup();
                // What is under way at a second crash is suspected, and executed alone: another order, which is not told here.
                let crashed = runs.iter().any(|run| self.models[0].runs[*run].crashes > 0);
                (self.models.len() == 1 && !crashed).then_some(Act::Kill { worker, runs, late: *late })?
            }
            Op::Together(..) => return None,
        })
    }

    /// Lets something happen, and waits until the engine stands as it ought to.
    async fn happen(&mut self, act: Act) -> Result<(), Failure> {
        self.log.push(format!("{act:?}"));
        self.coverage.act(&act, &self.models[0]);
        let reply = match &act {
            Act::Start { later } => self.start(*later).await?,
            Act::Fork { run, from } => self.fork(*run, *from).await?,
            act => self.perform(act).await?,
        };
        let mut models = Vec::new();
        for mut model in std::mem::take(&mut self.models) {
            // What it happens to was seen on the board.
            if model.allows(&act) && model.apply(&act) == reply {
                models.push(model);
            }
        }
        self.expect(models, &[reply], true).await
    }

    /// The same of two things at the same time: either may be the first, and what follows from it may come before the other or not.
    async fn happen_together(&mut self, acts: [Act; 2]) -> Result<(), Failure> {
        if self.models.len() * 4 > MOST_MODELS {
            return Ok(());
        }
        self.log.push(format!("together {acts:?}"));
        self.coverage.together(&acts);
        let (one, other) = tokio::join!(self.perform(&acts[0]), self.perform(&acts[1]));
        let replies = [one?, other?];
        self.counts = false;
        let mut models: Vec<Model> = Vec::new();
        for model in std::mem::take(&mut self.models) {
            if !acts.iter().all(|act| model.allows(act)) {
                continue;
            }
            // What was refused has done nothing. What an owner was asked for may come too late.
            let done = |place: usize| Some(&acts[place]).filter(|_| replies[place] == Reply::Done);
            for (first, then) in [(0, 1), (1, 0)] {
                for at_once in [false, true] {
                    let mut model = model.clone();
                    done(first).into_iter().for_each(|act| _ = model.begin(act));
                    if !at_once {
                        model.go_on();
                    }
                    done(then).into_iter().for_each(|act| _ = model.begin(act));
                    model.go_on();
                    models.push(model);
                }
            }
        }
        // One way may look like the other for a moment.
        self.expect(models, &replies, false).await
    }

    async fn perform(&self, act: &Act) -> Result<Reply, Failure> {
        let failed = |error: String| self.failure(&format!("{act:?} cannot be done: {error}"), &[]);
        let database = |error: sqlx::Error| failed(error.to_string());
        let action = match act {
            Act::Cancel { run } => Some((*run, self.client.cancel(self.runs[*run]))),
            Act::Pause { run } => Some((*run, self.client.pause(self.runs[*run]))),
            Act::Resume { run } => Some((*run, self.client.resume(self.runs[*run]))),
            Act::Retry { run, step, item } => {
                let action = self.client.retry(self.runs[*run], format!("s{step}"));
                Some((*run, item.iter().fold(action, |action, item| action.item(item.unsigned_abs()))))
            }
            Act::CancelAttempt { run, step, index } => {
                let action = self.client.cancel_attempt(self.runs[*run], format!("s{step}"));
                Some((*run, if *index < 0 { action } else { action.item(index.unsigned_abs()) }))
            }
            _ => None,
        };
        if let Some((run, action)) = action {
            return match action.await {
                Ok(()) => self.stage.nudge(self.runs[run]).await.map(|()| Reply::Done).map_err(database),
                Err(error) if error.is_refused() => Ok(Reply::Refused),
                Err(error) => Err(failed(error.to_string())),
            };
        }
        match act {
            Act::Answer { run, unit, how } => self.answer(*run, *unit, *how),
            Act::AnswerAll { units } => units.iter().for_each(|(run, unit)| self.answer(*run, *unit, How::Complete(1))),
            Act::TimePasses => self.stage.pass_time().await.map_err(database)?,
            Act::Kill { worker, runs, late } => {
                // One that was killed before comes again under another id, soon.
                let deadline = Instant::now() + self.patience;
                while !self.stage.kill(*worker).await.map_err(database)? {
                    if Instant::now() > deadline {
                        return Err(failed("no such worker lives".to_owned()));
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                for entry in self.board.entries().iter().filter(|entry| *late && entry.seat == *worker) {
                    let place = self.place_of(entry).filter(|place| runs.contains(place));
                    place.into_iter().for_each(|run| self.answer(run, entry.unit, How::Complete(2)));
                }
                self.stage.tell().await.map_err(database)?;
            }
            _ => {}
        }
        Ok(Reply::Done)
    }

    async fn start(&mut self, later: bool) -> Result<Reply, Failure> {
        let started = self.stage.start(self.name, &input(&self.models[0].shape), later).await;
        self.runs.push(started.map_err(|error| self.failure(&format!("a run cannot be started: {error}"), &[]))?);
        Ok(Reply::Done)
    }

    async fn fork(&mut self, run: usize, from: Option<usize>) -> Result<Reply, Failure> {
        let forked = self.stage.fork(self.runs[run], from.map(|from| format!("s{from}"))).await;
        self.runs.push(forked.map_err(|error| self.failure(&format!("a run cannot be forked: {error}"), &[]))?);
        Ok(Reply::Done)
    }

    fn answer(&self, run: usize, unit: Unit, how: How) {
        let word = match how {
            How::Complete(size) => Word::Complete(output(&self.models[0].shape, unit, size)),
            How::Soon => Word::Retry(u64::from(unit.2 % 3) * 2),
            How::Later => Word::Retry(3_600_000),
            How::Backoff => Word::Fail,
            How::Panic => Word::Panic,
            How::Fatal => Word::Fatal,
            How::Skip => Word::Skip,
        };
        self.board.say(self.runs[run], unit, word);
    }
}
