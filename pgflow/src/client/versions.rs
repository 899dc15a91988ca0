//! The versions of workflows: listed, compared, and which one is current.

use sqlx::Row as _;

use super::Client;
use crate::compare::{Change, Verdict, verdict};
use crate::database::statements;
use crate::definition::Definition;
use crate::encoded::Encoded;
use crate::error::Error;

/// A version of a workflow, as the database keeps it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VersionSummary {
    /// Its id, as runs have it ([`RunSummary::version`](crate::RunSummary::version)).
    pub id: i32,
    /// The workflow's name.
    pub workflow: String,
    /// The SHA-256 of its [canonical definition](Definition::canonical).
    pub hash: String,
    /// Whether starts by the workflow's name use it.
    pub current: bool,
    /// When it was registered first: UTC, as in RFC 3339.
    pub created_at: String,
    /// How many of its runs have not ended.
    pub live_runs: i64,
    /// What it is: kept for ever, so that its runs can always be read.
    pub definition: Definition,
}

/// How a version differs from another one, and what that means for its runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Comparison {
    /// What differs.
    pub changes: Vec<Change>,
    /// What that means for runs of the earlier version: the largest of the changes' verdicts.
    pub verdict: Verdict,
    /// How many runs of the earlier version have not ended.
    pub live_runs: i64,
    /// Whether workers that have the later version go on with them, or carry them over. Where not, keep workers of the earlier one until they have ended.
    pub taken_over: bool,
}

impl Client {
    /// The versions of a workflow, the newest first; of all workflows, where none is named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn versions(&self, workflow: Option<&str>) -> Result<Vec<VersionSummary>, Error> {
        let doing = "listing versions";
        let rows = sqlx::query(statements::VERSIONS)
            .bind(workflow)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| Error::database(doing, e))?;
        rows.iter().map(|row| version(row).map_err(|e| Error::database(doing, e))).collect()
    }

    /// Makes a version the one that starts by the workflow's name use (from SQL, for example). Registering a new version does that by
    /// itself; a program that registers one that is known already, as after a deploy that was taken back, does not.
    ///
    /// # Errors
    /// When there is no such version, or the database fails.
    pub async fn make_current(&self, version: i32) -> Result<(), Error> {
        sqlx::query(statements::MAKE_CURRENT)
            .bind(version)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(|e| Error::refused("choosing the current version", e))
    }
}

impl VersionSummary {
    /// How this version differs from a later definition: that of this program before it is deployed, for example.
    ///
    /// ```no_run
    /// # use pgflow::Verdict;
    /// # async fn example<W: pgflow::Workflow>(client: pgflow::Client) -> Result<(), pgflow::Error> {
    /// for version in client.versions(Some(W::NAME)).await? {
    ///     let comparison = version.compare(&W::definition());
    ///     if comparison.live_runs > 0 && !comparison.taken_over {
    ///         println!("{} runs of version {} need workers of their own", comparison.live_runs, version.id);
    ///         for change in comparison.changes.iter().filter(|change| change.verdict > Verdict::Safe) {
    ///             println!("  {change}: {}", change.advice());
    ///         }
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn compare(&self, later: &Definition) -> Comparison {
        let changes = self.definition.changes(later);
        let verdict = verdict(&changes);
        Comparison { changes, verdict, live_runs: self.live_runs, taken_over: verdict == Verdict::Safe }
    }
}

fn version(row: &sqlx::postgres::PgRow) -> sqlx::Result<VersionSummary> {
    let definition: Encoded = row.try_get(6)?;
    Ok(VersionSummary {
        id: row.try_get(0)?,
        workflow: row.try_get(1)?,
        hash: row.try_get(2)?,
        current: row.try_get(3)?,
        created_at: row.try_get(4)?,
        live_runs: row.try_get(5)?,
        definition: definition.decode().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
    })
}
