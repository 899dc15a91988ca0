//! What is said about mistakes.

use super::{messages, tokens, workflow};

fn said(items: &str) -> Vec<String> {
    messages(workflow("", items))
}

#[test]
fn a_workflow_without_mistakes_is_told_nothing() {
    assert!(said("#[step] async fn a() -> Result<u8> { Ok(1) } #[step(depends_on = [a])] async fn b(a: u8) -> Result<()> { Ok(()) }").is_empty());
}

#[test]
fn a_cycle_is_told_with_its_path() {
    assert_eq!(
        said(
            "#[step(depends_on = [b])] async fn a() -> Result<()> {} #[step(depends_on = [a])] async fn b() -> Result<()> {}"
        ),
        ["workflow `orders` has a dependency cycle\nhelp: `a` needs `b`, which needs `a`; remove one of them"]
    );
}

#[test]
fn mistakes_come_in_the_order_of_the_source_and_once_each() {
    assert_eq!(
        said(
            "#[step(timeout = \"5\", retries = 1)] fn a<T>() -> Result<()> {}
             #[step(depends_on = [x])] async fn b(a: u8, (c, d): (u8, u8)) -> u8 {}
             #[step(depends_on = [b])] async fn c(b: u8, a: u8) -> Result<()> {}"
        ),
        [
            "`5` has no unit\nhelp: write a duration as in `\"30s\"`, `\"250ms\"` or `\"1h 30m\"`",
            "unknown argument `retries`\nhelp: `max_attempts` says how often it is tried, the first time counted",
            "step `a` must be async: write `async fn a`",
            "step `a` cannot have generic parameters: it is one function, called by the worker",
            "workflow `orders` has no step `x`\nhelp: its other steps are `a` and `c`",
            "a parameter of step `b` is a pattern, but parameters are bound by their names\nhelp: give it a name, and take it apart in the body",
            "a step returns a `Result`, but step `b` returns `u8`\nhelp: write `-> pgflow::Result<u8>`",
            "step `c` takes `a`, but does not depend on it\nhelp: add it: `depends_on = [b, a]`",
        ]
    );
}

#[test]
fn a_wrong_attribute_says_nothing_about_the_parameters() {
    for attribute in [
        "depends_on = [reserv]",
        "depend_on = [reserve]",
        "depends_on = reserve",
        "depends_on = [\"reserve\"]",
        "map = reserve()",
    ] {
        let said = said(&format!(
            "#[step] async fn reserve() -> Result<u8> {{}} #[step({attribute})] async fn charge(reserve: u8, item: u8) -> Result<()> {{}}"
        ));
        assert_eq!(said.len(), 1, "{attribute}: {said:?}");
    }
}

#[test]
fn types_are_printed_as_written() {
    assert_eq!(
        said("#[step] async fn a() -> std::collections::BTreeMap<String, Vec<(u8, [u8; 3])>> {}"),
        ["a step returns a `Result`, but step `a` returns `std::collections::BTreeMap<String, Vec<(u8, [u8; 3])>>`\n\
          help: write `-> pgflow::Result<std::collections::BTreeMap<String, Vec<(u8, [u8; 3])>>>`"]
    );
}

#[test]
fn what_is_no_module_is_refused_and_emitted() {
    let expansion = crate::workflow::workflow(tokens(""), tokens("fn orders() {}"));
    assert!(expansion.to_string().starts_with("fn orders () { }"));
    assert_eq!(messages(expansion), ["`#[workflow]` goes on a module: `mod name { .. }`"]);
    let expansion = crate::workflow::workflow(tokens(""), tokens("mod orders;"));
    assert_eq!(messages(expansion), ["`#[workflow]` needs an inline module: write `mod orders { .. }`"]);
}

#[test]
fn the_module_is_emitted_before_the_errors() {
    let expansion =
        workflow("stat = Shop", "#[step(depends_on = [b])] async fn a() -> Result<()> { let kept; }").to_string();
    let (body, error) =
        (expansion.find("let kept").expect("the body"), expansion.find("compile_error").expect("an error"));
    assert!(body < error);
}

#[test]
fn a_body_that_is_half_typed_hides_nothing() {
    let expansion = workflow(
        "",
        "#[step] async fn a() -> Result<u8> { let = ; foo. } #[step(depends_on = [a])] async fn b(a: u8) -> Result<()> { Ok(()) }",
    );
    let text = expansion.to_string();
    assert!(text.contains("foo ."), "{text}");
    assert!(text.contains("depends_on : & [(\"a\" , true)]"), "{text}");
    assert!(messages(expansion).is_empty());
}

#[test]
fn a_half_typed_name_hides_no_other() {
    let said =
        said("#[step] async fn a() -> Result<u8> {} #[step(depends_on = [a, ])] async fn b(a: u8) -> Result<()> {}");
    assert!(said.is_empty());
}

#[test]
fn what_only_other_languages_call_is_refused() {
    assert_eq!(said("#[step] async fn a(n: u8, ...) -> Result<()> {}"), ["step `a` cannot be variadic"]);
}

#[test]
fn a_half_typed_map_is_told_at_its_dot_and_hides_nothing() {
    assert_eq!(
        said(
            "#[step] async fn a() -> Result<A> {} #[step(map = a., timeout = \"5\")] async fn b(item: u8) -> Result<u8> {}"
        ),
        [
            "the name of a field is missing after this dot, as in `map = reserve.lines`",
            "`5` has no unit\nhelp: write a duration as in `\"30s\"`, `\"250ms\"` or `\"1h 30m\"`",
        ]
    );
}

#[test]
fn a_half_typed_condition_is_told_once_at_its_end_and_hides_nothing() {
    for (condition, message) in [
        ("|input|", "this closure has no body"),
        ("|input| input.", "an expression is missing after this"),
        ("|input| input.paid &&", "an expression is missing after this"),
    ] {
        let expansion = workflow(
            "",
            &format!("#[step(when = {condition}, timeout = \"5\")] async fn a(input: Order) -> Result<u8> {{}}"),
        );
        assert!(expansion.to_string().contains("__pgflow_when_0"), "{expansion}");
        let [half, timeout] = messages(expansion).try_into().expect("two mistakes are told");
        assert_eq!(half, message, "{condition}");
        assert!(timeout.starts_with("`5` has no unit"), "{timeout}");
    }
    // What is wrong in a block is told by the compiler, as in a function.
    assert!(said("#[step(when = |input| { let ; input. })] async fn a(input: Order) -> Result<u8> {}").is_empty());
}

#[test]
fn a_missing_comma_hides_no_name() {
    let expansion = workflow(
        "",
        "#[step] async fn a() -> Result<u8> {} #[step] async fn b() -> Result<u8> {}
        #[step(depends_on = [a b])] async fn c() -> Result<u8> {}",
    );
    let text = expansion.to_string();
    assert!(text.contains("let _ = a ; let _ = b ;"), "{text}");
    assert_eq!(messages(expansion), ["a comma is missing before this name"]);
}

#[test]
fn what_says_the_form_of_an_output_is_wrong_and_nothing_is_concluded_from_the_form() {
    for (half, whole) in [
        ("map = [a.list]", "map = a.list"),
        ("depends_on = [a], when = true", "depends_on = [a], when = |a| true"),
        ("depends_on = [a], skip_wit = [a]", "depends_on = [a]"),
    ] {
        let items = |attribute: &str| {
            format!(
                "#[step] async fn a() -> Result<A> {{}} #[step({attribute})] async fn b() -> Result<u8> {{}}
                #[step(depends_on = [b])] async fn c(b: Vec<u8>) -> Result<u8> {{}}"
            )
        };
        let (half, whole) = (workflow("", &items(half)), workflow("", &items(whole)));
        assert!(whole.to_string().contains("__Takes0"), "{whole}");
        assert!(!half.to_string().contains("__Takes0"), "{half}");
        assert_eq!(messages(half).len(), 1);
    }
}

#[test]
fn likely_mistakes_are_told_with_what_was_meant() {
    let before =
        "#[step] async fn a(input: Order) -> Result<A> {} #[step(map = a.list)] async fn b(item: u8) -> Result<B> {}";
    for (step, help) in [
        (
            "#[step(map = b.lines)] async fn c(item: u8) -> Result<u8> {}",
            "write `map = b`, and take `lines` of the item in the step",
        ),
        ("#[step] async fn c(#[from(input)] order: Order) -> Result<u8> {}", "name the parameter so: `input: Order`"),
        ("#[step(map = a.list)] async fn c(#[from(item)] n: u8) -> Result<u8> {}", "name the parameter so: `item: u8`"),
        (
            "#[step(on_failure)] async fn c(b: Vec<B>) -> Result<u8> {}",
            "it takes the input, a `Failure` and extractors",
        ),
        (
            "#[step] async fn c(failure: Failure) -> Result<u8> {}",
            "to execute `c` when the run has failed, write `#[step(on_failure)]`",
        ),
        (
            "#[step(map = a.list, when = |item| *item > 1)] async fn c(item: u8) -> Result<u8> {}",
            "to skip single items, declare the step `skippable`, and return a `Skippable`",
        ),
        (
            "#[step(skippable)] async fn c() -> Result<Option<u8>> {}",
            "write `Result<Skippable<u8>>`: `Done(value)` for `Some`, and `Skipped` with a reason for `None`",
        ),
        ("#[step(state = Shop)] async fn c() -> Result<u8> {}", "it is an argument of `#[workflow]`"),
    ] {
        let said = said(&format!("{before} {step}"));
        assert_eq!(said.len(), 1, "{step}: {said:?}");
        assert!(said[0].ends_with(&format!("\nhelp: {help}")), "{step}: {said:?}");
    }
    let said = messages(workflow("Shop", "#[step] async fn a(shop: State<Shop>) -> Result<u8> {}"));
    assert_eq!(said, ["unknown argument `Shop`\nhelp: write it with the name of its argument: `state = Shop`"]);
}

#[test]
fn a_schedule_is_checked_where_it_stands() {
    let said = |arguments: &str, input: &str| {
        messages(workflow(arguments, &format!("#[step] async fn a({input}) -> Result<()> {{ Ok(()) }}")))
    };
    assert!(said("schedule = \"0 3 * * *\"", "").is_empty());
    assert!(said("schedule = \"0 3 * * *\", timezone = \"Europe/Zurich\", catch_up = all", "input: ()").is_empty());
    assert!(said("schedule = \"@daily\", scheduled_input = of_the_day", "input: u8").is_empty());
    assert!(said("scheduled_input = self::of_the_day", "input: u8").is_empty());
    for (arguments, message) in [
        (
            "schedule = \"0 25 * * *\"",
            "hour 25 is not from 0 to 23\nhelp: write minute, hour, day of the month, month and day of the week, as in `0 3 * * *`: at 3:00 each day",
        ),
        (
            "schedule = 5, timezone = \"UTC\"",
            "`schedule` is a cron expression, as in `schedule = \"0 3 * * *\"`: at 3:00 each day",
        ),
        (
            "schedule = \"0 3 * * *\", timezone = \"Europe/Zuric\"",
            "there is no time zone `Europe/Zuric`\nhelp: one with a similar name exists: `Europe/Zurich`",
        ),
        (
            "schedule = \"0 3 * * *\", catch_up = some",
            "`catch_up` says which of the times that were missed have a run: `skip` (none), `one` (the latest) or `all`",
        ),
        (
            "timezone = \"UTC\"",
            "`timezone` says something of a schedule, and there is none\nhelp: add one, as in `schedule = \"0 3 * * *\"`: at 3:00 each day",
        ),
        (
            "cron = \"0 3 * * *\"",
            "unknown argument `cron`\nhelp: `schedule` says when runs are started, by a cron expression: `schedule = \"*/10 * * * *\"` is every ten minutes",
        ),
    ] {
        assert_eq!(said(arguments, ""), [message], "{arguments}");
    }
    assert_eq!(
        said("schedule = \"0 3 * * *\"", "input: Vec<u8>"),
        ["nothing makes the input of type `Vec<u8>` for the runs that the schedule starts\n\
          help: name a function that does, `fn(pgflow::Scheduled) -> Vec<u8>`: `scheduled_input = of_the_day`"]
    );
    assert_eq!(
        said("schedule = \"0 3 * * *\", scheduled_input = \"x\"", "input: u8"),
        [
            "`scheduled_input` is the path of a function from `pgflow::Scheduled` to the input, as in `scheduled_input = of_the_day`"
        ]
    );
}
