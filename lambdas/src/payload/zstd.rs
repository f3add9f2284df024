//! Zstandard streams: frame after frame, in bounded memory.

use std::io::{self, BufRead, Read};

use zstd::stream::read::Decoder;

/// How many bytes tell whether a stream is Zstandard.
pub const MAGIC_BYTES: usize = 4;

/// Whether a stream with these first bytes begins with a frame, of data or to be skipped.
pub fn begins(head: &[u8]) -> bool {
    matches!(
        head,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]
    )
}

/// Decompresses all frames of a stream.
pub struct Frames<R> {
    /// The largest window that a frame may ask for, as a power of two.
    window_log: u32,
    decoder: Decoder<'static, R>,
}

impl<R: BufRead> Frames<R> {
    /// Reads frames that ask for a window of at most 2 to the power of so many bytes, which is about the memory that they take.
    ///
    /// # Errors
    ///
    /// If there is no memory for a decoder.
    pub fn new(source: R, window_log: u32) -> io::Result<Self> {
        let mut decoder = Decoder::with_buffer(source)?;
        decoder.window_log_max(window_log)?;
        Ok(Self {
            window_log,
            decoder,
        })
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buffer);
        read.map_err(|error| readable(error, self.window_log))
    }
}

/// Says what is wrong in words for those who have the file, not the decoder.
fn readable(error: io::Error, window_log: u32) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return io::Error::new(error.kind(), "it breaks off within a zstd frame");
    }
    // Reading failed, not decoding.
    if error.raw_os_error().is_some() {
        return error;
    }
    let message = match error.to_string().as_str() {
        "Frame requires too much memory for decoding" => {
            let most = (1_u64 << window_log) >> 20;
            format!("a zstd frame asks for a window of more than {most} MiB")
        }
        "Restored data doesn't match checksum" => "the checksum of a zstd frame is wrong".into(),
        other => format!("no zstd: {other}"),
    };
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
#[path = "zstd_tests.rs"]
mod tests;
