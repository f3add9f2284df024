//! `tripline test --suggest`: tests about an alert's bounds, which hold as they are.

mod support;

use support::{Folder, SHIPPED, project};

/// The suggestion for an alert, which must pass as a test file; with how many of how many outcomes it exercises.
fn suggest(folder: &Folder, alert: &str) -> (String, usize, usize) {
    let output = folder.run(&["test", "--suggest", alert]).expect(0);
    let numbers: Vec<usize> = output
        .stderr
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    let [_, covered, all] = numbers[..] else {
        panic!("{}", output.stderr);
    };
    folder.write("rules/suggested.test.yaml", &output.stdout);
    folder
        .run(&["test", "--filter", "suggested.test", "--chaos"])
        .expect(0);
    (output.stdout, covered, all)
}

#[test]
fn the_bounds_of_shipped_alerts_are_found() {
    let folder = Folder::new();
    for file in [
        "tripline.yaml",
        "events.yaml",
        "logins.yaml",
        "networks.yaml",
        "requests.yaml",
        "sensors.yaml",
        "trends.yaml",
    ] {
        let rules = std::fs::read(project().join("rules").join(file)).expect("it is shipped");
        folder.write(&format!("rules/{file}"), rules);
    }
    // Those over percentiles take as long as all others together, many times over.
    let slow = ["slow-requests", "slow-tail"];
    for alert in SHIPPED.into_iter().filter(|alert| !slow.contains(alert)) {
        let (_, covered, all) = suggest(&folder, alert);
        assert_eq!(covered, all, "{alert}");
    }
}

#[test]
fn a_step_below_at_and_above_a_bound_are_tests() {
    let rules = "\
alerts:
  hot: {on: reading, by: room, when: value > 30.5}
  burst: {on: login, by: user, when: count(ok == false) over 5m >= 5}
  spread: {on: login, by: user, when: distinct(ip) over 10m every 1m > 3}
  long: {on: reading, by: room, when: value > 30, for: 10m}
  odd: {on: request, when: 'path matches \"^/admin/[0-9]{2}\"'}
  never: {on: reading, by: room, when: count(value > 1) over 5m >= 500000}
";
    let folder = Folder::with(&[("rules/a.yaml", rules)]);
    let hot = suggest(&folder, "hot").0;
    for value in ["30.4", "30.5", "30.6"] {
        assert!(hot.contains(&format!("value: {value}}}")), "{hot}");
    }
    assert_eq!(hot.matches("fires: 0s").count(), 1, "{hot}");
    let burst = suggest(&folder, "burst").0;
    for times in 4..=6 {
        assert!(burst.contains(&format!("times: {times},")), "{burst}");
    }
    assert!(
        suggest(&folder, "spread")
            .0
            .contains("4 events with different ip")
    );
    assert!(
        suggest(&folder, "long")
            .0
            .contains("is pending and does not fire")
    );
    assert!(suggest(&folder, "odd").0.contains("\"/admin/00"));
    let never = suggest(&folder, "never").0;
    assert!(never.contains("# Not shown: that it fires"), "{never}");
}

#[test]
fn what_cannot_be_suggested_is_said() {
    let folder = Folder::with(&[("rules/a.yaml", "alerts: {hot: {when: value > 3}}")]);
    let wrong = folder.run(&["test", "--suggest", "hat"]).expect(2).stderr;
    assert!(wrong.contains("did you mean `hot`?"), "{wrong}");
    let two = folder.run(&["test", "--suggest", "hot", "--chaos"]);
    assert!(two.expect(2).stderr.contains("cannot be used with"));
    let broken = Folder::with(&[("rules/a.yaml", "alerts: {hot: {when: value >}}")]);
    broken.run(&["test", "--suggest", "hot"]).expect(1);
}
