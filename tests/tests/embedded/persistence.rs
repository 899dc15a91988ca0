//! A persistent cluster keeps its data, whatever happens to those who use it.

use pgflow::embedded::{Postgres, Shutdown};

use crate::support::{Place, User, ask, eventually, execute, is_alive, parent, send, server};

#[tokio::test]
async fn data_survives_kill_9_and_a_start_right_after_it() {
    let place = Place::new("kill");
    let mut user = User::start(&place.kind(), "wait");
    let postgres = place.start().await;
    execute(&postgres, "postgres", "create table kept as select 'yes' as answer").await;
    drop(postgres);

    for _ in 0..3 {
        user.signal("KILL");
        user.wait();
        // At this moment the supervisor stops the old server.
        user = User::start(&place.kind(), "wait");
    }
    let postgres = place.start().await;
    assert_eq!(ask(&postgres, "postgres", "select answer from kept").await, "yes");
    assert_eq!(ask(&postgres, "postgres", "show fsync").await, "on");
    user.signal("KILL");
    user.wait();
    postgres.stop().await.expect("it stops");
    assert_eq!(server(&place.0), None);
}

#[test]
fn two_processes_use_one_server_and_the_last_one_ends_it() {
    let place = Place::new("two");
    let mut first = User::start(&place.kind(), "wait");
    let mut second = User::start(&place.kind(), "wait");
    assert_eq!(first.url, second.url);
    assert_eq!(first.server, second.server);

    // The one that started the server goes, with all of its process group.
    first.signal_group("INT");
    first.wait();
    let mut third = User::start(&place.kind(), "exit");
    third.wait();
    assert!(is_alive(second.server));
    assert_eq!(server(&place.0), Some(second.server));

    second.signal("KILL");
    second.wait();
    eventually("the server is gone", || !is_alive(second.server));
}

#[test]
fn many_processes_may_start_it_at_the_same_moment() {
    let place = Place::new("many");
    let users: Vec<_> = (0..8)
        .map(|_| {
            let kind = place.kind();
            std::thread::spawn(move || User::start(&kind, "wait"))
        })
        .collect();
    let mut users: Vec<User> = users.into_iter().map(|user| user.join().expect("it starts")).collect();
    assert!(users.iter().all(|user| user.server == users[0].server));
    for user in &mut users {
        user.signal("KILL");
        user.wait();
    }
    eventually("the server is gone", || server(&place.0).is_none());
}

#[tokio::test]
async fn a_crash_of_the_server_loses_nothing_that_was_committed() {
    let place = Place::new("crash");
    let postgres = place.start().await;
    execute(&postgres, "postgres", "create table kept as select 'yes' as answer").await;
    let url = postgres.url("postgres");
    postgres.restart(Shutdown::Immediate).await.expect("it starts again");
    assert_eq!(postgres.url("postgres"), url);
    assert_eq!(ask(&postgres, "postgres", "select answer from kept").await, "yes");

    postgres.halt(Shutdown::Fast).await.expect("it stops");
    assert_eq!(server(&place.0), None);
    postgres.resume().await.expect("it starts again");
    assert_eq!(ask(&postgres, "postgres", "select answer from kept").await, "yes");
    postgres.stop().await.expect("it stops");
}

/// Nobody would ever stop a server whose supervisor was killed, but for the next who comes.
#[tokio::test]
async fn a_server_without_a_supervisor_is_replaced() {
    let place = Place::new("orphan");
    let mut user = User::start(&place.kind(), "wait");
    let supervisor = parent(parent(user.server));
    send("KILL", &supervisor.to_string());
    user.signal("KILL");
    user.wait();
    eventually("the supervisor is gone", || !is_alive(supervisor));
    assert!(is_alive(user.server));

    let postgres = place.start().await;
    assert!(!is_alive(user.server));
    postgres.stop().await.expect("it stops");
}

#[tokio::test]
async fn data_of_another_version_is_an_error_that_names_both() {
    let place = Place::new("version");
    let postgres = place.start().await;
    postgres.stop().await.expect("it stops");
    std::fs::write(place.0.join("data/PG_VERSION"), "9\n").expect("it is written");
    let error = Postgres::builder().persistent(&place.0).start().await.expect_err("there is no version 9");
    assert!(error.is_binaries_not_found());
    assert!(error.to_string().contains("9 (the data is of that version)"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_start_shows_its_log() {
    let builder = Postgres::builder().temporary().setting("shared_buffers", "nonsense");
    let error = builder.start().await.expect_err("that is no setting").to_string();
    assert!(error.contains("ended while it started"), "{error}");
    assert!(error.contains("invalid value for parameter \"shared_buffers\""), "{error}");

    let builder = Postgres::builder().temporary().setting("a b", "c");
    let error = builder.start().await.expect_err("that is no name").to_string();
    assert_eq!(error, "`a b` is not the name of a PostgreSQL setting");
}

#[tokio::test]
async fn a_long_path_has_its_socket_elsewhere() {
    let place = Place::new(&"long".repeat(30));
    let postgres = place.start().await;
    assert_eq!(ask(&postgres, "postgres", "select 'here'").await, "here");
    let url = postgres.url("postgres");
    let sockets = url.split("host=").nth(1).and_then(|rest| rest.split('&').next()).expect("the URL has a host");
    assert!(sockets.len() < 30, "{sockets}");
    let sockets = std::path::PathBuf::from(sockets);
    postgres.stop().await.expect("it stops");
    assert!(!sockets.exists());
}

#[tokio::test]
async fn a_folder_that_is_open_to_others_is_refused() {
    let place = Place::new("open");
    std::fs::create_dir(&place.0).expect("it is created");
    let error = Postgres::builder().persistent(&place.0).start().await.expect_err("others can write there");
    assert!(error.to_string().contains("is not used, because"), "{error}");
}
