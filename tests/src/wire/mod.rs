//! A proxy before Postgres that understands its protocol: it knows which function each request calls, and can damage the
//! connection before, within or after exactly that call.
//!
//! Each worker (and the client that starts runs) has an [`Endpoint`] of its own, so that all of its connections can be cut, or
//! held, at once: what Postgres sees of a process that is killed, or stopped and continued.

mod calls;
mod connection;
mod endpoint;
mod frames;
mod script;
mod sessions;

pub use calls::{Call, Carries, Layout};
pub use endpoint::{Endpoint, Who};
pub use script::{Damage, Event, Fault, Party, Phase, Script, Target};
pub use sessions::Sessions;
