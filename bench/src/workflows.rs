//! The workflows of the benchmark. Each step counts itself: what was executed is known, not assumed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pgflow::{Result, State, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The small payload of every step, and of the floor's rows: `{"n":12345}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Payload {
    pub(crate) n: u32,
}

impl Payload {
    fn next(self) -> Self {
        Self { n: self.n.wrapping_add(1) }
    }
}

/// How many steps (or items) were executed. Clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counter(Arc<AtomicU64>);

impl Counter {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A single step.
#[workflow(state = Counter)]
pub(crate) mod noop {
    use super::*;

    #[step]
    pub(crate) async fn only(input: Payload, steps: State<Counter>) -> Result<Payload> {
        steps.count();
        Ok(input.next())
    }
}

/// Four steps: one, two beside each other, one.
#[workflow(state = Counter)]
pub(crate) mod diamond {
    use super::*;

    #[step]
    pub(crate) async fn top(input: Payload, steps: State<Counter>) -> Result<Payload> {
        steps.count();
        Ok(input.next())
    }

    #[step(depends_on = [top])]
    pub(crate) async fn left(top: Payload, steps: State<Counter>) -> Result<Payload> {
        steps.count();
        Ok(top.next())
    }

    #[step(depends_on = [top])]
    pub(crate) async fn right(top: Payload, steps: State<Counter>) -> Result<Payload> {
        steps.count();
        Ok(top.next())
    }

    #[step(depends_on = [left, right])]
    pub(crate) async fn bottom(left: Payload, right: Payload, steps: State<Counter>) -> Result<Payload> {
        steps.count();
        Ok(Payload { n: left.n.max(right.n) }.next())
    }
}

/// As many items as the input says, and a join. The items count, the other two steps do not.
#[workflow(state = Counter)]
pub(crate) mod map {
    use super::*;

    #[step]
    pub(crate) async fn items(input: Payload) -> Result<Vec<Payload>> {
        Ok((0..input.n).map(|n| Payload { n }).collect())
    }

    #[step(map = items)]
    pub(crate) async fn work(item: Payload, steps: State<Counter>) -> Result<Payload> {
        steps.count();
        Ok(item.next())
    }

    #[step(depends_on = [work])]
    pub(crate) async fn join(work: Vec<Payload>) -> Result<u64> {
        Ok(work.iter().map(|done| u64::from(done.n)).sum())
    }
}

/// As many items as said, each of which takes as many microseconds as said; and a join.
#[workflow(state = Counter)]
pub(crate) mod slow_map {
    use super::*;

    #[step]
    pub(crate) async fn items(input: (u32, u32)) -> Result<Vec<u32>> {
        let (items, micros) = input;
        Ok(vec![micros; items as usize])
    }

    #[step(map = items)]
    pub(crate) async fn work(item: u32, steps: State<Counter>) -> Result<u32> {
        if item > 0 {
            tokio::time::sleep(Duration::from_micros(item.into())).await;
        }
        steps.count();
        Ok(1)
    }

    #[step(depends_on = [work])]
    pub(crate) async fn join(work: Vec<u32>) -> Result<u64> {
        Ok(work.iter().map(|&done| u64::from(done)).sum())
    }
}

/// A single step that takes as many milliseconds as said.
#[workflow(state = Counter)]
pub(crate) mod sleep {
    use super::*;

    #[step]
    pub(crate) async fn only(input: Payload, steps: State<Counter>) -> Result<Payload> {
        tokio::time::sleep(Duration::from_millis(input.n.into())).await;
        steps.count();
        Ok(input)
    }
}

/// Writes a chain: each step takes the one before.
macro_rules! chain {
    ($(#[$doc:meta])* $name:ident: $first:ident $(, $before:ident => $step:ident)*) => {
        $(#[$doc])*
        #[allow(dead_code, reason = "what the attribute generates counts as written by hand inside of a macro")]
        #[workflow(state = Counter)]
        pub(crate) mod $name {
            use super::*;

            #[step]
            pub(crate) async fn $first(input: Payload, steps: State<Counter>) -> Result<Payload> {
                steps.count();
                Ok(input.next())
            }

            $(
                #[step(depends_on = [$before])]
                pub(crate) async fn $step($before: Payload, steps: State<Counter>) -> Result<Payload> {
                    steps.count();
                    Ok($before.next())
                }
            )*
        }
    };
}

chain! {
    /// Three steps, one after the other.
    chain3: s0, s0 => s1, s1 => s2
}

chain! {
    /// Forty steps, one after the other.
    chain40: s0, s0 => s1, s1 => s2, s2 => s3, s3 => s4, s4 => s5, s5 => s6, s6 => s7, s7 => s8, s8 => s9, s9 => s10,
    s10 => s11, s11 => s12, s12 => s13, s13 => s14, s14 => s15, s15 => s16, s16 => s17, s17 => s18, s18 => s19, s19 => s20,
    s20 => s21, s21 => s22, s22 => s23, s23 => s24, s24 => s25, s25 => s26, s26 => s27, s27 => s28, s28 => s29, s29 => s30,
    s30 => s31, s31 => s32, s32 => s33, s33 => s34, s34 => s35, s35 => s36, s36 => s37, s37 => s38, s38 => s39
}
