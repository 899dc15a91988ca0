//! Testing workflows: in memory, with the semantics of the engine and a clock to move; or on a fresh database for each test.
//!
//! ```
//! use pgflow::testing::Runner;
//! use pgflow::{Result, step, workflow};
//!
//! #[workflow]
//! mod double {
//!     use super::*;
//!
//!     #[step(backoff = "1h")]
//!     pub async fn twice(input: u32) -> Result<u32> {
//!         Ok(input * 2)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let runner = Runner::new(double::Workflow);
//! runner.fail_once("twice");
//! let run = runner.run(21).await;
//! assert_eq!(run.output().unwrap(), 42);
//! // It waited for an hour, or about that, before the second attempt; the test did not.
//! assert_eq!(run.step("twice").attempts, 2);
//! assert!(run.elapsed().as_secs() > 2_000);
//! # }
//! ```
//!
//! [`assert_locked`] checks the lock file of a program's workflows ([`lock`](crate::lock)).
//!
//! `TestDb` (with the feature `embedded`) is a database of a test's own on a server that all tests share.

#[cfg(all(feature = "embedded", unix))]
mod database;
mod locked;
mod memory;
mod snapshot;

#[cfg(all(feature = "embedded", unix))]
pub use database::TestDb;
pub use locked::assert_locked;
pub use memory::{Difference, Recording, Runner, TestRun, TestStep};
pub use snapshot::snapshot;
