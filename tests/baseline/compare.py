"""The functions beside the handler that most people write: requests, write units, time, cold start, memory.

    compare.py FOLDER MODULES

FOLDER holds the builds of `alert` and `transform`, MODULES the packages of the handler beside this file. Both talk to the same
local AWS, and are called the same way.
"""

import base64
import gzip
import http.server
import json
import os
import pathlib
import queue
import shutil
import statistics
import subprocess
import sys
import threading
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from local_aws import PROJECT, LocalAws  # noqa: E402

BUILDS, MODULES = (pathlib.Path(one).resolve() for one in sys.argv[1:3])
EVENTS = [line.encode() for line in gzip.open(PROJECT / "rules/sample/events.ndjson.gz", "rt").read().splitlines()]


class Runtime:
    """The side of Lambda's runtime API that a function talks to, and one function that does."""

    def __init__(self, command, environment, cwd=None):
        self.calls, self.answers, self.asked = queue.Queue(), queue.Queue(), threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16
            disable_nagle_algorithm = True

            def do_GET(self):
                outer.asked.set()
                number, body = outer.calls.get()
                self.send_response(200)
                deadline = str(int(time.time() * 1000) + 300_000)
                for name, value in {
                    "lambda-runtime-aws-request-id": f"call-{number}",
                    "lambda-runtime-deadline-ms": deadline,
                    "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
                    "lambda-runtime-trace-id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
                    "content-type": "application/json",
                    "content-length": str(len(body)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.headers.get("transfer-encoding") == "chunked":
                    body = b""
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                self.send_response(202)
                self.send_header("content-length", "0")
                self.end_headers()
                self.wfile.flush()
                outer.answers.put((self.path, body))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # A function that is ended in the midst of a poll is no news.
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "RUST_LOG": "warn",
            **environment,
        }
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, cwd=cwd, stdout=subprocess.DEVNULL)
        self.number = 0

    def __enter__(self):
        assert self.asked.wait(30), "the function does not ask for a call"
        self.start = (time.perf_counter() - self.begun) * 1e3
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.server.shutdown()
        self.server.server_close()

    def call(self, event):
        """Calls the function; gives its answer and how long it took, in milliseconds."""
        body = json.dumps(event).encode()
        self.number += 1
        begun = time.perf_counter()
        self.calls.put((self.number, body))
        path, answer = self.answers.get(timeout=300)
        took = (time.perf_counter() - begun) * 1e3
        assert path.endswith("/response"), answer
        return json.loads(answer), took

    def peak_memory(self):
        """In MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def batches(size, count, sequence):
    """Calls of so many records each, of the sample's events from its beginning."""
    for number in range(count):
        records = []
        for event in EVENTS[number * size : (number + 1) * size]:
            sequence[0] += 1
            parsed = json.loads(event)
            records.append({
                "eventID": f"shardId-000000000000:{sequence[0]}",
                "kinesis": {
                    "sequenceNumber": str(sequence[0]), "partitionKey": parsed.get("userId") or parsed.get("service") or parsed["id"],
                    "data": base64.b64encode(event).decode(), "approximateArrivalTimestamp": 1767600000 + sequence[0] / 1000,
                },
            })
        yield {"Records": records}


def measure(aws, name, start, environment, sizes):
    """Runs a function over the sample; gives rows of what it took."""
    rows = []
    sequence = [10**20]
    for size, count in sizes:
        with start({**environment, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.proxy.port}"}) as runtime:
            aws.proxy.reset()
            took = []
            for call in batches(size, count, sequence):
                answer, millis = runtime.call(call)
                assert not answer.get("batchItemFailures"), answer
                took.append(millis)
            per = 1000 / (size * count)
            writes = sum(units for operation, units in aws.proxy.units.items() if operation not in ("BatchGetItem", "Query"))
            rows.append({
                "function": name, "batch": size, "requests": sum(aws.proxy.requests.values()) * per, "units": writes * per,
                "millis": statistics.median(took), "memory": runtime.peak_memory(),
            })
            print(f"  {name}, batches of {size}: {dict(aws.proxy.requests)}", file=sys.stderr)
    return rows


def rules(folder, number):
    """So many rules of various kinds."""
    folder.mkdir(parents=True)
    lines = ["alerts:"]
    for at in range(number):
        condition = [
            f"data.temperature > {30 + at % 40} and data.humidity < 90",
            f"count(data.ok == false) over {5 + at % 20}m >= {3 + at % 9}",
            f'data.path starts with "/a{at}" and data.status >= 500',
        ][at % 3]
        lines.append(f"  rule-{at}: {{on: sensor_reading, by: userId, when: '{condition}', summary: \"{{userId}} {at}\"}}")
    (folder / "rules.yaml").write_text("\n".join(lines) + "\n")
    return str(folder)


def cold(command, environment, cwd=None, times=20):
    starts = []
    for _ in range(times):
        with Runtime(command, environment, cwd) as runtime:
            starts.append(runtime.start)
    return statistics.median(starts), min(starts), max(starts)


def main():
    with LocalAws() as aws:
        out = aws.deploy("compare", {"alert": BUILDS, "transform": BUILDS})
        names = {
            "EVENTS_TABLE": out["EventsTable"], "AGGREGATES_TABLE": out["AggregatesTable"], "STATE_TABLE": out["StateTable"],
            "QUARANTINE_TABLE": out["QuarantineTable"], "STREAM_NAME": out["StreamName"],
            "ALERT_TOPIC_ARN": out["AlertTopicArn"], "PAGER_TOPIC_ARN": out["AlertTopicArn"],
        }
        baseline = aws.folder / "baseline"
        baseline.mkdir()
        for file in ("handler.mjs", "bootstrap.mjs", "package.json"):
            shutil.copy(HERE / file, baseline)
        (baseline / "node_modules").symlink_to(MODULES)
        node = ["node", "bootstrap.mjs"]
        sizes = [(100, 10), (1000, 5)]
        ours = lambda name: lambda environment: Runtime([str(BUILDS / name)], environment)
        rows = measure(aws, "node", lambda environment: Runtime(node, environment, baseline), names, sizes)
        rows += measure(aws, "transform", ours("transform"), names, sizes)
        rows += measure(aws, "alert", ours("alert"), names, sizes)
        print(f"{'function':10} {'batch':>5} {'requests':>9} {'write units':>11} {'ms a batch':>10} {'peak MiB':>8}   (requests and units: per 1,000 events)")
        for row in rows:
            print(f"{row['function']:10} {row['batch']:5} {row['requests']:9.0f} {row['units']:11.0f} {row['millis']:10.1f} {row['memory']:8.1f}")
        # A tick where nothing is due, however many keys there are.
        with Runtime([str(BUILDS / "alert")], {**names, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.proxy.port}"}) as runtime:
            took = []
            for _ in range(10):
                aws.proxy.reset()
                took.append(runtime.call({"tick": "2026-01-04T00:00:00Z"})[1])
            keys = sum(1 for item in aws.scan(out["StateTable"]))
            print(f"tick: {keys} keys, {sum(aws.proxy.requests.values())} requests {dict(aws.proxy.requests)}, {statistics.median(took):.1f} ms")
        print(f"{'cold start':32} {'median':>7} {'least':>7} {'most':>7}   ms from the start of the process to its first poll")
        show = lambda name, times: print(f"{name:32} {times[0]:7.1f} {times[1]:7.1f} {times[2]:7.1f}")
        show("node", cold(node, names, baseline))
        show("alert, the rules built in", cold([str(BUILDS / "alert")], names))
        for number in (10, 100, 1000):
            folder = rules(aws.folder / f"rules-{number}", number)
            show(f"alert, {number} rules", cold([str(BUILDS / "alert")], {**names, "RULES_DIR": folder}))
        for name in ("alert", "transform"):
            archive = aws.folder / f"{name}.zip"
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
                zipped.write(BUILDS / name, "bootstrap")
            print(f"{name}: {archive.stat().st_size / 2**20:.2f} MiB zipped, {(BUILDS / name).stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
