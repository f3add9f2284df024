//! `for`, `cooldown`, `repeat` and `forget` against the windows and one another.

use tripline_grammar::print_duration;

use super::super::findings::Findings;
use super::super::rules::Rules;
use super::super::walk;
use super::super::{Family, Lint};
use crate::diagnostic::Severity;
use crate::output::AlertSeverity;

pub(in crate::lint) const FOR_BELOW_PANE: Lint = Lint::new(
    "W2411",
    "for-below-pane",
    Severity::Warning,
    Family::LifeCycle,
    below_pane,
);
pub(in crate::lint) const SHORT_COOLDOWN: Lint = Lint::new(
    "W2412",
    "short-cooldown",
    Severity::Info,
    Family::LifeCycle,
    short,
);
pub(in crate::lint) const LONG_COOLDOWN: Lint = Lint::new(
    "W2413",
    "long-cooldown",
    Severity::Warning,
    Family::LifeCycle,
    long,
);
pub(in crate::lint) const FREQUENT_REPEAT: Lint = Lint::new(
    "W2414",
    "frequent-repeat",
    Severity::Warning,
    Family::LifeCycle,
    repeat,
);
pub(in crate::lint) const LONG_FOR: Lint = Lint::new(
    "W2415",
    "for-beyond-window",
    Severity::Warning,
    Family::LifeCycle,
    beyond,
);
pub(in crate::lint) const UNTHROTTLED: Lint = Lint::new(
    "W2416",
    "unthrottled-alert",
    Severity::Info,
    Family::LifeCycle,
    unthrottled,
);
pub(in crate::lint) const DISABLED_ALERT: Lint = Lint::new(
    "W2417",
    "disabled-alert",
    Severity::Info,
    Family::LifeCycle,
    disabled,
);
pub(in crate::lint) const NEEDLESS_TIMES: Lint = Lint::new(
    "W2418",
    "shadow-notifies",
    Severity::Info,
    Family::LifeCycle,
    shadow,
);

fn below_pane(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let Some(hold) = alert.seconds("for") else {
            continue;
        };
        let windows = alert
            .compiled
            .map(|rule| rule.windows.as_slice())
            .unwrap_or_default();
        let pane = windows
            .iter()
            .filter(|window| !window.frame.is_tumbling())
            .map(|window| window.frame.pane / 1_000)
            .min();
        if let Some(pane) = pane.filter(|pane| i64::try_from(hold).is_ok_and(|hold| hold < *pane)) {
            let pane = print_duration(pane.unsigned_abs());
            out.key(alert, "for", format!("`for` is shorter than a pane of {pane}, in which the window does not let go of anything"))
                .help(format!("make it {pane} or longer, or leave it out"));
        }
    }
}

fn short(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let (Some(cooldown), Some(longest)) = (alert.seconds("cooldown"), alert.longest(rules))
        else {
            continue;
        };
        if cooldown < longest && alert.get("repeat").is_none() {
            out.key(
                alert,
                "cooldown",
                "`cooldown` is shorter than the window, so that one burst can be told twice",
            )
            .help(format!("make it {} or longer", print_duration(longest)));
        }
    }
}

fn long(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let Some(cooldown) = alert.seconds("cooldown") else {
            continue;
        };
        if let Some(forget) = alert.seconds("forget").filter(|forget| cooldown > *forget) {
            out.key(
                alert,
                "cooldown",
                format!(
                    "`cooldown` is longer than a key is kept, which is {}",
                    print_duration(forget)
                ),
            )
            .help("a key that is forgotten begins anew: make `forget` longer");
        } else if alert.severity == AlertSeverity::Critical && cooldown > 86_400 {
            out.key(alert, "cooldown", "a critical alert is withheld for more than a day after the last one")
                .help("the next case is another one to whoever must act: shorten `cooldown`, or lower the severity");
        }
    }
}

fn repeat(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        if alert.seconds("repeat").is_some_and(|repeat| repeat < 300) {
            out.key(
                alert,
                "repeat",
                "a message every few minutes and key, for as long as it lasts",
            )
            .help("people mute what repeats so often: `repeat: 1h` or longer");
        }
    }
}

fn beyond(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let Some(hold) = alert.seconds("for") else {
            continue;
        };
        let lengths = alert
            .windows(rules)
            .into_iter()
            .filter_map(|(_, expr)| Some(walk::window(expr)?.frame.as_ref()?.length.seconds));
        let Some(longest) = lengths.max() else {
            continue;
        };
        if hold > 2 * longest {
            out.key(
                alert,
                "for",
                format!(
                    "`for` is more than twice as long as the longest window, {}",
                    print_duration(longest)
                ),
            )
            .help("a longer window sees the same with less delay and is not reset by a short gap");
        }
    }
}

fn unthrottled(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let sends = alert.get("mode").is_none() && alert.severity == AlertSeverity::Critical;
        if sends && !alert.is_per_key(rules) && alert.get("cooldown").is_none() {
            out.alert(
                alert,
                format!(
                    "`{}` sends a message for each event that matches",
                    alert.name
                ),
            )
            .help("give it a `cooldown`, with `by` for one a key");
        }
    }
}

fn disabled(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        if alert.text("enabled") == Some("false") {
            out.key(alert, "enabled", format!("`{}` is turned off", alert.name))
                .help("remove it, or write `mode: shadow` to see what it would do");
        }
    }
}

fn shadow(rules: &Rules<'_>, out: &mut Findings) {
    for alert in rules
        .alerts
        .iter()
        .filter(|alert| alert.text("mode") == Some("shadow"))
    {
        for key in ["repeat", "cooldown"] {
            if alert.own(key).is_some() {
                out.key(
                    alert,
                    key,
                    format!("a shadow sends nothing, so `{key}` only changes what is recorded"),
                )
                .help("leave it out until the alert notifies");
            }
        }
    }
}
