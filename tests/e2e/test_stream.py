"""`tripline dev --kinesis` on a local AWS: all shards, kills in between, shards that split and merge.

    test_stream.py FOLDER

FOLDER holds the build of `tripline` with the feature `aws`.
"""

import datetime
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import time
import urllib.request

from local_aws import LocalAws

TRIPLINE = pathlib.Path(sys.argv[1]).resolve() / "tripline"
RULES = """
alerts:
  third: {on: login, by: userId, when: count() over 1h == 3}
  bad: {on: login, when: data.ok == false}
"""
BEGUN = time.monotonic()
# What is ended at the end, whatever comes before.
RUNNING = []


def step(what):
    print(f"  {time.monotonic() - BEGUN:5.0f} s  {what}", flush=True)


class Dev:
    """A running `tripline dev` on the stream."""

    def __init__(self, aws, stream, *more):
        self.aws = aws
        arguments = ["dev", "--rules", aws.folder / "rules", "--store", aws.folder / f"{stream}.db", "--port", "0"]
        arguments += ["--kinesis", stream, "--endpoint-url", aws.endpoint, "--region", "us-east-1", *more]
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        self.said = open(aws.folder / "dev.err", "wb")
        self.process = subprocess.Popen(
            [TRIPLINE, *map(str, arguments)], env=environment, stdout=subprocess.DEVNULL, stderr=self.said, cwd=aws.folder
        )

        def port():
            assert self.process.poll() is None, (aws.folder / "dev.err").read_text()
            return re.search(r"127\.0\.0\.1:(\d+)", (aws.folder / "dev.err").read_text())

        RUNNING.append(self.process)
        self.port = aws.until("the page has an address", port).group(1)

    def status(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/status", timeout=10) as answer:
            return json.load(answer)

    def wait_for(self, events):
        self.aws.until(f"{events} events are read", lambda: self.status()["totals"]["events"] >= events, seconds=90)
        status = self.status()
        assert status["totals"]["events"] == events, status
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.said.close()


def put(kinesis, stream, first, number):
    """Puts events of thirty users, every tenth of them bad."""
    records = []
    for id in range(first, first + number):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        user = f"user-{id % 30}"
        event = {"id": f"e{id}", "eventType": "login", "timestamp": now, "userId": user, "data": {"ok": id % 10 != 0}}
        records.append({"Data": json.dumps(event).encode(), "PartitionKey": user})
    answer = kinesis.put_records(StreamName=stream, Records=records)
    assert answer["FailedRecordCount"] == 0, answer


def check(aws, stream, events):
    """Everything is in the store once: events, and an alert for every tenth of them and for each user's third."""
    with sqlite3.connect(f"file:{aws.folder / f'{stream}.db'}?mode=ro", uri=True) as store:
        lines = [json.loads(line) for (line,) in store.execute("SELECT alert FROM alerts")]
    bad = [one for one in lines if one["alert"] == "bad"]
    third = [one for one in lines if one["alert"] == "third" and one["status"] == "firing"]
    assert len(bad) == events // 10, (len(bad), events)
    assert len({one["notification"] for one in bad}) == len(bad)
    assert len(third) == min(30, events // 3), len(third)


def main():
    with LocalAws() as aws:
        (aws.folder / "rules").mkdir()
        (aws.folder / "rules/a.yaml").write_text(RULES)
        kinesis = aws.client("kinesis")
        stream = "events"
        kinesis.create_stream(StreamName=stream, ShardCount=2)
        ready = lambda: kinesis.describe_stream(StreamName=stream)["StreamDescription"]["StreamStatus"] == "ACTIVE"
        aws.until("the stream is there", ready)

        put(kinesis, stream, 0, 300)
        dev = Dev(aws, stream, "--from-oldest")
        dev.wait_for(300)
        step("300 events of two shards, from the oldest on")
        for round in range(5):
            put(kinesis, stream, 300 + 100 * round, 100)
            # At some point of a read, or before it, or after.
            time.sleep(0.13 * round)
            dev.kill()
            dev = Dev(aws, stream)
        dev.wait_for(800)
        check(aws, stream, 800)
        step("500 more, killed five times in between: each of them once")

        shard = kinesis.list_shards(StreamName=stream)["Shards"][0]
        hashes = shard["HashKeyRange"]
        middle = (int(hashes["StartingHashKey"]) + int(hashes["EndingHashKey"])) // 2
        kinesis.split_shard(StreamName=stream, ShardToSplit=shard["ShardId"], NewStartingHashKey=str(middle))
        aws.until("the shard is split", ready)
        put(kinesis, stream, 800, 100)
        dev.wait_for(900)
        children = [one["ShardId"] for one in kinesis.list_shards(StreamName=stream)["Shards"] if one.get("ParentShardId") == shard["ShardId"]]
        assert len(children) == 2, children
        kinesis.merge_shards(StreamName=stream, ShardToMerge=children[0], AdjacentShardToMerge=children[1])
        aws.until("the shards are merged", ready)
        put(kinesis, stream, 900, 100)
        dev.wait_for(1_000)
        dev.kill()
        dev = Dev(aws, stream)
        put(kinesis, stream, 1_000, 50)
        dev.wait_for(1_050)
        check(aws, stream, 1_050)
        dev.kill()
        step("a shard split, its halves merged, a restart: each event once")

        stream = "later"
        kinesis.create_stream(StreamName=stream, ShardCount=2)
        aws.until("the second stream is there", ready)
        put(kinesis, stream, 0, 100)
        dev = Dev(aws, stream)
        aws.until("its shards are known", lambda: dev.status()["source"]["text"].endswith("2 shards"))
        dev.kill()
        put(kinesis, stream, 100, 50)
        dev = Dev(aws, stream)
        dev.wait_for(50)
        dev.kill()
        step("from now on, killed before anything came: what came since is read, what was there before is not")

        dev = Dev(aws, "nowhere")
        failed = lambda: dev.status()["source"]["state"] == "failed" and dev.status()["source"]["text"]
        text = aws.until("the source has failed", failed)
        assert "nowhere" in text, text
        dev.kill()
        step(f"a stream that there is not: {text[:90]}")
    print(f"All checks of the stream passed in {time.monotonic() - BEGUN:.0f} s.")


try:
    main()
finally:
    for process in RUNNING:
        process.kill()
        process.wait()
