//! The embedded server: real processes use it, and are killed.

mod databases;
mod endings;
mod environment;
mod persistence;
mod sharing;
mod support;
