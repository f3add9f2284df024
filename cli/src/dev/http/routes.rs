//! The routes of the server; `openapi.yaml` describes those beneath `/api`.

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;
use tripline_engine::loader;

use super::{Site, guard, page, post as posting, stream};
use crate::dev::api::{self, Answer, Unanswered};
use crate::dev::pipeline::Order;

/// The longest body of a request, in bytes.
const MOST_BYTES: usize = 10 << 20;
/// How much a question may ask for at most.
const MOST: usize = 1_000;
/// The description of the API.
const OPENAPI: &str = include_str!("../openapi.yaml");

/// What a question may say beside its path.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    search: String,
    key: String,
    alert: Option<String>,
    limit: Option<usize>,
}

impl Asked {
    fn limit(&self, usual: usize) -> usize {
        self.limit.unwrap_or(usual).min(MOST)
    }
}

pub(super) fn routes(site: Site) -> Router {
    Router::new()
        .route(
            "/",
            // An SDK whose endpoint this is posts to the root.
            get(async |headers: HeaderMap| page::file("index.html", &headers))
                .post(posting::events),
        )
        .route(
            "/page/{*path}",
            get(async |Path(path): Path<String>, headers: HeaderMap| page::file(&path, &headers)),
        )
        .route("/events", post(posting::events))
        .route("/api/openapi.yaml", get(openapi))
        .route("/api/status", get(status))
        .route("/api/alerts", get(alerts))
        .route("/api/alerts/{name}", get(alert))
        .route("/api/alerts/{name}/keys", get(keys))
        .route("/api/alerts/{name}/series", get(series))
        .route("/api/alerts/{name}/why", get(why))
        .route("/api/aggregates", get(aggregates))
        .route("/api/aggregates/{name}/rows", get(rows))
        .route("/api/aggregates/{name}/series", get(row_series))
        .route("/api/notifications", get(notifications))
        .route("/api/quarantine", get(quarantine))
        .route("/api/quarantine/retry", post(retry_all))
        .route("/api/quarantine/{id}/retry", post(retry))
        .route("/api/try", post(try_it))
        .route("/api/try/start", get(start))
        .route("/api/stream", get(stream::stream))
        .fallback(async || {
            error(
                StatusCode::NOT_FOUND,
                "there is nothing here: `/` is the page, `/api/openapi.yaml` the API",
            )
        })
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(site.clone(), guard::check))
        .with_state(site)
}

/// An answer that says what is wrong.
pub(super) fn error(status: StatusCode, reason: &str) -> Response {
    (status, Json(json!({"error": reason}))).into_response()
}

pub(super) fn answered(answer: Answer) -> Response {
    match answer {
        Ok(value) => Json(value).into_response(),
        Err(Unanswered::Missing(reason)) => error(StatusCode::NOT_FOUND, &reason),
        Err(Unanswered::Wrong(reason)) => error(StatusCode::BAD_REQUEST, &reason),
        Err(Unanswered::Failed(reason)) => error(StatusCode::INTERNAL_SERVER_ERROR, &reason),
    }
}

async fn openapi() -> Response {
    (
        [(header::CONTENT_TYPE, "application/yaml; charset=utf-8")],
        OPENAPI,
    )
        .into_response()
}

async fn status(State(site): State<Site>) -> Response {
    answered(site.ask(|view| Ok(api::status(view)?)).await)
}

async fn alerts(State(site): State<Site>) -> Response {
    answered(site.ask(api::alerts).await)
}

async fn alert(State(site): State<Site>, Path(name): Path<String>) -> Response {
    answered(site.ask(move |view| api::alert(view, &name)).await)
}

async fn keys(
    State(site): State<Site>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let limit = asked.limit(100);
    answered(
        site.ask(move |view| api::keys(view, &name, &asked.search, limit))
            .await,
    )
}

async fn why(
    State(site): State<Site>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    answered(
        site.ask(move |view| api::why(view, &name, &asked.key))
            .await,
    )
}

async fn aggregates(State(site): State<Site>) -> Response {
    answered(site.ask(api::aggregates).await)
}

async fn rows(
    State(site): State<Site>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let limit = asked.limit(200);
    answered(
        site.ask(move |view| api::rows(view, &name, &asked.search, limit))
            .await,
    )
}

async fn row_series(
    State(site): State<Site>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    answered(
        site.ask(move |view| api::row_series(view, &name, &asked.key))
            .await,
    )
}

async fn notifications(State(site): State<Site>, Query(asked): Query<Asked>) -> Response {
    let limit = asked.limit(100);
    let ask = site.ask(move |view| api::notifications(view, asked.alert.as_deref(), limit));
    answered(ask.await)
}

async fn quarantine(State(site): State<Site>, Query(asked): Query<Asked>) -> Response {
    let limit = asked.limit(100);
    answered(site.ask(move |view| api::quarantine(view, limit)).await)
}

async fn retry_all(State(site): State<Site>) -> Response {
    retried(site, None).await
}

async fn retry(State(site): State<Site>, Path(id): Path<i64>) -> Response {
    retried(site, Some(id)).await
}

async fn retried(site: Site, id: Option<i64>) -> Response {
    let (done, counts) = oneshot::channel();
    let sent = site.orders.send(Order::Retry(id, done)).await.is_ok();
    match (sent, counts.await) {
        (true, Ok((0, 0))) if id.is_some() => error(
            StatusCode::NOT_FOUND,
            "quarantine has no such entry: it was retried, or is too old",
        ),
        (true, Ok((retried, failed))) => {
            Json(json!({"retried": retried, "failed": failed})).into_response()
        }
        _ => error(StatusCode::INTERNAL_SERVER_ERROR, "the command is ending"),
    }
}

async fn series(
    State(site): State<Site>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    answered(
        site.ask(move |view| api::series(view, &name, &asked.key))
            .await,
    )
}

async fn start(State(site): State<Site>, Query(asked): Query<Asked>) -> Response {
    let name = asked.alert.unwrap_or_default();
    answered(site.ask(move |view| api::start(view, &name)).await)
}

async fn try_it(State(site): State<Site>, Json(tried): Json<api::Tried>) -> Response {
    // It is done beside the pipeline, which goes on meanwhile.
    let done = tokio::task::spawn_blocking(move || {
        let files = loader::read_rules(&site.folder).unwrap_or_default();
        let settings = files.into_iter().find(|file| file.settings);
        api::try_it(&tried, settings)
    });
    match done.await {
        Ok(answer) => answered(answer),
        Err(_) => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "it could not be tried to the end",
        ),
    }
}
