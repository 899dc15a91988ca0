//! Who says whether a payload fits a schema: the crate `jsonschema`, and the database.

use pgflow_tests::TestDb;
use serde_json::Value;
use sqlx::types::Json;

/// What the crate says; none where the payload fits.
pub(crate) fn by_crate(schema: &Value, payload: &Value) -> Option<String> {
    let validator = jsonschema::draft202012::new(schema).expect("a schema");
    validator.validate(payload).err().map(|error| error.to_string())
}

/// What the database says; none where it finds nothing wrong. The payload is text, so that nothing of it is lost on the way.
pub(crate) async fn by_database(db: &TestDb, schema: &Value, payload: &str) -> Option<String> {
    sqlx::query_scalar("select pgflow.schema_problem($1, $1, $2::text::jsonb, 'input')")
        .bind(Json(schema))
        .bind(payload)
        .fetch_one(&db.pool())
        .await
        .unwrap()
}

/// The same of many payloads of one schema.
pub(crate) async fn all_by_database(db: &TestDb, schema: &Value, payloads: &[String]) -> Vec<Option<String>> {
    sqlx::query_scalar(
        "select pgflow.schema_problem($1, $1, payload::jsonb, 'input')
         from unnest($2::text[]) with ordinality p(payload, at) order by at",
    )
    .bind(Json(schema))
    .bind(payloads)
    .fetch_all(&db.pool())
    .await
    .unwrap()
}

/// Payloads as the database gives them back.
pub(crate) async fn stored(db: &TestDb, payloads: &[String]) -> Vec<String> {
    sqlx::query_scalar("select payload::jsonb::text from unnest($1::text[]) with ordinality p(payload, at) order by at")
        .bind(payloads)
        .fetch_all(&db.pool())
        .await
        .unwrap()
}
