//! Events that are posted: JSON, JSON lines, or the body of a Kinesis `PutRecords`.

use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;

use super::Site;
use super::routes::error;
use crate::dev::pipeline::Batch;
use crate::dev::world::SHARD;

/// How many records a request holds at most.
const MOST_RECORDS: usize = 10_000;
/// The header that names what an SDK asks for.
const TARGET: &str = "x-amz-target";

/// The body of `PutRecords`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecords {
    records: Vec<PutRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutRecord {
    data: String,
}

/// Takes events, and answers when they are stored.
pub(super) async fn events(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get(TARGET).and_then(|target| target.to_str().ok());
    let Some(target) = target else {
        let records = lines(&body);
        if records.len() > MOST_RECORDS {
            return error(
                StatusCode::PAYLOAD_TOO_LARGE,
                &format!("more than {MOST_RECORDS} events at once: send them in parts"),
            );
        }
        let number = records.len() as u64;
        return match put(&site, records).await {
            Some(rejected) => {
                Json(json!({"accepted": number.saturating_sub(rejected), "rejected": rejected}))
                    .into_response()
            }
            None => error(StatusCode::INTERNAL_SERVER_ERROR, "the command is ending"),
        };
    };
    match target {
        "Kinesis_20131202.PutRecords" => put_records(&site, &body).await,
        other => error(
            StatusCode::BAD_REQUEST,
            &format!(
                "{} is not done here: send PutRecords",
                crate::terminal::tame(other)
            ),
        ),
    }
}

/// The events of a body: one object on many lines, an array, or one event a line.
fn lines(body: &[u8]) -> Vec<Vec<u8>> {
    let body = body.trim_ascii();
    if let Ok(all) = serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(body) {
        return all
            .iter()
            .map(|one| one.get().as_bytes().to_vec())
            .collect();
    }
    if serde_json::from_slice::<&serde_json::value::RawValue>(body).is_ok() {
        return vec![body.to_vec()];
    }
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// Puts records into the pipeline; says how many could not be used, unless the command ends.
async fn put(site: &Site, records: Vec<Vec<u8>>) -> Option<u64> {
    let (done, rejected) = oneshot::channel();
    let batch = Batch {
        records,
        clock: None,
        arrives: true,
        arrivals: Vec::new(),
        position: None,
        made: Instant::now(),
        done: Some(done),
    };
    site.batches.send(batch).await.ok()?;
    rejected.await.ok()
}

async fn put_records(site: &Site, body: &[u8]) -> Response {
    let wrong = |reason: &str| {
        let told = json!({"__type": "SerializationException", "message": reason});
        (StatusCode::BAD_REQUEST, Json(told)).into_response()
    };
    let request: PutRecords = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return wrong(&format!("it is no body of PutRecords: {error}")),
    };
    if request.records.is_empty() || request.records.len() > MOST_RECORDS {
        return wrong("it has no records, or too many");
    }
    let mut records = Vec::with_capacity(request.records.len());
    for record in &request.records {
        match base64_simd::STANDARD.decode_to_vec(record.data.as_bytes()) {
            Ok(data) => records.push(data),
            Err(_) => return wrong("the data of a record is not base64"),
        }
    }
    let number = records.len();
    if put(site, records).await.is_none() {
        let told = json!({"__type": "InternalFailure", "message": "the command is ending"});
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(told)).into_response();
    }
    // A record that is no event is taken all the same, as a stream does; quarantine says what is wrong with it.
    let taken = (0..number).map(|at| json!({"SequenceNumber": at.to_string(), "ShardId": SHARD}));
    let answer = json!({"FailedRecordCount": 0, "Records": taken.collect::<Vec<_>>()});
    let kind = [(
        axum::http::header::CONTENT_TYPE,
        "application/x-amz-json-1.1",
    )];
    (kind, answer.to_string()).into_response()
}
