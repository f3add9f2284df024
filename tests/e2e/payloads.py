"""Records as others put them into a stream: events in parcels and wrappings of all kinds."""

import gzip
import hashlib
import json


def varint(number):
    bytes_ = bytearray()
    while number >= 0x80:
        bytes_.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*bytes_, number])


def field(number, content):
    """A field of a protocol buffer whose content is bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def kpl_aggregate(records):
    """What the Kinesis Producer Library makes of several records: a magic number, their message, its MD5."""
    return kpl_message(field(1, b"key") + b"".join(field(3, b"\x08\x00" + field(3, record)) for record in records))


def kpl_message(body):
    return b"\xf3\x89\x9a\xc2" + body + hashlib.md5(body).digest()


def wrapped():
    """Records by what they are."""
    reading = lambda name: {"id": name, "eventType": "sensor_reading", "timestamp": "2026-01-05T10:00:00Z", "userId": "u1", "data": {"status": "failed"}}
    encoded = lambda name: json.dumps(reading(name)).encode()
    millis = 1767607200000
    logs = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "group",
        "logStream": "stream",
        "subscriptionFilters": ["all"],
        "logEvents": [
            {"id": "3689", "timestamp": millis, "message": json.dumps({**reading("logged"), "note": "in a log"})},
            {"id": "3690", "timestamp": millis, "message": "START RequestId: no event"},
            {"id": "3691", "timestamp": millis, "message": '{"eventType": "without_id"}'},
        ],
    }
    bus = {
        "version": "0",
        "id": "bus",
        "detail-type": "order_placed",
        "source": "shop",
        "account": "123456789012",
        "time": "2026-01-05T10:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"userId": "u1"},
    }
    change = {
        "eventID": "change",
        "eventName": "INSERT",
        "awsRegion": "us-east-1",
        "eventSource": "aws:dynamodb",
        "tableName": "orders",
        "dynamodb": {
            "ApproximateCreationDateTime": millis,
            "Keys": {"id": {"S": "o1"}},
            "NewImage": {"id": {"S": "o1"}, "total": {"N": "12.5"}},
            "SizeBytes": 30,
        },
    }
    return {
        "lines": b"\n".join(encoded(f"line-{number}") for number in range(3)),
        "gzip": gzip.compress(b"\n".join(encoded(f"gzip-{number}") for number in range(3))),
        "KPL": kpl_aggregate([encoded(f"kpl-{number}") for number in range(50)]),
        "KPL of gzip": kpl_aggregate([gzip.compress(encoded("kpl-gzip"))]),
        "too many": gzip.compress(kpl_message(b"\x1a\x00" * 1_000_000)),
        "logs": gzip.compress(json.dumps(logs).encode()),
        "control": gzip.compress(json.dumps({**logs, "messageType": "CONTROL_MESSAGE"}).encode()),
        "bus": json.dumps(bus).encode(),
        "change": json.dumps(change).encode(),
    }
