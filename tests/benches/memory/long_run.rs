//! Whether the tenth million of events takes longer, or more memory, than the first.

use cpu_time::ThreadTime;
use tripline_engine::MemoryStore;
use tripline_tests::bench::{Events, Generator, Options, Workload, drive};
use tripline_tests::run::compile_text;

use crate::process::{Memory, mebibytes};

const MILLIONS: usize = 10;
const PORTION: usize = 1 << 16;

pub(crate) fn run(options: &Options) {
    if !options.wants("long run") {
        return;
    }
    println!(
        "\n{:<52} {:>10} {:>10} {:>10} {:>9}",
        "long run: count() over 5m, 73,000 keys", "ns/event", "live MiB", "RSS MiB", "keys"
    );
    let program =
        compile_text("alerts: {burst: {by: userId, forget: 1h, when: count() over 5m >= 5}}");
    let mut generator = Generator::new(Workload::default());
    let mut events = Events::default();
    let mut store = MemoryStore::new();
    for million in 1..=MILLIONS {
        let mut rest = options.events;
        let mut took = 0.0;
        while rest > 0 {
            generator.fill(&mut events, rest.min(PORTION));
            rest -= events.len();
            let begun = ThreadTime::now();
            drive(&program, &mut store, &events);
            took += begun.elapsed().as_secs_f64();
        }
        let memory = Memory::now();
        println!(
            "{:<52} {:>10.0} {:>10.1} {:>10.1} {:>9}",
            format!(
                "long run: events {} of {MILLIONS} x {}",
                million, options.events
            ),
            took * 1e9 / options.events as f64,
            mebibytes(memory.live),
            mebibytes(memory.resident),
            store.len(),
        );
    }
}
