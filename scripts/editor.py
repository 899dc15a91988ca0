#!/usr/bin/env python3
"""Whether an editor is at home in a workflow: drives rust-analyzer over LSP and prints a table of what works.

Makes a project in a temporary folder that depends on this checkout, opens the workflow of `editor_workflow.rs` in it, and asks for
definitions, references, renames, completions, hovers and diagnostics, as an editor does: the cases are in `editor_cases.py`. What a
rename gives is compiled. Takes some minutes at first, then one; needs rust-analyzer (`rustup component add rust-analyzer`) and
Python 3.9, and nothing else. Not part of CI: run it when the macros write something else than before.

    scripts/editor.py             the table; exits with 1 when something that is expected does not work
    scripts/editor.py word ..     the cases alone whose names hold one of these words
    RUST_ANALYZER=path ..         another rust-analyzer than that of the pinned toolchain
    CARGO_TARGET_DIR=folder ..    keeps what is built, so that the next call is faster
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

# What is imported stands beside this file, and nothing else shall.
sys.dont_write_bytecode = True

import editor_cases
from editor_lsp import ANSWER_WITHIN, Document, Refused, Server

ROOT = pathlib.Path(__file__).resolve().parent.parent

# With the engine, so that there is `start`, and without the embedded server.
MANIFEST = f"""
[package]
name = "editor-cases"
edition = "2024"

[workspace]

[dependencies]
pgflow = {{ path = "{ROOT / 'pgflow'}" }}
schemars = "1"
serde = {{ version = "1", features = ["derive"] }}
"""


class Checks:
    """The rows of the table. In what is searched for, `^` is the cursor."""

    def __init__(self, document, compile, words):
        self.document, self.compile, self.words, self.verdicts = document, compile, words, []

    def check(self, what, test, cannot=None):
        """`test` gives None when it works, else what is wrong. `cannot` says why it is not expected to work."""
        if self.words and not any(word in what for word in self.words):
            return
        try:
            wrong = test()
        except (Refused, AssertionError) as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong is None:
            verdict = "works, though it was not expected to" if cannot else "works"
        else:
            verdict = "cannot" if cannot else "FAILS"
        self.verdicts.append(verdict.split(",")[0])
        why = f"\n       ({cannot})" if verdict == "cannot" else ""
        why += f"\n       {wrong}" if wrong else ""
        print(f"{verdict:6} {what}{why}", flush=True)
        self.document.restore()

    def definition(self, what, cursor, *targets, **options):
        """It leads to these lines, each of which is one target, and to no others."""

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

    def completion(self, what, offers, cursor, *edits, never=None, **options):
        """Edits (each a pair of what stands there and what takes its place), completes, and looks whether this is offered."""

        def test():
            for old, new in edits:
                self.document.replace(old, new)
            found = self.document.completions(cursor)
            missing = [offer for offer in offers if not any(re.match(rf"{re.escape(offer)}\b", label) for label in found)]
            if missing:
                return f"offers no {missing}, but {len(found)} others: {found[:8]}"
            unwanted = [label for label in found if never and never in label]
            return f"offers {unwanted}" if unwanted else None

        self.check(f"completion: {what}", test, **options)

    def hover(self, what, cursor, *texts, **options):
        def test():
            answer = self.document.ask("hover", cursor)
            text = answer["contents"]["value"] if answer else ""
            missing = [part for part in texts if part not in text]
            return f"does not say {missing}: {text!r}" if missing else None

        self.check(f"hover: {what}", test, **options)

    def signature(self, what, cursor, text, *edits):
        def test():
            for old, new in edits:
                self.document.replace(old, new)
            answer = self.document.ask("signatureHelp", cursor)
            found = [signature["label"] for signature in answer["signatures"]] if answer else []
            return None if found == [text] else f"says {found}"

        self.check(f"signature: {what}", test)

    def diagnostics(self, what, *expected, edits=()):
        """These and no others: what is underlined, and a part of what is said there."""

        def test():
            for old, new in edits:
                self.document.replace(old, new)
            found = self.document.diagnostics()
            right = len(found) == len(expected) and all(
                place == at and text in message for (place, message), (at, text) in zip(sorted(found), sorted(expected))
            )
            return None if right else "\n       ".join(f"`{place}`: {message}" for place, message in found) or "nothing"

        self.check(f"diagnostics: {what}", test)


def find_program():
    if named := os.environ.get("RUST_ANALYZER"):
        return named
    found = subprocess.run(["rustup", "which", "rust-analyzer"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        sys.exit("editor: rust-analyzer is missing; install it: rustup component add rust-analyzer")
    return found.stdout.strip()


def start(program, folder):
    server = Server(program, folder)
    options = {"checkOnSave": False, "files": {"watcher": "client"}, "cachePriming": {"enable": False}}
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
    return server


def main():
    program = find_program()
    print(subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip(), flush=True)
    with tempfile.TemporaryDirectory(prefix="editor-cases-") as name:
        folder = pathlib.Path(name).resolve()
        source = folder / "src" / "lib.rs"
        source.parent.mkdir()
        shutil.copy(ROOT / "scripts" / "editor_workflow.rs", source)
        workflow = source.read_text()
        (folder / "Cargo.toml").write_text(MANIFEST)
        for file in ["Cargo.lock", "rust-toolchain.toml"]:
            shutil.copy(ROOT / file, folder)

        def compile(text):
            source.write_text(text)
            check = subprocess.run(["cargo", "check", "--quiet"], cwd=folder, capture_output=True, text=True, check=False)
            source.write_text(workflow)
            errors = [line for line in check.stderr.splitlines() if line.startswith("error")]
            return None if check.returncode == 0 else f"does not compile: {'; '.join(errors)}"

        if wrong := compile(workflow):
            sys.exit(f"editor: the workflow of this check {wrong}")
        server = start(program, folder)
        try:
            document = Document(server, source)
            began = time.monotonic()
            server.until_quiescent()
            ready = time.monotonic()
            document.completions("item.s^ku")
            first = time.monotonic()
            document.completions("item.sk^u")
            print(f"ready after {ready - began:.1f} s; first completion {first - ready:.1f} s, the next {time.monotonic() - first:.2f} s")
            checks = Checks(document, compile, sys.argv[1:])
            editor_cases.run(checks)
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
