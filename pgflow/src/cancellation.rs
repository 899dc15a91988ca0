//! Telling a handler that nobody wants its result any more.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Whether an attempt is cancelled, and who is to be told.
#[derive(Default)]
pub(crate) struct Cancellation(Mutex<State>);

#[derive(Default)]
struct State {
    cancelled: bool,
    /// Whether the handler has asked to be told.
    awaited: bool,
    wakers: Vec<Waker>,
}

impl Cancellation {
    /// Tells the handler; gives whether it had asked to be told, and so may want a moment to end in order.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "called by the worker only"))]
    pub(crate) fn cancel(&self) -> bool {
        let mut state = self.lock();
        state.cancelled = true;
        let wakers = std::mem::take(&mut state.wakers);
        let awaited = state.awaited;
        drop(state);
        for waker in wakers {
            waker.wake();
        }
        awaited
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        let mut state = self.lock();
        state.awaited = true;
        state.cancelled
    }

    /// The same without asking to be told.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "asked by the worker only"))]
    pub(crate) fn was_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Ends when the attempt is cancelled.
    pub(crate) fn cancelled(&self) -> Cancelled<'_> {
        Cancelled(self)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Cancellation::cancelled`].
#[derive(Debug)]
pub(crate) struct Cancelled<'a>(&'a Cancellation);

impl Future for Cancelled<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.lock();
        state.awaited = true;
        if state.cancelled {
            return Poll::Ready(());
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            state.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancellation").field("cancelled", &self.lock().cancelled).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asked_to_be_told_is_heard_out() {
        let cancellation = Cancellation::default();
        assert!(!cancellation.cancel());
        let cancellation = Cancellation::default();
        assert!(!cancellation.is_cancelled());
        assert!(cancellation.cancel());
        assert!(cancellation.is_cancelled());
    }

    #[test]
    fn all_who_wait_are_woken_once() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering};
        #[derive(Default)]
        struct Count(AtomicUsize);
        impl std::task::Wake for Count {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let cancellation = Cancellation::default();
        let (first, second) = (Arc::new(Count::default()), Arc::new(Count::default()));
        for count in [&first, &second, &first] {
            let waker = Waker::from(Arc::clone(count));
            let waits = Pin::new(&mut cancellation.cancelled()).poll(&mut Context::from_waker(&waker));
            assert_eq!(waits, Poll::Pending);
        }
        assert!(cancellation.cancel());
        assert_eq!((first.0.load(Ordering::Relaxed), second.0.load(Ordering::Relaxed)), (1, 1));
        let done = Pin::new(&mut cancellation.cancelled()).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(done, Poll::Ready(()));
    }
}
