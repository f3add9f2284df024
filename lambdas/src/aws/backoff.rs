//! Waiting before what was not taken is sent again: what the SDK does for whole calls, for parts of one.

use std::time::Duration;

/// How often a part is sent.
pub(super) const TRIES: u32 = 8;
const FIRST: f64 = 0.025;
const LONGEST: f64 = 1.0;

/// Waits between nothing and twice as long as the last time at most.
pub(super) async fn wait(tried: u32) {
    let most = (FIRST * f64::from(1_u32 << tried.min(16))).min(LONGEST);
    tokio::time::sleep(Duration::from_secs_f64(most * fastrand::f64())).await;
}
