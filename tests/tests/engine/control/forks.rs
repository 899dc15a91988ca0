//! Runs that begin where other ones stood.

use super::*;

#[tokio::test]
async fn a_fork_takes_over_what_does_not_depend_on_its_first_step() {
    let (db, desk, worker, run) = gated_run(1).await;
    desk.let_pass(3);
    assert_eq!(run.output().await.unwrap(), "<2 20>");
    desk.let_pass(2);
    let same = run.fork().from("second").actor("ann").reason("once more").await.unwrap();
    assert_eq!(same.output().await.unwrap(), "<2 20>");
    assert_eq!(desk.begun()[3..], ["second", "third"]);
    let detail = &same.events().await.unwrap()[1];
    assert_eq!((&*detail.kind, detail.detail["of"].as_str()), ("fork", Some(&*run.id().to_string())));

    desk.let_pass(1);
    let edited = run.fork().from("third").output("first", &7).output("second", &8).await.unwrap();
    assert_eq!(edited.output().await.unwrap(), "<7 8>");
    desk.let_pass(3);
    let other = run.fork().input(&5).await.unwrap();
    assert_eq!(other.output().await.unwrap(), "<6 60>");
    assert_eq!(run.output().await.unwrap(), "<2 20>", "the first one is as it was");

    for (fork, message) in [
        (
            run.fork().from("third").output("second", "eight"),
            "the output does not fit step `second`: `second` is of type string, and integer is wanted",
        ),
        (
            run.fork().from("second").output("second", &8),
            "the output of `second` cannot be given: the step is executed again",
        ),
        (
            run.fork().from("second").output("secnd", &8),
            "the output of `secnd` cannot be given: workflow `gated` has no such step",
        ),
        (run.fork().from("fourth"), "has no step `fourth`. Its steps: `first`, `second`, `third`."),
    ] {
        let error = fork.await.unwrap_err();
        assert!(error.is_refused() && error.to_string().contains(message), "{error}");
    }
    let wrong = sqlx::query("select pgflow.fork_run($1, p_input => '\"five\"')").bind(run.id().as_uuid());
    assert!(
        wrong
            .execute(&db.pool())
            .await
            .unwrap_err()
            .to_string()
            .contains("`input` is of type string, and integer is wanted")
    );
    end(&db, worker).await;
}

#[tokio::test]
async fn a_fork_of_a_failed_run_repeats_what_has_failed_only() {
    let (db, desk) = (TestDb::new().await, Desk::new());
    let worker = db.worker().register(gated_items::Workflow.with_state(desk.clone())).start().await.unwrap();
    let run = gated_items::start(&db.client(), 5).await.unwrap();
    desk.until_begun(5).await;
    desk.let_pass(3);
    db.until("select count(*) = 3 from pgflow.outcome where step = 1").await;
    run.cancel().await.unwrap();
    assert!(run.output().await.unwrap_err().is_run_cancelled());
    desk.let_pass(2);
    let fork = run.fork().from("count").await.unwrap();
    assert_eq!(fork.output().await.unwrap(), 5);
    assert_eq!(desk.begun().len(), 7, "three items are taken over");
    end(&db, worker).await;
}
