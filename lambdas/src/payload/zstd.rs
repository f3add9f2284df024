//! Zstandard streams: frame after frame, in bounded memory.

use std::error::Error;
use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

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
    window: u64,
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
    /// The stream broke off; what was decoded until then is given out before this is told.
    broke_off: bool,
}

impl<R: BufRead> Frames<R> {
    /// Reads frames that ask for a window of at most so many bytes, which is about the memory that they take.
    pub fn new(source: R, window: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(window);
        Self {
            window,
            source,
            decoder,
            in_frame: false,
            broke_off: false,
        }
    }

    /// Reads the next frame's header; passes over a frame that is to be skipped.
    fn begin(&mut self) -> io::Result<()> {
        match self.decoder.init(&mut self.source) {
            Ok(()) => {
                self.in_frame = true;
                Ok(())
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = u64::from(length);
                let skipped = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
                if skipped < length {
                    return Err(breaks_off());
                }
                Ok(())
            }
            Err(error) => Err(readable(error, self.window)),
        }
    }

    /// Decodes one block of the frame.
    fn block(&mut self) -> io::Result<()> {
        let one = BlockDecodingStrategy::UptoBlocks(1);
        let Err(error) = self.decoder.decode_blocks(&mut self.source, one) else {
            return Ok(());
        };
        let error = readable(error, self.window);
        if error.kind() != io::ErrorKind::UnexpectedEof || self.broke_off {
            return Err(error);
        }
        // The decoder holds a window's worth of text back until the frame ends, so we end it: an
        // empty last block and any checksum.
        self.broke_off = true;
        self.decoder
            .decode_blocks(&[1, 0, 0, 0, 0, 0, 0][..], BlockDecodingStrategy::All)
            .map_err(|error| readable(error, self.window))?;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if self.broke_off {
            return Err(breaks_off());
        }
        self.in_frame = false;
        let written = self.decoder.get_checksum_from_data();
        if written.is_some() && written != self.decoder.get_calculated_checksum() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the checksum of a zstd frame is wrong",
            ));
        }
        Ok(())
    }

    fn at_end(&mut self) -> io::Result<bool> {
        loop {
            match self.source.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return Ok(other?.is_empty()),
            }
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.in_frame && self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.in_frame && self.decoder.is_finished() {
                self.end()?;
            } else if self.in_frame {
                self.block()?;
            } else if self.at_end()? {
                return Ok(0);
            } else {
                self.begin()?;
            }
        }
    }
}

fn breaks_off() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "it breaks off within a zstd frame",
    )
}

/// Says what is wrong in words for those who have the file, not the decoder.
fn readable(error: FrameDecoderError, window: u64) -> io::Error {
    if let FrameDecoderError::WindowSizeTooBig { requested, .. } = error {
        let message = format!(
            "a zstd frame asks for a window of {} MiB, and {} MiB is the most",
            requested >> 20,
            window >> 20
        );
        return io::Error::new(io::ErrorKind::InvalidData, message);
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(one) = cause {
        match one.downcast_ref::<io::Error>() {
            Some(read) if read.kind() == io::ErrorKind::UnexpectedEof => return breaks_off(),
            // Reading failed, not decoding.
            Some(read) if read.raw_os_error().is_some() => {
                return io::Error::new(read.kind(), read.to_string());
            }
            _ => cause = one.source(),
        }
    }
    io::Error::new(io::ErrorKind::InvalidData, format!("no zstd: {error}"))
}

#[cfg(test)]
#[path = "zstd_tests.rs"]
mod tests;
