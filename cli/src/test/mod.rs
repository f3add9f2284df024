//! `tripline test`: runs the tests beside the rules.

mod chaos;
mod coverage;
mod draw;
mod junit;
mod suggest;
mod watch;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use rayon::prelude::*;
use tripline_engine::rule_test::{Delivery, Mismatch, NearestMiss, RuleTest, TestRun, What};
use tripline_engine::{CheckedTests, Program, Severity, check_tests, loader};
use tripline_lambdas::drawing::Drawing;

use self::draw::Timeline;
use crate::args::{Chaos, TestArgs};
use crate::check::load;
use crate::failure::Failure;
use crate::run::usable;
use crate::terminal::{Terminal, counted};

/// What came of one test.
struct Tested<'t> {
    test: &'t RuleTest,
    run: TestRun,
    mismatches: Vec<(Mismatch, Option<NearestMiss>)>,
    /// What disturbed delivery changed.
    chaos: Option<String>,
}

impl Tested<'_> {
    fn passed(&self) -> bool {
        self.mismatches.is_empty() && self.chaos.is_none()
    }
}

pub(crate) fn test(args: &TestArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &args.suggest {
        Some(alert) => suggest::suggest(args, alert, terminal),
        None if args.watch => watch::watch(args, terminal),
        None => once(args, terminal),
    }
}

/// Runs the tests once.
fn once(args: &TestArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let checked = load(&args.rules)?;
    let Some(program) = usable(&checked, terminal) else {
        return Ok(ExitCode::from(1));
    };
    let files = loader::read_tests(&args.rules);
    let files = files.map_err(|error| Failure::Message(error.to_string()))?;
    if files.is_empty() {
        let folder = args.rules.display();
        return Err(Failure::Message(format!(
            "there are no tests in {folder}: write one beside a rule file, in a file such as {folder}/logins.test.yaml"
        )));
    }
    let read = check_tests(files, program, &fixture);
    let are_wrong = tell_wrong(&read, terminal)?;
    let filter = args.filter.as_deref().unwrap_or_default();
    let chosen = |test: &&RuleTest| {
        let file = &read.files[test.file].name;
        test.name.contains(filter) || file.contains(filter)
    };
    let chosen: Vec<&RuleTest> = read.tests.iter().filter(chosen).collect();
    if chosen.is_empty() && !are_wrong {
        return Err(Failure::Message(format!(
            "no test has `{filter}` in its name or file"
        )));
    }
    let tested: Vec<Tested<'_>> = chosen
        .par_iter()
        .map(|test| run(program, test, args.chaos))
        .collect();

    let mut out = io::stdout().lock();
    let failed = tested.iter().filter(|one| !one.passed());
    for one in failed.clone() {
        let drawn = Timeline::new(one.test, &one.run, &read.files, terminal.stdout_colors);
        out.write_all(drawn.draw(one).as_bytes())
            .map_err(|error| Failure::write("the failures", &error))?;
    }
    if let Some(path) = &args.junit {
        let report = junit::report(&tested, &read);
        fs::write(path, report)
            .map_err(|error| Failure::write(&format!("{}", path.display()), &error))?;
    }
    let mut is_covered = true;
    if args.measures()
        && let Some(coverage) = coverage::measure(&checked, &chosen)
    {
        if args.coverage {
            out.write_all(coverage.table().as_bytes())
                .map_err(|error| Failure::write("the coverage", &error))?;
        }
        if let Some(file) = &args.coverage_output {
            coverage::write(&coverage, file)?;
        }
        is_covered = args
            .min_coverage
            .is_none_or(|least| coverage.percent() >= least);
        if let (false, Some(least)) = (is_covered, args.min_coverage) {
            let percent = coverage.percent();
            terminal.say(&format!(
                "the tests exercise {percent} % of the rules, and {least} % are asked for\n"
            ));
        }
    }
    let failed = failed.count() as u64;
    let mut said = outcome(&tested, failed, read.files.len());
    if let (0, Some(chaos)) = (failed, args.chaos) {
        said += &chaos::summary(program, chaos);
    }
    if are_wrong {
        said = format!(
            "{}; tests with mistakes are not run",
            said.trim_start_matches("✓ ")
        );
    }
    terminal.note(&format!("{said}\n"));
    Ok(ExitCode::from(u8::from(
        failed > 0 || are_wrong || !is_covered,
    )))
}

/// Shows what is wrong with the test files; says whether anything is.
fn tell_wrong(read: &CheckedTests, terminal: &Terminal) -> Result<bool, Failure> {
    let drawing = Drawing::new(&read.files, terminal.stdout_colors);
    for diagnostic in &read.diagnostics {
        let drawn = drawing.draw(diagnostic);
        io::stdout()
            .lock()
            .write_all(drawn.as_bytes())
            .map_err(|error| Failure::write("the findings", &error))?;
    }
    let mut found = read.diagnostics.iter();
    Ok(found.any(|one| one.severity == Severity::Error))
}

/// Reads the events that a test file names, beside it.
pub(crate) fn fixture(test_file: &str, path: &str) -> Result<Vec<u8>, String> {
    let folder = Path::new(test_file).parent().unwrap_or(Path::new(""));
    let path = folder.join(path);
    let told = |error: io::Error| error.to_string();
    // A pipe would be waited for.
    if !fs::metadata(&path).map_err(told)?.is_file() {
        return Err("it is no file".to_owned());
    }
    let file = fs::File::open(&path).map_err(told)?;
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, MAX_FIXTURE_BYTES + 1), &mut bytes)
        .map_err(|error| error.to_string())?;
    match bytes.len() as u64 > MAX_FIXTURE_BYTES {
        true => Err(format!("it is over {} MiB", MAX_FIXTURE_BYTES >> 20)),
        false => Ok(bytes),
    }
}

/// The largest file of events that a test takes, in bytes.
const MAX_FIXTURE_BYTES: u64 = 64 << 20;

fn run<'t>(program: &Program, test: &'t RuleTest, chaos: Option<Chaos>) -> Tested<'t> {
    let run = test.run(program, Delivery::default());
    let verdict = test.judge(program, &run);
    let nearest = |mismatch: &Mismatch| match mismatch {
        Mismatch::Missing {
            expected,
            what: What::Fires,
            difference: None,
        } => test.nearest_miss(program, &test.expect[*expected]),
        _ => None,
    };
    let mismatches = verdict.mismatches.into_iter().map(|mismatch| {
        let nearest = nearest(&mismatch);
        (mismatch, nearest)
    });
    let chaos = chaos.and_then(|chaos| chaos::disturb(test, program, &run, chaos));
    Tested {
        test,
        mismatches: mismatches.collect(),
        run,
        chaos,
    }
}

/// Says in one line how the tests went: `12 tests in 3 files: 11 passed, 1 failed`.
fn outcome(tested: &[Tested<'_>], failed: u64, files: usize) -> String {
    let all = tested.len() as u64;
    let subject = format!(
        "{} in {}",
        counted(all, "test"),
        counted(files as u64, "file")
    );
    match failed {
        0 => format!("✓ {subject} passed"),
        failed => format!("{subject}: {} passed, {failed} failed", all - failed),
    }
}
