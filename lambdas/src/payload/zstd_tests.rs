use super::*;

/// What the `zstd` command writes and reads unless it is told to take more.
const WINDOW_LOG: u32 = 27;

/// The digits 0 to 9, a line each, a hundred times, as the `zstd` command compresses them.
const DIGITS: [u8; 41] = [
    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0xe5, 0x00, 0x00, 0xa0, 0x30, 0x0a, 0x31, 0x0a, 0x32, 0x0a,
    0x33, 0x0a, 0x34, 0x0a, 0x35, 0x0a, 0x36, 0x0a, 0x37, 0x0a, 0x38, 0x0a, 0x39, 0x0a, 0x01, 0x00,
    0x72, 0xbf, 0x7f, 0x32, 0x01, 0x18, 0x67, 0x66, 0x8f,
];
const SKIPPED: [u8; 11] = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, b'x', b'y', b'z'];

fn digits() -> Vec<u8> {
    b"0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n".repeat(100)
}

/// What can be read, and the error that ends it.
fn read(bytes: &[u8]) -> (Vec<u8>, Option<io::Error>) {
    let mut frames = Frames::new(bytes, WINDOW_LOG).unwrap();
    let mut found = Vec::new();
    let error = frames.read_to_end(&mut found).err();
    (found, error)
}

/// Numbers that do not compress to nothing, over many blocks.
fn numbers() -> Vec<u8> {
    (0_u64..150_000)
        .map(|number| format!("{}\n", number * 7_919 % 100_003))
        .collect::<String>()
        .into_bytes()
}

#[test]
fn frames_are_read_one_after_the_other() {
    assert!(begins(&DIGITS) && begins(&SKIPPED) && !begins(b"(\xb5/") && !begins(b"[{\"a"));
    for parts in [
        &[&DIGITS[..]][..],
        &[&DIGITS, &DIGITS],
        &[&SKIPPED, &DIGITS, &SKIPPED, &SKIPPED, &DIGITS, &SKIPPED],
        &[&SKIPPED],
    ] {
        let (found, error) = read(&parts.concat());
        let frames = parts.iter().filter(|part| **part == DIGITS).count();
        assert!(error.is_none(), "{error:?}");
        assert_eq!(found, digits().repeat(frames));
    }
    let numbers = numbers();
    let whole = zstd::encode_all(&numbers[..], 1).unwrap();
    assert!(read(&whole).0 == numbers);
}

#[test]
fn what_comes_before_a_cut_is_read() {
    let numbers = numbers();
    let whole = zstd::encode_all(&numbers[..], 1).unwrap();
    let (found, error) = read(&whole[..whole.len() * 3 / 4]);
    assert_eq!(
        error.map(|error| error.kind()),
        Some(io::ErrorKind::UnexpectedEof)
    );
    assert!(found.len() > 50_000, "{}", found.len());
    assert!(numbers.starts_with(&found));
    for stream in [&DIGITS[..], &SKIPPED] {
        for length in 1..stream.len() {
            let (_, error) = read(&stream[..length]);
            let error = error.map(|error| error.to_string());
            assert_eq!(
                error.as_deref(),
                Some("it breaks off within a zstd frame"),
                "{length}"
            );
        }
    }
}

#[test]
fn damage_is_told() {
    let after = [&DIGITS[..], b"no frame"].concat();
    let (found, error) = read(&after);
    assert_eq!((found, error.is_some()), (digits(), true));
    let mut wrong = DIGITS;
    wrong[10] = b'x';
    let (_, error) = read(&wrong);
    assert_eq!(
        error.map(|error| error.to_string()).as_deref(),
        Some("the checksum of a zstd frame is wrong")
    );
    // Whatever the bytes are, there is an end, and an error or the text.
    for at in 4..DIGITS.len() {
        for value in 0..=255 {
            let mut changed = DIGITS;
            changed[at] = value;
            let (found, error) = read(&changed);
            assert!(error.is_some() || found == digits(), "{at} {value}");
        }
    }
}

#[test]
fn a_window_of_gigabytes_is_refused() {
    // A descriptor without content size, then the window: 2^(10 + e) bytes.
    let asks = |exponent: u8| [0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3, 0x0b, 0, 0, b'a'];
    let refused = |exponent| read(&asks(exponent)).1.map(|error| error.to_string());
    assert_eq!(refused(17), None);
    assert_eq!(
        refused(18).as_deref(),
        Some("a zstd frame asks for a window of more than 128 MiB")
    );
    assert!(refused(21).is_some() && refused(31).is_some());
    // A single segment of 2^40 bytes.
    let segment = [
        0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0,
    ];
    assert!(
        read(&segment)
            .1
            .is_some_and(|error| error.to_string().contains("more than 128 MiB"))
    );
}
