//! What is printed of an expansion.

use super::tokens;
use crate::debug::page;

#[test]
fn what_is_printed_is_formatted() {
    let text = page("step", "reserve", &tokens("fn a ( ) -> u8 { 1 } fn b ( ) { }"), "rustfmt");
    assert_eq!(
        text,
        "// pgflow: what is written for step `reserve`\nfn a() -> u8 {\n    1\n}\nfn b() {}\n// pgflow: end of step `reserve`\n"
    );
}

#[test]
fn what_cannot_be_formatted_is_printed_as_it_is() {
    for (source, formatter) in [("fn = 5", "rustfmt"), ("fn a () { }", "no-such-program")] {
        let text = page("workflow", "order", &tokens(source), formatter);
        assert_eq!(text.lines().nth(1), Some(tokens(source).to_string().as_str()), "{text}");
    }
}
