//! A test that fails, as people read it: what was expected, what came, and what happened in order.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use tripline_engine::SourceFile;
use tripline_engine::rule_test::{
    Expected, Mismatch, Moment, NearestMiss, Resolves, RuleTest, TestRun, What,
};

use super::Tested;
use crate::terminal::{paint, tame};

/// How many moments of a test are shown.
const SHOWN: usize = 20;

/// Draws the timeline of a test.
pub(super) struct Timeline<'t> {
    test: &'t RuleTest,
    run: &'t TestRun,
    place: String,
    colors: bool,
}

impl<'t> Timeline<'t> {
    pub(super) fn new(
        test: &'t RuleTest,
        run: &'t TestRun,
        files: &[SourceFile],
        colors: bool,
    ) -> Self {
        let file = &files[test.file];
        let line = file.position(test.range.start).line;
        Timeline {
            test,
            run,
            place: format!("{}:{line}", file.name),
            colors,
        }
    }

    pub(super) fn draw(&self, tested: &Tested<'_>) -> String {
        let mut text = format!(
            "{} {}  {}\n",
            self.red("✗"),
            self.bold(&tame(&self.test.name)),
            self.dimmed(&tame(&self.place))
        );
        for (mismatch, nearest) in &tested.mismatches {
            self.mismatch(&mut text, mismatch, nearest.as_ref());
        }
        if let Some(changed) = &tested.chaos {
            let _ = writeln!(text, "    {}", tame(changed));
        }
        let _ = writeln!(text, "    {}", self.dimmed("what happened"));
        if self.run.moments.is_empty() {
            let _ = writeln!(
                text,
                "      nothing, up to {}",
                self.test.offset(self.test.end)
            );
        }
        for moment in self.run.moments.iter().take(SHOWN) {
            let _ = writeln!(text, "      {}", self.moment(moment));
        }
        if let Some(more) = self
            .run
            .moments
            .len()
            .checked_sub(SHOWN)
            .filter(|more| *more > 0)
        {
            let _ = writeln!(text, "      … and {more} more");
        }
        text.push('\n');
        text
    }

    fn mismatch(&self, text: &mut String, mismatch: &Mismatch, nearest: Option<&NearestMiss>) {
        let (expected, actual) = ("    expected  ", "    actual    ");
        let _ = match mismatch {
            Mismatch::Missing {
                expected: index,
                what,
                difference,
            } => {
                let one = &self.test.expect[*index];
                let actually = match difference {
                    Some(difference) => self.red(&tame(difference)),
                    None => self.red("it does not"),
                };
                let _ = writeln!(text, "{expected}{}", self.expectation(one, *what));
                writeln!(text, "{actual}{actually}")
            }
            Mismatch::Unexpected(index) => {
                let moment = self.moment(&self.run.moments[*index]);
                let _ = writeln!(text, "{expected}no other alert");
                writeln!(text, "{actual}{}", self.red(&moment))
            }
            Mismatch::Resolved {
                expected: index,
                moment,
            } => {
                let one = &self.test.expect[*index];
                let moment = self.moment(&self.run.moments[*moment]);
                let alert = tame(&one.alert);
                let _ = writeln!(text, "{expected}{alert} never resolves");
                writeln!(text, "{actual}{}", self.red(&moment))
            }
            Mismatch::Row {
                expected: index,
                difference,
            } => {
                let row = &self.test.rows[*index];
                let wanted = format!("{} {}", row.aggregate, named(&row.key));
                let _ = writeln!(text, "{expected}a row of {}", tame(wanted.trim_end()));
                let actually = difference.as_deref().unwrap_or("there is none");
                writeln!(text, "{actual}{}", self.red(&tame(actually)))
            }
            Mismatch::Rejected(event, reason) => {
                let reason = tame(reason);
                let _ = writeln!(text, "{expected}an event ({} of the test)", event + 1);
                writeln!(text, "{actual}{}", self.red(&reason))
            }
            Mismatch::Unconcerned => {
                let _ = writeln!(text, "{expected}events that a rule has to do with");
                writeln!(
                    text,
                    "{actual}{}",
                    self.red("no rule is for any of them: is their type right?")
                )
            }
        };
        if let Some(miss) = nearest {
            let _ = writeln!(
                text,
                "    nearest   {} reached {} of {} at {}",
                tame(&miss.left),
                miss.reached,
                miss.wanted,
                self.test.offset(miss.at)
            );
        }
    }

    fn expectation(&self, expected: &Expected, what: What) -> String {
        let at = match what {
            What::Pending => expected.pending,
            What::Fires => expected.fires,
            What::Suppressed => expected.suppressed,
            What::Resolves => match expected.resolves {
                Resolves::At(at) => Some(at),
                Resolves::Unsaid | Resolves::Never => None,
            },
        };
        let at = at.map_or_else(|| "sometime".to_owned(), |at| self.test.offset(at));
        let mut text = format!(
            "{at}  {}  {}  {}",
            tame(&expected.alert),
            tame(&named(&expected.key)),
            word(what)
        );
        if let (Some(severity), What::Fires) = (expected.severity, what) {
            let _ = write!(text, "  {severity}");
        }
        if !expected.values.is_empty() && what == What::Fires {
            let _ = write!(text, "  {}", tame(&named(&expected.values)));
        }
        text
    }

    fn moment(&self, moment: &Moment) -> String {
        let values = named(&moment.values);
        format!(
            "{}  {}  {}  {}  {}  {}",
            self.test.offset(moment.at),
            tame(&moment.alert),
            tame(&named(&moment.key)),
            word(moment.what),
            moment.severity,
            tame(&values)
        )
        .trim_end()
        .to_owned()
    }

    fn red(&self, text: &str) -> String {
        paint(
            text,
            Style::new().fg_color(Some(AnsiColor::Red.into())),
            self.colors,
        )
    }

    fn bold(&self, text: &str) -> String {
        paint(text, Style::new().bold(), self.colors)
    }

    fn dimmed(&self, text: &str) -> String {
        paint(text, Style::new().dimmed(), self.colors)
    }
}

fn word(what: What) -> &'static str {
    match what {
        What::Pending => "pending",
        What::Fires => "fires",
        What::Suppressed => "suppressed",
        What::Resolves => "resolves",
    }
}

/// Values by name: `userId=alice count()=5`.
fn named(values: &[(String, Value)]) -> String {
    let pairs = values.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    });
    pairs.collect::<Vec<_>>().join(" ")
}
