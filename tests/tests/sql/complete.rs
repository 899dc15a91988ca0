//! Nothing of the schema is without its file, and no file is left of what there was once.

use std::collections::BTreeMap;

use pgflow_tests::TestDb;

use crate::files::Folder;

/// Constraints of tables that are no partitions. What may be null is said by `expect.nullable`.
const CONSTRAINTS: &str = "select coalesce(k.relname, t.typname)::text, c.conname::text
    from pg_constraint c left join pg_class k on k.oid = c.conrelid left join pg_type t on t.oid = c.contypid
    where c.connamespace = 'pgflow'::regnamespace and c.contype <> 'n' and not coalesce(k.relispartition, false) order by 1, 2";

const TABLES: &str = "select relname::text from pg_class
    where relnamespace = 'pgflow'::regnamespace and relkind in ('r', 'p') and not relispartition";

const VIEWS: &str =
    "select relname::text from pg_class where relnamespace = 'pgflow'::regnamespace and relkind in ('v', 'm')";

const FUNCTIONS: &str = "select distinct proname::text from pg_proc where pronamespace = 'pgflow'::regnamespace";

pub(crate) async fn check() {
    let db = TestDb::new().await;
    let pool = db.pool();
    let names = async |sql: &'static str| -> Vec<String> { sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap() };
    let mut said = compare(Folder::Functions, names(FUNCTIONS).await, |name| {
        vec![format!("pgflow.{name}("), "-- broken: ".to_owned()]
    });
    said.extend(compare(Folder::Views, names(VIEWS).await, |name| vec![format!("pgflow.{name} ")]));

    let constraints: Vec<(String, String)> = sqlx::query_as(CONSTRAINTS).fetch_all(&pool).await.unwrap();
    let mut of_tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, constraint) in constraints {
        of_tables.entry(table).or_default().push(format!("expect.refused('{constraint}'"));
    }
    said.extend(compare(Folder::Constraints, names(TABLES).await, |table| {
        let mut demanded = of_tables.remove(table).unwrap_or_default();
        demanded.extend([format!("stage.good_row('{table}'"), "expect.nullable(".to_owned()]);
        demanded
    }));
    said.extend(
        of_tables.keys().map(|domain| format!("constraints of {domain}, which is no table, are not looked at")),
    );
    assert!(said.is_empty(), "{} missing or left over:\n{}", said.len(), said.join("\n"));
}

/// What the folder lacks, of what the schema has, and what it has beyond that. Each file has in it what is demanded of it.
fn compare(folder: Folder, names: Vec<String>, mut demanded: impl FnMut(&str) -> Vec<String>) -> Vec<String> {
    assert!(!names.is_empty(), "the schema has no {folder:?}");
    let mut files: BTreeMap<String, String> = folder.files().into_iter().map(|file| (file.name, file.text)).collect();
    let mut said = Vec::new();
    for name in names {
        let wanted = demanded(&name);
        match files.remove(&name) {
            None => said.push(format!("{folder:?}: `{name}` has no file")),
            Some(text) => said.extend(
                wanted
                    .iter()
                    .filter(|wanted| !text.contains(*wanted))
                    .map(|wanted| format!("{folder:?}: {name}.sql has no `{wanted}`")),
            ),
        }
    }
    said.extend(files.keys().map(|name| format!("{folder:?}: {name}.sql is about nothing that there is")));
    said
}
