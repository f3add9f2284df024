//! Per-event rules that are almost never true, few and many; and what the yardstick itself costs.

use tripline_tests::bench::{
    Options, Runner, Table, Workload, eighteen, ignored, interleave, kind, yaml,
};
use tripline_tests::run::compile_text;

use crate::{engine, projection};

const COUNTS: [usize; 4] = [10, 100, 1_000, 10_000];

pub(crate) fn run(options: &Options) {
    let name = |count: usize| format!("kind: {count} per-event rules");
    let limits = options.wants("limits");
    let counts: Vec<usize> = COUNTS
        .into_iter()
        .filter(|count| options.wants(&name(*count)))
        .collect();
    if counts.is_empty() && !limits {
        return;
    }
    let events = Workload::default().events(options.events);
    let programs: Vec<_> = counts
        .iter()
        .map(|count| {
            let rules = kind(*count);
            compile_text(&yaml(
                rules.iter().map(|rule| (rule.on(), rule.when("and"))),
            ))
        })
        .collect();
    let mut runners = vec![projection(&events)];
    if limits {
        runners.push(Runner::new(
            "limits: projection of 18 fields",
            || (),
            |()| eighteen(&events),
        ));
        runners.push(Runner::new(
            "limits: JSON or not (IgnoredAny)",
            || (),
            |()| ignored(&events),
        ));
    }
    let first = runners.len();
    for (program, count) in programs.iter().zip(&counts) {
        runners.push(engine(name(*count), program, &events));
    }
    interleave(options.rounds, &mut runners);
    let table = Table {
        events: events.len(),
    };
    // What a projection gives is a number made of what it read, and no alerts.
    for runner in &mut runners[..first] {
        runner.given = 0;
    }
    table.head(&format!(
        "{} events of {} bytes",
        events.len(),
        events.average()
    ));
    for (index, runner) in runners.iter().enumerate() {
        let remark = match runners.get(first) {
            Some(fewest) if index > first => {
                format!("{} of {} rules", Table::factor(runner, fewest), counts[0])
            }
            _ => String::new(),
        };
        table.row(runner, &runners[0], &remark);
    }
}
