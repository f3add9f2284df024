//! Putting records into a stream.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;

use aws_sdk_kinesis::error::ProvideErrorMetadata;

use super::fault;

/// A stream to put records into.
#[derive(Debug, Clone)]
pub struct Producer {
    client: aws_sdk_kinesis::Client,
    stream: String,
}

/// Why a record is not in the stream, or is not known to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What the stream says.
    pub reason: String,
    /// Whether another try is refused as well, as long as nobody mends something.
    pub lasts: bool,
}

/// Errors that stay until somebody mends something.
pub(super) const LASTING: [&str; 10] = [
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidArgumentException",
    "InvalidSignatureException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSNotFoundException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ValidationException",
];

impl Producer {
    /// The stream of this name.
    pub fn new(config: &aws_config::SdkConfig, stream: &str) -> Producer {
        // Who puts records decides what is sent again, and when: a call as a whole is tried once.
        let config = aws_sdk_kinesis::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_attempt_timeout(Duration::from_secs(20))
                    .build(),
            )
            .build();
        Producer {
            client: aws_sdk_kinesis::Client::from_conf(config),
            stream: stream.to_owned(),
        }
    }

    /// Puts records, each a partition key and data; tells of each whether it is in the stream.
    pub async fn put(&self, records: Vec<(String, Vec<u8>)>) -> Vec<Result<(), Refused>> {
        let number = records.len();
        let mut entries = Vec::with_capacity(number);
        for (key, data) in records {
            let entry = PutRecordsRequestEntry::builder()
                .partition_key(key)
                .data(Blob::new(data))
                .build();
            match entry {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    let refused = Refused {
                        reason: error.to_string(),
                        lasts: true,
                    };
                    return vec![Err(refused); number];
                }
            }
        }
        let passing = |reason| Refused {
            reason,
            lasts: false,
        };
        let call = self
            .client
            .put_records()
            .stream_name(&self.stream)
            .set_records(Some(entries));
        match call.send().await {
            // The answer is in the order of the request.
            Ok(given) => {
                let results = given.records.into_iter().map(|one| match one.error_code {
                    None => Ok(()),
                    Some(code) => {
                        let message = one.error_message.unwrap_or_default();
                        Err(passing(format!("{code}: {message}")))
                    }
                });
                let mut results: Vec<_> = results.collect();
                let unknown = "Kinesis did not say whether it is stored";
                let unknown = || Err(passing(unknown.to_owned()));
                results.resize_with(number, unknown);
                results
            }
            Err(error) => {
                let lasts = error.code().is_some_and(|code| LASTING.contains(&code));
                let reason = fault(error).0;
                vec![Err(Refused { reason, lasts }); number]
            }
        }
    }
}
