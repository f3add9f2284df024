//! Topics.

use std::collections::BTreeMap;

use aws_sdk_sns::error::ProvideErrorMetadata;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use futures_util::StreamExt;
use futures_util::stream;

use super::{AT_ONCE, Aws, backoff, fault, timed};
use crate::notification::Publication;
use crate::store::{Fault, Sink, Unsent};

/// How often a message is sent in one call of the function; then it stays in the outbox.
const TRIES: u32 = 4;
/// The most messages of one call.
const ENTRIES: usize = 10;
/// The most bytes of one call: all of its messages with their attributes.
const MAX_BYTES: usize = 256 << 10;
/// What a message takes beside its text: its subject, attributes and names.
const OVERHEAD: usize = 1_024;
/// Errors that stay until somebody mends something.
const REFUSALS: [&str; 10] = [
    "AuthorizationError",
    "AuthorizationErrorException",
    "InvalidParameter",
    "InvalidParameterException",
    "InvalidParameterValue",
    "NotFound",
    "NotFoundException",
    "KMSAccessDenied",
    "KMSDisabled",
    "KMSNotFound",
];

impl Sink for Aws {
    async fn publish(&self, all: &[Publication]) -> Vec<Result<(), Unsent>> {
        let mut results: BTreeMap<usize, Result<(), Unsent>> = BTreeMap::new();
        let mut left: Vec<usize> = (0..all.len()).collect();
        // The SDK sends calls again, not what was left undone of one.
        for tried in 0..TRIES {
            if left.is_empty() {
                break;
            }
            if tried > 0 {
                backoff::wait(tried).await;
            }
            let sent = stream::iter(batches(all, &left))
                .map(|batch| async move {
                    let results = self.publish_batch(all, &batch).await;
                    batch.into_iter().zip(results).collect::<Vec<_>>()
                })
                .buffer_unordered(AT_ONCE)
                .collect::<Vec<_>>()
                .await;
            results.extend(sent.into_iter().flatten());
            left.retain(|index| matches!(results.get(index), Some(Err(Unsent::Fault(_)))));
        }
        let unknown = || {
            Err(Unsent::Fault(Fault(
                "SNS did not say whether it is sent".to_owned(),
            )))
        };
        (0..all.len())
            .map(|index| results.remove(&index).unwrap_or_else(unknown))
            .collect()
    }
}

impl Aws {
    async fn publish_batch(&self, all: &[Publication], batch: &[usize]) -> Vec<Result<(), Unsent>> {
        let Some(first) = batch.first() else {
            return Vec::new();
        };
        let mut entries = Vec::with_capacity(batch.len());
        for index in batch {
            match entry(*index, &all[*index]) {
                Ok(entry) => entries.push(entry),
                Err(fault) => {
                    return batch
                        .iter()
                        .map(|_| Err(Unsent::Fault(fault.clone())))
                        .collect();
                }
            }
        }
        let call = self
            .sns
            .publish_batch()
            .topic_arn(&all[*first].topic)
            .set_publish_batch_request_entries(Some(entries));
        match timed(&self.sns_time, call.send()).await {
            Err(error) => {
                let is_refused = error.code().is_some_and(|code| REFUSALS.contains(&code));
                let why = fault(error);
                let why = if is_refused {
                    Unsent::Refused(why.0)
                } else {
                    Unsent::Fault(why)
                };
                batch.iter().map(|_| Err(why.clone())).collect()
            }
            Ok(given) => {
                let (sent, failed) = (given.successful(), given.failed());
                let result = |index: &usize| {
                    let id = index.to_string();
                    if sent.iter().any(|one| one.id.as_deref() == Some(&id)) {
                        return Ok(());
                    }
                    let Some(failed) = failed.iter().find(|one| one.id == id) else {
                        let unknown = "SNS did not say whether it is sent";
                        return Err(Unsent::Fault(Fault(unknown.to_owned())));
                    };
                    let text = failed.message.as_deref().unwrap_or_default();
                    let why = format!("{}: {text}", failed.code);
                    Err(if failed.sender_fault {
                        Unsent::Refused(why)
                    } else {
                        Unsent::Fault(Fault(why))
                    })
                };
                batch.iter().map(result).collect()
            }
        }
    }
}

/// Which messages go together: of one topic, in their order.
fn batches(all: &[Publication], left: &[usize]) -> Vec<Vec<usize>> {
    let mut open: BTreeMap<&str, (Vec<usize>, usize)> = BTreeMap::new();
    let mut batches = Vec::new();
    for index in left.iter().copied() {
        let one = &all[index];
        let (batch, bytes) = open.entry(&one.topic).or_default();
        let more = one.message.len() + OVERHEAD;
        if batch.len() == ENTRIES || (*bytes + more > MAX_BYTES && !batch.is_empty()) {
            batches.push(std::mem::take(batch));
            *bytes = 0;
        }
        batch.push(index);
        *bytes += more;
    }
    batches.extend(open.into_values().map(|(batch, _)| batch));
    batches
}

fn entry(index: usize, one: &Publication) -> Result<PublishBatchRequestEntry, Fault> {
    let attribute = |value: &str| {
        MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value)
            .build()
            .map_err(fault)
    };
    let mut entry = PublishBatchRequestEntry::builder()
        .id(index.to_string())
        .subject(&one.subject)
        .message(&one.message)
        .message_structure("json")
        .message_attributes("alert", attribute(&one.alert)?)
        .message_attributes("severity", attribute(&one.severity)?)
        .message_attributes("status", attribute(&one.status)?);
    if one.topic.ends_with(".fifo") {
        entry = entry
            .message_group_id(&one.alert)
            .message_deduplication_id(&one.deduplication);
    }
    entry.build().map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::batches;
    use crate::notification::Publication;

    #[test]
    fn batches_hold_what_sns_takes() {
        let one = |topic: &str, bytes: usize| Publication {
            topic: topic.to_owned(),
            subject: String::new(),
            message: "x".repeat(bytes),
            alert: String::new(),
            severity: String::new(),
            status: String::new(),
            deduplication: String::new(),
            of: Vec::new(),
        };
        let mut all: Vec<Publication> = (0..23).map(|_| one("a", 10)).collect();
        all.push(one("b", 10));
        let sizes = |all: &[Publication]| -> Vec<usize> {
            let left: Vec<usize> = (0..all.len()).collect();
            batches(all, &left).iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(&all), [10, 10, 3, 1]);
        let large: Vec<Publication> = (0..3).map(|_| one("a", 200_000)).collect();
        assert_eq!(sizes(&large), [1, 1, 1]);
    }
}
