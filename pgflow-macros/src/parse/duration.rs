//! Durations as users write them: `"30s"`, `"250ms"`, `"1h 30m"`.

use std::time::Duration;

const UNITS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1_000), ("m", 60_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Reads a duration.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return Err("a duration is not empty".to_owned());
    }
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let after = after.trim_start();
        let (unit, after) = after.split_at(after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len()));
        if number.is_empty() {
            return Err(format!("a number is missing before `{}`", rest.trim_end()));
        }
        let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(if unit.is_empty() {
                format!("`{number}` has no unit")
            } else {
                format!("`{unit}` is no unit of time")
            });
        };
        millis = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*factor))
            .and_then(|part| millis.checked_add(part))
            .ok_or_else(|| "the duration is too long".to_owned())?;
        rest = after.trim_start();
    }
    Ok(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_sums_of_parts_with_units() {
        for (text, millis) in [
            ("30s", 30_000),
            ("250ms", 250),
            ("1h 30m", 5_400_000),
            ("1h30min", 5_400_000),
            (" 2 d ", 172_800_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_told_why() {
        for (text, why) in [
            ("", "a duration is not empty"),
            ("5", "`5` has no unit"),
            ("5 parsecs", "`parsecs` is no unit of time"),
            ("s", "a number is missing before `s`"),
            ("-5s", "a number is missing before `-5s`"),
            ("1.5s", "`1` has no unit"),
            ("99999999999999999999s", "the duration is too long"),
            ("18446744073709551615d", "the duration is too long"),
        ] {
            assert_eq!(parse(text), Err(why.to_owned()), "{text}");
        }
    }
}
