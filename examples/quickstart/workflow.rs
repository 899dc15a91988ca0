//! The workflow: what is in a number of text files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pgflow::{Result, State, StepError, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files;

/// Counts the words of text files, each file as a task of its own, and reports on all of them.
#[workflow(state = Desk)]
pub(crate) mod text_report {
    use super::*;

    /// Lists the files.
    #[step]
    pub(crate) async fn list(input: Vec<PathBuf>) -> Result<Listing> {
        files::list(&input).map_err(StepError::fatal)
    }

    /// Reads one file: this step runs once for each, a few at a time.
    #[step(map = list.files)]
    pub(crate) async fn count(item: File, desk: State<Desk>) -> Result<Count> {
        tokio::time::sleep(desk.pause).await;
        let count = match tokio::fs::read(&item.path).await {
            Ok(bytes) => count_text(item.path, &bytes),
            // That one file cannot be read is a result, and no reason to try again.
            Err(error) => Count::problem(item.path, error),
        };
        desk.files_read.fetch_add(1, Ordering::Relaxed);
        Ok(count)
    }

    /// Adds the words of all files up, and keeps the most frequent.
    #[step(depends_on = [count])]
    pub(crate) async fn words(count: Vec<Count>) -> Result<Vec<Word>> {
        let mut sum = BTreeMap::new();
        for word in count.into_iter().flat_map(|count| count.frequent) {
            *sum.entry(word.word).or_default() += word.times;
        }
        Ok(most_frequent(sum, 8))
    }

    /// The files with the most words.
    #[step(depends_on = [count])]
    pub(crate) async fn longest(mut count: Vec<Count>) -> Result<Vec<Count>> {
        count.retain(|count| count.problem.is_none());
        count.sort_by_key(|count| std::cmp::Reverse(count.words));
        count.truncate(5);
        Ok(count.into_iter().map(|count| Count { frequent: Vec::new(), ..count }).collect())
    }

    /// Puts everything together.
    #[step(depends_on = [list, count, words, longest])]
    pub(crate) async fn report(
        list: Listing,
        count: Vec<Count>,
        words: Vec<Word>,
        longest: Vec<Count>,
    ) -> Result<Report> {
        let (read, not_read): (Vec<_>, Vec<_>) = count.into_iter().partition(|count| count.problem.is_none());
        let not_read = not_read.into_iter().filter_map(|count| Some(format!("{}: {}", count.path, count.problem?)));
        Ok(Report {
            files: read.len() as u64,
            lines: read.iter().map(|count| count.lines).sum(),
            words: read.iter().map(|count| count.words).sum(),
            frequent: words,
            longest,
            left_out: list.left_out.into_iter().chain(not_read).collect(),
        })
    }
}

/// The state: what this process lends to the steps. Nothing of it is stored.
#[derive(Debug)]
pub(crate) struct Desk {
    /// A wait before each file, so that there is something to see, and to kill.
    pub(crate) pause: Duration,
    /// How many files this process has read.
    pub(crate) files_read: Arc<AtomicUsize>,
}

/// What is to be read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Listing {
    /// The files, by path.
    pub(crate) files: Vec<File>,
    /// What was found and cannot be used, with the reason.
    pub(crate) left_out: Vec<String>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub(crate) struct File {
    /// Its absolute path.
    pub(crate) path: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub(crate) changed: u64,
}

/// What is in one file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Count {
    /// The file.
    pub(crate) path: String,
    /// Its lines.
    pub(crate) lines: u64,
    /// Its words.
    pub(crate) words: u64,
    /// Its most frequent words of four letters and more.
    pub(crate) frequent: Vec<Word>,
    /// Why it was not read.
    pub(crate) problem: Option<String>,
}

/// A word.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Word {
    /// In small letters.
    pub(crate) word: String,
    /// How often it occurs.
    pub(crate) times: u64,
}

/// The result.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Report {
    /// How many files were read.
    pub(crate) files: u64,
    /// Their lines.
    pub(crate) lines: u64,
    /// Their words.
    pub(crate) words: u64,
    /// The most frequent words of all files, of four letters and more.
    pub(crate) frequent: Vec<Word>,
    /// The files with the most words.
    pub(crate) longest: Vec<Count>,
    /// What was not read, with the reason.
    pub(crate) left_out: Vec<String>,
}

impl Count {
    fn problem(path: String, problem: impl ToString) -> Self {
        Self { path, lines: 0, words: 0, frequent: Vec::new(), problem: Some(problem.to_string()) }
    }
}

/// A step's output is stored: what a file adds to it has a bound, however long the file.
const WORDS_OF_A_FILE: usize = 300;

fn count_text(path: String, bytes: &[u8]) -> Count {
    let text = match str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text,
        _ => return Count::problem(path, "not a text in UTF-8"),
    };
    let mut times = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|word| (4..=40).contains(&word.chars().count())) {
        *times.entry(word.to_lowercase()).or_default() += 1;
    }
    Count {
        path,
        lines: text.lines().count() as u64,
        words: text.split_whitespace().count() as u64,
        frequent: most_frequent(times, WORDS_OF_A_FILE),
        problem: None,
    }
}

fn most_frequent(times: BTreeMap<String, u64>, limit: usize) -> Vec<Word> {
    let mut words: Vec<_> = times.into_iter().map(|(word, times)| Word { word, times }).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.times));
    words.truncate(limit);
    words
}
