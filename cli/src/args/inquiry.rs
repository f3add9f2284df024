//! What a run may be asked about one message, or one key.

/// What can be asked of a run in the place of its alerts.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Ask about one alert, in the place of a list of them")]
pub(crate) struct InquiryArgs {
    /// Show what made a message: by its notification or episode id, or by the alert's name, of which it is the last one
    #[arg(long, value_name = "ID", conflicts_with_all = ["why_not", "alerts", "aggregates", "rejects", "trace", "state", "jobs", "fail_on"])]
    pub(crate) explain_alert: Option<String>,

    /// Show why this alert did not fire for --key at --at, and how near it came
    #[arg(long, value_name = "ALERT", requires = "at", conflicts_with_all = ["alerts", "aggregates", "rejects", "trace", "state", "jobs", "fail_on", "until_end"])]
    pub(crate) why_not: Option<String>,

    /// The values of the alert's `by`, as a JSON object; an alert without `by` has none
    #[arg(long, value_name = "JSON")]
    pub(crate) key: Option<String>,

    /// The time, in RFC 3339; without a zone it is UTC
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

impl InquiryArgs {
    /// Whether something is asked.
    pub(crate) fn is_any(&self) -> bool {
        let Self {
            explain_alert,
            why_not,
            key,
            at,
        } = self;
        explain_alert.is_some() || why_not.is_some() || key.is_some() || at.is_some()
    }
}
