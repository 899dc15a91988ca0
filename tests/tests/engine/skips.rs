//! Steps that are skipped: by a condition, by themselves, in place of a failure, with another one; and what follows them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pgflow::{Client, Result, RunStatus, Skippable, StepError, StepSummary, Tx, Workflow, step, workflow};
use pgflow_tests::TestDb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Order {
    gift: bool,
    ribbon: bool,
    insured: bool,
}

/// A step with a condition, one that decides itself, one that is skipped with another one; and one that takes all of them.
#[workflow]
pub(crate) mod parcel {
    use super::*;

    #[step]
    pub(crate) async fn reserve(input: Order) -> Result<Order> {
        Ok(input)
    }

    #[step(depends_on = [reserve], when = |input, reserve| input.gift && reserve.gift)]
    pub(crate) async fn wrap(_reserve: Order) -> Result<String> {
        Ok("paper".to_owned())
    }

    #[step(depends_on = [reserve, wrap], skip_with = [wrap], skippable)]
    pub(crate) async fn ribbon(reserve: Order, wrap: String) -> Result<Skippable<String>> {
        if reserve.ribbon {
            Ok(format!("{wrap} and ribbon").into())
        } else {
            Ok(Skippable::skip("no ribbon was asked for"))
        }
    }

    #[step(max_attempts = 2, backoff = "1ms", on_exhausted = skip)]
    pub(crate) async fn insure(input: Order) -> Result<u32> {
        if input.insured { Ok(7) } else { Err(StepError::retry("nobody insures this")) }
    }

    // It only comes after the ribbon, whether there is one or not.
    #[step(depends_on = [ribbon])]
    pub(crate) async fn label() -> Result<()> {
        Ok(())
    }

    #[step(depends_on = [wrap, ribbon, insure, label])]
    pub(crate) async fn ship(
        wrap: Option<String>,
        ribbon: Option<String>,
        insure: Option<u32>,
        label: (),
    ) -> Result<String> {
        let () = label;
        Ok(format!("{wrap:?} {ribbon:?} {insure:?}"))
    }
}

async fn ended<W: Workflow>(client: &Client, workflow: W, input: W::Input) -> (W::Output, Vec<StepSummary>) {
    let run = client.start(workflow, input).await.unwrap();
    let output = run.output().await.unwrap();
    assert_eq!(run.status().await.unwrap(), RunStatus::Completed);
    (output, run.steps().await.unwrap())
}

fn step<'a>(steps: &'a [StepSummary], name: &str) -> &'a StepSummary {
    steps.iter().find(|step| step.step == name).unwrap()
}

#[tokio::test]
async fn skips_reach_those_that_depend_on_them_as_options() {
    let db = TestDb::new().await;
    let worker = db.worker().register(parcel::Workflow).start().await.unwrap();
    let client = db.client();

    let (output, steps) = ended(&client, parcel::Workflow, Order { gift: true, ribbon: true, insured: true }).await;
    assert_eq!(output, r#"Some("paper") Some("paper and ribbon") Some(7)"#);
    assert!(steps.iter().all(|step| step.status == "completed" && step.skip_reason.is_none()), "{steps:#?}");

    let (output, steps) = ended(&client, parcel::Workflow, Order { gift: true, ..Order::default() }).await;
    assert_eq!(output, r#"Some("paper") None None"#);
    let ribbon = step(&steps, "ribbon");
    assert_eq!((&*ribbon.status, ribbon.attempts), ("skipped", Some(1)));
    assert_eq!(ribbon.skip_reason.as_deref(), Some("no ribbon was asked for"));
    let insure = step(&steps, "insure");
    assert_eq!((&*insure.status, insure.attempts), ("skipped", Some(2)));
    assert_eq!(insure.skip_reason.as_deref(), Some("nobody insures this"));

    let (output, steps) = ended(&client, parcel::Workflow, Order { insured: true, ..Order::default() }).await;
    assert_eq!(output, "None None Some(7)");
    let wrap = step(&steps, "wrap");
    assert_eq!((&*wrap.status, wrap.attempts, &wrap.error), ("skipped", Some(0), &None));
    assert_eq!(wrap.skip_reason.as_deref(), Some("its condition does not hold"));
    let ribbon = step(&steps, "ribbon");
    assert_eq!((&*ribbon.status, ribbon.attempts), ("skipped", Some(0)));
    assert_eq!(ribbon.skip_reason.as_deref(), Some("`wrap` was skipped"));
    assert_eq!(step(&steps, "label").status, "completed");

    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// A skip, an output of null and an empty list are three things; and nothing but the output tells null from none.
#[workflow]
pub(crate) mod nothings {
    use super::*;

    #[step(when = |input| *input)]
    pub(crate) async fn unit(input: bool) -> Result<()> {
        let _ = input;
        Ok(())
    }

    #[step(when = |input| *input)]
    pub(crate) async fn list(input: bool) -> Result<Vec<u8>> {
        let _ = input;
        Ok(Vec::new())
    }

    #[step(map = list, skip_with = [list])]
    pub(crate) async fn each(item: u8) -> Result<u8> {
        Ok(item)
    }

    #[step(depends_on = [unit, list, each])]
    pub(crate) async fn tell(unit: Option<()>, list: Option<Vec<u8>>, each: Option<Vec<u8>>) -> Result<String> {
        Ok(format!("{unit:?} {list:?} {each:?}"))
    }
}

#[tokio::test]
async fn a_skip_is_neither_null_nor_an_empty_list() {
    let db = TestDb::new().await;
    let worker = db.worker().register(nothings::Workflow).start().await.unwrap();
    let (there, _) = ended(&db.client(), nothings::Workflow, true).await;
    assert_eq!(there, "Some(()) Some([]) Some([])");
    let (skipped, steps) = ended(&db.client(), nothings::Workflow, false).await;
    assert_eq!(skipped, "None None None");
    let each = step(&steps, "each");
    assert_eq!((&*each.status, each.items, each.items_done), ("skipped", None, None));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// Items that are skipped leave gaps.
#[workflow(input = Vec<i64>)]
pub(crate) mod gaps {
    use super::*;

    #[step(map = input, skippable, max_attempts = 1, on_exhausted = skip)]
    pub(crate) async fn halve(item: i64) -> Result<Skippable<i64>> {
        match item {
            n if n < 0 => Err(StepError::fatal("too small")),
            n if n % 2 == 1 => Ok(Skippable::skip(format!("{n} is odd"))),
            n => Ok(Skippable::Done(n / 2)),
        }
    }

    #[step(depends_on = [halve])]
    pub(crate) async fn sum(halve: Vec<Option<i64>>) -> Result<(usize, i64)> {
        let there: Vec<i64> = halve.iter().flatten().copied().collect();
        let wrong = halve.iter().zip(0..).any(|(half, n)| half.is_some_and(|half| half != n / 2));
        assert!(!wrong, "in their order: {halve:?}");
        Ok((there.len(), there.iter().sum()))
    }
}

#[tokio::test]
async fn skipped_items_leave_gaps_in_the_list() {
    let db = TestDb::new().await;
    let worker = db.worker().register(gaps::Workflow).start().await.unwrap();
    let (output, steps) = ended(&db.client(), gaps::Workflow, vec![0, 1, 2, -3, 4]).await;
    assert_eq!(output, (3, 3));
    let halve = step(&steps, "halve");
    assert_eq!(
        (&*halve.status, halve.items, halve.items_done, halve.items_skipped),
        ("completed", Some(5), Some(5), Some(2))
    );
    worker.stop().await.unwrap();
    let reasons: Vec<String> = sqlx::query_scalar("select error from pgflow.outcome where kind = 's' order by index")
        .fetch_all(&db.pool())
        .await
        .unwrap();
    assert_eq!(reasons, ["1 is odd", "too small"]);
    db.assert_all_ended().await;
}

#[tokio::test]
async fn gaps_are_the_same_when_others_execute_the_items() {
    let db = TestDb::new().await;
    let worker = || db.worker().register(gaps::Workflow).concurrency(4);
    let (one, other) = (worker().start().await.unwrap(), worker().start().await.unwrap());
    let fleet = "select count(*) = 2 from pgflow.worker where beat_at > (select max(started_at) from pgflow.worker)";
    db.until(fleet).await;
    let numbers: Vec<i64> = (0..4_000).collect();
    let (output, _) = ended(&db.client(), gaps::Workflow, numbers).await;
    assert_eq!(output, (2_000, (0..2_000).sum()));
    let workers: i64 = db.value("select count(distinct worker_id) from pgflow.outcome where kind = 's'").await;
    assert_eq!(workers, 2, "both have skipped some");
    one.stop().await.unwrap();
    other.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// Last steps that may be skipped: the output says so.
#[workflow]
pub(crate) mod last {
    use super::*;

    #[step(when = |input| *input > 0)]
    pub(crate) async fn positive(input: i64) -> Result<i64> {
        Ok(input)
    }
}

#[workflow]
pub(crate) mod last_ones {
    use super::*;

    #[step(when = |input| input.len() > 2)]
    pub(crate) async fn count(input: Vec<u8>) -> Result<usize> {
        Ok(input.len())
    }

    #[step(map = input, skippable)]
    pub(crate) async fn even(item: u8) -> Result<Skippable<u8>> {
        Ok(if item.is_multiple_of(2) { item.into() } else { Skippable::skip("odd") })
    }

    #[step(map = input, when = |input| input.len() > 2)]
    pub(crate) async fn double(item: u8) -> Result<u8> {
        Ok(item * 2)
    }
}

#[workflow(input = Vec<u8>)]
pub(crate) mod last_map {
    use super::*;

    #[step(map = input, skippable, when = |input| !input.is_empty())]
    pub(crate) async fn even(item: u8) -> Result<Skippable<u8>> {
        Ok(if item.is_multiple_of(2) { item.into() } else { Skippable::skip("odd") })
    }
}

#[tokio::test]
async fn the_output_of_a_run_has_options_where_last_steps_may_be_skipped() {
    let db = TestDb::new().await;
    let worker = db
        .worker()
        .register(last::Workflow)
        .register(last_ones::Workflow)
        .register(last_map::Workflow)
        .start()
        .await
        .unwrap();
    let client = db.client();
    assert_eq!(ended(&client, last::Workflow, 4).await.0, Some(4));
    assert_eq!(ended(&client, last::Workflow, -4).await.0, None);

    let all = ended(&client, last_ones::Workflow, vec![1, 2, 3]).await.0;
    assert_eq!(
        (all.count, all.even.clone(), all.double.clone()),
        (Some(3), vec![None, Some(2), None], Some(vec![2, 4, 6]))
    );
    assert_eq!(serde_json::to_string(&all).unwrap(), r#"{"count":3,"even":[null,2,null],"double":[2,4,6]}"#);
    let few = ended(&client, last_ones::Workflow, vec![4]).await.0;
    assert_eq!((few.count, few.even.clone(), few.double.clone()), (None, vec![Some(4)], None));
    assert_eq!(serde_json::to_string(&few).unwrap(), r#"{"even":[4]}"#);

    assert_eq!(ended(&client, last_map::Workflow, vec![2, 3]).await.0, Some(vec![Some(2), None]));
    assert_eq!(ended(&client, last_map::Workflow, vec![]).await.0, None);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[test]
fn the_schemas_say_what_may_be_missing() {
    let output = last::Workflow::definition().output;
    assert_eq!(output["anyOf"][1]["type"], "null", "{output:#}");
    let output = last_ones::Workflow::definition().output;
    assert_eq!(output["required"], serde_json::json!(["even"]), "{output:#}");
    assert_eq!(output["properties"]["even"]["items"]["anyOf"][1]["type"], "null", "{output:#}");
}

/// What a condition that fails, and one that panics, do.
#[workflow]
pub(crate) mod wrong_condition {
    use super::*;

    #[step(when = |input| 10 / *input > 1)]
    pub(crate) async fn divide(input: i64) -> Result<i64> {
        Ok(10 / input)
    }
}

#[tokio::test]
async fn a_condition_that_panics_fails_its_step() {
    let db = TestDb::new().await;
    let worker = db.worker().register(wrong_condition::Workflow).start().await.unwrap();
    let error = wrong_condition::start(&db.client(), 0).await.unwrap().output().await.unwrap_err();
    assert_eq!(error.failed_step(), Some("divide"));
    assert!(error.to_string().contains("the condition of the step panicked: attempt to divide by zero"), "{error}");
    assert_eq!(wrong_condition::start(&db.client(), 2).await.unwrap().output().await.unwrap(), Some(5));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// A step that books, and then says that it is skipped.
#[workflow]
pub(crate) mod undone {
    use super::*;

    #[step(skippable)]
    pub(crate) async fn book(input: i64, mut tx: Tx) -> Result<Skippable<i64>> {
        sqlx::query("insert into booked (amount) values ($1)").bind(input).execute(&mut *tx).await?;
        Ok(if input > 0 { Skippable::Done(input) } else { Skippable::skip("nothing to book") })
    }
}

#[tokio::test]
async fn what_a_skipped_step_wrote_is_rolled_back() {
    let db = TestDb::new().await;
    sqlx::query("create table booked (amount bigint not null)").execute(&db.pool()).await.unwrap();
    let worker = db.worker().register(undone::Workflow).start().await.unwrap();
    assert_eq!(ended(&db.client(), undone::Workflow, 3).await.0, Some(3));
    assert_eq!(ended(&db.client(), undone::Workflow, 0).await.0, None);
    worker.stop().await.unwrap();
    assert_eq!(db.value::<Vec<i64>>("select array_agg(amount) from booked").await, [3]);
    db.assert_all_ended().await;
}

static ASKED: AtomicU32 = AtomicU32::new(0);

/// A condition that counts how often it is asked, and a step that lasts.
#[workflow]
pub(crate) mod taken_over {
    use super::*;

    #[step(when = |_input| ASKED.fetch_add(1, Ordering::SeqCst) > 0)]
    pub(crate) async fn first(input: ()) -> Result<String> {
        Ok(format!("{input:?}"))
    }

    #[step(depends_on = [first], skip_with = [first])]
    pub(crate) async fn second(first: String) -> Result<String> {
        Ok(first)
    }

    #[step(depends_on = [first, second], backoff = "10ms", max_attempts = 1_000)]
    pub(crate) async fn third(first: Option<String>, second: Option<String>, input: ()) -> Result<String> {
        let () = input;
        if GATE.load(Ordering::SeqCst) == 0 {
            return Err(StepError::retry_after(Duration::from_millis(5), "the gate is shut"));
        }
        Ok(format!("{first:?} {second:?}"))
    }
}

static GATE: AtomicU32 = AtomicU32::new(0);

#[tokio::test]
async fn a_skip_stands_when_another_worker_goes_on() {
    let db = TestDb::new().await;
    let worker = db.worker().register(taken_over::Workflow).start().await.unwrap();
    let run = taken_over::start(&db.client(), ()).await.unwrap();
    db.until("select count(*) > 0 from pgflow.attempt").await;
    assert_eq!(db.value::<i64>("select count(*) from pgflow.outcome where kind = 's'").await, 2);
    worker.stop().await.unwrap();
    GATE.store(1, Ordering::SeqCst);
    let worker = db.worker().register(taken_over::Workflow).start().await.unwrap();
    assert_eq!(run.output().await.unwrap(), "None None");
    assert_eq!(ASKED.load(Ordering::SeqCst), 1, "what is recorded is not asked again");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
