//! The time that a run is told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A clock: that of the machine, or one that a test moves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(Option<Arc<Mutex<Instant>>>);

impl Clock {
    /// One that stands still until it is moved.
    pub(crate) fn standing() -> Self {
        Self(Some(Arc::new(Mutex::new(Instant::now()))))
    }

    pub(crate) fn now(&self) -> Instant {
        self.0.as_ref().map_or_else(Instant::now, |time| *time.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Moves a clock that stands still on to this time; it never goes back.
    pub(crate) fn move_to(&self, time: Instant) {
        if let Some(now) = &self.0 {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = time.max(*now);
        }
    }
}
