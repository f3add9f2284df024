//! Tables whose items are written only where nobody has written them since they were read.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValuesOnConditionCheckFailure};
use futures_util::StreamExt;
use futures_util::stream;

use super::attributes::{Attributes, get_text, number};
use super::statements::Outcome;
use super::{AT_ONCE, Aws, backoff, fault, timed};
use crate::store::{Fault, Unwritten};

/// The most keys that are asked for at once.
const KEYS: usize = 100;

/// A table, and what its key and its count of writes are called.
pub(super) struct Table<'t> {
    pub(super) name: &'t str,
    pub(super) partition: &'static str,
    pub(super) sort: &'static str,
    pub(super) version: &'static str,
}

/// How the attributes of an item are understood.
pub(super) type Read<T> = fn(&Attributes) -> Result<T, Fault>;

impl Aws {
    /// Reads items, in the order of their keys, as of now; `None` for one that there is not.
    pub(super) async fn load_all<T>(
        &self,
        table: &Table<'_>,
        keys: &[Attributes],
        read: Read<T>,
    ) -> Vec<Result<Option<T>, Fault>> {
        let loaded = stream::iter(keys.chunks(KEYS))
            .map(|keys| self.get(table.name, keys.to_vec()))
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut items = Vec::with_capacity(keys.len());
        for (keys, loaded) in keys.chunks(KEYS).zip(loaded) {
            items.extend(keys.iter().map(|key| match &loaded {
                Err(fault) => Err(fault.clone()),
                Ok(found) => {
                    let is_it = |item: &&Attributes| {
                        let same = |name| get_text(item, name) == get_text(key, name);
                        same(table.partition) && same(table.sort)
                    };
                    found.iter().find(is_it).map(read).transpose()
                }
            }));
        }
        items
    }

    /// Writes an item if the stored one has the version before.
    ///
    /// `optional` are the attributes that the stored item may have and this one need not; `None` has nothing of the stored one
    /// remain.
    pub(super) async fn put_next<T>(
        &self,
        table: &Table<'_>,
        item: Attributes,
        version: u64,
        optional: Option<&[&str]>,
        read: Read<T>,
    ) -> Result<(), Unwritten<T>> {
        let together = match optional {
            Some(optional) => self.put_together(table, &item, version, optional).await,
            None => None,
        };
        let outcome = match together {
            Some(outcome) => outcome,
            None => self.put_alone(table, item, version).await,
        };
        outcome.map_err(|unwritten| match unwritten {
            Unwritten::Fault(fault) => Unwritten::Fault(fault),
            Unwritten::Conflict(stored) => match stored.as_ref().map(read).transpose() {
                Ok(stored) => Unwritten::Conflict(stored),
                Err(fault) => Unwritten::Fault(fault),
            },
        })
    }

    /// Writes an item, whole, if the stored one has the version before.
    async fn put_alone(&self, table: &Table<'_>, item: Attributes, version: u64) -> Outcome {
        let put = self.dynamodb.put_item().table_name(table.name);
        let put = match version {
            1 => put
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", table.partition),
            version => put
                .condition_expression("#version = :before")
                .expression_attribute_names("#version", table.version)
                .expression_attribute_values(":before", number(version - 1)),
        };
        let put = put
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match timed(&self.dynamodb_time, put.send()).await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Err(Unwritten::Conflict(failed.item().cloned()))
                }
                _ => Err(Unwritten::Fault(fault(error))),
            },
        }
    }

    /// Reads some items of a table, consistently, in any order.
    pub(super) async fn get(
        &self,
        table: &str,
        keys: Vec<Attributes>,
    ) -> Result<Vec<Attributes>, Fault> {
        let mut found = Vec::with_capacity(keys.len());
        let mut left = keys;
        for tried in 0..backoff::TRIES {
            if left.is_empty() {
                return Ok(found);
            }
            if tried > 0 {
                backoff::wait(tried).await;
            }
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(std::mem::take(&mut left)))
                .consistent_read(true)
                .build()
                .map_err(fault)?;
            let get = self.dynamodb.batch_get_item().request_items(table, wanted);
            let given = timed(&self.dynamodb_time, get.send())
                .await
                .map_err(fault)?;
            let responses = given.responses.unwrap_or_default();
            found.extend(responses.into_values().flatten());
            let unprocessed = given.unprocessed_keys.unwrap_or_default();
            left = unprocessed
                .into_values()
                .flat_map(|keys| keys.keys)
                .collect();
        }
        match left.is_empty() {
            true => Ok(found),
            false => Err(Fault(format!(
                "DynamoDB leaves reads of {table} undone: it is asked for more than its capacity"
            ))),
        }
    }
}
