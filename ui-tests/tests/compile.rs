//! Compiles every program of this crate's folders, and compares what the compiler says.

/// The folders of programs that must not compile, one a rule.
const RULES: &[&str] = &[
    "argument",
    "child",
    "condition",
    "cycle",
    "elsewhere",
    "hook",
    "many",
    "map",
    "module",
    "parameter",
    "payload",
    "repeat",
    "schedule",
    "signal",
    "signature",
    "skippable",
    "step-alone",
    "type-mismatch",
    "unknown-step",
];

#[test]
fn programs_compile_or_say_why_not() {
    let programs = trybuild::TestCases::new();
    programs.pass("pass/*.rs");
    for rule in RULES {
        programs.compile_fail(format!("{rule}/*.rs"));
    }
}

/// A folder that nobody lists would never be compiled.
#[test]
fn every_folder_is_listed() {
    let mut found: Vec<String> = std::fs::read_dir(env!("CARGO_MANIFEST_DIR"))
        .expect("this crate has a folder")
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !matches!(name.as_str(), "pass" | "src" | "tests" | "wip" | "target"))
        .collect();
    found.sort();
    assert_eq!(found, RULES);
}
