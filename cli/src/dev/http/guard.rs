//! Who may ask: this machine's own browser and scripts, or whoever has the token.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Site;
use super::routes::error;

/// How many connections there are at most.
const CONNECTIONS: usize = 128;
/// The cookie that holds the token.
const COOKIE: &str = "tripline-token";
/// What the page may do: nothing but what comes from here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Who may ask.
pub(in crate::dev) struct Guard {
    port: u16,
    /// The address that was asked for with `--listen`.
    listens: Option<IpAddr>,
    /// What whoever asks must have, where others than this machine can.
    token: Option<String>,
}

impl Guard {
    pub(in crate::dev) fn new(
        bound: SocketAddr,
        listens: Option<IpAddr>,
        token: Option<String>,
    ) -> Guard {
        Guard {
            port: bound.port(),
            listens,
            token,
        }
    }

    /// Whether a host (and port) is this server: a page of another name that points here is not let in.
    fn knows(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !name.is_empty() && !port.ends_with(']') => {
                (name, port.parse().ok())
            }
            _ => (host, Some(80)),
        };
        let is_loopback = ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|one| one.eq_ignore_ascii_case(name));
        if self.listens.is_some() {
            // Whoever has the token may name this machine as they like; a page of another site has no token.
            return true;
        }
        is_loopback && port == Some(self.port)
    }

    /// Whether an origin is the page's own.
    fn is_own(&self, origin: &str, host: &str) -> bool {
        let named = origin.strip_prefix("http://");
        let named = named.or_else(|| origin.strip_prefix("https://"));
        named.is_some_and(|named| named.eq_ignore_ascii_case(host))
    }

    /// Why a request is refused, if it is.
    fn refusal(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<(StatusCode, String)> {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let hosts = headers.get_all(header::HOST).iter().count();
        let host = text(header::HOST).unwrap_or_default();
        if hosts != 1 || !self.knows(host) {
            return Some((
                StatusCode::FORBIDDEN,
                format!(
                    "the host of the request is not this server: ask for http://127.0.0.1:{}",
                    self.port
                ),
            ));
        }
        let is_read = method == Method::GET || method == Method::HEAD;
        let origin = headers.contains_key(header::ORIGIN);
        let is_own = text(header::ORIGIN).is_some_and(|origin| self.is_own(origin, host));
        // What another site's page asks for it cannot read; browsers say so, and it is refused as well.
        let is_cross = text(header::HeaderName::from_static("sec-fetch-site"))
            .is_some_and(|site| matches!(site, "cross-site" | "same-site"));
        if origin && !is_own || is_cross && !is_read {
            return Some((
                StatusCode::FORBIDDEN,
                "the request comes from the page of another site".to_owned(),
            ));
        }
        let token = self.token.as_deref()?;
        let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let cookies = text(header::COOKIE).unwrap_or_default().split(';');
        let mut cookies = cookies.filter_map(|cookie| cookie.trim().split_once('='));
        let cookie = cookies.find_map(|(name, value)| (name == COOKIE).then_some(value));
        let given = [bearer, cookie, query_token(uri).filter(|_| is_read)];
        if given.into_iter().flatten().any(|one| is_same(one, token)) {
            return None;
        }
        Some((
            StatusCode::UNAUTHORIZED,
            "the token is missing: open the address that the terminal shows, or send `Authorization: Bearer <token>`"
                .to_owned(),
        ))
    }
}

/// The token in an address.
fn query_token(uri: &Uri) -> Option<&str> {
    let pairs = uri.query()?.split('&');
    pairs
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| (name == "token").then_some(value))
}

/// Compares in a time that tells nothing of where two texts differ.
fn is_same(given: &str, token: &str) -> bool {
    let bytes = given.bytes().zip(token.bytes());
    let differences = bytes.fold(0, |differences, (a, b)| differences | (a ^ b));
    given.len() == token.len() && differences == 0
}

/// Lets in what may come in, and adds to every answer what browsers are to heed.
pub(super) async fn check(State(site): State<Site>, request: Request, next: Next) -> Response {
    let refusal = site
        .guard
        .refusal(request.method(), request.uri(), request.headers());
    let opens = request.uri().path() == "/" && query_token(request.uri()).is_some();
    let mut response = match (refusal, Arc::clone(&site.requests).try_acquire_owned()) {
        (Some((status, reason)), _) => error(status, &reason),
        (None, Err(_)) => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests at once: try again",
        ),
        // The token moves from the address into a cookie.
        (None, Ok(_)) if opens && site.guard.token.is_some() => {
            let token = site.guard.token.as_deref().unwrap_or_default();
            let cookie = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/");
            let moved = [
                (header::LOCATION, "/".to_owned()),
                (header::SET_COOKIE, cookie),
            ];
            (StatusCode::SEE_OTHER, moved).into_response()
        }
        (None, Ok(_permit)) => next.run(request).await,
    };
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A listener that has so many connections at most; others wait to be taken.
pub(super) struct Bounded {
    listener: TcpListener,
    permits: Arc<Semaphore>,
}

impl Bounded {
    pub(super) fn new(listener: TcpListener) -> Bounded {
        Bounded {
            listener,
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }
}

impl Listener for Bounded {
    type Io = Permitted;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Permitted, SocketAddr) {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (
            Permitted {
                stream,
                _permit: permit,
            },
            address,
        )
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that counts until it ends.
pub(super) struct Permitted {
    stream: TcpStream,
    _permit: Option<OwnedSemaphorePermit>,
}

mod io {
    //! A connection is its stream.

    use std::io::Result;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::Permitted;

    impl AsyncRead for Permitted {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<Result<()>> {
            Pin::new(&mut self.stream).poll_read(context, buffer)
        }
    }

    impl AsyncWrite for Permitted {
        fn poll_write(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<Result<usize>> {
            Pin::new(&mut self.stream).poll_write(context, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
            Pin::new(&mut self.stream).poll_flush(context)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
            Pin::new(&mut self.stream).poll_shutdown(context)
        }
    }
}
