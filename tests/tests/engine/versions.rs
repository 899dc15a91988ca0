//! Versions of one workflow on one database: who runs what, and what differs.

use pgflow::{ChangeKind, RunStatus, Verdict, Workflow as _};
use pgflow_tests::TestDb;
use sqlx::types::Json;

/// The workflow as it was first.
mod first {
    use pgflow::{Result, step, workflow};

    #[workflow]
    pub(crate) mod parcel {
        use super::*;

        #[step]
        pub(crate) async fn pack(input: u32) -> Result<u32> {
            Ok(input + 1)
        }

        #[step(depends_on = [pack])]
        pub(crate) async fn send(pack: u32) -> Result<String> {
            Ok(format!("first {pack}"))
        }
    }
}

/// With another step before the others, and other options: all of the first one is still in it.
mod wider {
    use pgflow::{Result, step, workflow};

    #[workflow]
    pub(crate) mod parcel {
        use super::*;

        #[step]
        pub(crate) async fn weigh(input: u32) -> Result<u32> {
            Ok(input * 100)
        }

        #[step(max_attempts = 7)]
        pub(crate) async fn pack(input: u32) -> Result<u32> {
            Ok(input + 1)
        }

        #[step(depends_on = [pack])]
        pub(crate) async fn send(pack: u32) -> Result<String> {
            Ok(format!("wider {pack}"))
        }
    }
}

/// A step gives something else, so that what follows takes something else.
mod other {
    use pgflow::{Result, step, workflow};

    #[workflow]
    pub(crate) mod parcel {
        use super::*;

        #[step]
        pub(crate) async fn pack(input: u32) -> Result<String> {
            Ok(input.to_string())
        }

        #[step(depends_on = [pack])]
        pub(crate) async fn send(pack: String) -> Result<String> {
            Ok(format!("other {pack}"))
        }
    }
}

#[tokio::test]
async fn a_worker_goes_on_with_the_runs_of_versions_whose_steps_it_all_has() {
    let db = TestDb::new().await;
    let client = db.client();
    let run = first::parcel::start(&client, 1).await.unwrap();
    let worker = db.worker().register(wider::parcel::Workflow).start().await.unwrap();
    assert_eq!(
        run.output().await.unwrap(),
        "wider 2",
        "by the graph of the first version, and the code of the new one"
    );
    let steps: Vec<String> = run.steps().await.unwrap().into_iter().map(|step| step.step).collect();
    assert_eq!(steps, ["pack", "send"]);
    let new = wider::parcel::start(&client, 1).await.unwrap().output().await.unwrap();
    assert_eq!((new.weigh, new.send.as_str()), (100, "wider 2"));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_worker_leaves_versions_alone_whose_steps_it_does_not_have() {
    let db = TestDb::new().await;
    let client = db.client();
    let old = first::parcel::start(&client, 1).await.unwrap();
    let new = other::parcel::start(&client, 1).await.unwrap();
    let worker = db.worker().register(other::parcel::Workflow).start().await.unwrap();
    assert_eq!(new.output().await.unwrap(), "other 1");
    assert_eq!(old.status().await.unwrap(), RunStatus::Scheduled);
    let former = db.worker().register(first::parcel::Workflow).start().await.unwrap();
    assert_eq!(old.output().await.unwrap(), "first 2");
    for worker in [worker, former] {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}

#[tokio::test]
async fn versions_are_listed_and_one_of_them_is_current() {
    let db = TestDb::new().await;
    let client = db.client();
    first::parcel::start(&client, 1).await.unwrap();
    other::parcel::start(&client, 1).await.unwrap();
    other::parcel::start(&client, 2).await.unwrap();
    // It is known already: registering it again does not make it current.
    first::parcel::start(&db.client(), 1).await.unwrap();
    let versions = client.versions(Some("parcel")).await.unwrap();
    let facts: Vec<_> = versions.iter().map(|v| (v.current, v.live_runs, v.definition.clone())).collect();
    assert_eq!(
        facts,
        [(true, 2, other::parcel::Workflow::definition()), (false, 2, first::parcel::Workflow::definition())]
    );
    assert_eq!(versions[0].hash, other::parcel::Workflow::definition().hash());

    assert_eq!(db.value::<i32>("select current_version from pgflow.workflows").await, versions[0].id);
    client.make_current(versions[1].id).await.unwrap();
    assert!(client.versions(None).await.unwrap()[1].current);
    db.value::<uuid::Uuid>("select pgflow.start_run('parcel', '1')").await;
    assert_eq!(client.versions(None).await.unwrap()[1].live_runs, 3);
    assert_eq!(client.make_current(-1).await.unwrap_err().to_string(), "there is no version -1");
}

#[tokio::test]
async fn a_version_says_what_differs_and_whether_its_runs_are_taken_over() {
    let db = TestDb::new().await;
    first::parcel::start(&db.client(), 1).await.unwrap();
    let stored = db.client().versions(None).await.unwrap().remove(0);

    let to_wider = stored.compare(&wider::parcel::Workflow::definition());
    assert_eq!((to_wider.taken_over, to_wider.live_runs), (true, 1));
    let said: Vec<String> = to_wider.changes.iter().map(ToString::to_string).collect();
    let expected =
        ["the workflow gives something else", "step `pack` is run with other options", "step `weigh` is new"];
    assert_eq!(said, expected);
    assert_eq!(to_wider.verdict, Verdict::Safe);

    let to_other = stored.compare(&other::parcel::Workflow::definition());
    assert!(!to_other.taken_over);
    let kinds: Vec<_> = to_other.changes.iter().map(|c| (c.step.as_deref().unwrap_or(""), c.kind, c.verdict)).collect();
    let carried = Verdict::NeedsUpcaster;
    assert_eq!(kinds, [("pack", ChangeKind::Output, carried), ("send", ChangeKind::Input, carried)]);
    assert_eq!(stored.compare(&stored.definition).changes, []);
}

#[tokio::test]
async fn options_are_brought_up_to_date_without_a_new_version() {
    mod patient {
        use pgflow::{Result, step, workflow};

        #[workflow]
        pub(crate) mod parcel {
            use super::*;

            #[step(max_attempts = 9)]
            pub(crate) async fn pack(input: u32) -> Result<u32> {
                Ok(input + 1)
            }

            #[step(depends_on = [pack])]
            pub(crate) async fn send(pack: u32) -> Result<String> {
                Ok(format!("patient {pack}"))
            }
        }
    }
    let db = TestDb::new().await;
    first::parcel::start(&db.client(), 1).await.unwrap();
    patient::parcel::start(&db.client(), 1).await.unwrap();
    let versions = db.client().versions(None).await.unwrap();
    assert_eq!(versions.len(), 1);
    let Json(attempts): Json<i32> =
        db.value::<Json<i32>>("select options -> 'max_attempts' from pgflow.step where name = 'pack'").await;
    assert_eq!((attempts, versions[0].definition.step("pack").unwrap().options.max_attempts), (9, 9));
}
