#!/usr/bin/env python3
"""Measures what a rule author waits for: `check` beside promtool, a test, and a keystroke in the language server.

    python3 tests/benches/authors.py [--rounds N]

It builds the command, writes ten thousand alerts in 200 files and as many rules of Prometheus that ask the like, and runs
`tripline check` with all lints and `promtool check rules` (Debian: the package `prometheus`; left out where it is not installed) in
turn; what counts is the best processor time of each. Then the shipped tests, and a workspace of a thousand alerts in which a
condition is broken and mended, five times a second: how long it takes until the editor shows so.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TRIPLINE = TARGET / "release" / "tripline"
FILES = 200
ALERTS = 50
# As they are written here and for Prometheus.
CONDITIONS = [
    ("data.temperature > {} and data.humidity < 90", "temperature > {} and humidity < 90"),
    ("count(data.ok == false) over 6m >= {}", "sum by (userId) (count_over_time(fails[6m])) >= {}"),
    ('data.path starts with "/a{}" and data.status >= 500', 'requests{{path=~"/a{}.*",status=~"5.."}} > 0'),
]


def rules(folder, files):
    folder.mkdir(parents=True)
    for file in range(files):
        alerts = "".join(
            f"  rule-{number}:\n    on: sensor_reading\n    when: {CONDITIONS[number % 3][0].format(number)}\n    by: userId\n"
            f'    summary: "{{userId}} {number}"\n    runbook: https://runbooks.example/{number}\n'
            for number in range(file * ALERTS, (file + 1) * ALERTS)
        )
        (folder / f"f{file}.yaml").write_text("alerts:\n" + alerts)


def prometheus_rules(folder):
    folder.mkdir()
    for file in range(FILES):
        alerts = "".join(
            f"  - alert: rule{number}\n    expr: {CONDITIONS[number % 3][1].format(number)}\n    labels: {{severity: warning}}\n"
            f'    annotations: {{summary: "{{{{ $labels.userId }}}} {number}", runbook: "https://runbooks.example/{number}"}}\n'
            for number in range(file * ALERTS, (file + 1) * ALERTS)
        )
        (folder / f"f{file}.yml").write_text(f"groups:\n- name: g{file}\n  rules:\n{alerts}")


def seconds(command, cwd):
    """The processor time of a command, of which it does not matter what it finds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


class Editor:
    def __init__(self, folder):
        self.server = subprocess.Popen([TRIPLINE, "lsp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.send(id=1, method="initialize", params={"rootUri": folder.as_uri(), "capabilities": {}})
        while self.read().get("id") != 1:
            pass
        self.send(method="initialized", params={})

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.server.stdin.flush()

    def read(self):
        length = 0
        while line := self.server.stdout.readline().strip():
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
        return json.loads(self.server.stdout.read(length))

    def change(self, uri, version, text, broken):
        """How long it takes until an error is shown, or none is any more, in milliseconds."""
        time.sleep(0.2)
        begun = time.perf_counter()
        document = {"uri": uri, "version": version}
        self.send(method="textDocument/didChange", params={"textDocument": document, "contentChanges": [{"text": text}]})
        while True:
            told = self.read()
            if told.get("method") == "textDocument/publishDiagnostics" and told["params"]["uri"] == uri:
                if any(one["severity"] == 1 for one in told["params"]["diagnostics"]) == broken:
                    return (time.perf_counter() - begun) * 1e3

    def close(self):
        self.send(id=2, method="shutdown")
        while self.read().get("id") != 2:
            pass
        self.send(method="exit")
        self.server.wait()


def keystrokes(folder):
    rules(folder / "rules", 20)
    file = folder / "rules" / "f7.yaml"
    text = file.read_text()
    broken = text.replace(">= ", ">", 1).replace(" > ", " > > ", 1)
    editor = Editor(folder)
    document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
    editor.send(method="textDocument/didOpen", params={"textDocument": document})
    times = sorted(
        editor.change(file.as_uri(), version, broken if version % 2 == 0 else text, version % 2 == 0) for version in range(2, 202)
    )
    editor.close()
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "tripline"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rules(folder / "tripline" / "rules", FILES)
        prometheus_rules(folder / "prometheus")
        promtool = shutil.which("promtool")
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(seconds([TRIPLINE, "check"], folder / "tripline"))
            if promtool:
                files = sorted(str(path) for path in (folder / "prometheus").iterdir())
                theirs.append(seconds([promtool, "check", "rules", *files], folder))
        print(f"check, {FILES * ALERTS} alerts in {FILES} files: {min(ours):.2f} s of processor time")
        if theirs:
            print(f"promtool check rules, as many:     {min(theirs):.2f} s; ours is {min(ours) / min(theirs):.2f} of it")
        said = subprocess.run([TRIPLINE, "test"], cwd=ROOT, capture_output=True, text=True).stderr
        tests = int(said.split(" tests")[0].split()[-1])
        took = min(seconds([TRIPLINE, "test"], ROOT) for _ in range(rounds))
        print(f"test, {tests} shipped ones: {took * 1e3:.0f} ms of processor time, {took * 1e3 / tests:.2f} ms each")
        times = keystrokes(folder / "workspace")
        print(f"a keystroke among 1,000 alerts: {times[100]:.0f} ms (median), {times[190]:.0f} ms (p95), {times[-1]:.0f} ms (longest)")


if __name__ == "__main__":
    main()
