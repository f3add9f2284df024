//! The HTTP client of a function.

use std::fs;

use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::variable;

/// Where the roots that a system trusts stand in one file: Amazon Linux, and Debian.
const BUNDLES: [&str; 2] = [
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
];

/// A client that trusts what the system's bundle has; `None` is the SDK's own.
///
/// The SDK's own reads every file of the folder beside the bundle too, where the same roots stand again: a third of the time
/// from a function's start to its first poll.
pub(super) fn client() -> Option<SharedHttpClient> {
    let said = ["SSL_CERT_FILE", "SSL_CERT_DIR"];
    if said.into_iter().any(|name| variable(name).is_some()) {
        return None;
    }
    let bundle = BUNDLES.iter().find_map(|path| fs::read(path).ok())?;
    let context = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(bundle))
        .build()
        .ok()?;
    let client = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context)
        .build_https();
    Some(client)
}
