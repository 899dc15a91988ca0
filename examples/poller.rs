//! A film that a farm elsewhere renders: the step that waits for it asks again and again, at longer and longer intervals, remembers
//! what it has seen, and takes no slot in between. Another worker goes on from there.
//!
//! ```sh
//! cargo run --example poller
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::ensure;
use pgflow::embedded::Database;
use pgflow::sqlx::PgPool;
use pgflow::{Client, Repeat, Result, State, StepContext, StepError, Worker, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Has a film rendered elsewhere.
#[workflow(state = Farm)]
pub(crate) mod render_film {
    use super::*;

    #[step]
    pub(crate) async fn submit(input: Film, farm: State<Farm>, ctx: StepContext) -> Result<Job> {
        Ok(farm.submit(&ctx.idempotency_key(), &input))
    }

    /// Asks until the job is done; each time it has all its attempts again, for the farm does not always answer.
    #[step(depends_on = [submit], max_repeats = 100, repeat_timeout = "1m", max_attempts = 3, backoff = "20ms")]
    pub(crate) async fn watch(
        submit: Job,
        repeat: Repeat<Seen>,
        farm: State<Farm>,
        ctx: StepContext,
    ) -> Result<Rendered> {
        let mut seen = repeat.state().cloned().unwrap_or_default();
        match farm.ask(&submit)? {
            Answer::Failed(why) => Err(StepError::fatal(why)),
            Answer::Done(file) => Ok(Rendered { file, asked: repeat.count() + 1, seen }),
            Answer::Working(percent) => {
                // Seen by whoever looks at the run.
                ctx.progress(f32::from(percent) / 100.0);
                seen.percents.push(percent);
                let wait = Duration::from_millis(20 << repeat.count().min(5));
                repeat.after(wait, seen)
            }
        }
    }
}

/// What is to be rendered.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Film {
    title: String,
}

/// What the farm calls it.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Job {
    number: String,
    film: String,
}

/// What the step remembers from one time to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Seen {
    percents: Vec<u8>,
}

/// What comes of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Rendered {
    file: String,
    asked: u32,
    seen: Seen,
}

/// In place of a farm somewhere.
#[derive(Default)]
pub(crate) struct Farm {
    asked: AtomicU32,
}

enum Answer {
    Working(u8),
    Done(String),
    Failed(String),
}

impl Farm {
    fn submit(&self, key: &str, film: &Film) -> Job {
        Job { number: format!("job of {key}"), film: film.title.clone() }
    }

    /// Every third question gets no answer. The fifth answer is that it is done.
    fn ask(&self, job: &Job) -> std::result::Result<Answer, std::io::Error> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let answered = asked - asked / 3;
        match (asked % 3, u8::try_from(answered)) {
            (2, _) => Err(std::io::Error::other("the farm does not answer")),
            _ if job.film == "impossible" => Ok(Answer::Failed("nobody can render this".to_owned())),
            (_, Ok(answered)) if answered < 4 => Ok(Answer::Working(answered * 25)),
            _ => Ok(Answer::Done(format!("{}.mkv", job.film))),
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let database = Database::from_env_or_temporary().await?;
    let pool = PgPool::connect_with(database.connect_options()).await?;
    let farm = Arc::new(Farm::default());
    let start_worker = || {
        let workflow = render_film::Workflow.with_state(Arc::clone(&farm));
        Worker::builder(pool.clone()).concurrency(1).register(workflow).start()
    };
    let worker = start_worker().await?;
    let client = Client::new(pool.clone());
    let run = render_film::start(&client, Film { title: "waiting".to_owned() }).await?;

    // After its first answers the worker is stopped; another one goes on with what the step remembers.
    while run.steps().await?[1].repeats.is_none_or(|repeats| repeats < 2) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.stop().await?;
    let step = &run.steps().await?[1];
    let percent = step.progress.unwrap_or_default() * 100.0;
    println!("the worker has gone; asked {} times so far, {percent} % are done", step.repeats.unwrap_or_default());
    let worker = start_worker().await?;

    let rendered = run.output().await?;
    println!("{} is there: asked {} times, and seen {:?} %", rendered.file, rendered.asked, rendered.seen.percents);
    ensure!(rendered.file == "waiting.mkv" && rendered.asked == 5, "not what was asked for: {rendered:?}");
    ensure!(rendered.seen.percents == [0, 25, 50, 75], "what it has seen is kept: {rendered:?}");
    let step = &run.steps().await?[1];
    ensure!(step.repeats == Some(4), "it has asked to be executed again four times: {:?}", step.repeats);

    let run = render_film::start(&client, Film { title: "impossible".to_owned() }).await?;
    match run.output().await {
        Err(error) if error.failed_step() == Some("watch") => println!("and one has failed, as it should: {error}"),
        Err(error) => return Err(error.into()),
        Ok(rendered) => anyhow::bail!("the impossible was rendered: {rendered:?}"),
    }
    worker.stop().await?;
    Ok(())
}
