//! All ways to be skipped, and all forms in which others take what may be skipped.

use pgflow::{Result, Skippable, StepError, Workflow, step, workflow};

#[workflow]
mod all {
    use super::*;

    #[step(when = |input| input.len() > 1)]
    pub async fn by_condition(input: Vec<u8>) -> Result<u8> {
        Ok(input[0])
    }

    #[step(on_exhausted = skip, max_attempts = 1)]
    pub async fn exhausted() -> Result<u16> {
        Err(StepError::fatal("never"))
    }

    #[step(on_exhausted = fail)]
    pub async fn certain() -> Result<u16> {
        Ok(1)
    }

    #[step(skippable)]
    pub async fn decides(input: Vec<u8>) -> Result<Skippable<()>> {
        Ok(if input.is_empty() { Skippable::skip("nothing") } else { ().into() })
    }

    #[step(skippable)]
    pub async fn with_an_error_of_its_own() -> std::result::Result<pgflow::Skippable<u8>, std::fmt::Error> {
        Ok(pgflow::Skippable::Done(1))
    }

    #[step(map = input, skippable, when = |_input| true)]
    pub async fn gaps(item: u8) -> Result<Skippable<u8>> {
        Ok(item.into())
    }

    #[step(map = input, when = |input: &Vec<u8>| input.contains(&1))]
    pub async fn list(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(map = list, skip_with = [list])]
    pub async fn mapped(item: u8) -> Result<u8> {
        Ok(item)
    }

    // All that it sees is as in a parameter, by reference.
    #[step(
        depends_on = [by_condition, exhausted, certain, decides, gaps, list, mapped],
        skip_with = [decides],
        when = |by_condition, exhausted, certain, decides, gaps, list, mapped, input| {
            let _: &Option<u8> = by_condition;
            let _: &Option<u16> = exhausted;
            let _: &u16 = certain;
            let _: &() = decides;
            let _: &Option<Vec<Option<u8>>> = gaps;
            let _: &Option<Vec<u8>> = list;
            let _: &Option<Vec<u8>> = mapped;
            let _: &Vec<u8> = input;
            true
        },
    )]
    pub async fn takes_all(
        by_condition: Option<u8>,
        exhausted: Option<u16>,
        certain: u16,
        decides: (),
        gaps: Option<Vec<Option<u8>>>,
        list: Option<Vec<u8>>,
        mapped: Option<Vec<u8>>,
    ) -> Result<u8> {
        let () = decides;
        drop((exhausted, certain, gaps, list, mapped));
        Ok(by_condition.unwrap_or_default())
    }

    #[step(depends_on = [takes_all, with_an_error_of_its_own], when = |takes_all| takes_all.is_some())]
    pub async fn last(#[from(takes_all)] all: Option<u8>, with_an_error_of_its_own: Option<u8>) -> Result<u8> {
        Ok(all.or(with_an_error_of_its_own).unwrap_or_default())
    }
}

#[workflow]
mod several {
    use super::*;

    #[step(when = || true)]
    pub async fn one() -> Result<u8> {
        Ok(1)
    }

    #[step]
    pub async fn two() -> Result<u8> {
        Ok(2)
    }
}

fn main() {
    let _: Option<<all::Workflow as Workflow>::Output> = None::<Option<u8>>;
    let _ = several::WorkflowOutput { one: None, two: 2 };
    let definition = all::definition();
    let takes_all = definition.steps.iter().find(|step| step.name == "takes_all").unwrap();
    assert!(takes_all.skip.when && takes_all.skip.with == ["decides"] && takes_all.takes_input);
}
