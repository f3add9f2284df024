//! Alerts as lines for people.

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use tripline_engine::{Alert, AlertSeverity, Status};

use crate::terminal::{paint, tame};

/// Writes alerts as aligned columns: time, status, severity, alert, key, summary.
pub(crate) struct AlertText {
    name_width: usize,
    colors: bool,
}

/// Keys up to this length are aligned.
const KEY_WIDTH: usize = 16;

impl AlertText {
    pub(crate) fn new(names: impl Iterator<Item = String>, colors: bool) -> Self {
        Self {
            name_width: names.map(|name| name.chars().count()).max().unwrap_or(0),
            colors,
        }
    }

    /// One alert without a newline.
    pub(crate) fn line(&self, alert: &Alert) -> String {
        let line = format!(
            "{}  {}  {}  {:name_width$}  {:KEY_WIDTH$}  {}",
            paint(&alert.at.to_string(), Style::new().dimmed(), self.colors),
            paint(
                &format!("{:8}", alert.status),
                status_style(alert.status),
                self.colors
            ),
            paint(
                &format!("{:8}", alert.severity),
                severity_style(alert.severity),
                self.colors
            ),
            alert.alert,
            tame(&key_text(alert.key.as_deref().unwrap_or_default())),
            tame(&message_text(alert)),
            name_width = self.name_width,
        );
        line.trim_end().to_owned()
    }
}

/// The summary, after what the columns do not tell: a repeat, a shadow, another end than by the condition.
fn message_text(alert: &Alert) -> String {
    let marks = [
        alert.repeat.map(|number| format!("repeat {number}")),
        alert.reason.map(|reason| reason.to_string()),
        alert.shadow.then(|| "shadow".to_owned()),
    ];
    let marks: Vec<String> = marks.into_iter().flatten().collect();
    let summary = alert.summary.as_deref().unwrap_or_default();
    match marks.is_empty() {
        true => summary.to_owned(),
        false => format!("({}) {summary}", marks.join(", ")),
    }
}

/// A key as `name=value` pairs.
fn key_text(key: &[(String, Value)]) -> String {
    let pairs: Vec<_> = key
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    pairs.join(" ")
}

fn status_style(status: Status) -> Style {
    match status {
        Status::Firing => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
        Status::Resolved => Style::new().fg_color(Some(AnsiColor::Green.into())),
    }
}

fn severity_style(severity: AlertSeverity) -> Style {
    let color = match severity {
        AlertSeverity::Critical => AnsiColor::Red,
        AlertSeverity::Warning => AnsiColor::Yellow,
        AlertSeverity::Info => AnsiColor::Cyan,
    };
    Style::new().fg_color(Some(color.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tripline_engine::{EndReason, Time};

    use super::*;

    #[test]
    fn columns_are_aligned_and_control_characters_tamed() {
        let text = AlertText::new(["hot".to_owned(), "silent".to_owned()].into_iter(), false);
        let mut alert = Alert {
            id: "1".to_owned(),
            notification: "2".to_owned(),
            status: Status::Firing,
            repeat: None,
            alert: "hot".to_owned(),
            key: Some(vec![
                ("user".to_owned(), json!("a\u{7}")),
                ("n".to_owned(), json!(1)),
            ]),
            severity: AlertSeverity::Warning,
            at: Time(1_767_571_200_000),
            since: None,
            summary: Some("36 °C".to_owned()),
            description: None,
            runbook: None,
            labels: Default::default(),
            values: Vec::new(),
            reason: None,
            shadow: false,
            source: None,
        };
        let expected =
            "2026-01-05T00:00:00.000Z  firing    warning   hot     user=a\\u{7} n=1   36 °C";
        assert_eq!(text.line(&alert), expected);
        alert.status = Status::Resolved;
        alert.alert = "silent".to_owned();
        (alert.key, alert.summary) = (None, None);
        assert_eq!(
            text.line(&alert),
            "2026-01-05T00:00:00.000Z  resolved  warning   silent"
        );
        (alert.status, alert.shadow) = (Status::Firing, true);
        (alert.repeat, alert.reason) = (Some(2), Some(EndReason::RuleChanged));
        let marked = "2026-01-05T00:00:00.000Z  firing    warning   silent                    (repeat 2, rule-changed, shadow)";
        assert_eq!(text.line(&alert), marked);
    }
}
