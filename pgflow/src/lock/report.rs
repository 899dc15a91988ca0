//! What differs between two locks, for people.

use std::fmt;

use crate::compare::{Change, Verdict, verdict};
use crate::words::wrap;

/// What differs between two locks.
///
/// Its [`Display`](fmt::Display) form has a paragraph for each workflow that differs, with what to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// By workflow; within one the workflow as a whole first, then its steps.
    pub differences: Vec<Difference>,
}

/// A difference between two locks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The workflow's name.
    pub workflow: String,
    /// What differs, and what that means.
    pub change: Change,
}

impl Report {
    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// What the differences mean together: the largest of their verdicts; safe where there is none.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        verdict(self.differences.iter().map(|difference| &difference.change))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, of_one) in self.differences.chunk_by(|one, other| one.workflow == other.workflow).enumerate() {
            let changes: Vec<&Change> = of_one.iter().map(|difference| &difference.change).collect();
            if number > 0 {
                f.write_str("\n")?;
            }
            writeln!(f, "workflow `{}`: {}", of_one[0].workflow, verdict(changes.iter().copied()))?;
            tell(f, changes)?;
        }
        Ok(())
    }
}

/// The changes of a workflow, each with its verdict, its details, and what to do.
pub(crate) fn tell<'a>(f: &mut fmt::Formatter<'_>, changes: impl IntoIterator<Item = &'a Change>) -> fmt::Result {
    let indent = " ".repeat(22);
    for change in changes {
        let mut text = String::new();
        wrap(&mut text, &format!("  {:<18}  ", change.verdict), 24, &change.to_string());
        for line in &change.details {
            wrap(&mut text, &format!("{indent}  - "), 26, line);
        }
        wrap(&mut text, &format!("{indent}  "), 24, change.advice());
        f.write_str(&text)?;
    }
    Ok(())
}
