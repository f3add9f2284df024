//! The tests as a JUnit report, which every CI shows.

use std::fmt::Write;

use tripline_engine::SourceFile;

use super::Tested;
use super::draw::Timeline;

pub(super) fn report(tested: &[Tested<'_>], files: &[SourceFile]) -> String {
    let failed = tested.iter().filter(|one| !one.passed()).count();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites tests=\"{}\" failures=\"{failed}\">",
        tested.len()
    );
    for (index, file) in files.iter().enumerate() {
        let of_file = || tested.iter().filter(|one| one.test.file == index);
        let failed = of_file().filter(|one| !one.passed()).count();
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\">",
            escaped(&file.name),
            of_file().count()
        );
        for one in of_file() {
            let line = file.position(one.test.range.start).line;
            let _ = write!(
                text,
                "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{line}\"",
                escaped(&one.test.name),
                escaped(&file.name),
                escaped(&file.name)
            );
            if one.passed() {
                text.push_str("/>\n");
                continue;
            }
            let drawn = Timeline::new(one.test, &one.run, files, false).draw(one);
            let _ = writeln!(
                text,
                "><failure message=\"the test fails\">{}</failure></testcase>",
                escaped(&drawn)
            );
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// A text in XML: what XML has no place for becomes a question mark.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(char),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('?'),
            char if char.is_control() => escaped.push('?'),
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn any_text_is_xml() {
        assert_eq!(
            escaped("a<b & \"c\"\u{1b}é"),
            "a&lt;b &amp; &quot;c&quot;?é"
        );
    }
}
