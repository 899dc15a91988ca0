//! The workflows of the tests.
#![allow(missing_docs, reason = "their names say what they are")]

use pgflow::{Result, State, StepContext, StepError, Tx, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One step.
#[workflow]
pub mod double {
    use super::*;

    #[step]
    pub async fn twice(input: i64) -> Result<i64> {
        Ok(input * 2)
    }
}

/// Three steps in a chain.
#[workflow]
pub mod chain3 {
    use super::*;

    #[step]
    pub async fn first(input: i64) -> Result<i64> {
        Ok(input + 1)
    }

    #[step(depends_on = [first])]
    pub async fn second(first: i64) -> Result<i64> {
        Ok(first * 10)
    }

    #[step(depends_on = [second])]
    pub async fn third(second: i64) -> Result<String> {
        Ok(format!("<{second}>"))
    }
}

/// A diamond with two leaves beside it.
#[workflow]
pub mod diamond {
    use super::*;

    #[step]
    pub async fn top(input: i64) -> Result<i64> {
        Ok(input)
    }

    #[step(depends_on = [top])]
    pub async fn left(top: i64) -> Result<i64> {
        Ok(top + 1)
    }

    #[step(depends_on = [top])]
    pub async fn right(top: i64) -> Result<i64> {
        Ok(top + 2)
    }

    #[step(depends_on = [left, right])]
    pub async fn bottom(left: i64, right: i64) -> Result<i64> {
        Ok(left * right)
    }
}

/// A range is squared item by item, and summed.
#[workflow]
pub mod squares {
    use super::*;

    #[step]
    pub async fn numbers(input: u32) -> Result<Vec<u64>> {
        Ok((0..u64::from(input)).collect())
    }

    #[step(map = numbers)]
    pub async fn square(item: u64) -> Result<u64> {
        Ok(item * item)
    }

    #[step(depends_on = [square])]
    pub async fn sum(square: Vec<u64>) -> Result<Sum> {
        let in_order = square.iter().enumerate().all(|(n, square)| *square == (n * n) as u64);
        Ok(Sum { count: square.len(), sum: square.iter().sum(), in_order })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sum {
    pub count: usize,
    pub sum: u64,
    pub in_order: bool,
}

/// Maps over maps, down from an empty list.
#[workflow(input = Vec<u8>)]
pub mod nothing {
    use super::*;

    #[step(map = input)]
    pub async fn one(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(map = one)]
    pub async fn two(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(depends_on = [two])]
    pub async fn three(two: Vec<u8>) -> Result<usize> {
        Ok(two.len())
    }
}

/// What a step of `trouble` is to do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub enum Trouble {
    FailUntil(u16),
    Fatal,
    Panic,
    Hang,
    Nul,
    NulError,
    Fine,
}

/// A step that fails as it is told to.
#[workflow]
pub mod trouble {
    use super::*;

    #[step]
    pub async fn before(input: Trouble) -> Result<()> {
        let _ = input;
        Ok(())
    }

    #[step(depends_on = [before], max_attempts = 3, backoff = "20ms", timeout = "300ms")]
    pub async fn risky(input: Trouble, ctx: StepContext) -> Result<String> {
        match input {
            Trouble::FailUntil(attempt) if ctx.attempt() < attempt => {
                Err(StepError::retry(format!("attempt {}", ctx.attempt())))
            }
            Trouble::Fatal => Err(StepError::fatal("no use")),
            Trouble::Panic => panic!("at the disco"),
            Trouble::Hang => std::future::pending().await,
            Trouble::Nul => Ok("a\0b".to_owned()),
            Trouble::NulError => Err(StepError::fatal("c\0d")),
            Trouble::FailUntil(_) | Trouble::Fine => Ok(format!("after {}", ctx.attempt())),
        }
    }

    #[step(depends_on = [risky])]
    pub async fn after(risky: String) -> Result<String> {
        Ok(risky)
    }
}

/// A step that waits long for its second attempt: the run parks meanwhile.
#[workflow]
pub mod patient {
    use super::*;

    #[step(max_attempts = 2)]
    pub async fn wait(input: u64, ctx: StepContext) -> Result<u16> {
        if ctx.attempt() == 1 {
            return Err(StepError::retry_after(std::time::Duration::from_millis(input), "later"));
        }
        Ok(ctx.attempt())
    }
}

/// Books in a ledger, exactly once, with a chain before and after.
#[workflow]
pub mod ledger {
    use super::*;

    #[step]
    pub async fn prepare(input: i64) -> Result<i64> {
        Ok(input)
    }

    #[step(depends_on = [prepare], max_attempts = 100, backoff = "5ms")]
    pub async fn book(prepare: i64, mut tx: Tx, ctx: StepContext) -> Result<i64> {
        pgflow::sqlx::query("insert into ledger (run_id, amount) values ($1, $2)")
            .bind(ctx.run_id().as_uuid())
            .bind(prepare)
            .execute(&mut *tx)
            .await?;
        Ok(prepare)
    }

    #[step(depends_on = [book])]
    pub async fn done(book: i64) -> Result<i64> {
        Ok(book)
    }
}

/// Each item takes the given milliseconds.
#[workflow]
pub mod slow_map {
    use super::*;

    #[step]
    pub async fn items(input: (u32, u64)) -> Result<Vec<u64>> {
        Ok(vec![input.1; input.0 as usize])
    }

    #[step(map = items)]
    pub async fn work(item: u64, ctx: StepContext) -> Result<u32> {
        tokio::time::sleep(std::time::Duration::from_millis(item)).await;
        Ok(ctx.index().unwrap_or_default())
    }

    #[step(depends_on = [work])]
    pub async fn count(work: Vec<u32>) -> Result<usize> {
        assert!(work.iter().enumerate().all(|(n, index)| n as u32 == *index), "in order");
        Ok(work.len())
    }
}

/// A state that counts its uses.
#[derive(Debug, Default)]
pub struct Counter(pub std::sync::atomic::AtomicUsize);

/// Uses a state.
#[workflow(state = Counter)]
pub mod stateful {
    use super::*;

    #[step]
    pub async fn count(counter: State<Counter>) -> Result<usize> {
        Ok(counter.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1)
    }
}

/// A chain whose steps take the given milliseconds each.
#[workflow]
pub mod slow_chain {
    use super::*;

    #[step]
    pub async fn s0(input: u64) -> Result<u64> {
        tokio::time::sleep(std::time::Duration::from_millis(input)).await;
        Ok(1)
    }

    #[step(depends_on = [s0])]
    pub async fn s1(s0: u64, input: u64) -> Result<u64> {
        tokio::time::sleep(std::time::Duration::from_millis(input)).await;
        Ok(s0 + 1)
    }

    #[step(depends_on = [s1])]
    pub async fn s2(s1: u64, input: u64) -> Result<u64> {
        tokio::time::sleep(std::time::Duration::from_millis(input)).await;
        Ok(s1 + 1)
    }

    #[step(depends_on = [s2])]
    pub async fn s3(s2: u64, input: u64) -> Result<u64> {
        tokio::time::sleep(std::time::Duration::from_millis(input)).await;
        Ok(s2 + 1)
    }

    #[step(depends_on = [s3])]
    pub async fn s4(s3: u64, input: u64) -> Result<u64> {
        tokio::time::sleep(std::time::Duration::from_millis(input)).await;
        Ok(s3 + 1)
    }
}

/// Forty steps in a chain.
#[workflow]
pub mod chain40 {
    use super::*;

    #[step]
    pub async fn s0(input: u64) -> Result<u64> {
        Ok(input + 1)
    }

    #[step(depends_on = [s0])]
    pub async fn s1(s0: u64) -> Result<u64> {
        Ok(s0 + 1)
    }

    #[step(depends_on = [s1])]
    pub async fn s2(s1: u64) -> Result<u64> {
        Ok(s1 + 1)
    }

    #[step(depends_on = [s2])]
    pub async fn s3(s2: u64) -> Result<u64> {
        Ok(s2 + 1)
    }

    #[step(depends_on = [s3])]
    pub async fn s4(s3: u64) -> Result<u64> {
        Ok(s3 + 1)
    }

    #[step(depends_on = [s4])]
    pub async fn s5(s4: u64) -> Result<u64> {
        Ok(s4 + 1)
    }

    #[step(depends_on = [s5])]
    pub async fn s6(s5: u64) -> Result<u64> {
        Ok(s5 + 1)
    }

    #[step(depends_on = [s6])]
    pub async fn s7(s6: u64) -> Result<u64> {
        Ok(s6 + 1)
    }

    #[step(depends_on = [s7])]
    pub async fn s8(s7: u64) -> Result<u64> {
        Ok(s7 + 1)
    }

    #[step(depends_on = [s8])]
    pub async fn s9(s8: u64) -> Result<u64> {
        Ok(s8 + 1)
    }

    #[step(depends_on = [s9])]
    pub async fn s10(s9: u64) -> Result<u64> {
        Ok(s9 + 1)
    }

    #[step(depends_on = [s10])]
    pub async fn s11(s10: u64) -> Result<u64> {
        Ok(s10 + 1)
    }

    #[step(depends_on = [s11])]
    pub async fn s12(s11: u64) -> Result<u64> {
        Ok(s11 + 1)
    }

    #[step(depends_on = [s12])]
    pub async fn s13(s12: u64) -> Result<u64> {
        Ok(s12 + 1)
    }

    #[step(depends_on = [s13])]
    pub async fn s14(s13: u64) -> Result<u64> {
        Ok(s13 + 1)
    }

    #[step(depends_on = [s14])]
    pub async fn s15(s14: u64) -> Result<u64> {
        Ok(s14 + 1)
    }

    #[step(depends_on = [s15])]
    pub async fn s16(s15: u64) -> Result<u64> {
        Ok(s15 + 1)
    }

    #[step(depends_on = [s16])]
    pub async fn s17(s16: u64) -> Result<u64> {
        Ok(s16 + 1)
    }

    #[step(depends_on = [s17])]
    pub async fn s18(s17: u64) -> Result<u64> {
        Ok(s17 + 1)
    }

    #[step(depends_on = [s18])]
    pub async fn s19(s18: u64) -> Result<u64> {
        Ok(s18 + 1)
    }

    #[step(depends_on = [s19])]
    pub async fn s20(s19: u64) -> Result<u64> {
        Ok(s19 + 1)
    }

    #[step(depends_on = [s20])]
    pub async fn s21(s20: u64) -> Result<u64> {
        Ok(s20 + 1)
    }

    #[step(depends_on = [s21])]
    pub async fn s22(s21: u64) -> Result<u64> {
        Ok(s21 + 1)
    }

    #[step(depends_on = [s22])]
    pub async fn s23(s22: u64) -> Result<u64> {
        Ok(s22 + 1)
    }

    #[step(depends_on = [s23])]
    pub async fn s24(s23: u64) -> Result<u64> {
        Ok(s23 + 1)
    }

    #[step(depends_on = [s24])]
    pub async fn s25(s24: u64) -> Result<u64> {
        Ok(s24 + 1)
    }

    #[step(depends_on = [s25])]
    pub async fn s26(s25: u64) -> Result<u64> {
        Ok(s25 + 1)
    }

    #[step(depends_on = [s26])]
    pub async fn s27(s26: u64) -> Result<u64> {
        Ok(s26 + 1)
    }

    #[step(depends_on = [s27])]
    pub async fn s28(s27: u64) -> Result<u64> {
        Ok(s27 + 1)
    }

    #[step(depends_on = [s28])]
    pub async fn s29(s28: u64) -> Result<u64> {
        Ok(s28 + 1)
    }

    #[step(depends_on = [s29])]
    pub async fn s30(s29: u64) -> Result<u64> {
        Ok(s29 + 1)
    }

    #[step(depends_on = [s30])]
    pub async fn s31(s30: u64) -> Result<u64> {
        Ok(s30 + 1)
    }

    #[step(depends_on = [s31])]
    pub async fn s32(s31: u64) -> Result<u64> {
        Ok(s31 + 1)
    }

    #[step(depends_on = [s32])]
    pub async fn s33(s32: u64) -> Result<u64> {
        Ok(s32 + 1)
    }

    #[step(depends_on = [s33])]
    pub async fn s34(s33: u64) -> Result<u64> {
        Ok(s33 + 1)
    }

    #[step(depends_on = [s34])]
    pub async fn s35(s34: u64) -> Result<u64> {
        Ok(s34 + 1)
    }

    #[step(depends_on = [s35])]
    pub async fn s36(s35: u64) -> Result<u64> {
        Ok(s35 + 1)
    }

    #[step(depends_on = [s36])]
    pub async fn s37(s36: u64) -> Result<u64> {
        Ok(s36 + 1)
    }

    #[step(depends_on = [s37])]
    pub async fn s38(s37: u64) -> Result<u64> {
        Ok(s37 + 1)
    }

    #[step(depends_on = [s38])]
    pub async fn s39(s38: u64) -> Result<u64> {
        Ok(s38 + 1)
    }
}
