//! What cannot move between threads may be used, if not while waiting; futures may be large, boxed and recursive.

#![deny(warnings)]

use std::cell::RefCell;
use std::rc::Rc;

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
pub mod orders {
    use super::*;

    #[step]
    pub async fn count(input: Order) -> Result<u64> {
        let shared = {
            let shared = Rc::new(RefCell::new(0));
            *shared.borrow_mut() += input.id;
            shared.take()
        };
        Box::pin(down(3)).await;
        let block = [0_u8; 4096];
        std::future::ready(()).await;
        Ok(shared + block.len() as u64)
    }

    fn down(n: u8) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            if n > 0 {
                down(n - 1).await;
            }
        })
    }
}

fn main() {
    let _ = orders::definition();
}
