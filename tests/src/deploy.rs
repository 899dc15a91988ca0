//! One workflow in three versions, each of which has a program of its own: `deploy-old`, `deploy-new` and `deploy-other`.
#![allow(missing_docs, reason = "their names say what they are")]

/// As it was first.
pub mod old {
    use std::time::Duration;

    use pgflow::{Result, step, workflow};

    #[workflow]
    pub mod deploy {
        use super::*;

        #[step]
        pub async fn ask(input: u64) -> Result<u64> {
            tokio::time::sleep(Duration::from_millis(input)).await;
            Ok(input)
        }

        #[step(depends_on = [ask])]
        pub async fn act(ask: u64) -> Result<String> {
            tokio::time::sleep(Duration::from_millis(ask)).await;
            Ok("old".to_owned())
        }
    }
}

/// With one step more, after those that it had.
pub mod new {
    use std::time::Duration;

    use pgflow::{Result, step, workflow};

    #[workflow]
    pub mod deploy {
        use super::*;

        #[step]
        pub async fn ask(input: u64) -> Result<u64> {
            tokio::time::sleep(Duration::from_millis(input)).await;
            Ok(input)
        }

        #[step(depends_on = [ask])]
        pub async fn act(ask: u64) -> Result<String> {
            tokio::time::sleep(Duration::from_millis(ask)).await;
            Ok("new".to_owned())
        }

        #[step(depends_on = [act])]
        pub async fn tell(act: String) -> Result<String> {
            Ok(format!("told: {act}"))
        }
    }
}

/// With a step that gives something else.
pub mod other {
    use pgflow::{Result, step, workflow};

    #[workflow]
    pub mod deploy {
        use super::*;

        #[step]
        pub async fn ask(input: u64) -> Result<String> {
            Ok(input.to_string())
        }

        #[step(depends_on = [ask])]
        pub async fn act(ask: String) -> Result<String> {
            Ok(format!("other {ask}"))
        }
    }
}
