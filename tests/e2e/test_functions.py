"""The functions, deployed and run end to end on a local AWS, beside `tripline run` on the same events.

    test_functions.py FOLDER [PART...]

FOLDER holds the builds of `alert`, `transform`, `tripline` and `mapping`; parts are the functions of this file that `main` names.
"""

import base64
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import time

from local_aws import PROJECT, LocalAws
from payloads import wrapped

BUILDS = pathlib.Path(sys.argv[1]).resolve()
SAMPLE = PROJECT / "rules/sample/events.ndjson.gz"
PARTS = 3


def main():
    with LocalAws() as aws:
        try:
            for part in (whole_sample, producer, poison, payloads, missing_parts, own_mapping):
                if part.__name__ in sys.argv[2:] or not sys.argv[2:]:
                    part(aws)
        except BaseException:
            server = (aws.folder / "server.log").read_text(errors="replace")
            print("the local AWS said last:\n" + server[-3000:], file=sys.stderr)
            raise
    print(f"All end-to-end checks passed in {time.monotonic() - BEGUN:.0f} s.")


BEGUN = time.monotonic()


def step(what):
    print(f"  {time.monotonic() - BEGUN:5.0f} s  {what}", flush=True)


def command(*arguments, expect=0, **more):
    done = subprocess.run([str(one) for one in arguments], capture_output=True, text=True, **more)
    assert done.returncode == expect, f"{arguments}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done


def deliver(aws, out, function, **options):
    """Takes the stream to a function, as its mapping would."""
    checkpoint = aws.folder / f"{out[function]}.checkpoint"
    options = [f"{name}={value}" for name, value in options.items()]
    done = command(BUILDS / "mapping", aws.endpoint, out["StreamName"], out[function], checkpoint, *options)
    return json.loads(done.stdout)


def produce(aws, out, file, *more, expect=0):
    return tripline(aws, "produce", "--stream", out["StreamName"], "--key", "userId", "--key", "service", *more, file, expect=expect)


def tripline(aws, *arguments, expect=0):
    """The command, talking to AWS through the proxy, which takes some requests in part only."""
    arguments, environment = at_proxy(aws, arguments)
    return command(*arguments, env=environment, cwd=aws.folder, expect=expect)


def at_proxy(aws, arguments):
    environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "PATH": ""}
    endpoint = ["--endpoint-url", f"http://127.0.0.1:{aws.proxy.port}", "--region", "us-east-1"]
    return [str(one) for one in (BUILDS / "tripline", *arguments, *endpoint)], environment


def rules_with_arrival(aws, count):
    """The shipped rules, for events that say when they arrived, and one alert over all shards."""
    folder = aws.folder / "rules"
    shutil.copytree(PROJECT / "rules", folder, ignore=shutil.ignore_patterns("sample"))
    settings = folder / "tripline.yaml"
    settings.write_text(settings.read_text().replace("  id: id\n", "  id: id\n  arrival: arrivedAt\n"))
    assert "arrivedAt" in settings.read_text()
    # Its key lacks the partition key: its events come over both shards.
    (folder / "everything.yaml").write_text(
        "alerts:\n"
        f"  everything: {{when: count() over 7d >= {count}}}\n"
        f"  too-much: {{when: count() over 7d > {count}}}\n"
    )
    return folder


def whole_sample(aws):
    step("deploying the template")
    out = aws.deploy("sample", {"alert": BUILDS, "transform": BUILDS})
    queue = aws.queue_of(out["AlertTopicArn"])
    events = [json.loads(line) for line in gzip.open(SAMPLE, "rt")]
    newest = ""
    for event in events:
        newest = max(newest, event["timestamp"])
        event["arrivedAt"] = newest
    rules = rules_with_arrival(aws, len(events))
    for function in ("AlertFunction", "TransformFunction"):
        aws.set_variables(out[function], RULES_DIR=str(rules))
    whole = aws.folder / "events.ndjson"
    whole.write_text("".join(json.dumps(event) + "\n" for event in events))

    # What no emulator does by itself.
    aws.proxy.faults = {
        "BatchWriteItem": (11, ["partial", "throttled", "lost"]),
        "BatchGetItem": (5, ["partial", "throttled"]),
        "BatchExecuteStatement": (7, ["partial", "throttled", "lost"]),
        "PutItem": (7, ["throttled", "lost"]),
        "PublishBatch": (5, ["partial", "throttled", "lost"]),
        "Query": (23, ["throttled"]),
    }
    size = len(events) // PARTS
    again = 0
    for part in range(PARTS):
        some = events[part * size : (part + 1) * size if part < PARTS - 1 else None]
        file = aws.folder / f"part-{part}.ndjson"
        file.write_text("".join(json.dumps(event) + "\n" for event in some))
        # What says when it arrived has to arrive in that order.
        said = produce(aws, out, file, "--in-order").stderr
        step(said.strip().replace("\n", "; "))
        assert f"{len(some)} records sent" in said, said
        for function, batch in (("TransformFunction", 500), ("AlertFunction", 700)):
            report = deliver(aws, out, function, batch=batch, redeliver=part)
            assert not report["given_up"], report
            again += report["redelivered"]
            millis = sorted(report["millis"])
            step(f"{function}: {report['calls']} calls, {millis[len(millis) // 2]:.0f} ms (median), {millis[-1]:.0f} ms (longest)")
        # Between the parts time comes as far as the next event, and twice at the end.
        rest = events[(part + 1) * size :] if part < PARTS - 1 else events[-1:]
        for _ in range(2):
            aws.tick(out["AlertFunction"], rest[0]["arrivedAt"])
        step(f"part {part + 1} of {PARTS}: {len(some)} events produced, delivered, ticked")
    assert again > 5, "nothing was delivered again"
    hit = {f"{operation} {kind}": count for (operation, kind), count in sorted(aws.proxy.hit.items())}
    assert len(hit) >= 11, hit
    step(f"faults: {hit}")
    aws.proxy.faults = {}
    # What could not be sent is sent by a tick, once the call that made it is over.
    def is_sent():
        aws.tick(out["AlertFunction"], events[-1]["arrivedAt"])
        return not any("outbox" in item for item in aws.scan(out["StateTable"]))

    aws.until("everything is sent", is_sent, seconds=120)

    alerts, aggregates = aws.folder / "alerts.ndjson", aws.folder / "aggregates.ndjson"
    command(BUILDS / "tripline", "run", "--rules", rules, "--events", whole, "--alerts", alerts, "--aggregates", aggregates)
    compare_alerts(aws, queue, alerts)
    compare_status(aws, out, alerts)
    compare_rows(aws, out, aggregates)
    stored = aws.scan(out["EventsTable"])
    assert sorted(item["id"]["S"] for item in stored) == sorted(event["id"] for event in events)
    assert all(json.loads(item["event"]["S"])["id"] == item["id"]["S"] for item in stored)
    step(f"events table: {len(stored)} events, every one once")
    assert not aws.scan(out["QuarantineTable"])
    compare_archive(aws, out, whole, rules, alerts)


def plain(alert):
    """An alert but for where its event was read."""
    return {name: value for name, value in alert.items() if name != "source"}


def compare_alerts(aws, queue, file):
    expected = {}
    for line in file.read_text().splitlines():
        alert = json.loads(line)
        if not alert.get("shadow"):
            expected[alert["notification"]] = plain(alert)
    given, copies = {}, 0
    for message in aws.received(queue):
        for line in message["Body"].splitlines():
            alert = json.loads(line)
            attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
            assert attributes == {name: alert[name] for name in ("alert", "severity", "status")}, attributes
            copies += alert["notification"] in given
            given[alert["notification"]] = plain(alert)
    over_shards = [alert for alert in given.values() if alert["alert"] in ("everything", "too-much")]
    assert [alert["alert"] for alert in over_shards] == ["everything"], over_shards
    rest = lambda alerts: {name: one for name, one in alerts.items() if one["alert"] not in ("everything", "too-much")}
    expected, given = rest(expected), rest(given)
    missing = [alert for name, alert in expected.items() if name not in given]
    assert not missing, f"{len(missing)} alerts did not come, the first is {missing[0]}"
    for name, alert in expected.items():
        assert given[name] == alert, f"run gives\n{alert}\nthe topic got\n{given[name]}"
    assert not given.keys() - expected.keys(), [given[name] for name in given.keys() - expected.keys()][:3]
    # Sending again is allowed only where a send failed and seemed not to.
    lost = aws.proxy.hit["PublishBatch", "lost"]
    assert copies == 0 or lost > 0, f"{copies} alerts came twice"
    step(f"alerts: {len(given)} as run gives them, {copies} of them twice; one over all shards")


def compare_status(aws, out, file):
    """What `tripline status` says fires is what began and did not end."""
    firing = set()
    for line in file.read_text().splitlines():
        alert = json.loads(line)
        if "since" in alert:
            name = (alert["alert"], json.dumps(list(alert["key"].values())), alert["since"])
            firing.add(name) if alert["status"] == "firing" else firing.discard(name)
    said = tripline(aws, "status", "--stream", out["StreamName"], "--state-table", out["StateTable"], "--format", "json")
    status = json.loads(said.stdout)
    given = {(one["alert"], json.dumps(one["key"]), one["since"]) for one in status["firing"]}
    # Over shards an episode may begin at another moment.
    over_shards = lambda names: {name[:2] for name in names if name[0] == "everything"}
    rest = lambda names: {name for name in names if name[0] != "everything"}
    assert rest(given) == rest(firing) and over_shards(given) == over_shards(firing), given ^ firing
    assert len(status["shards"]) == 2 and all(shard["progress"] for shard in status["shards"]), status["shards"]
    assert not status["waiting"]
    drawn = tripline(aws, "status", "--stream", out["StreamName"], "--state-table", out["StateTable"]).stdout
    assert "shardId-000000000001" in drawn, drawn
    step(f"status: {len(given)} alerts fire")


def compare_rows(aws, out, file):
    expected = {}
    for line in file.read_text().splitlines():
        row = json.loads(line)
        expected[row["aggregate"], row["window"]["start"], json.dumps(list(row["key"].values()))] = row
    items = aws.scan(out["AggregatesTable"])
    assert len(items) == len(expected), f"{len(items)} rows, and run gives {len(expected)}"
    for item in items:
        name = item["partitionKey"]["S"].split("#")[0]
        key = json.dumps(json.loads(item["_key"]["S"]))
        row = expected[name, item["windowStart"]["S"], key]
        assert item["windowEnd"]["S"] == row["window"]["end"] and int(item["events"]["N"]) == row["events"]
        for field, value in row["values"].items():
            given = item[field]
            if isinstance(value, str):
                assert given == {"S": value}, (field, given, value)
            else:
                assert abs(float(given["N"]) - value) <= 1e-9 * abs(value), (field, given, value)
    step(f"aggregates table: {len(items)} rows as run gives them")


def compare_archive(aws, out, whole, rules, alerts):
    """What Firehose archived, read by `tripline run` as it lies there."""
    s3 = aws.client("s3")
    count = sum(1 for _ in whole.open())

    def archived():
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=out["ArchiveBucket"], Prefix="events/")
        keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        return len(keys) >= count and keys

    keys = aws.until("all events are archived", archived, seconds=300)
    folder = aws.folder / "archive"
    folder.mkdir()
    # The emulator writes an object for each record; the first thousand are enough to see that they can be read.
    for at, key in enumerate(keys[:1000]):
        s3.download_file(out["ArchiveBucket"], key, str(folder / f"{at:06}.ndjson.gz"))
    done = command(BUILDS / "tripline", "run", "--rules", rules, "--events", folder, "--fail-on", "rejects", "--alerts", aws.folder / "archived.ndjson")
    assert "1,000 events" in done.stderr or "1000 events" in done.stderr, done.stderr
    step(f"archive: {len(keys)} objects; run reads 1,000 of them and rejects none")


def producer(aws):
    """Records that a stream refuses in part are sent again, and those of a key stay in order."""
    kinesis = aws.client("kinesis")
    kinesis.create_stream(StreamName="refusing", ShardCount=3)
    out = {"StreamName": "refusing"}
    lines = [json.dumps({"userId": f"user-{number % 37}", "number": number}) for number in range(3000)]
    file, failed = aws.folder / "numbers.ndjson", aws.folder / "failed.ndjson"
    file.write_text("\n".join([*lines, "no JSON", "[1]"]) + "\n")
    aws.proxy.reset()
    aws.proxy.faults = {"PutRecords": (3, ["partial", "throttled"])}
    said = produce(aws, out, file, "--failed", failed, expect=1).stderr
    aws.proxy.faults = {}
    assert [json.loads(line)["raw"] for line in failed.read_text().splitlines()] == ["no JSON", "[1]"]
    taken = []
    for shard in kinesis.list_shards(StreamName="refusing")["Shards"]:
        iterator = kinesis.get_shard_iterator(StreamName="refusing", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while records := kinesis.get_records(ShardIterator=iterator, Limit=10000)["Records"]:
            taken += [json.loads(record["Data"]) for record in records]
            iterator = kinesis.get_shard_iterator(StreamName="refusing", ShardId=shard["ShardId"], ShardIteratorType="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=records[-1]["SequenceNumber"])["ShardIterator"]
    assert len(taken) == len(lines), f"{len(taken)} of {len(lines)}"
    for user in range(37):
        numbers = [one["number"] for one in taken if one["userId"] == f"user-{user}"]
        assert numbers == sorted(numbers), f"user-{user} is out of order"
    hit = sum(aws.proxy.hit.values())
    assert hit > 20, hit
    # A stream that takes nothing: all of it is kept, and said.
    aws.proxy.faults = {"PutRecords": (1, ["throttled"])}
    failed.unlink()
    produce(aws, out, file, "--failed", failed, "--attempts", "2", expect=1)
    assert len(failed.read_text().splitlines()) == len(lines) + 2
    failed.unlink()
    # Stopped while it waits for a pipe and for the stream, it keeps what it has read.
    aws.proxy.reset()
    arguments, environment = at_proxy(aws, ["produce", "--stream", "refusing", "--failed", failed, "-"])
    with subprocess.Popen(arguments, env=environment, cwd=aws.folder, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as piped:
        piped.stdin.write("\n".join(lines[:100]) + "\n")
        piped.stdin.flush()
        aws.until("the stream has refused something", lambda: aws.proxy.requests["PutRecords"] > 1)
        piped.terminate()
        stopped = piped.stderr.read()
        assert piped.wait() == 1 and "stopped after 100 lines" in stopped, stopped
    assert len(failed.read_text().splitlines()) == 100
    failed.unlink()
    aws.proxy.faults = {}
    # One that is not there is not asked ten times for each record.
    aws.proxy.reset()
    hopeless = produce(aws, {"StreamName": "no-such-stream"}, file, "--failed", failed, expect=1).stderr
    assert "no-such-stream" in hopeless and aws.proxy.requests["PutRecords"] <= 4, hopeless
    assert len(failed.read_text().splitlines()) == len(lines) + 2
    step(f"produce: {hit} refusals, nothing lost or out of order: " + said.strip().replace("\n", "; "))


def poison(aws):
    """Records of all kinds that cannot be used, among others that can."""
    out = aws.deploy("poison", {"alert": BUILDS, "transform": BUILDS})
    queue = aws.queue_of(out["AlertTopicArn"])
    event = lambda number, **data: json.dumps(
        {"id": f"e{number}", "eventType": "sensor_reading", "timestamp": "2026-01-05T10:00:00Z", "userId": "u\u0007\r\n1", "data": {"temperature": 20, "humidity": 40, "status": "failed", **data}}
    ).encode()
    bad = {
        "not JSON": b"hello",
        "truncated gzip": gzip.compress(event(1))[:-6],
        "a bomb": gzip.compress(b"x" * (40 << 20)),
        "not text": b"\xff\xfe\xfd",
        "an aggregate with a wrong checksum": b"\xf3\x89\x9a\xc2" + b"\x1a\x04\x08\x00\x1a\x00" + b"0" * 16,
    }
    good = [event(number) for number in range(40)] + [event("long", note="x" * 900_000)]
    # An event without a usable time takes that of its arrival.
    good.append(b'{"id":"late","eventType":"x","timestamp":"soon"}')
    records = []
    for number, data in enumerate(good):
        records.append(data)
        if number < len(bad):
            records.append(list(bad.values())[number])
    kinesis = aws.client("kinesis")
    for data in records:
        kinesis.put_record(StreamName=out["StreamName"], PartitionKey="one", Data=data)
    for function in ("TransformFunction", "AlertFunction"):
        report = deliver(aws, out, function, batch=20)
        assert not report["given_up"], report
    # A hundred records without a partition key, and the base64 of one of them is wrong.
    data = lambda number: "%%%" if number == 37 else base64.b64encode(b'{"id":"x%d","eventType":"x"}' % number).decode()
    call = {
        "Records": [
            {"eventID": f"shardId-9:{number}", "kinesis": {"sequenceNumber": str(number), "data": data(number), "approximateArrivalTimestamp": 1767607200.5}}
            for number in range(1, 101)
        ]
    }
    answer = aws.client("lambda").invoke(FunctionName=out["TransformFunction"], Payload=json.dumps(call))
    assert json.loads(answer["Payload"].read()) == {"batchItemFailures": []}
    stored = {item["id"]["S"]: item for item in aws.scan(out["EventsTable"])}
    hundred = {f"x{number}" for number in range(1, 101) if number != 37}
    assert set(stored) == {f"e{number}" for number in range(40)} | {"elong", "late"} | hundred, sorted(stored)
    # It is longer than an item may be; the archive has it.
    assert "event" not in stored["elong"] and int(stored["elong"]["omittedBytes"]["N"]) > 900_000
    quarantined = aws.scan(out["QuarantineTable"])
    assert len(quarantined) == len(bad) + 1, [item["reason"] for item in quarantined]
    for item in quarantined:
        assert item["reason"]["S"] and "payload" in item
    alerts = [json.loads(line) for message in aws.received(queue) for line in message["Body"].splitlines()]
    failed = [alert for alert in alerts if alert["alert"] == "sensor-failed"]
    assert len({alert["notification"] for alert in failed}) == len(failed) == 41, len(failed)
    table = ["--quarantine-table", out["QuarantineTable"]]
    listed = tripline(aws, "redrive", *table, "--format", "json").stdout.splitlines()
    assert len(listed) == len(quarantined) and all(json.loads(line)["reason"] for line in listed)
    assert "not a JSON object" in tripline(aws, "redrive", *table).stdout
    said = tripline(aws, "redrive", *table, "--stream", out["StreamName"]).stderr
    assert f"{len(quarantined)} records put back, 0 left" in said and not aws.scan(out["QuarantineTable"]), said
    deliver(aws, out, "AlertFunction", batch=20)
    # The records are as they were; the one whose base64 was wrong is an event of its own now.
    assert len(aws.scan(out["QuarantineTable"])) == len(bad)
    step(f"poison: {len(quarantined)} records in quarantine with a reason, {len(stored)} events stored, 41 alerts sent; all put back")


def payloads(aws):
    """What others put into a stream: events in parcels and wrappings of all kinds; the alerts go to a FIFO topic."""
    out = aws.deploy("payloads", {"alert": BUILDS, "transform": BUILDS})
    topic = aws.client("sns").create_topic(Name="payloads.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    aws.set_variables(out["AlertFunction"], ALERT_TOPIC_ARN=topic, PAGER_TOPIC_ARN=topic)
    queue = aws.queue_of(topic)
    records = wrapped()
    kinesis = aws.client("kinesis")
    for name, data in records.items():
        kinesis.put_record(StreamName=out["StreamName"], PartitionKey="one", Data=data)
    for function in ("TransformFunction", "AlertFunction"):
        report = deliver(aws, out, function, batch=20)
        assert not report["given_up"], report
    stored = {item["id"]["S"]: item for item in aws.scan(out["EventsTable"])}
    readings = {"line-0", "line-1", "line-2", "gzip-0", "gzip-1", "gzip-2", "kpl-gzip", "logged", *(f"kpl-{number}" for number in range(50))}
    assert set(stored) == readings | {"3691", "bus", "change"}, sorted(stored)
    kinds = {name: stored[name]["eventType"]["S"] for name in ("bus", "3691", "change")}
    assert kinds == {"bus": "order_placed", "3691": "without_id", "change": kinds["change"]}, kinds
    assert json.loads(stored["change"]["event"]["S"])["new"]["total"] == 12.5, stored["change"]
    (refused,) = aws.scan(out["QuarantineTable"])
    assert "100000" in refused["reason"]["S"].replace(",", "") or "100,000" in refused["reason"]["S"], refused["reason"]
    messages = aws.received(queue)
    groups = {message["Attributes"]["MessageGroupId"] for message in messages}
    named = [message["Attributes"]["MessageDeduplicationId"] for message in messages]
    assert "sensor-failed" in groups and len(set(named)) == len(named), (groups, named)
    alerts = [json.loads(line) for message in messages for line in message["Body"].splitlines()]
    failed = [alert for alert in alerts if alert["alert"] == "sensor-failed"]
    assert len({alert["notification"] for alert in failed}) == len(failed) == len(readings), len(failed)
    step(f"payloads: {len(stored)} events of lines, gzip, aggregates, logs, a bus and a table; an aggregate of a million records refused")


def missing_parts(aws):
    """A function whose environment or table is not there says so, and loses nothing."""
    out = aws.deploy("missing", {"alert": BUILDS, "transform": BUILDS})
    aws.client("kinesis").put_record(StreamName=out["StreamName"], PartitionKey="u", Data=b'{"id":"1","timestamp":"2026-01-05T10:00:00Z"}')
    aws.set_variables(out["TransformFunction"], AGGREGATES_TABLE="no-such-table", EVENTS_TABLE="no-such-table")
    report = deliver(aws, out, "TransformFunction", retries=2)
    assert len(report["given_up"]) == 1 and "eyJpZCI6IjEi" in report["given_up"][0]["payload"], report
    given_up = aws.folder / "given-up.json"
    given_up.write_text(json.dumps(report["given_up"][0]))
    said = tripline(aws, "redrive", "--stream", out["StreamName"], "--batch", given_up).stderr
    assert "1 record put back, 0 refused" in said, said
    for missing in ("STATE_TABLE", "ALERT_TOPIC_ARN"):
        function = out["AlertFunction"]
        aws.set_variables(function, **{missing: ""})
        answer = aws.client("lambda").invoke(FunctionName=function, Payload=b'{"Records":[]}')
        said = answer["Payload"].read().decode()
        logs = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        server = (aws.folder / "server.log").read_text(errors="replace")
        assert "FunctionError" in answer, said
        assert any(missing in text for text in (said, server, *(one["message"] for one in logs))), said
        aws.set_variables(function, **{missing: "set"})
    step("missing table: the batch is given up with its payload; missing variable: named at the start")


def own_mapping(aws):
    """The happy path on the local AWS's own mapping."""
    out = aws.deploy("own", {"alert": BUILDS, "transform": BUILDS}, MappingsEnabled="true", BatchSize=100)
    events = [line for line in gzip.open(SAMPLE, "rt")][:500]
    file = aws.folder / "few.ndjson"
    file.write_text("".join(events))
    produce(aws, out, file)
    stored = lambda: len(aws.scan(out["EventsTable"])) == len(events)
    aws.until("the mapping has delivered all events", stored, seconds=120)
    counted = lambda: sum(int(item["events"]["N"]) for item in aws.scan(out["AggregatesTable"]) if item["partitionKey"]["S"].startswith("events-by-hour#")) == len(events)
    aws.until("all events are counted", counted, seconds=60)
    step(f"the local AWS's own mapping: {len(events)} events stored and counted")


if __name__ == "__main__":
    main()
