//! The page, which is part of the program.

use std::io::Write;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::routes::error;

/// A file of the page.
struct Asset {
    path: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($path:literal),* $(,)?) => {
        [$(Asset { path: $path, bytes: include_bytes!(concat!("../page/", $path)) }),*]
    };
}

/// All files of the page. `index.html` is served as `/`, the others beneath `/page/`.
static ASSETS: &[Asset] = &assets![
    "index.html",
    "aggregates.js",
    "alert.js",
    "alerts.js",
    "api.js",
    "app.js",
    "dom.js",
    "format.js",
    "highlight.js",
    "icon.svg",
    "overview.js",
    "pieces.js",
    "plot.js",
    "quarantine.js",
    "style.css",
    "theme.js",
    "try.js",
    "vendor/uplot/LICENSE",
    "vendor/uplot/uPlot.iife.min.js",
    "vendor/uplot/uPlot.min.css",
    "views.css",
];

/// What browsers take files of this ending for.
fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

/// The files as they go over the wire, compressed once.
static PACKED: LazyLock<Vec<Bytes>> = LazyLock::new(|| ASSETS.iter().map(packed).collect());

fn packed(asset: &Asset) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(asset.bytes);
    encoder.finish().unwrap_or_default().into()
}

/// A file of the page.
pub(super) fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some(number) = ASSETS.iter().position(|asset| asset.path == path) else {
        return error(
            StatusCode::NOT_FOUND,
            "the page has no such file: `/` is the page, `/api/openapi.yaml` the API",
        );
    };
    let accepted = headers.get(header::ACCEPT_ENCODING);
    let accepted = accepted
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let is_packed = accepted
        .split(',')
        .any(|one| one.trim().split(';').next() == Some("gzip"));
    let asset = &ASSETS[number];
    let body = match is_packed {
        true => PACKED[number].clone(),
        false => Bytes::from_static(asset.bytes),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(kind(asset.path)),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    // The next version of the program may have another page at the same address.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::{Path, PathBuf};

    use super::ASSETS;

    #[test]
    fn every_file_of_the_page_is_served() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dev/page");
        let mut folders = vec![root.clone()];
        let mut files: Vec<PathBuf> = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => files.push(path.strip_prefix(&root).unwrap().to_owned()),
                }
            }
        }
        let served: Vec<PathBuf> = ASSETS.iter().map(|asset| asset.path.into()).collect();
        for file in &files {
            assert!(served.contains(file), "{}", file.display());
        }
        assert_eq!(served.len(), files.len());
    }
}
