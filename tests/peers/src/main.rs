//! Other engines over the events and per-event rules of the benchmark; see README.md.

mod cel_rules;
mod datalogic_rules;
mod json_loop;
mod tau_rules;
mod wirefilter_rules;

use mimalloc::MiMalloc;
use tripline_engine::MemoryStore;
use tripline_tests::bench::{
    Events, Options, Rule, Runner, TYPES, Table, Workload, alerting, drive, interleave, six, yaml,
};
use tripline_tests::run::compile_text;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// One of a hundred events alerts, so that all can be seen to agree.
const SHARE: f64 = 0.01;

/// The rules of each type, as a peer keeps them.
type Grouped<T> = [Vec<T>; TYPES];

fn grouped<T>(rules: &[Rule], translate: impl Fn(&Rule) -> T) -> Grouped<T> {
    std::array::from_fn(|kind| {
        let of_kind = rules.iter().filter(|rule| rule.kind == kind);
        of_kind.map(&translate).collect()
    })
}

/// Gives every event with its type to a peer that says how many rules hold. The type is found by where it stands in
/// the text, so that dispatch, which most peers do not have, costs them next to nothing.
fn each<'e>(events: &'e Events, mut matches: impl FnMut(usize, &'e str) -> usize) -> usize {
    const BEFORE: &str = "\"eventType\":\"type_";
    let count = |event: &'e str| {
        let start = event.find(BEFORE).expect("generated with a type") + BEFORE.len();
        let kind = event[start..start + 2].parse().expect("a type is a number");
        matches(kind, event)
    };
    events.iter().map(count).sum()
}

fn peer<'a>(name: &str, run: impl Fn() -> usize + 'a) -> Runner<'a> {
    Runner::new(name, || (), move |()| run())
}

fn main() {
    let options = Options::read(20_000);
    let events = Workload::default().events(options.events);
    let table = Table {
        events: events.len(),
    };
    for count in [20, 100, 1_000, 10_000] {
        let title = format!("{count} rules");
        if !options.wants(&title) {
            continue;
        }
        let rules = alerting(count, SHARE);
        let program = compile_text(&yaml(
            rules.iter().map(|rule| (rule.on(), rule.when("and"))),
        ));
        let scheme = wirefilter_rules::scheme();
        let filters = wirefilter_rules::compile(&scheme, &rules);
        let json = grouped(&rules, Rule::clone);
        let cel = cel_rules::compile(&rules);
        let datalogic = datalogic_rules::compile(&rules);
        let tau = tau_rules::compile(&rules);
        let mut runners = [
            peer("projection of 6 fields", || six(&events)),
            Runner::new("tripline", MemoryStore::new, |store| {
                drive(&program, store, &events)
            }),
            peer("a loop over serde_json::Value", || {
                json_loop::run(&json, &events)
            }),
            peer("wirefilter-engine", || {
                wirefilter_rules::run(&scheme, &filters, &events)
            }),
            peer("datalogic-rs", || datalogic_rules::run(&datalogic, &events)),
            peer("cel", || cel_rules::run(&cel, &events)),
            peer("tau-engine", || tau_rules::run(&tau, &events)),
        ];
        interleave(options.rounds, &mut runners);
        runners[0].given = 0;
        table.head(&title);
        for runner in &runners {
            let differs = runner.given != runners[1].given && !std::ptr::eq(runner, &runners[0]);
            let mark = if differs { "  <-- other alerts" } else { "" };
            let factor = Table::factor(runner, &runners[1]).replace("  <-- more than 3", "");
            table.row(runner, &runners[0], &format!("{factor}{mark}"));
        }
    }
}
