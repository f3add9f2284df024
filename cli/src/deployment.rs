//! What commands that talk to AWS have in common: a runtime, and where AWS is.

use std::future::Future;

use tripline_lambdas::aws;

use crate::args::AwsArgs;
use crate::failure::Failure;

/// Waits for work that talks to AWS.
pub(crate) fn within<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Message(format!("cannot start: {error}")))?;
    let done = runtime.block_on(work);
    // A read that waits for a pipe is not waited for.
    runtime.shutdown_background();
    done
}

/// Waits until somebody wants the command to end: Ctrl-C, or a signal to terminate.
pub(crate) async fn stopped() {
    #[cfg(unix)]
    if let Ok(mut terminate) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // Where there is no such thing, there is nothing to wait for.
    let _ = tokio::signal::ctrl_c().await;
}

impl AwsArgs {
    /// Where AWS is, and who asks.
    pub(crate) async fn config(&self) -> aws::SdkConfig {
        let mut loader = aws::loader();
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(region) = &self.region {
            loader = loader.region(aws::Region::new(region.clone()));
        }
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        loader.load().await
    }
}
