//! Every function, view and constraint of the schema, by files of SQL that use it and say what must come of it.
#![allow(clippy::unwrap_used, reason = "a test says what it found by failing")]

mod complete;
mod files;
mod lanes;
mod split;

use files::{File, Folder};
use lanes::Lanes;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn functions_do_what_they_say() {
    Lanes::new().await.check(Folder::Functions).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_show_what_is_kept() {
    Lanes::new().await.check(Folder::Views).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn constraints_refuse_what_must_not_be() {
    Lanes::new().await.check(Folder::Constraints).await;
}

/// A file that would not notice a function that is broken says nothing of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_file_notices_what_it_says_it_does() {
    Lanes::new().await.break_functions().await;
}

#[tokio::test]
async fn everything_of_the_schema_has_its_file() {
    complete::check().await;
}
