//! Conditional writes that are under way at once go in one request.
//!
//! `BatchWriteItem` knows no conditions and a transaction costs twice as much, fails as a whole, and collides with others; a batch
//! of statements (`BatchExecuteStatement`) does each for itself, for what a single write costs.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;

use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest, BatchStatementResponse,
    ReturnValuesOnConditionCheckFailure,
};
use tokio::sync::oneshot;

use super::attributes::{Attributes, number};
use super::table::Table;
use super::{Aws, backoff, fault, timed};
use crate::store::{Fault, Unwritten};

/// The most statements of one request.
const STATEMENTS: usize = 25;
/// The longest text of a statement, in bytes.
const MAX_TEXT_BYTES: usize = 8_192;
/// The most that the values of one request weigh, in bytes: a request takes 16 MiB, of text that binary values make longer.
const MAX_BYTES: usize = 8 << 20;

/// What becomes of a write; the item that stands in its way is told with it, if it is known.
pub(super) type Outcome = Result<(), Unwritten<Attributes>>;

/// A write that waits for others to go with it.
#[derive(Debug)]
pub(super) struct Waiting {
    place: u64,
    statement: BatchStatementRequest,
    bytes: usize,
    tell: oneshot::Sender<Outcome>,
}

/// Writes in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    next: u64,
}

impl Queue {
    fn push(
        &mut self,
        statement: BatchStatementRequest,
        bytes: usize,
    ) -> (u64, oneshot::Receiver<Outcome>) {
        let (tell, told) = oneshot::channel();
        let place = self.next;
        self.next += 1;
        self.waiting.push_back(Waiting {
            place,
            statement,
            bytes,
            tell,
        });
        (place, told)
    }

    /// The first ones that go together, unless the one of this place has gone already.
    fn take(&mut self, place: u64) -> Option<Vec<Waiting>> {
        self.waiting.iter().find(|one| one.place == place)?;
        let mut bytes = 0;
        let fits = |one: &&Waiting| {
            bytes += one.bytes;
            bytes <= MAX_BYTES
        };
        let count = self
            .waiting
            .iter()
            .take(STATEMENTS)
            .take_while(fits)
            .count();
        Some(self.waiting.drain(..count.max(1)).collect())
    }
}

impl Aws {
    /// Writes an item if the stored one has the version before, with whatever else is written meanwhile.
    ///
    /// `optional` are the attributes that the stored item may have and this one need not. Gives `None` where a statement cannot
    /// say it.
    pub(super) async fn put_together(
        &self,
        table: &Table<'_>,
        item: &Attributes,
        version: u64,
        optional: &[&str],
    ) -> Option<Outcome> {
        let statement = match version {
            1 => insert(table, item),
            version => update(table, item, version, optional),
        };
        let (statement, bytes) =
            statement.filter(|(one, _)| one.statement.len() <= MAX_TEXT_BYTES)?;
        let (place, told) = self.writes.borrow_mut().push(statement, bytes);
        // Those that are written beside this one come to here before it goes on.
        tokio::task::yield_now().await;
        loop {
            let together = self.writes.borrow_mut().take(place);
            match together {
                Some(together) => self.execute(together).await,
                None => break,
            }
        }
        let interrupted = |_| Err(Unwritten::Fault(Fault("the write was given up".to_owned())));
        Some(told.await.unwrap_or_else(interrupted))
    }

    /// Writes some, those again that DynamoDB had no capacity for, and tells each what became of it.
    async fn execute(&self, mut left: Vec<Waiting>) {
        for tried in 0..backoff::TRIES {
            if tried > 0 {
                backoff::wait(tried).await;
            }
            let statements = left.iter().map(|one| one.statement.clone()).collect();
            let execute = self
                .dynamodb
                .batch_execute_statement()
                .set_statements(Some(statements));
            let responses = match timed(&self.dynamodb_time, execute.send()).await {
                Ok(given) => given.responses.unwrap_or_default(),
                // The SDK has tried again already.
                Err(error) => {
                    let why = fault(error);
                    for one in left {
                        let _ = one.tell.send(Err(Unwritten::Fault(why.clone())));
                    }
                    return;
                }
            };
            let mut responses = responses.into_iter();
            let mut again = Vec::new();
            for one in left {
                match outcome(responses.next()) {
                    Some(outcome) => {
                        // Who does not wait any more need not be told.
                        let _ = one.tell.send(outcome);
                    }
                    None => again.push(one),
                }
            }
            if again.is_empty() {
                return;
            }
            left = again;
        }
        for one in left {
            let why = "DynamoDB leaves writes undone: it is asked for more than its capacity";
            let _ = one.tell.send(Err(Unwritten::Fault(Fault(why.to_owned()))));
        }
    }
}

/// What a response says; `None` if the statement is to be sent again.
fn outcome(response: Option<BatchStatementResponse>) -> Option<Outcome> {
    use BatchStatementErrorCodeEnum as Code;
    let Some(response) = response else {
        let why = "DynamoDB answered for too few writes".to_owned();
        return Some(Err(Unwritten::Fault(Fault(why))));
    };
    let Some(error) = response.error else {
        return Some(Ok(()));
    };
    match &error.code {
        Some(Code::ConditionalCheckFailed | Code::DuplicateItem) => {
            Some(Err(Unwritten::Conflict(error.item)))
        }
        Some(
            Code::ThrottlingError
            | Code::ProvisionedThroughputExceeded
            | Code::RequestLimitExceeded
            | Code::InternalServerError
            | Code::TransactionConflict,
        ) => None,
        code => {
            let code = code.as_ref().map_or("an error", |code| code.as_str());
            let why = format!("{code}: {}", error.message.unwrap_or_default());
            Some(Err(Unwritten::Fault(Fault(why))))
        }
    }
}

/// A statement under way: its text, and the values of its parameters.
struct Statement<'i> {
    text: String,
    values: Vec<&'i AttributeValue>,
}

impl<'i> Statement<'i> {
    fn say(&mut self, text: &str, name: &str, value: Option<&'i AttributeValue>) {
        let _ = write!(self.text, "{text}\"{name}\"");
        if let Some(value) = value {
            self.text.push_str("=?");
            self.values.push(value);
        }
    }

    fn request(self, last: Option<AttributeValue>) -> Option<(BatchStatementRequest, usize)> {
        let values: Vec<AttributeValue> = self.values.into_iter().cloned().chain(last).collect();
        let bytes = values.iter().map(size).sum();
        let request = BatchStatementRequest::builder()
            .statement(self.text)
            .set_parameters(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Some((request.build().ok()?, bytes))
    }
}

/// Writes an item that there is not.
fn insert(table: &Table<'_>, item: &Attributes) -> Option<(BatchStatementRequest, usize)> {
    let mut statement = Statement {
        text: format!("INSERT INTO \"{}\" VALUE {{", table.name),
        values: Vec::with_capacity(item.len()),
    };
    for (name, value) in item {
        let comma = if statement.values.is_empty() {
            ""
        } else {
            ", "
        };
        // Where names stand as text, there is no other way to write a quote.
        let _ = write!(statement.text, "{comma}'{}': ?", name.replace('\'', "''"));
        statement.values.push(value);
    }
    statement.text.push('}');
    statement.request(None)
}

/// Changes an item that has the version before.
fn update(
    table: &Table<'_>,
    item: &Attributes,
    version: u64,
    optional: &[&str],
) -> Option<(BatchStatementRequest, usize)> {
    if item.keys().any(|name| name.contains('"')) {
        return None;
    }
    let mut statement = Statement {
        text: format!("UPDATE \"{}\"", table.name),
        values: Vec::with_capacity(item.len() + 1),
    };
    let keys = [table.partition, table.sort];
    for (name, value) in item {
        if !keys.contains(&name.as_str()) {
            statement.say(" SET ", name, Some(value));
        }
    }
    for name in optional {
        if !item.contains_key(*name) {
            statement.say(" REMOVE ", name, None);
        }
    }
    statement.say(" WHERE ", table.partition, item.get(table.partition));
    statement.say(" AND ", table.sort, item.get(table.sort));
    let _ = write!(statement.text, " AND \"{}\"=?", table.version);
    statement.request(Some(number(version - 1)))
}

/// What a value weighs in a request, roughly, in bytes.
fn size(value: &AttributeValue) -> usize {
    let pairs = |pairs: &HashMap<String, AttributeValue>| {
        let pairs = pairs.iter().map(|(name, value)| name.len() + size(value));
        pairs.sum()
    };
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len() * 4 / 3,
        AttributeValue::M(all) => pairs(all),
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Attributes, Queue, STATEMENTS, Table, insert, update};
    use crate::aws::attributes::{number, text};

    const TABLE: Table<'static> = Table {
        name: "rows",
        partition: "pk",
        sort: "sk",
        version: "_v",
    };

    fn item(more: &[(&str, &str)]) -> Attributes {
        let all = [("pk", "a"), ("sk", "b")];
        let all = all.iter().chain(more);
        all.map(|(name, value)| ((*name).to_owned(), text(*value)))
            .collect()
    }

    #[test]
    fn an_item_is_inserted_with_all_it_has() {
        let (statement, bytes) = insert(&TABLE, &item(&[("it's", "12")])).unwrap();
        let said = statement.statement();
        assert!(said.starts_with("INSERT INTO \"rows\" VALUE {"), "{said}");
        for name in ["'pk': ?", "'sk': ?", "'it''s': ?"] {
            assert!(said.contains(name), "{said}");
        }
        assert_eq!((statement.parameters().len(), bytes), (3, 4));
    }

    #[test]
    fn an_update_is_conditional_and_leaves_nothing_of_what_is_optional() {
        let (statement, _) = update(&TABLE, &item(&[("due", "1")]), 8, &["due", "outbox"]).unwrap();
        assert_eq!(
            statement.statement(),
            "UPDATE \"rows\" SET \"due\"=? REMOVE \"outbox\" WHERE \"pk\"=? AND \"sk\"=? AND \"_v\"=?"
        );
        let values = [text("1"), text("a"), text("b"), number(7)];
        assert_eq!(statement.parameters(), values);
    }

    #[test]
    fn what_waits_goes_in_its_order_and_once() {
        let mut queue = Queue::default();
        let push = |queue: &mut Queue, bytes| {
            let (statement, _) = insert(&TABLE, &item(&[])).unwrap();
            queue.push(statement, bytes).0
        };
        let places: Vec<u64> = (0..30).map(|_| push(&mut queue, 10)).collect();
        assert_eq!(queue.take(places[29]).unwrap().len(), STATEMENTS);
        assert!(queue.take(places[3]).is_none());
        assert_eq!(queue.take(places[26]).unwrap().len(), 5);
        let places = [
            push(&mut queue, usize::MAX / 2),
            push(&mut queue, usize::MAX / 2),
        ];
        assert_eq!(queue.take(places[0]).unwrap().len(), 1);
        assert_eq!(queue.take(places[1]).unwrap().len(), 1);
    }
}
