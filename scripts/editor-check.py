#!/usr/bin/env python3
"""Whether an editor is at home in a workflow: drives rust-analyzer over LSP and prints a table of what works.

Makes a project in a temporary folder that depends on this checkout, opens a workflow in it, and asks for definitions, references,
renames, completions, hovers and diagnostics, as an editor does. What a rename gives is compiled. Takes about a minute; needs
rust-analyzer (`rustup component add rust-analyzer`) and Python 3.9, and nothing else. Not part of CI: run it when the macros write
something else than before.

    scripts/editor-check.py             the table; exits with 1 when something that is expected does not work
    RUST_ANALYZER=path ..               another rust-analyzer than that of the pinned toolchain
    CARGO_TARGET_DIR=folder ..          keeps what is built, so that the next call is faster
"""

import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Seconds. To be ready includes to load the standard library and to build the macros.
READY_WITHIN = 300
ANSWER_WITHIN = 60

MANIFEST = f"""
[package]
name = "editor-check"
edition = "2024"

[workspace]

[dependencies]
pgflow = {{ path = "{ROOT / 'pgflow'}", default-features = false }}
schemars = "1"
serde = {{ version = "1", features = ["derive"] }}
"""

# `^` in what is searched for below is the cursor.
SOURCE = """\
//! A workflow to try an editor on.

use pgflow::{Result, State, StepContext, step, workflow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub struct Shop;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub id: u64,
    pub lines: Vec<Line>,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    pub sku: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Reservation {
    pub lines: Vec<Line>,
    pub shelf: u64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    pub cents: u64,
}

/// Takes an order from cart to doorstep.
#[workflow(state = Shop)]
pub mod orders {
    use super::*;

    /// Puts the goods aside.
    #[step]
    pub async fn reserve(input: Order) -> Result<Reservation> {
        Ok(Reservation { lines: input.lines, shelf: input.id })
    }

    #[step(depends_on = [reserve], max_attempts = 5)]
    pub async fn charge(input: Order, #[from(reserve)] held: Reservation, shop: State<Shop>) -> Result<Receipt> {
        let _ = shop;
        Ok(Receipt { cents: input.id + held.shelf })
    }

    #[step(map = reserve.lines)]
    pub async fn pack(item: Line) -> Result<String> {
        Ok(item.sku)
    }

    #[step(depends_on = [charge, pack])]
    pub async fn ship(charge: Receipt, pack: Vec<String>, ctx: StepContext) -> Result<u64> {
        let _ = (pack, ctx);
        Ok(charge.cents)
    }
}

pub async fn by_hand(order: Order, shop: State<Shop>) -> Result<u64> {
    let reserved = orders::reserve(order.clone()).await?;
    Ok(orders::charge(order, reserved, shop).await?.cents)
}
"""


class Server:
    """rust-analyzer, spoken to over its standard streams."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen(
            [program], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.received = queue.Queue()
        self.status = None
        self.last = 0
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        stream = self.process.stdout
        while line := stream.readline():
            length = int(line.split(b":")[1])
            while stream.readline().strip():
                pass
            self.received.put(json.loads(stream.read(length)))
        self.received.put(None)

    def write(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def next(self, until):
        """The next message that is not about the server itself."""
        try:
            message = self.received.get(timeout=max(0, until - time.monotonic()))
        except queue.Empty:
            raise TimeoutError(f"rust-analyzer is silent; its last status: {self.status}") from None
        if message is None:
            raise ConnectionError("rust-analyzer ended")
        if message.get("method") == "experimental/serverStatus":
            self.status = message["params"]
        elif "method" in message and "id" in message:
            nothing = [None] * len(message["params"]["items"]) if message["method"] == "workspace/configuration" else None
            self.write({"id": message["id"], "result": nothing})
        return message

    def notify(self, method, params):
        self.write({"method": method, "params": params})

    def request(self, method, params):
        until = time.monotonic() + ANSWER_WITHIN
        while True:
            self.last += 1
            self.write({"id": self.last, "method": method, "params": params})
            while True:
                message = self.next(until)
                if message.get("id") == self.last and "method" not in message:
                    break
            error = message.get("error")
            if error is None:
                return message["result"]
            if error["code"] not in (-32801, -32802):  # content modified, cancelled: ask again
                raise Refused(error["message"])

    def until_quiescent(self):
        until = time.monotonic() + READY_WITHIN
        while not (self.status and self.status["quiescent"]):
            self.next(until)
        if self.status["health"] != "ok":
            raise ConnectionError(f"rust-analyzer is not well: {self.status}")


class Refused(Exception):
    """What the server answers instead of a result."""


class Document:
    """The one file of the project, as the editor has it."""

    def __init__(self, server, path):
        self.server, self.path, self.uri = server, path, path.as_uri()
        self.text, self.version = SOURCE, 1
        item = {"uri": self.uri, "languageId": "rust", "version": 1, "text": SOURCE}
        server.notify("textDocument/didOpen", {"textDocument": item})

    def become(self, text):
        self.text = text
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        self.server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def replace(self, old, new):
        """Edits what stands there at the start of each check."""
        assert SOURCE.count(old) == 1, old
        self.become(SOURCE.replace(old, new))

    def ask(self, method, cursor, **more):
        place = cursor.replace("^", "")
        assert self.text.count(place) == 1, place
        offset = self.text.index(place) + cursor.index("^")
        before = self.text[:offset]
        position = {"line": before.count("\n"), "character": offset - before.rfind("\n") - 1}
        params = {"textDocument": {"uri": self.uri}, "position": position, **more}
        return self.server.request(f"textDocument/{method}", params)

    def offset(self, position):
        lines = self.text.splitlines(keepends=True)
        return sum(map(len, lines[: position["line"]])) + position["character"]

    def line(self, range):
        return self.text.splitlines()[range["start"]["line"]].strip()

    def lines(self, places):
        """The lines of these places, each with the file's name where it is another file."""
        found = []
        for place in places or []:
            # A link, or a location.
            uri, range = place.get("targetUri", place.get("uri")), place.get("targetSelectionRange", place.get("range"))
            found.append(self.line(range) if uri == self.uri else f"{uri.rsplit('/', 1)[1]}:{range['start']['line'] + 1}")
        return sorted(found)

    def completions(self, cursor):
        answer = self.ask("completion", cursor)
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return [item["label"] for item in items]

    def renamed(self, cursor, name):
        """The text after a rename."""
        edit = self.ask("rename", cursor, newName=name)
        changes = [c for c in edit.get("documentChanges", []) if c["textDocument"]["uri"] == self.uri]
        edits = [e for c in changes for e in c["edits"]] or edit.get("changes", {}).get(self.uri, [])
        text = self.text
        for e in sorted(edits, key=lambda e: self.offset(e["range"]["start"]), reverse=True):
            text = text[: self.offset(e["range"]["start"])] + e["newText"] + text[self.offset(e["range"]["end"]) :]
        return text


class Checks:
    """The rows of the table."""

    def __init__(self, document, compile):
        self.document, self.compile, self.verdicts = document, compile, []

    def check(self, what, test, cannot=None):
        """`test` gives None when it works, else what is wrong. `cannot` says why it is not expected to work."""
        try:
            wrong = test()
        except (Refused, AssertionError) as error:
            wrong = f"{type(error).__name__}: {error}"
        verdict = "works" if wrong is None else "cannot" if cannot else "FAILS"
        self.verdicts.append(verdict)
        why = f"\n       ({cannot})" if verdict == "cannot" else f"\n       {wrong}" if wrong else ""
        print(f"{verdict:6} {what}{why}", flush=True)
        if self.document.text != SOURCE:
            self.document.become(SOURCE)

    def definition(self, what, cursor, *targets, **options):
        def test():
            found = self.document.lines(self.document.ask("definition", cursor))
            return None if found == sorted(targets) else f"leads to {found}"

        self.check(f"definition: {what}", test, **options)

    def references(self, what, cursor, *places):
        def test():
            found = self.document.lines(self.document.ask("references", cursor, context={"includeDeclaration": True}))
            return None if found == sorted(places) else f"finds {found}"

        self.check(f"references: {what}", test)

    def rename(self, what, cursor, all_words=True, **options):
        """All whole words change, unless it is known that others have the name, and the result compiles."""
        old = re.search(r"\w*\^\w*", cursor)[0].replace("^", "")

        def test():
            text = self.document.renamed(cursor, "another_name")
            left = [line.strip() for line in text.splitlines() if re.search(rf"\b{old}\b", line)]
            if left and all_words:
                return f"stays in {left}"
            return self.compile(text)

        self.check(f"rename: {what}", test, **options)

    def completion(self, what, offers, cursor, old=None, new=None, **options):
        """Edits, then completes, and looks whether this is offered."""

        def test():
            if old:
                self.document.replace(old, new)
            found = self.document.completions(cursor)
            missing = [offer for offer in offers if not any(re.match(rf"{re.escape(offer)}\b", label) for label in found)]
            return f"offers no {missing}, but {len(found)} others: {found[:8]}" if missing else None

        self.check(f"completion: {what}", test, **options)

    def hover(self, what, cursor, *texts):
        def test():
            answer = self.document.ask("hover", cursor)
            text = answer["contents"]["value"] if answer else ""
            missing = [part for part in texts if part not in text]
            return f"does not say {missing}: {text!r}" if missing else None

        self.check(f"hover: {what}", test)

    def diagnostics(self, what):
        def test():
            answer = self.document.server.request("textDocument/diagnostic", {"textDocument": {"uri": self.document.uri}})
            found = [f"{self.document.line(item['range'])}: {item['message']}" for item in answer["items"]]
            return "\n       ".join(found) or None

        self.check(f"diagnostics: {what}", test)


def run(checks):
    reserve = "pub async fn reserve(input: Order) -> Result<Reservation> {"
    charge = "pub async fn charge(input: Order, #[from(reserve)] held: Reservation, shop: State<Shop>) -> Result<Receipt> {"
    pack = "pub async fn pack(item: Line) -> Result<String> {"
    ship = "pub async fn ship(charge: Receipt, pack: Vec<String>, ctx: StepContext) -> Result<u64> {"

    checks.diagnostics("none in a correct workflow")

    checks.definition("a name in `depends_on` is its step", "depends_on = [re^serve]", reserve)
    checks.definition("the second name is its own step", "depends_on = [charge, pa^ck]", pack)
    checks.definition("the step in `map`", "map = re^serve.lines", reserve)
    checks.definition("the field in `map`", "map = reserve.li^nes", "pub lines: Vec<Line>,")
    checks.definition("the step in `#[from]`", "#[from(re^serve)]", reserve)
    checks.definition("a parameter in the body", "Ok(it^em.sku)", pack)
    future = "its future is at this name as well, since the compiler says there that it is not `Send`"
    checks.definition("a step's function is itself", "async fn re^serve", reserve, cannot=future)
    checks.definition("a parameter is itself", "pack(it^em: Line)", pack)
    checks.definition("an extractor is itself", "ct^x: StepContext", ship)
    checks.definition("a field of a parameter", "Ok(item.s^ku)", "pub sku: String,")
    checks.definition("the type of a parameter", "held: Reser^vation", "pub struct Reservation {")
    checks.definition("the type of the item", "item: Li^ne", "pub struct Line {")
    checks.definition("the type of the input", "reserve(input: Or^der)", "pub struct Order {")
    checks.definition("the type in the return type", "Shop>) -> Result<Rec^eipt>", "pub struct Receipt {")
    checks.definition("the type of the state", "workflow(state = Sh^op)", "pub struct Shop;")
    checks.definition("a step called by hand", "orders::re^serve(order", reserve)

    uses = [
        "#[step(depends_on = [reserve], max_attempts = 5)]",
        charge,
        "#[step(map = reserve.lines)]",
        "let reserved = orders::reserve(order.clone()).await?;",
    ]
    checks.references("a step, from its function", "async fn re^serve", reserve, *uses)
    checks.references("a step, from an attribute", "depends_on = [re^serve]", reserve, *uses)

    checks.hover("a name in `depends_on`", "depends_on = [re^serve]", "fn reserve(input: Order)", "Puts the goods aside.")
    checks.hover("the step in `map`", "map = re^serve.lines", "fn reserve(input: Order)")
    checks.hover("the field in `map`", "map = reserve.li^nes", "lines: Vec<Line")
    checks.hover("a step's function", "async fn re^serve", "fn reserve(input: Order)", "Puts the goods aside.")

    checks.rename("a step, from its function", "async fn re^serve")
    checks.rename("a step, from `depends_on`", "depends_on = [re^serve]")
    checks.rename("a step, from `map`", "map = re^serve.lines")
    checks.rename("a step, from `#[from]`", "#[from(re^serve)]")
    checks.rename("a parameter", "#[from(reserve)] he^ld")
    bound = "a parameter is a variable of its own, in the body too; the compiler says which name to give it"
    checks.rename("a step that a parameter is named after", "async fn ch^arge", cannot=bound)
    checks.rename("a parameter that is named after a step", "async fn ship(ch^arge", all_words=False, cannot=bound)

    names = ["reserve", "charge", "pack"]
    attribute = "#[step(depends_on = [charge, pack])]"
    checks.completion("in an empty `depends_on`", names, "depends_on = [^]", attribute, "#[step(depends_on = [])]")
    checks.completion("in `depends_on`, half a name", ["reserve"], "[res^]", attribute, "#[step(depends_on = [res])]")
    checks.completion("in `depends_on`, after another", ["pack"], "[charge, pa^]", attribute, "#[step(depends_on = [charge, pa])]")
    checks.completion("in `depends_on`, after a comma", names, "[charge, ^]", attribute, "#[step(depends_on = [charge, ])]")
    checks.completion("in `map`, half a name", ["reserve"], "map = res^)", "map = reserve.lines", "map = res")
    checks.completion("in `map`, nothing yet", ["reserve"], "map = ^)", "map = reserve.lines", "map = ")
    checks.completion("in `map`, half a field", ["lines"], "reserve.li^)", "map = reserve.lines", "map = reserve.li")
    checks.completion("in `map`, after the dot", ["lines"], "reserve.^)", "map = reserve.lines", "map = reserve.")
    checks.completion("in `#[from]`, half a name", ["reserve"], "from(res^)", "#[from(reserve)]", "#[from(res)]")
    checks.completion("in `#[from]`, nothing yet", ["reserve"], "from(^)", "#[from(reserve)]", "#[from()]")
    checks.completion("half an argument", ["depends_on"], "step(dep^)", attribute, "#[step(dep)]", cannot="arguments are no names of Rust")

    body = "Ok(item.sku)"
    checks.completion("in a body", ["sku"], "item.^", body, "item.")
    checks.completion("in a body, after `let ;`", ["sku"], "item.^", body, "let ;\n        item.")
    checks.completion("in a body, after a stray `)`", ["sku"], "item.^", body, "let a = 1);\n        item.")
    checks.completion("in a body, before an open brace", ["sku"], "item.^", body, "item.\n        if true {")
    checks.completion("a type in a signature", ["Line"], "item: Li^", "item: Line", "item: Li")
    checks.completion("a parameter half typed", ["Line"], "more: Li^", "item: Line)", "item: Line, more: Li")

    swallowed = "the open bracket takes the whole function into the attribute; editors close brackets"
    for half in ["depends_on = [)", "depends_on = [", "depends_on = [res)", "depends_on)", "map = )", "map = reserve.)"]:
        for where, edit in [("the same step", "map = reserve.lines)]"), ("another step", "depends_on = [charge, pack])]")]:
            def test(half=half, edit=edit):
                close = "]" if half.endswith(")") else ""
                text = SOURCE.replace(f"#[step({edit}", f"#[step({half}{close}").replace(body, "item.")
                assert text != SOURCE
                checks.document.become(text)
                found = checks.document.completions("item.^")
                return None if any(label.startswith("sku") for label in found) else f"offers {found[:8]}"

            cannot = swallowed if half.endswith("[") and where == "the same step" else None
            checks.check(f"completion: in a body, `{half}` at {where}", test, cannot)


def find_program():
    if named := os.environ.get("RUST_ANALYZER"):
        return named
    found = subprocess.run(["rustup", "which", "rust-analyzer"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        sys.exit("editor-check: rust-analyzer is missing; install it: rustup component add rust-analyzer")
    return found.stdout.strip()


def main():
    program = find_program()
    print(subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip(), flush=True)
    with tempfile.TemporaryDirectory(prefix="editor-check-") as name:
        folder = pathlib.Path(name).resolve()
        (folder / "src").mkdir()
        (folder / "Cargo.toml").write_text(MANIFEST)
        for file in ["Cargo.lock", "rust-toolchain.toml"]:
            shutil.copy(ROOT / file, folder)
        source = folder / "src" / "lib.rs"

        def compile(text):
            source.write_text(text)
            check = subprocess.run(["cargo", "check", "--quiet"], cwd=folder, capture_output=True, text=True, check=False)
            source.write_text(SOURCE)
            errors = [line for line in check.stderr.splitlines() if line.startswith("error")]
            return None if check.returncode == 0 else f"does not compile: {'; '.join(errors)}"

        if wrong := compile(SOURCE):
            sys.exit(f"editor-check: the workflow of this check {wrong}")
        server = Server(program, folder)
        try:
            options = {"checkOnSave": False, "files": {"watcher": "client"}}
            capabilities = {
                "experimental": {"serverStatusNotification": True},
                "textDocument": {"diagnostic": {}, "hover": {"contentFormat": ["markdown"]}, "definition": {"linkSupport": True}},
                "workspace": {"configuration": False},
            }
            server.request(
                "initialize",
                {"processId": os.getpid(), "rootUri": folder.as_uri(), "capabilities": capabilities, "initializationOptions": options},
            )
            server.notify("initialized", {})
            document = Document(server, source)
            server.until_quiescent()
            checks = Checks(document, compile)
            run(checks)
            server.request("shutdown", None)
            server.notify("exit", None)
            server.process.wait(timeout=ANSWER_WITHIN)
        finally:
            server.process.kill()
    count = checks.verdicts.count
    print(f"{count('works')} work, {count('FAILS')} fail, {count('cannot')} cannot work")
    sys.exit(1 if count("FAILS") else 0)


if __name__ == "__main__":
    main()
