#[pgflow::workflow]
mod shipping {
    #[pgflow::step]
    pub async fn ship(input: String) -> pgflow::Result<usize> {
        Ok(input.len())
    }
}

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn parcels(input: u32) -> pgflow::Result<Vec<String>> {
        Ok(vec![input.to_string()])
    }

    #[pgflow::step(map = parcels, child = shipping, on_exhausted = skip)]
    pub async fn send(item: String) -> pgflow::Result<String> {
        Ok(item)
    }

    // The whole path; a workflow without an input.
    #[pgflow::step(depends_on = [send], child = crate::nothing, max_attempts = 2, queue = "slow")]
    pub async fn clean(send: Vec<Option<usize>>) -> pgflow::Result<()> {
        drop(send);
        Ok(())
    }

    #[pgflow::step(depends_on = [clean])]
    pub async fn last(clean: nothing::WorkflowOutput) -> pgflow::Result<bool> {
        Ok(clean.one == clean.two)
    }
}

#[pgflow::workflow]
mod nothing {
    #[pgflow::step]
    pub async fn one() -> pgflow::Result<u8> {
        Ok(1)
    }

    #[pgflow::step]
    pub async fn two() -> pgflow::Result<u8> {
        Ok(2)
    }
}

fn main() {
    let children = orders::definition().steps.into_iter().map(|step| step.child);
    assert_eq!(children.collect::<Vec<_>>(), [None, Some("shipping".to_owned()), Some("nothing".to_owned()), None]);
}
