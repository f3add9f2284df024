//! What text must hold for a regular expression to match it.

use regex_syntax::hir::literal::{ExtractKind, Extractor, Literal, Seq};
use regex_syntax::hir::{Hir, HirKind, Look};

use super::need::Need;
use super::predicate::{Accepts, Kinds, Place, TEXT};
use super::subject::Subject;

/// The most literals that stand for one pattern.
const MAX_LITERALS: usize = 64;

/// What a value must be for a pattern to match it.
pub(super) fn need(subject: Subject, pattern: &str) -> Need {
    let text = || Need::test(subject, Accepts::Kinds(Kinds::of(&[TEXT])));
    let Ok(hir) = regex_syntax::parse(pattern) else {
        return text();
    };
    let from_start = hir.properties().look_set_prefix().contains(Look::Start);
    let to_end = hir.properties().look_set_suffix().contains(Look::End);
    let heads = literals(&hir, ExtractKind::Prefix);
    let tails = literals(&hir, ExtractKind::Suffix);
    if let Some(whole) = whole(&heads, from_start && to_end) {
        return Need::any(whole.map(|text| Need::test(subject, Accepts::Text(text.into()))));
    }
    let mut needs = Vec::new();
    if from_start {
        needs.extend(one_of(subject, Place::Start, &heads));
    }
    if to_end {
        needs.extend(one_of(subject, Place::End, &tails));
    }
    let mut inner = Vec::new();
    if !from_start {
        inner.push(heads);
    }
    if !to_end {
        inner.push(tails);
    }
    parts(&hir, &mut inner);
    let longest = inner.iter().max_by_key(|seq| seq.min_literal_len());
    needs.extend(longest.and_then(|longest| one_of(subject, Place::Anywhere, longest)));
    match needs.is_empty() {
        true => text(),
        false => Need::all(needs.into_iter()),
    }
}

fn literals(hir: &Hir, kind: ExtractKind) -> Seq {
    let mut extractor = Extractor::new();
    // A letter in any case is a class of two or three; larger ones say too little.
    extractor
        .kind(kind)
        .limit_class(4)
        .limit_repeat(4)
        .limit_total(MAX_LITERALS);
    extractor.extract(hir)
}

/// The texts that an expression matches from their start to their end, if they can be listed.
fn whole(heads: &Seq, is_whole: bool) -> Option<impl Iterator<Item = &str>> {
    let literals = heads.literals().filter(|_| is_whole && heads.is_exact())?;
    let texts = literals
        .iter()
        .map(|literal| std::str::from_utf8(literal.as_bytes()).ok());
    let texts: Option<Vec<&str>> = texts.collect();
    Some(texts?.into_iter())
}

/// The need that one of some literals stands in the text; `None` if that says nothing.
fn one_of(subject: Subject, place: Place, literals: &Seq) -> Option<Need> {
    let tells = literals.min_literal_len() > Some(0);
    let literals = literals.literals().filter(|_| tells)?;
    Some(Need::any(literals.iter().map(|literal| {
        Need::test(subject, Accepts::Part(place, literal.as_bytes().into()))
    })))
}

/// The literals of the parts that every match has, wherever they stand.
fn parts(hir: &Hir, found: &mut Vec<Seq>) {
    match hir.kind() {
        HirKind::Concat(subs) => subs.iter().for_each(|sub| parts(sub, found)),
        HirKind::Capture(capture) => parts(&capture.sub, found),
        HirKind::Repetition(repetition) if repetition.min > 0 => parts(&repetition.sub, found),
        HirKind::Literal(literal) => found.push(Seq::singleton(Literal::exact(&*literal.0))),
        HirKind::Alternation(_) => found.push(literals(hir, ExtractKind::Prefix)),
        _ => {}
    }
}
