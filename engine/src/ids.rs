//! Hashes that name things: SHA-256 over length-prefixed fields, its first 128 bits.

use sha2::{Digest, Sha256};

use crate::output::Status;

/// Hashes fields, each preceded by its length as eight big-endian bytes.
pub(crate) fn hash(fields: &[&[u8]]) -> [u8; 16] {
    let mut sha = Sha256::new();
    for field in fields {
        sha.update((field.len() as u64).to_be_bytes());
        sha.update(field);
    }
    let mut first = [0; 16];
    first.copy_from_slice(&sha.finalize()[..16]);
    first
}

/// Names the message with this ordinal among those of one status in an episode.
pub(crate) fn notification(episode: &[u8; 16], status: Status, ordinal: u32) -> [u8; 16] {
    hash(&[
        episode,
        status.to_string().as_bytes(),
        &ordinal.to_be_bytes(),
    ])
}

/// Names several messages that are sent as one, whatever their order: a hash of their sorted ids.
pub fn group_id(notifications: &mut [&str]) -> String {
    notifications.sort_unstable();
    let fields: Vec<&[u8]> = notifications.iter().map(|id| id.as_bytes()).collect();
    hex(&hash(&fields))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
