//! The rules of a workflow's graph, on names and edges alone; and those of its schedule: cron expressions, names of time zones.
//!
//! They are written once and asked twice: by the macros, which point at the source, and by code that builds workflows at run time.
//! Both say the same words, since the words stand here too: [`Problem::message`] and [`Problem::help`].
//!
//! ```
//! use pgflow_graph::{Graph, Node};
//!
//! let graph = Graph::check("orders", vec![Node::new("fetch", []), Node::new("charge", ["fetch"])]).unwrap();
//! assert_eq!(graph.levels(), [vec![0], vec![1]]);
//!
//! let problems = Graph::check("orders", vec![Node::new("fetch", []), Node::new("charge", ["fetc"])]).unwrap_err();
//! assert_eq!(problems[0].message(), "workflow `orders` has no step `fetc`");
//! assert_eq!(problems[0].help().unwrap(), "a step with a similar name exists: `fetch`");
//! ```
//!
//! # Steps that may be skipped
//!
//! Whether a step may be skipped is said by itself alone ([`Skip`]), and so is what its dependants take: see
//! [`Node::may_be_skipped`], [`Node::has_gaps`] and [`Node::may_miss`].

mod cron;
mod cycle;
mod graph;
mod name;
mod options;
mod problem;
mod suggest;
mod zone;

pub use cron::{Cron, CronProblem, WallTime};
pub use graph::{Graph, Node, Skip, Source};
pub use name::{MAX_NAME_BYTES, NameProblem, RESERVED, check_name, check_step_name};
pub use options::{
    DEFAULT_BACKOFF, WRONG_ATTEMPTS, check_backoff, check_backoffs, check_deadline, check_delay, check_handler_name,
    check_max_attempts, check_max_backoff, check_queue, check_timeout,
};
pub use problem::{Problem, Rule};
pub use suggest::{list, nearest};
pub use zone::{ZoneProblem, check_zone};
