//! A graph as Rust source.

use std::fmt::Write as _;

use super::shape::{Edge, From, Graph, Kind, Place, Step};

/// An edge of a step whose parameter is written with the wrong type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrong {
    pub(crate) step: usize,
    pub(crate) edge: usize,
}

/// All workflows, and the list of them.
pub(crate) fn file(graphs: &[Graph], wrong: impl Fn(&Graph) -> Option<Wrong>) -> String {
    let mut text = String::new();
    for graph in graphs {
        let wrong = wrong(graph);
        if graph.name == graph.origin {
            for module in ['a', 'b'] {
                text += &outside(graph, module, wrong);
            }
        }
        text += &workflow(graph, wrong);
    }
    text += "pub(crate) fn cases() -> Vec<Box<dyn Case>> {\n    vec![\n";
    for graph in graphs {
        text += &case(graph);
    }
    text + "    ]\n}\n"
}

fn outside(graph: &Graph, module: char, wrong: Option<Wrong>) -> String {
    let here = Place::Outside(module);
    let steps: Vec<usize> = graph.order.iter().copied().filter(|&step| graph.steps[step].place == here).collect();
    if steps.is_empty() {
        return String::new();
    }
    let steps: String = steps.iter().map(|&number| step(graph, number, wrong)).collect();
    format!("pub(crate) mod {}_{module} {{\n    use super::*;\n{steps}}}\n", graph.origin)
}

fn workflow(graph: &Graph, wrong: Option<Wrong>) -> String {
    let (arguments, steps, name) = (arguments(graph), own(graph, wrong), &graph.name);
    format!("#[workflow({arguments})]\npub(crate) mod {name} {{\n    use super::*;\n{steps}}}\n")
}

/// The steps that stand in the workflow's module.
pub(crate) fn own(graph: &Graph, wrong: Option<Wrong>) -> String {
    let own = graph.order.iter().filter(|&&step| graph.steps[step].place == Place::Own);
    own.map(|&number| step(graph, number, wrong)).collect()
}

/// What stands in `#[workflow(..)]`.
pub(crate) fn arguments(graph: &Graph) -> String {
    let mut arguments = vec!["state = Stage".to_owned()];
    let own = || graph.steps.iter().filter(|step| step.place == Place::Own);
    if graph.talks || !own().any(Step::has_input_parameter) {
        arguments.push(format!("input = {}", graph.input.ty()));
    }
    let include: Vec<String> = graph.order.iter().filter_map(|&number| included(graph, &graph.steps[number])).collect();
    if !include.is_empty() {
        arguments.push(format!("include = [{}]", include.join(", ")));
    }
    let leaves = graph.leaves();
    if graph.talks || own().next().is_none() || leaves.iter().any(|&leaf| graph.steps[leaf].place != Place::Own) {
        let names: Vec<&str> = leaves.iter().map(|&leaf| graph.steps[leaf].name.as_str()).collect();
        arguments.push(format!("output = [{}]", names.join(", ")));
    }
    arguments.join(", ")
}

fn included(graph: &Graph, step: &Step) -> Option<String> {
    let path = path(graph, step)?;
    Some(if step.name == step.function { path } else { format!("{path} as {}", step.name) })
}

fn path(graph: &Graph, step: &Step) -> Option<String> {
    match step.place {
        Place::Own => None,
        Place::Outside(module) => Some(format!("{}_{module}::{}", graph.origin, step.function)),
    }
}

/// A dependency where it is named.
fn reference(graph: &Graph, step: &Step, edge: &Edge) -> String {
    let to = &graph.steps[edge.to];
    match (step.place, path(graph, to)) {
        (Place::Own, Some(path)) if edge.by_path => path,
        (Place::Own, _) => to.name.clone(),
        (here, _) if here == to.place => to.function.clone(),
        (_, path) => format!("super::{}", path.unwrap_or_default()),
    }
}

/// What parameters for a dependency are called.
fn called(graph: &Graph, step: &Step, edge: &Edge) -> String {
    let to = &graph.steps[edge.to];
    if step.place == Place::Own { to.name.clone() } else { to.function.clone() }
}

fn step(graph: &Graph, number: usize, wrong: Option<Wrong>) -> String {
    let step = &graph.steps[number];
    let mut text = String::new();
    if let Some(decoy) = step.decoy {
        let (name, nothing) = (&step.function, "no_such_step: NoSuchType");
        let _ = writeln!(
            text,
            "    #[cfg({decoy})]\n    #[step(skippable)]\n    pub(crate) async fn {name}({nothing}) {{}}"
        );
    }
    if let Some(cfg) = step.cfg {
        let _ = writeln!(text, "    #[cfg({cfg})]");
    }
    let attributes = attributes(graph, step);
    let attributes = if attributes.is_empty() { String::new() } else { format!("({})", attributes.join(", ")) };
    let (name, kind) = (&step.function, step.kind.ty());
    let parameters = parameters(graph, number, wrong).join(", ");
    let returns = if step.skippable { format!("Skippable<{kind}>") } else { kind.to_owned() };
    let act = format!(
        "stage.{}(&ctx, {}, vec![{}])?",
        if step.skippable { "perhaps" } else { "surely" },
        step.on_exhausted,
        given(graph, step)
    );
    let body = if step.skippable {
        format!("{act}.map_or_else(|| Skippable::skip(NO_NEED), |n| Skippable::Done(Made::made(n)))")
    } else {
        format!("Made::made({act})")
    };
    let _ = writeln!(
        text,
        "    #[step{attributes}]\n    pub(crate) async fn {name}({parameters}) -> Result<{returns}> {{\n        Ok({body})\n    }}"
    );
    text
}

/// What stands in `#[step(..)]`.
fn attributes(graph: &Graph, step: &Step) -> Vec<String> {
    let mut attributes = Vec::new();
    let list = |edges: &mut dyn Iterator<Item = &Edge>| {
        edges.map(|edge| reference(graph, step, edge)).collect::<Vec<_>>().join(", ")
    };
    let source = step.map.map(|map| map.from);
    let depends_on = list(&mut step.edges.iter().filter(|edge| edge.listed || source != Some(From::Step(edge.to))));
    if !depends_on.is_empty() {
        attributes.push(format!("depends_on = [{depends_on}]"));
    }
    if let Some(map) = step.map {
        let source = match map.from {
            From::Input => "input".to_owned(),
            From::Step(to) => list(&mut step.edges.iter().filter(|edge| edge.to == to).take(1)),
        };
        attributes.push(format!("map = {source}{}", map.field));
    }
    let with = list(&mut step.edges.iter().filter(|edge| edge.with));
    if !with.is_empty() {
        attributes.push(format!("skip_with = [{with}]"));
    }
    attributes.extend(condition(graph, step));
    if step.on_exhausted {
        attributes.push(format!("on_exhausted = skip, max_attempts = {}, backoff = \"1ms\"", step.max_attempts));
    }
    if step.skippable {
        attributes.push("skippable".to_owned());
    }
    if step.delayed {
        attributes.push("delay = \"1ms\"".to_owned());
    }
    attributes
}

fn condition(graph: &Graph, step: &Step) -> Option<String> {
    let when = step.when.as_ref()?;
    let input = when.input.then(|| ("input".to_owned(), graph.input.ty().to_owned()));
    let edges = when.edges.iter().map(|&at| &step.edges[at]);
    let edges = edges.map(|edge| (called(graph, step, edge), graph.taken(edge)));
    let parameters: Vec<(String, String)> = input.into_iter().chain(edges).collect();
    let declared = parameters.iter().map(|(name, ty)| if when.typed { format!("{name}: &{ty}") } else { name.clone() });
    let declared: Vec<String> = declared.collect();
    let told: Vec<String> = parameters.iter().map(|(name, _)| format!("{name}.told()")).collect();
    let (declared, told) = (declared.join(", "), told.join(", "));
    Some(format!("when = |{declared}| holds({:?}, &[{told}])", graph.key(step)))
}

/// The name of each parameter that is taken, in the order in which the reference tells of them.
fn values(graph: &Graph, step: &Step) -> Vec<(String, Option<usize>)> {
    let mut values = Vec::new();
    if step.takes_input {
        values.push(("input".to_owned(), None));
    }
    if step.map.is_some() {
        values.push(("item".to_owned(), None));
    }
    for (at, edge) in step.edges.iter().enumerate().filter(|(_, edge)| edge.value) {
        let name = if edge.renamed { format!("other_{at}") } else { called(graph, step, edge) };
        values.push((name, Some(at)));
    }
    values
}

fn parameters(graph: &Graph, number: usize, wrong: Option<Wrong>) -> Vec<String> {
    let step = &graph.steps[number];
    let typed = |(name, edge): (String, Option<usize>)| match edge.map(|at| (at, &step.edges[at])) {
        None if name == "item" => format!("item: {}", graph.item(step).ty()),
        None => format!("{name}: {}", graph.input.ty()),
        Some((at, edge)) => {
            let ty = graph.taken(edge);
            let ty = if wrong.is_some_and(|wrong| (wrong.step, wrong.edge) == (number, at)) { other(&ty) } else { ty };
            let from = if edge.renamed { format!("#[from({})] ", reference(graph, step, edge)) } else { String::new() };
            format!("{from}{name}: {ty}")
        }
    };
    let mut parameters: Vec<String> = values(graph, step).into_iter().map(typed).collect();
    if step.has_input_parameter() && !step.takes_input {
        parameters.push(format!("_input: {}", graph.input.ty()));
    }
    parameters.extend(["stage: State<Stage>".to_owned(), "ctx: StepContext".to_owned()]);
    if step.backwards {
        parameters.reverse();
    }
    parameters
}

/// The type that one would take who is wrong about what may be missing.
fn other(ty: &str) -> String {
    match ty.strip_prefix("Option<").and_then(|ty| ty.strip_suffix('>')) {
        Some(inner) => inner.to_owned(),
        None if ty.starts_with("Vec<Option<") => ty.replacen("Option<", "", 1).replacen(">>", ">", 1),
        None => format!("Option<{ty}>"),
    }
}

fn given(graph: &Graph, step: &Step) -> String {
    let names: Vec<String> = values(graph, step).into_iter().map(|(name, _)| format!("{name}.told()")).collect();
    names.join(", ")
}

/// The workflow for those that run it, with the type of its output said once more.
fn case(graph: &Graph) -> String {
    let (name, input) = (&graph.name, graph.input.ty());
    debug_assert!(matches!(graph.input, Kind::List | Kind::Parcel));
    let leaves: Vec<&Step> = graph.leaves().into_iter().map(|leaf| &graph.steps[leaf]).collect();
    let take = match leaves.as_slice() {
        [only] => format!("let {}: {} = output;", only.name, only.output()),
        several => {
            let names: Vec<&str> = several.iter().map(|step| step.name.as_str()).collect();
            let typed = several.iter().map(|step| format!("let {0}: {1} = {0};", step.name, step.output()));
            let typed: Vec<String> = typed.collect();
            format!("let {name}::WorkflowOutput {{ {} }} = output; {}", names.join(", "), typed.join(" "))
        }
    };
    let told: Vec<String> = leaves.iter().map(|step| format!("({0:?}, {0}.told())", step.name)).collect();
    format!(
        "        case::<{name}::Workflow>(|n| <{input} as Made>::made(n), |output| {{ {take} vec![{}] }}),\n",
        told.join(", ")
    )
}
