//! The example as a process, and files for it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use pgflow_tests::TestDb;

/// A folder that goes when this is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("pgflow-quickstart-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).expect("the folder is made");
        Self(path)
    }

    /// A folder of texts: the file of number n has n lines of three words.
    pub(crate) fn of_texts(count: usize) -> Self {
        let folder = Self::new();
        for n in 1..=count {
            folder.write(&format!("{n:03}.txt"), "the quick fox\n".repeat(n));
        }
        folder
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), content).expect("the file is written");
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder for temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `quickstart PATH` with options before it, on this database.
pub(crate) fn command(url: &str, options: &[&str], path: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command.env("DATABASE_URL", url).args(options).arg(path).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A quickstart that is under way.
pub(crate) struct Quickstart(Option<Child>);

impl Quickstart {
    pub(crate) fn start(db: &TestDb, options: &[&str], folder: &Folder) -> Self {
        Self(Some(command(&db.url(), options, folder.path()).spawn().expect("the example runs")))
    }

    pub(crate) fn signal(&self, signal: &str) {
        let process = self.0.as_ref().expect("it runs").id().to_string();
        let status = Command::new("kill").args(["-s", signal, &process]).status();
        assert!(status.expect("`kill` runs").success());
    }

    /// Waits for its end: the exit code (none if it was killed) and what it printed.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        outcome(self.0.take().expect("it runs").wait_with_output().expect("it ends"))
    }
}

impl Drop for Quickstart {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // It is there only where a test fails.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs it to its end.
pub(crate) fn run(url: &str, options: &[&str], path: &Path) -> (Option<i32>, String) {
    outcome(command(url, options, path).output().expect("the example runs"))
}

fn outcome(output: Output) -> (Option<i32>, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("it prints text"))
}
