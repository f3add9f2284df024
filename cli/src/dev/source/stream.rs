//! A Kinesis stream: all its shards side by side, each from where it was read to; a shard only after those that it came of.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tripline_engine::Time;
use tripline_lambdas::aws::{Begin, ListedShard, ShardRead, Shards, Unread};

use super::{End, Feed};
use crate::dev::pipeline::Clock;
use crate::failure::Failure;

/// A shard may be read five times a second.
const PAUSE: Duration = Duration::from_millis(250);
/// How long is waited where nothing came.
const REST: Duration = Duration::from_secs(1);
/// How long is waited at most before another try.
const LONGEST: Duration = Duration::from_secs(30);

/// A stream.
pub(in crate::dev) struct Stream {
    pub(in crate::dev) name: String,
    pub(in crate::dev) shards: Shards,
    /// Whether to begin with what the stream still holds, where nothing has been read before.
    pub(in crate::dev) oldest: bool,
    /// How far the shards were read before.
    pub(in crate::dev) from: Option<Position>,
}

/// How far each shard has been read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(in crate::dev) struct Position(BTreeMap<String, Place>);

/// How far a shard has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    /// Not at all: with what it holds when it is.
    Oldest,
    /// Up to the record of this sequence number.
    After(String),
    /// To its end.
    End,
}

/// The shards, and what is to be read of them.
#[derive(Debug, Default)]
struct Track {
    places: Position,
    parents: BTreeMap<String, Vec<String>>,
    iterators: BTreeMap<String, String>,
    /// Shards that are read from now on, as long as nothing has come.
    latest: Vec<String>,
}

impl Track {
    /// Takes note of the shards that there are.
    fn list(&mut self, listed: Vec<ListedShard>, is_first: bool, oldest: bool) {
        let known = |id: &String| listed.iter().any(|shard| shard.id == *id);
        // What is in the list no more holds nothing more.
        self.places.0.retain(|id, _| known(id));
        for shard in listed {
            if !self.places.0.contains_key(&shard.id) {
                if is_first && !oldest {
                    self.latest.push(shard.id.clone());
                }
                // What is new since came of a shard that was read to its end.
                self.places.0.insert(shard.id.clone(), Place::Oldest);
            }
            self.parents.insert(shard.id, shard.parents);
        }
    }

    /// The shards to be read now, each with where to begin.
    fn ready(&self) -> Vec<(String, Begin)> {
        let is_over = |id: &String| matches!(self.places.0.get(id), None | Some(Place::End));
        let mut ready = Vec::new();
        for (id, place) in &self.places.0 {
            let begin = match place {
                Place::End => continue,
                Place::After(sequence) => Begin::After(sequence.clone()),
                Place::Oldest if self.latest.contains(id) => Begin::Latest,
                Place::Oldest => Begin::Oldest,
            };
            if self
                .parents
                .get(id)
                .is_none_or(|parents| parents.iter().all(is_over))
            {
                ready.push((id.clone(), begin));
            }
        }
        ready
    }

    /// Takes note of what a shard gave; says whether it is at its end.
    fn took(&mut self, id: &str, read: &ShardRead) -> bool {
        if let Some(last) = read.records.last() {
            let after = Place::After(last.sequence.clone());
            self.places.0.insert(id.to_owned(), after);
            self.latest.retain(|latest| latest != id);
        }
        match &read.next {
            Some(next) => {
                self.iterators.insert(id.to_owned(), next.clone());
                false
            }
            None => {
                self.iterators.remove(id);
                self.places.0.insert(id.to_owned(), Place::End);
                true
            }
        }
    }

    fn position(&self) -> String {
        serde_json::to_string(&self.places).unwrap_or_default()
    }
}

impl Stream {
    pub(in crate::dev) fn read(&self, feed: &Feed) -> Result<(), End> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Message(format!("cannot start: {error}")))?;
        let mut track = Track {
            places: self.from.clone().unwrap_or_default(),
            ..Track::default()
        };
        let mut is_first = self.from.is_none();
        let mut is_listed = false;
        let mut failures = 0_u32;
        loop {
            let turn = self.turn(&runtime, feed, &mut track, &mut is_listed, &mut is_first);
            let pause = match turn? {
                Turn::Some => PAUSE,
                Turn::Nothing => {
                    feed.tick(Clock::Live)?;
                    REST
                }
                Turn::Failed(reason) => {
                    failures += 1;
                    let wait = PAUSE.saturating_mul(1 << failures.min(7)).min(LONGEST);
                    // No two readers of a stream come back at once.
                    let wait = wait.mul_f64(0.5 + 0.5 * fastrand::f64());
                    let seconds = wait.as_secs_f64();
                    feed.tell("retrying", format!("{reason}; again in {seconds:.0} s"));
                    feed.wait(wait)?;
                    continue;
                }
            };
            if failures > 0 {
                failures = 0;
                feed.tell("running", format!("the stream {}", self.name));
            }
            feed.wait(pause)?;
        }
    }

    /// Reads each shard once.
    fn turn(
        &self,
        runtime: &Runtime,
        feed: &Feed,
        track: &mut Track,
        is_listed: &mut bool,
        is_first: &mut bool,
    ) -> Result<Turn, End> {
        if !*is_listed {
            match runtime.block_on(self.shards.list()) {
                Ok(listed) => {
                    let number = listed.len() as u64;
                    track.list(listed, *is_first, self.oldest);
                    (*is_listed, *is_first) = (true, false);
                    let shards = crate::terminal::counted(number, "shard");
                    feed.tell("running", format!("the stream {}, {shards}", self.name));
                }
                Err(reason) => return self.failed(reason),
            }
        }
        let ready = track.ready();
        let reads = runtime.block_on(join_all(ready.iter().map(|(id, begin)| {
            let known = track.iterators.get(id).cloned();
            async move {
                let iterator = match known {
                    Some(known) => Some(known),
                    None => self.shards.iterator(id, begin).await?,
                };
                match iterator {
                    Some(iterator) => self.shards.read(&iterator).await,
                    // A closed shard of which nothing is left.
                    None => Ok(ShardRead::default()),
                }
            }
        })));
        let mut turn = Turn::Nothing;
        for ((id, _), read) in ready.iter().zip(reads) {
            match read {
                Ok(read) => {
                    let ended = track.took(id, &read);
                    *is_listed &= !ended;
                    if !read.records.is_empty() || ended {
                        let records = read.records.into_iter();
                        let records = records.map(|one| (one.data, one.arrival.map(Time)));
                        feed.send_arrived(records.collect(), track.position())?;
                        turn = turn.some();
                    }
                }
                Err(Unread::Expired) => {
                    track.iterators.remove(id);
                }
                // The list says which there are instead, or that there is no stream.
                Err(Unread::Gone(_)) => {
                    track.iterators.remove(id);
                    *is_listed = false;
                }
                Err(reason) => turn = self.failed(reason)?,
            }
        }
        Ok(turn)
    }

    fn failed(&self, reason: Unread) -> Result<Turn, End> {
        match reason {
            Unread::Expired => Ok(Turn::Nothing),
            Unread::Busy(reason) => Ok(Turn::Failed(reason)),
            Unread::Gone(reason) | Unread::Lasting(reason) => Err(End::Failed(Failure::Message(
                format!("cannot read the stream {}: {reason}", self.name),
            ))),
        }
    }
}

/// What came of reading each shard once.
enum Turn {
    Some,
    Nothing,
    Failed(String),
}

impl Turn {
    /// Something came, unless something failed as well.
    fn some(self) -> Turn {
        match self {
            Turn::Nothing => Turn::Some,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use tripline_lambdas::aws::{Begin, ListedShard, ShardRead, ShardRecord};

    use super::{Position, Track};

    fn shard(id: &str, parents: &[&str]) -> ListedShard {
        ListedShard {
            id: id.to_owned(),
            parents: parents.iter().map(ToString::to_string).collect(),
        }
    }

    fn read(sequence: Option<&str>, next: Option<&str>) -> ShardRead {
        let record = |sequence: &str| ShardRecord {
            sequence: sequence.to_owned(),
            arrival: None,
            data: Vec::new(),
        };
        ShardRead {
            records: sequence.map(record).into_iter().collect(),
            next: next.map(str::to_owned),
        }
    }

    #[test]
    fn children_are_read_after_their_parents_and_from_their_beginning() {
        let mut track = Track::default();
        track.list(vec![shard("a", &[]), shard("b", &[])], true, false);
        let latest = |id: &str| (id.to_owned(), Begin::Latest);
        assert_eq!(track.ready(), [latest("a"), latest("b")]);
        assert!(!track.took("a", &read(Some("7"), Some("it"))));
        let children = || vec![shard("a", &[]), shard("b", &[]), shard("c", &["a", "b"])];
        track.list(children(), false, false);
        let after = ("a".to_owned(), Begin::After("7".to_owned()));
        assert_eq!(track.ready(), [after, latest("b")]);
        assert!(track.took("a", &read(None, None)));
        assert!(track.took("b", &read(None, None)));
        assert_eq!(track.ready(), [("c".to_owned(), Begin::Oldest)]);
        // A restart goes on there, and not with what comes latest.
        let places: Position = serde_json::from_str(&track.position()).unwrap_or_default();
        let mut again = Track {
            places,
            ..Track::default()
        };
        again.list(children(), false, false);
        assert_eq!(again.ready(), [("c".to_owned(), Begin::Oldest)]);
        // What the stream has dropped holds nobody up.
        again.list(
            vec![shard("c", &["a", "b"]), shard("d", &["c"])],
            false,
            false,
        );
        assert_eq!(again.ready(), [("c".to_owned(), Begin::Oldest)]);
    }
}
