//! Where data, templates and sockets lie, and that nobody else can get at them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::Error;
use super::account::Account;
use super::error::io;

/// The folder of a persistent cluster: a bare name lies below the user's data folder, anything else is a path.
pub(super) fn persistent(place: &Path, account: &Account) -> Result<PathBuf, Error> {
    let mut components = place.components();
    if let (Some(Component::Normal(name)), None) = (components.next(), components.next()) {
        let data =
            if account.dropped { Some(PathBuf::from("/var/lib")) } else { base("XDG_DATA_HOME", ".local/share") };
        let data = data.ok_or_else(|| Error::NoHome { name: name.to_string_lossy().into_owned() })?;
        return Ok(data.join("pgflow").join(name));
    }
    std::path::absolute(place).map_err(io("find", place))
}

/// The folder of the templates and of the tests' cluster. It is created, and belongs to this process's user alone.
pub(super) fn cache(account: &Account) -> Result<PathBuf, Error> {
    if account.dropped {
        let path = PathBuf::from("/var/cache/pgflow");
        create_above(&path)?;
        return owned(path, 0, 0o755);
    }
    let path = match base("XDG_CACHE_HOME", ".cache") {
        Some(base) => base.join("pgflow"),
        None => PathBuf::from(format!("/var/tmp/pgflow-{}", account.uid)),
    };
    create_above(&path)?;
    owned(path, account.uid, 0o700)
}

/// A new folder for a temporary cluster, with a short name because a socket's path may have only about 100 bytes.
///
/// It lies in memory, where there is enough of it and nothing need be durable.
pub(super) fn temporary(account: &Account, durable: bool) -> Result<PathBuf, Error> {
    let root = if !durable && has_memory() { MEMORY } else { TEMPORARY };
    let path = Path::new(root).join(format!("{PREFIX}{:08x}", random() as u32));
    DirBuilder::new().mode(0o700).create(&path).map_err(io("create", &path))?;
    account.give(&path)?;
    Ok(path)
}

/// The folder of a temporary cluster for all processes of this user.
pub(super) fn shared(name: &str, account: &Account) -> Result<PathBuf, Error> {
    let memory = Path::new(MEMORY).join(format!("pgflow-{}-{name}", account.uid));
    // Where it has been once it stays, however full the memory is now: all processes must find the same.
    if check_owner(&memory, account.uid, 0o077).is_ok() || (!memory.exists() && has_memory()) {
        return Ok(memory);
    }
    Ok(cache(account)?.join(name))
}

/// Temporary clusters of this user that nobody started anything in for an hour. They may well be in use.
pub(super) fn abandoned(account: &Account) -> Vec<PathBuf> {
    let old = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let age =
            path.join("start.lock").metadata().and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
        name.starts_with(PREFIX.as_bytes())
            && check_owner(path, account.uid, 0o077).is_ok()
            && matches!(age, Ok(Ok(age)) if age > Duration::from_secs(3600))
    };
    let roots = [TEMPORARY, MEMORY].into_iter();
    let entries = roots.flat_map(|root| std::fs::read_dir(root).into_iter().flatten().flatten());
    entries.map(|entry| entry.path()).filter(old).collect()
}

/// Where the server of `cluster` has its socket: there, or in `/tmp` where that path would be too long for a socket.
pub(super) fn sockets(cluster: &Path) -> PathBuf {
    /// What every system's `sun_path` has room for.
    const LONGEST: usize = 103;
    if cluster.as_os_str().len() + "/.s.PGSQL.5432".len() <= LONGEST {
        return cluster.to_owned();
    }
    let hash = Sha256::digest(cluster.as_os_str().as_encoded_bytes());
    let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Path::new(TEMPORARY).join(format!("{PREFIX}{name}"))
}

/// Creates `path` for the server's user, or checks that it is his, and closed to everybody else.
pub(super) fn private(path: &Path, account: &Account) -> Result<(), Error> {
    create_above(path)?;
    account.check_reach(path)?;
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => account.give(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // Another process of root has made it just now, and is about to give it away; or was killed before it did.
            if account.dropped && check_owner(path, 0, 0o077).is_ok() && is_empty(path) {
                account.give(path)?;
            }
            check_owner(path, account.uid, 0o077)
        }
        Err(error) => Err(io("create", path)(error)),
    }
}

fn is_empty(path: &Path) -> bool {
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// A number that nobody can foresee.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Opens a lock file, creating it if needed.
pub(super) fn lock_file(path: &Path) -> Result<File, Error> {
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    open.map_err(io("open", path))
}

/// Waits for an exclusive lock, which the kernel gives back however its holder ends.
pub(super) fn lock(file: &File, path: &Path, patience: Duration, holder: &'static str) -> Result<(), Error> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(std::fs::TryLockError::Error(error)) => return Err(io("lock", path)(error)),
            Err(std::fs::TryLockError::WouldBlock) if start.elapsed() > patience => {
                return Err(Error::Locked { path: path.to_owned(), seconds: patience.as_secs(), holder });
            }
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(3)),
        }
    }
}

/// The folder that an XDG variable names, or one below the home folder. Relative paths do not count, says XDG.
fn base(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    let named = std::env::var_os(variable).map(PathBuf::from).and_then(absolute);
    named.or_else(|| Some(absolute(std::env::var_os("HOME")?.into())?.join(below_home)))
}

fn create_above(path: &Path) -> Result<(), Error> {
    let above = path.parent().unwrap_or(path);
    std::fs::create_dir_all(above).map_err(io("create", above))
}

/// Creates the folder, or checks that nobody but `uid` can write to it.
fn owned(path: PathBuf, uid: u32, mode: u32) -> Result<PathBuf, Error> {
    match DirBuilder::new().mode(mode).create(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => check_owner(&path, uid, 0o022)?,
        Err(error) => return Err(io("create", &path)(error)),
    }
    Ok(path)
}

/// Whether the file system in memory, which Linux has, can take the data of some hundred tests. A container's is small.
fn has_memory() -> bool {
    const ENOUGH_KIB: u64 = 4 << 20;
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let df = std::process::Command::new("df").args(["-Pk", MEMORY]).env("LC_ALL", "C").output();
    let df = df.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // Device, size, used, available.
    let room = df.lines().nth(1).and_then(|line| line.split_whitespace().nth(3));
    let enough = |number: Option<&str>| {
        let number = number.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        number.is_some_and(|kib| kib >= ENOUGH_KIB)
    };
    enough(available) && enough(room)
}

/// A folder of somebody else, or one open to others, may have been laid there to be trusted.
pub(super) fn check_owner(path: &Path, uid: u32, forbidden: u32) -> Result<(), Error> {
    let metadata = path.symlink_metadata().map_err(io("look at", path))?;
    let reason = if !metadata.is_dir() {
        "it is not a folder".to_owned()
    } else if metadata.uid() != uid {
        format!("it belongs to the user with the number {}, and not {uid}", metadata.uid())
    } else if metadata.mode() & forbidden != 0 {
        format!("its mode {:o} opens it to others", metadata.mode() & 0o777)
    } else {
        return Ok(());
    };
    Err(Error::NotPrivate { path: path.to_owned(), reason })
}

/// Not what `TMPDIR` says, which is long on a Mac.
const TEMPORARY: &str = "/tmp";
const MEMORY: &str = "/dev/shm";
const PREFIX: &str = "pgf-";
