//! Payloads that are no structs of one's own.

#![deny(warnings)]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::num::NonZeroU32;
use std::time::Duration;

use pgflow::{Result, step, workflow};
use ui_tests::*;

#[workflow]
pub mod types {
    use super::*;

    #[step]
    pub async fn unit() -> Result<()> {
        Ok(())
    }

    #[step]
    pub async fn nothing_or(input: Option<u8>) -> Result<Option<String>> {
        Ok(input.map(|n| n.to_string()))
    }

    #[step(depends_on = [unit])]
    pub async fn tuple(unit: ()) -> Result<(u8, String, [i16; 3])> {
        let () = unit;
        Ok((1, String::new(), [0; 3]))
    }

    #[step(map = tuple.2)]
    pub async fn of_array(item: i16) -> Result<BTreeMap<String, Vec<Option<Line>>>> {
        Ok(BTreeMap::from([(item.to_string(), vec![None])]))
    }

    #[step]
    pub async fn set() -> Result<BTreeSet<u8>> {
        Ok(BTreeSet::new())
    }

    #[step(map = set)]
    pub async fn of_set(item: u8) -> Result<VecDeque<NonZeroU32>> {
        Ok(NonZeroU32::new(u32::from(item)).into_iter().collect())
    }

    #[step]
    pub async fn text() -> Result<Cow<'static, str>> {
        Ok(Cow::Borrowed("text"))
    }

    #[step(depends_on = [text, of_array, of_set, nothing_or])]
    #[allow(clippy::type_complexity)]
    pub async fn all(
        text: Cow<'static, str>,
        of_array: Vec<BTreeMap<String, Vec<Option<Line>>>>,
        of_set: Vec<VecDeque<NonZeroU32>>,
        nothing_or: Option<String>,
    ) -> Result<HashMap<String, (Duration, Box<Line>)>> {
        let _ = (text, of_array, of_set, nothing_or);
        Ok(HashMap::new())
    }
}

fn main() {
    let _ = types::schema();
}
