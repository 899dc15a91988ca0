//! Many cases at a time: most of a case is waiting for round trips.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pgflow::embedded::Postgres;
use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::coverage::Coverage;
use crate::mutations::Mutation;
use crate::play::{Failure, Player};
use crate::shape::{Case, cases};
use crate::stage::Stage;

/// So many cases share their workers: starting those takes longer than a case.
const BATCH: usize = 40;
/// A database serves so many batches.
const BATCHES_OF_A_STAGE: usize = 8;
/// How long the engine may take to come where it ought to be; while a failed case is made smaller, less.
const PATIENCE: Duration = Duration::from_secs(10);
const IMPATIENCE: Duration = Duration::from_secs(3);
/// For how long a failed case is made smaller.
const SHRINKING: Duration = Duration::from_secs(90);

/// How it went.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) done: usize,
    pub(crate) coverage: Coverage,
    /// The seed of a case that failed, and why it did.
    pub(crate) failure: Option<(u64, Failure)>,
}

struct Work {
    postgres: Postgres,
    mutation: Option<&'static Mutation>,
    seeds: Mutex<VecDeque<u64>>,
    failed: AtomicBool,
    outcome: Mutex<Outcome>,
    begun: Instant,
}

/// A case of this seed, which can be made smaller.
fn draw(seed: u64) -> impl ValueTree<Value = Case> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    cases().new_tree(&mut TestRunner::new_with_rng(Config::default(), rng)).expect("every draw is a case")
}

/// Plays the cases of these seeds, until one fails.
pub(crate) fn run(seeds: Vec<u64>, lanes: usize, mutation: Option<&'static Mutation>) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let postgres = Postgres::builder()
            .temporary()
            .durable(false)
            .setting("max_connections", (lanes * 60 + 60).to_string())
            // Compiling what the test asks takes a thousand times as long as answering it.
            .setting("jit", "off")
            .start()
            .await
            .expect("a server starts");
        let work = Arc::new(Work {
            postgres,
            mutation,
            seeds: Mutex::new(seeds.into()),
            failed: AtomicBool::new(false),
            outcome: Mutex::default(),
            begun: Instant::now(),
        });
        let all: Vec<_> = (0..lanes).map(|_| tokio::spawn(lane(Arc::clone(&work)))).collect();
        for lane in all {
            lane.await.expect("a lane ends");
        }
        let work = Arc::into_inner(work).expect("the lanes have ended");
        let mut outcome = work.outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let (Some((seed, failure)), None) = (&mut outcome.failure, mutation) {
            eprintln!("the case {seed} failed: {failure}\nmaking it smaller");
            shrink(&work.postgres, *seed, failure).await;
        }
        outcome
    })
}

impl Work {
    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn batch(&self) -> Vec<u64> {
        let mut seeds = self.seeds.lock().unwrap_or_else(PoisonError::into_inner);
        let count = seeds.len().min(BATCH);
        seeds.drain(..count).collect()
    }
}

async fn lane(work: Arc<Work>) {
    loop {
        let mut stage = Stage::new(&work.postgres, work.mutation).await;
        for _ in 0..BATCHES_OF_A_STAGE {
            let seeds = work.batch();
            if seeds.is_empty() {
                return;
            }
            let drawn: Vec<(u64, Case)> = seeds.into_iter().map(|seed| (seed, draw(seed).current())).collect();
            batch(&work, &mut stage, &drawn).await;
            if work.failed.load(Ordering::Acquire) {
                return;
            }
        }
    }
}

async fn batch(work: &Work, stage: &mut Stage, drawn: &[(u64, Case)]) {
    let shapes: Vec<_> = drawn.iter().map(|(_, case)| &case.shape).collect();
    let session = stage.session(&shapes).await;
    let patience = if work.mutation.is_some() { IMPATIENCE } else { PATIENCE };
    for (place, (seed, case)) in drawn.iter().enumerate() {
        if work.failed.load(Ordering::Acquire) {
            break;
        }
        let mut player = Player::new(stage, &session, place, case, patience);
        let played = player.play(case).await;
        let coverage = std::mem::take(&mut player.coverage);
        let mut outcome = work.outcome();
        outcome.done += 1;
        outcome.coverage.merge(coverage);
        if outcome.done.is_multiple_of(500) {
            let rate = outcome.done as f64 / work.begun.elapsed().as_secs_f64();
            eprintln!("{} cases, {rate:.1} a second", outcome.done);
        }
        if let Err(failure) = played {
            work.failed.store(true, Ordering::Release);
            outcome.failure.get_or_insert((*seed, format!("{failure}\n{case:#?}")));
        }
    }
    session.stop().await;
}

/// Makes a failed case smaller, for as long as it fails.
async fn shrink(postgres: &Postgres, seed: u64, failure: &mut Failure) {
    let deadline = Instant::now() + SHRINKING;
    let mut tree = draw(seed);
    let mut fails = tree.simplify();
    let mut stage = Stage::new(postgres, None).await;
    let mut tried = 0;
    while fails && Instant::now() < deadline {
        let case = tree.current();
        let session = stage.session(&[&case.shape]).await;
        let played = Player::new(&stage, &session, 0, &case, IMPATIENCE).play(&case).await;
        session.stop().await;
        tried += 1;
        fails = match played {
            Err(why) => {
                *failure = format!("{why}\n{case:#?}");
                // What is left of the runs is nobody's business.
                stage = Stage::new(postgres, None).await;
                tree.simplify()
            }
            Ok(()) => tree.complicate(),
        };
    }
    eprintln!("{tried} smaller cases were tried");
}
