//! Nothing is left, however the process ends that used the server.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use pgflow::embedded::{Postgres, Shutdown};

use crate::support::{Place, User, ask, command, eventually, is_alive, parent, send, server, supervisor_has_finished};

fn nothing_is_left_of(user: &User) {
    eventually("the server is gone", || !is_alive(user.server));
    eventually("the folder is gone", || !user.folder.exists());
}

#[test]
fn a_normal_exit_leaves_nothing() {
    let mut user = User::start("temporary", "exit");
    assert!(user.wait().success());
    eventually("the folder is gone", || !user.folder.exists());
    assert!(user.server == 0 || !is_alive(user.server));
}

#[test]
fn stop_returns_when_nothing_is_left() {
    let mut user = User::start("temporary", "stop");
    assert!(user.wait().success());
    assert!(!user.folder.exists());
}

#[test]
fn a_panic_leaves_nothing() {
    let mut user = User::start("temporary", "panic");
    assert!(!user.wait().success());
    eventually("the folder is gone", || !user.folder.exists());
    assert!(user.server == 0 || !is_alive(user.server));
}

#[test]
fn ctrl_c_leaves_nothing() {
    let mut user = User::start("temporary", "wait");
    assert!(is_alive(user.server));
    user.signal_group("INT");
    assert!(!user.wait().success());
    nothing_is_left_of(&user);
}

#[test]
fn kill_9_leaves_nothing() {
    let mut user = User::start("temporary", "wait");
    assert!(is_alive(user.server));
    user.signal("KILL");
    assert!(!user.wait().success());
    nothing_is_left_of(&user);
}

/// The server may be anywhere in its start: asked for, copied, started, not yet ready.
#[test]
fn kill_9_during_the_start_leaves_nothing() {
    for milliseconds in [5, 15, 30, 50, 80, 120] {
        let place = Place::new(&format!("early{milliseconds}"));
        let mut child = command(&place.kind(), "wait").process_group(0).spawn().expect("embedded-user runs");
        // No condition to wait for: the moment is what is tested.
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().expect("it can be killed");
        child.wait().expect("it can be waited for");
        supervisor_has_finished(&place.0);
        assert_eq!(server(&place.0), None);
    }
}

#[tokio::test]
async fn dropping_it_stops_the_server_while_the_process_goes_on() {
    let postgres = Postgres::builder().temporary().start().await.expect("it starts");
    let folder = postgres.folder().to_owned();
    assert_eq!(ask(&postgres, "postgres", "show fsync").await, "off");
    drop(postgres);
    eventually("the folder is gone", || !folder.exists());
}

#[tokio::test]
async fn a_server_that_was_halted_leaves_nothing_either() {
    let postgres = Postgres::builder().temporary().start().await.expect("it starts");
    let folder = postgres.folder().to_owned();
    postgres.halt(Shutdown::Immediate).await.expect("it stops");
    assert_eq!(server(&folder), None);
    postgres.stop().await.expect("it stops");
    assert!(!folder.exists());
}

/// A benchmark, or a test of recovery, on memory would say nothing.
#[tokio::test]
async fn a_durable_temporary_server_writes_to_disk() {
    let postgres = Postgres::builder().temporary().durable(true).start().await.expect("it starts");
    assert!(postgres.folder().starts_with("/tmp"), "{}", postgres.folder().display());
    for setting in ["show fsync", "show synchronous_commit", "show full_page_writes"] {
        assert_eq!(ask(&postgres, "postgres", setting).await, "on");
    }
    postgres.stop().await.expect("it stops");
}

#[tokio::test]
async fn other_users_cannot_reach_it() {
    let postgres = Postgres::builder().temporary().start().await.expect("it starts");
    let metadata = postgres.folder().metadata().expect("it is there");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    assert_ne!(metadata.uid(), 0, "the server of root is dropped to another user");
    assert_eq!(ask(&postgres, "postgres", "show listen_addresses").await, "");

    let own = Command::new("id").arg("-u").output().expect("id runs").stdout;
    if own == b"0\n" {
        // Some number that is nobody's.
        let status = Command::new("ls").arg(postgres.folder()).uid(54_321).gid(54_321).status().expect("ls runs");
        assert!(!status.success());
    }
    postgres.stop().await.expect("it stops");
}

/// Nobody is there to clean up after a supervisor that was killed, but for the next who needs a server.
#[test]
fn what_a_killed_supervisor_left_is_removed_later() {
    let mut user = User::start("temporary", "wait");
    let supervisor = parent(parent(user.server));
    send("KILL", &supervisor.to_string());
    user.signal("KILL");
    user.wait();
    eventually("the supervisor is gone", || !is_alive(supervisor));
    assert!(is_alive(user.server));

    // Not at once: it might be a cluster that is just being made.
    let status = Command::new("touch").args(["-d", "2020-01-01T00:00:00"]).arg(user.folder.join("start.lock")).status();
    assert!(status.expect("touch runs").success());
    assert!(User::start("temporary", "stop").wait().success());
    nothing_is_left_of(&user);
}
