#!/usr/bin/env python3
"""Compares `tripline run --jobs 2` with one job on the same file, by the time on the clock.

    python3 tests/benches/jobs.py EVENTS.ndjson RULES... [--rounds N] [--profile release|dist]

The events and the ten thousand rules that `beside_duckdb.py` writes will do; any folder of rules can be named beside them. Runs of
one and of two jobs take turns, and the best of each counts.
"""

import argparse
import os
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def seconds(command: list) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=Path)
    parser.add_argument("rules", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", default="release")
    options = parser.parse_args()
    build = ["cargo", "build", "--quiet", "--profile", options.profile, "--package", "tripline"]
    subprocess.run(build, check=True, cwd=ROOT)
    run = [TARGET / options.profile / "tripline", "run", "--quiet", "--events", options.events]
    print(f"{'rules':<40} {'1 job':>8} {'2 jobs':>8} {'ratio':>6}")
    for rules in options.rules:
        best = {}
        for _ in range(options.rounds):
            for jobs in ["1", "2"]:
                took = seconds([*run, "--rules", rules, "--jobs", jobs])
                best[jobs] = min(best.get(jobs, took), took)
        print(f"{rules!s:<40} {best['1']:>8.2f} {best['2']:>8.2f} {best['1'] / best['2']:>6.2f}")


if __name__ == "__main__":
    main()
