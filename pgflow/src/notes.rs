//! What handlers say of their progress.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::step::StepContext;

/// How many messages of an attempt are kept until they are written, and how long each may be.
const MOST_MESSAGES: usize = 20;
const LONGEST_MESSAGE: usize = 10_000;

/// To whom an attempt goes when there is something to be written for it.
#[cfg(feature = "postgres")]
pub(crate) type Reporter = tokio::sync::mpsc::UnboundedSender<StepContext>;

/// What an attempt has said and is not written yet.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    noted: Mutex<Noted>,
    #[cfg(feature = "postgres")]
    reporter: Option<Reporter>,
}

/// See [`Notes`].
#[derive(Debug, Default)]
pub(crate) struct Noted {
    pub(crate) progress: Option<f32>,
    pub(crate) messages: VecDeque<String>,
    /// Whether somebody is to write it already.
    reported: bool,
}

impl Noted {
    /// Adds a message, in place of the oldest one if there are too many.
    pub(crate) fn say(&mut self, mut text: String) {
        let end = (0..=LONGEST_MESSAGE.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        if self.messages.len() == MOST_MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(text);
    }
}

impl Notes {
    /// Notes that this one is told of.
    #[cfg(feature = "postgres")]
    pub(crate) fn told_to(reporter: &Reporter) -> Self {
        Self { reporter: Some(reporter.clone()), ..Self::default() }
    }

    /// Adds to it; gives whether it is now to be reported.
    pub(crate) fn add(&self, change: impl FnOnce(&mut Noted)) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut noted);
        !std::mem::replace(&mut noted.reported, true)
    }

    /// Takes what is there to be written.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "taken by the worker only"))]
    pub(crate) fn take(&self) -> Noted {
        std::mem::take(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn report(&self, of: &StepContext) {
        if let Some(reporter) = &self.reporter {
            let _ = reporter.send(of.clone());
        }
    }

    #[cfg(not(feature = "postgres"))]
    pub(crate) fn report(&self, _: &StepContext) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_reported_once_until_it_is_taken() {
        let notes = Notes::default();
        assert!(notes.add(|noted| noted.progress = Some(0.1)));
        assert!(!notes.add(|noted| noted.progress = Some(0.2)));
        assert_eq!(notes.take().progress, Some(0.2));
        assert!(notes.add(|noted| noted.say("again".to_owned())));
    }

    #[test]
    fn of_many_messages_the_last_ones_are_kept_and_long_ones_are_cut_between_characters() {
        let notes = Notes::default();
        for n in 0..30 {
            notes.add(|noted| noted.say(n.to_string()));
        }
        let messages = notes.take().messages;
        assert_eq!((messages.len(), &*messages[0], &*messages[19]), (20, "10", "29"));
        notes.add(|noted| noted.say("ä".repeat(6_000) + "."));
        notes.add(|noted| noted.say("x".to_owned() + &"ä".repeat(6_000)));
        let lengths: Vec<usize> = notes.take().messages.iter().map(String::len).collect();
        assert_eq!(lengths, [10_000, 9_999]);
    }
}
