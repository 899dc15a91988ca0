//! The first five minutes: the example is started, stopped, killed, and misused.

mod endings;
mod inputs;
mod support;
