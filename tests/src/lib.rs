//! What the tests share: databases, worker processes, workflows, and the invariant that each test ends with.

pub mod clock;
pub mod database;
pub mod deploy;
pub mod elsewhere;
pub mod load;
pub mod poison;
pub mod process;
pub mod proxy;
pub mod serve;
pub mod stress;
pub mod wide;
pub mod wire;
pub mod workflows;

pub use database::TestDb;
