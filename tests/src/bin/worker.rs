//! A worker with the workflows of the tests; see `pgflow_tests::serve`.

use pgflow::WorkerBuilder;
use pgflow_tests::poison;
use pgflow_tests::serve::serve;
use pgflow_tests::stress::{self, Calls};
use pgflow_tests::wide::wide300;
use pgflow_tests::workflows;
use sqlx::PgPool;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    serve(with_workflows)
}

fn with_workflows(builder: WorkerBuilder, pool: PgPool) -> WorkerBuilder {
    let calls = Calls(pool);
    builder
        .register(workflows::double::Workflow)
        .register(workflows::chain3::Workflow)
        .register(workflows::chain40::Workflow)
        .register(workflows::diamond::Workflow)
        .register(workflows::squares::Workflow)
        .register(workflows::trouble::Workflow)
        .register(workflows::patient::Workflow)
        .register(workflows::ledger::Workflow)
        .register(workflows::slow_chain::Workflow)
        .register(stress::big_map::Workflow.with_state(calls.clone()))
        .register(stress::noted::Workflow.with_state(calls.clone()))
        .register(stress::pages::Workflow.with_state(calls.clone()))
        .register(stress::rough_map::Workflow)
        .register(stress::slow_ledger::Workflow)
        .register(stress::only_once::Workflow)
        .register(stress::parcel::Workflow.with_state(calls.clone()))
        .register(stress::parcels::Workflow)
        .register(stress::ledger_map::Workflow)
        .register(poison::abort::Workflow.with_state(calls.clone()))
        .register(poison::abort_item::Workflow.with_state(calls.clone()))
        .register(poison::abort_on_failure::Workflow.with_state(calls.clone()))
        .register(wide300::Workflow.with_state(calls))
}
