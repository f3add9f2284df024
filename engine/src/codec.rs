//! Stored state: a magic, a version, the fingerprint of what it belongs to, the state itself, and a checksum
//! of it all, so that damage which leaves a readable state is not taken for one.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::program::{AggregateRule, AlertRule};
use crate::row::Row;
use crate::state::{KeyState, Spare};
use crate::store::Input;
use crate::time::Time;
use crate::wire;

const VERSION: u8 = 1;
const KEY_MAGIC: [u8; 4] = *b"TLk1";
const INPUT_MAGIC: [u8; 4] = *b"TLi1";
const DEFINITION_MAGIC: [u8; 4] = *b"TLd1";
const ROW_MAGIC: [u8; 4] = *b"TLr1";
const HEADER: usize = 4 + 1 + 16;

/// Why stored bytes cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodecError {
    /// They are not state of this kind.
    Foreign,
    /// A newer version wrote them.
    Newer(u8),
    /// They belong to another definition of the rule.
    OtherRule,
    /// They are damaged.
    Corrupt,
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CodecError::Foreign => f.write_str("not state of Tripline"),
            CodecError::Newer(version) => {
                write!(
                    f,
                    "state of version {version}, and this program knows versions up to {VERSION}"
                )
            }
            CodecError::OtherRule => f.write_str("state of another definition of the rule"),
            CodecError::Corrupt => f.write_str("damaged state"),
        }
    }
}

impl std::error::Error for CodecError {}

impl KeyState {
    /// Writes the state of a key of `rule`.
    pub fn encode(&self, rule: &AlertRule) -> Vec<u8> {
        seal(KEY_MAGIC, &rule.fingerprint, |bytes| self.write(bytes))
    }

    /// Reads what [`KeyState::encode`] wrote for the same definition of the rule.
    pub fn decode(bytes: &[u8], rule: &AlertRule) -> Result<KeyState, CodecError> {
        let state = decode_state(&rule.fingerprint, bytes)?;
        if state.fits(rule) {
            Ok(state)
        } else {
            Err(CodecError::Corrupt)
        }
    }
}

impl Row {
    /// Writes a row of `rule`.
    pub fn encode(&self, rule: &AggregateRule) -> Vec<u8> {
        encode(ROW_MAGIC, &rule.fingerprint, self)
    }

    /// Reads what [`Row::encode`] wrote for the same definition of the rule.
    pub fn decode(bytes: &[u8], rule: &AggregateRule) -> Result<Row, CodecError> {
        let row: Row = decode(ROW_MAGIC, &rule.fingerprint, bytes)?;
        if row.fits(rule) {
            Ok(row)
        } else {
            Err(CodecError::Corrupt)
        }
    }
}

impl AggregateRule {
    /// Writes the fingerprint, for a store that keeps it beside the rows.
    pub fn encode_fingerprint(&self) -> Vec<u8> {
        encode_definition(&self.fingerprint, &())
    }

    /// Reads what [`AggregateRule::encode_fingerprint`] wrote.
    ///
    /// # Errors
    ///
    /// If the bytes are none, or a newer version wrote them.
    pub fn decode_fingerprint(bytes: &[u8]) -> Result<[u8; 16], CodecError> {
        decode_definition::<()>(bytes).map(|(fingerprint, ())| fingerprint)
    }
}

impl Input {
    /// Writes the state of the input.
    pub fn encode(&self) -> Vec<u8> {
        encode(INPUT_MAGIC, &[0; 16], self)
    }

    /// Reads what [`Input::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Input, CodecError> {
        let input: Input = decode(INPUT_MAGIC, &[0; 16], bytes)?;
        if input.progress.is_none_or(Time::is_reachable) {
            Ok(input)
        } else {
            Err(CodecError::Corrupt)
        }
    }
}

/// Reads the state of a key, whose rule need not be known.
pub(crate) fn decode_state(fingerprint: &[u8; 16], bytes: &[u8]) -> Result<KeyState, CodecError> {
    let mut body = open(KEY_MAGIC, fingerprint, bytes)?;
    // What is stored is the state of one alert.
    match KeyState::read(&mut body, 0, &mut Spare::default()) {
        Some(state) if body.is_empty() => Ok(state),
        _ => Err(CodecError::Corrupt),
    }
}

pub(crate) fn encode_definition(fingerprint: &[u8; 16], definition: &impl Serialize) -> Vec<u8> {
    encode(DEFINITION_MAGIC, fingerprint, definition)
}

/// Reads a definition and the fingerprint that it was written with.
pub(crate) fn decode_definition<T: DeserializeOwned>(
    bytes: &[u8],
) -> Result<([u8; 16], T), CodecError> {
    let mut fingerprint = [0; 16];
    match bytes.get(HEADER - 16..HEADER) {
        Some(stored) => fingerprint.copy_from_slice(stored),
        None => return Err(CodecError::Foreign),
    }
    Ok((fingerprint, decode(DEFINITION_MAGIC, &fingerprint, bytes)?))
}

fn encode<T: Serialize>(magic: [u8; 4], fingerprint: &[u8; 16], state: &T) -> Vec<u8> {
    seal(magic, fingerprint, |bytes| wire::put(bytes, state))
}

fn decode<T: DeserializeOwned>(
    magic: [u8; 4],
    fingerprint: &[u8; 16],
    bytes: &[u8],
) -> Result<T, CodecError> {
    let mut body = open(magic, fingerprint, bytes)?;
    match wire::take(&mut body) {
        Some(state) if body.is_empty() => Ok(state),
        _ => Err(CodecError::Corrupt),
    }
}

/// Writes a body between a header and a checksum.
fn seal(magic: [u8; 4], fingerprint: &[u8; 16], body: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend_from_slice(&magic);
    bytes.push(VERSION);
    bytes.extend_from_slice(fingerprint);
    body(&mut bytes);
    let checksum = crc32fast::hash(&bytes).to_le_bytes();
    bytes.extend_from_slice(&checksum);
    bytes
}

/// The body of what [`seal`] wrote.
fn open<'b>(
    magic: [u8; 4],
    fingerprint: &[u8; 16],
    bytes: &'b [u8],
) -> Result<&'b [u8], CodecError> {
    let whole = bytes.split_last_chunk();
    let split = whole.and_then(|(whole, checksum)| {
        let (header, body) = whole.split_at_checked(HEADER)?;
        Some((
            header,
            body,
            crc32fast::hash(whole) == u32::from_le_bytes(*checksum),
        ))
    });
    let Some((header, body, is_whole)) = split else {
        return Err(CodecError::Foreign);
    };
    if header[..4] != magic {
        return Err(CodecError::Foreign);
    }
    match header[4] {
        VERSION => {}
        newer if newer > VERSION => return Err(CodecError::Newer(newer)),
        _ => return Err(CodecError::Corrupt),
    }
    if !is_whole {
        return Err(CodecError::Corrupt);
    }
    if header[5..] != fingerprint[..] {
        return Err(CodecError::OtherRule);
    }
    Ok(body)
}
