use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// Reads everything, writing each line as one word and its text: the same if what is compressed is decompressed ahead.
fn read(bytes: &[u8], limit: usize) -> Vec<String> {
    let [asked, ahead] = [as_asked, ahead].map(|decoding: Decoding| {
        let source = Cursor::new(bytes.to_vec());
        lines_of(decompressed(source, decoding).unwrap(), limit)
    });
    assert_eq!(asked, ahead);
    asked
}

fn lines_of(reader: Box<dyn Buffered>, limit: usize) -> Vec<String> {
    let mut lines = Lines::new(reader, limit);
    let mut buffer = Vec::new();
    let mut found = Vec::new();
    loop {
        lines.at_hand(&mut buffer, 2, |number, _, line| {
            found.push(format!("{number} {}", String::from_utf8_lossy(line)));
        });
        let line = lines.next(&mut buffer);
        let text = |range: Range<usize>| String::from_utf8_lossy(&buffer[range]).into_owned();
        match line {
            Line::Whole(number, range) => found.push(format!("{number} {}", text(range))),
            Line::TooLong(number, range, bytes) => {
                found.push(format!("{number} too long: {bytes}, keeps {}", range.len()));
            }
            Line::Broken(number, range, error) => {
                found.push(format!(
                    "{number} broken: {}, {:?}",
                    text(range),
                    error.kind()
                ));
                return found;
            }
            Line::End => return found,
        }
    }
}

fn zstd_of(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).unwrap()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn lines_end_with_newline_return_or_the_file() {
    assert_eq!(read(b"", 9), [""; 0]);
    assert_eq!(read(b"a\r\n\nb", 9), ["1 a", "2 ", "3 b"]);
    assert_eq!(
        read(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", 9),
        ["1 a", "2 \u{feff}b"]
    );
    assert_eq!(read(b"\xff\n", 9), ["1 \u{fffd}"]);
}

#[test]
fn lines_over_the_limit_are_passed_over() {
    assert_eq!(
        read(b"1\n2\n3\r\n12345\n\n6\n123456\n8\n9\n0", 4),
        [
            "1 1",
            "2 2",
            "3 3",
            "4 too long: 5, keeps 5",
            "5 ",
            "6 6",
            "7 too long: 6, keeps 5",
            "8 8",
            "9 9",
            "10 0"
        ]
    );
    assert_eq!(
        read(b"12345\n1234\n123456", 4),
        ["1 too long: 5, keeps 5", "2 1234", "3 too long: 6, keeps 5"]
    );
    let long = [vec![b'x'; 3 << 20], b"\nb\n".to_vec()].concat();
    assert_eq!(
        read(&long, 1 << 20),
        ["1 too long: 3145728, keeps 4096", "2 b"]
    );
}

#[test]
fn a_long_line_is_never_held_whole() {
    let mut lines = Lines::new(BufReader::new(io::repeat(b'x').take(50 << 20)), 1 << 20);
    let mut buffer = Vec::new();
    assert!(matches!(
        lines.next(&mut buffer),
        Line::TooLong(1, _, 52_428_800)
    ));
    assert!(buffer.capacity() < 4 << 20, "{}", buffer.capacity());
}

#[test]
fn gzip_is_known_by_its_first_bytes() {
    assert_eq!(read(&gzip(b"a\nb\n"), 9), ["1 a", "2 b"]);
    assert_eq!(
        read(&[gzip(b"a\nb"), gzip(b"c\n")].concat(), 9),
        ["1 a", "2 bc"]
    );
    assert_eq!(read(&gzip(b""), 9), [""; 0]);
    assert_eq!(read(b"\x1f", 9), ["1 \u{1f}"]);
}

#[test]
fn zstd_is_known_by_its_first_bytes() {
    assert_eq!(read(&zstd_of(b"a\nb\n"), 9), ["1 a", "2 b"]);
    assert_eq!(
        read(&[zstd_of(b"a\nb"), zstd_of(b"c\n")].concat(), 9),
        ["1 a", "2 bc"]
    );
    assert_eq!(read(&zstd_of(b""), 9), [""; 0]);
    assert_eq!(read(b"(\xb5/", 9), ["1 (\u{fffd}/"]);
    let whole = zstd_of(b"a\nb\n");
    assert_eq!(read(&whole[..6], 9), ["1 broken: , UnexpectedEof"]);
}

#[test]
fn what_comes_before_a_cut_in_gzip_is_read() {
    let text: String = (0..2_000)
        .map(|number| format!("{}\n", number * 7_919 % 10_007))
        .collect();
    let whole = gzip(text.as_bytes());
    let cut = read(&whole[..whole.len() / 2], 99);
    let (last, before) = cut.split_last().unwrap();
    assert!(
        last.contains("broken") && last.ends_with("UnexpectedEof"),
        "{last}"
    );
    assert!(before.len() > 100);
    assert_eq!(before, &read(text.as_bytes(), 99)[..before.len()]);
    assert_eq!(read(&whole[..5], 99), ["1 broken: , UnexpectedEof"]);
    // A wrong checksum is told at the end.
    let mut wrong = whole.clone();
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    assert!(
        read(&wrong, 99)
            .last()
            .unwrap()
            .starts_with("2001 broken: , ")
    );
}

#[test]
fn folders_are_read_in_path_order() {
    let folder = std::env::temp_dir().join(format!("tripline-input-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    for name in [
        "b.ndjson",
        "a/z.json.gz",
        "a/y.jsonl",
        "a/x.ndjson.zst",
        "a.ndjson",
        "a.gz",
        "a.ndjson.zst.gz",
        ".hidden.json",
        ".git/c.json",
        "notes.txt",
    ] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{}\n").unwrap();
    }
    let empty = folder.join("empty");
    fs::create_dir(&empty).unwrap();

    let arguments = [folder.clone(), "-".into(), folder.join("notes.txt")];
    let inputs = expand(&arguments).unwrap();
    let prefix = format!("{}/", folder.display());
    let names: Vec<_> = inputs
        .iter()
        .map(|input| input.name.replace(&prefix, "").replace('\\', "/"))
        .collect();
    assert_eq!(
        names,
        [
            "a/x.ndjson.zst",
            "a/y.jsonl",
            "a/z.json.gz",
            "a.ndjson",
            "b.ndjson",
            "-",
            "notes.txt"
        ]
    );

    let message = |result: Result<Vec<Input>, Failure>| match result {
        Err(Failure::Message(message)) => message,
        other => panic!("{other:?}"),
    };
    assert!(message(expand(&[empty])).starts_with("no event files in "));
    assert!(message(expand(&[folder.join("missing")])).contains("missing: No such file"));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_decoder_that_panics_ahead_is_no_end() {
    struct Panics(bool);
    impl Read for Panics {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(!std::mem::replace(&mut self.0, true), "what a test is for");
            buffer[..4].copy_from_slice(b"a\nb\n");
            Ok(4)
        }
    }
    let reader = ahead(Box::new(Panics(false))).unwrap();
    assert_eq!(lines_of(reader, 9), ["1 a", "2 b", "3 broken: , Other"]);
}
