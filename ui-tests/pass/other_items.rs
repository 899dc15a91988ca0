//! All that may stand in a module beside steps.

#![deny(warnings)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow(state = Counter)]
pub mod orders {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    pub const LIMIT: u64 = 10;
    static SEEN: AtomicU64 = AtomicU64::new(0);

    #[derive(Debug, Default)]
    pub struct Counter {
        seen: AtomicU64,
    }

    impl Counter {
        fn next(&self) -> u64 {
            self.seen.fetch_add(1, Ordering::Relaxed)
        }
    }

    pub trait Priced {
        fn price(&self) -> u64;
    }

    impl Priced for Order {
        fn price(&self) -> u64 {
            self.id.min(LIMIT)
        }
    }

    pub enum Kind {
        Small,
        Large,
    }

    type Cents = u64;

    macro_rules! double {
        ($value:expr) => {
            $value * 2
        };
    }

    async fn helper(order: &Order) -> Kind {
        if order.price() > 5 { Kind::Large } else { Kind::Small }
    }

    #[step]
    pub async fn price(input: Order, counter: pgflow::State<Counter>) -> Result<Cents> {
        SEEN.store(counter.next(), Ordering::Relaxed);
        Ok(match helper(&input).await {
            Kind::Small => input.price(),
            Kind::Large => double!(input.price()),
        })
    }

    #[cfg(test)]
    mod tests {}

    extern crate std as standard;

    const _: () = assert!(LIMIT > 5);
}

fn main() {
    let _ = orders::definition();
}
