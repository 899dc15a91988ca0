#![allow(unused)]

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
mod orders {
    use super::*;

    #[step]
    async fn s1() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s2() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s3() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s4() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s5() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s6() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s7() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s8() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s9() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s10() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s11() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s12() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s13() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s14() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s15() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s16() -> Result<u8> {
        Ok(1)
    }

    #[step]
    async fn s17() -> Result<u8> {
        Ok(1)
    }

    #[step(depends_on = [s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15, s16, s17])]
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
        s17: u8,
    ) -> Result<u8> {
        Ok(s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11 + s12 + s13 + s14 + s15 + s16 + s17)
    }
}

fn main() {
    let _ = orders::definition();
}
