//! An empty cluster, made once for each version of Postgres and copied ever after: `initdb` takes a second, the copy less
//! than a tenth of one.

use std::fs::{DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::Error;
use super::account::Account;
use super::binaries::Binaries;
use super::error::io;
use super::folders;

/// The folder to copy. Its maker holds a lock, and it appears under its name only when it is whole.
pub(super) fn template(binaries: &Binaries, account: &Account) -> Result<PathBuf, Error> {
    let cache = folders::cache(account)?;
    account.check_reach(&cache.join("template"))?;
    let path = cache.join(name(binaries));
    if is_made(&path, account)? {
        return Ok(path);
    }

    let lock_path = cache.join("initdb.lock");
    let lock = folders::lock_file(&lock_path)?;
    folders::lock(&lock, &lock_path, Duration::from_secs(120), "a process that runs initdb")?;
    if is_made(&path, account)? {
        return Ok(path);
    }
    let building = path.with_extension("building");
    match std::fs::remove_dir_all(&building) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io("remove", &building)(error)),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(&building).map_err(io("create", &building))?;
    account.give(&building)?;
    // An initdb that outlives this process, because that was killed, keeps the lock.
    let held = lock.try_clone().map_err(io("duplicate", &lock_path))?;
    initdb(&building, binaries, account, held)?;
    std::fs::rename(&building, &path).map_err(io("rename", &building))?;
    Ok(path)
}

/// The major version of the data in `folder`, if there is data.
pub(super) fn data_version(folder: &Path) -> Result<Option<u32>, Error> {
    let path = folder.join("PG_VERSION");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io("read", &path)(error)),
    }
}

fn is_made(path: &Path, account: &Account) -> Result<bool, Error> {
    if !path.try_exists().map_err(io("look at", path))? {
        return Ok(false);
    }
    folders::check_owner(path, account.uid, 0o077)?;
    Ok(true)
}

/// The same superuser, encoding and order everywhere, whatever the machine's locale.
fn initdb(folder: &Path, binaries: &Binaries, account: &Account, held: File) -> Result<(), Error> {
    let program = binaries.program("initdb");
    let mut command = account.command(&program);
    command.args(ARGUMENTS).arg("-D").arg(folder);
    command.stdin(held).stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().map_err(io("run", &program))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Program {
        program: format!("{} -D {}", program.display(), folder.display()),
        status: output.status.to_string(),
        output: String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    })
}

/// Another build of Postgres, or other arguments, make another template.
fn name(binaries: &Binaries) -> String {
    let key = format!("{}\n{}\n{}", binaries.version, binaries.folder.display(), ARGUMENTS.join(" "));
    let hash: String = Sha256::digest(key).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("initdb-{}-{hash}", binaries.major)
}

const ARGUMENTS: &[&str] =
    &["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"];
