//! The HTTP server: the page, the API, and events that are posted.

mod guard;
mod page;
mod post;
mod routes;
mod stream;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, oneshot};

pub(super) use self::guard::Guard;

use super::api::{Answer, Unanswered};
use super::pipeline::{Batch, Event, Order, View};
use crate::failure::Failure;

/// What the server's handlers share.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) batches: mpsc::Sender<Batch>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) guard: Arc<Guard>,
    /// One permit for each subscriber of the stream.
    pub(super) subscribers: Arc<tokio::sync::Semaphore>,
    /// One permit for each request that is worked on.
    pub(super) requests: Arc<tokio::sync::Semaphore>,
    /// The folder of the rules.
    pub(super) folder: Arc<std::path::Path>,
}

impl Site {
    /// Asks the pipeline something; it answers between two batches.
    pub(super) async fn ask(
        &self,
        question: impl FnOnce(&View<'_>) -> Answer + Send + 'static,
    ) -> Answer {
        let ended = || Unanswered::Failed("the command is ending".to_owned());
        let (sender, receiver) = oneshot::channel();
        let ask = Box::new(move |view: &View<'_>| {
            let _ = sender.send(question(view));
        });
        let sent = self.orders.send(Order::Ask(ask)).await;
        sent.map_err(|_| ended())?;
        receiver.await.map_err(|_| ended())?
    }
}

/// A token that nobody can guess.
pub(super) fn token() -> Result<String, Failure> {
    use std::io::Read;
    let mut bytes = [0; 16];
    let random = std::path::Path::new("/dev/urandom");
    std::fs::File::open(random)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| Failure::path("read", random, &error))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Binds the address of the page.
pub(super) async fn bind(address: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), Failure> {
    let wanted = SocketAddr::new(address, port);
    let told = |error: std::io::Error| {
        Failure::Message(format!(
            "cannot listen on {wanted}: {error} (name another port with --port, or 0 for any that is free)"
        ))
    };
    let listener = TcpListener::bind(wanted).await.map_err(told)?;
    let bound = listener.local_addr().map_err(told)?;
    Ok((listener, bound))
}

/// Serves until the process ends.
pub(super) async fn serve(listener: TcpListener, site: Site) {
    let routes = routes::routes(site);
    // An error of a connection ends that one only.
    let _ = axum::serve(guard::Bounded::new(listener), routes).await;
}
