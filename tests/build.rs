//! Writes the workflows of the tests `graphs`: drawn from a seed, as Rust source that the compiler has to accept.

#[path = "tests/graphs/draw.rs"]
#[allow(dead_code, reason = "the tests read more of it")]
mod draw;
#[path = "tests/graphs/shape.rs"]
#[allow(dead_code, reason = "the tests read more of it")]
mod shape;
#[path = "tests/graphs/write.rs"]
mod write;

use std::path::Path;

use draw::{Dice, SEED, graphs};
use shape::Graph;
use write::Wrong;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in ["build.rs", "tests/graphs/draw.rs", "tests/graphs/shape.rs", "tests/graphs/write.rs"] {
        println!("cargo:rerun-if-changed={file}");
    }
    let seed = variable("PGFLOW_GRAPHS_SEED")?.unwrap_or(SEED);
    println!("cargo:rustc-env=PGFLOW_GRAPHS_DRAWN={seed}");
    // By hand: one parameter of each workflow is wrong about what may be missing, and nothing of it must compile.
    let wrong = variable("PGFLOW_GRAPHS_WRONG")?;
    let text = write::file(&graphs(seed), |graph| wrong.and_then(|wrong| any_edge(graph, wrong)));
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("graphs.rs"), text)?;
    Ok(())
}

fn variable(name: &str) -> Result<Option<u64>, Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-env-changed={name}");
    match std::env::var(name) {
        Ok(text) => Ok(Some(text.parse().map_err(|error| format!("{name} is a number: {error}"))?)),
        Err(_) => Ok(None),
    }
}

fn any_edge(graph: &Graph, wrong: u64) -> Option<Wrong> {
    let steps = graph.steps.iter().enumerate();
    let edges = steps.flat_map(|(step, other)| (0..other.edges.len()).map(move |edge| Wrong { step, edge }));
    let taken: Vec<Wrong> = edges.filter(|wrong| graph.steps[wrong.step].edges[wrong.edge].value).collect();
    (!taken.is_empty()).then(|| Dice::new(wrong).pick(&taken))
}
