//! Every test again, under disturbed delivery.

use tripline_engine::rule_test::{Delivery, RuleTest, TestRun};
use tripline_engine::{AlertRule, Program};

use crate::args::Chaos;
use crate::terminal::counted;

/// How often a test is run again, each time drawn otherwise; of those in order, as often again without interruptions.
const SEEDS: u64 = 20;

/// Says what disturbed delivery changes, if anything.
pub(super) fn disturb(
    test: &RuleTest,
    program: &Program,
    calm: &TestRun,
    chaos: Chaos,
) -> Option<String> {
    if chaos.keeps_order() {
        let mut deliveries = (1..=SEEDS).flat_map(|seed| deliveries(chaos, seed));
        if let Some(delivery) = deliveries.find(|delivery| test.run(program, *delivery) != *calm) {
            let Delivery { seed, .. } = delivery;
            let how = how(delivery);
            return Some(format!(
                "the same events give something else {how} (seed {seed}): this is a fault of Tripline"
            ));
        }
    }
    let mut seeds = (1..=SEEDS).filter(|_| chaos.disturbs_order());
    seeds.find_map(|seed| {
        let difference = test.disorder(program, chaos.disorder, seed)?;
        Some(format!("in another order (seed {seed}), {difference}"))
    })
}

/// With and without interruptions, where they are asked for with something else.
fn deliveries(chaos: Chaos, seed: u64) -> impl Iterator<Item = Delivery> {
    let of = move |crash| Delivery {
        seed,
        split: chaos.split,
        dup: chaos.dup,
        crash,
    };
    let calm = (chaos.split || chaos.dup).then(|| of(false));
    calm.into_iter().chain(chaos.crash.then(|| of(true)))
}

fn how(delivery: Delivery) -> String {
    let ways = [
        (delivery.split, "in other batches"),
        (delivery.dup, "delivered twice"),
        (delivery.crash, "interrupted and restored"),
    ];
    let ways = ways.iter().filter(|(is, _)| *is).map(|(_, way)| *way);
    ways.collect::<Vec<_>>().join(", ")
}

/// Says what the tests were run under: `, each 40 times over …`.
pub(super) fn summary(program: &Program, chaos: Chaos) -> String {
    let mut said = String::new();
    if chaos.keeps_order() {
        let times = SEEDS * deliveries(chaos, 0).count() as u64;
        let mut ways = Vec::new();
        if chaos.split {
            ways.push("split at random");
        }
        if chaos.dup {
            ways.push("delivered twice");
        }
        if chaos.crash {
            ways.push(match chaos.split || chaos.dup {
                true => "half of them interrupted and restored",
                false => "interrupted and restored",
            });
        }
        said += &format!(", each {times} times over, {}", ways.join(", "));
    }
    if chaos.disturbs_order() {
        let alerts = program.alerts();
        let all = alerts.len() as u64;
        let asserted = alerts
            .filter(|rule| AlertRule::bears_disorder(rule))
            .count() as u64;
        let skipped = counted(all - asserted, "alert");
        said += &format!(
            ", and each {SEEDS} times in another order, which {} must bear ({skipped} skipped)",
            counted(asserted, "alert")
        );
    }
    said
}
