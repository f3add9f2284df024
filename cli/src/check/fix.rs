//! Mends what can be mended without changing what the rules mean.

use std::collections::BTreeMap;

use tripline_engine::{Checked, Edit, Severity};

use crate::failure::Failure;
use crate::output::rewrite;

/// How often the rules are read again: a fix can make way for another.
const ROUNDS: usize = 8;

/// Applies the edits of the findings until there are none, and gives how many findings were mended.
///
/// A file that would have an error it did not have is left as it was.
pub(super) fn fix(
    checked: &mut Checked,
    read: impl Fn() -> Result<Checked, Failure>,
) -> Result<u64, Failure> {
    let mut mended = 0;
    let mut left_alone: Vec<String> = Vec::new();
    for _ in 0..ROUNDS {
        let (files, count) = edited(checked, &left_alone);
        if files.is_empty() {
            break;
        }
        for (file, text) in &files {
            rewrite(&checked.files[*file].name, text)?;
        }
        let after = read()?;
        let worse = errors(&after) > errors(checked);
        if worse {
            // One of the files is at fault; all are put back, and no more is tried.
            for file in files.keys() {
                rewrite(&checked.files[*file].name, &checked.files[*file].text)?;
                left_alone.push(checked.files[*file].name.clone());
            }
            continue;
        }
        mended += count;
        *checked = after;
    }
    Ok(mended)
}

fn errors(checked: &Checked) -> usize {
    // A denied lint is no error of the compiler.
    let errors = checked.diagnostics.iter();
    errors
        .filter(|one| one.severity == Severity::Error && one.code.starts_with('E'))
        .count()
}

/// The new texts of files, and how many findings they mend.
fn edited(checked: &Checked, left_alone: &[String]) -> (BTreeMap<usize, String>, u64) {
    let mut taken: BTreeMap<usize, Vec<&Edit>> = BTreeMap::new();
    let mut count = 0;
    for one in checked.diagnostics.iter().filter(|one| !one.fix.is_empty()) {
        let is_free = |edit: &Edit| {
            let others = taken.get(&edit.file).map(Vec::as_slice).unwrap_or_default();
            let apart = |other: &&Edit| edit.end < other.start || other.end < edit.start;
            !left_alone.contains(&checked.files[edit.file].name) && others.iter().all(apart)
        };
        if one.fix.iter().all(is_free) {
            count += 1;
            for edit in &one.fix {
                taken.entry(edit.file).or_default().push(edit);
            }
        }
    }
    let apply = |(file, mut edits): (usize, Vec<&Edit>)| {
        edits.sort();
        let mut text = checked.files[file].text.clone();
        for edit in edits.into_iter().rev() {
            text.replace_range(edit.start..edit.end, &edit.text);
        }
        (file, text)
    };
    (taken.into_iter().map(apply).collect(), count)
}
