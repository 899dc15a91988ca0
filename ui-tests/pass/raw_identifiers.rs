#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod r#match {
    use super::*;

    #[step]
    async fn r#type(input: Order) -> Result<Vec<Line>> {
        Ok(input.lines)
    }

    #[step(depends_on = [r#type])]
    async fn r#loop(r#type: Vec<Line>) -> Result<usize> {
        Ok(r#type.len())
    }

    #[step(map = r#type, depends_on = [r#loop])]
    async fn r#fn(item: Line, #[from(r#loop)] r#in: usize) -> Result<usize>
    {
        Ok(item.sku.len() + r#in)
    }
}

fn main() {
    let definition = r#match::definition();
    assert_eq!(definition.name, "match");
    let names: Vec<&str> = definition.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["type", "loop", "fn"]);
}
