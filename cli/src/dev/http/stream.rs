//! What happens, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use tokio::sync::broadcast::error::RecvError;

use super::Site;
use super::routes::error;
use crate::dev::api;

/// Status at once, then whatever happens; who is too slow misses some of it.
pub(super) async fn stream(State(site): State<Site>) -> Response {
    let Ok(permit) = std::sync::Arc::clone(&site.subscribers).try_acquire_owned() else {
        return error(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many subscribers: close a page that is open elsewhere",
        );
    };
    let receiver = site.events.subscribe();
    let first = site.ask(|view| Ok(api::status(view)?)).await;
    let first = first.map_or_else(|_| "{}".to_owned(), |status| status.to_string());
    let first =
        stream::once(
            async move { Ok::<_, Infallible>(Event::default().event("status").data(first)) },
        );
    let rest = stream::unfold((receiver, permit), |(mut receiver, permit)| async move {
        loop {
            match receiver.recv().await {
                Ok(one) => {
                    let event = Event::default().event(one.kind).data(&one.data);
                    return Some((Ok(event), (receiver, permit)));
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    let alive = KeepAlive::new().interval(Duration::from_secs(15));
    Sse::new(first.chain(rest))
        .keep_alive(alive)
        .into_response()
}
