//! Guesses at what was meant.

/// The name among `names` that resembles `name` so much that it was probably meant; of equals, the first.
#[must_use]
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One slip of the keyboard in three characters: the measure that rustc takes for its own suggestions.
    // Names that have nothing in common do not resemble each other, however short they are.
    let limit = (name.chars().count().max(3) / 3).min(name.chars().count().saturating_sub(1));
    names
        .into_iter()
        .map(|other| (strsim::osa_distance(name, other), other))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, other)| other)
}

/// Names as a text: `` `a`, `b` and `c` ``.
#[must_use]
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
