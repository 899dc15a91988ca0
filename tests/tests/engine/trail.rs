//! The trail of a run, followed while it goes on; and who has started it.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use pgflow::{RunStatus, StartOptions};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::{Trouble, chain3, double, trouble};

#[tokio::test]
async fn the_trail_of_a_run_is_followed_to_its_end() {
    let db = TestDb::new().await;
    let run = trouble::start_with(&db.client(), Trouble::FailUntil(2), StartOptions::new().actor("ann")).await.unwrap();
    let following = run.follow_events();
    let worker = db.worker().register(trouble::Workflow).start().await.unwrap();
    let mut told = Vec::new();
    let mut following = pin!(following);
    while let Some(event) = following.try_next().await.unwrap() {
        told.push((event.kind, event.step, event.actor));
    }
    let step = |kind: &str, step: &str| (kind.to_owned(), Some(step.to_owned()), None);
    let expected = [
        ("started".to_owned(), None, Some("ann".to_owned())),
        step("step_completed", "before"),
        step("attempt_failed", "risky"),
        step("step_completed", "risky"),
    ];
    assert_eq!(told[..4], expected);
    assert_eq!(told.last().unwrap().0, "run_completed");
    let listed: i64 = db.value("select count(*) from pgflow.events").await;
    assert_eq!(listed, i64::try_from(told.len()).unwrap());
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_starts_a_run_may_say_who_it_is() {
    let db = TestDb::new().await;
    let client = db.client();
    let actor = || StartOptions::new().actor("ann");
    let many = client.start_many_with(double::Workflow, 0..2, actor()).await.unwrap();
    let keyed = double::start_with(&client, 1, actor().idempotency_key("k")).await.unwrap();
    // The same start by somebody else is no start.
    double::start_with(&client, 1, StartOptions::new().actor("bob").idempotency_key("k")).await.unwrap();
    for run in many.iter().chain([&keyed]) {
        let events = run.events().await.unwrap();
        assert_eq!((events.len(), events[0].actor.as_deref()), (1, Some("ann")));
    }
    let nobody = chain3::start(&client, 1).await.unwrap().events().await.unwrap();
    assert_eq!(nobody[0].actor, None);
    let by_sql: uuid::Uuid = db.value("select pgflow.start_run('double', '1', p_actor => 'a job')").await;
    let events = client.events(by_sql.into()).await.unwrap();
    assert_eq!(events[0].actor.as_deref(), Some("a job"));
}

#[tokio::test]
async fn a_retry_before_a_run_has_begun_is_not_kept_for_later() {
    let db = TestDb::new().await;
    let run = chain3::start(&db.client(), 1).await.unwrap();
    run.retry("second").await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.inbox").await, 0, "nothing waits that it could mean");
    assert_eq!(run.status().await.unwrap(), RunStatus::Scheduled);
    assert_eq!(run.events().await.unwrap()[1].kind, "retry");
}
