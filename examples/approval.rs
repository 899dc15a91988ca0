//! Expenses that somebody has to approve: the manager is asked; when she says nothing in time, the director is; who says no is not
//! asked why. Nobody's slot is taken while they think about it, for days if need be (for seconds here).
//!
//! ```sh
//! cargo run --example approval
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::ensure;
use pgflow::embedded::Database;
use pgflow::sqlx::PgPool;
use pgflow::{Client, Result, Run, Signal, State, Worker, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Has an expense approved, and pays it.
#[workflow(state = Outbox)]
pub(crate) mod approve_expense {
    use super::*;

    #[step]
    pub(crate) async fn ask_manager(input: Expense, outbox: State<Outbox>) -> Result<()> {
        outbox.write("manager", &input);
        Ok(())
    }

    /// Waits for the signal `manager`; goes on without when it does not come in time.
    #[step(depends_on = [ask_manager], signal_timeout = "3s")]
    pub(crate) async fn manager_decides(manager: Option<Signal<Decision>>) -> Result<Option<Verdict>> {
        Ok(manager.map(Verdict::of))
    }

    /// Only where the manager has said nothing.
    #[step(depends_on = [manager_decides], when = |manager_decides| manager_decides.is_none())]
    pub(crate) async fn ask_director(input: Expense, outbox: State<Outbox>) -> Result<()> {
        outbox.write("director", &input);
        Ok(())
    }

    /// Waits for the signal `director`, a fortnight at most: then the run fails, and somebody may resume it.
    #[step(depends_on = [ask_director], skip_with = [ask_director], signal_timeout = "14d")]
    pub(crate) async fn director_decides(director: Signal<Decision>) -> Result<Verdict> {
        Ok(Verdict::of(director))
    }

    /// One of the two has decided.
    #[step(depends_on = [manager_decides, director_decides])]
    pub(crate) async fn settle(
        input: Expense,
        manager_decides: Option<Verdict>,
        director_decides: Option<Verdict>,
    ) -> Result<Settlement> {
        let verdict = manager_decides.or(director_decides).ok_or("nobody has decided")?;
        let paid = if verdict.decision.approved { input.cents } else { 0 };
        Ok(Settlement { paid, verdict })
    }
}

/// What somebody has paid for.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Expense {
    what: String,
    cents: u64,
}

/// What a manager or director sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Decision {
    approved: bool,
    comment: String,
}

/// A decision, and whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Verdict {
    by: String,
    decision: Decision,
}

/// What has come of it.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Settlement {
    paid: u64,
    verdict: Verdict,
}

impl Verdict {
    fn of(signal: Signal<Decision>) -> Self {
        Self { by: signal.sender().to_owned(), decision: signal.into_inner() }
    }
}

/// In place of letters that are sent.
#[derive(Default)]
pub(crate) struct Outbox(Mutex<Vec<String>>);

impl Outbox {
    fn write(&self, to: &str, expense: &Expense) {
        let letter = format!("to the {to}: {} cents for {}?", expense.cents, expense.what);
        println!("{letter}");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
    }

    fn letters(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let database = Database::from_env_or_temporary().await?;
    let pool = PgPool::connect_with(database.connect_options()).await?;
    let outbox = Arc::new(Outbox::default());
    let workflow = approve_expense::Workflow.with_state(Arc::clone(&outbox));
    pgflow::migrate(&pool).await?;
    let client = Client::new(pool.clone());

    let start = |what: &str, cents| approve_expense::start(&client, Expense { what: what.to_owned(), cents });
    let (lunch, yacht, train) =
        (start("lunch", 2_400).await?, start("a yacht", 90_000_000).await?, start("the train", 8_900).await?);

    let decision = |approved, comment: &str| Decision { approved, comment: comment.to_owned() };
    // Nobody waits for these yet: they are kept. Their types are known: a signal without a decision does not compile.
    approve_expense::signals::manager(&lunch, decision(true, "enjoy")).sender("mara").await?;
    approve_expense::signals::manager(&yacht, decision(false, "no")).sender("mara").await?;
    // Twice: the first one counts.
    approve_expense::signals::manager(&yacht, decision(true, "well, why not")).sender("mara").await?;

    // One slot is enough: what waits takes none.
    let worker = Worker::builder(pool).concurrency(1).register(workflow).start().await?;
    tell("lunch", &lunch, 2_400, "mara").await?;
    tell("yacht", &yacht, 0, "mara").await?;

    // For the train nobody has decided yet: it waits for the manager, and then for the director.
    until_waits_for(&train, "director").await?;
    approve_expense::signals::director(&train, decision(true, "of course")).sender("dora").await?;
    tell("train", &train, 8_900, "dora").await?;

    // Too late, and to a run that has ended: the sender is told.
    let late = approve_expense::signals::manager(&train, decision(false, "no")).sender("mara").await;
    ensure!(late.is_err_and(|error| error.to_string().contains("takes no signal: it has ended")), "it was too late");

    ensure!(outbox.letters() == 4, "each manager is asked once, and the director once: {}", outbox.letters());
    let sent = yacht.signals().await?;
    ensure!(sent.len() == 2, "what was sent is kept, whatever came of it: {sent:?}");
    worker.stop().await?;
    Ok(())
}

/// Waits for what comes of an expense, and compares it with what should.
async fn tell(what: &str, run: &Run<approve_expense::Workflow>, paid: u64, by: &str) -> anyhow::Result<()> {
    let settlement = run.output().await?;
    let Verdict { by: decided, decision } = &settlement.verdict;
    println!("{what}: {} cents are paid; {decided} said: {}", settlement.paid, decision.comment);
    ensure!(settlement.paid == paid && decided == by, "not what was decided: {settlement:?}");
    Ok(())
}

/// Waits until a step of the run waits for this signal, as a list of what is open would show.
async fn until_waits_for(run: &Run<approve_expense::Workflow>, signal: &str) -> anyhow::Result<()> {
    loop {
        let steps = run.steps().await?;
        if steps.iter().any(|step| step.signal.as_deref() == Some(signal)) {
            return Ok(());
        }
        ensure!(!run.status().await?.is_final(), "the run has ended, and has not waited for `{signal}`");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
