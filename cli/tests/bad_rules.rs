//! Rule files that nobody should write: each is refused with a diagnostic, promptly and briefly, by a
//! command that neither panics nor overflows its stack.

mod support;

use support::{Folder, Outcome};

/// The most that the command may say of one mistake, however large.
const OUTPUT_BYTES: usize = 16 << 10;

/// A rule with this condition.
fn rule(when: &str) -> String {
    format!("alerts:\n  hot:\n    on: reading\n    when: {when}\n    summary: hot\n")
}

fn check(content: impl AsRef<[u8]>) -> (Folder, Outcome) {
    let folder = Folder::new();
    folder.write("rules/bad.yaml", content);
    let outcome = folder.run(&["check"]);
    (folder, outcome)
}

/// Checks that a file is refused with these codes among others, by `check` in both forms and by `run`.
#[track_caller]
fn refused(content: impl AsRef<[u8]>, codes: &[&str]) {
    let (folder, outcome) = check(content);
    let drawn = outcome.expect(1);
    assert!(
        drawn.stdout.len() + drawn.stderr.len() < OUTPUT_BYTES,
        "{} bytes",
        drawn.stdout.len()
    );
    let json = folder.run(&["check", "--format", "json"]).expect(1);
    let run = folder.run(&["run", "--events", "-"]).expect(1);
    assert_eq!(run.stdout, "");
    for code in codes {
        let title = format!("error[{code}]: ");
        assert!(drawn.stdout.contains(&title), "{}", drawn.stdout);
        assert!(run.stderr.contains(&title), "{}", run.stderr);
        assert!(
            json.stdout.contains(&format!("\"code\": \"{code}\"")),
            "{}",
            json.stdout
        );
    }
    assert!(
        drawn.stdout.contains("--> rules/bad.yaml"),
        "{}",
        drawn.stdout
    );
}

/// Checks that a file has no errors and holds so many alerts.
#[track_caller]
fn accepted(content: impl AsRef<[u8]>, alerts: &str) {
    let (_, outcome) = check(content);
    let said = outcome.expect(0).stderr;
    let subject = format!("{alerts} in 1 file: ");
    assert!(
        said.trim_start_matches("✓ ").starts_with(&subject),
        "{said}"
    );
    assert!(!said.contains("error"), "{said}");
}

#[test]
fn broken_yaml() {
    refused("alerts: [a\n  b: }\n", &["E1003"]);
    refused(rule("\"unclosed"), &["E1003"]);
    refused(rule("value > 30").replace("    ", "\t"), &["E1003"]);
    refused("- a\n- list\n", &["E1102"]);
    refused("text", &["E1102"]);
    refused("alerts: *nobody\n", &["E1006"]);
    refused("alerts:\n  hot: !!map {}\n", &["E1012"]);
    refused(format!("{}---\n{}", rule("a"), rule("b")), &["E1009"]);
}

#[test]
fn an_expression_of_a_mebibyte() {
    refused(rule(&"a".repeat(1 << 20)), &["E1301"]);
    refused(
        rule(&format!("name == '{}'", "é".repeat(1 << 19))),
        &["E1301"],
    );
    refused(
        rule(&format!("|\n      {}", "a\n      ".repeat(1 << 17))),
        &["E1301"],
    );
}

#[test]
fn a_hundred_thousand_alternatives() {
    refused(rule(&vec!["a"; 100_000].join(" or ")), &["E1301"]);
}

#[test]
fn as_many_alternatives_as_fit() {
    accepted(rule(&vec!["a"; 3_200].join(" or ")), "1 alert");
    accepted(
        rule(&format!("0 < {}", vec!["a"; 5_400].join("+"))),
        "1 alert",
    );
}

#[test]
fn ten_thousand_levels() {
    let deep = |text: &str| text.repeat(10_000);
    refused(rule(&format!("{}a{}", deep("("), deep(")"))), &["E1301"]);
    refused(rule(&format!("{}a", deep("not "))), &["E1301"]);
    refused(rule(&format!("0 > {}a", deep("-"))), &["E1302"]);
    refused(rule(&format!("0 > {}a", deep("- "))), &["E1301"]);
    refused(rule(&deep("(")), &["E1302"]);
    refused(rule(&format!("a in {}", deep("["))), &["E1302"]);
    refused(rule(&format!("0 < {}", deep("sum("))), &["E1301"]);
}

#[test]
fn as_many_levels_as_an_expression_has_room_for() {
    let deep = |text: &str, number: usize| text.repeat(number);
    refused(
        rule(&format!("{}a{}", deep("(", 8_000), deep(")", 8_000))),
        &["E1302"],
    );
    refused(rule(&format!("{}a", deep("not ", 4_000))), &["E1302"]);
    refused(rule(&format!("0 > {}a", deep("- ", 8_000))), &["E1302"]);
    refused(rule(&format!("0 < {}", deep("sum(", 4_000))), &["E1302"]);
    accepted(
        rule(&format!("{}a{}", deep("(", 60), deep(")", 60))),
        "1 alert",
    );
    accepted(rule(&format!("{}a", deep("not ", 60))), "1 alert");
}

#[test]
fn lists_and_maps_of_a_hundred_thousand_levels() {
    refused(format!("alerts: {}", "[".repeat(100_000)), &["E1010"]);
    refused(format!("alerts: {}", "{a: ".repeat(100_000)), &["E1010"]);
    refused(format!("alerts:\n  {}", "- ".repeat(100_000)), &["E1010"]);
    let indented: String = (0..1_000)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    refused(indented, &["E1010"]);
}

#[test]
fn an_alias_inside_what_it_names() {
    refused("alerts: &all\n  hot: *all\n", &["E1008"]);
    refused(
        "alerts:\n  hot: &hot\n    on: [reading, *hot]\n    when: a\n",
        &["E1008"],
    );
}

#[test]
fn an_alias_bomb() {
    let mut bomb = "alerts:\n  hot:\n    on: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("    k{level}: &a{level} [{aliases}]\n");
    }
    refused(bomb, &["E1007"]);
}

#[test]
fn a_binary_file() {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    refused(bytes, &["E1001"]);
    refused(b"\xff\xfea\0l\0e\0r\0t\0s\0", &["E1001"]);
    refused([rule("a").as_bytes(), b"\xc3"].concat(), &["E1001"]);
}

#[test]
fn a_file_over_four_mebibytes() {
    let mut comment = "#".repeat(4 << 20);
    accepted(&comment, "0 alerts");
    comment.push('#');
    refused(comment, &["E1002"]);
    refused(vec![0xff; 5 << 20], &["E1002"]);
}

#[test]
fn nul_bytes() {
    refused(rule("a\0b > 1"), &["E1003"]);
    refused(rule("value > 30").replace("hot", "h\0t"), &["E1003"]);
    refused(vec![0; 100_000], &["E1003"]);
}

#[test]
fn files_without_content() {
    for content in [
        "",
        "\n\n",
        "# nothing yet",
        "# nothing yet\n",
        "---\n",
        "\u{feff}",
    ] {
        accepted(content, "0 alerts");
    }
    accepted("alerts:\n", "0 alerts");
    accepted("alerts: {}\n", "0 alerts");
}

#[test]
fn a_folder_without_files() {
    let folder = Folder::with(&[("rules/readme.txt", "")]);
    let outcome = folder.run(&["check"]).expect(0);
    assert_eq!(outcome.stderr, "✓ 0 alerts in 0 files: no problems\n");
}

#[test]
fn line_ends_and_byte_order_marks_of_other_systems() {
    let rule = rule("|\n      value > 30 # °C\n      and ok");
    accepted(&rule, "1 alert");
    accepted(rule.replace('\n', "\r\n"), "1 alert");
    accepted(format!("\u{feff}{rule}"), "1 alert");
    accepted(format!("\u{feff}{}", rule.replace('\n', "\r\n")), "1 alert");
}

#[test]
fn places_are_right_with_other_line_ends() {
    let text = rule("value >> 30");
    for content in [
        text.clone(),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
    ] {
        let (_, outcome) = check(content);
        let drawn = outcome.expect(1).stdout;
        assert!(drawn.contains("--> rules/bad.yaml:4:18\n"), "{drawn}");
        assert!(drawn.contains("4 |     when: value >> 30"), "{drawn}");
    }
}

#[test]
fn names_of_a_mebibyte() {
    let name = "a".repeat(1 << 20);
    let text = rule("value > 30");
    refused(text.replace("hot:", &format!("? {name}\n  :")), &["E1104"]);
    // YAML lets a key without a `?` be 1,024 characters long.
    refused(text.replace("hot:", &format!("{name}:")), &["E1003"]);
    refused(
        text.replace("hot:", &format!("{}:", &name[..1_000])),
        &["E1104"],
    );
    refused(
        text.replace("when:", &format!("? {}\n    :", &name[..1 << 16])),
        &["E1101"],
    );
    refused(
        text.replace("summary: hot", &format!("severity: {name}")),
        &["E1106"],
    );
    refused(
        text.replace("summary: hot", &format!("for: {}", &name[..8_000])),
        &["E1307"],
    );
    refused(
        text.replace("summary: hot", &format!("summary: {name}")),
        &["E1501"],
    );
}

#[test]
fn twenty_thousand_duplicate_keys() {
    const NUMBER: usize = 20_000;
    let keys = "    on: other\n".repeat(NUMBER);
    let text = rule("value > 30").replace("    when", &format!("{keys}    when"));
    let (_, outcome) = check(text);
    let outcome = outcome.expect(1);
    assert!(outcome.stdout.contains("error[E1004]: "));
    assert!(
        outcome.stdout.len() < 400 * NUMBER,
        "{} bytes",
        outcome.stdout.len()
    );
}

#[test]
fn templates_of_braces() {
    let summary =
        |text: String| rule("value > 30").replace("summary: hot", &format!("summary: '{text}'"));
    refused(summary(format!("{}{{", "{{".repeat(10_000))), &["E1501"]);
    refused(summary(format!("{{{}a", "(".repeat(10_000))), &["E1501"]);
    refused(summary(format!("{{{}a}}", "(".repeat(10_000))), &["E1302"]);
    accepted(summary("{value}".repeat(1_000)), "1 alert");
}

#[test]
fn one_bad_file_does_not_hide_the_errors_of_another() {
    let folder = Folder::new();
    folder.write("rules/a.yaml", b"\xff");
    folder.write("rules/b.yaml", rule("value >"));
    let drawn = folder.run(&["check"]).expect(1).stdout;
    assert!(drawn.contains("--> rules/a.yaml"), "{drawn}");
    assert!(drawn.contains("--> rules/b.yaml:4:18"), "{drawn}");
}
