//! Queues of steps and of workers, namespaces that take turns, and starts that are refused when too much waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use pgflow::{Queue, Result, Run, RunStatus, StartOptions, State, StepContext, StepError, step, workflow};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::{double, squares};
use uuid::Uuid;

/// How many units of each queue run, and how many ever ran at once.
#[derive(Default)]
pub(crate) struct Load {
    now: [AtomicUsize; 2],
    most: [AtomicUsize; 2],
}

impl Load {
    async fn bear(&self, queue: usize) {
        let now = self.now[queue].fetch_add(1, Ordering::SeqCst) + 1;
        self.most[queue].fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(2)).await;
        self.now[queue].fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self, queue: usize) -> usize {
        self.most[queue].load(Ordering::SeqCst)
    }
}

/// Cuts on its own queue, and draws on another one: a plain step whose first attempt fails, and a map step.
#[workflow(state = Load)]
pub(crate) mod film {
    use super::*;

    #[step]
    pub(crate) async fn cut(input: u32, load: State<Load>) -> Result<Vec<u32>> {
        load.bear(0).await;
        Ok((0..input).collect())
    }

    #[step(depends_on = [cut], queue = "gpu", max_attempts = 2, backoff = "1ms")]
    pub(crate) async fn title(cut: Vec<u32>, ctx: StepContext, load: State<Load>) -> Result<usize> {
        load.bear(1).await;
        if ctx.attempt() == 1 { Err(StepError::retry("no ink yet")) } else { Ok(cut.len()) }
    }

    #[step(map = cut, queue = "gpu")]
    pub(crate) async fn draw(item: u32, load: State<Load>) -> Result<u32> {
        load.bear(1).await;
        Ok(item * 2)
    }

    #[step(depends_on = [title, draw])]
    pub(crate) async fn join(title: usize, draw: Vec<u32>, load: State<Load>) -> Result<(usize, Vec<u32>)> {
        load.bear(0).await;
        Ok((title, draw))
    }
}

fn drawn(items: u32) -> (usize, Vec<u32>) {
    (usize::try_from(items).unwrap(), (0..items).map(|item| item * 2).collect())
}

#[tokio::test]
async fn a_step_with_a_queue_is_executed_by_the_workers_of_that_queue() {
    let db = TestDb::new().await;
    let (here, there) = (Arc::new(Load::default()), Arc::new(Load::default()));
    let worker = db.worker().register(film::Workflow.with_state(here.clone())).start().await.unwrap();
    let run = film::start(&db.client(), 20).await.unwrap();
    // Nobody has a graphics card: the run waits without an owner.
    db.until("select exists (select from pgflow.ready where not due) and (select count(*) from pgflow.task) > 1").await;
    db.assert_sound().await;
    assert_eq!(run.status().await.unwrap(), RunStatus::Running);
    assert_eq!(here.most(1), 0);

    let artist = db.worker().queue("gpu").register(film::Workflow.with_state(there.clone())).start().await.unwrap();
    assert_eq!(run.output().await.unwrap(), drawn(20));
    assert!(there.most(1) > 0 && there.most(0) == 0 && here.most(1) == 0);
    for worker in [worker, artist] {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_worker_of_several_queues_keeps_to_the_concurrency_of_each() {
    let db = TestDb::new().await;
    let load = Arc::new(Load::default());
    let worker = db.worker().concurrency(12).queue("default").queue(Queue::new("gpu").concurrency(3));
    let worker = worker.register(film::Workflow.with_state(load.clone())).start().await.unwrap();
    let runs = db.client().start_many(film::Workflow, vec![30; 8]).await.unwrap();
    for run in &runs {
        assert_eq!(run.output().await.unwrap(), drawn(30));
    }
    assert_eq!(load.most(1), 3, "all slots of the queue were used, and no more");
    assert_eq!(db.value::<i64>("select count(*) from pgflow.share").await, 0);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn runs_of_several_queues_are_taken_by_one_worker_and_those_of_others_are_left() {
    let db = TestDb::new().await;
    let client = db.client();
    let mut runs: Vec<Run<double::Workflow>> = Vec::new();
    for queue in ["a", "b", "c"] {
        runs.extend(client.start_many_with(double::Workflow, 0..300, StartOptions::new().queue(queue)).await.unwrap());
    }
    let worker = db.worker().queue("a").queue(Queue::new("b").weight(3)).register(double::Workflow);
    let worker = worker.start().await.unwrap();
    for run in &runs[..600] {
        run.output().await.unwrap();
    }
    // One that comes now is its own from the beginning.
    double::start_with(&client, 4, StartOptions::new().queue("b")).await.unwrap().output().await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.ready where queue = 'c'").await, 300);
    worker.stop().await.unwrap();
    db.assert_sound().await;
}

#[tokio::test]
async fn a_worker_refuses_queues_that_make_no_sense() {
    let db = TestDb::new().await;
    let worker = || db.worker().register(double::Workflow);
    let error = worker().queue("a").queue("a").start().await.unwrap_err().to_string();
    assert_eq!(error, "queue `a` is named twice");
    let error = worker().queue("").start().await.unwrap_err().to_string();
    assert!(error.contains("no name"), "{error}");
}

/// Claims of a played worker: so many runs of the queue `default`, each after the namespace whose turn was last.
struct Claims {
    db: TestDb,
    worker: i32,
    number: i64,
    after: Option<Vec<Option<String>>>,
}

impl Claims {
    async fn new() -> Self {
        let db = TestDb::new().await;
        double::start(&db.client(), 0).await.unwrap().cancel().await.unwrap();
        let register =
            "select pgflow.register_worker(0, 'played', interval '1 h', array(select id from pgflow.version))";
        let worker = db.value(register).await;
        Self { db, worker, number: 0, after: None }
    }

    async fn start(&self, namespace: &str, count: i64) {
        let options = StartOptions::new().namespace(namespace);
        self.db.client().start_many_with(double::Workflow, 0..count, options).await.unwrap();
    }

    /// How many runs of each namespace a claim brings.
    async fn claim(&mut self, limit: i32) -> HashMap<String, usize> {
        self.number += 1;
        let mut call = self.db.pool().begin().await.unwrap();
        // As for `pgflow.exchange`, which calls it.
        sqlx::query("set local search_path = pgflow").execute(&mut *call).await.unwrap();
        let (runs, after): (Vec<Uuid>, Option<Vec<Option<String>>>) = sqlx::query_as(
            "select o_runs, o_after
             from pgflow.claim_runs(0, $1, $2, '{default}', array[$3], $4, array(select id from pgflow.version), null, null)",
        )
        .bind(self.worker)
        .bind(self.number)
        .bind(limit)
        .bind(&self.after)
        .fetch_one(&mut *call)
        .await
        .unwrap();
        call.commit().await.unwrap();
        self.after = after;
        let names: Vec<String> = sqlx::query_scalar("select namespace from pgflow.run where id = any($1)")
            .bind(runs)
            .fetch_all(&self.db.pool())
            .await
            .unwrap();
        let mut found = HashMap::new();
        for name in names {
            *found.entry(name).or_default() += 1;
        }
        found
    }
}

fn counts(list: &[(&str, usize)]) -> HashMap<String, usize> {
    list.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test]
async fn namespaces_share_a_claim_evenly_and_none_keeps_the_others_waiting() {
    let mut claims = Claims::new().await;
    claims.start("flood", 1_000).await;
    claims.start("", 500).await;
    claims.start("small", 3).await;
    assert_eq!(claims.claim(30).await, counts(&[("flood", 17), ("", 10), ("small", 3)]));
    claims.start("late", 1).await;
    assert_eq!(claims.claim(30).await, counts(&[("flood", 19), ("", 10), ("late", 1)]));
    // What is left is taken as a whole.
    assert_eq!(claims.claim(100).await.values().sum::<usize>(), 100);
}

#[tokio::test]
async fn a_worker_that_takes_one_run_at_a_time_serves_the_namespaces_in_turn() {
    let mut claims = Claims::new().await;
    for name in ["", "a", "b", "c"] {
        claims.start(name, 4).await;
    }
    let mut turns = Vec::new();
    for _ in 0..16 {
        turns.extend(claims.claim(1).await.into_keys());
    }
    assert_eq!(turns.len(), 16);
    for round in turns.chunks(4) {
        let mut round = round.to_vec();
        round.sort();
        assert_eq!(round, ["", "a", "b", "c"], "{turns:?}");
    }
    assert_eq!(claims.claim(1).await, HashMap::new());
}

#[tokio::test]
async fn a_single_namespace_is_served_by_a_worker_that_takes_one_run_at_a_time() {
    let mut claims = Claims::new().await;
    claims.start("acme", 5).await;
    for _ in 0..5 {
        assert_eq!(claims.claim(1).await, counts(&[("acme", 1)]));
    }
}

#[tokio::test]
async fn a_full_queue_is_filled_again_at_once_though_another_one_has_nothing() {
    let db = TestDb::new().await;
    // No look that is due by itself comes in time.
    let worker = db.worker().poll_interval(Duration::from_secs(600)).queue("default");
    let worker = worker.queue(Queue::new("mail").concurrency(2)).register(double::Workflow).start().await.unwrap();
    let mail = StartOptions::new().queue("mail");
    let runs = db.client().start_many_with(double::Workflow, 0..600, mail).await.unwrap();
    for run in runs {
        let output = tokio::time::timeout(Duration::from_secs(60), run.output()).await;
        output.expect("the queue is filled again").unwrap();
    }
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn within_a_namespace_larger_priorities_go_first() {
    let mut claims = Claims::new().await;
    claims.start("a", 5).await;
    let urgent = StartOptions::new().namespace("a").priority(3);
    let urgent = double::start_with(&claims.db.client(), 7, urgent).await.unwrap();
    claims.claim(1).await;
    let claimed: Uuid = claims.db.value("select runs[1] from pgflow.claim").await;
    assert_eq!(claimed, Uuid::from(urgent.id()));
}

#[tokio::test]
async fn a_namespace_of_which_much_waits_keeps_a_run_of_another_one_waiting_for_a_turn_only() {
    let db = TestDb::new().await;
    let client = db.client();
    let flood = StartOptions::new().namespace("flood");
    let flood = client.start_many_with(double::Workflow, 0..20_000, flood).await.unwrap();
    let worker = db.worker().concurrency(4).register(double::Workflow).start().await.unwrap();
    db.until("select exists (select from pgflow.run_end)").await;
    let other = StartOptions::new().namespace("other").idempotency_key("queued, not direct");
    double::start_with(&client, 1, other).await.unwrap().output().await.unwrap();
    let left: i64 = db.value("select count(*) from pgflow.ready where namespace = 'flood'").await;
    assert!(left > 1_000, "the flood had drained: {left} were left");
    drop(flood);
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn tasks_of_one_run_take_turns_with_those_of_the_others() {
    let db = TestDb::new().await;
    let client = db.client();
    let load = Arc::new(Load::default());
    let worker = db.worker().register(film::Workflow.with_state(load)).start().await.unwrap();
    film::start(&client, 400).await.unwrap();
    db.until("select count(*) > 20 from pgflow.task").await;
    film::start(&client, 1).await.unwrap();
    db.until("select count(distinct run_id) = 2 from pgflow.task").await;
    worker.stop().await.unwrap();
    // The second run's two tasks, the title and the only picture, are among the first six.
    let place: i64 = db
        .value(
            "select max(place) from (select run_id, row_number() over (order by -priority, turn, id) as place from pgflow.task) t
             where run_id = (select run_id from pgflow.task order by run_id desc limit 1)",
        )
        .await;
    assert!(place <= 6, "the last of the second run's tasks is number {place}");
}

/// Many small items.
#[workflow]
pub(crate) mod wide {
    use super::*;

    #[step]
    pub(crate) async fn list(input: u32) -> Result<Vec<u32>> {
        Ok((0..input).collect())
    }

    #[step(map = list)]
    pub(crate) async fn each(item: u32) -> Result<u32> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(item)
    }
}

#[tokio::test]
async fn a_run_that_fans_out_keeps_a_small_one_waiting_for_a_turn_only() {
    let db = TestDb::new().await;
    let client = db.client();
    let register = || db.worker().concurrency(4).register(wide::Workflow).register(double::Workflow);
    let workers = [register().start().await.unwrap(), register().start().await.unwrap()];
    let large = wide::start(&client, 40_000).await.unwrap();
    db.until("select exists (select from pgflow.task)").await;
    for n in 0..5 {
        let small = double::start_with(&client, n, StartOptions::new().idempotency_key(n.to_string())).await.unwrap();
        small.output().await.unwrap();
    }
    assert_eq!(large.status().await.unwrap(), RunStatus::Running, "the small ones were not faster");
    // It may just have ended.
    let _ = large.cancel().await;
    for worker in workers {
        worker.stop().await.unwrap();
    }
    db.assert_sound().await;
}

#[tokio::test]
async fn a_start_beyond_the_backlog_limit_is_refused_or_waits_for_room() {
    let db = TestDb::new().await;
    let client = db.client();
    let limited = || StartOptions::new().max_backlog(3);
    client.start_many_with(double::Workflow, 0..3, limited()).await.unwrap();
    let error = double::start_with(&client, 3, limited()).await.unwrap_err();
    assert!(error.is_backlogged(), "{error}");
    assert_eq!(error.to_string(), "no run was started: 3 wait already, and 3 may: start it later, or add workers");
    // Another queue, namespace or workflow has a backlog of its own.
    double::start_with(&client, 3, limited().namespace("other")).await.unwrap();
    double::start_with(&client, 3, limited().queue("other")).await.unwrap();
    squares::start_with(&client, 3, limited()).await.unwrap();
    let error = sqlx::query("select pgflow.start_run('double', '1', p_max_backlog => 3)").execute(&db.pool()).await;
    assert_eq!(error.unwrap_err().as_database_error().unwrap().code().unwrap(), "PF429");
    // What was started before under the key is no further run.
    let keyed = || limited().max_backlog(5).idempotency_key("one");
    let first = double::start_with(&client, 4, keyed()).await.unwrap();
    assert_eq!(double::start_with(&client, 4, keyed().max_backlog(0)).await.unwrap().id(), first.id());

    let begun = Instant::now();
    let patient = limited().wait_for_room(Duration::from_millis(50));
    assert!(double::start_with(&client, 5, patient).await.unwrap_err().is_backlogged());
    assert!(begun.elapsed() >= Duration::from_millis(20));
    let worker = db.worker().register(double::Workflow);
    let patient = limited().wait_for_room(Duration::from_secs(60)).idempotency_key("queued, not direct");
    let (started, worker) = tokio::join!(double::start_with(&client, 5, patient), worker.start());
    assert_eq!(started.unwrap().output().await.unwrap(), 10);
    worker.unwrap().stop().await.unwrap();
}
