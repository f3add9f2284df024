//! Calls that go on side by side, in an order drawn from a seed.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// A call under way.
pub type Task<'t, T> = Pin<Box<dyn Future<Output = T> + 't>>;

/// Calls under way, each with a tag.
pub struct Tasks<'t, Tag, T> {
    tasks: Vec<(Tag, Task<'t, T>)>,
}

impl<Tag, T> Default for Tasks<'_, Tag, T> {
    fn default() -> Self {
        Tasks { tasks: Vec::new() }
    }
}

impl<'t, Tag, T> Tasks<'t, Tag, T> {
    /// Begins a call.
    pub fn start(&mut self, tag: Tag, task: impl Future<Output = T> + 't) {
        self.tasks.push((tag, Box::pin(task)));
    }

    /// The tags of the calls under way.
    pub fn tags(&self) -> impl Iterator<Item = &Tag> {
        self.tasks.iter().map(|(tag, _)| tag)
    }

    /// How many calls are under way.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Lets one of the calls go on to its next pause; gives what it gave if that was its end.
    pub fn poll_one(&mut self, random: &mut fastrand::Rng) -> Option<(Tag, T)> {
        let at = random.usize(..self.tasks.len());
        let mut context = Context::from_waker(Waker::noop());
        match self.tasks[at].1.as_mut().poll(&mut context) {
            Poll::Pending => None,
            Poll::Ready(given) => Some((self.tasks.swap_remove(at).0, given)),
        }
    }
}

/// Lets others go on first.
pub async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        if paused {
            return Poll::Ready(());
        }
        paused = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Lets a call go on to its end.
pub fn finish<T>(task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(given) = task.as_mut().poll(&mut context) {
            return given;
        }
    }
}
