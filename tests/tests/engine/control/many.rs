//! Many runs at once, deadlines, and actions from SQL.

use super::*;

#[tokio::test]
async fn an_unknown_run_is_told_as_such() {
    let db = TestDb::new().await;
    let id: pgflow::RunId = "01890000-0000-7000-8000-000000000000".parse().unwrap();
    let client = db.client();
    for result in
        [client.cancel(id).await, client.pause(id).await, client.resume(id).await, client.retry(id, "x").await]
    {
        assert!(result.unwrap_err().is_unknown_run());
    }
    assert!(client.run(chain3::Workflow, id).fork().await.unwrap_err().is_unknown_run());
    let run = chain3::start(&client, 1).await.unwrap();
    let error = run.cancel_attempt("thrid").await.unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("Its steps: `first`, `second`, `third`."), "{error}");
}

#[tokio::test]
async fn many_runs_are_cancelled_by_a_filter_while_they_are_claimed() {
    let db = TestDb::new().await;
    let client = db.client();
    let options = |namespace: &str| StartOptions::new().namespace(namespace);
    let storm = client.start_many_with(chain3::Workflow, 0..1_500, options("storm")).await.unwrap();
    let calm = client.start_many_with(chain3::Workflow, 0..20, options("calm")).await.unwrap();
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    let cancels = (0..4).map(|_| {
        let client: Client = client.clone();
        tokio::spawn(async move { client.cancel_all(RunFilter::new().namespace("storm")).await.unwrap() })
    });
    for cancel in cancels.collect::<Vec<_>>() {
        cancel.await.unwrap();
    }
    let mut cancelled = 0;
    for run in &storm {
        match run.output().await {
            Ok(_) => {}
            Err(error) => {
                assert!(error.is_run_cancelled(), "{error}");
                cancelled += 1;
            }
        }
    }
    assert!(cancelled > 0);
    for (n, run) in calm.iter().enumerate() {
        assert_eq!(run.output().await.unwrap(), format!("<{}>", (n + 1) * 10));
    }
    end(&db, worker).await;
}

#[tokio::test]
async fn runs_are_paused_and_resumed_by_a_filter() {
    let db = TestDb::new().await;
    let client = db.client();
    let runs = client.start_many(chain3::Workflow, 0..700).await.unwrap();
    assert_eq!(client.pause_all(RunFilter::new().workflow("chain3")).reason("a holiday").await.unwrap(), 700);
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    let page = RunFilter::new().status(RunStatus::Paused).limit(1_000);
    assert_eq!(client.runs(&page).await.unwrap().len(), 700);
    assert_eq!(client.resume_all(RunFilter::new().status(RunStatus::Paused)).await.unwrap(), 700);
    for run in &runs {
        run.output().await.unwrap();
    }
    end(&db, worker).await;
}

#[tokio::test]
async fn a_run_fails_at_its_deadline_whoever_has_it() {
    let db = TestDb::new().await;
    let desk = Desk::new();
    let client = db.client();
    let soon = || StartOptions::new().deadline(Duration::from_millis(300));
    let passed = |result: Result<String, pgflow::Error>| {
        let error = result.unwrap_err();
        assert!(
            error.is_run_failed() && error.to_string().ends_with("the run had not ended by its deadline"),
            "{error}"
        );
    };
    // Nobody has it until the deadline has passed.
    let queued = gated::start_with(&client, 1, soon()).await.unwrap();
    db.until("select bool_and(deadline_at < pgflow.now()) from pgflow.run").await;
    let workers = || db.worker().register(gated::Workflow.with_state(desk.clone())).register(hourly::Workflow);
    let worker = workers().start().await.unwrap();
    passed(queued.output().await);
    assert_eq!(desk.begun().len(), 0);
    // Under way, started past the queue and through it.
    let direct = gated::start_with(&client, 1, soon()).await.unwrap();
    let keyed = gated::start_with(&client, 1, soon().idempotency_key("one")).await.unwrap();
    passed(direct.output().await);
    passed(keyed.output().await);
    desk.until_dropped(2).await;
    // Parked.
    let parked = StartOptions::new().deadline(Duration::from_millis(1_500));
    let parked = hourly::start_with(&client, (), parked).await.unwrap();
    db.until("select exists (select from pgflow.ready where not due)").await;
    passed(parked.output().await.map(|_| String::new()));
    // Resumed, it has none.
    desk.let_pass(3);
    direct.resume().await.unwrap();
    assert_eq!(direct.output().await.unwrap(), "<2 20>");
    let in_time = gated::start_with(&client, 1, StartOptions::new().deadline(Duration::from_secs(60))).await.unwrap();
    desk.let_pass(3);
    assert_eq!(in_time.output().await.unwrap(), "<2 20>");
    end(&db, worker).await;
}

#[tokio::test]
async fn control_from_sql_alone() {
    let db = TestDb::new().await;
    let worker = db.worker().register(chain3::Workflow).start().await.unwrap();
    let run =
        chain3::start_with(&db.client(), 1, StartOptions::new().start_after(Duration::from_secs(3600))).await.unwrap();
    let call = async |sql: &'static str| {
        sqlx::query_scalar::<_, String>(sql).bind(run.id().as_uuid()).fetch_one(&db.pool()).await
    };
    assert_eq!(call("select pgflow.pause_run($1, 'a pause', 'carl')").await.unwrap(), "done");
    assert_eq!(call("select status from pgflow.runs where run_id = $1").await.unwrap(), "paused");
    assert_eq!(call("select pgflow.resume_run($1)").await.unwrap(), "done");
    assert_eq!(call("select pgflow.cancel_run($1)").await.unwrap(), "done");
    let fork = call("select pgflow.fork_run($1, p_input => '4')::text").await.unwrap();
    let fork = db.client().run(chain3::Workflow, fork.parse().unwrap());
    assert_eq!(fork.output().await.unwrap(), "<50>");
    let error = call("select pgflow.pause_run($1)").await.unwrap_err().to_string();
    assert!(error.contains("cannot be paused: it has ended as cancelled"), "{error}");
    end(&db, worker).await;
}
