//! Joins the server of a cluster, or starts it where none runs.

use std::fs::File;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Error;
use super::account::Account;
use super::binaries::{Binaries, Search};
use super::control::{Control, Kind, Orders};
use super::error::io;
use super::{folders, initdb};

/// A server that somebody else stops or starts at this moment is waited for this long.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a cluster should be like.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) place: Place,
    pub(super) durable: bool,
    pub(super) linger: Duration,
    pub(super) binaries: Option<PathBuf>,
    pub(super) settings: Vec<(String, String)>,
}

/// Where a cluster lies, and so whether its data is kept.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Temporary,
    Shared(&'static str),
    Persistent(PathBuf),
}

/// A user's part in a server. It may not accept connections yet.
#[derive(Debug)]
pub(super) struct Attached {
    // Let go of first: the supervisor acts upon it.
    pub(super) control: Control,
    /// Locked by each user for sharing, so that one can tell whether one is the last.
    pub(super) users: File,
    /// Locked by the supervisor.
    pub(super) supervisor: File,
    pub(super) cluster: PathBuf,
    pub(super) sockets: PathBuf,
    pub(super) lingers: bool,
}

/// Does it. Blocks; must be called within a tokio runtime.
pub(super) fn attach(plan: &Plan) -> Result<Attached, Error> {
    let account = Account::current()?;
    let (kind, cluster) = match &plan.place {
        Place::Persistent(place) => (Kind::Persistent, folders::persistent(place, &account)?),
        Place::Shared(name) => (Kind::Shared, folders::shared(name, &account)?),
        // Nothing may fail between the making of this folder and the start of the supervisor, who removes it.
        Place::Temporary => {
            let installed = find(plan, &account, None)?;
            sweep(&installed.0, &account);
            let cluster = folders::temporary(&account, plan.durable)?;
            let attached = attach_to(&cluster, Kind::Temporary, plan, &account, Some(installed));
            return attached.inspect_err(|_| drop(std::fs::remove_dir_all(&cluster)));
        }
    };
    folders::private(&cluster, &account)?;
    attach_to(&cluster, kind, plan, &account, None)
}

/// Binaries and the template that they made.
type Installed = (Binaries, PathBuf);

fn find(plan: &Plan, account: &Account, major: Option<u32>) -> Result<Installed, Error> {
    let binaries = Search::new(plan.binaries.clone()).find(major)?;
    let template = initdb::template(&binaries, account)?;
    Ok((binaries, template))
}

fn attach_to(
    cluster: &Path,
    kind: Kind,
    plan: &Plan,
    account: &Account,
    installed: Option<Installed>,
) -> Result<Attached, Error> {
    let start_path = cluster.join("start.lock");
    let start = folders::lock_file(&start_path)?;
    folders::lock(&start, &start_path, PATIENCE, "a process that starts the server")?;

    let sockets = folders::sockets(cluster);
    let users = folders::lock_file(&cluster.join("users.lock"))?;
    users.lock_shared().map_err(io("lock", &cluster.join("users.lock")))?;
    let supervisor_path = cluster.join("supervisor.lock");
    let control = match Control::attach(cluster)? {
        Some(control) => control,
        None => {
            let lock = folders::lock_file(&supervisor_path)?;
            folders::lock(&lock, &supervisor_path, PATIENCE, "a supervisor that stops the server")?;
            let (binaries, template) = match installed {
                Some(installed) => installed,
                None if kind == Kind::Persistent => find(plan, account, initdb::data_version(&cluster.join("data"))?)?,
                None => find(plan, account, None)?,
            };
            tidy(cluster, kind, &binaries, account)?;
            if sockets != cluster {
                folders::private(&sockets, account)?;
            }
            let settings = settings(plan, &sockets)?;
            let orders = Orders {
                account,
                binaries: &binaries,
                template: &template,
                sockets: &sockets,
                kind,
                linger: plan.linger,
                settings: &settings,
            };
            Control::start(cluster, &orders, lock)?
        }
    };
    let supervisor = folders::lock_file(&supervisor_path)?;
    Ok(Attached { control, users, supervisor, cluster: cluster.to_owned(), sockets, lingers: !plan.linger.is_zero() })
}

/// Cleans up after a supervisor that was killed: its server may still run, and nobody would ever stop that one.
fn tidy(cluster: &Path, kind: Kind, binaries: &Binaries, account: &Account) -> Result<(), Error> {
    let data = cluster.join("data");
    // After a crash of the machine, the process in postmaster.pid may be any other; only the socket tells.
    if UnixStream::connect(folders::sockets(cluster).join(".s.PGSQL.5432")).is_ok() {
        let program = binaries.program("pg_ctl");
        let mut command = account.command(&program);
        command.args(["stop", "-s", "-m", "fast", "-t", "60", "-D"]).arg(&data);
        let status = command.status().map_err(io("run", &program))?;
        // The shell around the server may still be there, and about to write its last word.
        let start = Instant::now();
        while status.success() && !cluster.join("exited").exists() && start.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    if kind == Kind::Shared && data.exists() {
        std::fs::remove_dir_all(&data).map_err(io("remove", &data))?;
    }
    for entry in std::fs::read_dir(cluster).map_err(io("read", cluster))?.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b"ack.") || entry.file_name() == "exited" {
            std::fs::remove_file(entry.path()).map_err(io("remove", &entry.path()))?;
        }
    }
    let log = cluster.join("log");
    if log.exists() {
        std::fs::rename(&log, cluster.join("log.previous")).map_err(io("rename", &log))?;
    }
    Ok(())
}

/// Removes the temporary clusters of those who were killed together with their supervisor, or before they had one.
///
/// It is a service to the machine, and no failure of it keeps anybody from work.
fn sweep(binaries: &Binaries, account: &Account) {
    for cluster in folders::abandoned(account) {
        let lock = folders::lock_file(&cluster.join("supervisor.lock"));
        let Ok(lock) = lock else { continue };
        if lock.try_lock().is_ok() && tidy(&cluster, Kind::Temporary, binaries, account).is_ok() {
            drop(std::fs::remove_dir_all(&cluster));
        }
    }
}

/// The settings for the server's command line. The caller's come first, and the last of a name counts.
fn settings(plan: &Plan, sockets: &Path) -> Result<Vec<(String, String)>, Error> {
    let mut settings = vec![("timezone", "UTC"), ("log_timezone", "UTC")];
    if !plan.durable {
        settings.extend([("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")]);
        settings.push(("max_wal_size", "256MB"));
    }
    let mut settings: Vec<(String, String)> = settings.into_iter().map(owned).collect();
    for (name, value) in &plan.settings {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        if name.is_empty() || !name.chars().all(fits) {
            return Err(Error::SettingName { name: name.clone() });
        }
        settings.push((name.clone(), value.clone()));
    }
    // A list of folders, in which quotes keep commas and spaces together.
    let quoted = format!("\"{}\"", sockets.display().to_string().replace('"', "\"\""));
    let fixed = [
        ("listen_addresses", ""),
        ("port", "5432"),
        ("unix_socket_directories", &quoted),
        ("unix_socket_permissions", "0700"),
        ("logging_collector", "off"),
        ("log_destination", "stderr"),
    ];
    settings.extend(fixed.map(owned));
    Ok(settings)
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The error of a server, with the end of its log.
pub(super) fn failure(cluster: &Path, reason: &str) -> Error {
    let log = std::fs::read(cluster.join("log")).unwrap_or_default();
    let text = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n");
    Error::Server { cluster: cluster.to_owned(), reason: reason.to_owned(), tail }
}
