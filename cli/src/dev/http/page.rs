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
    "style.css",
    "pieces.css",
    "views.css",
    "narrow.css",
    "icon.svg",
    "theme.js",
    "app.js",
    "api.js",
    "dom.js",
    "format.js",
    "highlight.js",
    "pieces.js",
    "plot.js",
    "overview.js",
    "alerts.js",
    "alert.js",
    "aggregates.js",
    "try.js",
    "quarantine.js",
    "vendor/uplot/uPlot.iife.min.js",
    "vendor/uplot/uPlot.min.css",
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
    use std::path::Path;

    use super::*;

    /// What lies in the page's folder, but for licences.
    fn files(folder: &Path, found: &mut Vec<String>, root: &Path) {
        for entry in std::fs::read_dir(folder).expect("the folder of the page") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                files(&path, found, root);
            } else if !path.ends_with("LICENSE") {
                let path = path.strip_prefix(root).expect("beneath the folder");
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }

    #[test]
    fn all_files_of_the_page_are_in_the_program() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dev/page");
        let mut found = Vec::new();
        files(&root, &mut found, &root);
        found.sort();
        let mut held: Vec<_> = ASSETS.iter().map(|asset| asset.path.to_owned()).collect();
        held.sort();
        assert_eq!(held, found);
    }

    #[test]
    fn the_page_is_small() {
        let size: usize = PACKED.iter().map(Bytes::len).sum();
        assert!(size < 200 * 1024, "{size} bytes");
    }
}
