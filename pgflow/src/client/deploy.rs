//! Before a deploy: which runs are under way, and what a program makes of them.

use std::fmt;

use sqlx::Row as _;
use uuid::Uuid;

use super::Client;
use crate::compare::{Change, Verdict, verdict};
use crate::database::statements;
use crate::definition::Definition;
use crate::encoded::Encoded;
use crate::error::Error;
use crate::lock::{Lock, tell};
use crate::step::RunId;

/// What a program makes of the runs of a database that have not ended.
///
/// Its [`Display`](fmt::Display) form has a paragraph for each version.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DeployCheck {
    /// The versions that have such runs, by workflow, the oldest version first.
    pub versions: Vec<VersionCheck>,
}

/// What a program makes of a version's runs that have not ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VersionCheck {
    /// The version's id, as runs have it ([`RunSummary::version`](crate::RunSummary::version)).
    pub version: i32,
    /// The workflow's name.
    pub workflow: String,
    /// The version's hash.
    pub hash: String,
    /// How many of its runs have not ended.
    pub live_runs: i64,
    /// How many of those are paused: they end when somebody resumes or cancels them.
    pub paused: i64,
    /// How many of those wait for a time (a start, a delay, a back-off), or for work that is done elsewhere.
    pub waiting: i64,
    /// When the oldest of them was started: UTC, as in RFC 3339.
    pub oldest: Option<String>,
    /// Some of them, the oldest first.
    pub runs: Vec<RunId>,
    /// Whether the program has the workflow, in whatever version. Where not, the runs are another program's, or the workflow was taken
    /// out of this one.
    pub in_program: bool,
    /// Safe where workers of the program go on with the runs.
    pub verdict: Verdict,
    /// What differs from the version to what the program has of it.
    pub changes: Vec<Change>,
}

/// How many runs of a version are named.
const EXAMPLES: i32 = 5;

impl Client {
    /// What a program with the workflows of `lock` makes of the runs that have not ended: which it goes on with, and which need workers
    /// of the program that is running now.
    ///
    /// ```no_run
    /// use pgflow::{Client, Verdict, lock::Lock};
    ///
    /// # async fn example(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let lock: Lock = std::fs::read_to_string("pgflow.lock")?.parse()?;
    /// let check = client.check_deploy(&lock).await?;
    /// print!("{check}");
    /// if check.verdict() > Verdict::Safe {
    ///     std::process::exit(1);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_deploy(&self, lock: &Lock) -> Result<DeployCheck, Error> {
        let doing = "listing versions with runs that have not ended";
        let rows = sqlx::query(statements::LIVE_VERSIONS)
            .bind(EXAMPLES)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        let versions = rows.iter().map(|row| version(row, lock).map_err(|e| Error::database(doing, e)));
        Ok(DeployCheck { versions: versions.collect::<Result<_, _>>()? })
    }
}

fn version(row: &sqlx::postgres::PgRow, lock: &Lock) -> sqlx::Result<VersionCheck> {
    let workflow: String = row.try_get("workflow")?;
    let in_program = lock.workflows().iter().any(|own| own.name == workflow);
    // What this program cannot read, its workers leave alone.
    let definition = row.try_get::<Encoded, _>("definition")?.decode::<Definition>().ok();
    let changes = definition.and_then(|definition| lock.nearest(&definition)).map(|(_, changes)| changes);
    Ok(VersionCheck {
        version: row.try_get("version")?,
        hash: row.try_get("hash")?,
        live_runs: row.try_get("live_runs")?,
        paused: row.try_get("paused")?,
        waiting: row.try_get("waiting")?,
        oldest: row.try_get("oldest")?,
        runs: row.try_get::<Vec<Uuid>, _>("examples")?.into_iter().map(RunId::from).collect(),
        in_program,
        verdict: changes.as_ref().map_or(Verdict::MustDrain, verdict),
        changes: changes.unwrap_or_default(),
        workflow,
    })
}

impl DeployCheck {
    /// What this means together, for the workflows that the program has: the largest of their verdicts; safe where nothing is under
    /// way.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let own = self.versions.iter().filter(|version| version.in_program);
        own.map(|version| version.verdict).max().unwrap_or(Verdict::Safe)
    }

    /// How many runs of the program's workflows its workers would go on with.
    #[must_use]
    pub fn taken_over(&self) -> i64 {
        self.count(|version| version.verdict == Verdict::Safe)
    }

    /// How many runs of the program's workflows would wait for workers of the program of before.
    #[must_use]
    pub fn left_alone(&self) -> i64 {
        self.count(|version| version.verdict > Verdict::Safe)
    }

    fn count(&self, which: impl Fn(&VersionCheck) -> bool) -> i64 {
        self.versions
            .iter()
            .filter(|version| version.in_program && which(version))
            .map(|version| version.live_runs)
            .sum()
    }
}

impl fmt::Display for DeployCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: workers of this program go on with {}, and leave {} alone",
            self.verdict(),
            runs(self.taken_over()),
            runs(self.left_alone())
        )?;
        for version in &self.versions {
            write!(f, "\n{version}")?;
        }
        Ok(())
    }
}

impl fmt::Display for VersionCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workflow `{}`, version {} ({:.8}): ", self.workflow, self.version, self.hash)?;
        if self.in_program {
            writeln!(f, "{}", self.verdict)?;
        } else {
            f.write_str("this program does not have the workflow: its runs need workers of one that does\n")?;
        }
        write!(f, "  {} under way", runs(self.live_runs))?;
        if self.paused > 0 {
            write!(f, ", of which {} paused: resume or cancel them, or they never end", self.paused)?;
        }
        if self.waiting > 0 {
            write!(f, ", {} waiting", self.waiting)?;
        }
        let shown: Vec<String> = self.runs.iter().map(ToString::to_string).collect();
        let oldest = self.oldest.as_deref().unwrap_or("at a time that is not known");
        writeln!(f, "\n  the oldest since {oldest}: {}", shown.join(", "))?;
        if self.in_program && self.verdict > Verdict::Safe && self.changes.is_empty() {
            f.write_str("  this program cannot read its definition: keep workers of the old program until its runs have ended\n")?;
        }
        tell(f, &self.changes)
    }
}

fn runs(count: i64) -> String {
    if count == 1 { "1 run".to_owned() } else { format!("{count} runs") }
}
