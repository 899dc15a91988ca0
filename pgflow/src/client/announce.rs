//! Telling workers that runs have come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use sqlx::PgPool;

use crate::news::{Local, News, notify_all, notify_work};

/// Tells workers that runs have come, after the start has committed: those of this process at once, the others by one notification at
/// a time; starts that commit while one is under way share the next.
#[derive(Debug)]
pub(super) struct Announcer {
    pub(super) local: Arc<Local>,
    state: Arc<AtomicU8>,
}

const QUIET: u8 = 0;
const SENDING: u8 = 1;
const AGAIN: u8 = 2;

impl Announcer {
    pub(super) fn new(pool: &PgPool) -> Self {
        Self { local: Local::of(&pool.connect_options()), state: Arc::new(AtomicU8::new(QUIET)) }
    }

    /// Tells news that have come by an action.
    pub(super) async fn tell(&self, pool: &PgPool, news: &News) {
        self.local.tell(news);
        if let Err(error) = notify_all(pool, news, self.local.origin()).await {
            tracing::debug!(%error, "the workers were not told; they find it by polling");
        }
    }

    pub(super) fn announce(&self, pool: &PgPool) {
        self.local.tell(&News::work());
        if self.state.swap(AGAIN, Ordering::AcqRel) != QUIET {
            return;
        }
        let (state, origin) = (Arc::clone(&self.state), self.local.origin());
        let pool = pool.clone();
        tokio::spawn(async move {
            loop {
                state.store(SENDING, Ordering::Release);
                if let Err(error) = notify_work(&pool, origin).await {
                    tracing::debug!(%error, "the workers were not told of a new run; they find it by polling");
                }
                if state.compare_exchange(SENDING, QUIET, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                    return;
                }
            }
        });
    }
}
