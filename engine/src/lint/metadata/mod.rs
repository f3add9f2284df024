//! Lints of what people read.

use super::findings::Findings;
use super::rules::Rules;
use super::{Family, Lint};
use crate::diagnostic::Severity;
use crate::output::AlertSeverity;

pub(super) const MISSING_SUMMARY: Lint = Lint::new(
    "W2501",
    "missing-summary",
    Severity::Info,
    Family::Metadata,
    summary,
);
pub(super) const MISSING_RUNBOOK: Lint = Lint::new(
    "W2502",
    "missing-runbook",
    Severity::Info,
    Family::Metadata,
    runbook,
);
pub(super) const MISSING_DESCRIPTION: Lint = Lint::new(
    "W2503",
    "missing-description",
    Severity::Info,
    Family::Metadata,
    description,
)
.off();
pub(super) const MISSING_OWNER: Lint = Lint::new(
    "W2504",
    "missing-owner",
    Severity::Info,
    Family::Metadata,
    owner,
)
.off();
pub(super) const NAMING_CONVENTION: Lint = Lint::new(
    "W2505",
    "naming-convention",
    Severity::Info,
    Family::Metadata,
    naming,
);
pub(super) const RUNBOOK_IS_NO_LINK: Lint = Lint::new(
    "W2506",
    "runbook-is-no-link",
    Severity::Warning,
    Family::Metadata,
    link,
);
pub(super) const LONG_SUMMARY: Lint = Lint::new(
    "W2507",
    "long-summary",
    Severity::Info,
    Family::Metadata,
    long,
);
pub(super) const SUMMARY_IS_NAME: Lint = Lint::new(
    "W2508",
    "summary-says-nothing",
    Severity::Info,
    Family::Metadata,
    says_nothing,
);

/// How long a summary can be for a list of alerts to show it whole, in characters.
const LONGEST: usize = 200;

fn is_empty(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

fn summary(rules: &Rules<'_>, out: &mut Findings) {
    for alert in rules
        .alerts
        .iter()
        .filter(|alert| is_empty(alert.text("summary")))
    {
        out.alert(alert, format!("`{}` has no summary", alert.name))
            .help("say in a line what is wrong, and with whom: `summary: \"{userId} …\"`");
    }
}

fn runbook(rules: &Rules<'_>, out: &mut Findings) {
    let sent = |alert: &&super::rules::Alert<'_>| {
        alert.severity == AlertSeverity::Critical && alert.get("mode").is_none()
    };
    for alert in rules
        .alerts
        .iter()
        .filter(sent)
        .filter(|alert| is_empty(alert.text("runbook")))
    {
        out.alert(
            alert,
            format!("`{}` is critical and has no runbook", alert.name),
        )
        .help("say where it is written what to do: `runbook: https://…`");
    }
}

fn description(rules: &Rules<'_>, out: &mut Findings) {
    for alert in rules
        .alerts
        .iter()
        .filter(|alert| is_empty(alert.text("description")))
    {
        out.alert(alert, format!("`{}` has no description", alert.name))
            .help("say what the alert means: `description: …`");
    }
}

fn owner(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let labels = alert.labels();
        if !["team", "owner"]
            .iter()
            .any(|name| labels.contains_key(name))
        {
            out.alert(alert, format!("`{}` has no owner", alert.name))
                .help("say whose it is: `labels: {team: …}`");
        }
    }
}

fn naming(rules: &Rules<'_>, out: &mut Findings) {
    let is_kebab = |name: &str| {
        name.chars()
            .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-')
    };
    let alerts = rules.alerts.iter().map(|alert| (alert.file, alert.entry));
    let aggregates = rules
        .aggregates
        .iter()
        .map(|aggregate| (aggregate.file, aggregate.entry));
    for (file, entry) in alerts.chain(aggregates) {
        let name = entry.key.value.as_str();
        if !is_kebab(name) {
            let mut kebab = String::new();
            for (index, char) in name.chars().enumerate() {
                if char.is_ascii_uppercase() && index > 0 && !kebab.ends_with('-') {
                    kebab.push('-');
                }
                kebab.push(if char == '_' {
                    '-'
                } else {
                    char.to_ascii_lowercase()
                });
            }
            let name = crate::check::reader::shown(name);
            out.entry(file, entry, format!("`{name}` is not in kebab-case"))
                .help(format!("write `{kebab}`; a new name starts the rule anew"));
        }
    }
}

fn link(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let Some(runbook) = alert.text("runbook").filter(|text| !text.trim().is_empty()) else {
            continue;
        };
        let is_link = runbook.starts_with("https://") || runbook.starts_with("http://");
        if !is_link || runbook.contains(' ') {
            out.key(alert, "runbook", "this runbook is no link")
                .help("write an address that can be clicked: `https://…`");
        }
    }
}

fn long(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let length = alert.text("summary").map_or(0, |text| text.chars().count());
        if length > LONGEST {
            out.key(
                alert,
                "summary",
                format!("a summary of {length} characters"),
            )
            .help("keep it to a line; the rest belongs in `description`");
        }
    }
}

fn says_nothing(rules: &Rules<'_>, out: &mut Findings) {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase()
    };
    for alert in &rules.alerts {
        if alert
            .text("summary")
            .is_some_and(|summary| !summary.is_empty() && plain(summary) == plain(alert.name))
        {
            out.key(alert, "summary", "the summary says no more than the name")
                .help("say what is wrong, with whom, and how much of it");
        }
    }
}
