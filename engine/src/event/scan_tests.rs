//! What the quick reader reads is what the general parser reads.

use tripline_grammar::ast::Segment;

use crate::event::projection::{Projection, Unread};
use crate::event::value::{Slots, Value};

/// Reads objects, lists and scalars at several depths, some by several paths.
fn projection() -> Projection {
    let mut projection = Projection::default();
    let path = |text: &str| -> Vec<Segment> {
        let segment = |part: &str| match part.parse() {
            Ok(index) => Segment::Index(index),
            Err(_) => Segment::Field(part.to_owned()),
        };
        text.split('.').map(segment).collect()
    };
    for text in ["a", "b", "d.a", "d.b.c", "d.b", "l.0", "l.2.a", "key", "é"] {
        projection.slot(&path(text), false);
    }
    projection.slot(&path("m"), true);
    let (_, item) = projection.each(&path("o.list"));
    item.slot(&path("a"), false);
    projection
}

fn both(json: &str) -> [Result<Vec<Value<'_>>, Unread>; 2] {
    let projection = projection();
    let (mut quick, mut general) = (Slots::default(), Slots::default());
    let read = projection.read(json, &mut quick);
    let read_general = projection.read_general(json, &mut general);
    [
        read.map(|()| quick.take(Vec::new())),
        read_general.map(|()| general.take(Vec::new())),
    ]
}

fn is_quick(json: &str) -> bool {
    let projection = projection();
    let mut slots = Slots::default();
    slots.reset(projection.len());
    super::read(json, projection.root(), &mut slots).is_some()
}

#[test]
fn ordinary_events_are_read_quickly_and_alike() {
    for json in [
        r#"{"a":1,"b":"text","d":{"a":-2.5,"b":{"c":true}},"x":[1,{"y":"]"}],"z":null}"#,
        r#"  { "a" : 0 , "d" : { } , "l" : [ [ ] , { } , { "a" : 1e3 } ] }  "#,
        "{\n\t\"a\": \"\\u00e9\\n\\\"\",\r\n\"é\": \"ü→😀\"}",
        r#"{"m":[1,"two",[3],{"four":4},null,true],"o":{"list":[{"a":1},{"b":2},3]}}"#,
        r#"{"a":1,"a":{"b":2},"a":"last","d":{"b":{"c":1}},"d":{"a":2}}"#,
        r#"{"a":1,"a very long key that no rule names":2,"fifteen bytes..":3,"sixteen bytes...":4}"#,
        r#"{"a":123456789012345678,"b":0.1,"key":999999999999.999}"#,
        r#"{"a":9223372036854775807,"b":18446744073709551616,"key":1e400}"#,
        r#"{"a":-9223372036854775808,"b":-9223372036854775809,"key":-99999999999999999999}"#,
        r#"{"a":-0,"b":-0.0,"key":0.0,"d":{"a":123456789.12345678}}"#,
        "{}",
    ] {
        let [quick, general] = both(json);
        assert_eq!(quick, general, "{json}");
        assert!(is_quick(json) || general.is_err(), "{json}");
    }
}

#[test]
fn what_is_no_json_is_refused_by_both() {
    for json in [
        "",
        "{",
        "[]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":tru}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":1}}",
        "{\"a\":1} x",
        "{\"x\":[1,]}",
        "{\"x\":[1}",
        "{\"x\":{\"y\":1]}",
        "{\"x\":{1:2}}",
        "{a:1}",
        "{\"a\":\"\\u12\"}",
    ] {
        assert!(!is_quick(json), "{json}");
    }
}

#[test]
fn mutated_events_are_read_alike() {
    let seeds = [
        r#"{"a":1,"b":"te\nxt","d":{"a":-2.5,"b":{"c":true}},"x":[1,{"y":"]"}],"l":[0,{"a":1},{"a":[2]}]}"#,
        r#"{"\u0061":"\"\\\/\b\f\n\r\t","b":"x\u00e9\uD83c\udf21 and more than a block","d":{"\u0062":"\ud800\udc00"}}"#,
        r#"{"key":"value","m":[1,"two",null],"o":{"list":[{"a":1.50},{"a":"x"}]},"é":1e2,"a":12345678901234567890}"#,
    ];
    const BYTES: &[u8] = b"{}[]\",:\\u0123456789.eE+-truefalsnl \n\tabdklmox";
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..40_000 {
        let mut json = seeds[random.usize(0..seeds.len())].as_bytes().to_vec();
        for _ in 0..random.u32(1..4) {
            let at = random.usize(0..json.len());
            match random.u32(0..3) {
                0 => json[at] = *random.choice(BYTES).unwrap(),
                1 => json.insert(at, *random.choice(BYTES).unwrap()),
                _ => drop(json.remove(at)),
            }
        }
        let Ok(json) = String::from_utf8(json) else {
            continue;
        };
        let [quick, general] = both(&json);
        assert_eq!(quick, general, "{json}");
    }
}

#[test]
fn escapes_are_read_quickly_and_alike() {
    let mut random = fastrand::Rng::with_seed(4);
    let mut quick_ones = 0;
    for _ in 0..20_000 {
        let string = |random: &mut fastrand::Rng| -> String {
            let parts = (0..random.usize(1..6)).map(|_| match random.u32(0..8) {
                0 => format!("\\u{:04x}", random.u16(..)),
                // Either half of a pair, or a pair.
                1 => format!("\\uD{:x}{:02x}", random.u32(8..16), random.u8(..)),
                2 => format!(
                    "\\ud{:x}{:02X}\\ud{:X}{:02x}",
                    random.u32(8..12),
                    random.u8(..),
                    random.u32(12..16),
                    random.u8(..)
                ),
                3 => format!("\\{}", char::from(*random.choice(b"\"\\/bfnrtux").unwrap())),
                4 => "é".to_owned(),
                _ => "plain ".repeat(random.usize(0..5)),
            });
            parts.collect()
        };
        let (a, key) = (string(&mut random), string(&mut random));
        let json = format!("{{\"a\":\"{a}\",\"{key}\":1,\"x\":\"{key}\",\"\\u0062\":2}}");
        let [quick, general] = both(&json);
        assert_eq!(quick, general, "{json}");
        quick_ones += u32::from(is_quick(&json));
    }
    assert!(quick_ones > 5_000, "{quick_ones}");
}

#[test]
fn the_end_of_a_string_is_found_whatever_its_bytes() {
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..100_000 {
        let bytes: Vec<u8> = (0..16)
            .map(|_| {
                *random
                    .choice(b"\"\\\x00\x1f\x20!#[]\x7f\x80\xff\xa2\xdcaaaaaaaaaa")
                    .unwrap()
            })
            .collect();
        let block = u128::from_le_bytes(bytes.clone().try_into().unwrap());
        let first = bytes
            .iter()
            .position(|byte| *byte == b'"' || *byte == b'\\' || *byte < b' ');
        let first = first.map_or(32, |first| first as u32);
        assert_eq!(super::specials(block).trailing_zeros(), first, "{bytes:?}");
    }
}

#[test]
fn numbers_are_read_to_the_last_bit() {
    let mut random = fastrand::Rng::with_seed(2);
    for _ in 0..30_000 {
        let digits = random.usize(1..20);
        let mut number: String = (0..digits)
            .map(|_| char::from(b'0' + random.u8(0..10)))
            .collect();
        if random.bool() {
            number.insert(random.usize(0..=number.len()), '.');
        }
        if random.bool() {
            number.insert(0, '-');
        }
        let json = format!("{{\"a\":{number}}}");
        let [quick, general] = both(&json);
        assert_eq!(quick, general, "{json}");
        if let (Ok(quick), Ok(general)) = (quick, general) {
            assert_eq!(format!("{quick:?}"), format!("{general:?}"), "{json}");
        }
    }
}

#[test]
fn what_nests_too_deep_is_left_to_the_general_parser() {
    let nested = |depth: usize| format!("{{\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(is_quick(&nested(63)));
    assert!(!is_quick(&nested(64)));
    let objects = format!("{}1{}", "{\"d\":".repeat(65), "}".repeat(65));
    assert!(!is_quick(&objects));
}

#[test]
fn keys_are_read_alike_whatever_came_before() {
    let keys = [
        "a",
        "b",
        "ab",
        "key",
        "keys",
        "d",
        "l",
        "thirteen byte",
        "fourteen bytes",
        "\\u0061",
        "é",
        "",
    ];
    let projection = projection();
    let mut random = fastrand::Rng::with_seed(5);
    let lines: Vec<String> = (0..5_000)
        .map(|_| {
            let blank = if random.u8(..6) == 0 { " " } else { "" };
            let first = random.usize(0..keys.len());
            let fields: Vec<String> = (first..first + random.usize(0..6))
                .map(|number| {
                    let number = match random.u8(..8) {
                        0 => random.usize(0..keys.len()),
                        _ => number % keys.len(),
                    };
                    let value = random.choice([
                        "1",
                        "{\"a\":2}",
                        "{\"\\u0061\":2}",
                        "\"x\"",
                        "{\"b\":{\"c\":null}}",
                    ]);
                    format!("\"{}\"{blank}:{blank}{}", keys[number], value.unwrap())
                })
                .collect();
            let mut json = format!("{{{}}}", fields.join(","));
            if random.u8(..10) == 0 {
                let at = random.usize(0..json.len());
                if json.is_char_boundary(at) {
                    json.insert(at, random.choice(['"', ':', 'a', ' ', '\\']).unwrap());
                }
            }
            json
        })
        .collect();
    let mut same = Slots::default();
    for json in &lines {
        let read = projection.read(json, &mut same);
        let mut other = Slots::default();
        assert_eq!(read, projection.read_general(json, &mut other), "{json}");
        if read.is_ok() {
            assert_eq!(same[..], other[..], "{json}");
        }
    }
}
