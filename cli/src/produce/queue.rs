//! Which records may be sent next, so that those of one key stay in their order.
//!
//! Of a request to a stream some records may fail while later ones succeed. So a record is sent only when all before it of the
//! same key are in the stream: a key has at most one record under way.

use std::collections::{HashMap, VecDeque};

/// A record to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) key: String,
    pub(super) data: Vec<u8>,
    /// How often it was sent.
    pub(super) tried: u32,
}

impl Pending {
    fn bytes(&self) -> usize {
        self.key.len() + self.data.len()
    }
}

/// How much goes into one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) records: usize,
    pub(super) bytes: usize,
}

/// Records that wait, by key.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: HashMap<String, VecDeque<Pending>>,
    /// Keys with records that wait and none under way, in the order of their turn.
    ready: VecDeque<String>,
    bytes: usize,
}

impl Queue {
    /// How many bytes wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many keys have records that wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether a record of a key waits.
    pub(super) fn holds(&self, key: &str) -> bool {
        self.waiting.contains_key(key)
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds a record behind those of its key.
    pub(super) fn push(&mut self, record: Pending) {
        self.bytes += record.bytes();
        match self.waiting.get_mut(&record.key) {
            Some(queue) => queue.push_back(record),
            None => {
                self.ready.push_back(record.key.clone());
                self.waiting
                    .insert(record.key.clone(), VecDeque::from([record]));
            }
        }
    }

    /// Takes the records of one request: one of each key at most. Their keys wait until they are told of.
    pub(super) fn take(&mut self, limits: Limits) -> Vec<Pending> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        while taken.len() < limits.records
            && let Some(key) = self.ready.front()
        {
            let first = self.waiting.get(key).and_then(VecDeque::front);
            let size = first.map_or(0, Pending::bytes);
            if bytes + size > limits.bytes && !taken.is_empty() {
                break;
            }
            let first = self
                .ready
                .pop_front()
                .and_then(|key| self.waiting.get_mut(&key)?.pop_front());
            if let Some(first) = first {
                bytes += size;
                self.bytes -= size;
                taken.push(first);
            }
        }
        taken
    }

    /// A record that was taken is done with, be it sent or given up.
    pub(super) fn done(&mut self, key: &str) {
        match self.waiting.get(key) {
            Some(queue) if !queue.is_empty() => self.ready.push_back(key.to_owned()),
            _ => drop(self.waiting.remove(key)),
        }
    }

    /// Takes out what waits of a key of which a record was given up, in order.
    pub(super) fn give_up(&mut self, key: &str) -> Vec<Pending> {
        let waiting = self.waiting.remove(key).unwrap_or_default();
        self.bytes -= waiting.iter().map(Pending::bytes).sum::<usize>();
        waiting.into()
    }

    /// A record that was taken is to be sent again, before all others of its key.
    pub(super) fn again(&mut self, record: Pending) {
        self.bytes += record.bytes();
        self.ready.push_front(record.key.clone());
        let queue = self.waiting.entry(record.key.clone()).or_default();
        queue.push_front(record);
    }

    /// All that waits, the records of each key in order.
    pub(super) fn drain(&mut self) -> Vec<Pending> {
        let mut keys: Vec<(String, VecDeque<Pending>)> = self.waiting.drain().collect();
        keys.sort_by(|a, b| a.0.cmp(&b.0));
        *self = Queue::default();
        keys.into_iter().flat_map(|(_, queue)| queue).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Limits, Pending, Queue};

    fn record(key: usize, number: usize) -> Pending {
        Pending {
            key: format!("key-{key}"),
            data: number.to_string().into_bytes(),
            tried: 0,
        }
    }

    #[test]
    fn records_of_a_key_stay_in_order_whatever_fails() {
        for seed in 0..300 {
            let mut random = fastrand::Rng::with_seed(seed);
            let keys = random.usize(1..20);
            let number = random.usize(0..300);
            let limits = Limits {
                records: random.usize(1..30),
                bytes: random.usize(1..200),
            };
            let mut queue = Queue::default();
            let mut stream: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            let mut expected: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            let mut pushed = 0;
            while pushed < number || !queue.is_empty() {
                while pushed < number && random.u8(..4) > 0 {
                    let record = record(random.usize(..keys), pushed);
                    expected.entry(record.key.clone()).or_default().push(pushed);
                    queue.push(record);
                    pushed += 1;
                }
                // Two requests side by side.
                let requests = [queue.take(limits), queue.take(limits)];
                for request in requests {
                    assert!(request.len() <= limits.records);
                    let mut keys: Vec<&str> = request.iter().map(|one| one.key.as_str()).collect();
                    keys.sort_unstable();
                    keys.dedup();
                    assert_eq!(keys.len(), request.len(), "a key twice in one request");
                    for mut one in request {
                        if random.u8(..3) == 0 {
                            one.tried += 1;
                            queue.again(one);
                        } else {
                            let number = String::from_utf8_lossy(&one.data).parse();
                            let sent = stream.entry(one.key.clone()).or_default();
                            sent.push(number.unwrap_or(usize::MAX));
                            queue.done(&one.key);
                        }
                    }
                }
            }
            assert_eq!(stream, expected, "seed {seed}");
            assert_eq!(queue.bytes(), 0);
        }
    }
}
