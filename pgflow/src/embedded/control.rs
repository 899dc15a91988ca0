//! One's hold on a running server: the write end of its supervisor's FIFO.
//!
//! The supervisor is a shell script (`supervisor.sh`). It lives in a process group of its own, so that Ctrl-C at a
//! terminal reaches neither it nor the server.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio::net::unix::pipe;

use super::Error;
use super::account::Account;
use super::binaries::Binaries;
use super::error::io;
use super::folders;

/// How long a supervisor may take to do as it is told; stopping a server may need a checkpoint.
const PATIENCE: Duration = Duration::from_secs(60);

/// While this is held, the supervisor keeps the server.
#[derive(Debug)]
pub(super) struct Control {
    fifo: File,
    cluster: PathBuf,
}

/// What a supervisor does with the data when the last user has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Keeps it.
    Persistent,
    /// Removes the cluster's whole folder.
    Temporary,
    /// Removes the data, and leaves the locks of the folder for the next.
    Shared,
}

/// Everything that a supervisor needs to know.
#[derive(Debug)]
pub(super) struct Orders<'a> {
    pub(super) account: &'a Account,
    pub(super) binaries: &'a Binaries,
    pub(super) template: &'a Path,
    pub(super) sockets: &'a Path,
    pub(super) kind: Kind,
    /// How long the server outlives its last user, in whole seconds.
    pub(super) linger: Duration,
    pub(super) settings: &'a [(String, String)],
}

impl Control {
    /// Starts a supervisor, which starts the server. It keeps `lock` locked until it has finished.
    pub(super) fn start(cluster: &Path, orders: &Orders<'_>, lock: File) -> Result<Self, Error> {
        let path = cluster.join("control");
        make_fifo(&path, orders.account)?;
        // Opened for both, a FIFO waits for no other side; it must not stay so, or there would always be a reader.
        let both = OpenOptions::new().read(true).write(true).open(&path).map_err(io("open", &path))?;
        let read = File::open(&path).map_err(io("open", &path))?;
        let fifo = OpenOptions::new().write(true).open(&path).map_err(io("open", &path))?;
        drop(both);

        let shell = Path::new("/bin/sh");
        let mut command = orders.account.command(shell);
        command.arg("-c").arg(include_str!("supervisor.sh")).arg("pgflow-supervisor");
        command.args([cluster, orders.sockets, &orders.binaries.folder, orders.template]);
        command.arg(match orders.kind {
            Kind::Persistent => "persistent",
            Kind::Temporary => "temporary",
            Kind::Shared => "shared",
        });
        command.arg(orders.linger.as_secs().to_string());
        for (name, value) in orders.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command.process_group(0).stdin(Stdio::from(read)).stdout(Stdio::from(lock));
        command.spawn().map_err(io("run", shell)).map(reap)?;
        Ok(Self { fifo, cluster: cluster.to_owned() })
    }

    /// Joins the users of a running server; `None` if its supervisor is gone or about to go.
    pub(super) fn attach(cluster: &Path) -> Result<Option<Self>, Error> {
        let Some(fifo) = open_fifo(&cluster.join("control"))? else {
            return Ok(None);
        };
        let control = Self { fifo, cluster: cluster.to_owned() };
        Ok(control.tell("attach", "")?.then_some(control))
    }

    /// Stops the server, in the mode of `pg_ctl` that is given, and keeps it stopped.
    pub(super) fn halt(&self, mode: &str) -> Result<(), Error> {
        self.must("halt", mode)
    }

    /// Starts the server again.
    pub(super) fn resume(&self) -> Result<(), Error> {
        self.must("resume", "")
    }

    fn must(&self, verb: &'static str, argument: &str) -> Result<(), Error> {
        if self.tell(verb, argument)? {
            return Ok(());
        }
        Err(super::attach::failure(&self.cluster, "has lost its supervisor"))
    }

    /// Gives an order and waits until it has been carried out; false if there is nobody who would.
    fn tell(&self, verb: &'static str, argument: &str) -> Result<bool, Error> {
        let token = format!("{:016x}", folders::random());
        let path = self.cluster.join("control");
        // One write of a short line: lines of several processes do not mix.
        match (&self.fifo).write_all(format!("{verb} {token} {argument}\n").as_bytes()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(false),
            Err(error) => return Err(io("write to", &path)(error)),
        }
        let answer = self.cluster.join(format!("ack.{token}"));
        let start = Instant::now();
        loop {
            match std::fs::remove_file(&answer) {
                Ok(()) => return Ok(true),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(io("remove", &answer)(error)),
            }
            if open_fifo(&path)?.is_none() {
                return Ok(false);
            }
            if start.elapsed() > PATIENCE {
                return Err(super::attach::failure(&self.cluster, "has a supervisor that does not answer"));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Opens the FIFO for writing, without waiting; `None` if nobody reads from it.
fn open_fifo(path: &Path) -> Result<Option<File>, Error> {
    let sender = match pipe::OpenOptions::new().open_sender(path) {
        Ok(sender) => sender,
        // ENXIO, which says that nobody reads, has no name in the standard library.
        Err(error) if error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(6) => return Ok(None),
        Err(error) => return Err(io("open", path)(error)),
    };
    sender.into_nonblocking_fd().map(|fd| Some(File::from(fd))).map_err(io("open", path))
}

fn make_fifo(path: &Path, account: &Account) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io("remove", path)(error)),
        _ => {}
    }
    let program = Path::new("mkfifo");
    let output = Command::new(program).args(["-m", "600"]).arg(path).output().map_err(io("run", program))?;
    if !output.status.success() {
        return Err(Error::Program {
            program: format!("mkfifo {}", path.display()),
            status: output.status.to_string(),
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    account.give(path)
}

/// Waits for the supervisor in a thread, so that it leaves no zombie in a process that goes on.
fn reap(mut child: std::process::Child) {
    // Without the thread there is a zombie until this process ends, which does no harm.
    let _ =
        std::thread::Builder::new().name("pgflow-reaper".to_owned()).stack_size(64 * 1024).spawn(move || child.wait());
}
