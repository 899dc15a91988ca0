//! Finding the files that the user names.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use crate::workflow::{File, Listing};

/// More files than this are not the matter of a first example.
const MOST_FILES: usize = 5_000;

/// What is wrong with the paths that the user named: a sentence.
#[derive(Debug)]
pub(crate) struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

/// The absolute paths of what the user named; in place of nothing, the repository that this example is a part of.
pub(crate) fn absolute(named: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let repository = [Path::new(env!("CARGO_MANIFEST_DIR")).join("..")];
    let named = if named.is_empty() { &repository } else { named };
    named.iter().map(|path| path.canonicalize().map_err(|error| unusable(path, &error))).collect()
}

/// All files among and below `paths`, sorted. In folders, hidden names, `target`, `node_modules` and symbolic links are passed over.
pub(crate) fn list(paths: &[PathBuf]) -> Result<Listing, Problem> {
    let mut listing = Listing { files: Vec::new(), left_out: Vec::new() };
    for path in paths {
        if path.is_dir() {
            std::fs::read_dir(path).map_err(|error| unusable(path, &error))?;
            walk(path, &mut listing)?;
        } else {
            std::fs::File::open(path).map_err(|error| unusable(path, &error))?;
            take(path, &mut listing);
        }
    }
    listing.files.sort();
    listing.files.dedup();
    if listing.files.is_empty() {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Problem(format!(
            "there is no file to read in {} (hidden ones, `target`, `node_modules` and links are passed over)",
            paths.join(", ")
        )));
    }
    Ok(listing)
}

/// What tells one set of files from another: their paths, lengths and times of change.
pub(crate) fn digest(listing: &Listing) -> String {
    let mut hash = Sha256::new();
    for file in &listing.files {
        hash.update(format!("{}\0{}\0{}\0", file.path, file.bytes, file.changed));
    }
    hash.finalize()[..12].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn walk(folder: &Path, listing: &mut Listing) -> Result<(), Problem> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            listing.left_out.push(unusable(folder, &error).0);
            return Ok(());
        }
    };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let passed_over = name.as_encoded_bytes().starts_with(b".") || name == "target" || name == "node_modules";
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !passed_over => walk(&entry.path(), listing)?,
            Ok(kind) if kind.is_file() && !passed_over => take(&entry.path(), listing),
            _ => {}
        }
        if listing.files.len() > MOST_FILES {
            return Err(Problem(format!(
                "there are more than {MOST_FILES} files: name a smaller folder, or some files, after `--`"
            )));
        }
    }
    Ok(())
}

fn take(path: &Path, listing: &mut Listing) {
    let Some(name) = path.to_str() else {
        listing.left_out.push(format!("{}: its name is not UTF-8", path.display()));
        return;
    };
    let facts = path.metadata().ok();
    let changed = facts.as_ref().and_then(|facts| facts.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    listing.files.push(File {
        path: name.to_owned(),
        bytes: facts.map_or(0, |facts| facts.len()),
        changed: changed.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
    });
}

fn unusable(path: &Path, error: &std::io::Error) -> Problem {
    let path = path.display();
    Problem(match error.kind() {
        ErrorKind::NotFound => format!("there is no file or folder {path}"),
        ErrorKind::PermissionDenied => format!("no permission to read {path}"),
        _ => format!("{path} cannot be read: {error}"),
    })
}
