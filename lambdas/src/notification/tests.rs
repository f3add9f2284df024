#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::{MAX_MESSAGE_BYTES, Publication, publications};
use crate::item::Notification;

fn notification(id: &str, topic: &str, alert: Value) -> Notification {
    Notification {
        id: id.to_owned(),
        topic: topic.to_owned(),
        alert: alert.to_string(),
        shard: None,
        call: "call".into(),
        after: 0,
        failure: None,
    }
}

fn alert(name: &str, status: &str, user: &str, summary: &str) -> Value {
    json!({
        "id": "1", "notification": "2", "status": status, "alert": name, "key": {"userId": user},
        "severity": "critical", "at": "2026-01-05T10:00:00.000Z", "summary": summary, "values": {},
    })
}

fn protocols(publication: &Publication) -> Value {
    serde_json::from_str(&publication.message).unwrap()
}

#[test]
fn one_message_for_a_rule_and_a_status() {
    let all = [
        notification("a", "t", alert("brute", "firing", "user-1", "5 failures")),
        notification("b", "t", alert("silent", "firing", "user-1", "no reading")),
        notification("c", "t", alert("brute", "firing", "user-2", "6 failures")),
        notification("d", "t", alert("brute", "resolved", "user-1", "5 failures")),
        notification(
            "e",
            "other",
            alert("brute", "firing", "user-3", "7 failures"),
        ),
    ];
    let sent = publications(&all);
    let of: Vec<&[usize]> = sent.iter().map(|one| one.of.as_slice()).collect();
    assert_eq!(of, [&[0, 2][..], &[1], &[3], &[4]]);
    assert_eq!(
        sent[0].subject,
        "[critical] brute: 2 alerts (user-1, user-2)"
    );
    assert_eq!(sent[1].subject, "[critical] silent: user-1");
    assert_eq!(sent[2].subject, "[resolved] brute: user-1");
    assert_eq!(sent[1].deduplication, "b");
    assert_ne!(sent[0].deduplication, "a");

    let protocols = protocols(&sent[0]);
    let json: Vec<Value> = protocols["default"]
        .as_str()
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(json[1]["key"]["userId"], "user-2");
    let email = protocols["email"].as_str().unwrap();
    assert!(email.starts_with(
        "[critical] brute firing [user-1]: 5 failures\nat 2026-01-05T10:00:00.000Z\n"
    ));
    assert!(email.contains("\n{\"alert\":\"brute\""), "{email}");
    assert_eq!(
        protocols["sms"],
        "[critical] brute firing [user-1]: 5 failures (and 1 more)"
    );
}

#[test]
fn the_order_of_a_group_does_not_change_what_names_it() {
    let one = notification("a", "t", alert("brute", "firing", "user-1", ""));
    let other = notification("b", "t", alert("brute", "firing", "user-2", ""));
    let name = |all: [&Notification; 2]| publications(all).remove(0).deduplication;
    assert_eq!(name([&one, &other]), name([&other, &one]));
}

#[test]
fn subjects_are_what_sns_takes() {
    let users = [
        "a\r\nBcc: everybody\u{7}",
        "Jürgen 😀",
        &"x".repeat(500),
        "\u{2028}\u{0}",
    ];
    for user in users {
        let one = notification("a", "t", alert("brute", "firing", user, user));
        let sent = publications([&one]).remove(0);
        assert!(sent.subject.len() < 100, "{}", sent.subject);
        assert!(
            sent.subject.chars().all(|c| (' '..='~').contains(&c)),
            "{:?}",
            sent.subject
        );
        let email = protocols(&sent)["email"].as_str().unwrap().to_owned();
        assert!(!email.contains('\r') && !email.contains('\u{7}'), "{email}");
    }
}

#[test]
fn long_groups_are_divided() {
    let summary = "\"quoted\"\n".repeat(2_000);
    let all: Vec<Notification> = (0..40)
        .map(|user| {
            let alert = alert("brute", "firing", &format!("user-{user}"), &summary);
            notification(&user.to_string(), "t", alert)
        })
        .collect();
    let sent = publications(&all);
    assert!(sent.len() > 1);
    assert!(
        sent.iter()
            .all(|one| one.message.len() <= MAX_MESSAGE_BYTES)
    );
    let of: Vec<usize> = sent.iter().flat_map(|one| one.of.clone()).collect();
    assert_eq!(of, (0..40).collect::<Vec<_>>());
}
