//! `tripline test --chaos`: tests again under disturbed delivery.

mod support;

use support::{Folder, shipped};

const RULES: &str = "\
alerts:
  guessing: {on: login, by: user, when: count(ok == false) over 5m >= 5}
  silent: {on: reading, when: count() over 5m == 0}
  refused: {on: login, when: ok == false and user == \"root\"}
  hot: {on: reading, by: room, when: value > 30, for: 2m, until: value < 25}
  once: {on: login, by: user, when: ok == false, cooldown: 1h, mode: shadow}
aggregates:
  hourly: {on: login, by: user, per: 1h, compute: {logins: count(), mean: avg(value), latest: last(value)}}
";

const TESTS: &str = "\
tests:
  - name: all of them
    events:
      - {at: 0s, every: 20s, times: 6, eventType: login, user: alice, ok: false, value: 0.1}
      - {at: 1s, every: 7s, times: 40, random: 3, each: {user: [bob, carol]}, eventType: login, ok: true, value: 0.7}
      - {at: 2m, eventType: login, user: root, ok: false}
      - {at: 0s, every: 30s, times: 10, eventType: reading, room: a, value: 31}
      - {at: 12m, eventType: reading, room: a, value: 20}
    until: 30m
    expect:
      - {alert: guessing, key: {user: alice}, fires: 1m20s, resolves: 5m25s}
      - {alert: refused, fires: 2m}
      - {alert: hot, pending: 0s, fires: 2m, resolves: 12m}
      - {alert: silent, fires: 9m35s, resolves: 12m}
      - {alert: silent, fires: 17m5s}
    aggregates:
      - {aggregate: hourly, key: {user: alice}, values: {logins: 6}}
";

fn folder() -> Folder {
    Folder::with(&[("rules/a.yaml", RULES), ("rules/a.test.yaml", TESTS)])
}

#[test]
fn the_same_happens_however_events_are_delivered() {
    let folder = folder();
    let says = |chaos: &str| folder.run(&["test", chaos]).expect(0).stderr;
    let usual = "✓ 1 test in 1 file passed, each 40 times over, split at random, delivered twice, half of them interrupted and restored\n";
    assert_eq!(says("--chaos"), usual);
    assert_eq!(says("--chaos=crash,dup,split"), usual);
    let dup = "✓ 1 test in 1 file passed, each 20 times over, delivered twice\n";
    assert_eq!(says("--chaos=dup"), dup);
}

#[test]
fn what_bears_another_order_is_asked_to() {
    let folder = folder();
    let says = |chaos: &str| folder.run(&["test", chaos]).expect(0).stderr;
    let order = "✓ 1 test in 1 file passed, and each 20 times in another order, which 3 alerts must bear (2 alerts skipped)\n";
    for chaos in [
        "reorder=30s",
        "reorder=3m",
        "late=20m",
        "late=1h,reorder=5m",
    ] {
        assert_eq!(says(&format!("--chaos={chaos}")), order, "{chaos}");
    }
}

#[test]
fn the_shipped_rules_bear_another_order() {
    let rules = shipped("rules");
    for tests in ["logins", "requests"] {
        let asked = [
            "test",
            "--rules",
            &rules,
            "--filter",
            tests,
            "--chaos=reorder=30s,late=5m",
        ];
        let said = Folder::new().run(&asked).expect(0).stderr;
        assert!(
            said.contains("which 6 alerts must bear (7 alerts skipped)"),
            "{said}"
        );
    }
}

#[test]
fn what_chaos_does_not_know_is_said() {
    let folder = folder();
    for (chaos, said) in [
        ("", "there is no"),
        ("dupe", "there is no `dupe`"),
        ("late", "`late=30s`"),
        ("late=soon", "late:"),
        ("split=2", "takes no value"),
    ] {
        let outcome = folder.run(&["test", &format!("--chaos={chaos}")]).expect(2);
        assert!(outcome.stderr.contains(said), "{chaos}: {}", outcome.stderr);
    }
}
