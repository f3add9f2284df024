//! Alerts as lines for people.

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use tripline_engine::Alert;

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
        let marks = Marks {
            repeat: alert.repeat.map(u64::from),
            reason: alert.reason.map(|reason| reason.to_string()),
            shadow: alert.shadow,
        };
        self.columns(&Columns {
            at: &alert.at.to_string(),
            status: &alert.status.to_string(),
            severity: &alert.severity.to_string(),
            name: &alert.alert,
            key: &key_text(
                alert
                    .key
                    .iter()
                    .flatten()
                    .map(|(name, value)| (name, value)),
            ),
            message: &marks.before(alert.summary.as_deref().unwrap_or_default()),
        })
    }

    /// One alert that was written as JSON, without a newline.
    pub(crate) fn json_line(&self, alert: &Value) -> String {
        let text = |name: &str| alert[name].as_str().unwrap_or_default();
        let marks = Marks {
            repeat: alert["repeat"].as_u64(),
            reason: alert["reason"].as_str().map(str::to_owned),
            shadow: alert["shadow"] == true,
        };
        self.columns(&Columns {
            at: text("at"),
            status: text("status"),
            severity: text("severity"),
            name: text("alert"),
            key: &key_text(alert["key"].as_object().into_iter().flatten()),
            message: &marks.before(text("summary")),
        })
    }

    fn columns(&self, columns: &Columns<'_>) -> String {
        let line = format!(
            "{}  {}  {}  {:name_width$}  {:KEY_WIDTH$}  {}",
            paint(columns.at, Style::new().dimmed(), self.colors),
            paint(
                &format!("{:8}", columns.status),
                status_style(columns.status),
                self.colors
            ),
            paint(
                &format!("{:8}", columns.severity),
                severity_style(columns.severity),
                self.colors
            ),
            columns.name,
            tame(columns.key),
            tame(columns.message),
            name_width = self.name_width,
        );
        line.trim_end().to_owned()
    }
}

/// What stands in the columns.
struct Columns<'a> {
    at: &'a str,
    status: &'a str,
    severity: &'a str,
    name: &'a str,
    key: &'a str,
    message: &'a str,
}

/// What the columns do not tell: a repeat, a shadow, another end than by the condition.
struct Marks {
    repeat: Option<u64>,
    reason: Option<String>,
    shadow: bool,
}

impl Marks {
    /// The summary, after what the columns do not tell.
    fn before(self, summary: &str) -> String {
        let marks = [
            self.repeat.map(|number| format!("repeat {number}")),
            self.reason,
            self.shadow.then(|| "shadow".to_owned()),
        ];
        let marks: Vec<String> = marks.into_iter().flatten().collect();
        match marks.is_empty() {
            true => summary.to_owned(),
            false => format!("({}) {summary}", marks.join(", ")),
        }
    }
}

/// A key as `name=value` pairs.
fn key_text<'k>(key: impl Iterator<Item = (&'k String, &'k Value)>) -> String {
    let pairs: Vec<_> = key
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    pairs.join(" ")
}

fn status_style(status: &str) -> Style {
    match status {
        "resolved" => Style::new().fg_color(Some(AnsiColor::Green.into())),
        _ => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
    }
}

fn severity_style(severity: &str) -> Style {
    let color = match severity {
        "critical" => AnsiColor::Red,
        "info" => AnsiColor::Cyan,
        _ => AnsiColor::Yellow,
    };
    Style::new().fg_color(Some(color.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tripline_engine::{AlertSeverity, EndReason, Status, Time};

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
