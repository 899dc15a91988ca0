//! Processes that use a server, and questions about what is left of them.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use pgflow::embedded::Postgres;
use sqlx::{Connection, PgConnection};

/// A running `embedded-user`, in a process group of its own.
pub(crate) struct User {
    child: Child,
    pub(crate) folder: PathBuf,
    pub(crate) url: String,
    pub(crate) server: u32,
}

impl User {
    pub(crate) fn start(kind: &str, way: &str) -> Self {
        Self::spawn(command(kind, way))
    }

    /// Starts it and waits until its server is there.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).process_group(0).spawn().expect("embedded-user runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it writes text");
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, folder, url] = words[..] else { panic!("embedded-user wrote `{line}`, not what it should") };
        let (folder, url) = (PathBuf::from(folder), url.to_owned());
        // By the time that this is read, one that ends at once may be gone, and its server with it.
        let server = server(&folder).unwrap_or_default();
        Self { child, folder, url, server }
    }

    /// Sends a signal to it alone.
    pub(crate) fn signal(&self, signal: &str) {
        send(signal, &self.child.id().to_string());
    }

    /// Sends a signal to its process group, as a terminal does.
    pub(crate) fn signal_group(&self, signal: &str) {
        send(signal, &format!("-{}", self.child.id()));
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("it can be waited for")
    }
}

impl Drop for User {
    fn drop(&mut self) {
        // It is gone already in all tests but those that fail.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `embedded-user` without what the environment of the tests says about databases.
pub(crate) fn command(kind: &str, way: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_embedded-user"));
    command.args([kind, way]).env_remove("DATABASE_URL");
    command
}

/// A folder for a persistent cluster, which the user of the server can reach; removed with its guard.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        Self(PathBuf::from(format!("/tmp/pgft-{name}-{}", std::process::id())))
    }

    pub(crate) fn kind(&self) -> String {
        format!("persistent:{}", self.0.display())
    }

    pub(crate) async fn start(&self) -> Postgres {
        Postgres::builder().persistent(&self.0).start().await.expect("the cluster starts")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        supervisor_has_finished(&self.0);
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Waits until the supervisor of the cluster in `folder`, if there is one, has stopped the server and ended.
pub(crate) fn supervisor_has_finished(folder: &Path) {
    let lock = folder.join("supervisor.lock");
    eventually("the supervisor has finished", || {
        std::fs::File::open(&lock).map_or(true, |lock| lock.try_lock_shared().is_ok())
    });
}

/// The process of the server in a cluster's folder.
pub(crate) fn server(folder: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(folder.join("data/postmaster.pid")).ok()?;
    text.lines().next()?.parse().ok()
}

pub(crate) fn is_alive(pid: u32) -> bool {
    let status = Command::new("kill").args(["-0", &pid.to_string()]).stderr(Stdio::null()).status();
    status.expect("kill runs").success()
}

pub(crate) fn send(signal: &str, to: &str) {
    let status = Command::new("kill").args(["-s", signal, "--", to]).status().expect("kill runs");
    assert!(status.success(), "no signal {signal} to {to}");
}

/// The parent of a process.
pub(crate) fn parent(pid: u32) -> u32 {
    let output = Command::new("ps").args(["-o", "ppid=", "-p", &pid.to_string()]).output().expect("ps runs");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("ps prints a number")
}

/// Waits for a condition.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "not within 30 seconds: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The one value that a statement gives.
pub(crate) async fn ask(postgres: &Postgres, database: &str, statement: &'static str) -> String {
    let options = postgres.connect_options(database);
    let mut connection = PgConnection::connect_with(&options).await.expect("it connects");
    sqlx::query_scalar(statement).fetch_one(&mut connection).await.expect("it answers")
}

pub(crate) async fn execute(postgres: &Postgres, database: &str, statements: &'static str) {
    let options = postgres.connect_options(database);
    let mut connection = PgConnection::connect_with(&options).await.expect("it connects");
    sqlx::raw_sql(statements).execute(&mut connection).await.expect("it executes");
}
