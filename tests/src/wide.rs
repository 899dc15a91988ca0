//! A level of three hundred steps and their join.
//!
//! The text is generated: a workflow sees only the steps that stand in its module as they are, none that another macro makes.

/// Three hundred steps beside each other, and one that waits for all of them and takes what four of them give.
#[pgflow::workflow(state = crate::stress::Calls)]
#[allow(missing_docs, reason = "their names say what they are")]
pub mod wide300 {
    use pgflow::{Result, State, StepContext, step};

    use crate::stress::Calls;

    #[step]
    pub async fn s0(input: u64) -> Result<u64> {
        Ok(input)
    }

    #[step]
    pub async fn s1(input: u64) -> Result<u64> {
        Ok(input + 1)
    }

    #[step]
    pub async fn s2(input: u64) -> Result<u64> {
        Ok(input + 2)
    }

    #[step]
    pub async fn s3(input: u64) -> Result<u64> {
        Ok(input + 3)
    }

    #[step]
    pub async fn s4(input: u64) -> Result<u64> {
        Ok(input + 4)
    }

    #[step]
    pub async fn s5(input: u64) -> Result<u64> {
        Ok(input + 5)
    }

    #[step]
    pub async fn s6(input: u64) -> Result<u64> {
        Ok(input + 6)
    }

    #[step]
    pub async fn s7(input: u64) -> Result<u64> {
        Ok(input + 7)
    }

    #[step]
    pub async fn s8(input: u64) -> Result<u64> {
        Ok(input + 8)
    }

    #[step]
    pub async fn s9(input: u64) -> Result<u64> {
        Ok(input + 9)
    }

    #[step]
    pub async fn s10(input: u64) -> Result<u64> {
        Ok(input + 10)
    }

    #[step]
    pub async fn s11(input: u64) -> Result<u64> {
        Ok(input + 11)
    }

    #[step]
    pub async fn s12(input: u64) -> Result<u64> {
        Ok(input + 12)
    }

    #[step]
    pub async fn s13(input: u64) -> Result<u64> {
        Ok(input + 13)
    }

    #[step]
    pub async fn s14(input: u64) -> Result<u64> {
        Ok(input + 14)
    }

    #[step]
    pub async fn s15(input: u64) -> Result<u64> {
        Ok(input + 15)
    }

    #[step]
    pub async fn s16(input: u64) -> Result<u64> {
        Ok(input + 16)
    }

    #[step]
    pub async fn s17(input: u64) -> Result<u64> {
        Ok(input + 17)
    }

    #[step]
    pub async fn s18(input: u64) -> Result<u64> {
        Ok(input + 18)
    }

    #[step]
    pub async fn s19(input: u64) -> Result<u64> {
        Ok(input + 19)
    }

    #[step]
    pub async fn s20(input: u64) -> Result<u64> {
        Ok(input + 20)
    }

    #[step]
    pub async fn s21(input: u64) -> Result<u64> {
        Ok(input + 21)
    }

    #[step]
    pub async fn s22(input: u64) -> Result<u64> {
        Ok(input + 22)
    }

    #[step]
    pub async fn s23(input: u64) -> Result<u64> {
        Ok(input + 23)
    }

    #[step]
    pub async fn s24(input: u64) -> Result<u64> {
        Ok(input + 24)
    }

    #[step]
    pub async fn s25(input: u64) -> Result<u64> {
        Ok(input + 25)
    }

    #[step]
    pub async fn s26(input: u64) -> Result<u64> {
        Ok(input + 26)
    }

    #[step]
    pub async fn s27(input: u64) -> Result<u64> {
        Ok(input + 27)
    }

    #[step]
    pub async fn s28(input: u64) -> Result<u64> {
        Ok(input + 28)
    }

    #[step]
    pub async fn s29(input: u64) -> Result<u64> {
        Ok(input + 29)
    }

    #[step]
    pub async fn s30(input: u64) -> Result<u64> {
        Ok(input + 30)
    }

    #[step]
    pub async fn s31(input: u64) -> Result<u64> {
        Ok(input + 31)
    }

    #[step]
    pub async fn s32(input: u64) -> Result<u64> {
        Ok(input + 32)
    }

    #[step]
    pub async fn s33(input: u64) -> Result<u64> {
        Ok(input + 33)
    }

    #[step]
    pub async fn s34(input: u64) -> Result<u64> {
        Ok(input + 34)
    }

    #[step]
    pub async fn s35(input: u64) -> Result<u64> {
        Ok(input + 35)
    }

    #[step]
    pub async fn s36(input: u64) -> Result<u64> {
        Ok(input + 36)
    }

    #[step]
    pub async fn s37(input: u64) -> Result<u64> {
        Ok(input + 37)
    }

    #[step]
    pub async fn s38(input: u64) -> Result<u64> {
        Ok(input + 38)
    }

    #[step]
    pub async fn s39(input: u64) -> Result<u64> {
        Ok(input + 39)
    }

    #[step]
    pub async fn s40(input: u64) -> Result<u64> {
        Ok(input + 40)
    }

    #[step]
    pub async fn s41(input: u64) -> Result<u64> {
        Ok(input + 41)
    }

    #[step]
    pub async fn s42(input: u64) -> Result<u64> {
        Ok(input + 42)
    }

    #[step]
    pub async fn s43(input: u64) -> Result<u64> {
        Ok(input + 43)
    }

    #[step]
    pub async fn s44(input: u64) -> Result<u64> {
        Ok(input + 44)
    }

    #[step]
    pub async fn s45(input: u64) -> Result<u64> {
        Ok(input + 45)
    }

    #[step]
    pub async fn s46(input: u64) -> Result<u64> {
        Ok(input + 46)
    }

    #[step]
    pub async fn s47(input: u64) -> Result<u64> {
        Ok(input + 47)
    }

    #[step]
    pub async fn s48(input: u64) -> Result<u64> {
        Ok(input + 48)
    }

    #[step]
    pub async fn s49(input: u64) -> Result<u64> {
        Ok(input + 49)
    }

    #[step]
    pub async fn s50(input: u64) -> Result<u64> {
        Ok(input + 50)
    }

    #[step]
    pub async fn s51(input: u64) -> Result<u64> {
        Ok(input + 51)
    }

    #[step]
    pub async fn s52(input: u64) -> Result<u64> {
        Ok(input + 52)
    }

    #[step]
    pub async fn s53(input: u64) -> Result<u64> {
        Ok(input + 53)
    }

    #[step]
    pub async fn s54(input: u64) -> Result<u64> {
        Ok(input + 54)
    }

    #[step]
    pub async fn s55(input: u64) -> Result<u64> {
        Ok(input + 55)
    }

    #[step]
    pub async fn s56(input: u64) -> Result<u64> {
        Ok(input + 56)
    }

    #[step]
    pub async fn s57(input: u64) -> Result<u64> {
        Ok(input + 57)
    }

    #[step]
    pub async fn s58(input: u64) -> Result<u64> {
        Ok(input + 58)
    }

    #[step]
    pub async fn s59(input: u64) -> Result<u64> {
        Ok(input + 59)
    }

    #[step]
    pub async fn s60(input: u64) -> Result<u64> {
        Ok(input + 60)
    }

    #[step]
    pub async fn s61(input: u64) -> Result<u64> {
        Ok(input + 61)
    }

    #[step]
    pub async fn s62(input: u64) -> Result<u64> {
        Ok(input + 62)
    }

    #[step]
    pub async fn s63(input: u64) -> Result<u64> {
        Ok(input + 63)
    }

    #[step]
    pub async fn s64(input: u64) -> Result<u64> {
        Ok(input + 64)
    }

    #[step]
    pub async fn s65(input: u64) -> Result<u64> {
        Ok(input + 65)
    }

    #[step]
    pub async fn s66(input: u64) -> Result<u64> {
        Ok(input + 66)
    }

    #[step]
    pub async fn s67(input: u64) -> Result<u64> {
        Ok(input + 67)
    }

    #[step]
    pub async fn s68(input: u64) -> Result<u64> {
        Ok(input + 68)
    }

    #[step]
    pub async fn s69(input: u64) -> Result<u64> {
        Ok(input + 69)
    }

    #[step]
    pub async fn s70(input: u64) -> Result<u64> {
        Ok(input + 70)
    }

    #[step]
    pub async fn s71(input: u64) -> Result<u64> {
        Ok(input + 71)
    }

    #[step]
    pub async fn s72(input: u64) -> Result<u64> {
        Ok(input + 72)
    }

    #[step]
    pub async fn s73(input: u64) -> Result<u64> {
        Ok(input + 73)
    }

    #[step]
    pub async fn s74(input: u64) -> Result<u64> {
        Ok(input + 74)
    }

    #[step]
    pub async fn s75(input: u64) -> Result<u64> {
        Ok(input + 75)
    }

    #[step]
    pub async fn s76(input: u64) -> Result<u64> {
        Ok(input + 76)
    }

    #[step]
    pub async fn s77(input: u64) -> Result<u64> {
        Ok(input + 77)
    }

    #[step]
    pub async fn s78(input: u64) -> Result<u64> {
        Ok(input + 78)
    }

    #[step]
    pub async fn s79(input: u64) -> Result<u64> {
        Ok(input + 79)
    }

    #[step]
    pub async fn s80(input: u64) -> Result<u64> {
        Ok(input + 80)
    }

    #[step]
    pub async fn s81(input: u64) -> Result<u64> {
        Ok(input + 81)
    }

    #[step]
    pub async fn s82(input: u64) -> Result<u64> {
        Ok(input + 82)
    }

    #[step]
    pub async fn s83(input: u64) -> Result<u64> {
        Ok(input + 83)
    }

    #[step]
    pub async fn s84(input: u64) -> Result<u64> {
        Ok(input + 84)
    }

    #[step]
    pub async fn s85(input: u64) -> Result<u64> {
        Ok(input + 85)
    }

    #[step]
    pub async fn s86(input: u64) -> Result<u64> {
        Ok(input + 86)
    }

    #[step]
    pub async fn s87(input: u64) -> Result<u64> {
        Ok(input + 87)
    }

    #[step]
    pub async fn s88(input: u64) -> Result<u64> {
        Ok(input + 88)
    }

    #[step]
    pub async fn s89(input: u64) -> Result<u64> {
        Ok(input + 89)
    }

    #[step]
    pub async fn s90(input: u64) -> Result<u64> {
        Ok(input + 90)
    }

    #[step]
    pub async fn s91(input: u64) -> Result<u64> {
        Ok(input + 91)
    }

    #[step]
    pub async fn s92(input: u64) -> Result<u64> {
        Ok(input + 92)
    }

    #[step]
    pub async fn s93(input: u64) -> Result<u64> {
        Ok(input + 93)
    }

    #[step]
    pub async fn s94(input: u64) -> Result<u64> {
        Ok(input + 94)
    }

    #[step]
    pub async fn s95(input: u64) -> Result<u64> {
        Ok(input + 95)
    }

    #[step]
    pub async fn s96(input: u64) -> Result<u64> {
        Ok(input + 96)
    }

    #[step]
    pub async fn s97(input: u64) -> Result<u64> {
        Ok(input + 97)
    }

    #[step]
    pub async fn s98(input: u64) -> Result<u64> {
        Ok(input + 98)
    }

    #[step]
    pub async fn s99(input: u64) -> Result<u64> {
        Ok(input + 99)
    }

    #[step]
    pub async fn s100(input: u64) -> Result<u64> {
        Ok(input + 100)
    }

    #[step]
    pub async fn s101(input: u64) -> Result<u64> {
        Ok(input + 101)
    }

    #[step]
    pub async fn s102(input: u64) -> Result<u64> {
        Ok(input + 102)
    }

    #[step]
    pub async fn s103(input: u64) -> Result<u64> {
        Ok(input + 103)
    }

    #[step]
    pub async fn s104(input: u64) -> Result<u64> {
        Ok(input + 104)
    }

    #[step]
    pub async fn s105(input: u64) -> Result<u64> {
        Ok(input + 105)
    }

    #[step]
    pub async fn s106(input: u64) -> Result<u64> {
        Ok(input + 106)
    }

    #[step]
    pub async fn s107(input: u64) -> Result<u64> {
        Ok(input + 107)
    }

    #[step]
    pub async fn s108(input: u64) -> Result<u64> {
        Ok(input + 108)
    }

    #[step]
    pub async fn s109(input: u64) -> Result<u64> {
        Ok(input + 109)
    }

    #[step]
    pub async fn s110(input: u64) -> Result<u64> {
        Ok(input + 110)
    }

    #[step]
    pub async fn s111(input: u64) -> Result<u64> {
        Ok(input + 111)
    }

    #[step]
    pub async fn s112(input: u64) -> Result<u64> {
        Ok(input + 112)
    }

    #[step]
    pub async fn s113(input: u64) -> Result<u64> {
        Ok(input + 113)
    }

    #[step]
    pub async fn s114(input: u64) -> Result<u64> {
        Ok(input + 114)
    }

    #[step]
    pub async fn s115(input: u64) -> Result<u64> {
        Ok(input + 115)
    }

    #[step]
    pub async fn s116(input: u64) -> Result<u64> {
        Ok(input + 116)
    }

    #[step]
    pub async fn s117(input: u64) -> Result<u64> {
        Ok(input + 117)
    }

    #[step]
    pub async fn s118(input: u64) -> Result<u64> {
        Ok(input + 118)
    }

    #[step]
    pub async fn s119(input: u64) -> Result<u64> {
        Ok(input + 119)
    }

    #[step]
    pub async fn s120(input: u64) -> Result<u64> {
        Ok(input + 120)
    }

    #[step]
    pub async fn s121(input: u64) -> Result<u64> {
        Ok(input + 121)
    }

    #[step]
    pub async fn s122(input: u64) -> Result<u64> {
        Ok(input + 122)
    }

    #[step]
    pub async fn s123(input: u64) -> Result<u64> {
        Ok(input + 123)
    }

    #[step]
    pub async fn s124(input: u64) -> Result<u64> {
        Ok(input + 124)
    }

    #[step]
    pub async fn s125(input: u64) -> Result<u64> {
        Ok(input + 125)
    }

    #[step]
    pub async fn s126(input: u64) -> Result<u64> {
        Ok(input + 126)
    }

    #[step]
    pub async fn s127(input: u64) -> Result<u64> {
        Ok(input + 127)
    }

    #[step]
    pub async fn s128(input: u64) -> Result<u64> {
        Ok(input + 128)
    }

    #[step]
    pub async fn s129(input: u64) -> Result<u64> {
        Ok(input + 129)
    }

    #[step]
    pub async fn s130(input: u64) -> Result<u64> {
        Ok(input + 130)
    }

    #[step]
    pub async fn s131(input: u64) -> Result<u64> {
        Ok(input + 131)
    }

    #[step]
    pub async fn s132(input: u64) -> Result<u64> {
        Ok(input + 132)
    }

    #[step]
    pub async fn s133(input: u64) -> Result<u64> {
        Ok(input + 133)
    }

    #[step]
    pub async fn s134(input: u64) -> Result<u64> {
        Ok(input + 134)
    }

    #[step]
    pub async fn s135(input: u64) -> Result<u64> {
        Ok(input + 135)
    }

    #[step]
    pub async fn s136(input: u64) -> Result<u64> {
        Ok(input + 136)
    }

    #[step]
    pub async fn s137(input: u64) -> Result<u64> {
        Ok(input + 137)
    }

    #[step]
    pub async fn s138(input: u64) -> Result<u64> {
        Ok(input + 138)
    }

    #[step]
    pub async fn s139(input: u64) -> Result<u64> {
        Ok(input + 139)
    }

    #[step]
    pub async fn s140(input: u64) -> Result<u64> {
        Ok(input + 140)
    }

    #[step]
    pub async fn s141(input: u64) -> Result<u64> {
        Ok(input + 141)
    }

    #[step]
    pub async fn s142(input: u64) -> Result<u64> {
        Ok(input + 142)
    }

    #[step]
    pub async fn s143(input: u64) -> Result<u64> {
        Ok(input + 143)
    }

    #[step]
    pub async fn s144(input: u64) -> Result<u64> {
        Ok(input + 144)
    }

    #[step]
    pub async fn s145(input: u64) -> Result<u64> {
        Ok(input + 145)
    }

    #[step]
    pub async fn s146(input: u64) -> Result<u64> {
        Ok(input + 146)
    }

    #[step]
    pub async fn s147(input: u64) -> Result<u64> {
        Ok(input + 147)
    }

    #[step]
    pub async fn s148(input: u64) -> Result<u64> {
        Ok(input + 148)
    }

    #[step]
    pub async fn s149(input: u64) -> Result<u64> {
        Ok(input + 149)
    }

    #[step]
    pub async fn s150(input: u64) -> Result<u64> {
        Ok(input + 150)
    }

    #[step]
    pub async fn s151(input: u64) -> Result<u64> {
        Ok(input + 151)
    }

    #[step]
    pub async fn s152(input: u64) -> Result<u64> {
        Ok(input + 152)
    }

    #[step]
    pub async fn s153(input: u64) -> Result<u64> {
        Ok(input + 153)
    }

    #[step]
    pub async fn s154(input: u64) -> Result<u64> {
        Ok(input + 154)
    }

    #[step]
    pub async fn s155(input: u64) -> Result<u64> {
        Ok(input + 155)
    }

    #[step]
    pub async fn s156(input: u64) -> Result<u64> {
        Ok(input + 156)
    }

    #[step]
    pub async fn s157(input: u64) -> Result<u64> {
        Ok(input + 157)
    }

    #[step]
    pub async fn s158(input: u64) -> Result<u64> {
        Ok(input + 158)
    }

    #[step]
    pub async fn s159(input: u64) -> Result<u64> {
        Ok(input + 159)
    }

    #[step]
    pub async fn s160(input: u64) -> Result<u64> {
        Ok(input + 160)
    }

    #[step]
    pub async fn s161(input: u64) -> Result<u64> {
        Ok(input + 161)
    }

    #[step]
    pub async fn s162(input: u64) -> Result<u64> {
        Ok(input + 162)
    }

    #[step]
    pub async fn s163(input: u64) -> Result<u64> {
        Ok(input + 163)
    }

    #[step]
    pub async fn s164(input: u64) -> Result<u64> {
        Ok(input + 164)
    }

    #[step]
    pub async fn s165(input: u64) -> Result<u64> {
        Ok(input + 165)
    }

    #[step]
    pub async fn s166(input: u64) -> Result<u64> {
        Ok(input + 166)
    }

    #[step]
    pub async fn s167(input: u64) -> Result<u64> {
        Ok(input + 167)
    }

    #[step]
    pub async fn s168(input: u64) -> Result<u64> {
        Ok(input + 168)
    }

    #[step]
    pub async fn s169(input: u64) -> Result<u64> {
        Ok(input + 169)
    }

    #[step]
    pub async fn s170(input: u64) -> Result<u64> {
        Ok(input + 170)
    }

    #[step]
    pub async fn s171(input: u64) -> Result<u64> {
        Ok(input + 171)
    }

    #[step]
    pub async fn s172(input: u64) -> Result<u64> {
        Ok(input + 172)
    }

    #[step]
    pub async fn s173(input: u64) -> Result<u64> {
        Ok(input + 173)
    }

    #[step]
    pub async fn s174(input: u64) -> Result<u64> {
        Ok(input + 174)
    }

    #[step]
    pub async fn s175(input: u64) -> Result<u64> {
        Ok(input + 175)
    }

    #[step]
    pub async fn s176(input: u64) -> Result<u64> {
        Ok(input + 176)
    }

    #[step]
    pub async fn s177(input: u64) -> Result<u64> {
        Ok(input + 177)
    }

    #[step]
    pub async fn s178(input: u64) -> Result<u64> {
        Ok(input + 178)
    }

    #[step]
    pub async fn s179(input: u64) -> Result<u64> {
        Ok(input + 179)
    }

    #[step]
    pub async fn s180(input: u64) -> Result<u64> {
        Ok(input + 180)
    }

    #[step]
    pub async fn s181(input: u64) -> Result<u64> {
        Ok(input + 181)
    }

    #[step]
    pub async fn s182(input: u64) -> Result<u64> {
        Ok(input + 182)
    }

    #[step]
    pub async fn s183(input: u64) -> Result<u64> {
        Ok(input + 183)
    }

    #[step]
    pub async fn s184(input: u64) -> Result<u64> {
        Ok(input + 184)
    }

    #[step]
    pub async fn s185(input: u64) -> Result<u64> {
        Ok(input + 185)
    }

    #[step]
    pub async fn s186(input: u64) -> Result<u64> {
        Ok(input + 186)
    }

    #[step]
    pub async fn s187(input: u64) -> Result<u64> {
        Ok(input + 187)
    }

    #[step]
    pub async fn s188(input: u64) -> Result<u64> {
        Ok(input + 188)
    }

    #[step]
    pub async fn s189(input: u64) -> Result<u64> {
        Ok(input + 189)
    }

    #[step]
    pub async fn s190(input: u64) -> Result<u64> {
        Ok(input + 190)
    }

    #[step]
    pub async fn s191(input: u64) -> Result<u64> {
        Ok(input + 191)
    }

    #[step]
    pub async fn s192(input: u64) -> Result<u64> {
        Ok(input + 192)
    }

    #[step]
    pub async fn s193(input: u64) -> Result<u64> {
        Ok(input + 193)
    }

    #[step]
    pub async fn s194(input: u64) -> Result<u64> {
        Ok(input + 194)
    }

    #[step]
    pub async fn s195(input: u64) -> Result<u64> {
        Ok(input + 195)
    }

    #[step]
    pub async fn s196(input: u64) -> Result<u64> {
        Ok(input + 196)
    }

    #[step]
    pub async fn s197(input: u64) -> Result<u64> {
        Ok(input + 197)
    }

    #[step]
    pub async fn s198(input: u64) -> Result<u64> {
        Ok(input + 198)
    }

    #[step]
    pub async fn s199(input: u64) -> Result<u64> {
        Ok(input + 199)
    }

    #[step]
    pub async fn s200(input: u64) -> Result<u64> {
        Ok(input + 200)
    }

    #[step]
    pub async fn s201(input: u64) -> Result<u64> {
        Ok(input + 201)
    }

    #[step]
    pub async fn s202(input: u64) -> Result<u64> {
        Ok(input + 202)
    }

    #[step]
    pub async fn s203(input: u64) -> Result<u64> {
        Ok(input + 203)
    }

    #[step]
    pub async fn s204(input: u64) -> Result<u64> {
        Ok(input + 204)
    }

    #[step]
    pub async fn s205(input: u64) -> Result<u64> {
        Ok(input + 205)
    }

    #[step]
    pub async fn s206(input: u64) -> Result<u64> {
        Ok(input + 206)
    }

    #[step]
    pub async fn s207(input: u64) -> Result<u64> {
        Ok(input + 207)
    }

    #[step]
    pub async fn s208(input: u64) -> Result<u64> {
        Ok(input + 208)
    }

    #[step]
    pub async fn s209(input: u64) -> Result<u64> {
        Ok(input + 209)
    }

    #[step]
    pub async fn s210(input: u64) -> Result<u64> {
        Ok(input + 210)
    }

    #[step]
    pub async fn s211(input: u64) -> Result<u64> {
        Ok(input + 211)
    }

    #[step]
    pub async fn s212(input: u64) -> Result<u64> {
        Ok(input + 212)
    }

    #[step]
    pub async fn s213(input: u64) -> Result<u64> {
        Ok(input + 213)
    }

    #[step]
    pub async fn s214(input: u64) -> Result<u64> {
        Ok(input + 214)
    }

    #[step]
    pub async fn s215(input: u64) -> Result<u64> {
        Ok(input + 215)
    }

    #[step]
    pub async fn s216(input: u64) -> Result<u64> {
        Ok(input + 216)
    }

    #[step]
    pub async fn s217(input: u64) -> Result<u64> {
        Ok(input + 217)
    }

    #[step]
    pub async fn s218(input: u64) -> Result<u64> {
        Ok(input + 218)
    }

    #[step]
    pub async fn s219(input: u64) -> Result<u64> {
        Ok(input + 219)
    }

    #[step]
    pub async fn s220(input: u64) -> Result<u64> {
        Ok(input + 220)
    }

    #[step]
    pub async fn s221(input: u64) -> Result<u64> {
        Ok(input + 221)
    }

    #[step]
    pub async fn s222(input: u64) -> Result<u64> {
        Ok(input + 222)
    }

    #[step]
    pub async fn s223(input: u64) -> Result<u64> {
        Ok(input + 223)
    }

    #[step]
    pub async fn s224(input: u64) -> Result<u64> {
        Ok(input + 224)
    }

    #[step]
    pub async fn s225(input: u64) -> Result<u64> {
        Ok(input + 225)
    }

    #[step]
    pub async fn s226(input: u64) -> Result<u64> {
        Ok(input + 226)
    }

    #[step]
    pub async fn s227(input: u64) -> Result<u64> {
        Ok(input + 227)
    }

    #[step]
    pub async fn s228(input: u64) -> Result<u64> {
        Ok(input + 228)
    }

    #[step]
    pub async fn s229(input: u64) -> Result<u64> {
        Ok(input + 229)
    }

    #[step]
    pub async fn s230(input: u64) -> Result<u64> {
        Ok(input + 230)
    }

    #[step]
    pub async fn s231(input: u64) -> Result<u64> {
        Ok(input + 231)
    }

    #[step]
    pub async fn s232(input: u64) -> Result<u64> {
        Ok(input + 232)
    }

    #[step]
    pub async fn s233(input: u64) -> Result<u64> {
        Ok(input + 233)
    }

    #[step]
    pub async fn s234(input: u64) -> Result<u64> {
        Ok(input + 234)
    }

    #[step]
    pub async fn s235(input: u64) -> Result<u64> {
        Ok(input + 235)
    }

    #[step]
    pub async fn s236(input: u64) -> Result<u64> {
        Ok(input + 236)
    }

    #[step]
    pub async fn s237(input: u64) -> Result<u64> {
        Ok(input + 237)
    }

    #[step]
    pub async fn s238(input: u64) -> Result<u64> {
        Ok(input + 238)
    }

    #[step]
    pub async fn s239(input: u64) -> Result<u64> {
        Ok(input + 239)
    }

    #[step]
    pub async fn s240(input: u64) -> Result<u64> {
        Ok(input + 240)
    }

    #[step]
    pub async fn s241(input: u64) -> Result<u64> {
        Ok(input + 241)
    }

    #[step]
    pub async fn s242(input: u64) -> Result<u64> {
        Ok(input + 242)
    }

    #[step]
    pub async fn s243(input: u64) -> Result<u64> {
        Ok(input + 243)
    }

    #[step]
    pub async fn s244(input: u64) -> Result<u64> {
        Ok(input + 244)
    }

    #[step]
    pub async fn s245(input: u64) -> Result<u64> {
        Ok(input + 245)
    }

    #[step]
    pub async fn s246(input: u64) -> Result<u64> {
        Ok(input + 246)
    }

    #[step]
    pub async fn s247(input: u64) -> Result<u64> {
        Ok(input + 247)
    }

    #[step]
    pub async fn s248(input: u64) -> Result<u64> {
        Ok(input + 248)
    }

    #[step]
    pub async fn s249(input: u64) -> Result<u64> {
        Ok(input + 249)
    }

    #[step]
    pub async fn s250(input: u64) -> Result<u64> {
        Ok(input + 250)
    }

    #[step]
    pub async fn s251(input: u64) -> Result<u64> {
        Ok(input + 251)
    }

    #[step]
    pub async fn s252(input: u64) -> Result<u64> {
        Ok(input + 252)
    }

    #[step]
    pub async fn s253(input: u64) -> Result<u64> {
        Ok(input + 253)
    }

    #[step]
    pub async fn s254(input: u64) -> Result<u64> {
        Ok(input + 254)
    }

    #[step]
    pub async fn s255(input: u64) -> Result<u64> {
        Ok(input + 255)
    }

    #[step]
    pub async fn s256(input: u64) -> Result<u64> {
        Ok(input + 256)
    }

    #[step]
    pub async fn s257(input: u64) -> Result<u64> {
        Ok(input + 257)
    }

    #[step]
    pub async fn s258(input: u64) -> Result<u64> {
        Ok(input + 258)
    }

    #[step]
    pub async fn s259(input: u64) -> Result<u64> {
        Ok(input + 259)
    }

    #[step]
    pub async fn s260(input: u64) -> Result<u64> {
        Ok(input + 260)
    }

    #[step]
    pub async fn s261(input: u64) -> Result<u64> {
        Ok(input + 261)
    }

    #[step]
    pub async fn s262(input: u64) -> Result<u64> {
        Ok(input + 262)
    }

    #[step]
    pub async fn s263(input: u64) -> Result<u64> {
        Ok(input + 263)
    }

    #[step]
    pub async fn s264(input: u64) -> Result<u64> {
        Ok(input + 264)
    }

    #[step]
    pub async fn s265(input: u64) -> Result<u64> {
        Ok(input + 265)
    }

    #[step]
    pub async fn s266(input: u64) -> Result<u64> {
        Ok(input + 266)
    }

    #[step]
    pub async fn s267(input: u64) -> Result<u64> {
        Ok(input + 267)
    }

    #[step]
    pub async fn s268(input: u64) -> Result<u64> {
        Ok(input + 268)
    }

    #[step]
    pub async fn s269(input: u64) -> Result<u64> {
        Ok(input + 269)
    }

    #[step]
    pub async fn s270(input: u64) -> Result<u64> {
        Ok(input + 270)
    }

    #[step]
    pub async fn s271(input: u64) -> Result<u64> {
        Ok(input + 271)
    }

    #[step]
    pub async fn s272(input: u64) -> Result<u64> {
        Ok(input + 272)
    }

    #[step]
    pub async fn s273(input: u64) -> Result<u64> {
        Ok(input + 273)
    }

    #[step]
    pub async fn s274(input: u64) -> Result<u64> {
        Ok(input + 274)
    }

    #[step]
    pub async fn s275(input: u64) -> Result<u64> {
        Ok(input + 275)
    }

    #[step]
    pub async fn s276(input: u64) -> Result<u64> {
        Ok(input + 276)
    }

    #[step]
    pub async fn s277(input: u64) -> Result<u64> {
        Ok(input + 277)
    }

    #[step]
    pub async fn s278(input: u64) -> Result<u64> {
        Ok(input + 278)
    }

    #[step]
    pub async fn s279(input: u64) -> Result<u64> {
        Ok(input + 279)
    }

    #[step]
    pub async fn s280(input: u64) -> Result<u64> {
        Ok(input + 280)
    }

    #[step]
    pub async fn s281(input: u64) -> Result<u64> {
        Ok(input + 281)
    }

    #[step]
    pub async fn s282(input: u64) -> Result<u64> {
        Ok(input + 282)
    }

    #[step]
    pub async fn s283(input: u64) -> Result<u64> {
        Ok(input + 283)
    }

    #[step]
    pub async fn s284(input: u64) -> Result<u64> {
        Ok(input + 284)
    }

    #[step]
    pub async fn s285(input: u64) -> Result<u64> {
        Ok(input + 285)
    }

    #[step]
    pub async fn s286(input: u64) -> Result<u64> {
        Ok(input + 286)
    }

    #[step]
    pub async fn s287(input: u64) -> Result<u64> {
        Ok(input + 287)
    }

    #[step]
    pub async fn s288(input: u64) -> Result<u64> {
        Ok(input + 288)
    }

    #[step]
    pub async fn s289(input: u64) -> Result<u64> {
        Ok(input + 289)
    }

    #[step]
    pub async fn s290(input: u64) -> Result<u64> {
        Ok(input + 290)
    }

    #[step]
    pub async fn s291(input: u64) -> Result<u64> {
        Ok(input + 291)
    }

    #[step]
    pub async fn s292(input: u64) -> Result<u64> {
        Ok(input + 292)
    }

    #[step]
    pub async fn s293(input: u64) -> Result<u64> {
        Ok(input + 293)
    }

    #[step]
    pub async fn s294(input: u64) -> Result<u64> {
        Ok(input + 294)
    }

    #[step]
    pub async fn s295(input: u64) -> Result<u64> {
        Ok(input + 295)
    }

    #[step]
    pub async fn s296(input: u64) -> Result<u64> {
        Ok(input + 296)
    }

    #[step]
    pub async fn s297(input: u64) -> Result<u64> {
        Ok(input + 297)
    }

    #[step]
    pub async fn s298(input: u64) -> Result<u64> {
        Ok(input + 298)
    }

    #[step]
    pub async fn s299(input: u64) -> Result<u64> {
        Ok(input + 299)
    }

    #[step(depends_on = [
        s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15, s16, s17, s18, s19, s20, s21, s22, s23,
        s24, s25, s26, s27, s28, s29, s30, s31, s32, s33, s34, s35, s36, s37, s38, s39, s40, s41, s42, s43, s44, s45,
        s46, s47, s48, s49, s50, s51, s52, s53, s54, s55, s56, s57, s58, s59, s60, s61, s62, s63, s64, s65, s66, s67,
        s68, s69, s70, s71, s72, s73, s74, s75, s76, s77, s78, s79, s80, s81, s82, s83, s84, s85, s86, s87, s88, s89,
        s90, s91, s92, s93, s94, s95, s96, s97, s98, s99, s100, s101, s102, s103, s104, s105, s106, s107, s108, s109,
        s110, s111, s112, s113, s114, s115, s116, s117, s118, s119, s120, s121, s122, s123, s124, s125, s126, s127,
        s128, s129, s130, s131, s132, s133, s134, s135, s136, s137, s138, s139, s140, s141, s142, s143, s144, s145,
        s146, s147, s148, s149, s150, s151, s152, s153, s154, s155, s156, s157, s158, s159, s160, s161, s162, s163,
        s164, s165, s166, s167, s168, s169, s170, s171, s172, s173, s174, s175, s176, s177, s178, s179, s180, s181,
        s182, s183, s184, s185, s186, s187, s188, s189, s190, s191, s192, s193, s194, s195, s196, s197, s198, s199,
        s200, s201, s202, s203, s204, s205, s206, s207, s208, s209, s210, s211, s212, s213, s214, s215, s216, s217,
        s218, s219, s220, s221, s222, s223, s224, s225, s226, s227, s228, s229, s230, s231, s232, s233, s234, s235,
        s236, s237, s238, s239, s240, s241, s242, s243, s244, s245, s246, s247, s248, s249, s250, s251, s252, s253,
        s254, s255, s256, s257, s258, s259, s260, s261, s262, s263, s264, s265, s266, s267, s268, s269, s270, s271,
        s272, s273, s274, s275, s276, s277, s278, s279, s280, s281, s282, s283, s284, s285, s286, s287, s288, s289,
        s290, s291, s292, s293, s294, s295, s296, s297, s298, s299,
    ])]
    pub async fn join(
        s0: u64,
        s99: u64,
        s199: u64,
        s299: u64,
        calls: State<Calls>,
        ctx: StepContext,
    ) -> Result<[u64; 4]> {
        calls.note(&ctx).await?;
        Ok([s0, s99, s199, s299])
    }
}
