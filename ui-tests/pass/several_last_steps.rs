#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

mod shop {
    use super::*;

    #[workflow]
    pub(crate) mod orders {
        use super::*;

        #[step]
        async fn reserve(input: Order) -> Result<Reservation> {
            Ok(Reservation { lines: input.lines, shelf: String::new() })
        }

        #[step(depends_on = [reserve])]
        async fn r#type(reserve: Reservation) -> Result<String> {
            Ok(reserve.shelf)
        }

        #[step(map = reserve.lines)]
        async fn pack(item: Line) -> Result<Parcel> {
            Ok(Parcel { grams: item.sku.len() as u64 })
        }
    }
}

fn main() {
    let show = |output: shop::orders::WorkflowOutput| -> (String, Vec<Parcel>) { (output.r#type, output.pack) };
    let _ = show;
    fn payload<T: serde::Serialize + serde::de::DeserializeOwned + schemars::JsonSchema + std::fmt::Debug>() {}
    payload::<shop::orders::WorkflowOutput>();
}
