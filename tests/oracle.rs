//! The oracle itself, on cases computed by hand.

// A test that cannot read its own data has failed.
#![allow(clippy::unwrap_used)]

use serde_json::json;
use tripline_tests::oracle::{self, OracleAggregate, OracleRule, OracleRules, OracleSilence};

/// An event `{"eventType":"a"}` so many seconds after 2026-01-05T00:00:00Z, with `data`.
fn event(seconds: i64, data: &str) -> String {
    let time = 1_767_571_200 + seconds;
    format!("{{\"eventType\":\"a\",\"timestamp\":{time},\"data\":{data}}}")
}

fn alert(when: &str) -> OracleRule {
    OracleRule {
        name: "alert".to_owned(),
        when: when.to_owned(),
        ..OracleRule::default()
    }
}

fn rules(rule: OracleRule) -> OracleRules {
    OracleRules {
        alerts: vec![rule],
        ..OracleRules::default()
    }
}

/// Each message as `status`, `+` and the number of the repeat if it is one, `@` and its second.
fn messages(rules: &OracleRules, events: &[String], until_end: bool) -> String {
    let lines = events.iter().map(String::as_str);
    let run = oracle::run(rules, lines, until_end).unwrap();
    let alerts = run.alerts.iter().map(|alert| {
        let repeat = alert.repeat.map_or(String::new(), |n| format!("+{n}"));
        let second = alert.at_ms / 1_000 - 1_767_571_200;
        format!("{}{repeat}@{second}", alert.status)
    });
    alerts.collect::<Vec<String>>().join(" ")
}

fn fires(when: &str, data: &str) -> bool {
    let rules = OracleRules {
        lists: vec![
            ("names".to_owned(), vec![json!("x")]),
            ("offices".to_owned(), vec![json!("10.0.0.0/8")]),
        ],
        ..rules(alert(when))
    };
    !messages(&rules, &[event(0, data)], false).is_empty()
}

#[test]
fn functions_give_values_or_unknown() {
    let holds = [
        ("round(data.v) == -3", r#"{"v":-2.5}"#),
        (
            "floor(data.v) == -3 and ceil(data.v) == -2",
            r#"{"v":-2.5}"#,
        ),
        ("len(data.v) == 2", r#"{"v":"äb"}"#),
        ("len(data.v) == 3", r#"{"v":[1,2,3]}"#),
        ("number(data.v) == 25", r#"{"v":"2.5e1"}"#),
        ("number(data.v) is missing", r#"{"v":"x"}"#),
        ("text(data.v) == \"5\"", r#"{"v":5}"#),
        ("min(data.v, 3) is missing", r#"{"v":"x"}"#),
        ("max(data.v, 3) == 4", r#"{"v":4}"#),
        ("any(data.v, it > 3)", r#"{"v":["x",4]}"#),
        ("all(data.v, it > 3) is missing", r#"{"v":["x",4]}"#),
        ("not all(data.v, it > 3)", r#"{"v":["x",2]}"#),
        ("any(data.v, it > 3) is missing", r#"{"v":4}"#),
    ];
    for (when, data) in holds {
        assert!(fires(when, data), "{when} {data}");
    }
    assert!(!fires("all(data.v, it > 3)", r#"{"v":["x",4]}"#));
}

#[test]
fn lists_of_networks_match_by_membership() {
    assert!(fires("data.v in names", r#"{"v":"x"}"#));
    assert!(fires("data.v in offices", r#"{"v":"10.200.0.1"}"#));
    assert!(fires("data.v not in offices", r#"{"v":"11.0.0.1"}"#));
    assert!(fires(
        "data.v in cidr(\"2001:db8::/32\")",
        r#"{"v":"2001:db8:1::7"}"#
    ));
    assert!(!fires("data.v not in offices", r#"{"v":"nowhere"}"#));
}

#[test]
fn time_functions_have_timers_at_the_full_hours_and_midnights_of_their_zone() {
    // Full hours of Kolkata are half hours of UTC: 00:10Z is 05:40 there, 06:00 comes at 00:30Z.
    let rule = OracleRule {
        until: Some("hour(\"Asia/Kolkata\") == 7".to_owned()),
        ..alert("hour(\"Asia/Kolkata\") == 6")
    };
    let events = [event(600, "{}"), event(9_000, "{}")];
    assert_eq!(
        messages(&rules(rule.clone()), &events, false),
        "firing@1800 resolved@5400"
    );
    // The hours that come after the input are left out.
    assert_eq!(messages(&rules(rule), &events[..1], true), "");
    let rule = OracleRule {
        until: Some("weekday(\"America/New_York\") == 1".to_owned()),
        ..alert("weekday(\"America/New_York\") == 7")
    };
    let events = [event(0, "{}"), event(18_001, "{}")];
    assert_eq!(
        messages(&rules(rule), &events, false),
        "firing@0 resolved@18000"
    );
}

#[test]
fn offset_shifts_when_a_pane_enters_and_leaves() {
    // Pane 10 of a second enters at 10 + 60 and leaves at 11 + 10 + 60.
    let rule = rules(alert("count() over 10s offset 1m >= 1"));
    assert_eq!(
        messages(&rule, &[event(10, "{}")], true),
        "firing@70 resolved@81"
    );
    // Panes of five seconds: 10 to 15.
    let rule = rules(alert("count() over 10s every 5s offset 1m >= 1"));
    assert_eq!(
        messages(&rule, &[event(12, "{}")], true),
        "firing@70 resolved@85"
    );
    let rule = rules(alert("count() per 1m offset 2m >= 1"));
    assert_eq!(
        messages(&rule, &[event(12, "{}")], true),
        "firing@120 resolved@180"
    );
}

#[test]
fn a_cooldown_withholds_a_firing_until_its_end() {
    let rule = OracleRule {
        until: Some("data.v < 5".to_owned()),
        cooldown_seconds: Some(60),
        ..alert("data.v > 5")
    };
    let events = [(0, 9), (10, 1), (20, 9), (30, 1), (40, 9), (70, 9), (80, 1)];
    let events = events.map(|(second, v)| event(second, &format!("{{\"v\":{v}}}")));
    let wanted = "firing@0 resolved@10 firing@60 resolved@80";
    assert_eq!(messages(&rules(rule), &events, false), wanted);
    // Per event: what comes within the cooldown is dropped.
    let rule = OracleRule {
        cooldown_seconds: Some(60),
        ..alert("data.v > 5")
    };
    assert_eq!(messages(&rules(rule), &events, false), "firing@0 firing@70");
}

#[test]
fn repeats_come_while_firing_and_only_the_latest_of_several() {
    let rule = OracleRule {
        repeat_seconds: Some(60),
        ..alert("data.v > 5")
    };
    let seconds = [0, 61, 400];
    let events = seconds.map(|second| event(second, r#"{"v":9}"#));
    assert_eq!(
        messages(&rules(rule), &events, true),
        "firing@0 firing+1@60 firing+2@360"
    );
}

#[test]
fn a_silenced_firing_is_not_sent_and_a_repeat_makes_it_known() {
    let silence = |until: &str| OracleSilence {
        alert: Some("al*".to_owned()),
        until: until.to_owned(),
        daily: Some("00:30-01:01".to_owned()),
        timezone: Some("Europe/Berlin".to_owned()),
        ..OracleSilence::default()
    };
    let rule = OracleRule {
        until: Some("data.v < 5".to_owned()),
        ..alert("data.v > 5")
    };
    let events = [(0, 9), (70, 9), (80, 1)];
    let events = events.map(|(second, v)| event(second, &format!("{{\"v\":{v}}}")));
    // Berlin is an hour ahead, so the silence ends at 00:01Z.
    let mut silenced = rules(rule);
    silenced.silences = vec![silence("2026-02-01")];
    assert_eq!(messages(&silenced, &events, false), "");
    silenced.alerts[0].repeat_seconds = Some(65);
    assert_eq!(
        messages(&silenced, &events, false),
        "firing+1@65 resolved@80"
    );
    silenced.silences = vec![silence("2026-01-05")];
    assert_eq!(
        messages(&silenced, &events, false),
        "firing@0 firing+1@65 resolved@80"
    );
}

#[test]
fn rows_hold_every_event_of_their_own_time() {
    let compute = [
        ("n", "count()"),
        ("spread", "stddev(data.v)"),
        ("newest", "last(data.v)"),
        ("kinds", "distinct(data.v)"),
        ("middle", "percentile(data.v, 50)"),
        ("pace", "rate()"),
        ("least", "min(data.w)"),
    ];
    let aggregate = OracleAggregate {
        name: "rows".to_owned(),
        per_seconds: 60,
        compute: compute
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into(),
        ..OracleAggregate::default()
    };
    let rules = OracleRules {
        aggregates: vec![aggregate],
        ..OracleRules::default()
    };
    // The last two come late; 1 and 1.0 are one value.
    let events = [(0, "1"), (20, "5"), (61, "\"x\""), (10, "1.0"), (20, "3")];
    let events = events.map(|(second, v)| event(second, &format!("{{\"v\":{v}}}")));
    let run = oracle::run(&rules, events.iter().map(String::as_str), false).unwrap();
    let values = |index: usize| serde_json::Value::from(run.rows[index].values.clone());
    let spread = (11.0_f64 / 4.0).sqrt();
    assert_eq!(
        values(0),
        json!({"n": 4, "spread": spread, "newest": 3, "kinds": 3, "middle": values(0)["middle"], "pace": 4.0 / 60.0})
    );
    assert_eq!(values(0)["middle"].as_f64(), Some(1.0));
    let second = json!({"n": 1, "newest": "x", "kinds": 1, "pace": 1.0 / 60.0});
    assert_eq!(values(1), second);
    assert_eq!(
        (run.rows.len(), run.rows[0].events, run.rows[1].events),
        (2, 4, 1)
    );
}
