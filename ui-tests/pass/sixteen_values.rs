use pgflow::{Result, StepContext, step, workflow};

#[workflow]
mod many {
    use super::*;

    #[step]
    async fn s1() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s2() -> Result<u8> {
        Ok(2)
    }

    #[step]
    async fn s3() -> Result<u8> {
        Ok(3)
    }

    #[step]
    async fn s4() -> Result<u8> {
        Ok(4)
    }

    #[step]
    async fn s5() -> Result<u8> {
        Ok(5)
    }

    #[step]
    async fn s6() -> Result<u8> {
        Ok(6)
    }

    #[step]
    async fn s7() -> Result<u8> {
        Ok(7)
    }

    #[step]
    async fn s8() -> Result<u8> {
        Ok(8)
    }

    #[step]
    async fn s9() -> Result<u8> {
        Ok(9)
    }

    #[step]
    async fn s10() -> Result<u8> {
        Ok(10)
    }

    #[step]
    async fn s11() -> Result<u8> {
        Ok(11)
    }

    #[step]
    async fn s12() -> Result<u8> {
        Ok(12)
    }

    #[step]
    async fn s13() -> Result<u8> {
        Ok(13)
    }

    #[step]
    async fn s14() -> Result<u8> {
        Ok(14)
    }

    #[step]
    async fn s15() -> Result<u8> {
        Ok(15)
    }

    #[step]
    async fn s16() -> Result<u8> {
        Ok(16)
    }

    #[step(depends_on = [s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15, s16])]
    async fn all(
        s1: u8,
        s2: u8,
        s3: u8,
        s4: u8,
        s5: u8,
        s6: u8,
        s7: u8,
        s8: u8,
        s9: u8,
        s10: u8,
        s11: u8,
        s12: u8,
        s13: u8,
        s14: u8,
        s15: u8,
        s16: u8,
        ctx: StepContext,
        again: StepContext,
    ) -> Result<u8> {
        let _ = (ctx, again);
        Ok(s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11 + s12 + s13 + s14 + s15 + s16)
    }
}

fn main() {
    assert_eq!(many::definition().steps.len(), 17);
}
