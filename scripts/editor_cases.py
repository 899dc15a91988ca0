"""What an editor is asked in the workflow of `editor_workflow.rs`, and what it should answer. Used by `editor.py`."""

RESERVE = "pub async fn reserve(input: Order) -> Result<Reservation> {"
CHARGE = "pub async fn charge(input: Order, #[from(reserve)] held: Reservation, shop: State<Shop>) -> Result<Receipt> {"
PACK = "pub async fn pack(item: Line) -> Result<String> {"
WRAP = "pub async fn wrap(input: Order) -> Result<u64> {"
SHIP = "pub async fn ship(charge: Receipt, pack: Vec<String>, ctx: StepContext) -> Result<u64> {"
WHEN = "#[step(depends_on = [charge], when = |input, charge| input.gift && charge.paid)]"

# Why something is not expected to work.
BOUND = "a parameter is a variable of its own, in the body too; the compiler says which name to give it"
OURS = "the names of included steps stand in the same block as what is generated, which is offered as well"
NO_NAMES = "arguments are no names of Rust"
SWALLOWED = "the open bracket takes the whole function into the attribute; editors close brackets"


def run(checks):
    definitions(checks)
    references(checks)
    hovers(checks)
    in_attributes(checks)
    in_conditions(checks)
    in_bodies(checks)
    outside(checks)
    diagnostics(checks)
    renames(checks)


def definitions(checks):
    checks.definition("a name in `depends_on` is its step", "depends_on = [re^serve]", RESERVE)
    checks.definition("the second name is its own step", "depends_on = [charge, pa^ck]", PACK)
    checks.definition("the step in `map`", "map = re^serve.lines", RESERVE)
    checks.definition("the field in `map`", "map = reserve.li^nes", "pub lines: Vec<Line>,")
    checks.definition("the step in `skip_with`", "skip_with = [wr^ap]", WRAP)
    checks.definition("the step in `#[from]`", "#[from(re^serve)]", RESERVE)
    checks.definition("a parameter of a condition, in its body", "inp^ut.gift", WHEN)
    checks.definition("a parameter of a condition is itself", "|input, cha^rge|", WHEN)
    checks.definition("a field in a condition", "charge.pa^id", "pub paid: bool,")
    checks.definition("a parameter in the body", "Ok(it^em.sku)", PACK)
    checks.definition("a step's function is itself", "async fn re^serve", RESERVE)
    checks.definition("a parameter is itself", "pack(it^em: Line)", PACK)
    checks.definition("an extractor is itself", "ct^x: StepContext", SHIP)
    checks.definition("a field of a parameter", "Ok(item.s^ku)", "pub sku: String,")
    checks.definition("a field in a literal", "lines: input.lines, sh^elf:", "pub shelf: u64,")
    checks.definition("a field in a literal, of a type in the module", "held.shelf, pa^id:", "pub paid: bool,")
    checks.definition("the type of a parameter", "held: Reser^vation", "pub struct Reservation {")
    checks.definition("the type of the item", "item: Li^ne", "pub struct Line {")
    checks.definition("the type of the input", "reserve(input: Or^der)", "pub struct Order {")
    checks.definition("the type in the return type", "Shop>) -> Result<Rec^eipt>", "pub struct Receipt {")
    checks.definition("the type of the state", "workflow(state = Sh^op)", "pub struct Shop;")
    checks.definition("a step called by hand", "order::re^serve(cart", RESERVE)


def references(checks):
    uses = [
        "#[step(depends_on = [reserve], max_attempts = 5)]",
        CHARGE,
        "#[step(map = reserve.lines)]",
        "let future = order::reserve(cart.clone());",
    ]
    checks.references("a step, from its function", "async fn re^serve", RESERVE, *uses)
    checks.references("a step, from an attribute", "depends_on = [re^serve]", RESERVE, *uses)
    ribbon = "#[step(depends_on = [wrap], skip_with = [wrap])]"
    checks.references("a step that another is skipped with", "async fn wr^ap", WRAP, ribbon, ribbon)


def hovers(checks):
    checks.hover("a name in `depends_on`", "depends_on = [re^serve]", "fn reserve(input: Order)", "Puts the goods aside.")
    checks.hover("the step in `map`", "map = re^serve.lines", "fn reserve(input: Order)")
    checks.hover("the field in `map`", "map = reserve.li^nes", "lines: Vec<Line")
    checks.hover("the step in `skip_with`", "skip_with = [wr^ap]", "fn wrap(input: Order)")
    checks.hover("the step in `#[from]`", "#[from(re^serve)]", "fn reserve(input: Order)")
    checks.hover("a parameter of a condition", "cha^rge.paid", "Receipt")
    checks.hover("a step's function", "async fn re^serve", "fn reserve(input: Order)", "Puts the goods aside.")
    checks.hover("`start`", "order::st^art(client", "fn start(client: &", "Run<Workflow>", "Starts a run of this workflow")
    checks.hover("the module", "order^::start(client", "Takes an order from cart to doorstep.")
    checks.hover("`WorkflowOutput`", "order::Workflow^Output", "The output of the workflow `order`", "ribbon", "ship")

    def field(edit, cursor, *texts):
        def test():
            checks.document.replace("run.output().await", edit)
            answer = checks.document.ask("hover", cursor)
            text = answer["contents"]["value"] if answer else ""
            missing = [part for part in texts if part not in text]
            return f"does not say {missing}: {text!r}" if missing else None

        return test

    output = "let output = run.output().await?; drop(output.ribbon); Ok(output)"
    checks.check(
        "hover: a field of `WorkflowOutput`", field(output, "output.rib^bon", "output of step `ribbon`", "Ties a bow.", "Option<")
    )
    workflow = "drop(order::Workflow); run.output().await"
    checks.check(
        "hover: `Workflow`", field(workflow, "order::Work^flow)", "struct Workflow", "Takes an order from cart to doorstep.")
    )
    definition = "drop(order::definition()); run.output().await"
    checks.check("hover: `definition`", field(definition, "order::def^inition", "fn definition() -> ", "Definition", "as data"))


def in_attributes(checks):
    names = ["reserve", "charge", "pack", "wrap"]
    attribute = "#[step(depends_on = [charge, pack])]"

    def completion(what, offers, cursor, new, **options):
        checks.completion(what, offers, cursor, (attribute, new), **options)

    completion("in an empty `depends_on`", names, "depends_on = [^]", "#[step(depends_on = [])]")
    completion("in an empty `depends_on`, no names of the macro", [], "[^]", "#[step(depends_on = [])]", never="__", cannot=OURS)
    completion("in `depends_on`, half a name", ["reserve"], "[res^]", "#[step(depends_on = [res])]")
    completion("in `depends_on`, after another", ["pack"], "[charge, pa^]", "#[step(depends_on = [charge, pa])]")
    completion("in `depends_on`, after a comma", names, "[charge, ^]", "#[step(depends_on = [charge, ])]")
    completion("in `depends_on`, before another", names, "[^, charge]", "#[step(depends_on = [, charge])]")
    completion("in `depends_on`, no comma yet", names, "[res^ charge]", "#[step(depends_on = [res charge])]")
    completion("in `depends_on`, before an argument that is wrong", names, "[^]", "#[step(depends_on = [], timeout = )]")
    completion("in `depends_on`, after an argument that is wrong", names, "[^]", "#[step(timeout = , depends_on = [])]")
    completion("in `depends_on`, no comma before the next", ["reserve"], "[res^]", "#[step(depends_on = [res] timeout = \"5s\")]")
    completion("in `skip_with`, nothing yet", ["wrap"], "[^]", "#[step(depends_on = [wrap, pack], skip_with = [])]")
    completion("in `skip_with`, half a name", ["wrap"], "[wr^]", "#[step(depends_on = [wrap, pack], skip_with = [wr])]")
    item = "map = reserve.lines"
    checks.completion("in `map`, half a name", ["reserve"], "map = res^)", (item, "map = res"))
    checks.completion("in `map`, nothing yet", ["reserve"], "map = ^)", (item, "map = "))
    checks.completion("in `map`, half a field", ["lines"], "reserve.li^)", (item, "map = reserve.li"))
    checks.completion("in `map`, after the dot", ["lines"], "reserve.^)", (item, "map = reserve."))
    checks.completion("in `map`, after the dot of the input", ["lines"], "input.^)", (item, "map = input."))
    checks.completion("in `map`, before another argument", ["lines"], "reserve.^,", (item, "map = reserve., timeout = \"5s\""))
    checks.completion("in `#[from]`, half a name", ["reserve"], "from(res^)", ("#[from(reserve)]", "#[from(res)]"))
    checks.completion("in `#[from]`, nothing yet", ["reserve"], "from(^)", ("#[from(reserve)]", "#[from()]"))
    completion("half an argument", ["depends_on"], "step(dep^)", "#[step(dep)]", cannot=NO_NAMES)


def in_conditions(checks):
    body = "input.gift && charge.paid"
    for what, offers, cursor, new in [
        ("the input's fields", ["gift"], "| input.^)", "input."),
        ("the input's fields, half a name", ["gift"], "| input.gi^)", "input.gi"),
        ("a dependency's fields", ["paid"], "| charge.^)", "charge."),
        ("after `&&`", ["paid"], "&& charge.^)", "input.gift && charge."),
        ("after `&&`, a name", ["charge", "input"], "&& ^)", "input.gift && "),
        ("nothing yet", ["charge", "input"], "| ^)", ""),
        ("before `&&`", ["gift"], "| input.^ &&", "input. && charge.paid"),
        ("in a block", ["gift"], "{ input.^ }", "{ input. }"),
        ("in a block, after `let ;`", ["gift"], "input.^ }", "{ let ; input. }"),
        ("in a call", ["gift"], "drop(input.^)", "drop(input.)"),
        ("in a method's closure", ["sku"], "line.^)", "input.lines.iter().any(|line| line.)"),
        ("before another argument", ["gift"], "input.^,", "input., timeout = \"5s\""),
    ]:
        checks.completion(f"in `when`, {what}", offers, cursor, (body, new))
    delay = "#[step(depends_on = [charge], delay = |input| input.)]"
    checks.completion("in `delay`, the input's fields", ["gift"], "| input.^)", (WHEN, delay))


def in_bodies(checks):
    body = "Ok(item.sku)"
    for what, new in [
        ("", "item."),
        (", half a name, complete", "Ok(item.sk)"),
        (", after `let ;`", "let ;\n        item."),
        (", after a stray `)`", "let a = 1);\n        item."),
        (", with an open parenthesis", "let a = (1;\n        item."),
        (", in an open call", "drop(item."),
        (", before an open brace", "item.\n        if true {"),
        (", after a half statement", "let a = item\n        item."),
        (", with a type error", "let a: u8 = \"\";\n        item."),
    ]:
        what = f"in a body{what}"
        checks.completion(what, ["sku"], "item.sk^)" if "item.sk" in new else "item.^", (body, new))
    last = ("let _ = shop;\n        Ok(Receipt { cents: input.id + held.shelf, paid: true })", "let _ = shop;\n        held.")
    checks.completion("in a body, what `#[from]` gives", ["shelf", "lines"], "held.^", last)
    checks.completion("in a body, while another has a type error", ["sku"], "item.^", (body, "item."), ("Ok(charge.cents)", "charge"))
    checks.completion("in a body, while another is half typed", ["sku"], "item.^", (body, "item."), ("Ok(charge.cents)", "charge."))
    checks.completion("a type in a signature", ["Line"], "item: Li^", ("item: Line", "item: Li"))
    checks.completion("a parameter half typed", ["Line"], "more: Li^", ("item: Line)", "item: Line, more: Li)"))
    for what, new in [
        ("without a type", "(item: Line, more)"),
        ("with a colon", "(item: Line, more: )"),
        ("half a `#[from]`", "(item: Line, #[from] more: Line)"),
        ("an open generic", "(item: Line, more: Vec<)"),
    ]:
        checks.completion(f"in a body, a parameter {what}", ["sku"], "item.^", ("(item: Line)", new), (body, "item."))
    for half, close in [
        ("depends_on = [", ""),
        ("depends_on = [", ")]"),
        ("depends_on = [res", ")]"),
        ("depends_on", ")]"),
        ("map = ", ")]"),
        ("map = reserve.", ")]"),
        ("when = ", ")]"),
        ("when = |input", ")]"),
        ("when = |input| input.", ")]"),
    ]:
        for where, edit in [("the same step", "map = reserve.lines"), ("another step", "depends_on = [charge, pack]")]:
            shut = "]" if half.count("[") and close else ""
            edits = [(f"#[step({edit})]", f"#[step({half}{shut}{close}"), (body, "item.")]
            cannot = SWALLOWED if not close and where == "the same step" else None
            checks.completion(f"in a body, `{half}{shut}{close}` at {where}", ["sku"], "item.^", *edits, cannot=cannot)


def outside(checks):
    start = ("order::start(client, cart).await?", "order::;")
    offers = ["start", "start_with", "start_in", "definition", "schema", "reserve", "Workflow", "WorkflowOutput"]
    checks.completion("in the module, from outside", offers, "order::^;", start, never="__")
    checks.signature(
        "a step, called in a test",
        "order::reserve(^cart",
        "async fn reserve(input: Order) -> Result<Reservation, StepError>",
    )
    checks.signature(
        "`start`, half typed",
        "order::start(client, ^)",
        "async fn start(client: &Client, input: <Workflow as Workflow>::Input) -> Result<Run<Workflow>, Error>",
        ("order::start(client, cart).await?", "order::start(client, )"),
    )


def diagnostics(checks):
    checks.diagnostics("none in a correct workflow")
    ship = "depends_on = [charge, pack]"
    checks.diagnostics("an unknown step, at its name", ("pakc", "has no step `pakc`"), edits=[(ship, "depends_on = [charge, pakc]")])
    reserve = "#[step(depends_on = [reserve], max_attempts = 5)]"
    checks.diagnostics(
        "an unknown argument, at its name",
        ("max_attempt", "unknown argument `max_attempt`"),
        edits=[(reserve, "#[step(depends_on = [reserve], max_attempt = 5)]")],
    )
    checks.diagnostics(
        "a parameter without its dependency, at its name",
        ("wrap", "does not depend on it"),
        edits=[("pack: Vec<String>, ctx", "pack: Vec<String>, wrap: u64, ctx")],
    )
    cycle = [("depends_on = [charge], when", "depends_on = [charge, ribbon], when")]
    checks.diagnostics("a cycle, at a name", ("wrap", "cycle"), edits=cycle)
    checks.diagnostics(
        "a half-typed condition, at its end", (".", "an expression is missing"), edits=[("input.gift && charge.paid", "charge.")]
    )


def renames(checks):
    checks.rename("a step, from its function", "async fn re^serve")
    checks.rename("a step, from `depends_on`", "depends_on = [re^serve]")
    checks.rename("a step, from `map`", "map = re^serve.lines")
    checks.rename("a step, from `#[from]`", "#[from(re^serve)]")
    checks.rename("a parameter", "#[from(reserve)] he^ld")
    checks.rename("a field, from `map`", "map = reserve.li^nes", all_words=False)
    checks.rename("a field, from a condition", "input.gi^ft")
    checks.rename("a step that a parameter is named after", "async fn ch^arge", cannot=BOUND)
    checks.rename("a step that a parameter is named after, from `skip_with`", "skip_with = [wr^ap]", cannot=BOUND)
    checks.rename("a parameter that is named after a step", "async fn ship(ch^arge", all_words=False, cannot=BOUND)
