//! A workflow to try an editor on: see `editor.py`.

use pgflow::{Client, Failure, Result, State, StepContext, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub struct Shop;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub id: u64,
    pub gift: bool,
    pub lines: Vec<Line>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    pub sku: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Reservation {
    pub lines: Vec<Line>,
    pub shelf: u64,
}

/// Takes an order from cart to doorstep.
#[workflow(state = Shop)]
pub mod order {
    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Receipt {
        pub cents: u64,
        pub paid: bool,
    }

    /// Puts the goods aside.
    #[step]
    pub async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: input.id })
    }

    #[step(depends_on = [reserve], max_attempts = 5)]
    pub async fn charge(input: Order, #[from(reserve)] held: Reservation, shop: State<Shop>) -> Result<Receipt> {
        let _ = shop;
        Ok(Receipt { cents: input.id + held.shelf, paid: true })
    }

    #[step(map = reserve.lines)]
    pub async fn pack(item: Line) -> Result<String> {
        Ok(item.sku)
    }

    #[step(depends_on = [charge], when = |input, charge| input.gift && charge.paid)]
    pub async fn wrap(input: Order) -> Result<u64> {
        Ok(input.id)
    }

    /// Ties a bow.
    #[step(depends_on = [wrap], skip_with = [wrap])]
    pub async fn ribbon(wrap: u64) -> Result<u64> {
        Ok(wrap)
    }

    #[step(depends_on = [charge, pack])]
    pub async fn ship(charge: Receipt, pack: Vec<String>, ctx: StepContext) -> Result<u64> {
        let _ = (pack, ctx);
        Ok(charge.cents)
    }

    #[step(on_failure)]
    pub async fn refund(input: Order, failure: Failure) -> Result<()> {
        let _ = (input, failure);
        Ok(())
    }
}

pub async fn place(client: &Client, cart: Order) -> std::result::Result<order::WorkflowOutput, pgflow::Error> {
    let run = order::start(client, cart).await?;
    run.output().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_function() {
        let cart = Order { id: 1, gift: true, lines: Vec::new() };
        let future = order::reserve(cart.clone());
        drop(future);
    }
}
