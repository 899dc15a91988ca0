//! What the user reads.

use std::path::Path;

use pgflow::embedded::Database;
use pgflow::{Client, Run, RunFilter, RunId, RunStatus};

use crate::progress;
use crate::workflow::{Count, Report, text_report};

/// Says which run this is, and what of it was recorded by earlier processes. Gives how many files that is.
pub(crate) async fn beginning(run: &Run<text_report::Workflow>, files: usize) -> anyhow::Result<i64> {
    let steps = run.steps().await?;
    let id = run.id();
    if run.status().await? == RunStatus::Scheduled {
        println!("Run {id} begins, with {files} file{}.", if files == 1 { "" } else { "s" });
        return Ok(0);
    }
    println!("Run {id} was begun before, and has not ended: this process goes on with it.");
    let recorded: Vec<_> = steps.iter().filter(|step| progress::done(step).0 > 0).collect();
    for step in &recorded {
        let (done, of) = progress::done(step);
        match step.items {
            Some(_) => println!("  recorded before: {done} of {of} items of step `{}`, not repeated", step.step),
            None => println!("  recorded before: step `{}`, not repeated", step.step),
        }
    }
    if recorded.is_empty() {
        println!("  recorded before: nothing yet");
    }
    if steps.iter().any(|step| step.status == "running") {
        println!("  A worker still owns it. If that was killed, this one takes over once it has been silent for 2 s.");
    }
    Ok(steps.iter().filter_map(|step| step.items_done).sum())
}

/// Prints the result.
pub(crate) fn report(report: &Report) {
    let counted = |number, thing| format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" });
    println!("{}, {}, {}", counted(report.files, "file"), counted(report.lines, "line"), counted(report.words, "word"));
    println!("\n  longest files{:>42}{:>9}", "words", "lines");
    let common = common_folder(&report.longest);
    for Count { path, words, lines, .. } in &report.longest {
        let short = Path::new(path).strip_prefix(&common).ok().filter(|rest| !rest.as_os_str().is_empty());
        let short = short.map_or_else(|| path.clone(), |rest| rest.display().to_string());
        println!("  {short:<45}{:>10}{:>9}", grouped(*words), grouped(*lines));
    }
    let frequent: Vec<_> =
        report.frequent.iter().map(|word| format!("{} {}", word.word, grouped(word.times))).collect();
    println!("\n  frequent words: {}", frequent.join(", "));
    for line in report.left_out.iter().take(5) {
        println!("  not read: {line}");
    }
    if report.left_out.len() > 5 {
        println!("  not read: {} more", report.left_out.len() - 5);
    }
    println!();
}

/// Says how to look at the run.
pub(crate) fn hints(database: &Database) {
    println!("To see it again:  the same command; or `--runs` for a list of all runs");
    if database.postgres().is_some() {
        println!("To look with SQL: the same command with `--hold`, which keeps the database up for psql");
    } else {
        println!("To look with SQL: psql \"$DATABASE_URL\" -c 'select * from pgflow.runs'");
    }
}

/// Says how to reach the database with psql.
pub(crate) fn psql(database: &Database, run: Option<RunId>) {
    let url = match database.postgres() {
        Some(_) => format!("'{}'", database.url()),
        // It may hold a password.
        None => "\"$DATABASE_URL\"".to_owned(),
    };
    let filter = run.map(|run| format!(" where run_id = '{run}'")).unwrap_or_default();
    println!(
        "psql {url} -c \"select step, status, items, items_done, attempts from pgflow.steps{filter} order by run_id, number\""
    );
}

/// Lists the runs of this workflow, the newest first, with their steps.
pub(crate) async fn runs(client: &Client) -> anyhow::Result<()> {
    let runs = client.runs(&RunFilter::new().workflow("text_report").limit(10)).await?;
    if runs.is_empty() {
        println!("There is no run yet.");
    }
    for run in runs {
        println!("run {} {} (started {})", run.id, run.status, run.created_at);
        for step in client.run(text_report::Workflow, run.id).steps().await? {
            let (done, of) = progress::done(&step);
            let items = step.items.map(|_| format!(", {done} of {of} items")).unwrap_or_default();
            let error = step.error.map(|error| format!(": {error}")).unwrap_or_default();
            println!("  {:<10} {}{items}{error}", step.step, step.status);
        }
    }
    Ok(())
}

/// The folder that all these files are in.
fn common_folder(counts: &[Count]) -> std::path::PathBuf {
    let mut folders = counts.iter().filter_map(|count| Path::new(&count.path).parent());
    let first = folders.next().map(Path::to_path_buf).unwrap_or_default();
    folders.fold(first, |mut common, folder| {
        while !folder.starts_with(&common) && common.pop() {}
        common
    })
}

/// 12345 as 12,345.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
