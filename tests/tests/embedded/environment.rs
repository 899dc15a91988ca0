//! What the environment says: `DATABASE_URL`, libpq's variables, where binaries are.

use std::process::Command;

use crate::support::{Place, User, command, supervisor_has_finished};

/// How `embedded-user` ends, and what it writes, when it cannot do its work.
fn run(mut command: Command) -> (bool, String) {
    let output = command.output().expect("embedded-user runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn a_database_url_wins_and_no_server_is_started() {
    let url = "postgres://somebody@database.example:6543/orders";
    let mut command = command("database:quickstart", "exit");
    // Without these, an embedded server would be an error.
    command.env("DATABASE_URL", url).env("PGFLOW_PG_BIN", "/nowhere");
    let (success, text) = run(command);
    assert!(success, "{text}");
    assert_eq!(text, format!("ready  {url}\n"));
}

#[test]
fn a_database_url_that_cannot_be_used_is_an_error() {
    for url in ["", " ", "orders", "mysql://host/orders", "postgres://host:port/orders"] {
        let mut command = command("database:quickstart", "exit");
        command.env("DATABASE_URL", url);
        let (success, text) = run(command);
        assert!(!success, "`{url}` was accepted: {text}");
        assert!(text.contains("DatabaseUrl"), "{text}");
    }
}

#[test]
fn without_a_database_url_the_database_is_in_a_persistent_cluster() {
    let home = Place::new("home");
    // Root has one place for its clusters, whatever its HOME.
    let name = format!("pgft-named-{}", std::process::id());
    let mut command = command(&format!("database:{name}"), "stop");
    command.env("HOME", &home.0).env_remove("XDG_DATA_HOME").env_remove("XDG_CACHE_HOME");
    let mut user = User::spawn(command);
    assert!(user.wait().success());
    assert!(user.folder.ends_with(format!("pgflow/{name}")), "{}", user.folder.display());
    assert!(user.url.starts_with(&format!("postgres://postgres@localhost:5432/{name}?host=/")), "{}", user.url);
    supervisor_has_finished(&user.folder);
    std::fs::remove_dir_all(&user.folder).expect("it is removed");
}

#[test]
fn the_variables_of_libpq_do_not_disturb() {
    let mut command = command("temporary", "stop");
    for name in ["PGDATA", "PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGSSLMODE"] {
        command.env(name, "nonsense");
    }
    for name in ["PGSSLROOTCERT", "PGSERVICE", "PGPASSFILE", "PGCLIENTENCODING", "PGTZ", "PG_COLOR", "PGCTLTIMEOUT"] {
        command.env(name, "nonsense");
    }
    let mut user = User::spawn(command);
    assert!(user.wait().success());
}

#[test]
fn a_folder_without_a_server_is_an_error_that_names_it() {
    let mut command = command("temporary", "exit");
    command.env("PGFLOW_PG_BIN", "/nowhere");
    let (success, text) = run(command);
    assert!(!success);
    assert!(text.contains("BinariesNotFound") && text.contains("/nowhere"), "{text}");
}

#[test]
fn a_server_is_found_without_a_path() {
    let mut command = command("temporary", "stop");
    // `sh`, `id` and `cp` are still there; no program of Postgres is.
    let tools = Place::new("tools");
    std::fs::create_dir(&tools.0).expect("it is created");
    for tool in ["id", "mkfifo", "cp", "mv", "rm", "sleep"] {
        let real = ["/usr/bin", "/bin"].map(|folder| format!("{folder}/{tool}"));
        let real = real.iter().find(|path| std::fs::exists(path).unwrap_or(false)).expect("every system has it");
        std::os::unix::fs::symlink(real, tools.0.join(tool)).expect("it is linked");
    }
    command.env("PATH", &tools.0);
    let mut user = User::spawn(command);
    assert!(user.wait().success());
    assert!(!user.folder.exists());
}
