//! Durable workflows on plain Postgres, proven by the compiler.
//!
//! Steps are `async` functions in a module; the compiler checks how they depend on each other. Runs are kept in Postgres and survive
//! the death of any process: what is recorded is not done again, and another worker goes on within seconds.
//!
//! | to | see |
//! |---|---|
//! | declare a workflow | [`workflow`], [`step`] |
//! | take the input, outputs, and more | the parameters at [`step`]; [`State`], [`StepContext`], `Tx`, [`FromContext`] |
//! | fail, or be tried again | [`StepError`]; [`Failure`] when a run has failed |
//! | run workflows | `Worker` |
//! | start runs, await and list them | `Client`, `Run`, `StartOptions`, `RunFilter` |
//! | see the graph and the schemas | [`Workflow`], [`Definition`], [`Drawing`] |
//! | know what a change means for runs under way | [`lock`], `Client::check_deploy` |
//! | make workflows at run time, or from JSON | [`dynamic`] |
//! | cancel, pause, resume, retry, fork | `Run::cancel` and its like |
//! | start runs by the clock | `schedule` of [`workflow`]; `Client::schedule` |
//! | test workflows | `testing::Runner`; `testing::TestDb`, with the feature `embedded` |
//! | have a Postgres for development and tests | the feature `embedded` |
//!
//! `Worker`, `Client`, `Tx` and what belongs to them need the feature `postgres`, which is on by default.

// The macros name this crate by its absolute path, also where its own tests use them.
#[cfg(test)]
extern crate self as pgflow;

mod cancellation;
#[cfg(feature = "postgres")]
mod client;
mod compare;
#[cfg(feature = "postgres")]
mod database;
mod definition;
mod drawing;
pub mod dynamic;
#[cfg(all(feature = "embedded", unix))]
pub mod embedded;
mod encoded;
#[cfg(feature = "postgres")]
mod error;
mod extract;
mod generated;
mod glue;
mod handler;
pub mod lock;
mod macros;
#[cfg(feature = "postgres")]
mod news;
mod notes;
mod path;
#[cfg(feature = "postgres")]
mod registration;
mod repeat;
mod schedule;
mod schema;
mod signal;
mod step;
#[cfg(feature = "postgres")]
pub mod testing;
#[cfg(feature = "postgres")]
mod tx;
mod upcast;
mod words;
#[cfg(feature = "postgres")]
mod worker;
mod workflow;

#[cfg(feature = "postgres")]
pub use client::{
    Action, BulkAction, Client, Comparison, DeployCheck, Fork, ImportReport, ImportedRun, ImportedWorkflow,
    MissingHandler, NewSchedule, Run, RunChild, RunEvent, RunFilter, RunSignal, RunStatus, RunSummary, ScheduleAction,
    ScheduleEvent, ScheduleSummary, SendSignal, StartOptions, StepNote, StepSummary, VersionCheck, VersionSummary,
    WorkflowDetail, WorkflowFilter, start_in, start_many_in,
};
pub use compare::{Change, ChangeKind, Verdict};
#[cfg(feature = "postgres")]
pub use database::migrate;
pub use definition::{Definition, Delay, Edge, MapSource, SignalDefinition, SkipPolicy, StepDefinition, StepOptions};
pub use drawing::Drawing;
#[cfg(feature = "postgres")]
pub use error::Error;
pub use extract::{Context, FromContext, State};
pub use macros::{step, workflow};
#[cfg(feature = "postgres")]
pub use registration::Registration;
pub use repeat::Repeat;
pub use schedule::{CatchUp, Schedule, Scheduled};
pub use signal::Signal;
#[cfg(feature = "postgres")]
pub use sqlx;
pub use step::{Failure, Result, RunId, Skippable, StepContext, StepError};
#[cfg(feature = "postgres")]
pub use tx::Tx;
#[cfg(feature = "postgres")]
pub use worker::{Queue, Worker, WorkerBuilder};
#[cfg(feature = "postgres")]
pub use workflow::RunOf;
pub use workflow::Workflow;

/// What the macros' output refers to. No part of the public interface: it may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use schemars;
    pub use serde;
    pub use serde_json;

    #[cfg(feature = "postgres")]
    pub use crate::database::schema_digest;
    pub use crate::definition::Delay;
    pub use crate::encoded::Encoded;
    pub use crate::glue::*;
    pub use crate::handler::{
        Call, Condition, Dependency, Expand, Handler, Handlers, ScheduledInput, StepFuture, Wait,
    };
    pub use crate::repeat::Repeated;
    pub use crate::schedule::{CatchUp, ScheduleSpec, Scheduled};
    pub use crate::signal::Sent;
    pub use crate::upcast::Upcast;
    #[cfg(feature = "postgres")]
    pub use crate::worker::LoneScheduler;
    pub use crate::workflow::Workflow;
}

/// The guide, so that its code is compiled and run.
#[cfg(all(doctest, feature = "embedded", unix))]
mod guide {
    #[doc = include_str!("../../docs/control.md")]
    mod control {}
    #[doc = include_str!("../../docs/dynamic.md")]
    mod dynamic {}
    #[doc = include_str!("../../docs/looking.md")]
    mod looking {}
    #[doc = include_str!("../../docs/modules.md")]
    mod modules {}
    #[doc = include_str!("../../docs/retention.md")]
    mod retention {}
    #[doc = include_str!("../../docs/schedules.md")]
    mod schedules {}
    #[doc = include_str!("../../docs/schemas.md")]
    mod schemas {}
    #[doc = include_str!("../../docs/starting.md")]
    mod starting {}
    #[doc = include_str!("../../docs/steps.md")]
    mod steps {}
    #[doc = include_str!("../../docs/testing.md")]
    mod testing {}
    #[doc = include_str!("../../docs/versions.md")]
    mod versions {}
    #[doc = include_str!("../../docs/children.md")]
    mod children {}
    #[doc = include_str!("../../docs/waiting.md")]
    mod waiting {}
    #[doc = include_str!("../../docs/workers.md")]
    mod workers {}
}

/// The README, so that its code is compiled.
#[cfg(all(doctest, feature = "embedded", unix))]
#[doc = include_str!("../README.md")]
mod readme {}
