//! The two engines, and what is seen of a run on either.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pgflow::testing::Runner;
use pgflow::{Run, RunStatus, Workflow};
use pgflow_tests::TestDb;
use serde_json::Value;
use tokio::sync::watch;

use crate::children::parcel;

/// The state of every workflow here: a gate at which steps wait, and how often each step was executed.
#[derive(Debug)]
pub(crate) struct Stage {
    open: watch::Sender<bool>,
    arrived: watch::Sender<usize>,
    executed: Mutex<BTreeMap<String, usize>>,
}

impl Stage {
    fn new() -> Arc<Self> {
        Arc::new(Self { open: watch::channel(false).0, arrived: watch::channel(0).0, executed: Mutex::default() })
    }

    /// Counts an execution, and gives which it is.
    pub(crate) fn enter(&self, step: &str) -> usize {
        let mut executed = self.executed.lock().unwrap();
        let count = executed.entry(step.to_owned()).or_default();
        *count += 1;
        *count
    }

    /// Waits until the gate is open.
    pub(crate) async fn wait(&self) {
        self.arrived.send_modify(|count| *count += 1);
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }

    async fn until_arrived(&self) {
        let mut arrived = self.arrived.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(60), arrived.wait_for(|count| *count > 0)).await;
        waited.expect("somebody comes to the gate").unwrap();
    }
}

/// What somebody does while a step waits at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Nothing,
    Cancel,
    /// Then the gate is opened; when the run is paused, it is resumed.
    Pause,
    /// The worker dies, and another one takes the run.
    Crash,
    /// Nothing at the gate; when the run has failed, it is resumed, once.
    ResumeFailed,
}

impl Act {
    fn turns(self) -> Vec<Turn> {
        match self {
            Self::Nothing => vec![Turn::Open],
            Self::Cancel => vec![Turn::Gate, Turn::Cancel, Turn::Open],
            Self::Pause => vec![Turn::Gate, Turn::Pause, Turn::Open, Turn::Paused, Turn::Resume],
            Self::Crash => vec![Turn::Gate, Turn::Crash, Turn::Open],
            Self::ResumeFailed => vec![Turn::Open, Turn::Fails, Turn::Resume],
        }
    }
}

/// What somebody does, or waits for, one after the other. After the last one the run goes on to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Until a step waits at the gate.
    Gate,
    Open,
    /// Until nothing of it is under way: it waits for a time, or for somebody.
    Rests,
    /// The signal, and its payload as JSON. Anna sends it.
    Signal(&'static str, &'static str),
    Cancel,
    Pause,
    /// Until it is paused.
    Paused,
    Resume,
    /// The worker dies, and another one takes the run.
    Crash,
    /// Until it has failed.
    Fails,
}

/// What is seen of a run in the end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Story {
    pub(crate) status: RunStatus,
    /// As JSON, or the error, without the run's id.
    pub(crate) output: Result<Value, String>,
    pub(crate) steps: Vec<Step>,
    pub(crate) executed: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) attempts: u16,
    pub(crate) items: Option<usize>,
    pub(crate) items_done: usize,
    pub(crate) error: Option<String>,
    pub(crate) skip_reason: Option<String>,
}

impl Story {
    /// How the steps stand, as `name: status` with the attempts.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.steps.iter().map(|step| format!("{}: {} {}", step.name, step.status, step.attempts)).collect()
    }

    pub(crate) fn step(&self, name: &str) -> &Step {
        self.steps.iter().find(|step| step.name == name).unwrap()
    }

    pub(crate) fn executed(&self, step: &str) -> usize {
        self.executed.get(step).copied().unwrap_or(0)
    }
}

/// Runs a workflow on both engines, and gives what is seen: the same on both.
pub(crate) async fn play<W>(workflow: fn() -> W, input: W::Input, act: Act) -> Story
where
    W: Workflow<State = Stage>,
    W::Input: Clone,
    W::Output: serde::Serialize,
{
    play_turns(workflow, input, &act.turns()).await
}

/// The same, with whatever somebody does.
pub(crate) async fn play_turns<W>(workflow: fn() -> W, input: W::Input, turns: &[Turn]) -> Story
where
    W: Workflow<State = Stage>,
    W::Input: Clone,
    W::Output: serde::Serialize,
{
    let in_memory = in_memory(workflow(), input.clone(), turns).await;
    let on_postgres = on_postgres(workflow(), input, turns).await;
    assert_eq!(in_memory, on_postgres, "in memory (left) it is not as on Postgres (right)");
    on_postgres
}

async fn in_memory<W>(workflow: W, input: W::Input, turns: &[Turn]) -> Story
where
    W: Workflow<State = Stage>,
    W::Output: serde::Serialize,
{
    let stage = Stage::new();
    let runner = Runner::with_state(workflow, stage.clone()).with_child(parcel::Workflow.with_state(stage.clone()));
    let mut run = runner.start(input);
    for turn in turns {
        match turn {
            Turn::Gate => tokio::select! {
                () = run.finish() => panic!("nobody came to the gate"),
                () = stage.until_arrived() => {}
            },
            Turn::Open => _ = stage.open.send_replace(true),
            Turn::Rests => run.settle().await,
            Turn::Signal(name, payload) => run.signal(name, json(payload), "anna"),
            Turn::Cancel => run.cancel("because"),
            Turn::Pause => run.pause(),
            Turn::Paused => {
                run.finish().await;
                assert_eq!(run.status(), RunStatus::Paused);
            }
            Turn::Resume => run.resume(),
            Turn::Crash => run.crash(),
            Turn::Fails => {
                run.finish().await;
                assert_eq!(run.status(), RunStatus::Failed);
            }
        }
    }
    run.finish().await;
    let nameless = |text: String| text.replace(&run_id_in_memory(), "R");
    let steps = run.steps().into_iter().map(|step| Step {
        name: step.step,
        status: step.status,
        attempts: step.attempts,
        items: step.items,
        items_done: step.items_done,
        error: step.error.map(nameless),
        skip_reason: step.skip_reason.map(nameless),
    });
    Story {
        status: run.status(),
        output: told(run.output(), &run_id_in_memory()),
        steps: steps.collect(),
        executed: stage.executed.lock().unwrap().clone(),
    }
}

fn run_id_in_memory() -> String {
    uuid::Uuid::from_u128(1).to_string()
}

async fn on_postgres<W>(workflow: W, input: W::Input, turns: &[Turn]) -> Story
where
    W: Workflow<State = Stage>,
    W::Output: serde::Serialize,
{
    let db = TestDb::new().await;
    let stage = Stage::new();
    let parcel = || parcel::Workflow.with_state(stage.clone());
    let register = || db.worker().register(pgflow::Registration::new::<W>(stage.clone())).register(parcel());
    let worker = register().start().await.unwrap();
    let run = db.client().start(workflow, input).await.unwrap();
    for turn in turns {
        take(*turn, &db, &stage, &run).await;
    }
    db.until(
        "select exists (select from pgflow.run_end e join pgflow.run r on r.id = e.run_id where r.parent_id is null)",
    )
    .await;
    let mut ids: Vec<String> = run.children().await.unwrap().iter().map(|child| child.id.to_string()).collect();
    ids.push(run.id().to_string());
    let nameless = |text: String| ids.iter().fold(text, |text, id| text.replace(id, "R"));
    let output = told(run.output().await, "R").map_err(nameless);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
    let steps = run.steps().await.unwrap().into_iter().map(|step| Step {
        name: step.step,
        status: step.status,
        attempts: u16::try_from(step.attempts.unwrap_or(0)).unwrap(),
        items: step.items.map(|items| usize::try_from(items).unwrap()),
        items_done: usize::try_from(step.items_done.unwrap_or(0)).unwrap(),
        error: step.error.map(nameless),
        skip_reason: step.skip_reason.map(nameless),
    });
    Story {
        status: run.status().await.unwrap(),
        output,
        steps: steps.collect(),
        executed: stage.executed.lock().unwrap().clone(),
    }
}

async fn take<W: Workflow>(turn: Turn, db: &TestDb, stage: &Stage, run: &Run<W>) {
    match turn {
        Turn::Gate => stage.until_arrived().await,
        Turn::Open => _ = stage.open.send_replace(true),
        Turn::Rests => db.until("select exists (select from pgflow.ready where not (due or fresh or paused))").await,
        Turn::Signal(name, payload) => run.signal(name, json(payload)).sender("anna").await.unwrap(),
        Turn::Cancel => {
            run.cancel().reason("because").await.unwrap();
            db.until("select exists (select from pgflow.run_end)").await;
        }
        Turn::Pause => {
            run.pause().await.unwrap();
            if run.status().await.unwrap() != RunStatus::Paused {
                heard(db).await;
            }
        }
        Turn::Paused => db.until("select exists (select from pgflow.ready where paused)").await,
        Turn::Resume => run.resume().await.unwrap(),
        Turn::Crash => {
            // Declared dead, it drops what it executes, and begins again under another id.
            sqlx::query("update pgflow.worker set dead_at = now()").execute(&db.pool()).await.unwrap();
            db.until("select count(*) > 1 from pgflow.worker").await;
        }
        Turn::Fails => assert!(run.output().await.is_err_and(|error| error.is_run_failed())),
    }
}

/// Waits until the owner of the run has heard what somebody wants of it: it asks with every beat.
async fn heard(db: &TestDb) {
    for _ in 0..3 {
        let beat: String = db.value("select max(beat_at)::text from pgflow.worker").await;
        let deadline = Instant::now() + Duration::from_secs(60);
        while db.value::<String>("select max(beat_at)::text from pgflow.worker").await == beat {
            assert!(Instant::now() < deadline, "the worker does not beat");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn told<T: serde::Serialize>(output: Result<T, pgflow::Error>, id: &str) -> Result<Value, String> {
    output.map(|output| serde_json::to_value(output).unwrap()).map_err(|error| error.to_string().replace(id, "R"))
}
