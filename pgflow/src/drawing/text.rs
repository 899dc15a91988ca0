//! As text, for terminals: a level after the other.

use super::{Drawing, first_line, remarks};
use crate::definition::StepDefinition;
use crate::words::{self, WIDTH, wrap};

/// Where names begin.
const MARGIN: usize = 4;

/// Names that are longer do not move what stands beside the others.
const LONGEST_NAME: usize = 24;

/// So many steps of a level that differ in nothing but their names are told of together.
const ALIKE: usize = 4;

impl Drawing<'_> {
    /// As text, for terminals: at most 100 columns wide (but for names that are longer).
    ///
    /// Each line is a step with what it takes, what it comes after, and what else is said of it; the number is that of its level:
    /// what is on one level does not wait for each other. Many steps of a level that differ in nothing but their names stand together.
    /// A step that is executed when the run has failed is marked with `!`. What starts runs by themselves stands below the name.
    #[must_use]
    pub fn text(&self) -> String {
        let definition = self.definition;
        let mut text = format!("workflow {}", definition.name);
        let room = WIDTH.saturating_sub(text.chars().count() + 2);
        match definition.description.as_deref().map(|description| first_line(description, room)) {
            Some(line) if !line.is_empty() => text.push_str(&format!(": {line}\n")),
            _ => text.push('\n'),
        }
        if definition.schedule.is_some() {
            wrap(&mut text, "scheduled ", 2, &words::schedule(definition.schedule.as_ref()));
        }
        text.push('\n');

        let rows: Vec<(String, Row)> = self.rows();
        let lengths = rows.iter().filter_map(|(_, row)| match row {
            Row::Step(name, _) => Some(name.chars().count()).filter(|length| *length <= LONGEST_NAME),
            Row::Alike(..) => None,
        });
        let width = lengths.max().unwrap_or(LONGEST_NAME);
        // As wide as the largest number of a level.
        let margin = MARGIN.max(self.levels.len().to_string().len() + 3);
        for (mark, row) in rows {
            let mark = format!("{mark:>at$}  ", at = margin - 2);
            match row {
                Row::Step(name, said) => {
                    let start = format!("{mark}{name:<width$}  ");
                    wrap(&mut text, &start, margin + width + 2, &said);
                }
                Row::Alike(names, said) => {
                    let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
                    wrap(&mut text, &mark, margin, &format!("{} steps{said}:", names.len()));
                    wrap(&mut text, &" ".repeat(margin + 2), margin + 2, &names.join(", "));
                }
            }
        }
        text.replace(BOUND, " ")
    }

    fn rows(&self) -> Vec<(String, Row)> {
        let steps = &self.definition.steps;
        let mut rows = Vec::new();
        for (number, level) in self.levels.iter().enumerate() {
            let said: Vec<(usize, String)> = level.iter().map(|&step| (step, self.said(&steps[step]))).collect();
            let mut told: Vec<&str> = Vec::new();
            for (step, words) in &said {
                if told.contains(&words.as_str()) {
                    continue;
                }
                // The level's number stands at its first row.
                let first = !rows.iter().any(|(_, at, _)| *at == number);
                let mark = if first { (number + 1).to_string() } else { String::new() };
                let alike: Vec<String> = said
                    .iter()
                    .filter(|(_, other)| other == words)
                    .map(|(step, _)| steps[*step].name.clone())
                    .collect();
                if alike.len() >= ALIKE {
                    told.push(words);
                    rows.push((mark, number, Row::Alike(alike, words.clone())));
                } else {
                    rows.push((mark, number, Row::Step(steps[*step].name.clone(), words.clone())));
                }
            }
        }
        let mut rows: Vec<(String, Row)> = rows.into_iter().map(|(mark, _, row)| (mark, row)).collect();
        for hook in self.hooks() {
            let words = [self.said(&steps[hook]), "when the run has failed".to_owned()];
            let words: Vec<String> = words.into_iter().filter(|words| !words.is_empty()).collect();
            rows.push(("!".to_owned(), Row::Step(steps[hook].name.clone(), words.join("; "))));
        }
        rows
    }

    fn said(&self, step: &StepDefinition) -> String {
        let mut said = Vec::new();
        for (word, names) in [("takes", words::takes(step)), ("after", words::after(step))] {
            if !names.is_empty() {
                said.push(format!("{word} {}", self.by_level(&names).join(", ")));
            }
        }
        if let Some(map) = &step.map {
            said.push(format!("for each of {}", words::source(map)));
        }
        said.extend(remarks(step).into_iter().map(|remark| if remark.len() < 30 { bound(&remark) } else { remark }));
        said.join("; ")
    }

    /// The names; in place of all of a large level, that.
    fn by_level(&self, names: &[&str]) -> Vec<String> {
        let name = |&step: &usize| self.definition.steps[step].name.as_str();
        let whole = |(_, level): &(usize, &Vec<usize>)| {
            level.len() >= ALIKE && level.iter().all(|step| names.contains(&name(step)))
        };
        let levels: Vec<(usize, &Vec<usize>)> = self.levels.iter().enumerate().filter(whole).collect();
        let told = |given: &&&str| levels.iter().any(|(_, level)| level.iter().any(|step| name(step) == **given));
        let mut said: Vec<String> = names.iter().filter(|name| !told(name)).map(|&name| name.to_owned()).collect();
        said.extend(levels.iter().map(|(number, level)| format!("all {} of level {}", level.len(), number + 1)));
        said
    }
}

enum Row {
    Step(String, String),
    /// Names, and what is said of each of them.
    Alike(Vec<String>, String),
}

/// Between words that stay on one line.
const BOUND: char = '\u{a0}';

fn bound(words: &str) -> String {
    words.replace(' ', &BOUND.to_string())
}
