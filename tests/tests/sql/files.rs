//! The files: their cases, and what each says of itself in comments.

use std::path::Path;

use crate::split::split;

/// What the files of a folder are about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Folder {
    Functions,
    Views,
    Constraints,
}

impl Folder {
    fn name(self) -> &'static str {
        match self {
            Self::Functions => "functions",
            Self::Views => "views",
            Self::Constraints => "constraints",
        }
    }

    /// All its files, by name.
    pub(crate) fn files(self) -> Vec<File> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql").join(self.name());
        let mut files: Vec<File> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
            .map(|path| {
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                let text = std::fs::read_to_string(&path).unwrap();
                File {
                    path: format!("{}/{name}.sql", self.name()),
                    cases: cases(&text),
                    broken: broken(&text),
                    name,
                    text,
                }
            })
            .collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files
    }
}

/// A file about one thing of the schema, which has its name.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) cases: Vec<Case>,
    pub(crate) broken: Vec<Broken>,
}

/// `-- broken: this => that`: with that in the place of this in the function's text, a case of the file fails.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) line: usize,
    pub(crate) this: String,
    pub(crate) that: String,
}

/// `-- case: ..`: statements that are executed in a transaction of their own, which is rolled back.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// `-- isolation: ..`: what the transaction is, where it is not `read committed`.
    pub(crate) isolation: Option<String>,
    /// `-- beside: ..`: what another session has executed meanwhile, in a transaction that stays open.
    pub(crate) beside: Vec<String>,
    pub(crate) statements: Vec<Statement>,
}

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) line: usize,
    pub(crate) sql: String,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases = vec![Case::default()];
    let mut begins = vec![0];
    for (line, content) in text.lines().enumerate() {
        let case = cases.last_mut().unwrap();
        if let Some(name) = content.strip_prefix("-- case: ") {
            cases.push(Case { name: name.to_owned(), ..Case::default() });
            begins.push(line + 1);
        } else if let Some(isolation) = content.strip_prefix("-- isolation: ") {
            case.isolation = Some(isolation.to_owned());
        } else if let Some(sql) = content.strip_prefix("-- beside: ") {
            case.beside.push(sql.to_owned());
        }
    }
    for (line, sql) in split(text) {
        let place = begins.partition_point(|begin| *begin <= line) - 1;
        cases[place].statements.push(Statement { line, sql });
    }
    cases.retain(|case| !case.statements.is_empty());
    cases
}

fn broken(text: &str) -> Vec<Broken> {
    (1..)
        .zip(text.lines())
        .filter_map(|(line, content)| Some((line, content.strip_prefix("-- broken: ")?)))
        .map(|(line, change)| {
            let (this, that) = change.split_once(" =>").expect("`-- broken: this => that`");
            Broken { line, this: this.to_owned(), that: that.trim_start().to_owned() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_have_the_statements_below_their_names() {
        let cases = cases(
            "-- A header.\n-- case: one\nselect 1;\n-- case: two\n-- isolation: serializable\nselect 2;\nselect 3;\n",
        );
        let lines = |case: &Case| case.statements.iter().map(|s| s.line).collect::<Vec<_>>();
        assert_eq!(cases.len(), 2);
        assert_eq!((&*cases[0].name, lines(&cases[0])), ("one", vec![3]));
        assert_eq!((&*cases[1].name, lines(&cases[1])), ("two", vec![6, 7]));
        assert_eq!(cases[1].isolation.as_deref(), Some("serializable"));
    }

    #[test]
    fn what_is_broken_stands_before_the_arrow() {
        let broken = broken("select 1;\n-- broken: a = b => a <> b\n-- broken: for update =>\n");
        assert_eq!((broken[0].line, &*broken[0].this, &*broken[0].that), (2, "a = b", "a <> b"));
        assert_eq!((&*broken[1].this, &*broken[1].that), ("for update", ""));
    }
}
