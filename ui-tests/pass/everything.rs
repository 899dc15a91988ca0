//! What a workflow can look like.

use pgflow::{Context, FromContext, Result, State, StepContext, step, workflow};
use ui_tests::*;

pub struct Now(u64);

impl FromContext<Shop> for Now {
    async fn from_context(context: &Context<Shop>) -> Result<Self> {
        Ok(Now(u64::from(context.step().attempt())))
    }
}

/// Takes an order from cart to doorstep.
#[workflow(state = Shop)]
pub mod fulfil_order {
    use super::*;

    /// Puts the goods aside.
    #[step]
    pub async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: String::new() })
    }

    #[step(depends_on = [reserve], max_attempts = 5, backoff = "1s", timeout = "1h 30m")]
    pub async fn charge(input: Order, _reserve: Reservation, shop: State<Shop>, now: Now) -> Result<Receipt> {
        let _ = shop;
        Ok(Receipt { cents: input.id * now.0 })
    }

    #[step(map = reserve.lines, depends_on = [charge])]
    async fn pack(item: Line, #[from(charge)] paid: Receipt) -> Result<Parcel> {
        Ok(Parcel { grams: paid.cents + item.sku.len() as u64 })
    }

    // A list of outputs is mapped over as well.
    #[step(map = pack)]
    async fn label(mut item: Parcel, ctx: StepContext) -> Result<String> {
        item.grams += 1;
        Ok(format!("{}: {:?}", item.grams, ctx.index()))
    }

    // The item need not be taken.
    #[step(map = input.lines)]
    async fn count() -> Result<u8> {
        Ok(1)
    }

    #[step(depends_on = [pack, label, count, charge,])]
    pub async fn ship(pack: Vec<Parcel>, mut label: Vec<String>) -> Result<u64> {
        label.sort();
        Ok(pack.iter().map(|parcel| parcel.grams).sum())
    }

    pub fn helper() -> u8 {
        1
    }
}

fn main() {
    let definition = fulfil_order::definition();
    assert_eq!(definition.steps.len(), 6);
    assert!(fulfil_order::schema().is_object());
    let _: fulfil_order::Workflow = fulfil_order::Workflow;
    let _: Option<<fulfil_order::Workflow as pgflow::Workflow>::Input> = None::<Order>;
    let _: Option<<fulfil_order::Workflow as pgflow::Workflow>::Output> = None::<u64>;
    // Steps stay functions.
    drop(fulfil_order::reserve(Order { id: 1, lines: Vec::new() }));
    fulfil_order::helper();
}
