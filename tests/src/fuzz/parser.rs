use tripline_grammar::{Comments, MAX_LENGTH, SyntaxError, parse, parse_duration};
use tripline_grammar::{print, print_duration};

use super::spans;

/// Parses any text as an expression and as a duration.
pub fn parser(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for comments in [Comments::Refused, Comments::Allowed] {
        expression(&text, comments);
    }
    duration(&text);
}

fn expression(text: &str, comments: Comments) {
    let expr = match parse(text, comments) {
        Ok(expr) => expr,
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without an error: {text:?}");
            errors.iter().for_each(|error| lies_in(text, error));
            return;
        }
    };
    spans::check(text, &expr);
    let printed = print(&expr);
    // Escapes may make a text that just fits too long.
    if printed.len() > MAX_LENGTH {
        return;
    }
    match parse(&printed, Comments::Refused) {
        Ok(again) => {
            assert_eq!(
                again.without_spans(),
                expr.without_spans(),
                "{text:?} is printed as {printed:?}"
            );
            assert_eq!(print(&again), printed, "{text:?}");
        }
        Err(errors) => panic!("{text:?} is printed as {printed:?}: {errors:?}"),
    }
}

fn duration(text: &str) {
    match parse_duration(text) {
        Ok(duration) => {
            spans::lies_in(text, duration.span);
            let printed = print_duration(duration.seconds);
            let again = parse_duration(&printed).map(|again| again.seconds);
            assert_eq!(again, Ok(duration.seconds), "{text:?}, printed {printed:?}");
        }
        Err(error) => lies_in(text, &error),
    }
}

fn lies_in(text: &str, error: &SyntaxError) {
    spans::lies_in(text, error.span);
    for line in [Some(&error.message), error.help.as_ref()]
        .into_iter()
        .flatten()
    {
        assert!(!line.is_empty(), "an empty message for {text:?}");
    }
}
