//! Reading ahead: pieces that a thread of its own reads while those before are worked on.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::{Buffered, READ_BYTES};

/// How many pieces wait at most.
const WAITING: usize = 16;

/// What another thread reads, piece by piece.
pub(super) struct Pieces {
    /// Of each piece its bytes; an empty one is the end.
    pieces: Receiver<io::Result<Vec<u8>>>,
    present: Vec<u8>,
    taken: usize,
    is_at_end: bool,
}

impl Pieces {
    /// Has a thread read a source; it ends with the source, or once nobody takes what it reads.
    pub(super) fn ahead_of(source: impl Read + Send + 'static) -> io::Result<Pieces> {
        let (sender, pieces) = sync_channel(WAITING);
        let thread = thread::Builder::new().name("decompressing".to_owned());
        thread.spawn(move || read_all(source, &sender))?;
        Ok(Pieces {
            pieces,
            present: Vec::new(),
            taken: 0,
            is_at_end: false,
        })
    }

    fn receive(&mut self) -> io::Result<()> {
        let ended = |_| io::Error::other("what reads ahead has ended before its time");
        self.taken = self.present.len();
        let piece = self.pieces.recv().map_err(ended).flatten();
        if !matches!(&piece, Ok(piece) if !piece.is_empty()) {
            self.is_at_end = true;
        }
        self.present = piece?;
        self.taken = 0;
        Ok(())
    }
}

/// Sends what a source gives, as it comes, and its end or why it cannot be read any further.
fn read_all(mut source: impl Read, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = vec![0; READ_BYTES];
        let read = match source.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read,
        };
        let is_last = !matches!(read, Ok(1..));
        let sent = sender.send(read.map(|length| {
            piece.truncate(length);
            piece
        }));
        if is_last || sent.is_err() {
            return;
        }
    }
}

impl Buffered for Pieces {
    fn buffered(&self) -> &[u8] {
        &self.present[self.taken..]
    }
}

impl BufRead for Pieces {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.present.len() && !self.is_at_end {
            self.receive()?;
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, amount: usize) {
        self.taken = self.present.len().min(self.taken + amount);
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
