//! What the options of steps and workflows may be. `None` says that a value is fine; otherwise a sentence says what is wrong.

use std::time::Duration;

use crate::name::{NameProblem, check_name};

/// The wait before the second attempt where none is given.
pub const DEFAULT_BACKOFF: Duration = Duration::from_secs(1);

/// What is said of a number of attempts that is none.
pub const WRONG_ATTEMPTS: &str = "`max_attempts` is a number from 1 to 32767, as in `max_attempts = 5`";

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// How often a step is tried.
///
/// # Errors
/// When it is no number from 1 to 32767.
pub fn check_max_attempts(attempts: u64) -> Result<u16, &'static str> {
    match u16::try_from(attempts) {
        Ok(attempts @ 1..=32_767) => Ok(attempts),
        _ => Err(WRONG_ATTEMPTS),
    }
}

/// The wait before the second attempt.
#[must_use]
pub fn check_backoff(time: Duration) -> Option<&'static str> {
    (time > HOUR).then_some("a back-off is at most `1h`")
}

/// The longest wait before another attempt.
#[must_use]
pub fn check_max_backoff(time: Duration) -> Option<&'static str> {
    (time > DAY).then_some("the longest wait between attempts is at most `1d`")
}

/// The longest wait beside the first one.
#[must_use]
pub fn check_backoffs(first: Duration, longest: Duration) -> Option<String> {
    (longest < first)
        .then(|| format!("the longest wait between attempts is shorter than the first one, which is {first:?}"))
}

/// How long an attempt may take.
#[must_use]
pub fn check_timeout(time: Duration) -> Option<&'static str> {
    if time.is_zero() {
        return Some("a time-out is longer than nothing; leave the argument out for no limit");
    }
    (time > 30 * DAY).then_some("a time-out is at most `30d`; leave the argument out for no limit")
}

/// How long a step waits before its first attempt.
#[must_use]
pub fn check_delay(time: Duration) -> Option<&'static str> {
    (time > 365 * DAY).then_some("a delay is at most `365d`")
}

/// How long a run may take.
#[must_use]
pub fn check_deadline(time: Duration) -> Option<&'static str> {
    if time.is_zero() {
        return Some("a deadline is longer than nothing; leave the argument out for none");
    }
    (time > 36_500 * DAY).then_some("a deadline is at most `36500d`; leave the argument out for none")
}

/// The name of a queue.
#[must_use]
pub fn check_queue(name: &str) -> Option<&'static str> {
    name.is_empty().then_some("a queue has a name; leave the argument out for the queue of the run")
}

/// The name of a handler: names joined by dots, as in `images.resize`; at most [`MAX_NAME_BYTES`](crate::MAX_NAME_BYTES) in all.
///
/// # Errors
/// Why it is refused.
pub fn check_handler_name(name: &str) -> Result<(), NameProblem> {
    name.split('.').try_for_each(check_name)?;
    if name.len() > crate::MAX_NAME_BYTES { Err(NameProblem::TooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_has_its_limits() {
        assert_eq!(check_max_attempts(0), Err(WRONG_ATTEMPTS));
        assert_eq!(check_max_attempts(1), Ok(1));
        assert_eq!(check_max_attempts(32_767), Ok(32_767));
        assert_eq!(check_max_attempts(32_768), Err(WRONG_ATTEMPTS));
        assert_eq!((check_backoff(Duration::ZERO), check_backoff(HOUR)), (None, None));
        assert!(check_backoff(HOUR + Duration::from_millis(1)).is_some());
        assert!(check_max_backoff(DAY).is_none() && check_max_backoff(2 * DAY).is_some());
        assert!(check_backoffs(HOUR, HOUR).is_none() && check_backoffs(HOUR, HOUR / 2).is_some());
        assert!(check_timeout(Duration::ZERO).is_some() && check_timeout(30 * DAY).is_none());
        assert!(check_timeout(31 * DAY).is_some());
        assert!(check_delay(Duration::ZERO).is_none() && check_delay(366 * DAY).is_some());
        assert!(check_deadline(Duration::ZERO).is_some() && check_deadline(HOUR).is_none());
        assert!(check_deadline(36_501 * DAY).is_some());
        assert!(check_queue("").is_some() && check_queue("mail").is_none());
    }

    #[test]
    fn handlers_are_named_by_words_with_dots_between_them() {
        for name in ["resize", "images.resize", "a._b.C9"] {
            assert_eq!(check_handler_name(name), Ok(()), "{name}");
        }
        for (name, problem) in [
            ("", NameProblem::Empty),
            ("a.", NameProblem::Empty),
            ("a b", NameProblem::Character),
            ("9", NameProblem::Character),
        ] {
            assert_eq!(check_handler_name(name), Err(problem), "{name}");
        }
        let long = [&*"x".repeat(100), &*"y".repeat(100)].join(".");
        assert_eq!(check_handler_name(&long), Err(NameProblem::TooLong));
    }
}
