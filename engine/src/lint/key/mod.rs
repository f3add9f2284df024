//! Lints of keys and of what they cost.

use tripline_grammar::ast::{ChainOp, Expr, ExprKind, Path, Segment};
use tripline_grammar::{print, print_path};

use super::findings::Findings;
use super::rules::Rules;
use super::walk::{self, shown};
use super::{Family, Lint};
use crate::diagnostic::Severity;
use crate::window::Window;

pub(super) const UNIQUE_KEY: Lint = Lint::new(
    "W2301",
    "unique-key",
    Severity::Warning,
    Family::Key,
    unique,
);
pub(super) const UNBOUNDED_KEY: Lint = Lint::new(
    "W2302",
    "unbounded-key",
    Severity::Warning,
    Family::Key,
    unbounded,
);
pub(super) const FRACTION_AS_KEY: Lint = Lint::new(
    "W2303",
    "fraction-as-key",
    Severity::Warning,
    Family::Key,
    fractions,
);
pub(super) const TOO_MANY_KEY_PARTS: Lint = Lint::new(
    "W2304",
    "too-many-key-parts",
    Severity::Warning,
    Family::Key,
    parts,
);
pub(super) const CONSTANT_KEY: Lint = Lint::new(
    "W2305",
    "constant-key",
    Severity::Warning,
    Family::Key,
    constants,
);
pub(super) const LARGE_STATE: Lint = Lint::new(
    "W2306",
    "large-state",
    Severity::Warning,
    Family::Key,
    state,
);
pub(super) const AGGREGATE_WITHOUT_KEEP: Lint = Lint::new(
    "W2307",
    "aggregate-without-keep",
    Severity::Warning,
    Family::Key,
    keep,
);
pub(super) const ON_EVERYTHING: Lint = Lint::new(
    "W2308",
    "on-everything",
    Severity::Info,
    Family::Key,
    everything,
);

pub(super) const KEY_OVER_SHARDS: Lint = Lint::new(
    "W2309",
    "key-over-shards",
    Severity::Info,
    Family::Key,
    over_shards,
);

/// The most parts of a key that can be taken in at a glance.
const MAX_PARTS: usize = 4;
/// From how much state of a key on its size is told: half of the limit.
const LARGE: i64 = crate::check::MAX_STATE / 2;

fn last(path: &Path) -> &str {
    match path.segments.last() {
        Some(Segment::Field(name)) => name,
        _ => "",
    }
}

/// Whether hardly two events share the value of a field.
pub(super) fn is_unique(rules: &Rules<'_>, path: &Path) -> bool {
    const NAMES: [&str; 12] = [
        "eventid",
        "requestid",
        "traceid",
        "spanid",
        "messageid",
        "uuid",
        "guid",
        "correlationid",
        "transactionid",
        "timestamp",
        "time",
        "nonce",
    ];
    let name: String = last(path).chars().filter(|char| *char != '_').collect();
    path.segments == rules.settings.id
        || path.segments == rules.settings.time
        || NAMES.contains(&name.to_lowercase().as_str())
}

/// The expressions of keys, each with the name of its rule.
fn each_key<'r>(rules: &'r Rules<'_>, mut f: impl FnMut(&'r super::rules::Site<'r>, &'r Expr)) {
    let alerts = rules.alerts.iter().map(|alert| &alert.by);
    for (_, site) in alerts
        .chain(rules.aggregates.iter().map(|aggregate| &aggregate.by))
        .flatten()
    {
        f(&rules.sites[*site], &rules.sites[*site].expr);
    }
}

fn unique(rules: &Rules<'_>, out: &mut Findings) {
    each_key(rules, |site, expr| {
        if let Some(path) = walk::path(expr).filter(|path| is_unique(rules, path)) {
            out.span(site, expr.span, format!("nearly every event has a `{}` of its own, and so a key", print_path(path)))
                .help("a key is seen once, so that no window fills: take what events share, such as `userId`");
        }
    });
}

fn unbounded(rules: &Rules<'_>, out: &mut Findings) {
    const NAMES: [&str; 11] = [
        "message",
        "msg",
        "body",
        "text",
        "url",
        "uri",
        "query",
        "useragent",
        "stacktrace",
        "payload",
        "description",
    ];
    each_key(rules, |site, expr| {
        walk::each(expr, &mut |part| {
            let Some(path) = walk::path(part) else { return };
            let name: String = last(path)
                .chars()
                .filter(|char| !matches!(char, '_' | '-'))
                .collect();
            if NAMES.contains(&name.to_lowercase().as_str()) {
                out.span(site, part.span, format!("`{}` can be anything, and each value is a key", print_path(path)))
                    .help("whoever sends events decides how many keys there are: take a field with few values");
            }
        });
    });
}

fn fractions(rules: &Rules<'_>, out: &mut Findings) {
    const NAMES: [&str; 9] = [
        "latitude",
        "longitude",
        "lat",
        "lon",
        "lng",
        "temperature",
        "humidity",
        "amount",
        "price",
    ];
    each_key(rules, |site, expr| {
        let is_field = walk::path(expr)
            .is_some_and(|path| NAMES.contains(&last(path).to_lowercase().as_str()));
        if is_field || walk::chain_of(expr, ChainOp::Divide).is_some() {
            out.span(
                site,
                expr.span,
                format!(
                    "`{}` is a measured number, which hardly comes twice",
                    shown(expr)
                ),
            )
            .help(format!("make it whole: `round({})`", shown(expr)));
        }
    });
}

fn parts(rules: &Rules<'_>, out: &mut Findings) {
    for alert in rules
        .alerts
        .iter()
        .filter(|alert| alert.by.len() > MAX_PARTS)
    {
        out.key(alert, "by", format!("a key of {} parts", alert.by.len()))
            .help("each part multiplies the keys: are all of them needed to tell one case from another?");
    }
}

fn constants(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let one_type = alert.on.0.len() == 1 && !alert.on.0[0].ends_with('*');
        for (_, at) in &alert.by {
            let site = &rules.sites[*at];
            let is_type =
                walk::path(&site.expr).is_some_and(|path| path.segments == rules.settings.kind);
            if walk::is_constant(&site.expr) || (is_type && one_type) {
                out.span(
                    site,
                    site.expr.span,
                    format!("`{}` is the same in every key", shown(&site.expr)),
                )
                .help("leave it out of `by`");
            }
        }
    }
}

fn state(rules: &Rules<'_>, out: &mut Findings) {
    for alert in &rules.alerts {
        let windows = alert
            .compiled
            .map(|rule| rule.windows.as_slice())
            .unwrap_or_default();
        let bytes: i64 = windows.iter().map(Window::max_bytes).sum();
        if bytes > LARGE && !alert.by.is_empty() {
            out.alert(
                alert,
                format!(
                    "one key can take {} KiB of state, which each of its events writes",
                    bytes / 1024
                ),
            )
            .help("use fewer panes (`every`), shorter windows, or fewer of them");
        }
    }
}

fn keep(rules: &Rules<'_>, out: &mut Findings) {
    for aggregate in &rules.aggregates {
        if aggregate.entry.value.entry("keep").is_none() {
            let name = crate::check::reader::shown(&aggregate.entry.key.value);
            out.entry(
                aggregate.file,
                aggregate.entry,
                format!("the rows of `{name}` are kept for ever"),
            )
            .help("say how long they are of use: `keep: 90d`");
        }
    }
}

fn everything(rules: &Rules<'_>, out: &mut Findings) {
    for alert in rules
        .alerts
        .iter()
        .filter(|alert| alert.get("on").is_none())
    {
        let site = alert.when(rules);
        let kind = print_path(&Path {
            segments: rules.settings.kind.clone(),
            span: site.expr.span,
        });
        let mut asks = false;
        walk::each(&site.expr, &mut |expr| {
            asks |= matches!(&expr.kind, ExprKind::Path(_)) && print(expr) == kind
        });
        let help = if asks {
            "say it with `on`, which is quicker and checks the fields"
        } else {
            "name its event types: `on: login`; or write `on: \"*\"` if all are meant"
        };
        out.alert(
            alert,
            format!("`{}` looks at events of every type", alert.name),
        )
        .help(help);
    }
}

fn over_shards(rules: &Rules<'_>, out: &mut Findings) {
    let partition = &rules.settings.partition;
    let has_windows = |alert: &&super::rules::Alert<'_>| {
        alert.compiled.is_some_and(|rule| !rule.windows.is_empty())
    };
    for alert in rules.alerts.iter().filter(has_windows) {
        let is_whole = |(_, site): &(String, usize)| {
            walk::path(&rules.sites[*site].expr)
                .is_some_and(|path| partition.contains(&path.segments))
        };
        if partition.is_empty() || alert.by.iter().any(is_whole) {
            continue;
        }
        let span = alert.when(rules).expr.span;
        let name = |segments: &Vec<Segment>| {
            let segments = segments.clone();
            format!("`{}`", print_path(&Path { segments, span }))
        };
        let names: Vec<String> = partition.iter().map(name).collect();
        let message = "events of one key come over several shards, in an order that is chance";
        let finding = match alert.by.is_empty() {
            true => out.alert(alert, message),
            false => out.key(alert, "by", message),
        };
        finding.help(format!(
            "add what the stream keeps together to `by` ({}), or live with the few moments by which shards differ",
            names.join(" or ")
        ));
    }
}
