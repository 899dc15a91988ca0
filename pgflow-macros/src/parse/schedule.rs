//! When runs are started by the clock. Expressions and zones are checked here by the code that computes times at run time.

use pgflow_graph::{Cron, check_zone};
use syn::parse::ParseStream;
use syn::{Ident, LitStr, Path};

/// What is done about times that were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CatchUp {
    Skip,
    One,
    All,
}

/// `"0 3 * * *"`
pub(super) fn cron(input: ParseStream<'_>) -> syn::Result<String> {
    const WRONG: &str = "`schedule` is a cron expression, as in `schedule = \"0 3 * * *\"`: at 3:00 each day";
    let literal: LitStr = input.parse().map_err(|error| syn::Error::new(error.span(), WRONG))?;
    match Cron::parse(&literal.value()) {
        Ok(_) => Ok(literal.value()),
        Err(problem) => Err(syn::Error::new(literal.span(), format_args!("{problem}\nhelp: {}", problem.help()))),
    }
}

/// `"Europe/Zurich"`
pub(super) fn timezone(input: ParseStream<'_>) -> syn::Result<String> {
    const WRONG: &str = "`timezone` is the name of a time zone, as in `timezone = \"Europe/Zurich\"`";
    let literal: LitStr = input.parse().map_err(|error| syn::Error::new(error.span(), WRONG))?;
    match check_zone(&literal.value()) {
        Ok(()) => Ok(literal.value()),
        Err(problem) => Err(syn::Error::new(literal.span(), format_args!("{problem}\nhelp: {}", problem.help()))),
    }
}

/// `skip`, `one` or `all`
pub(super) fn catch_up(input: ParseStream<'_>) -> syn::Result<CatchUp> {
    const WRONG: &str =
        "`catch_up` says which of the times that were missed have a run: `skip` (none), `one` (the latest) or `all`";
    let word: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), WRONG))?;
    match word.to_string().as_str() {
        "skip" => Ok(CatchUp::Skip),
        "one" => Ok(CatchUp::One),
        "all" => Ok(CatchUp::All),
        _ => Err(syn::Error::new(word.span(), WRONG)),
    }
}

/// `of_the_day`, `reports::of_the_day`
pub(super) fn function(input: ParseStream<'_>) -> syn::Result<Path> {
    const WRONG: &str = "`scheduled_input` is the path of a function from `pgflow::Scheduled` to the input, as in `scheduled_input = of_the_day`";
    input.call(Path::parse_mod_style).map_err(|error| syn::Error::new(error.span(), WRONG))
}
