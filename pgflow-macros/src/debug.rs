//! `PGFLOW_MACRO_DEBUG=reserve cargo check` prints what is written for a step or a workflow of that name, for people to read.
//!
//! It is formatted by `rustfmt`, a program that is there wherever the code of a workflow is worked on. A library for that would be
//! compiled by everybody who uses the macros.

use std::io::Write as _;
use std::process::{Command, Stdio};

use proc_macro2::TokenStream;
use quote::quote;

/// The environment variable that names what is printed.
const VARIABLE: &str = "PGFLOW_MACRO_DEBUG";

/// Prints what was written for `name`, if that is what was asked for.
pub(crate) fn print(what: &str, name: &str, written: impl FnOnce() -> TokenStream) {
    if std::env::var(VARIABLE).is_ok_and(|asked| asked == name) {
        let text = page(what, name, &written(), "rustfmt");
        // In one call, so that it is not torn apart by what other crates print at the same time. Nobody waits for it.
        _ = std::io::stderr().write_all(text.as_bytes());
    }
}

/// What makes cargo compile a crate again when the variable has changed: a macro cannot say that it has read one, but what it writes
/// can read it as well.
pub(crate) fn tracked() -> TokenStream {
    quote!(
        const _: ::core::option::Option<&'static ::core::primitive::str> = ::core::option_env!(#VARIABLE);
    )
}

/// What is printed.
pub(crate) fn page(what: &str, name: &str, written: &TokenStream, formatter: &str) -> String {
    let source = written.to_string();
    let text = formatted(&source, formatter);
    let text = text.as_deref().unwrap_or(&source).trim_end();
    format!("// pgflow: what is written for {what} `{name}`\n{text}\n// pgflow: end of {what} `{name}`\n")
}

/// None when there is no formatter, or when the source is no Rust, as while it is typed.
fn formatted(source: &str, formatter: &str) -> Option<String> {
    let mut process = Command::new(formatter)
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // It reads all of its input before it writes anything. One that has ended early says so by its status.
    process.stdin.take().map(|mut stdin| stdin.write_all(source.as_bytes()));
    let output = process.wait_with_output().ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()
}
