//! Runs that are started by the clock.

use std::time::Duration;

use pgflow::{CatchUp, Client, Result, RunId, RunSummary, Scheduled, WorkerBuilder, step, workflow};
use pgflow_tests::TestDb;
use pgflow_tests::workflows::double;
use sqlx::AssertSqlSafe;

const BEAT: Duration = Duration::from_millis(20);

/// The report of a day.
#[workflow(schedule = "30 2 * * *", timezone = "Europe/Zurich", scheduled_input = of_the_day, deadline = "1h")]
mod report {
    use super::*;

    pub(crate) fn of_the_day(scheduled: Scheduled) -> String {
        assert_ne!(scheduled.date(), "1999-12-31", "nobody counted on that");
        format!("{} of {}", scheduled.date(), scheduled.schedule())
    }

    #[step]
    pub(crate) async fn write(input: String) -> Result<String> {
        Ok(format!("report {input}"))
    }
}

/// Takes no input.
#[workflow(schedule = "@hourly", catch_up = skip)]
mod sweep {
    use super::*;

    #[step]
    pub(crate) async fn dust() -> Result<()> {
        Ok(())
    }
}

mod later {
    use super::*;

    /// The same version with another schedule.
    #[workflow(schedule = "*/5 * * * *", timezone = "Asia/Tokyo", catch_up = all)]
    pub(crate) mod sweep {
        use super::*;

        #[step]
        pub(crate) async fn dust() -> Result<()> {
            Ok(())
        }
    }

    pub(crate) mod still {
        use super::*;

        /// Another version, which declares none.
        #[workflow]
        pub(crate) mod sweep {
            use super::*;

            #[step]
            pub(crate) async fn dust() -> Result<u8> {
                Ok(0)
            }
        }
    }
}

fn worker(db: &TestDb) -> WorkerBuilder {
    db.worker().beat(BEAT).register(report::Workflow).register(double::Workflow).register(sweep::Workflow)
}

async fn next_is(db: &TestDb, name: &str, at: &str) {
    db.until_it(format!(
        "select coalesce((select next_at = '{at}' from pgflow.schedules where name = '{name}'), false)"
    ))
    .await;
}

/// Waits until the schedule has started so many runs, and gives them, the newest first.
async fn runs_of(db: &TestDb, workflow: &str, count: usize) -> Vec<RunSummary> {
    db.until_it(format!(
        "select count(*) >= {count} from pgflow.runs where workflow = '{workflow}' and status = 'completed'"
    ))
    .await;
    let runs = db.client().runs(&pgflow::RunFilter::new().workflow(workflow)).await.unwrap();
    assert_eq!(runs.len(), count);
    runs
}

async fn input(client: &Client, run: RunId) -> serde_json::Value {
    let sql = "select input from pgflow.run where id = $1";
    sqlx::query_scalar(sql).bind(run.as_uuid()).fetch_one(client.pool()).await.unwrap()
}

#[tokio::test]
async fn a_declared_schedule_starts_runs_by_the_clocks_of_its_zone() {
    let db = TestDb::new().await;
    let client = db.client();
    db.stop_clock("2026-03-28T00:00:00Z").await;
    let worker = worker(&db).start().await.unwrap();
    next_is(&db, "report", "2026-03-28T01:30:00Z").await;
    db.set_clock("2026-03-28T01:30:05Z").await;
    let runs = runs_of(&db, "report", 1).await;
    let run = client.run(report::Workflow, runs[0].id);
    assert_eq!(run.output().await.unwrap(), "report 2026-03-28 of report");
    let events = run.events().await.unwrap();
    assert_eq!((events[0].kind.as_str(), events[0].actor.as_deref()), ("started", Some("schedule report")));
    let deadline: bool = db.value("select deadline_at = created_at + interval '1 hour' from pgflow.run").await;
    assert!(deadline, "as with any other start");

    // The clocks are put forward over half past two.
    next_is(&db, "report", "2026-03-29T01:00:00Z").await;
    db.set_clock("2026-03-29T01:00:00Z").await;
    let runs = runs_of(&db, "report", 2).await;
    assert_eq!(input(&client, runs[0].id).await, "2026-03-29 of report");
    next_is(&db, "report", "2026-03-30T00:30:00Z").await;

    let schedule = client.find_schedule("report").await.unwrap().unwrap();
    assert!(schedule.declared && !schedule.paused && schedule.problem.is_none() && schedule.input.is_none());
    assert_eq!(schedule.workflow, "report");
    assert_eq!(schedule.last_run, Some(runs[0].id));
    assert_eq!(schedule.last_at.as_deref(), Some("2026-03-29T01:00:00.000000Z"));
    assert_eq!(schedule.next_at.as_deref(), Some("2026-03-30T00:30:00.000000Z"));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_schedule_is_made_listed_paused_resumed_triggered_and_deleted() {
    let db = TestDb::new().await;
    let client = db.client();
    db.stop_clock("2026-05-05T12:00:00Z").await;
    let nightly = || {
        client
            .schedule("nightly eu", double::Workflow)
            .cron("0 3 * * *")
            .timezone("Europe/Zurich")
            .input(&21)
            .priority(5)
            .namespace("eu")
    };
    nightly().actor("ann").reason("for the accounts").create().await.unwrap();
    nightly().create().await.unwrap();
    let error = nightly().cron("0 4 * * *").create().await.unwrap_err();
    assert!(error.is_refused());
    assert_eq!(
        error.to_string(),
        "there is another schedule `nightly eu` already. Replace it, delete it first, or give this one another name."
    );
    nightly().cron("0 4 * * *").replace().actor("bea").create().await.unwrap();

    let worker = worker(&db).start().await.unwrap();
    next_is(&db, "nightly eu", "2026-05-06T02:00:00Z").await;
    let listed = client.schedules().await.unwrap();
    assert_eq!(listed.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["nightly eu", "report", "sweep"]);
    assert_eq!((listed[0].cron.as_str(), listed[0].input.clone()), ("0 4 * * *", Some(21.into())));
    let after = std::time::UNIX_EPOCH + Duration::from_secs(1_777_982_400);
    let times = listed[0].next_times(after, 2).unwrap();
    assert_eq!(
        times.iter().map(Scheduled::local).collect::<Vec<_>>(),
        ["2026-05-06T04:00:00+02:00[Europe/Zurich]", "2026-05-07T04:00:00+02:00[Europe/Zurich]"]
    );

    client.pause_schedule("nightly eu").actor("cem").reason("holidays").await.unwrap();
    client.pause_schedule("nightly eu").await.unwrap();
    db.set_clock("2026-05-08T12:00:00Z").await;
    // The report has caught up with the latest of three days, and nothing more was started.
    runs_of(&db, "report", 1).await;
    client.trigger_schedule("nightly eu").actor("dan").await.unwrap();
    client.trigger_schedule("nightly eu").await.unwrap();
    let runs = runs_of(&db, "double", 2).await;
    assert_eq!(client.run(double::Workflow, runs[0].id).output().await.unwrap(), 42);
    assert_eq!(runs[0].namespace, "eu");
    let paused = client.find_schedule("nightly eu").await.unwrap().unwrap();
    assert!(paused.paused && paused.next_at.is_none() && paused.last_at.is_none() && paused.last_run.is_some());

    client.resume_schedule("nightly eu").actor("cem").await.unwrap();
    next_is(&db, "nightly eu", "2026-05-09T02:00:00Z").await;
    db.set_clock("2026-05-09T02:00:00Z").await;
    runs_of(&db, "double", 3).await;
    client.delete_schedule("nightly eu").actor("ann").await.unwrap();
    assert!(client.find_schedule("nightly eu").await.unwrap().is_none());
    let error = client.trigger_schedule("nightly eu").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no schedule `nightly eu`. Schedules: `report`, `sweep`.");
    let error = client.delete_schedule("report").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "schedule `report` cannot be deleted: the workflow declares it. Pause it, or take it out of the program."
    );

    let events = client.schedule_events("nightly eu").await.unwrap();
    let told: Vec<_> = events.iter().map(|e| (e.kind.as_str(), e.reason.as_deref().unwrap_or(""))).collect();
    assert_eq!(
        told,
        [
            ("create", "for the accounts"),
            ("change", ""),
            ("pause", "holidays"),
            ("trigger", ""),
            ("trigger", ""),
            ("resume", ""),
            ("delete", "")
        ]
    );
    let actors: Vec<_> = events.iter().map(|event| event.actor.as_str()).collect();
    assert_eq!([&actors[..4], &actors[5..]].concat(), ["ann", "bea", "cem", "dan", "cem", "ann"]);
    assert_eq!(events[1].detail["cron"], "0 4 * * *");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn what_was_missed_is_caught_up_with_as_the_schedule_says() {
    let db = TestDb::new().await;
    let client = db.client();
    db.stop_clock("2026-05-05T07:30:00Z").await;
    for policy in [CatchUp::Skip, CatchUp::One, CatchUp::All] {
        client
            .schedule(policy.as_str(), double::Workflow)
            .cron("0 * * * *")
            .input(&1)
            .catch_up(policy)
            .create()
            .await
            .unwrap();
    }
    let worker = db.worker().beat(BEAT).register(double::Workflow).start().await.unwrap();
    for policy in ["skip", "one", "all"] {
        next_is(&db, policy, "2026-05-05T08:00:00Z").await;
    }
    worker.stop().await.unwrap();
    db.set_clock("2026-05-05T12:00:30Z").await;
    let worker = db.worker().beat(BEAT).register(double::Workflow).start().await.unwrap();
    for policy in ["skip", "one", "all"] {
        next_is(&db, policy, "2026-05-05T13:00:00Z").await;
    }
    runs_of(&db, "double", 1 + 2 + 5).await;
    let keys: Vec<String> =
        sqlx::query_scalar("select key from pgflow.key order by key").fetch_all(&db.pool()).await.unwrap();
    let key = |policy: &str, hour: u8| format!("schedule:{policy}:2026-05-05T{hour:02}:00:00Z");
    let mut expected: Vec<String> = (8..=12).map(|hour| key("all", hour)).collect();
    expected.extend([key("one", 11), key("one", 12), key("skip", 12)]);
    assert_eq!(keys, expected);
    let skipped = client.schedule_events("one").await.unwrap().pop().unwrap();
    assert_eq!((skipped.kind.as_str(), skipped.actor.as_str()), ("skip", "schedule one"));
    assert!(skipped.detail["from"].as_str().unwrap().starts_with("2026-05-05T08:00:00"));
    assert!(skipped.detail["until"].as_str().unwrap().starts_with("2026-05-05T11:00:00"));
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_long_outage_is_caught_up_with_in_portions() {
    let db = TestDb::new().await;
    let client = db.client();
    db.stop_clock("2026-05-05T00:00:00Z").await;
    client
        .schedule("often", double::Workflow)
        .cron("* * * * *")
        .input(&1)
        .catch_up(CatchUp::All)
        .create()
        .await
        .unwrap();
    db.set_clock("2026-05-06T18:00:00Z").await;
    let worker = db.worker().beat(BEAT).register(double::Workflow).start().await.unwrap();
    next_is(&db, "often", "2026-05-06T18:01:00Z").await;
    db.until("select count(*) = 42 * 60 from pgflow.run_end").await;
    assert_eq!(db.value::<i64>("select count(*) from pgflow.key").await, 42 * 60);
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn a_schedule_that_is_made_from_sql_is_computed_by_a_worker_and_says_what_is_wrong() {
    let db = TestDb::new().await;
    db.stop_clock("2026-05-05T12:00:00Z").await;
    let worker = worker(&db).start().await.unwrap();
    for sql in [
        "select pgflow.create_schedule('good', 'double', '*/10 * * * *', p_input => '4')",
        "select pgflow.create_schedule('cron', 'double', '61 * * * *', p_input => '4')",
        "select pgflow.create_schedule('zone', 'double', '* * * * *', 'Europe/Zürich', p_input => '4')",
        "select pgflow.create_schedule('made', 'report', '* * * * *')",
        "select pgflow.create_schedule('none', 'double', '* * * * *')",
    ] {
        sqlx::query(sql).execute(&db.pool()).await.unwrap();
    }
    next_is(&db, "good", "2026-05-05T12:10:00Z").await;
    next_is(&db, "made", "2026-05-05T12:01:00Z").await;
    next_is(&db, "none", "2026-05-05T12:01:00Z").await;
    db.until("select count(*) = 2 from pgflow.schedules where problem is not null").await;
    db.set_clock("2026-05-05T12:01:00Z").await;
    let run = runs_of(&db, "report", 1).await[0].id;
    assert_eq!(input(&db.client(), run).await, "2026-05-05 of made");
    db.until("select count(*) = 3 from pgflow.schedules where problem is not null").await;
    let problem = async |name: &str| db.client().find_schedule(name).await.unwrap().unwrap().problem.unwrap();
    assert!(problem("cron").await.starts_with("minute 61 is not from 0 to 59: write minute, hour,"));
    assert_eq!(
        problem("zone").await,
        "there is no time zone `Europe/Zürich`: one with a similar name exists: `Europe/Zurich`"
    );
    assert!(
        problem("none").await.starts_with("its runs need an input, and nothing makes one: give the schedule an input")
    );

    // What is put right goes on.
    let mend = "select pgflow.create_schedule('zone', 'double', '* * * * *', 'Europe/Zurich', p_input => '4', p_replace => true)";
    sqlx::query(mend).execute(&db.pool()).await.unwrap();
    next_is(&db, "zone", "2026-05-05T12:02:00Z").await;
    assert!(db.client().find_schedule("zone").await.unwrap().unwrap().problem.is_none());
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

#[tokio::test]
async fn what_makes_inputs_and_panics_is_told_and_asked_again_in_a_minute() {
    let db = TestDb::new().await;
    db.stop_clock("1999-12-31T00:00:00Z").await;
    let worker = worker(&db).start().await.unwrap();
    next_is(&db, "report", "1999-12-31T01:30:00Z").await;
    db.set_clock("1999-12-31T01:30:00Z").await;
    db.until("select problem is not null from pgflow.schedules where name = 'report'").await;
    let told = db.client().find_schedule("report").await.unwrap().unwrap().problem.unwrap();
    assert!(told.starts_with("making the input of a scheduled run panicked: "), "{told}");
    assert!(told.contains("nobody counted on that"), "{told}");
    client_triggers_another_day(&db).await;
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}

/// Triggered on another day, it catches up with nothing of the day before, whose input cannot be made, once it is paused and resumed.
async fn client_triggers_another_day(db: &TestDb) {
    let client = db.client();
    client.pause_schedule("report").await.unwrap();
    db.set_clock("2000-01-01T12:00:00Z").await;
    client.resume_schedule("report").await.unwrap();
    next_is(db, "report", "2000-01-02T01:30:00Z").await;
    client.trigger_schedule("report").await.unwrap();
    let run = runs_of(db, "report", 1).await[0].id;
    assert_eq!(input(&client, run).await, "2000-01-01 of report");
}

#[tokio::test]
async fn the_schedule_of_the_current_version_is_the_workflows() {
    let db = TestDb::new().await;
    let client = db.client();
    db.stop_clock("2026-05-05T12:30:00Z").await;
    // Nobody works: the client registers, as a deploy does.
    client.start(sweep::Workflow, ()).await.unwrap().cancel().await.unwrap();
    let schedule = async || client.find_schedule("sweep").await.unwrap();
    let found = schedule().await.unwrap();
    assert_eq!((found.cron.as_str(), found.catch_up, found.declared), ("@hourly", CatchUp::Skip, true));
    client.pause_schedule("sweep").await.unwrap();

    db.client().start(later::sweep::Workflow, ()).await.unwrap().cancel().await.unwrap();
    let found = schedule().await.unwrap();
    assert_eq!(
        (found.cron.as_str(), found.timezone.as_str(), found.catch_up),
        ("*/5 * * * *", "Asia/Tokyo", CatchUp::All)
    );
    assert!(found.paused, "that stays");

    db.client().start(later::still::sweep::Workflow, ()).await.unwrap().cancel().await.unwrap();
    assert!(schedule().await.is_none(), "it is declared no more");
    db.client().start(sweep::Workflow, ()).await.unwrap().cancel().await.unwrap();
    assert!(schedule().await.is_none(), "an older program does not bring it back");
    let kinds: Vec<_> = client.schedule_events("sweep").await.unwrap().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["create", "pause", "change", "delete"]);
}

#[tokio::test]
async fn a_schedule_that_makes_no_sense_is_refused_before_it_is_made() {
    let db = TestDb::new().await;
    let client = db.client();
    let new = || client.schedule("mine", double::Workflow);
    for (made, message) in [
        (new().input(&1), "schedule `mine` says nothing of when: give it `.cron(\"0 3 * * *\")`"),
        (
            new().input(&1).cron("0 3 * *"),
            "schedule `mine` makes no sense: a cron expression has five fields, or six with the second before them, and not 4: write minute, hour, day of the month, month and day of the week, as in `0 3 * * *`: at 3:00 each day",
        ),
        (
            new().input(&1).cron("0 3 * * *").timezone("Europe/Zurch"),
            "schedule `mine` makes no sense: there is no time zone `Europe/Zurch`: one with a similar name exists: `Europe/Zurich`",
        ),
        (
            new().cron("0 3 * * *"),
            "schedule `mine` makes no sense: nothing makes the input of workflow `double`: give it `.input(..)`, or the workflow a function, `#[workflow(scheduled_input = path)]`",
        ),
    ] {
        assert_eq!(made.create().await.unwrap_err().to_string(), message);
    }
    let error = client.schedule("double", double::Workflow).cron("@daily").input(&1).create().await.unwrap_err();
    assert!(error.is_refused());
    assert!(error.to_string().starts_with("a schedule cannot be named `double`: that is a workflow"), "{error}");
    assert!(client.schedules().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_input_that_fits_the_workflow_no_more_is_told() {
    let db = TestDb::new().await;
    let client = db.client();
    db.stop_clock("2026-05-05T12:00:00Z").await;
    client.schedule("mine", double::Workflow).cron("* * * * *").input(&1).create().await.unwrap();
    sqlx::query("update pgflow.version set definition = jsonb_set(definition, '{input}', '{\"type\": \"string\"}')")
        .execute(&db.pool())
        .await
        .unwrap();
    // It knows of the workflow by name only.
    let worker = db.worker().beat(BEAT).register(sweep::Workflow).start().await.unwrap();
    next_is(&db, "mine", "2026-05-05T12:01:00Z").await;
    db.set_clock("2026-05-05T12:01:00Z").await;
    db.until("select coalesce((select problem is not null from pgflow.schedules where name = 'mine'), false)").await;
    let told = client.find_schedule("mine").await.unwrap().unwrap().problem.unwrap();
    assert_eq!(told, "its input does not fit the workflow: `input` is of type number, and string is wanted");
    worker.stop().await.unwrap();
    assert_eq!(db.value::<i64>("select count(*) from pgflow.run").await, 0);
}

#[tokio::test]
async fn a_granted_role_makes_schedules_and_starts_their_runs_without_rights_on_tables() {
    let db = TestDb::new().await;
    db.stop_clock("2026-05-05T12:00:00Z").await;
    let role = format!("scheduler_{}", uuid::Uuid::new_v4().simple());
    let grants = format!(
        "create role {role} login; grant select on public.clock to {role};
         select pgflow.grant_to('{role}', 'worker'), pgflow.grant_to('{role}', 'client')"
    );
    sqlx::raw_sql(AssertSqlSafe(grants)).execute(&db.pool()).await.unwrap();
    let options = sqlx::postgres::PgConnectOptions::clone(&db.pool().connect_options()).username(&role);
    let pool = sqlx::PgPool::connect_with(options).await.unwrap();
    let client = Client::new(pool.clone());
    let worker =
        pgflow::Worker::builder(pool).migrate(false).beat(BEAT).register(report::Workflow).register(double::Workflow);
    let worker = worker.start().await.unwrap();
    client.schedule("mine", double::Workflow).cron("* * * * *").input(&2).create().await.unwrap();
    next_is(&db, "mine", "2026-05-05T12:01:00Z").await;
    db.set_clock("2026-05-05T12:01:00Z").await;
    runs_of(&db, "double", 1).await;
    client.pause_schedule("mine").await.unwrap();
    client.resume_schedule("mine").await.unwrap();
    client.trigger_schedule("report").await.unwrap();
    runs_of(&db, "report", 1).await;
    client.delete_schedule("mine").await.unwrap();
    assert_eq!(client.schedules().await.unwrap().len(), 1);
    let actors: Vec<_> = client.schedule_events("mine").await.unwrap().into_iter().map(|event| event.actor).collect();
    assert!(actors.iter().all(|actor| *actor == role), "{actors:?}");
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_schedule_of_each_second_keeps_to_it() {
    let db = TestDb::new().await;
    let client = db.client();
    let worker = db.worker().register(double::Workflow).start().await.unwrap();
    client.schedule("tick", double::Workflow).cron("* * * * * *").input(&1).create().await.unwrap();
    db.until("select count(*) >= 4 from pgflow.key").await;
    client.delete_schedule("tick").await.unwrap();
    // The first may wait for a beat that tells of the schedule; the others are started as they come.
    let late: Vec<f64> = sqlx::query_scalar(
        "select extract(epoch from r.created_at - substr(k.key, 15)::timestamptz)::float8
         from pgflow.key k join pgflow.run r on r.id = k.run_id order by k.key offset 2",
    )
    .fetch_all(&db.pool())
    .await
    .unwrap();
    assert!(late.iter().all(|late| (0.0..1.0).contains(late)), "late by seconds: {late:?}");
    worker.stop().await.unwrap();
    db.assert_all_ended().await;
}
