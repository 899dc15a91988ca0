//! How a cluster is described before it is started.

use std::path::PathBuf;
use std::time::Duration;

use super::attach::{Place, Plan};
use super::{Error, Postgres};

/// Describes a cluster. [`Postgres::builder`] makes one of a temporary cluster.
///
/// Where the cluster runs already, because another process uses it too, its settings stay as that process chose them.
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `start`"]
pub struct Builder {
    place: Place,
    durable: Option<bool>,
    linger: Duration,
    binaries: Option<PathBuf>,
    settings: Vec<(String, String)>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self { place: Place::Temporary, durable: None, linger: Duration::ZERO, binaries: None, settings: Vec::new() }
    }

    /// A cluster of its own, whose data is removed with it.
    ///
    /// It lies in `/tmp`; in memory, below `/dev/shm`, where there is plenty of that and it need not be
    /// [durable](Self::durable).
    pub fn temporary(mut self) -> Self {
        self.place = Place::Temporary;
        self
    }

    /// A cluster whose data is kept. Several processes of one user may use it at once.
    ///
    /// A bare name stands for a folder below `$XDG_DATA_HOME/pgflow`, which is `~/.local/share/pgflow` where that variable
    /// is not set, or, for root, below `/var/lib/pgflow`. Anything else is the path of the cluster's folder, relative to
    /// the current one.
    pub fn persistent(mut self, place: impl Into<PathBuf>) -> Self {
        self.place = Place::Persistent(place.into());
        self
    }

    /// The temporary cluster `name`, shared by all processes of this user, gone `linger` after the last one.
    pub(super) fn shared(mut self, name: &'static str, linger: Duration) -> Self {
        self.place = Place::Shared(name);
        self.linger = linger;
        self
    }

    /// Whether what is committed survives a crash of the server. True by default for persistent clusters only.
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = Some(durable);
        self
    }

    /// A setting for the server's command line, such as `("max_connections", "300")`.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// The folder of `initdb`, `pg_ctl` and `postgres`. No other is tried.
    pub fn binaries(mut self, folder: impl Into<PathBuf>) -> Self {
        self.binaries = Some(folder.into());
        self
    }

    /// Starts the server, or joins the processes that use it already, and waits until it accepts connections.
    ///
    /// # Errors
    /// If no server is installed, its folder cannot be used, or it does not come up within a minute; the text has the end
    /// of its log then.
    pub async fn start(self) -> Result<Postgres, Error> {
        let durable = self.durable.unwrap_or(matches!(self.place, Place::Persistent(_)));
        let Self { place, linger, binaries, settings, .. } = self;
        Postgres::start(Plan { place, durable, linger, binaries, settings }).await
    }
}
