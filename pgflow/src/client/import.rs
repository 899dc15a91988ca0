//! Workflows and runs from elsewhere.

use serde::Deserialize;
use serde_json::Value;

use super::Client;
use crate::database::{Jsonb, statements};
use crate::definition::Definition;
use crate::encoded::Encoded;
use crate::error::{Error, Kind};
use crate::step::RunId;

/// What a document has brought in, in its order.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ImportReport {
    /// Its workflows.
    pub workflows: Vec<ImportedWorkflow>,
    /// Its runs.
    pub runs: Vec<ImportedRun>,
}

/// A workflow that was brought in.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ImportedWorkflow {
    /// Its name.
    pub name: String,
    /// The id of its version.
    pub version: i32,
}

/// A run that was brought in.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ImportedRun {
    /// What it is called elsewhere.
    #[serde(default)]
    pub id: Option<String>,
    /// What it is called here.
    pub run_id: RunId,
    /// Whether it is new: one with an id that was brought in before is left as it is.
    pub created: bool,
}

impl Client {
    /// Brings in workflows and runs, all of them or none: `{"workflows": [..], "runs": [..]}`, a form that
    /// [`import_schema`](crate::dynamic::import_schema) tells. Workflows are created, or updated. Runs that have ended become history; the
    /// others go on from the steps that they say have completed. A run that has an `id` is brought in once, however often that is asked.
    ///
    /// # Errors
    /// When something breaks a rule ([`Error::is_refused`]): the message names each place; or the database fails.
    pub async fn import(&self, document: &Value) -> Result<ImportReport, Error> {
        let mut problems = Vec::new();
        let workflows = document.get("workflows").and_then(Value::as_array);
        for (number, workflow) in workflows.into_iter().flatten().enumerate() {
            if let Err(error) = Definition::from_document(workflow) {
                problems.extend(error.problems().iter().map(|problem| format!("workflows[{number}]: {problem}")));
            }
        }
        if !problems.is_empty() {
            let message = format!("the document is refused, and nothing of it is stored:\n- {}", problems.join("\n- "));
            return Err(Error::new(Kind::Refused(message)));
        }
        let encode = |source| Error::new(Kind::Payload { what: "the document cannot be encoded".to_owned(), source });
        let text = Encoded::new(document).map_err(encode)?;
        let report: Encoded = sqlx::query_scalar(statements::IMPORT_DOCUMENT)
            .bind(Jsonb(text.as_str()))
            .bind(None::<String>)
            .fetch_one(&self.pool)
            .await
            .map_err(|e| Error::refused("importing a document", e))?;
        self.shared.announcer.announce(&self.pool);
        report.decode().map_err(|source| {
            Error::new(Kind::Payload { what: "the report of the import cannot be read".to_owned(), source })
        })
    }
}
