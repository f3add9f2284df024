//! Which alerts a silence or a route is about, as written: `alert`, `severity` and `labels`.

use super::alert;
use super::reader::{Reader, shown};
use crate::diagnostic as codes;
use crate::matcher::Matcher;
use crate::yaml::{Content, Node as Yaml};

/// Reads one key of a matcher; `false` if it is none of its keys.
pub(crate) fn read<'c>(
    reader: &mut Reader<'c, '_>,
    matcher: &mut Matcher,
    key: &str,
    node: &'c Yaml,
) -> bool {
    match key {
        "alert" => matcher.alert = name(reader, node),
        "severity" => {
            let items = match &node.content {
                Content::List(items) => items.as_slice(),
                _ => std::slice::from_ref(node),
            };
            if items.is_empty() {
                let help = "leave `severity` out to match all of them".to_owned();
                let message = "`severity` names none".to_owned();
                reader.refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
            }
            for item in items {
                let severity = alert::severity(reader, item);
                let new = severity.filter(|severity| !matcher.severity.contains(severity));
                matcher.severity.extend(new);
            }
        }
        "labels" => matcher.labels = alert::labels(reader, node),
        _ => return false,
    }
    true
}

fn name<'c>(reader: &mut Reader<'c, '_>, node: &'c Yaml) -> Option<String> {
    reader.scalar(node, "`alert`")?;
    let name = reader.text(node, "`alert`")?;
    let stem = name.strip_suffix('*').unwrap_or(name);
    if stem.contains('*') {
        let message = format!("`{}` has a `*` that is not at its end", shown(name));
        let help = "write a prefix such as `batch-*`, or the name of one alert".to_owned();
        reader.refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
    } else if !stem.is_empty() && !alert::is_name(stem) {
        let message = format!("no alert can have the name `{}`", shown(name));
        let help = "a letter, then up to 127 letters, digits, `-` or `_`".to_owned();
        reader.refuse(codes::BAD_VALUE, node.range.clone(), message, Some(help));
    }
    Some(name.to_owned())
}
