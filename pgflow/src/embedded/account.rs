//! The user that the server runs as, and how its programs are started.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Error;
use super::error::io;

/// The user that owns the cluster's files and runs its programs.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) name: String,
    /// Whether this process is root and has to become that user.
    pub(super) dropped: bool,
}

impl Account {
    /// This process's user, or `postgres` or `nobody` where that is root.
    pub(super) fn current() -> Result<Self, Error> {
        let own = Self { uid: id(&["-u"])?, gid: id(&["-g"])?, name: "this user".to_owned(), dropped: false };
        if own.uid != 0 {
            return Ok(own);
        }
        for name in ["postgres", "nobody"] {
            if let (Ok(uid), Ok(gid)) = (id(&["-u", name]), id(&["-g", name])) {
                return Ok(Self { uid, gid, name: name.to_owned(), dropped: true });
            }
        }
        Err(Error::NoServerUser)
    }

    /// A command that runs as this user, with no standard streams, none of libpq's variables and messages in English.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        // A server that finds NOTIFY_SOCKET would report to the service manager of the process that started it.
        command.env_remove("NOTIFY_SOCKET").env("LC_ALL", "C").current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if self.dropped {
            // The standard library clears the supplementary groups when root changes the user.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Hands `path` to this user, if this process is somebody else.
    pub(super) fn give(&self, path: &Path) -> Result<(), Error> {
        if self.dropped {
            chown(path, Some(self.uid), Some(self.gid)).map_err(io("change the owner of", path))?;
        }
        Ok(())
    }

    /// Fails if a folder above `path` cannot be passed through by this user.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), Error> {
        for folder in path.ancestors().skip(1) {
            let Ok(metadata) = folder.metadata() else { continue };
            let search = match (metadata.uid() == self.uid, metadata.gid() == self.gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if metadata.mode() & search == 0 {
                return Err(Error::OutOfReach {
                    path: path.to_owned(),
                    folder: folder.to_owned(),
                    user: self.name.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Asks `id`, which knows users that `/etc/passwd` does not.
fn id(arguments: &[&str]) -> Result<u32, Error> {
    let program = Path::new("id");
    let output = Command::new(program).args(arguments).output().map_err(io("run", program))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| Error::Program {
        program: format!("id {}", arguments.join(" ")),
        status: output.status.to_string(),
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
