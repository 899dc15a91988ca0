//! The lock file, checked by a test.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::definition::Definition;
use crate::lock::{Lock, LockError};

/// Checks that the lock file at `path` is what these workflows are; all workflows of a program stand in one file.
///
/// `path` is relative to the folder of the crate whose test it is (`CARGO_MANIFEST_DIR`, as cargo and nextest set it); elsewhere, to the
/// current one. What happens depends on the file, and on two variables:
///
/// | | | `PGFLOW_LOCK=accept` |
/// |---|---|---|
/// | it is up to date | passes | passes |
/// | it differs, is damaged, or holds a merge conflict | fails, with what differs and what that means | writes it, and says so |
/// | there is none | writes it, and says so; where `CI` is set, fails | writes it, and says so |
///
/// ```
/// use pgflow::{Result, Workflow, step, workflow};
///
/// #[workflow]
/// mod order {
///     use super::*;
///
///     #[step]
///     pub async fn reserve(input: u32) -> Result<u32> {
///         Ok(input)
///     }
/// }
///
/// // In a test:
/// # fn the_lock_file_is_up_to_date() {
/// pgflow::testing::assert_locked("pgflow.lock", [order::Workflow::definition()]);
/// # }
/// # fn main() {}
/// ```
///
/// # Panics
/// Where the table says that it fails; and when the file cannot be read or written.
#[track_caller]
pub fn assert_locked(path: impl AsRef<Path>, workflows: impl IntoIterator<Item = Definition>) {
    let path = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default().join(path);
    match settle(&path, &Lock::of(workflows), Mode::of_environment()) {
        Ok(None) => {}
        #[allow(clippy::print_stderr, reason = "it is told to who runs the test, as the panic would be")]
        Ok(Some(said)) => eprintln!("{said}"),
        Err(said) => panic!("{said}"),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// What differs fails; what is not there is written.
    Check,
    /// Nothing is written.
    CheckInCi,
    /// Whatever is there is written anew.
    Accept,
}

impl Mode {
    fn of_environment() -> Self {
        Self::of(std::env::var_os("PGFLOW_LOCK"), std::env::var_os("CI"))
    }

    fn of(lock: Option<OsString>, ci: Option<OsString>) -> Self {
        if lock.is_some_and(|word| word == "accept") {
            Self::Accept
        } else if ci.is_some_and(|word| !word.is_empty() && word != "0" && word != "false") {
            Self::CheckInCi
        } else {
            Self::Check
        }
    }
}

const HOW: &str = "PGFLOW_LOCK=accept cargo test";

/// What is to be told: a note, or why it failed.
fn settle(path: &Path, lock: &Lock, mode: Mode) -> Result<Option<String>, String> {
    let name = path.display();
    let text = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("the lock file {name} cannot be read: {error}")),
    };
    let Some(text) = text else {
        if mode == Mode::CheckInCi {
            return Err(format!(
                "there is no lock file {name}: run this test outside of CI, which writes it, and commit it"
            ));
        }
        return write(path, lock).map(|()| Some(format!("wrote the lock file {name}: commit it")));
    };
    let report = match text.parse::<Lock>() {
        Ok(locked) if locked == *lock => return Ok(None),
        Ok(locked) => locked.check(lock).to_string(),
        Err(error @ LockError::NewerFormat { .. }) => return Err(format!("{name}: {error}")),
        Err(error) => format!("{error}\n"),
    };
    if mode == Mode::Accept {
        return write(path, lock).map(|()| Some(format!("wrote the lock file {name} anew: commit it\n\n{report}")));
    }
    Err(format!(
        "the lock file {name} is not what the workflows are\n\n{report}\nWhere that is meant: `{HOW}` writes it anew; commit it with the change."
    ))
}

/// Beside it first, so that nobody ever reads half a file.
fn write(path: &Path, lock: &Lock) -> Result<(), String> {
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&beside, lock.to_string())
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|error| format!("the lock file {} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::definition::StepDefinition;

    fn lock(output: &str) -> Lock {
        let mut definition = Definition::new("order", json!({ "type": "integer" }), json!({ "type": output }));
        definition.steps.push(StepDefinition::new("reserve", json!({ "type": output })));
        Lock::of([definition])
    }

    /// A path in a folder of the test's own, which goes with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("pgflow-locked-{}-{name}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn file(&self) -> PathBuf {
            self.0.join("pgflow.lock")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_is_not_there_is_written_but_in_ci() {
        let folder = Folder::new("first");
        let path = folder.file();
        let said = settle(&path, &lock("string"), Mode::CheckInCi).unwrap_err();
        assert!(said.contains("outside of CI") && !path.exists(), "{said}");
        let said = settle(&path, &lock("string"), Mode::Check).unwrap().unwrap();
        assert!(said.ends_with("commit it"), "{said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), lock("string").to_string());
        assert_eq!(settle(&path, &lock("string"), Mode::CheckInCi), Ok(None));
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_is_up_to_date_passes_whatever_the_environment_says() {
        let folder = Folder::new("passes");
        fs::write(folder.file(), lock("string").to_string()).unwrap();
        assert_locked(folder.file(), lock("string").workflows().iter().cloned());
    }

    #[test]
    fn what_differs_is_told_with_its_verdict_and_accepted_when_somebody_says_so() {
        let folder = Folder::new("differs");
        let path = folder.file();
        settle(&path, &lock("string"), Mode::Check).unwrap();
        for mode in [Mode::Check, Mode::CheckInCi] {
            let said = settle(&path, &lock("integer"), mode).unwrap_err();
            assert!(said.contains("needs an up-caster  step `reserve` gives something else"), "{said}");
            assert!(said.contains("`PGFLOW_LOCK=accept cargo test` writes it anew"), "{said}");
            assert_eq!(fs::read_to_string(&path).unwrap(), lock("string").to_string());
        }
        let said = settle(&path, &lock("integer"), Mode::Accept).unwrap().unwrap();
        assert!(said.contains("gives something else"), "{said}");
        assert_eq!(settle(&path, &lock("integer"), Mode::CheckInCi), Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_written_anew_when_somebody_says_so_unless_it_is_newer() {
        let folder = Folder::new("damaged");
        let path = folder.file();
        for damaged in ["<<<<<<< HEAD\n", "{", "{}"] {
            fs::write(&path, damaged).unwrap();
            assert!(settle(&path, &lock("string"), Mode::Check).is_err());
            assert!(settle(&path, &lock("string"), Mode::Accept).unwrap().is_some());
            assert_eq!(settle(&path, &lock("string"), Mode::Check), Ok(None));
        }
        fs::write(&path, r#"{ "format": 99 }"#).unwrap();
        let said = settle(&path, &lock("string"), Mode::Accept).unwrap_err();
        assert!(said.contains("has the format 99"), "{said}");
    }

    #[test]
    fn line_ends_of_another_system_make_no_difference() {
        let folder = Folder::new("lines");
        fs::write(folder.file(), lock("string").to_string().replace('\n', "\r\n")).unwrap();
        assert_eq!(settle(&folder.file(), &lock("string"), Mode::CheckInCi), Ok(None));
    }

    #[test]
    fn the_environment_says_what_may_be_written() {
        let mode = |lock: Option<&str>, ci: Option<&str>| Mode::of(lock.map(OsString::from), ci.map(OsString::from));
        assert_eq!(mode(None, None), Mode::Check);
        assert_eq!(mode(Some("yes"), Some("false")), Mode::Check);
        assert_eq!(mode(None, Some("true")), Mode::CheckInCi);
        assert_eq!(mode(Some("accept"), Some("true")), Mode::Accept);
    }
}
