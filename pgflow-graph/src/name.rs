//! What a step or a workflow may be called.

use std::fmt;

/// How long a name may be, in bytes.
pub const MAX_NAME_BYTES: usize = 128;

/// Names that no step may have: they mean something else where steps are spoken of by name.
pub const RESERVED: &[&str] =
    &["input", "item", "start", "start_with", "start_in", "workflow", "definition", "schema", "signals"];

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameProblem {
    /// The name is empty.
    Empty,
    /// The name is longer than [`MAX_NAME_BYTES`].
    TooLong,
    /// The name holds something else than ASCII letters, digits and underscores, or begins with a digit.
    Character,
    /// The name is among [`RESERVED`].
    Reserved,
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a name is not empty"),
            Self::TooLong => write!(f, "a name has at most {MAX_NAME_BYTES} bytes"),
            Self::Character => {
                f.write_str("a name is made of ASCII letters, digits and underscores, and does not begin with a digit")
            }
            Self::Reserved => f.write_str("this name is reserved"),
        }
    }
}

/// Checks the name of a workflow.
///
/// # Errors
/// When the name is empty, too long, or not of the form `[a-zA-Z_][a-zA-Z0-9_]*`.
pub fn check_name(name: &str) -> Result<(), NameProblem> {
    let mut characters = name.chars();
    let Some(first) = characters.next() else { return Err(NameProblem::Empty) };
    if !(first.is_ascii_alphabetic() || first == '_') || !characters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(NameProblem::Character);
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameProblem::TooLong);
    }
    Ok(())
}

/// Checks the name of a step: that of a workflow, and none that is [`RESERVED`].
///
/// # Errors
/// As [`check_name`], and for a reserved name.
pub fn check_step_name(name: &str) -> Result<(), NameProblem> {
    check_name(name)?;
    if RESERVED.contains(&name) { Err(NameProblem::Reserved) } else { Ok(()) }
}
