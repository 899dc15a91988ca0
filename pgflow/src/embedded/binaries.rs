//! Finds the server's programs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;

/// The oldest version that will do: `CREATE DATABASE .. STRATEGY` came with it.
pub(super) const OLDEST: u32 = 15;

/// A folder with `initdb`, `pg_ctl` and `postgres`.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    /// All that `postgres --version` says, such as `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    pub(super) version: String,
    pub(super) major: u32,
}

impl Binaries {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Where to look.
#[derive(Debug)]
pub(super) struct Search {
    /// The only folder to look at, with the name of who said so.
    only: Option<(&'static str, PathBuf)>,
    path: Option<OsString>,
    /// Folders in which each `*` stands for any name.
    usual: &'static [&'static str],
}

impl Search {
    /// `folder` alone, or what the environment says.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        let only = folder.map(|folder| ("Builder::binaries", folder));
        let variable = || std::env::var_os("PGFLOW_PG_BIN").map(|folder| ("PGFLOW_PG_BIN", folder.into()));
        Self { only: only.or_else(variable), path: std::env::var_os("PATH"), usual: USUAL }
    }

    /// The first server that will do: of version `major` if data of that version is there, else of [`OLDEST`] or newer.
    pub(super) fn find(&self, major: Option<u32>) -> Result<Binaries, Error> {
        let mut looked = Vec::new();
        let mut accept = |place: &str, folders: Vec<PathBuf>| {
            if folders.is_empty() {
                looked.push(format!("{place}: nothing there"));
            }
            for folder in folders {
                match inspect(&folder, major) {
                    Ok(binaries) => return Some(binaries),
                    Err(reason) if folder.as_os_str() == place => looked.push(format!("{place}: {reason}")),
                    Err(reason) => looked.push(format!("{place}: {}: {reason}", folder.display())),
                }
            }
            None
        };
        let found = match &self.only {
            Some((origin, folder)) => accept(origin, vec![folder.clone()]),
            None => accept("PATH", self.in_path("postgres"))
                .or_else(|| accept("pg_config --bindir", self.by_pg_config()))
                .or_else(|| self.usual.iter().find_map(|pattern| accept(pattern, expand(pattern)))),
        };
        let wanted = match major {
            Some(major) => format!("{major} (the data is of that version)"),
            None => format!("{OLDEST} or newer"),
        };
        found.ok_or(Error::BinariesNotFound { wanted, looked })
    }

    /// The real folders of a program in `PATH`; distributions put symbolic links there.
    fn in_path(&self, program: &str) -> Vec<PathBuf> {
        let mut folders = Vec::new();
        for folder in self.path.iter().flat_map(std::env::split_paths).filter(|folder| folder.is_absolute()) {
            let Ok(real) = folder.join(program).canonicalize() else {
                continue;
            };
            if let Some(real) = real.parent().filter(|real| !folders.iter().any(|known| known == real)) {
                folders.push(real.to_owned());
            }
        }
        folders
    }

    fn by_pg_config(&self) -> Vec<PathBuf> {
        let programs = self.path.iter().flat_map(std::env::split_paths).map(|folder| folder.join("pg_config"));
        let Some(program) = programs.into_iter().find(|program| program.is_absolute() && program.is_file()) else {
            return Vec::new();
        };
        let Ok(output) = Command::new(program).arg("--bindir").output() else {
            return Vec::new();
        };
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        if folder.is_absolute() { vec![folder] } else { Vec::new() }
    }
}

/// What is in `folder`, or why it will not do.
fn inspect(folder: &Path, wanted: Option<u32>) -> Result<Binaries, String> {
    for program in ["initdb", "pg_ctl", "postgres"] {
        if !folder.join(program).is_file() {
            return Err(format!("has no {program}"));
        }
    }
    let output = Command::new(folder.join("postgres")).arg("--version").env("LC_ALL", "C").output();
    let output = output.map_err(|error| format!("postgres cannot be run: {error}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = parse_major(&version).ok_or_else(|| format!("postgres says `{version}` as its version"))?;
    match wanted {
        Some(wanted) if wanted != major => Err(format!("is version {major}")),
        None if major < OLDEST => Err(format!("is version {major}, older than {OLDEST}")),
        _ => Ok(Binaries { folder: folder.to_owned(), version, major }),
    }
}

/// The major version in `postgres (PostgreSQL) 15.18 (Debian ..)`.
fn parse_major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The folders that fit the pattern, the highest version first.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = match part.split_once('*') {
            None => found.into_iter().map(|folder| folder.join(part)).filter(|path| path.is_dir()).collect(),
            Some((before, after)) => {
                found.iter().flat_map(|folder| matching(folder, before, after)).filter(|path| path.is_dir()).collect()
            }
        };
    }
    found.sort_by_key(|path| std::cmp::Reverse(numbers(path)));
    found
}

fn matching(folder: &Path, before: &str, after: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let fits = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
    };
    entries.map(|entry| entry.path()).filter(fits).collect()
}

/// The numbers in a path, so that 9.6 sorts before 15.
fn numbers(path: &Path) -> Vec<u32> {
    let text = path.to_string_lossy();
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

/// Debian; Red Hat, PGDG's and Fedora's; Homebrew on three systems; Postgres.app; Alpine; a build of one's own.
const USUAL: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_what_postgres_says() {
        assert_eq!(parse_major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(parse_major("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(parse_major("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(parse_major("no such file"), None);
    }

    #[test]
    fn the_highest_version_comes_first() {
        let mut paths = ["/usr/lib/postgresql/9.6/bin", "/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/15/bin"];
        paths.sort_by_key(|path| std::cmp::Reverse(numbers(Path::new(path))));
        assert_eq!(paths[0], "/usr/lib/postgresql/17/bin");
        assert_eq!(paths[2], "/usr/lib/postgresql/9.6/bin");
    }

    #[test]
    fn the_error_says_where_it_looked_and_three_ways_out() {
        let search = Search { only: None, path: Some("".into()), usual: &["/nowhere/postgresql/*/bin"] };
        let message = search.find(None).expect_err("there is nothing").to_string();
        for part in
            ["15 or newer", "PATH: nothing", "pg_config --bindir: nothing", "/nowhere/postgresql/*/bin: nothing"]
        {
            assert!(message.contains(part), "{part} is missing in: {message}");
        }
        for part in
            ["1. install", "2. say where one is: PGFLOW_PG_BIN", "3. use a server that is running: DATABASE_URL"]
        {
            assert!(message.contains(part), "{part} is missing in: {message}");
        }
    }

    #[test]
    fn a_folder_that_was_named_is_the_only_one() {
        let search = Search { only: Some(("PGFLOW_PG_BIN", "/nowhere".into())), path: None, usual: USUAL };
        let message = search.find(None).expect_err("there is nothing").to_string();
        assert!(message.contains("PGFLOW_PG_BIN: /nowhere: has no initdb"), "{message}");
        assert!(!message.contains("/usr/lib/postgresql"), "{message}");
    }
}
