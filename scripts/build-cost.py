#!/usr/bin/env python3
"""What a workflow costs to compile: the same functions as they are, with the attributes, and registered by hand.

For workflows of several sizes, a crate of each kind is checked and built: from nothing (of itself; what it depends on is there), and
after the body of one function has changed. Figures are the processor time of the compiler (not the time on the clock, which other
programs disturb), the median of some rounds in which all kinds take turns.

    scripts/build-cost.py [--rounds 5] [--sizes 10,50,200]
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ["plain", "workflow", "by_hand"]
PAYLOADS = 20

HEAD = """#![allow(dead_code)]
use pgflow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
"""


def payloads():
    text = ""
    for n in range(PAYLOADS):
        text += f"""
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct P{n} {{
    pub id: u64,
    pub name: String,
    pub tags: Vec<String>,
    pub note: Option<String>,
}}
"""
    return text


def edges(n):
    """Each step depends on the two before it, but for the first ones."""
    return [at for at in (n - 2, n - 1) if at >= 0]


def output(n):
    return f"P{n % PAYLOADS}"


def function(n, attribute, visibility, salt):
    parameters = ["input: P0"] if n == 0 else [f"s{at}: {output(at)}" for at in edges(n)]
    names = ["input"] if n == 0 else [f"s{at}" for at in edges(n)]
    total = " + ".join(f"{name}.id" for name in names)
    attribute = f"    #[pgflow::step(depends_on = [{', '.join(f's{at}' for at in edges(n))}])]\n" if attribute else ""
    extra = f" + {salt}" if salt and n == 0 else ""
    return f"""{attribute}    {visibility} async fn s{n}({', '.join(parameters)}) -> Result<{output(n)}> {{
        Ok({output(n)} {{ id: {total}{extra}, name: {names[-1]}.name, ..Default::default() }})
    }}
"""


def plain(size, salt):
    return HEAD + payloads() + "pub mod flow {\n    use super::*;\n" + "".join(
        function(n, False, "pub", salt) for n in range(size)) + "}\n"


def workflow(size, salt):
    return HEAD + payloads() + "#[pgflow::workflow]\npub mod flow {\n    use super::*;\n" + "".join(
        function(n, True, "pub", salt) for n in range(size)) + "}\n"


def by_hand(size, salt):
    text = HEAD + "use pgflow::__private::{Call, Dependency, Encoded, Handler, Handlers, StepFuture};\n"
    text += "use pgflow::{Definition, Edge, Registration, StepDefinition, StepError};\n" + payloads()
    text += "pub mod flow {\n    use super::*;\n" + "".join(function(n, False, "pub", salt) for n in range(size))
    text += """
    fn wrong(error: serde_json::Error) -> StepError {
        StepError::fatal(error)
    }
    fn read<T: serde::de::DeserializeOwned>(given: Option<&Dependency>) -> Result<T> {
        match given {
            Some(Dependency::Output(output)) => output.decode().map_err(wrong),
            _ => Err(StepError::fatal("an output is missing")),
        }
    }
"""
    for n in range(size):
        takes = "call.input.decode().map_err(wrong)?" if n == 0 else ", ".join(
            f"read(call.dependencies.get({at}))?" for at in range(len(edges(n))))
        text += f"""    fn run_{n}(call: Call<()>) -> StepFuture {{
        Box::pin(async move {{ Encoded::new(&s{n}({takes}).await?).map_err(wrong) }})
    }}
"""
    text += """    pub fn registration() -> Registration {
        let schema = |schema: schemars::Schema| schema.to_value();
"""
    text += f"        let mut definition = Definition::new(\"flow\", schema(schemars::schema_for!(P0)), schema(schemars::schema_for!({output(size - 1)})));\n"
    for n in range(size):
        text += f"        let mut step = StepDefinition::new(\"s{n}\", schema(schemars::schema_for!({output(n)})));\n"
        text += f"        step.takes_input = {'true' if n == 0 else 'false'};\n"
        for at in edges(n):
            text += f"        step.depends_on.push(Edge::new(\"s{at}\", true));\n"
        text += "        definition.steps.push(step);\n"
    text += "        let steps = vec![" + ", ".join(
        f"Handler {{ run: run_{n}, expand: None, when: None, delay: None, upcasts: &[] }}" for n in range(size)) + "];\n"
    text += "        let check_input = |input: &Encoded| input.decode::<P0>().map(drop);\n"
    text += "        Registration::of_parts(definition, std::sync::Arc::new(()), Handlers { steps: steps.into(), check_input })\n    }\n}\n"
    return text


def cpu(command, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} in {folder} failed:\n{done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--sizes", default="10,50,200")
    arguments = arguments.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    folder = ROOT / "target" / "build-cost"
    folder.mkdir(parents=True, exist_ok=True)
    makers = {"plain": plain, "workflow": workflow, "by_hand": by_hand}
    crates = [f"{kind}_{size}" for size in sizes for kind in KINDS]
    members = ", ".join(f'"{crate}"' for crate in crates)
    toolchain = (ROOT / "rust-toolchain.toml").read_text()
    (folder / "rust-toolchain.toml").write_text(toolchain)
    (folder / "Cargo.toml").write_text(
        f"[workspace]\nresolver = \"3\"\nmembers = [{members}]\n[profile.dev]\ndebug = \"line-tables-only\"\n")
    (folder / "Cargo.lock").write_text((ROOT / "Cargo.lock").read_text())

    def write(kind, size, salt):
        crate = folder / f"{kind}_{size}"
        (crate / "src").mkdir(parents=True, exist_ok=True)
        (crate / "Cargo.toml").write_text(f"""[package]
name = "{kind}_{size}"
version = "0.0.0"
edition = "2024"
[dependencies]
pgflow = {{ path = "{ROOT}/pgflow", default-features = false, features = ["postgres"] }}
schemars = "1"
serde = {{ version = "1", features = ["derive"] }}
serde_json = "1"
""")
        (crate / "src" / "lib.rs").write_text(makers[kind](size, salt))

    for size in sizes:
        for kind in KINDS:
            write(kind, size, 0)
    for command in ("check", "build"):
        cpu(["cargo", command, "--quiet"], folder)
    figures = {}
    for round_ in range(arguments.rounds):
        for size in sizes:
            for kind in KINDS:
                crate = f"{kind}_{size}"
                for command in ("check", "build"):
                    cpu(["cargo", "clean", "--quiet", "-p", crate], folder)
                    os.environ["CARGO_INCREMENTAL"] = "1"
                    write(kind, size, 0)
                    clean = cpu(["cargo", command, "--quiet", "-p", crate], folder)
                    write(kind, size, round_ + 1)
                    changed = cpu(["cargo", command, "--quiet", "-p", crate], folder)
                    figures.setdefault((size, command, "clean", kind), []).append(clean)
                    figures.setdefault((size, command, "changed", kind), []).append(changed)
        print(f"round {round_ + 1} of {arguments.rounds}", file=sys.stderr)
    print(f"{'steps':>5}  {'command':<16} {'plain':>8} {'workflow':>9} {'by hand':>8}   workflow/plain  workflow/by hand")
    for size in sizes:
        for command in ("check", "build"):
            for what in ("clean", "changed"):
                medians = [statistics.median(figures[size, command, what, kind]) for kind in KINDS]
                ratios = f"{medians[1] / medians[0]:>14.2f}  {medians[1] / medians[2]:>16.2f}"
                row = f"{medians[0]:>7.2f}s {medians[1]:>8.2f}s {medians[2]:>7.2f}s"
                print(f"{size:>5}  {command + ', ' + what:<16} {row}  {ratios}")


if __name__ == "__main__":
    main()
