//! The functions under chaos: exactly what one calm evaluation gives, and mutants that are found out.
#![allow(clippy::unwrap_used)]

use tripline_tests::aws::chaos::{Chaos, Outcome, Wrong, run, total};
use tripline_tests::aws::world::Mutant;

/// How many scenarios; more of them with `CASES`.
fn cases() -> u64 {
    option_env!("CASES").map_or(2_000, |cases| cases.parse().unwrap())
}

fn all(seeds: std::ops::Range<u64>, chaos: Chaos) -> Result<Vec<Outcome>, Wrong> {
    seeds.map(|seed| run(seed, chaos)).collect()
}

const CALM: Chaos = Chaos {
    faults: 0,
    zombies: false,
    full_for: 0,
    mutant: None,
};
const CHAOS: Chaos = Chaos {
    faults: 25,
    zombies: true,
    full_for: 0,
    mutant: None,
};

#[test]
fn a_calm_stream_gives_what_one_evaluation_gives() {
    let outcomes = all(0..cases() / 4, CALM).unwrap_or_else(|wrong| panic!("{wrong}"));
    println!("calm: {:?}", total(&outcomes));
    assert!(outcomes.iter().all(|one| one.duplicates == 0));
}

#[test]
fn batches_that_come_again_and_side_by_side_change_nothing() {
    let chaos = Chaos {
        zombies: true,
        ..CALM
    };
    let outcomes = all(0..cases() / 4, chaos).unwrap_or_else(|wrong| panic!("{wrong}"));
    println!("zombies: {:?}", total(&outcomes));
}

#[test]
fn crashes_and_faults_lose_nothing_and_count_nothing_twice() {
    let outcomes = all(0..cases(), CHAOS).unwrap_or_else(|wrong| panic!("{wrong}"));
    println!("chaos: {:?}", total(&outcomes));
    assert!(outcomes.iter().map(|one| one.crashes).sum::<u64>() > cases());
}

#[test]
fn a_partition_that_is_full_for_a_while_holds_back_no_more_than_its_shard() {
    let chaos = Chaos {
        full_for: 400,
        ..CHAOS
    };
    let outcomes = all(0..cases() / 4, chaos).unwrap_or_else(|wrong| panic!("{wrong}"));
    println!("full: {:?}", total(&outcomes));
}

#[test]
fn a_store_that_mostly_fails_blocks_no_shard() {
    let chaos = Chaos {
        faults: 300,
        ..CHAOS
    };
    let outcomes = all(0..cases() / 20, chaos).unwrap_or_else(|wrong| panic!("{wrong}"));
    println!("storm: {:?}", total(&outcomes));
}

#[test]
fn without_a_precaution_the_chaos_is_seen() {
    let mutants = [
        Mutant::NoWatermark,
        Mutant::NoOutbox,
        Mutant::NoTruncation,
        Mutant::NoCondition,
        Mutant::NoHorizon,
    ];
    for mutant in mutants {
        let chaos = Chaos {
            mutant: Some(mutant),
            ..CHAOS
        };
        let found = (0..1_000).position(|seed| run(seed, chaos).is_err());
        let found = found.unwrap_or_else(|| panic!("nothing is wrong with {mutant:?}"));
        println!("{mutant:?} is found out by seed {found}");
    }
}
