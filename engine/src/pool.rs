//! Memory to be used again.

/// The most of a kind that is kept: what a batch of states takes, but not what ever was at once.
const MOST: usize = 4_096;

/// Memory of one kind that was used before.
#[derive(Debug)]
pub(crate) struct Pool<T>(Vec<T>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Pool(Vec::new())
    }
}

impl<T> Pool<T> {
    pub(crate) fn put(&mut self, memory: T) {
        if self.0.len() < MOST {
            self.0.push(memory);
        }
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        self.0.pop()
    }
}

impl<T> Pool<Box<T>> {
    /// Puts a value into such memory.
    pub(crate) fn boxed(&mut self, value: T) -> Box<T> {
        match self.take() {
            Some(mut place) => {
                *place = value;
                place
            }
            None => Box::new(value),
        }
    }
}
