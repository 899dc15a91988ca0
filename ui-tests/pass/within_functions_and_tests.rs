//! A workflow in a function or a test module brings its own imports.

mod tests {
    use pgflow::{Result, step, workflow};

    #[workflow]
    mod greet {
        use super::*;

        #[step]
        async fn hello(input: String) -> Result<String> {
            Ok(format!("hello {input}"))
        }
    }

    pub(super) fn test() {
        assert_eq!(greet::definition().steps.len(), 1);
    }
}

fn main() {
    #[pgflow::workflow]
    mod within {
        use pgflow::{Result, step};

        #[step]
        async fn hello(input: String) -> Result<String> {
            Ok(format!("hello {input}"))
        }
    }

    assert_eq!(within::definition().name, "within");
    tests::test();
}
