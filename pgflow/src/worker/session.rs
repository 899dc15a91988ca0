//! The life of a worker under one id: registered, driven, retired. When it is declared dead it begins again under another.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::{mpsc, watch};

use super::carrier::{Carrier, Carry};
use super::driver::{Driver, Exit, Senses, Tells};
use super::hand::Hand;
use super::keeper::{AbortOnDrop, Keeper};
use super::options::Options;
use super::plan::Plan;
use super::reporter;
use super::scheduler::{Makers, Scheduler};
use super::scout::{Dynamics, Scout};
use crate::database::{Link, statements};
use crate::definition::Definition;
use crate::dynamic::Handlers;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::news::{self, Local, MESSAGE, News, Teller, WORK};
use crate::notes::Reporter;
use crate::registration::Registration;
use crate::upcast::Carried;

/// The connections and plans of a worker, which outlive its ids.
pub(crate) struct WorkerLives {
    options: Arc<Options>,
    connect: Arc<PgConnectOptions>,
    plans: HashMap<i32, Arc<Plan>>,
    /// Workflows that are made at run time.
    dynamics: Arc<Dynamics>,
    /// Older versions whose runs are carried over.
    carries: Vec<Arc<Carry>>,
    /// The workflows that this program has, for the schedules whose inputs it makes.
    makers: Arc<Makers>,
    /// For the transactions of steps: a pool of its own, so that they never keep beats and round trips waiting.
    pool: PgPool,
}

impl WorkerLives {
    pub(crate) async fn new(
        pool: &PgPool,
        options: Options,
        registrations: &[Registration],
        handlers: Handlers,
    ) -> Result<Self, Error> {
        let (mut plans, mut carries, mut makers) = (HashMap::new(), Vec::new(), Makers::default());
        let queues = options.queue_names();
        for registration in registrations {
            let version = crate::client::register(pool, registration.definition()).await?;
            let mut plan = Plan::new(version, registration, &queues)?;
            know_children(pool, &mut plan).await?;
            plans.insert(version, Arc::new(plan));
            makers.add(registration, version);
            for (other, definition) in other_versions(pool, version).await? {
                if let Some(mut plan) = Plan::of_other_version(other, &definition, registration, &queues)? {
                    know_children(pool, &mut plan).await?;
                    tracing::info!(workflow = %definition.name, version = other, "the worker goes on with the runs of another version");
                    plans.insert(other, Arc::new(plan));
                } else if let Some(Carried { definition, steps }) = registration.definition().carried(&definition) {
                    let to = crate::client::register_aside(pool, &definition).await?;
                    if let Some(mut plan) = Plan::of_other_version(to, &definition, registration, &queues)? {
                        know_children(pool, &mut plan).await?;
                        tracing::info!(workflow = %definition.name, version = other, to, "the worker carries the runs of another version over");
                        plans.entry(to).or_insert_with(|| Arc::new(plan));
                        carries.push(Arc::new(Carry { from: other, to, steps, handlers: registration.handlers() }));
                    }
                }
            }
        }
        let dynamics = Dynamics::new(handlers, queues);
        if !dynamics.is_idle() {
            let mut connection = pool.acquire().await.map_err(|e| Error::database("connecting", e))?;
            dynamics.begin(&mut connection).await?;
        }
        let connect = pool.connect_options();
        let tx = PgPoolOptions::new()
            .max_connections(options.tx_connections)
            .connect_lazy_with(PgConnectOptions::clone(&connect));
        let dynamics = Arc::new(dynamics);
        Ok(Self { options: Arc::new(options), connect, plans, dynamics, carries, makers: Arc::new(makers), pool: tx })
    }

    /// Works until told to stop.
    pub(crate) async fn work(self, stop: watch::Receiver<bool>) -> Result<(), Error> {
        let (teller, told) = Teller::new(Arc::clone(&self.connect));
        let (reporter, reported) = reporter::start(Arc::clone(&self.connect), self.options.bucket);
        let result = self.lives(&teller, &reporter, stop).await;
        drop((teller, reporter));
        // What is still to be told is told before the end, and what steps have said is written.
        let _ = tokio::time::timeout(Duration::from_secs(2), reported).await;
        let _ = tokio::time::timeout(Duration::from_secs(2), told).await;
        // A handler that keeps its `Tx` for ever keeps nobody else.
        let _ = tokio::time::timeout(Duration::from_secs(2), self.pool.close()).await;
        result
    }

    async fn lives(&self, news: &Teller, reporter: &Reporter, stop: watch::Receiver<bool>) -> Result<(), Error> {
        let mut previous: Option<i32> = None;
        loop {
            let Some(worker) = self.register(&stop).await? else { return Ok(()) };
            tracing::info!(worker, name = self.options.name, "the worker has begun");
            if let Some(previous) = previous.replace(worker) {
                // Where the database was away for long, nobody has declared the former id dead; it shall not count as crashed.
                self.retire(previous, None, news).await;
            }
            if self.live(worker, news, reporter, stop.clone()).await? == Exit::Stopped {
                tracing::info!(worker, "the worker has stopped");
                return Ok(());
            }
        }
    }

    async fn live(
        &self,
        worker: i32,
        news: &Teller,
        reporter: &Reporter,
        stop: watch::Receiver<bool>,
    ) -> Result<Exit, Error> {
        let (due, due_receiver) = mpsc::unbounded_channel();
        let (sign_sender, signs) = mpsc::unbounded_channel();
        let (schedules, due_schedules) = watch::channel(None);
        let keeper = Keeper {
            options: Arc::clone(&self.connect),
            bucket: self.options.bucket,
            worker,
            beat: self.options.beat,
            silence_limit: self.options.silence_limit,
            schedules,
        };
        let keeper_ended = keeper
            .start(sign_sender, due_receiver)
            .map_err(|e| Error::invalid(format!("the keeper's thread could not be started: {e}")))?;
        let (heard, listener) = news::listen(Arc::clone(&self.connect), &[WORK, MESSAGE]);

        let plans = self.plans();
        let versions = plans.keys().copied().collect();
        let (hand, handed) =
            Hand::new(self.options.bucket, worker, self.options.queue_names(), versions, Arc::clone(&self.connect));
        Local::of(&self.connect).offer(&hand);
        let (mut driver, finished) = Driver::new(
            Arc::clone(&self.options),
            worker,
            plans,
            self.pool.clone(),
            Arc::clone(&hand),
            Tells { news: news.clone(), reporter: reporter.clone(), due },
        );
        let _carrier = self.carrier(worker, news);
        let scheduler =
            Scheduler::new(Arc::clone(&self.connect), self.options.bucket, Arc::clone(&self.makers), news.clone());
        let _scheduler = AbortOnDrop(tokio::spawn(scheduler.keep(due_schedules)));
        let (found, plans) = mpsc::unbounded_channel();
        let _scout = self.scout(worker, hand, found);
        let exit = driver.drive(Senses { signs, heard, handed, plans, stop }, finished).await;
        let mut links = driver.into_links().into_iter();
        if exit == Exit::Stopped {
            // Everything that is still owned goes back to the queue at once.
            self.retire(worker, links.next(), news).await;
            for link in links {
                link.close().await;
            }
        }
        listener.abort();
        // The driver's ends of the channels are gone, so the thread ends with what it is doing.
        let _ = tokio::time::timeout(Duration::from_secs(5), keeper_ended).await;
        Ok(exit)
    }

    /// All versions that the worker can run, as far as it knows.
    fn plans(&self) -> HashMap<i32, Arc<Plan>> {
        let mut plans = self.dynamics.plans();
        plans.extend(self.plans.iter().map(|(version, plan)| (*version, Arc::clone(plan))));
        plans
    }

    /// What looks for workflows that are made at run time, where the worker has handlers for such.
    fn scout(&self, worker: i32, hand: Arc<Hand>, found: mpsc::UnboundedSender<Vec<Arc<Plan>>>) -> Option<AbortOnDrop> {
        let scout = Scout {
            connect: Arc::clone(&self.connect),
            bucket: self.options.bucket,
            worker,
            every: self.options.beat,
            dynamics: Arc::clone(&self.dynamics),
            hand,
            found,
        };
        (!self.dynamics.is_idle()).then(|| AbortOnDrop(tokio::spawn(scout.look_out())))
    }

    /// What carries the runs of older versions over, where there are such versions.
    fn carrier(&self, worker: i32, news: &Teller) -> Option<AbortOnDrop> {
        let carrier = Carrier {
            connect: Arc::clone(&self.connect),
            bucket: self.options.bucket,
            worker,
            queues: self.options.queue_names(),
            every: self.options.beat,
            carries: self.carries.clone(),
            news: news.clone(),
        };
        (!self.carries.is_empty()).then(|| AbortOnDrop(tokio::spawn(carrier.carry_on())))
    }

    /// A fresh id; none when the worker is told to stop before the database has given one.
    async fn register(&self, stop: &watch::Receiver<bool>) -> Result<Option<i32>, Error> {
        let mut link = Link::new(Arc::clone(&self.connect)).with_deadline(Duration::from_secs(5));
        let mut wait = Duration::from_millis(100);
        loop {
            if *stop.borrow() {
                return Ok(None);
            }
            let options = Arc::clone(&self.options);
            let versions: Vec<i32> = self.plans().keys().copied().collect();
            let handlers = self.dynamics.handlers();
            let answer = link
                .call(|connection| {
                    Box::pin(async move {
                        sqlx::query_scalar(statements::REGISTER_WORKER)
                            .bind(options.bucket)
                            .bind(&options.name)
                            .bind(options.silence_limit.as_secs_f64())
                            .bind(versions)
                            .bind(options.queue_names())
                            .bind(handlers)
                            .fetch_one(connection)
                            .await
                    })
                })
                .await;
            match answer {
                Ok(worker) => {
                    link.close().await;
                    return Ok(Some(worker));
                }
                Err(error @ sqlx::Error::Database(_)) if !goes_away(&error) => {
                    return Err(Error::database("registering the worker", error));
                }
                Err(error) => {
                    tracing::warn!(%error, "the worker could not be registered; trying again");
                    let mut stop = stop.clone();
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        _ = stop.changed() => {}
                    }
                    wait = (wait * 2).min(Duration::from_secs(2));
                }
            }
        }
    }

    async fn retire(&self, worker: i32, link: Option<Link>, news: &Teller) {
        let mut link = link.unwrap_or_else(|| Link::new(Arc::clone(&self.connect)));
        let bucket = self.options.bucket;
        let handed = link
            .call(|connection| {
                Box::pin(async move {
                    sqlx::query_scalar::<_, i32>(statements::RETIRE_WORKER)
                        .bind(bucket)
                        .bind(worker)
                        .fetch_one(connection)
                        .await
                })
            })
            .await;
        match handed {
            Ok(0) => {}
            Ok(runs) => {
                tracing::info!(worker, runs, "handed back what the worker still owned");
                news.tell(News::work());
            }
            Err(error) => {
                tracing::warn!(worker, %error, "the worker could not hand back what it owned: the others will, after its silence limit")
            }
        }
        link.close().await;
    }
}

/// Finds the versions of the workflows of which steps start runs.
async fn know_children(pool: &PgPool, plan: &mut Plan) -> Result<(), Error> {
    for (definition, child) in plan.children() {
        child.version = crate::client::register_aside(pool, &definition).await?;
        child.deadline = definition.deadline;
    }
    Ok(())
}

/// What else is stored of the workflow of a version, as far as this program can read it.
async fn other_versions(pool: &PgPool, version: i32) -> Result<Vec<(i32, Definition)>, Error> {
    let rows: Vec<(i32, Encoded)> = sqlx::query_as(statements::OTHER_VERSIONS)
        .bind(version)
        .fetch_all(pool)
        .await
        .map_err(|e| Error::database("reading the other versions of a workflow", e))?;
    let read = |(version, text): (i32, Encoded)| match text.decode::<Definition>() {
        Ok(definition) => Some((version, definition)),
        Err(error) => {
            tracing::warn!(version, %error, "the definition of a version cannot be read: its runs are left to other workers");
            None
        }
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Whether the server is going away or coming up.
fn goes_away(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|e| e.code())
        .is_some_and(|code| code.starts_with("57P") || code.starts_with("53"))
}

impl std::fmt::Debug for WorkerLives {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkerLives").field("options", &self.options).finish_non_exhaustive()
    }
}
