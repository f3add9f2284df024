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
    let text = "alerts:\n  a:\n    when: |\n      a>1   # one >  two\n      or b>2\n    until: >\n      a<1\n      and b<2\n";
    let tidy = "alerts:\n  a:\n    when: |\n      a > 1   # one >  two\n      or b > 2\n    until: >\n      a < 1\n      and b < 2\n";
    gives(text, tidy);
    let text = "\
alerts:
  a:
    when: |
      # Both.
      (a>1   and   b == ( 2+3 ))    # or not
        or  (c in [1,2,
          3,  4] and (d>1 or
            not( e<2 )))
      and count(  x==1 and
        (y==2)  ) over   5m>3
    by:
      - >-
        a+( b*c )
    until: \"a==1
      and  (b==2)\"
";
    let tidy = "\
alerts:
  a:
    when: |
      # Both.
      a > 1 and b == 2 + 3    # or not
        or (c in [1,2,
          3,  4] and (d > 1 or
            not e < 2))
      and count(  x == 1 and
        y == 2  ) over   5m>3
    by:
      - >-
        a + b * c
    until: \"a == 1
      and b == 2\"
";
    gives(text, tidy);
}

#[test]
fn expressions_in_templates_are_put_in_order() {
    let text = "\
alerts:
  a:
    on: s
    when: x > 1
    summary: '{ data.x  :.1} of {{x}} {count( ok==false )   over 5m}'
    description: |
      {a+( b*c )} and
      {x ??  ''}, in {y}
  b: {on: s, when: x > 1, summary: \"{x??'y'} {x  ?? 1}\", description: \"{ not closed\"}
";
    let tidy = "\
alerts:
  a:
    on: s
    when: x > 1
    summary: '{data.x:.1} of {{x}} {count(ok == false) over 5m}'
    description: |
      {a + b * c} and
      {x ?? \"\"}, in {y}
  b: {on: s, when: x > 1, summary: \"{x??'y'} {x ?? 1}\", description: \"{ not closed\"}
";
    gives(text, tidy);
}

#[test]
fn defaults_are_put_in_the_order_of_alerts() {
    let text = "defaults:\n  labels: {team: a}\n  # Whose?\n  by: (user)\n  on: s   # all\nalerts: {a: {when: x > 1}}\n";
    let tidy = "defaults:\n  on: s   # all\n  # Whose?\n  by: user\n  labels: {team: a}\nalerts: {a: {when: x > 1}}\n";
    gives(text, tidy);
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
