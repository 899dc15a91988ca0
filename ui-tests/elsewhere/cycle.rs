//! A cycle goes through two modules.

use pgflow::{Result, step, workflow};

pub mod shelves {
    use super::*;

    #[step(depends_on = [super::boxes::store])]
    pub async fn fetch(store: u64) -> Result<u64> {
        Ok(store)
    }
}

pub mod boxes {
    use super::*;

    #[step(depends_on = [super::shelves::fetch])]
    pub async fn parse(fetch: u64) -> Result<u64> {
        Ok(fetch)
    }

    #[step(depends_on = [parse])]
    pub async fn store(parse: u64) -> Result<u64> {
        Ok(parse)
    }
}

#[workflow(include = [shelves::fetch, boxes::parse, boxes::store], output = [charge])]
pub mod orders {
    use super::*;

    #[step()]
    pub async fn charge() -> Result<u64> {
        Ok(1)
    }
}

fn main() {
    let _ = orders::definition;
}
