//! A worker with one version of a workflow; see `pgflow_tests::deploy`.

use pgflow_tests::deploy::old::deploy;
use pgflow_tests::serve::serve;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    serve(|builder, _| builder.register(deploy::Workflow))
}
