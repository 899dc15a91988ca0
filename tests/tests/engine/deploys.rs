//! Before a deploy: which runs are under way, and what another program would make of them.

use std::time::Duration;

use pgflow::lock::Lock;
use pgflow::{StartOptions, Verdict, Workflow as _};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::double;
use tokio::sync::Semaphore;

/// Holds the step of an input of 0.
static GATE: Semaphore = Semaphore::const_new(0);

mod old {
    use pgflow::{Result, step, workflow};

    #[workflow]
    pub(crate) mod parcel {
        use super::*;

        #[step]
        pub(crate) async fn pack(input: u32) -> Result<u32> {
            if input == 0 {
                let _permit = crate::deploys::GATE.acquire().await?;
            }
            Ok(input)
        }

        #[step(depends_on = [pack])]
        pub(crate) async fn send(pack: u32) -> Result<String> {
            Ok(pack.to_string())
        }
    }
}

/// All of the old one is in it.
mod wider {
    use pgflow::{Result, step, workflow};

    #[workflow]
    pub(crate) mod parcel {
        use super::*;

        #[step]
        pub(crate) async fn pack(input: u32) -> Result<u32> {
            Ok(input)
        }

        #[step(depends_on = [pack], max_attempts = 9)]
        pub(crate) async fn send(pack: u32) -> Result<String> {
            Ok(pack.to_string())
        }

        #[step(depends_on = [send])]
        pub(crate) async fn thank(send: String) -> Result<String> {
            Ok(send)
        }
    }
}

/// A step gives something else.
mod carried {
    use pgflow::{Result, step, workflow};

    #[workflow]
    pub(crate) mod parcel {
        use super::*;

        #[step]
        pub(crate) async fn pack(input: u32) -> Result<u64> {
            Ok(input.into())
        }

        #[step(depends_on = [pack])]
        pub(crate) async fn send(pack: u64) -> Result<String> {
            Ok(pack.to_string())
        }
    }
}

/// It is started with something else.
mod drained {
    use pgflow::{Result, step, workflow};

    #[workflow]
    pub(crate) mod parcel {
        use super::*;

        #[step]
        pub(crate) async fn pack(input: String) -> Result<u32> {
            Ok(u32::try_from(input.len())?)
        }

        #[step(depends_on = [pack])]
        pub(crate) async fn send(pack: u32) -> Result<String> {
            Ok(pack.to_string())
        }
    }
}

#[tokio::test]
async fn what_another_program_would_make_of_the_runs_that_are_under_way() {
    let db = TestDb::new().await;
    let client = db.client();
    let none = client.check_deploy(&Lock::of([wider::parcel::Workflow::definition()])).await.unwrap();
    assert!(none.versions.is_empty() && none.verdict() == Verdict::Safe);

    // One that a worker has, one that has ended, and in a queue that nobody serves one that waits for a worker, one for its time, and
    // one for somebody to resume it.
    let worker = db.worker().register(old::parcel::Workflow).start().await.unwrap();
    let ended = old::parcel::start(&client, 1).await.unwrap();
    ended.output().await.unwrap();
    let owned = old::parcel::start(&client, 0).await.unwrap();
    db.until("select count(*) = 1 from pgflow.claim c, unnest(c.runs)").await;
    let elsewhere = || StartOptions::new().queue("nobody's");
    let queued = old::parcel::start_with(&client, 2, elsewhere()).await.unwrap();
    let later = elsewhere().start_after(Duration::from_secs(3_600));
    let later = old::parcel::start_with(&client, 3, later).await.unwrap();
    let paused = old::parcel::start_with(&client, 4, elsewhere()).await.unwrap();
    paused.pause().await.unwrap();
    // And one of a version that is there too, and of another program's workflow.
    let new = carried::parcel::start_with(&client, 5, elsewhere()).await.unwrap();
    let foreign = double::start_with(&client, 6, elsewhere()).await.unwrap();

    let both = Lock::of([wider::parcel::Workflow::definition(), carried::parcel::Workflow::definition()]);
    let safe = client.check_deploy(&both).await.unwrap();
    assert_eq!((safe.verdict(), safe.taken_over(), safe.left_alone()), (Verdict::Safe, 5, 0), "{safe}");

    let check = client.check_deploy(&Lock::of([carried::parcel::Workflow::definition()])).await.unwrap();
    assert_eq!((check.verdict(), check.taken_over(), check.left_alone()), (Verdict::NeedsUpcaster, 1, 4), "{check}");
    let [other, former, same] = &*check.versions else { panic!("{check}") };
    assert!(!other.in_program && other.workflow == "double" && other.runs == [foreign.id()]);
    assert_eq!((former.verdict, former.live_runs, former.paused, former.waiting), (Verdict::NeedsUpcaster, 4, 1, 1));
    assert_eq!(former.runs, [owned.id(), queued.id(), later.id(), paused.id()]);
    assert_eq!(former.hash, old::parcel::Workflow::definition().hash());
    assert_eq!(former.oldest, Some(owned.summary().await.unwrap().created_at[..23].to_owned() + "Z"));
    assert_eq!((same.verdict, same.live_runs, same.changes.len(), same.runs.len()), (Verdict::Safe, 1, 0, 1));
    let said = check.to_string();
    for part in [
        "needs an up-caster: workers of this program go on with 1 run, and leave 4 runs alone\n",
        "4 runs under way, of which 1 paused: resume or cancel them, or they never end, 1 waiting\n",
        "step `pack` gives something else\n",
        "this program does not have the workflow",
    ] {
        assert!(said.contains(part), "{said}");
    }

    // It is told from the file that is committed, too.
    let lock: Lock = Lock::of([drained::parcel::Workflow::definition()]).to_string().parse().unwrap();
    let check = client.check_deploy(&lock).await.unwrap();
    assert_eq!((check.verdict(), check.taken_over(), check.left_alone()), (Verdict::MustDrain, 0, 5), "{check}");

    // The engine does what was said: a worker with the wider version goes on with the run of the old one.
    GATE.add_permits(1);
    owned.output().await.unwrap();
    worker.stop().await.unwrap();
    let worker = db.worker().queue("nobody's").register(carried::parcel::Workflow).start().await.unwrap();
    new.output().await.unwrap();
    assert!(!queued.status().await.unwrap().is_final());
    worker.stop().await.unwrap();
    let worker = db
        .worker()
        .queue("nobody's")
        .register(wider::parcel::Workflow)
        .register(double::Workflow)
        .start()
        .await
        .unwrap();
    assert_eq!(queued.output().await.unwrap(), "2");
    foreign.output().await.unwrap();
    let left = client.check_deploy(&lock).await.unwrap();
    assert_eq!((left.left_alone(), left.versions.len()), (2, 1), "{left}");
    client.cancel_all(pgflow::RunFilter::new()).await.unwrap();
    db.until("select count(*) = 0 from pgflow.live").await;
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_program_that_keeps_the_old_version_beside_the_new_one_has_nothing_to_drain() {
    let db = TestDb::new().await;
    let client = db.client();
    let former = old::parcel::start(&client, 1).await.unwrap();
    let lock = Lock::of([old::parcel::Workflow::definition(), drained::parcel::Workflow::definition()]);
    assert_eq!(client.check_deploy(&lock).await.unwrap().verdict(), Verdict::Safe);
    // A worker takes one registration of a workflow.
    let first = db.worker().register(old::parcel::Workflow).start().await.unwrap();
    let second = db.worker().register(drained::parcel::Workflow).start().await.unwrap();
    assert_eq!(former.output().await.unwrap(), "1");
    assert_eq!(drained::parcel::start(&client, "four".to_owned()).await.unwrap().output().await.unwrap(), "4");
    for worker in [first, second] {
        worker.stop().await.unwrap();
    }
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_version_that_a_program_cannot_read_is_left_alone() {
    let db = TestDb::new().await;
    old::parcel::start(&db.client(), 1).await.unwrap();
    sqlx::raw_sql("update pgflow.version set definition = definition - 'output'").execute(&db.pool()).await.unwrap();
    let check = db.client().check_deploy(&Lock::of([old::parcel::Workflow::definition()])).await.unwrap();
    assert_eq!((check.verdict(), check.left_alone()), (Verdict::MustDrain, 1));
    assert!(check.to_string().contains("cannot read its definition"), "{check}");
}

#[tokio::test]
async fn of_many_runs_the_oldest_are_named() {
    let db = TestDb::new().await;
    let client = db.client();
    let mut started = client.start_many(old::parcel::Workflow, 1..4).await.unwrap();
    started.extend(client.start_many(old::parcel::Workflow, 4..2_000).await.unwrap());
    let mut ids: Vec<_> = started.iter().map(pgflow::Run::id).collect();
    ids.sort();
    let check = client.check_deploy(&Lock::of([old::parcel::Workflow::definition()])).await.unwrap();
    let version = &check.versions[0];
    assert_eq!((version.live_runs, check.taken_over()), (1_999, 1_999));
    assert_eq!(version.runs, ids[..5]);
}
