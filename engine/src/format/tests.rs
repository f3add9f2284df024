use super::format;

const UNTIDY: &str = "\
# All about heat.
alerts:
  hot:                     # the first one
    # Who wants to know?
    severity: info
    when: (data.x>35) and not(data.y==2)  # too hot
    # One for each user.

    # Really.
    by: [ userId, {half: a+(b*c)} ]
    on: sensor
    summary: |
      hot
        # no comment

  cold: {when: data.x<0, on: sensor}
aggregates:
  hourly: {per: 1h, compute: {n: count( data.ok==false ), s: 'last(data.s where data.s!=\"\")'}, on: a}
";

const TIDY: &str = "\
# All about heat.
alerts:
  hot:                     # the first one
    # Who wants to know?
    on: sensor
    when: data.x > 35 and not data.y == 2  # too hot
    # One for each user.

    # Really.
    by: [ userId, {half: a + b * c} ]
    severity: info
    summary: |
      hot
        # no comment

  cold: {on: sensor, when: data.x < 0}
aggregates:
  hourly: {on: a, per: 1h, compute: {n: count(data.ok == false), s: 'last(data.s where data.s != \"\")'}}
";

#[track_caller]
fn gives(text: &str, wanted: &str) {
    assert_eq!(format(text).as_deref(), Some(wanted));
    assert_eq!(format(wanted).as_deref(), Some(wanted), "the second time");
}

#[test]
fn expressions_and_keys_are_put_in_order_and_comments_go_with_them() {
    gives(UNTIDY, TIDY);
}

#[test]
fn line_breaks_and_a_byte_order_mark_stay() {
    let marked = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    gives(&marked(UNTIDY), &marked(TIDY));
}

#[test]
fn expressions_on_several_lines_stay_on_them() {
    let text = "alerts:\n  a:\n    when: |\n      a>1   # one\n      or b>2\n    until: >\n      a<1\n      and b<2\n";
    gives(text, text);
}

#[test]
fn what_an_anchor_names_stays_as_it_is() {
    let text = "alerts:\n  a: {when: &x a>1, on: s}\n  b: {when: *x, summary: *x}\n";
    gives(text, text);
}

#[test]
fn what_does_not_parse_is_not_formatted() {
    assert_eq!(format("alerts: {a: {when: 'a >'}}"), None);
    assert_eq!(format("alerts: [a"), None);
    gives("", "");
}
