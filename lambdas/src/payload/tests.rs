#![allow(clippy::unwrap_used)]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{MAX_BYTES, MAX_EVENTS, Refused, aggregate, events};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn texts(record: &[u8]) -> Vec<String> {
    let found = events(record).unwrap();
    found
        .into_iter()
        .map(|event| String::from_utf8(event).unwrap())
        .collect()
}

/// The events as JSON, of which the last of equal keys counts.
fn values(record: &[u8]) -> Vec<Value> {
    let texts = texts(record).into_iter();
    texts
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect()
}

#[test]
fn one_object_and_one_a_line() {
    assert_eq!(texts(b" {\"a\":1}\n"), ["{\"a\":1}"]);
    assert_eq!(texts(b"{\n  \"a\": 1\n}"), ["{\n  \"a\": 1\n}"]);
    assert_eq!(
        texts(b"{\"a\":1}\r\n\n{\"a\":2}"),
        ["{\"a\":1}", "{\"a\":2}"]
    );
    // What is no JSON is an event for the reader of events to refuse.
    assert_eq!(
        texts(b"{\"a\":1}\nno event\n{}"),
        ["{\"a\":1}", "no event", "{}"]
    );
    assert_eq!(texts(b"no event\n{}"), ["no event\n{}"]);
    assert_eq!(texts(b""), [""]);
}

#[test]
fn compressed_objects() {
    let lines = b"{\"a\":1}\n{\"a\":2}";
    assert_eq!(texts(&gzip(lines)), ["{\"a\":1}", "{\"a\":2}"]);
    let zstd = zstd::encode_all(&lines[..], 1).unwrap();
    assert_eq!(texts(&zstd), ["{\"a\":1}", "{\"a\":2}"]);
    assert_eq!(texts(&gzip(&zstd)), ["{\"a\":1}", "{\"a\":2}"]);
}

#[test]
fn what_is_compressed_and_broken_is_refused() {
    let whole = gzip(b"{\"a\":1}");
    for length in [3, 10, whole.len() - 1] {
        let refused = events(&whole[..length]);
        assert!(matches!(refused, Err(Refused::Compression(_))), "{length}");
    }
    let mut wrong = whole.clone();
    wrong[12] ^= 0x55;
    assert!(events(&wrong).is_err());
}

#[test]
fn bombs_are_refused() {
    let large = vec![b' '; MAX_BYTES + 1];
    assert_eq!(events(&gzip(&large)), Err(Refused::TooLarge));
    // Each is small enough, but not all of them.
    let half = gzip(&large[..MAX_BYTES / 2 + 1]);
    assert_eq!(
        events(&aggregate::of(&[&half, &half])),
        Err(Refused::TooLarge)
    );
    let many = "{}\n".repeat(MAX_EVENTS + 1);
    assert_eq!(events(many.as_bytes()), Err(Refused::TooMany));
    let mut deep = b"{}".to_vec();
    for _ in 0..6 {
        deep = gzip(&deep);
    }
    assert_eq!(events(&deep), Err(Refused::TooDeep));
}

#[test]
fn aggregates_of_records() {
    let aggregate = aggregate::of(&[b"{\"a\":1}", &gzip(b"{\"a\":2}\n{\"a\":3}"), b"no event"]);
    assert_eq!(
        texts(&aggregate),
        ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "no event"]
    );
    assert!(texts(&aggregate::of(&[])).is_empty());
    let many = vec![&b""[..]; MAX_EVENTS + 1];
    assert_eq!(events(&aggregate::of(&many)), Err(Refused::TooMany));
    // With a wrong checksum it is an ordinary record, and no event.
    let mut wrong = aggregate.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(events(&wrong), Ok(vec![wrong.clone()]));
    for length in 0..aggregate.len() {
        assert!(events(&aggregate[..length]).is_ok());
    }
}

#[test]
fn messages_of_log_subscriptions() {
    let message = json!({
        "messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": "s",
        "subscriptionFilters": ["f"],
        "logEvents": [
            {"id": "e1", "timestamp": 1_767_571_200_000_i64, "message": "{\"eventType\":\"login\",\"a\":1}\n"},
            {"id": "e2", "timestamp": 1_767_571_201_000_i64, "message": "START RequestId: 1"},
            {"id": "e3", "timestamp": 1_767_571_202_000_i64, "message": "{\"id\":\"own\",\"timestamp\":5}"},
            {"id": "e4", "timestamp": 1_767_571_203_000_i64, "message": "{}"},
        ],
    });
    assert_eq!(
        values(&gzip(message.to_string().as_bytes())),
        [
            json!({"id": "e1", "timestamp": 1_767_571_200_000_i64, "eventType": "login", "a": 1}),
            json!({"id": "own", "timestamp": 5}),
            json!({"id": "e4", "timestamp": 1_767_571_203_000_i64}),
        ]
    );
    let control = message.to_string().replace("DATA_", "CONTROL_");
    assert!(values(control.as_bytes()).is_empty());
}

#[test]
fn events_of_a_bus() {
    let event = json!({
        "version": "0", "id": "7bf7", "detail-type": "Order \"placed\"", "source": "shop", "account": "1",
        "time": "2026-01-05T00:00:00Z", "region": "eu-west-1", "resources": [], "detail": {"total": 5},
    });
    let found = values(event.to_string().as_bytes());
    assert_eq!(found[0]["eventType"], "Order \"placed\"");
    assert_eq!(found[0]["timestamp"], "2026-01-05T00:00:00Z");
    assert_eq!(
        (&found[0]["id"], &found[0]["detail"]),
        (&event["id"], &event["detail"])
    );
    // An event that merely speaks of one stays as it is.
    let other = "{\"eventType\":\"x\",\"data\":{\"detail-type\":1}}";
    assert_eq!(texts(other.as_bytes()), [other]);
}

#[test]
fn changes_of_a_table() {
    let change = json!({
        "awsRegion": "eu-west-1", "eventID": "c1", "eventName": "MODIFY", "userIdentity": null,
        "recordFormat": "application/json", "tableName": "orders", "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_767_571_200_000_i64,
            "Keys": {"id": {"S": "o1"}},
            "NewImage": {
                "id": {"S": "o1"}, "total": {"N": "12.5"}, "open": {"BOOL": true}, "note": {"NULL": true},
                "lines": {"L": [{"N": "1"}, {"M": {"a": {"S": "x"}}}]}, "tags": {"SS": ["a", "b"]},
                "sizes": {"NS": ["1", "2.5"]}, "large": {"N": "1E+125"},
            },
            "SizeBytes": 10,
        },
    });
    assert_eq!(
        values(change.to_string().as_bytes()),
        [json!({
            "id": "c1", "eventType": "MODIFY", "timestamp": 1_767_571_200_000_i64, "tableName": "orders",
            "keys": {"id": "o1"},
            "new": {
                "id": "o1", "total": 12.5, "open": true, "note": null, "lines": [1, {"a": "x"}],
                "tags": ["a", "b"], "sizes": [1, 2.5], "large": 1e125,
            },
            "old": null,
        })]
    );
}

#[test]
fn no_bytes_make_it_panic() {
    let mut random = fastrand::Rng::with_seed(1);
    let seeds = [
        gzip(b"{\"a\":1}\n{\"b\":2}"),
        zstd::encode_all(&b"{\"a\":1}"[..], 1).unwrap(),
        aggregate::of(&[b"{}", b"{\"detail-type\":1}"]),
        b"{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{\"id\":\"1\",\"timestamp\":1,\"message\":\"{}\"}]}"
            .to_vec(),
        b"{\"eventID\":1,\"eventName\":2,\"dynamodb\":{\"ApproximateCreationDateTime\":1,\"Keys\":{\"a\":{\"M\":{}}}}}"
            .to_vec(),
    ];
    for _ in 0..20_000 {
        let mut bytes = seeds[random.usize(..seeds.len())].clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            match random.u8(..3) {
                0 => bytes[at] = random.u8(..),
                1 => bytes.insert(at, random.u8(..)),
                _ => bytes.truncate(at.max(1)),
            }
        }
        let _ = events(&bytes);
    }
}
