//! What is written, formatted: to be read when it changes.

use super::{pretty, tokens, workflow};

#[test]
fn a_workflow() {
    let expansion = workflow(
        "state = Shop",
        "use super::*;

        /// Puts the goods aside.
        #[step]
        async fn reserve(input: Order) -> Result<Reservation> { todo!() }

        #[step(map = reserve.lines, max_attempts = 5, timeout = \"30s\")]
        async fn pack(item: Line, shop: State<Shop>) -> Result<Parcel> { todo!() }

        #[step(depends_on = [reserve, pack])]
        async fn ship(_input: Order, pack: Vec<Parcel>) -> Result<()> { todo!() }",
    );
    insta::assert_snapshot!(pretty(expansion));
}

#[test]
fn steps_that_may_be_skipped() {
    let expansion = workflow(
        "",
        "#[step(when = |input| input.gift)] async fn wrap(input: Order) -> Result<Wrapping> { todo!() }
        #[step(map = input.lines, skippable)] async fn pack(item: Line) -> Result<Skippable<Parcel>> { todo!() }
        #[step(depends_on = [wrap, pack], skip_with = [wrap], when = |wrap, pack| pack.is_empty())]
        async fn ship(wrap: Wrapping, pack: Vec<Option<Parcel>>) -> Result<()> { todo!() }",
    );
    insta::assert_snapshot!(pretty(expansion));
}

#[test]
fn steps_that_wait() {
    let expansion = workflow(
        "",
        "#[step(signal_timeout = \"3d\", latest_signal)]
        async fn decide(approval: Option<Signal<Decision>>) -> Result<bool> { todo!() }
        #[step(depends_on = [decide], max_repeats = 100, repeat_timeout = \"1h\")]
        async fn poll(decide: bool, again: Repeat<Seen>) -> Result<()> { todo!() }",
    );
    insta::assert_snapshot!(pretty(expansion));
}

#[test]
fn several_last_steps() {
    let expansion = workflow(
        "",
        "#[step] async fn bill() -> Result<Receipt> { todo!() }
        #[step(map = input.lines)] async fn pack(input: Order, item: Line) -> Result<Parcel> { todo!() }",
    );
    insta::assert_snapshot!(pretty(expansion));
}

#[test]
fn a_step_alone() {
    let expansion = crate::step::step(
        tokens("depends_on = [reserve]"),
        tokens(
            "pub async fn charge(#[from(reserve)] held: Reservation, ctx: StepContext) -> Result<Receipt> { todo!() }",
        ),
    );
    insta::assert_snapshot!(pretty(expansion));
}

#[test]
fn a_step_that_a_workflow_has_read() {
    let function = tokens("async fn charge() -> Result<Receipt> { todo!() }");
    let expansion = crate::step::step(tokens("__pgflow"), function.clone());
    assert!(expansion.to_string().ends_with(&function.to_string()), "{expansion}");
}

/// An editor completes a name by comparing what is written with and without it.
#[test]
fn what_stands_before_a_half_typed_name_does_not_depend_on_it() {
    let written = |arguments: &str| {
        workflow(
            "",
            &format!(
                "#[step] async fn reserve(input: Order) -> Result<Reservation> {{}}
                #[step(depends_on = [reserve])] async fn charge() -> Result<u8> {{}}
                #[step({arguments})] async fn ship() -> Result<u8> {{}}"
            ),
        )
        .to_string()
    };
    for (without, with) in [
        ("depends_on = []", "depends_on = [HERE]"),
        ("depends_on = [reserve, ]", "depends_on = [reserve, HERE]"),
        ("map = ", "map = HERE"),
        ("map = reserve.", "map = reserve.HERE"),
        ("when = |input| input.", "when = |input| input.HERE"),
        ("when = |input| ", "when = |input| HERE"),
        ("when = |input| input. && true", "when = |input| input.HERE && true"),
        ("when = |input| input.gift && ", "when = |input| input.gift && HERE"),
        ("when = |input| { let ; input. }", "when = |input| { let ; input.HERE }"),
        ("when = |input| is_paid(input.)", "when = |input| is_paid(input.HERE)"),
        ("delay = |input| input., timeout = \"5s\"", "delay = |input| input.HERE, timeout = \"5s\""),
        ("depends_on = [charge], when = |charge| charge.", "depends_on = [charge], when = |charge| charge.HERE"),
    ] {
        let (without, with) = (written(without), written(with));
        let (before, _) = with.split_once("HERE").expect("the name is written");
        // A dot alone is not written.
        let before = before.trim_end_matches(['.', ' ']).trim_end_matches("let _ =");
        assert!(without.starts_with(before), "{without}\n\ndoes not begin with\n\n{before}");
    }
}
