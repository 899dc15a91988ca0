//! The tests' server is one for all processes.

use pgflow::embedded::test_cluster;

use crate::support::{ask, server};

#[tokio::test]
async fn all_processes_share_the_server_of_the_tests() {
    let postgres = test_cluster().await.expect("it starts");
    let process = server(postgres.folder()).expect("it runs");
    let again = test_cluster().await.expect("it is joined");
    assert_eq!(again.folder(), postgres.folder());
    drop(postgres);
    // Other tests run at this moment, or have run a moment ago: it does not stop in between.
    assert_eq!(server(again.folder()), Some(process));
    assert_eq!(ask(&again, "postgres", "show max_connections").await, "300");
    assert_eq!(ask(&again, "postgres", "show fsync").await, "off");
    again.stop().await.expect("it is let go");
    let again = test_cluster().await.expect("it lingers");
    assert_eq!(server(again.folder()), Some(process));
}
