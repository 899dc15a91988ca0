//! Runs of an older version that go on in a newer one, which can read their outputs.

use std::time::Duration;

use pgflow::{Result, RunStatus, StartOptions, sqlx, step, workflow};
use pgflow_tests::TestDb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was paid, as it was said yesterday.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Dollars {
    dollars: u64,
}

/// And as it is said today.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Cents {
    cents: u64,
    currency: String,
}

impl From<Dollars> for Cents {
    fn from(old: Dollars) -> Self {
        assert_ne!(old.dollars, 13, "nobody carries thirteen dollars over");
        Self { cents: old.dollars * 100, currency: "USD".to_owned() }
    }
}

mod yesterday {
    use super::*;

    #[workflow]
    pub(crate) mod shop {
        use super::*;

        #[step]
        pub(crate) async fn charge(input: u64) -> Result<Dollars> {
            Ok(Dollars { dollars: input })
        }

        #[step]
        pub(crate) async fn lines(input: u64) -> Result<Vec<u64>> {
            Ok((0..input).collect())
        }

        #[step(map = lines)]
        pub(crate) async fn price(item: u64) -> Result<Dollars> {
            Ok(Dollars { dollars: item })
        }

        #[step(depends_on = [charge, price])]
        pub(crate) async fn total(charge: Dollars, price: Vec<Dollars>) -> Result<u64> {
            std::future::pending::<()>().await;
            Ok(charge.dollars + price.len() as u64)
        }
    }
}

mod today {
    use super::*;

    #[workflow]
    pub(crate) mod shop {
        use super::*;

        #[step(upcast = [Dollars])]
        pub(crate) async fn charge(input: u64) -> Result<Cents> {
            Ok(Cents { cents: input * 100, currency: "EUR".to_owned() })
        }

        #[step]
        pub(crate) async fn lines(input: u64) -> Result<Vec<u64>> {
            Ok((0..input).collect())
        }

        #[step(map = lines, upcast = [String, Dollars])]
        pub(crate) async fn price(item: u64) -> Result<Cents> {
            Ok(Cents { cents: item * 100, currency: "EUR".to_owned() })
        }

        #[step(depends_on = [charge, price])]
        pub(crate) async fn total(charge: Cents, price: Vec<Cents>) -> Result<u64> {
            assert_eq!(price.len(), if charge.cents == 0 { 0 } else { charge.cents as usize / 100 });
            let usd = |cents: &Cents| u64::from(cents.currency == "USD") * 1_000_000;
            Ok(charge.cents + usd(&charge) + price.iter().map(|price| price.cents + usd(price)).sum::<u64>())
        }

        /// Older runs go on without it.
        #[step(depends_on = [charge])]
        pub(crate) async fn thank(charge: Cents) -> Result<String> {
            Ok(charge.currency)
        }
    }
}

impl From<String> for Cents {
    fn from(_: String) -> Self {
        unreachable!("no version has given a text")
    }
}

/// What three dollars, and lines of none, one and two, come to when they are carried over.
const CARRIED: u64 = 300 + 1_000_000 + 100 + 200 + 3_000_000;

#[tokio::test]
async fn a_newer_program_goes_on_with_outputs_that_it_can_carry_over() {
    let db = TestDb::new().await;
    let old = db.worker().grace(Duration::ZERO).register(yesterday::shop::Workflow).start().await.unwrap();
    let run = yesterday::shop::start(&db.client(), 3).await.unwrap();
    let later = StartOptions::new().namespace("east").start_after(Duration::from_secs(3_600));
    let later = yesterday::shop::start_with(&db.client(), 4, later).await.unwrap();
    db.until("select count(*) = 5 from pgflow.outcome").await;

    // While a program of the older version has it, it is that one's.
    let new = db.worker().register(today::shop::Workflow).start().await.unwrap();
    let fresh = today::shop::start(&db.client(), 1).await.unwrap();
    let fresh = fresh.output().await.unwrap();
    assert_eq!((fresh.total, fresh.thank.as_str()), (100, "EUR"));
    assert_eq!(db.value::<i64>("select count(*) from pgflow.action where kind = 'carry'").await, 0);

    old.stop().await.unwrap();
    assert_eq!(run.output().await.unwrap(), CARRIED);
    let trail: Vec<String> = run.events().await.unwrap().into_iter().map(|event| event.kind).collect();
    assert!(trail.iter().any(|kind| kind == "carry"), "{trail:?}");

    // What has recorded nothing yet is carried over once it is due; the version is its own, and nobody starts it by name.
    assert_eq!(later.status().await.unwrap(), RunStatus::Scheduled);
    sqlx::query("update pgflow.ready set available_at = pgflow.now()").execute(&db.pool()).await.unwrap();
    assert_eq!(later.output().await.unwrap(), 400 + 100 + 200 + 300);
    let versions = db.client().versions(Some("shop")).await.unwrap();
    assert_eq!(versions.len(), 3);
    let current: Vec<bool> = versions.iter().map(|version| version.current).collect();
    assert_eq!(current.iter().filter(|current| **current).count(), 1);
    assert_eq!(
        versions.iter().find(|version| version.current).unwrap().definition.hash(),
        today::shop::definition().hash()
    );
    new.stop().await.unwrap();
    db.assert_sound().await;
}

#[tokio::test]
async fn what_cannot_be_carried_over_is_left_to_the_program_that_wrote_it() {
    let db = TestDb::new().await;
    let old = db.worker().grace(Duration::ZERO).register(yesterday::shop::Workflow).start().await.unwrap();
    let (bad, good) = (
        yesterday::shop::start(&db.client(), 13).await.unwrap(),
        yesterday::shop::start(&db.client(), 3).await.unwrap(),
    );
    db.until("select count(*) = 20 from pgflow.outcome").await;
    let new: Vec<_> = {
        let mut workers = Vec::new();
        for _ in 0..3 {
            workers.push(db.worker().register(today::shop::Workflow).start().await.unwrap());
        }
        workers
    };
    old.stop().await.unwrap();
    assert_eq!(good.output().await.unwrap(), CARRIED);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.action where kind = 'carry'").await, 1, "each run once");
    assert_eq!(bad.status().await.unwrap(), RunStatus::Running);
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome where output ? 'dollars'").await, 14);
    for worker in new {
        worker.stop().await.unwrap();
    }
    db.assert_sound().await;
}

#[test]
fn definitions_say_what_is_carried_over() {
    let (old, new) = (yesterday::shop::definition(), today::shop::definition());
    assert!(new.carries_over(&old) && !new.goes_on_with(&old));
    assert!(!old.carries_over(&new), "there is no way back");
    assert!(!new.carries_over(&new), "there is nothing to do");
    assert_eq!(new.hash().len(), 64);
    let mut bare = new.clone();
    bare.steps.iter_mut().for_each(|step| step.upcasts.clear());
    assert_eq!(bare.hash(), new.hash(), "up-casters are no part of the version");
    assert!(!bare.carries_over(&old));
}

#[tokio::test]
async fn a_run_that_waits_for_work_which_only_an_old_program_would_take_goes_on() {
    let db = TestDb::new().await;
    let run = yesterday::shop::start(&db.client(), 3).await.unwrap();
    // An old program has given the items away, of which one is done, and parked the run; then it has gone, the last of them.
    sqlx::raw_sql(
        r#"with recorded as (
            insert into pgflow.outcome (bucket, period, run_id, index, step, attempts, worker_id, duration_ms, recorded_at, kind, output)
            select r.bucket, r.period, r.id, o.index, s.number, 1, 7, 1, pgflow.now(), 'c', o.output
            from pgflow.run r join pgflow.step s on s.version_id = r.version_id
            join (values ('charge', -1, '{"dollars": 3}'::jsonb), ('lines', -1, '[0, 1, 2]'), ('price', 0, '{"dollars": 0}')) o(step, index, output)
              on o.step = s.name
        ), counted as (
            insert into pgflow.map select r.bucket, r.period, r.id, s.number, 3
            from pgflow.run r join pgflow.step s on s.version_id = r.version_id and s.name = 'price'
        ), shared as (
            insert into pgflow.share (bucket, run_id, step, remaining) select r.bucket, r.id, s.number, 1
            from pgflow.run r join pgflow.step s on s.version_id = r.version_id and s.name = 'price'
        ), out as (
            insert into pgflow.task (bucket, run_id, period, version_id, first, count, step, due, available_at, priority, turn, queue, namespace, items)
            select r.bucket, r.id, r.period, r.version_id, 1, 2, s.number, true, pgflow.now(), 0, 0, r.queue, r.namespace, '[1, 2]'
            from pgflow.run r join pgflow.step s on s.version_id = r.version_id and s.name = 'price'
        )
        update pgflow.ready set due = false, fresh = false, available_at = 'infinity'"#,
    )
    .execute(&db.pool())
    .await
    .unwrap();
    let new = db.worker().register(today::shop::Workflow).start().await.unwrap();
    // Two of the three prices are found by the new program.
    assert_eq!(run.output().await.unwrap(), 300 + 1_000_000 + 100 + 200 + 1_000_000);
    new.stop().await.unwrap();
    db.assert_sound().await;
}
