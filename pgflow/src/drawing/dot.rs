//! For Graphviz.

use std::fmt::Write as _;

use super::{Drawing, From, Line, remarks, title};
use crate::definition::StepDefinition;

impl Drawing<'_> {
    /// As a graph for [Graphviz](https://graphviz.org): `dot -Tsvg`.
    ///
    /// A level is a row. A map step has a double frame, a step with a condition six corners; what is only waited for is dashed, and the
    /// items of a list go along thick arrows. Descriptions are tooltips. A step that is executed when the run has failed stands in a
    /// frame of its own.
    #[must_use]
    pub fn dot(&self) -> String {
        let definition = self.definition;
        let arrows = self.arrows();
        let mut text = format!("digraph {} {{\n", quoted(&definition.name));
        let _ = writeln!(text, "    label={};\n    labelloc=t;", quoted(&title(definition)));
        if let Some(description) = &definition.description {
            let _ = writeln!(text, "    tooltip={};", quoted(description));
        }
        text.push_str("    fontname=\"sans-serif\";\n");
        text.push_str("    node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
        text.push_str("    edge [fontname=\"sans-serif\", fontsize=10];\n");
        if arrows.iter().any(|(from, ..)| *from == From::Input) {
            text.push_str("    input [shape=plaintext];\n");
        }
        for level in &self.levels {
            for &number in level {
                let _ = writeln!(text, "    {}", node(number, &definition.steps[number]));
            }
            if level.len() > 1 {
                let row: Vec<String> = level.iter().map(|number| format!("s{number};")).collect();
                let _ = writeln!(text, "    {{ rank=same; {} }}", row.join(" "));
            }
        }
        if self.hooks().next().is_some() {
            text.push_str(
                "    subgraph cluster_failed {\n        label=\"when the run has failed\";\n        style=dashed;\n",
            );
            for number in self.hooks() {
                let _ = writeln!(text, "        {}", node(number, &definition.steps[number]));
            }
            text.push_str("    }\n");
        }
        for (from, to, line) in arrows {
            let from = match from {
                From::Input => "input".to_owned(),
                From::Step(number) => format!("s{number}"),
            };
            let attributes = match (&line, line.label()) {
                (Line::Order, _) => " [style=dashed]".to_owned(),
                (Line::Items(_), Some(label)) => format!(" [penwidth=2, label={}]", quoted(&label)),
                _ => String::new(),
            };
            let _ = writeln!(text, "    {from} -> s{to}{attributes};");
        }
        text.push_str("}\n");
        text
    }
}

fn node(number: usize, step: &StepDefinition) -> String {
    let lines: Vec<String> = std::iter::once(step.name.clone()).chain(remarks(step)).collect();
    let mut attributes = vec![format!("label={}", quoted(&lines.join("\n")))];
    if step.map.is_some() {
        attributes.push("peripheries=2".to_owned());
    } else if step.skip.when {
        attributes.push("shape=hexagon, style=solid".to_owned());
    }
    // Without one of its own, a node has its label there.
    attributes.push(format!("tooltip={}", quoted(step.description.as_deref().unwrap_or(&step.name))));
    format!("s{number} [{}];", attributes.join(", "))
}

/// A string as Graphviz has it: it ends at a quote, and a backslash begins what stands for something else.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.trim().chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            // An entity would be resolved.
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
