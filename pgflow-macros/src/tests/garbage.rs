//! Whatever is written, the macros answer with tokens.

use proc_macro2::TokenStream;
use proptest::prelude::*;

use super::tokens;

/// Pieces of what one might write; each keeps its brackets closed, as the compiler sees to that.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "#[step]",
        "#[step(",
        "depends_on = [",
        "map = ",
        "input",
        "item",
        "a",
        "b",
        "r#type",
        "_",
        "x.y",
        ".0",
        "1.5",
        "=",
        ",",
        "::",
        "async",
        "fn",
        "mod",
        "struct S;",
        "-> Result<",
        ">",
        "Result",
        "-> u8",
        "&",
        "&'a",
        "'a",
        "(",
        "self",
        "..",
        "\"1h\"",
        "\"\"",
        "0",
        "-1",
        "true",
        "unsafe",
        "extern \"C\"",
        "impl",
        "dyn",
        "pub",
        "const",
        "where",
        ":",
        ";",
        "u8",
        "Vec<u8>",
        "#[from(a)]",
        "#[cfg(x)]",
        "#",
        "!",
        "mut",
        "max_attempts",
        "timeout",
        "Signal<u8>",
        "Option<Signal<",
        "Repeat",
        "Repeat<",
        "signal_timeout",
        "latest_signal",
        "max_repeats",
        "signals",
        "backoff",
        "state",
        "crate",
        "Workflow",
        "use super::*;",
        "#![allow(x)]",
        "/// text\n",
        "é",
        "$",
    ]);
    prop::collection::vec((piece, prop::option::of(0..3_usize)), 0..24).prop_map(|pieces| {
        let mut text = String::new();
        let mut open = Vec::new();
        for (piece, bracket) in pieces {
            text.push_str(piece);
            text.push(' ');
            for character in piece.chars() {
                match character {
                    '(' => open.push(')'),
                    '[' => open.push(']'),
                    ')' | ']' => drop(open.pop()),
                    _ => {}
                }
            }
            match bracket {
                Some(0) => {
                    text.push('{');
                    open.push('}');
                }
                Some(_) => text.extend(open.pop()),
                None => {}
            }
        }
        text.extend(open.into_iter().rev());
        text
    })
}

fn lexed(text: &str) -> Option<TokenStream> {
    text.parse().ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_workflow_bears_any_tokens(arguments in soup(), item in soup()) {
        let (Some(arguments), Some(item)) = (lexed(&arguments), lexed(&item)) else { return Ok(()) };
        drop(crate::workflow::workflow(arguments, item));
    }

    #[test]
    fn a_workflow_bears_any_items(items in soup()) {
        let Some(module) = lexed(&format!("mod orders {{ {items} #[step] async fn z() -> Result<u8> {{}} }}")) else { return Ok(()) };
        let text = crate::workflow::workflow(TokenStream::new(), module).to_string();
        prop_assert!(text.contains("async fn z () -> Result"), "{text}");
    }

    #[test]
    fn a_step_bears_any_arguments(arguments in soup(), parameters in soup()) {
        let (Some(arguments), Some(parameters)) = (lexed(&arguments), lexed(&parameters)) else { return Ok(()) };
        let item = quote::quote!(async fn a(#parameters) -> Result<u8> { 1 });
        let text = crate::step::step(arguments.clone(), item.clone()).to_string();
        prop_assert!(text.contains("fn a"), "the function is emitted: {text}");
        drop(crate::workflow::workflow(TokenStream::new(), quote::quote!(mod orders { #[step(#arguments)] #item })));
    }
}

#[test]
fn odd_items_are_kept() {
    for item in ["enum", "mod orders", "mod orders { #[step] }", "mod orders { fn }", "mod orders { #[step] fn a( }"] {
        if let Some(tokens) = lexed(item) {
            drop(crate::workflow::workflow(TokenStream::new(), tokens));
        }
    }
    drop(crate::step::step(tokens("= 5"), tokens("")));
}
