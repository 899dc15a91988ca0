//! For Mermaid, as GitHub and others draw it within Markdown.

use std::fmt::Write as _;

use super::{Drawing, From, Line, first_line, remarks, title};
use crate::definition::StepDefinition;

/// How much of a description stands in a box.
const DESCRIPTION: usize = 60;

impl Drawing<'_> {
    /// As a flowchart for [Mermaid](https://mermaid.js.org), to be put between ```` ```mermaid ```` and ```` ``` ````.
    ///
    /// A map step has a double frame, a step with a condition six corners; what is only waited for is dashed, and the items of a list
    /// go along thick arrows. A step that is executed when the run has failed stands in a frame of its own.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let steps = &self.definition.steps;
        let arrows = self.arrows();
        // The title is YAML, of which a JSON string is a part.
        let mut text = format!("---\ntitle: {}\n---\nflowchart TD\n", serde_json::Value::from(title(self.definition)));
        if arrows.iter().any(|(from, ..)| *from == From::Input) {
            text.push_str("    input([input])\n");
        }
        for &number in self.levels.iter().flatten() {
            let _ = writeln!(text, "    {}", node(number, &steps[number]));
        }
        if self.hooks().next().is_some() {
            text.push_str("    subgraph failed [\"when the run has failed\"]\n");
            for number in self.hooks() {
                let _ = writeln!(text, "        {}", node(number, &steps[number]));
            }
            text.push_str("    end\n");
        }
        for (from, to, line) in arrows {
            let from = match from {
                From::Input => "input".to_owned(),
                From::Step(number) => format!("s{number}"),
            };
            let arrow = match line {
                Line::Value => "-->",
                Line::Items(_) => "==>",
                Line::Order => "-.->",
            };
            let label = line.label().map(|label| format!("|\"{}\"|", escaped(&label))).unwrap_or_default();
            let _ = writeln!(text, "    {from} {arrow}{label} s{to}");
        }
        text
    }
}

/// Ids are numbers: a step may be called `end`, which is a word of Mermaid's.
fn node(number: usize, step: &StepDefinition) -> String {
    let mut lines = vec![escaped(&step.name)];
    if let Some(description) = step.description.as_deref().map(|text| first_line(text, DESCRIPTION))
        && !description.is_empty()
    {
        lines.push(format!("<i>{}</i>", escaped(&description)));
    }
    lines.extend(remarks(step).iter().map(|remark| escaped(remark)));
    let (open, close) = match step {
        _ if step.map.is_some() => ("[[", "]]"),
        _ if step.skip.when => ("{{", "}}"),
        _ => ("[", "]"),
    };
    format!("s{number}{open}\"{}\"{close}", lines.join("<br/>"))
}

/// Text within quotes: whatever could end it, or be read as HTML, Markdown or an entity, is an entity itself.
fn escaped(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_word = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let mut out = String::with_capacity(text.len());
    for (at, &c) in chars.iter().enumerate() {
        match c {
            // Within a word, where names have it, it means nothing.
            '_' if is_word(at.checked_sub(1)) && is_word(Some(at + 1)) => out.push(c),
            '-' | '.' | ',' | ':' | '/' | '\'' | '?' | '!' | '+' | '=' => out.push(c),
            c if c.is_ascii_punctuation() => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
