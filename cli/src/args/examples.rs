//! The examples that `--help` shows.

pub(super) const MAIN_EXAMPLES: &str = "\
Examples:
  tripline check
  tripline run --events rules/sample/events.ndjson.gz --format text
  tripline sample --seed 7 --events 1000 --output events.ndjson.gz

Exit codes: 0 = fine, 1 = findings, 2 = wrong usage or a file that cannot be read or written.";

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  tripline check                                      checks the rules in rules/
  tripline check --rules my-rules --fail-on warning   exits 1 for warnings too
  tripline check --format json                        an array of findings, for programs
  tripline check --deny missing-owner --allow use-in  sets lints for this run
  tripline check --fix                                mends what is safe to mend
  tripline check --changed-since origin/main --format github
  tripline check --state rules.db                     also says which alerts would start anew on that state
  tripline check --explain E1101                      what this finding means and what to do";

pub(super) const RUN_EXAMPLES: &str = "\
Examples:
  tripline run --events rules/sample/events.ndjson.gz --format text
  tripline run --events monday.ndjson tuesday.ndjson.zst --alerts alerts.ndjson
  tripline run --events archive/ --rejects rejects.ndjson --until-end
  zcat *.gz | tripline run --events - --fail-on alerts
  tripline run --events today.ndjson --state rules.db    goes on where the last run ended
  tripline run --events today.ndjson --explain-alert 5a0b7dcd5368cd3265cb5357fc9c4ea4
  tripline run --events today.ndjson --why-not login-brute-force --key '{\"userId\":\"alice\"}' --at 2026-01-05T10:00:00Z

Events are JSON objects, one a line. Alerts are written in the order in which they change.";

pub(super) const DEV_EXAMPLES: &str = "\
Examples:
  tripline dev                                           the shipped rules on live sample events, at http://127.0.0.1:7171
  tripline dev --events yesterday.ndjson.gz --speed 60x  a replay, sixty times as fast as it happened
  tripline dev --events /var/log/app.ndjson --follow     as tail -F does
  tripline dev --post --ephemeral                        whatever is posted: curl -d @event.json localhost:7171/events
  tripline dev --kinesis events --endpoint-url http://localhost:4566
  tripline dev --events day.ndjson --once > alerts.ndjson

Rules reload when they are saved; a set with errors never replaces the one that runs. Piped, alerts are JSON lines on standard
output. What is seen is kept in .tripline/dev.db, an SQLite database, and a restart goes on from there.";

pub(super) const DIFF_EXAMPLES: &str = "\
Examples:
  tripline diff git:main rules --events last-week.ndjson.gz
  tripline diff old-rules new-rules --events archive/ --format json
  tripline diff git:HEAD~1 git:HEAD --events day.ndjson --format markdown > comment.md

Exits 1 if anything is different. An episode that begins at another time within an hour has moved; others are lost and gained.";

pub(super) const NEW_EXAMPLES: &str = "\
Examples:
  tripline new alert login-brute-force --on login --by userId --count 5 --over 5m
  tripline new alert too-many-orders --on order

Writes a rule that counts events, with all keys that a rule should have, and two tests of it. What is left to you says TODO:
the condition that you mean, who owns the rule, and what to do when it fires. Nothing is overwritten.";

pub(super) const EXPLAIN_EXAMPLES: &str = "\
Examples:
  tripline explain sensor-failed --event '{\"eventType\":\"sensor_reading\",\"timestamp\":\"2026-01-05T10:00:00Z\",\"userId\":\"u1\",\"data\":{\"status\":\"failed\"}}'
  head -1 events.ndjson | tripline explain login-brute-force --event - --state rules.db

Shows the condition as a tree with the value of every part, and what comes of it. Without --state the
event is the first one of its key.";

pub(super) const SAMPLE_EXAMPLES: &str = "\
Examples:
  tripline sample > events.ndjson
  tripline sample --seed 7 --events 100000 --output events.ndjson.gz

The same seed and number give the same bytes on every machine.";

pub(super) const LSP_EXAMPLES: &str = "\
Examples:
  tripline lsp                    speaks the Language Server Protocol on standard input and output
  tripline lsp --rules my-rules   of the folder my-rules in what the editor has open

The README says how editors are told of it.";

pub(super) const TEST_EXAMPLES: &str = "\
Examples:
  tripline test                            runs rules/**/*.test.yaml
  tripline test --filter brute-force       those with it in their name or file
  tripline test --chaos                    each again in other batches, delivered twice, interrupted and restored
  tripline test --chaos=reorder=30s,late=5m
  tripline test --watch --filter logins    again whenever a rule or a test changes
  tripline test --suggest too-hot > rules/too-hot.test.yaml
  tripline test --coverage                 also shows what of the rules the tests never exercise
  tripline test --min-coverage 90 --coverage-output coverage.info
  tripline test --junit report.xml         also writes a report for CI

Exits 1 if a test fails, or a test file has a mistake. Alerts that a test does not name must not fire.

--chaos takes a list of what is done to the delivery of events:
  dup            batches begin with events of the one before, as after a failure; what is held already counts once
  split          batches are of any size
  crash          batches are interrupted before they are committed, and evaluated again from what was stored
  reorder=30s    events overtake each other by up to so much
  late=5m        one event in eight comes so late
An event sent twice by its producer is two events, and no test of --chaos. Reordered or late, the same is asked of what does not depend
on the order: aggregates, alerts on single events without `cooldown`, and which keys fire, once all events up to some point have come, of
alerts that ask nothing but their windows (no `for`, `until`, or field of the event). The others are counted as skipped.";

pub(super) const FMT_EXAMPLES: &str = "\
Examples:
  tripline fmt                    formats the rules in rules/
  tripline fmt --check            changes nothing, names the files that differ, and exits 1 if there are any
  tripline fmt - < hot.yaml       formats one file from standard input to standard output

Expressions are written in one way and the keys of a rule in one order; comments and line breaks are kept. What the
rules mean does not change. Files with errors are left alone, shown with their errors, and make the exit code 1.";

pub(super) const SCHEMA_EXAMPLES: &str = "\
Examples:
  tripline schema infer events.ndjson.gz > schema.yaml
  tripline schema infer archive/ --type-path data.kind

Writes a `schema:` section for tripline.yaml: the fields of each event type with their types, closed sets of texts as an
`enum`, and, as comments, the range of numbers and how often an optional field is there. Review it: a sample tells what
was, not what may be. Where an event's type is, the settings in rules/tripline.yaml say, if they are there.";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  tripline completions bash > ~/.local/share/bash-completion/completions/tripline
  tripline completions zsh > ~/.zfunc/_tripline         with fpath+=~/.zfunc before compinit in ~/.zshrc
  tripline completions fish > ~/.config/fish/completions/tripline.fish
  tripline completions powershell >> $PROFILE
  tripline completions elvish >> ~/.config/elvish/rc.elv

They take effect in the next shell. Create the folder first if it is not there.";

#[cfg(feature = "aws")]
pub(super) const PRODUCE_EXAMPLES: &str = "\
Examples:
  tripline produce --stream events --key userId events.ndjson
  tail -F app.log | tripline produce --stream events --key userId --key service -
  tripline produce --stream events --key userId --rate 500 --endpoint-url http://localhost:4566 archive/

Each line is one record. Records of one key stay in their order: what fails is sent again while later ones of its key wait.
A request that timed out may have taken effect, so a record can be in the stream twice; none is lost. Lines that cannot be
sent are written to the file that --failed names, and the exit code is 1.";

#[cfg(feature = "aws")]
pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  tripline status --stream events --state-table tripline-dev-StateTable-1ABC
  tripline status --stream events --state-table tripline-dev-StateTable-1ABC --format json | jq '.firing[].alert'

The names are outputs of the deployment.";

#[cfg(feature = "aws")]
pub(super) const REDRIVE_EXAMPLES: &str = "\
Examples:
  tripline redrive --quarantine-table tripline-dev-QuarantineTable-1ABC                     lists what is there, and why
  tripline redrive --quarantine-table tripline-dev-QuarantineTable-1ABC --stream events     puts it back into the stream
  tripline redrive --stream events --batch given-up.json                                    a batch that a mapping gave up

What is put back has a new place in the stream. What is back in the stream is taken out of quarantine. Of a batch that was given
up some records may have taken effect before: these count twice.";
