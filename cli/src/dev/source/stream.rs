//! A Kinesis stream: all its shards side by side, each from where it was read to; a shard only after those that it came of.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tripline_engine::Time;
use tripline_lambdas::aws::{Begin, ListedShard, ShardRead, Shards, Unread};

use super::{End, Feed};
use crate::check::today;
use crate::dev::pipeline::Clock;
use crate::failure::Failure;
use crate::terminal::counted;

/// A shard may be read five times a second.
const PAUSE: Duration = Duration::from_millis(250);
/// How long is waited where nothing came.
const REST: Duration = Duration::from_secs(1);
/// How long is waited at most before another try.
const LONGEST: Duration = Duration::from_secs(30);
/// How many shards are read at once, and how many records of each: a read gives at most 10 MiB.
const AT_ONCE: usize = 8;
const RECORDS: i32 = 2_000;

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
    /// Not at all: it begins with the oldest that it holds.
    Oldest,
    /// Not at all: it begins with what came from this time on, in milliseconds of the epoch.
    Since(i64),
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
    /// Shards that are not read yet and begin now: the stream knows better than this machine's clock when that is.
    now: BTreeSet<String>,
    /// Whether the shards that there are have been asked for, and none has ended since.
    is_listed: bool,
}

impl Track {
    /// Takes note of the shards that there are. Those that are new begin `since` then, else with their oldest: they came
    /// of others.
    fn list(&mut self, listed: Vec<ListedShard>, since: Option<i64>) {
        let known = |id: &String| listed.iter().any(|shard| shard.id == *id);
        // What is in the list no more holds nothing more.
        self.places.0.retain(|id, _| known(id));
        for shard in listed {
            if !self.places.0.contains_key(&shard.id) {
                let place = since.map_or(Place::Oldest, Place::Since);
                self.places.0.insert(shard.id.clone(), place);
                if since.is_some() {
                    self.now.insert(shard.id.clone());
                }
            }
            self.parents.insert(shard.id, shard.parents);
        }
        self.is_listed = true;
    }

    /// The shards to be read now, each with where to begin.
    fn ready(&self) -> Vec<(String, Begin)> {
        let is_over = |id: &String| matches!(self.places.0.get(id), None | Some(Place::End));
        let mut ready = Vec::new();
        for (id, place) in &self.places.0 {
            let begin = match place {
                Place::End => continue,
                Place::After(sequence) => Begin::After(sequence.clone()),
                Place::Since(_) if self.now.contains(id) => Begin::Latest,
                Place::Since(millis) => Begin::At(*millis),
                Place::Oldest => Begin::Oldest,
            };
            let mut parents = self.parents.get(id).into_iter().flatten();
            if parents.all(is_over) {
                ready.push((id.clone(), begin));
            }
        }
        ready
    }

    /// Takes note of what a shard gave; says whether it has been read further by that.
    fn took(&mut self, id: &str, read: &ShardRead) -> bool {
        self.now.remove(id);
        if let Some(last) = read.records.last() {
            let after = Place::After(last.sequence.clone());
            self.places.0.insert(id.to_owned(), after);
        }
        match &read.next {
            Some(next) => {
                self.iterators.insert(id.to_owned(), next.clone());
                !read.records.is_empty()
            }
            None => {
                self.iterators.remove(id);
                self.places.0.insert(id.to_owned(), Place::End);
                // Now those begin that it was split into, or merged to.
                self.is_listed = false;
                true
            }
        }
    }

    fn position(&self) -> String {
        serde_json::to_string(&self.places).unwrap_or_default()
    }
}

/// What came of reading each shard once.
enum Turn {
    Some,
    Nothing,
    Failed(String),
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
        let mut failures = 0_u32;
        loop {
            let turn = match self.list(&runtime, feed, &mut track)? {
                Turn::Failed(reason) => Turn::Failed(reason),
                _ => self.turn(&runtime, feed, &mut track)?,
            };
            let pause = match turn {
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
                    feed.tell("retrying", format!("{reason}; again in {seconds:.1} s"));
                    feed.wait(wait)?;
                    continue;
                }
            };
            if failures > 0 {
                failures = 0;
                self.tell(feed, &track);
            }
            feed.wait(pause)?;
        }
    }

    fn tell(&self, feed: &Feed, track: &Track) {
        let shards = counted(track.places.0.len() as u64, "shard");
        feed.tell("running", format!("the stream {}, {shards}", self.name));
    }

    /// Asks which shards there are, where that is not known.
    fn list(&self, runtime: &Runtime, feed: &Feed, track: &mut Track) -> Result<Turn, End> {
        if track.is_listed {
            return Ok(Turn::Nothing);
        }
        let listed = match runtime.block_on(self.shards.list()) {
            Ok(listed) => listed,
            Err(reason) => return self.failed(reason),
        };
        let is_first = track.places == Position::default();
        let since = (is_first && !self.oldest).then(|| today().0);
        track.list(listed, since);
        // A restart goes on from here, even if nothing comes until then.
        feed.keep(track.position())?;
        self.tell(feed, track);
        Ok(Turn::Some)
    }

    /// Reads each shard once.
    fn turn(&self, runtime: &Runtime, feed: &Feed, track: &mut Track) -> Result<Turn, End> {
        let mut turn = Turn::Nothing;
        for ready in track.ready().chunks(AT_ONCE) {
            let reads = ready.iter().map(|(id, begin)| {
                let known = track.iterators.get(id).cloned();
                self.next(id, begin, known)
            });
            let reads = runtime.block_on(join_all(reads));
            for ((id, _), read) in ready.iter().zip(reads) {
                match read {
                    Ok(read) => {
                        if track.took(id, &read) {
                            let records = read.records.into_iter();
                            let records = records.map(|one| (one.data, one.arrival.map(Time)));
                            feed.send_arrived(records.collect(), track.position())?;
                            if let Turn::Nothing = turn {
                                turn = Turn::Some;
                            }
                        }
                    }
                    Err(Unread::Expired) => {
                        track.iterators.remove(id);
                    }
                    // The list says which there are instead, or that there is no stream.
                    Err(Unread::Gone(_)) => {
                        track.iterators.remove(id);
                        track.is_listed = false;
                    }
                    Err(reason) => turn = self.failed(reason)?,
                }
            }
        }
        Ok(turn)
    }

    /// The next records of a shard.
    async fn next(
        &self,
        id: &str,
        begin: &Begin,
        iterator: Option<String>,
    ) -> Result<ShardRead, Unread> {
        let iterator = match iterator {
            Some(iterator) => Some(iterator),
            None => self.shards.iterator(id, begin).await?,
        };
        match iterator {
            Some(iterator) => self.shards.read(&iterator, RECORDS).await,
            // A closed shard of which nothing is left.
            None => Ok(ShardRead::default()),
        }
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

#[cfg(test)]
mod tests {
    use tripline_lambdas::aws::{Begin, ListedShard, ShardRead, ShardRecord};

    use super::Track;

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
            is_newest: false,
        }
    }

    /// What a restart makes of a track.
    fn restarted(track: &Track) -> Track {
        Track {
            places: serde_json::from_str(&track.position()).unwrap(),
            ..Track::default()
        }
    }

    fn to_read(id: &str, begin: Begin) -> (String, Begin) {
        (id.to_owned(), begin)
    }

    #[test]
    fn children_are_read_after_their_parents_and_from_their_beginning() {
        let mut track = Track::default();
        track.list(vec![shard("a", &[]), shard("b", &[])], None);
        let oldest = |id: &str| to_read(id, Begin::Oldest);
        assert_eq!(track.ready(), [oldest("a"), oldest("b")]);
        assert!(track.took("a", &read(Some("7"), Some("it"))));
        let children = || vec![shard("a", &[]), shard("b", &[]), shard("c", &["a", "b"])];
        track.list(children(), None);
        let after = to_read("a", Begin::After("7".to_owned()));
        assert_eq!(track.ready(), [after, oldest("b")]);
        assert!(track.took("a", &read(None, None)));
        assert!(!track.is_listed);
        track.list(children(), None);
        assert_eq!(track.ready(), [oldest("b")]);
        assert!(track.took("b", &read(Some("9"), None)));
        assert_eq!(track.ready(), [oldest("c")]);
        let mut again = restarted(&track);
        again.list(children(), None);
        assert_eq!(again.ready(), [oldest("c")]);
        // What the stream has dropped holds nobody up.
        again.list(vec![shard("c", &["a", "b"]), shard("d", &["c"])], None);
        assert_eq!(again.ready(), [oldest("c")]);
    }

    #[test]
    fn what_begins_now_begins_there_after_a_restart_too() {
        let mut track = Track::default();
        track.list(vec![shard("a", &[]), shard("b", &[])], Some(5));
        let latest = |id: &str| to_read(id, Begin::Latest);
        assert_eq!(track.ready(), [latest("a"), latest("b")]);
        // One has given something, the other nothing yet.
        assert!(track.took("a", &read(Some("7"), Some("it"))));
        assert!(!track.took("b", &read(None, Some("it"))));
        let after = to_read("a", Begin::After("7".to_owned()));
        let places = [after, to_read("b", Begin::At(5))];
        assert_eq!(track.ready(), places);
        let mut again = restarted(&track);
        again.list(vec![shard("a", &[]), shard("b", &[])], None);
        assert_eq!(again.ready(), places);
    }
}
