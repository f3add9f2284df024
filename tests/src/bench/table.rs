//! Measuring and telling.

use std::time::Duration;

use cpu_time::ThreadTime;

/// Something to be measured: processor time of this thread, the best of several runs.
pub struct Runner<'a> {
    /// What it is.
    pub name: String,
    run: Box<dyn FnMut() -> (Duration, usize) + 'a>,
    /// The best time so far.
    pub best: Duration,
    /// What the last run gave: alerts, rows.
    pub given: usize,
}

impl<'a> Runner<'a> {
    /// Each run is given something made just before, and hands it back to be dropped after: neither is measured.
    pub fn new<S: 'a>(
        name: impl Into<String>,
        mut make: impl FnMut() -> S + 'a,
        mut run: impl FnMut(&mut S) -> usize + 'a,
    ) -> Self {
        let timed = move || {
            let mut made = make();
            let begun = ThreadTime::now();
            let given = run(&mut made);
            (begun.elapsed(), given)
        };
        Runner {
            name: name.into(),
            run: Box::new(timed),
            best: Duration::MAX,
            given: 0,
        }
    }

    /// Nanoseconds for each of `count` events.
    pub fn nanoseconds(&self, count: usize) -> f64 {
        self.best.as_nanos() as f64 / count as f64
    }
}

/// Runs all in turn, so many times, so that a slow moment of the machine meets all of them.
pub fn interleave(rounds: usize, runners: &mut [Runner<'_>]) {
    for _ in 0..rounds {
        for runner in &mut *runners {
            let (took, given) = (runner.run)();
            runner.best = runner.best.min(took);
            runner.given = given;
        }
    }
}

/// Prints results in columns.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// How many events each run takes.
    pub events: usize,
}

impl Table {
    /// Prints a title and the heads of the columns.
    pub fn head(&self, title: &str) {
        println!(
            "\n{title:<52} {:>10} {:>9} {:>10} {:>9}",
            "events/s", "ns/event", "projection", "alerts"
        );
    }

    /// Prints a result, as a ratio to the projection of the same run, with a remark after it.
    pub fn row(&self, runner: &Runner<'_>, projection: &Runner<'_>, remark: &str) {
        let line = format!(
            "{:<52} {:>10.0} {:>9.1} {:>10.2} {:>9}  {remark}",
            runner.name,
            self.events as f64 / runner.best.as_secs_f64(),
            runner.nanoseconds(self.events),
            projection.best.as_secs_f64() / runner.best.as_secs_f64(),
            runner.given,
        );
        println!("{}", line.trim_end());
    }

    /// How many times as long one takes as another; more than three is marked.
    pub fn factor(runner: &Runner<'_>, twin: &Runner<'_>) -> String {
        let factor = runner.best.as_secs_f64() / twin.best.as_secs_f64();
        let mark = if factor > 3.0 {
            "  <-- more than 3"
        } else {
            ""
        };
        format!("x{factor:.2}{mark}")
    }
}
