#!/usr/bin/env python3
"""Compares `tripline run` with a scan of the same file by DuckDB, both on one thread.

    python3 tests/benches/beside_duckdb.py [EVENTS] [--rounds N] [--profile release|dist]

It builds the command and the benchmark, writes the events and ten thousand rules once, installs DuckDB
into .tools/duckdb, and runs both in turn. What counts is the best processor time of each. DuckDB reads the file and filters
by one threshold for each field that the rules read: far less than the rules ask, and no alert is made.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import venv
from pathlib import Path

VERSION = "1.5.6"
ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TOOLS = ROOT / ".tools" / "duckdb"

QUERY = """
select count(*) from read_json('{events}', format = 'newline_delimited', columns = {{
  eventType: 'VARCHAR',
  data: 'STRUCT(temperature DOUBLE, humidity DOUBLE, status VARCHAR, ok BOOLEAN, "latencyMs" INTEGER,
         load DOUBLE, region VARCHAR, retries INTEGER)'
}})
where eventType between 'type_00' and 'type_19' and (
  data.temperature > 24.9999 or data.humidity < 39.9 or data."latencyMs" > 399 or data.load > 0.99999
  or data.status = 'failed' or data.retries > 3 or data.region like 'us-%') and data.ok = false
"""


def python() -> Path:
    """The interpreter of an environment that has DuckDB."""
    interpreter = TOOLS / "bin" / "python"
    installed = TOOLS / VERSION
    if not installed.exists():
        venv.create(TOOLS, with_pip=True, clear=True)
        install = ["-m", "pip", "install", "--quiet", f"duckdb=={VERSION}"]
        subprocess.run([interpreter, *install], check=True)
        installed.touch()
    return interpreter


def processor_seconds(command: list, **options) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def scan(events: str) -> None:
    """What the interpreter with DuckDB runs; it prints the processor time of the query alone."""
    import duckdb  # only there in the environment

    connection = duckdb.connect(config={"threads": 1})
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = connection.execute(QUERY.format(events=events)).fetchone()[0]
    after = resource.getrusage(resource.RUSAGE_SELF)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"found": found, "seconds": seconds}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", default="dist")
    arguments = parser.parse_args()

    interpreter = python()
    build = ["cargo", "build", "--quiet", "--package", "tripline", "--profile", arguments.profile]
    subprocess.run(build, check=True, cwd=ROOT)
    tripline = TARGET / arguments.profile / "tripline"
    workload = TARGET / "workload" / str(arguments.events)
    # Written anew each time, so that it is never that of an older generator.
    bench = ["cargo", "bench", "--quiet", "--package", "tripline-tests", "--bench", "engine", "--"]
    subprocess.run([*bench, str(arguments.events), "--write", workload], check=True, cwd=ROOT)
    events = workload / "events.ndjson"

    run = [tripline, "run", "--jobs", "1", "--quiet", "--rules", workload / "rules", "--events", events]
    # What the rules cost before the first event: the same over no events.
    nothing = workload / "nothing.ndjson"
    nothing.write_bytes(b"")
    start = [*run[:-1], nothing]
    ours, theirs, starts, found = [], [], [], 0
    for _ in range(arguments.rounds):
        ours.append(processor_seconds([*run, "--alerts", os.devnull]))
        starts.append(processor_seconds([*start, "--alerts", os.devnull]))
        answer = subprocess.run([interpreter, __file__, "--scan", events], check=True, capture_output=True, text=True)
        answer = json.loads(answer.stdout)
        theirs.append(answer["seconds"])
        found = answer["found"]
    tripline_best, duckdb_best = min(ours), min(theirs)
    print(f"{'':<44} {'seconds':>8} {'events/s':>10}")
    for name, seconds in [
        ("tripline run, 10,000 rules, all in", tripline_best),
        ("  of which: reading the rules", min(starts)),
        (f"DuckDB {VERSION}, scan and filter ({found} rows)", duckdb_best),
    ]:
        print(f"{name:<44} {seconds:>8.2f} {arguments.events / seconds:>10.0f}")
    print(f"tripline takes {tripline_best / duckdb_best:.2f} times as long as DuckDB's scan")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--scan"]:
        scan(sys.argv[2])
    else:
        main()
