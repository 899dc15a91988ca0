//! What a step can map over.

use std::collections::{BTreeSet, VecDeque};

use pgflow::{Result, step, workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Lists {
    boxed: Box<[u8]>,
    array: [u8; 3],
    deque: VecDeque<u8>,
    set: BTreeSet<u8>,
    pair: (Vec<u8>, u8),
    within: Within,
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Within {
    lists: Vec<Vec<u8>>,
}

#[workflow(input = Lists)]
mod lists {
    use super::*;

    #[step(map = input.boxed)]
    async fn boxed(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(map = input.array)]
    async fn array(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(map = input.deque)]
    async fn deque(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(map = input.set)]
    async fn set(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(map = input.pair.0)]
    async fn pair(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(map = input.within.lists)]
    async fn within(item: Vec<u8>) -> Result<Vec<u8>> {
        Ok(item)
    }

    #[step(map = within)]
    async fn over_a_map(item: Vec<u8>, input: Lists) -> Result<usize> {
        Ok(item.len() + input.array.len())
    }

    #[step(depends_on = [within])]
    async fn nested(within: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>> {
        Ok(within)
    }

    #[step(map = nested)]
    async fn over_nested(item: Vec<u8>) -> Result<usize> {
        Ok(item.len())
    }
}

fn main() {
    let definition = lists::definition();
    assert_eq!(definition.steps[4].map.as_ref().unwrap().path, ["pair", "0"]);
}
