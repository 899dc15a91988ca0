//! A workflow that is loaded from a JSON document, run by handlers that are known by name, and changed while a run of it is under way.
//!
//! ```sh
//! cargo run --example dynamic
//! cargo run --example dynamic -- my_workflow.json   # checks a document, and says all that is wrong with it
//! ```

use anyhow::{Context as _, ensure};
use pgflow::dynamic::Handlers;
use pgflow::embedded::Database;
use pgflow::sqlx::PgPool;
use pgflow::{Client, Definition, StepContext, StepError, Worker};
use serde::Deserialize;
use serde_json::{Value, json};

/// The document, which could as well come from a file, a form, or another program.
const THUMBNAILS: &str = include_str!("thumbnails.json");

/// What `pictures.resize` takes.
#[derive(Deserialize)]
struct Resize {
    item: String,
}

/// What `gallery.publish` takes: the input, and the outputs of two steps.
#[derive(Deserialize)]
struct Publish {
    input: Album,
    thumbnail: Vec<String>,
    cover: String,
}

#[derive(Deserialize)]
struct Album {
    album: String,
}

/// What `gallery.receipt` takes: `publish` may be skipped.
#[derive(Deserialize)]
struct Receipt {
    publish: Option<String>,
}

fn handlers() -> Handlers {
    Handlers::new()
        .add("pictures.resize", async |taken: Resize, ctx: StepContext| {
            if ctx.attempt() == 1 && taken.item.contains("large") {
                return Err(StepError::retry("out of memory"));
            }
            Ok(taken.item.replace(".jpg", "-small.jpg"))
        })
        .add("pictures.cover", async |taken: Value, _| {
            taken["thumbnail"][0]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| StepError::fatal("an album without pictures"))
        })
        .add("gallery.publish", async |taken: Publish, _| {
            Ok(format!("{}: {} pictures behind {}", taken.input.album, taken.thumbnail.len(), taken.cover))
        })
        .add("gallery.receipt", async |taken: Receipt, _| {
            Ok(taken.publish.unwrap_or_else(|| "kept private".to_owned()))
        })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if let Some(file) = std::env::args().nth(1) {
        let text = std::fs::read_to_string(&file).with_context(|| format!("`{file}` cannot be read"))?;
        let definition = Definition::from_json(&text)?;
        println!("workflow `{}` keeps all rules: {} steps", definition.name, definition.steps.len());
        return Ok(());
    }

    let database = Database::from_env_or_temporary().await?;
    let pool = PgPool::connect_with(database.connect_options()).await?;
    let worker = Worker::builder(pool.clone()).handlers(handlers()).start().await?;
    let client = Client::new(pool);

    let definition = Definition::from_json(THUMBNAILS)?;
    match client.workflow(&definition.name).await? {
        None => client.create_workflow(&definition).await?,
        Some(_) => client.update_workflow(&definition).await?,
    };
    println!("{}", definition.draw().text());

    let album =
        |publish: bool| json!({ "album": "Alps", "pictures": ["peak.jpg", "large lake.jpg"], "publish": publish });
    let published = client.start_by_name("thumbnails", &album(true)).await?.output().await?;
    println!("published: {published}");
    ensure!(published == "Alps: 2 pictures behind peak-small.jpg", "this is wrong: {published}");
    let private = client.start_by_name("thumbnails", &album(false)).await?.output().await?;
    println!("not published: {private}");
    ensure!(private == "kept private", "this is wrong: {private}");

    // An input that does not fit starts nothing.
    let refused = client.start_by_name("thumbnails", &json!({ "album": 7, "pictures": [] })).await.err();
    let refused = refused.context("an input that does not fit was accepted")?.to_string();
    println!("refused: {refused}");
    ensure!(refused.contains("`input.album` is of type number, and string is wanted"), "this is wrong: {refused}");

    // Neither does a document that breaks a rule; all that is wrong is told.
    let wrong =
        THUMBNAILS.replace("\"depends_on\": [\"thumbnail\"]", "\"depends_on\": [\"thumnail\"]").replace(": 5,", ": 0,");
    let told = Definition::from_json(&wrong).err().context("a wrong document was accepted")?;
    println!("{told}");
    ensure!(told.problems().len() == 2, "this is wrong: {told}");

    // A workflow whose handler nobody has is accepted, and told.
    let later =
        Definition::from_json(r#"{ "name": "prints", "steps": [{ "name": "print", "handler": "paper.print" }] }"#)?;
    if client.workflow("prints").await?.is_none() {
        client.create_workflow(&later).await?;
    }
    let missing = client.missing_handlers().await?;
    let of_prints = missing.iter().find(|missing| missing.workflow == "prints").context("nothing is missing")?;
    println!(
        "missing on all {} workers: handler `{}` of workflow `{}`",
        of_prints.workers, of_prints.handler, of_prints.workflow
    );
    ensure!(of_prints.handler == "paper.print");
    client.delete_workflow("prints").await?;
    let runs = client.delete_workflow_and_runs("thumbnails").await?;
    println!("deleted, with {runs} runs");
    worker.stop().await?;
    Ok(())
}
