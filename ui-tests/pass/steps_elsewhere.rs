//! Steps that stand in other modules: in one workflow with its own, in several, by another name, and all of a workflow.

#![deny(warnings)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

pub mod common {
    use super::*;

    /// Writes down what was paid.
    #[step(max_attempts = 7, queue = "slow")]
    pub async fn audit(input: Order, ctx: pgflow::StepContext) -> Result<Receipt> {
        Ok(Receipt { cents: input.id + u64::from(ctx.attempt()) })
    }

    /// Depends on one beside it.
    #[step(depends_on = [audit])]
    pub async fn seal(audit: Receipt) -> Result<String> {
        Ok(audit.cents.to_string())
    }

    /// Takes the state that every workflow has that includes it.
    #[step(map = input.lines, on_exhausted = skip)]
    pub async fn weigh(item: Line, _input: Order, shop: pgflow::State<Shop>) -> Result<Parcel> {
        let _ = shop;
        Ok(Parcel { grams: item.sku.len() as u64 })
    }

    #[step(depends_on = [super::other::stamp, seal], when = |input, stamp| input.id > u64::from(*stamp))]
    pub async fn post(_input: Order, #[from(super::other::stamp)] stamped: u8, seal: String) -> Result<String> {
        Ok(format!("{seal}{stamped}"))
    }
}

pub mod other {
    use super::*;

    #[step]
    pub async fn stamp() -> Result<u8> {
        Ok(1)
    }

    #[step(depends_on = [crate::common::seal], delay = |seal| std::time::Duration::from_secs(seal.len() as u64))]
    pub async fn audit(seal: String) -> Result<u8> {
        Ok(seal.len() as u8)
    }
}

#[workflow(state = Shop, include = [common::audit, common::weigh, common::seal])]
pub mod fulfil {
    use super::*;

    #[step(depends_on = [common::audit])]
    pub async fn charge(input: Order, audit: Receipt) -> Result<Receipt> {
        Ok(Receipt { cents: audit.cents + input.id })
    }

    /// By its name alone: it is a step of this workflow.
    #[step(depends_on = [charge, weigh, seal])]
    pub async fn ship(charge: Receipt, #[from(common::weigh)] parcels: Vec<Option<Parcel>>, seal: String) -> Result<String> {
        let _ = (charge, parcels);
        Ok(seal)
    }
}

/// All its steps stand elsewhere, and two have one name.
#[workflow(
    input = Order,
    include = [common::audit, other::audit as audit_seal, common::seal, other::stamp, common::post],
    output = [post, audit_seal]
)]
pub mod all_elsewhere {
    use super::*;
}

#[workflow(include = [common::audit as first, common::seal])]
pub mod by_another_name {
    use super::*;

    #[step(depends_on = [first, common::seal], skippable)]
    pub async fn last(first: Receipt, seal: String, input: Order) -> Result<pgflow::Skippable<u64>> {
        let _ = (seal, input);
        Ok(first.cents.into())
    }
}

#[workflow(include = [common::audit, common::seal, other::stamp, common::post])]
pub mod skipped_with_another {
    use super::*;

    #[step(depends_on = [post], skip_with = [post])]
    pub async fn last(post: String, _input: Order) -> Result<String> {
        Ok(post)
    }

    #[step(depends_on = [common::post], when = |post| post.is_some())]
    pub async fn other(post: Option<String>) -> Result<String> {
        Ok(post.unwrap_or_default())
    }
}

fn main() {
    let steps = |definition: pgflow::Definition| -> Vec<String> {
        definition.steps.iter().map(|step| step.name.clone()).collect()
    };
    assert_eq!(steps(fulfil::definition()), ["charge", "ship", "audit", "weigh", "seal"]);
    assert_eq!(steps(all_elsewhere::definition()), ["audit", "audit_seal", "seal", "stamp", "post"]);
    let post: Option<String> = None::<all_elsewhere::WorkflowOutput>.and_then(|output| output.post);
    assert!(post.is_none());
    let renamed = by_another_name::definition();
    let seal = renamed.steps.iter().find(|step| step.name == "seal").unwrap();
    assert_eq!(seal.depends_on[0].step, "first");
    let _: fn(<by_another_name::Workflow as pgflow::Workflow>::Output) -> Option<u64> = |output| output;
    let _ = (common::audit, common::post);
}
