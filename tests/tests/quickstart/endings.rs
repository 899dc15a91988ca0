//! However it ends, it goes on where it was.

use pgflow_tests::TestDb;

use crate::support::{Folder, Quickstart, run};

const FILES: usize = 40;
/// 40 files of 1 to 40 lines, three words each.
const RESULT: &str = "40 files, 820 lines, 2,460 words";
/// Ten rounds of four files: 5 s, time to be stopped half-way.
const SLOWLY: &[&str] = &["--pause", "500ms"];
const AT_ONCE: &[&str] = &["--pause", "0ms"];

/// Part of the files are counted, and recorded as such, and part of them are not.
const HALF_WAY: &str = "select count(*) between 12 and 30 from pgflow.outcome where index >= 0";

/// A recorded outcome: step, item, worker, time, output.
type Outcome = (i16, i32, i32, String, Option<serde_json::Value>);

async fn outcomes(db: &TestDb) -> Vec<Outcome> {
    sqlx::query_as("select step, index, worker_id, recorded_at::text, output from pgflow.outcome order by step, index")
        .fetch_all(&db.pool())
        .await
        .expect("the outcomes are read")
}

#[tokio::test]
async fn killed_half_way_it_finishes_the_same_run_and_repeats_nothing_that_is_recorded() {
    let db = TestDb::new().await;
    let folder = Folder::of_texts(FILES);
    let first = Quickstart::start(&db, SLOWLY, &folder);
    db.until(HALF_WAY).await;
    first.signal("KILL");
    let (code, _) = first.end();
    assert_eq!(code, None, "it was killed");
    let before = outcomes(&db).await;
    let run_id = db.value::<String>("select run_id::text from pgflow.runs").await;

    let (code, text) = run(&db.url(), AT_ONCE, folder.path());
    assert_eq!(code, Some(0), "{text}");
    let after = outcomes(&db).await;
    for outcome in &before {
        assert!(after.contains(outcome), "recorded, and changed: {outcome:?}");
    }
    // The dead one may have had a commit under way.
    let worker = before[0].2;
    let counted = after.iter().filter(|outcome| outcome.2 == worker && outcome.1 >= 0).count();
    assert!((12..FILES).contains(&counted), "it was half-way: {counted}");
    for said in [
        format!("Run {run_id} was begun before, and has not ended"),
        "recorded before: step `list`, not repeated".to_owned(),
        format!("recorded before: {counted} of {FILES} items of step `count`, not repeated"),
        "this process has taken the run over".to_owned(),
        RESULT.to_owned(),
        format!("files read by this process: {}, recorded before it: {counted}.", FILES - counted),
    ] {
        assert!(text.contains(&said), "it does not say `{said}`:\n{text}");
    }
    db.assert_all_ended().await;

    // And what is done is done.
    let (code, text) = run(&db.url(), AT_ONCE, folder.path());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(&format!("Run {run_id} was done already")) && text.contains(RESULT), "{text}");
    assert_eq!(outcomes(&db).await, after);
}

#[tokio::test]
async fn stopped_by_ctrl_c_it_hands_the_run_back_and_goes_on_at_the_next_start() {
    let db = TestDb::new().await;
    let folder = Folder::of_texts(FILES);
    let first = Quickstart::start(&db, SLOWLY, &folder);
    db.until(HALF_WAY).await;
    first.signal("INT");
    let (code, text) = first.end();
    assert_eq!(code, Some(130), "{text}");
    assert!(text.contains("Stopped in order") && text.contains("The same command goes on with it."), "{text}");
    db.assert_sound().await;

    let (code, text) = run(&db.url(), AT_ONCE, folder.path());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("was begun before") && text.contains(RESULT), "{text}");
    assert!(!text.contains("taken the run over"), "nobody had died:\n{text}");
    assert!(db.value::<bool>("select bool_and(crashes = 0) from pgflow.runs").await);
    db.assert_all_ended().await;
}

#[tokio::test]
async fn again_makes_another_run() {
    let db = TestDb::new().await;
    let folder = Folder::of_texts(FILES);
    for options in [&[][..], &["--again"], &["--again"]] {
        let (code, text) = run(&db.url(), options, folder.path());
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains(RESULT) && text.contains("files read by this process: 40."), "{text}");
    }
    assert_eq!(db.value::<i64>("select count(*) from pgflow.runs where status = 'completed'").await, 3);
    db.assert_all_ended().await;
}
