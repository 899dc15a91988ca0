"""rust-analyzer, spoken to over LSP, and the one document that it is shown. Used by `editor.py`."""

import json
import queue
import subprocess
import threading
import time

# Seconds. To be ready includes to load the standard library and to build the macros.
READY_WITHIN = 600
ANSWER_WITHIN = 120


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
        """Until all is loaded: the workspace, what build scripts gave, the macros."""
        until = time.monotonic() + READY_WITHIN
        rebuilt = False
        while not (self.status and self.status["quiescent"] and self.status["health"] == "ok"):
            # What was built by then is older than the sources, as when they are edited at the same moment.
            if self.status and self.status["quiescent"] and "rebuilt" in (self.status.get("message") or "") and not rebuilt:
                self.request("rust-analyzer/rebuildProcMacros", None)
                rebuilt = True
            self.next(until)


class Refused(Exception):
    """What the server answers instead of a result."""


class Document:
    """The one file of the project, as the editor has it."""

    def __init__(self, server, path):
        self.server, self.path, self.uri = server, path, path.as_uri()
        self.source = self.text = path.read_text()
        self.version = 1
        item = {"uri": self.uri, "languageId": "rust", "version": 1, "text": self.text}
        server.notify("textDocument/didOpen", {"textDocument": item})

    def become(self, text):
        self.text = text
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        self.server.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def replace(self, old, new):
        """Edits what stands there at the start of each check. What is edited stands there once."""
        assert self.text.count(old) == 1, old
        self.become(self.text.replace(old, new))

    def restore(self):
        if self.text != self.source:
            self.become(self.source)

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

    def diagnostics(self):
        """What the editor shows without a compiler: the words that are underlined, each with what is said there."""
        answer = self.server.request("textDocument/diagnostic", {"textDocument": {"uri": self.uri}})
        return [(self.between(item["range"]), item["message"]) for item in answer["items"]]

    def between(self, range):
        return self.text[self.offset(range["start"]) : self.offset(range["end"])]

    def renamed(self, cursor, name):
        """The text after a rename."""
        edit = self.ask("rename", cursor, newName=name)
        changes = [c for c in edit.get("documentChanges", []) if c["textDocument"]["uri"] == self.uri]
        edits = [e for c in changes for e in c["edits"]] or edit.get("changes", {}).get(self.uri, [])
        text = self.text
        for e in sorted(edits, key=lambda e: self.offset(e["range"]["start"]), reverse=True):
            text = text[: self.offset(e["range"]["start"])] + e["newText"] + text[self.offset(e["range"]["end"]) :]
        return text
