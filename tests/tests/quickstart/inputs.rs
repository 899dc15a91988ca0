//! What people name that cannot be read.

use std::path::Path;

use pgflow_tests::TestDb;

use crate::support::{Folder, run};

/// Mistakes are told before any database is asked for.
const NO_DATABASE: &str = "postgres://nobody@127.0.0.1:1/nothing";

#[test]
fn a_path_that_is_not_there_is_named() {
    let (code, text) = run(NO_DATABASE, &[], Path::new("no/such/file"));
    assert_eq!(code, Some(2), "{text}");
    assert_eq!(text, "quickstart: there is no file or folder no/such/file\n");
}

#[test]
fn a_folder_without_files_is_named() {
    let folder = Folder::new();
    folder.write(".hidden", "");
    let (code, text) = run(NO_DATABASE, &[], folder.path());
    assert_eq!(code, Some(2), "{text}");
    assert!(text.starts_with("quickstart: there is no file to read in "), "{text}");
}

#[test]
fn a_pause_without_a_unit_is_no_pause() {
    let (code, text) = run(NO_DATABASE, &["--pause", "100"], Path::new("."));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("add a unit: 100ms"), "{text}");
}

#[test]
fn a_database_that_does_not_answer_is_no_riddle() {
    let folder = Folder::of_texts(1);
    let (code, text) = run(NO_DATABASE, &[], folder.path());
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("quickstart: the database cannot be reached: "), "{text}");
}

#[tokio::test]
async fn what_is_no_text_is_left_out_and_listed() {
    let db = TestDb::new().await;
    let folder = Folder::of_texts(2);
    folder.write("picture", [0xff, 0xd8, 0x00, 0x10]);
    let (code, text) = run(&db.url(), &[], folder.path());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("2 files, 3 lines, 9 words"), "{text}");
    assert!(text.contains("/picture: not a text in UTF-8"), "{text}");
}
