//! A script's statements, each with the line on which it begins: so that a failure can say where it is.

/// Splits at semicolons that stand outside of quotes and comments. Lines count from 1.
pub(crate) fn split(text: &str) -> Vec<(usize, String)> {
    let mut statements = Vec::new();
    let mut rest = text;
    let mut line = 1;
    // Where the statement begins, and its text so far.
    let mut begun: Option<usize> = None;
    let mut sql = String::new();
    while let Some(first) = rest.chars().next() {
        let length = token(rest, first);
        let (taken, left) = rest.split_at(length);
        rest = left;
        if taken == ";" {
            if let Some(line) = begun.take() {
                statements.push((line, std::mem::take(&mut sql)));
            }
            sql.clear();
        } else if begun.is_some() || !(taken.starts_with("--") || first.is_whitespace()) {
            begun.get_or_insert(line);
            sql.push_str(taken);
        }
        line += taken.matches('\n').count();
    }
    if let Some(line) = begun {
        statements.push((line, sql));
    }
    statements
}

/// The length of what is to be taken as a whole.
fn token(rest: &str, first: char) -> usize {
    let closed_by =
        |open: usize, close: &str| rest[open..].find(close).map_or(rest.len(), |at| open + at + close.len());
    match first {
        '\'' | '"' => closed_by(1, &rest[..1]),
        '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
        '$' => {
            let tag = rest[1..].find('$').map(|at| &rest[..at + 2]);
            match tag.filter(|tag| tag[1..tag.len() - 1].chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
                Some(tag) => closed_by(tag.len(), tag),
                None => 1,
            }
        }
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn semicolons_in_quotes_and_comments_end_nothing() {
        let text = "-- a; b\nselect ';', \"x;y\";\n\ndo $x$ begin; $$;$$ end $x$;\nselect 'it''s;' -- c;\n, 1;";
        let found = split(text);
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 4, 5]);
        assert_eq!(found[1].1, "do $x$ begin; $$;$$ end $x$");
        assert_eq!(found[2].1, "select 'it''s;' -- c;\n, 1");
    }
}
