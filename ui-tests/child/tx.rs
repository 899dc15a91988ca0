use pgflow::{Context, FromContext, Result};

pub struct Tx;

impl<S: Send + Sync> FromContext<S> for Tx {
    async fn from_context(_: &Context<S>) -> Result<Self> {
        Ok(Self)
    }
}

#[pgflow::workflow]
mod shipping {
    #[pgflow::step]
    pub async fn ship(input: String) -> pgflow::Result<usize> {
        Ok(input.len())
    }
}

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step(child = shipping)]
    pub async fn send(input: u32, tx: Tx) -> Result<String> {
        drop(tx);
        Ok(input.to_string())
    }
}

fn main() {
    let _ = shipping::ship(String::new());
    let _ = orders::send(1, Tx);
}
