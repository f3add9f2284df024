//! Quarantine: what is kept of records and events that cannot be used.

use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tripline_engine::Time;

/// The longest payload that is kept, compressed; of a longer one there is its place in the stream.
pub const MAX_PACKED_BYTES: usize = 350_000;

/// A record, or one event of it, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The shard.
    pub shard: Arc<str>,
    /// The record's place in the shard, and that of the event in the record: with the shard, what names it.
    pub position: String,
    /// When it arrived in the stream.
    pub arrival: Option<Time>,
    /// What is wrong with it.
    pub reason: String,
    /// The whole record, or the event.
    pub payload: Vec<u8>,
    /// The key that spread the record to its shard, so that it can be sent again.
    pub partition_key: Option<String>,
}

impl Quarantined {
    /// The payload as it is stored, unless it is too long for that.
    pub fn packed(&self) -> Option<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        // Writing to memory does not fail.
        encoder.write_all(&self.payload).ok()?;
        let packed = encoder.finish().ok()?;
        (packed.len() <= MAX_PACKED_BYTES).then_some(packed)
    }
}

/// The payload that [`Quarantined::packed`] packed.
///
/// # Errors
///
/// If the bytes are none.
pub fn unpacked(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut payload = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut payload)?;
    Ok(payload)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Quarantined, unpacked};

    #[test]
    fn what_is_too_long_even_compressed_is_not_kept() {
        let mut quarantined = Quarantined {
            shard: "shard".into(),
            position: "1".into(),
            arrival: None,
            reason: "not JSON".into(),
            payload: vec![b'x'; 10 << 20],
            partition_key: None,
        };
        let packed = quarantined.packed().unwrap();
        assert_eq!(unpacked(&packed).unwrap(), quarantined.payload);
        let mut random = fastrand::Rng::with_seed(1);
        quarantined.payload.fill_with(|| random.u8(..));
        assert_eq!(quarantined.packed(), None);
    }
}
