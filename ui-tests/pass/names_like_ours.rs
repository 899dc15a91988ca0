#![allow(dead_code, non_upper_case_globals, private_interfaces)]

//! The user's names may be the same as those that generated code uses.

use ui_tests::Order;

#[pgflow::workflow(input = Order)]
mod orders {
    use ui_tests::{Order, Parcel};

    pub(super) type Result<T> = std::result::Result<T, std::fmt::Error>;
    pub(super) struct Option;
    pub(super) struct Vec;
    pub(super) struct Box;
    pub(super) struct Some;
    pub(super) struct None;
    pub(super) struct String;
    pub(super) struct Ok;
    pub(super) struct Err;
    pub(super) struct Send;
    pub(super) struct Input;
    pub(super) struct Output;
    pub(super) struct State;
    pub(super) struct Handler;
    pub(super) struct Definition;
    pub(super) struct Call;
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(super) struct Got;
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(super) struct Item;
    pub(super) mod core {}
    pub(super) mod std_ {}
    pub(super) mod pgflow {}
    pub(super) const call: u8 = 1;

    #[::pgflow::step]
    pub(super) async fn run(input: Order) -> Result<Item> {
        let _ = input;
        Result::Ok(Item)
    }

    #[::pgflow::step(depends_on = [run])]
    pub(super) async fn handlers(run: Item) -> Result<Got> {
        let _ = run;
        Result::Ok(Got)
    }

    #[::pgflow::step(depends_on = [handlers, run], map = input.lines)]
    pub(super) async fn expand(handlers: Got, run: Item) -> Result<Parcel> {
        let _ = (handlers, run);
        Result::Ok(Parcel { grams: 1 })
    }

    #[::pgflow::step(depends_on = [expand])]
    pub(super) async fn future(expand: ::std::vec::Vec<Parcel>) -> Result<()> {
        let _ = expand;
        Result::Ok(())
    }
}

fn main() {
    let _ = orders::definition();
}
