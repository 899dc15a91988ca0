//! Why a lock file cannot be read.

/// Why a lock file cannot be read; its message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// It holds the marks of a merge conflict.
    #[error("line {line} of the lock file is a mark of a merge conflict: leave either side, and write the file anew")]
    Conflict {
        /// The line of the first mark, from 1.
        line: usize,
    },
    /// It is no JSON.
    #[error("the lock file is no JSON ({0}): take it from the history, or write it anew")]
    NotJson(#[source] serde_json::Error),
    /// A newer pgflow has written it, in a form that this one does not know.
    #[error(
        "the lock file has the format {found}, and this pgflow knows no newer one than {known}: use the pgflow that wrote it, or a newer one"
    )]
    NewerFormat {
        /// The format of the file.
        found: u64,
        /// The newest one that is known.
        known: u64,
    },
    /// It is JSON, and not what was written.
    #[error("the lock file is damaged: {0}; take it from the history, or write it anew")]
    Damaged(String),
}
