//! A database for each test.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use pgflow::embedded::test_cluster;
use sqlx::{Connection, PgConnection};

use crate::support::{ask, execute};

#[tokio::test]
async fn each_test_has_a_copy_of_the_template() {
    let postgres = test_cluster().await.expect("it starts");
    let template = format!("template_copies_{}", std::process::id());
    let prepare = async |options: sqlx::postgres::PgConnectOptions| -> sqlx::Result<()> {
        let mut connection = PgConnection::connect_with(&options).await?;
        sqlx::raw_sql("create table greeting as select 'hello' as word").execute(&mut connection).await?;
        connection.close().await
    };
    postgres.template(&template, prepare).await.expect("it is made");

    let one = postgres.test_database(Some(&template)).await.expect("it is copied");
    let two = postgres.test_database(Some(&template)).await.expect("it is copied");
    execute(&postgres, one.name(), "update greeting set word = 'changed'").await;
    assert_eq!(ask(&postgres, two.name(), "select word from greeting").await, "hello");
    assert_eq!(ask(&postgres, one.name(), "select word from greeting").await, "changed");
    drop((one, two));
    postgres.drop_database(&template).await.expect("it is dropped");
}

#[tokio::test]
async fn a_template_is_made_once() {
    let postgres = test_cluster().await.expect("it starts");
    let template = format!("template_once_{}", std::process::id());
    let made = AtomicUsize::new(0);
    let make = || {
        postgres.template(&template, async |_| {
            made.fetch_add(1, Ordering::Relaxed);
            Ok::<(), Infallible>(())
        })
    };
    let (one, two, three) = tokio::join!(make(), make(), make());
    one.and(two).and(three).expect("it is made");
    assert_eq!(made.load(Ordering::Relaxed), 1);
    postgres.drop_database(&template).await.expect("it is dropped");
}

#[tokio::test]
async fn a_template_that_could_not_be_filled_is_made_by_the_next() {
    let postgres = test_cluster().await.expect("it starts");
    let template = format!("template_failed_{}", std::process::id());
    let error = postgres.template(&template, async |_| Err("no such migration")).await.expect_err("it fails");
    assert_eq!(error.to_string(), format!("could not prepare the template database `{template}`: no such migration"));
    postgres.template(&template, async |_| Ok::<(), Infallible>(())).await.expect("it is made");
    postgres.drop_database(&template).await.expect("it is dropped");
}

#[tokio::test]
async fn a_test_database_goes_with_its_guard_even_if_somebody_is_connected() {
    let postgres = test_cluster().await.expect("it starts");
    let database = postgres.test_database(None).await.expect("it is created");
    let name = database.name().to_owned();
    let connection = PgConnection::connect_with(&database.connect_options()).await.expect("it connects");
    drop(database);
    drop(connection);

    let mut connection = PgConnection::connect_with(&postgres.connect_options("postgres")).await.expect("it connects");
    let query = sqlx::query_scalar::<_, i64>("select count(*) from pg_database where datname = $1").bind(&name);
    assert_eq!(query.fetch_one(&mut connection).await.expect("it answers"), 0);
}

#[tokio::test]
async fn a_database_is_created_once() {
    let postgres = test_cluster().await.expect("it starts");
    let name = format!("with \"quotes\" {}", std::process::id());
    assert!(postgres.ensure_database(&name).await.expect("it is created"));
    assert!(!postgres.ensure_database(&name).await.expect("it is there"));
    assert_eq!(ask(&postgres, &name, "select current_database()::text").await, name);
    // The URL names the same database.
    let mut connection = PgConnection::connect(&postgres.url(&name)).await.expect("it connects");
    let current: String =
        sqlx::query_scalar("select current_database()::text").fetch_one(&mut connection).await.expect("it answers");
    assert_eq!(current, name);
    postgres.drop_database(&name).await.expect("it is dropped");
}
