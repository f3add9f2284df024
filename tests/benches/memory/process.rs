//! What the process has.

use crate::ALLOCATOR;

/// A reading of memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// What is allocated.
    pub(crate) live: usize,
    /// What the system has given, where it tells (Linux).
    pub(crate) resident: usize,
}

impl Memory {
    pub(crate) fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = resident.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        Memory {
            live: ALLOCATOR.current_usage(),
            resident: kibibytes.unwrap_or(0) << 10,
        }
    }

    /// What has been added since.
    pub(crate) fn since(self, before: Memory) -> Memory {
        Memory {
            live: self.live.saturating_sub(before.live),
            resident: self.resident.saturating_sub(before.resident),
        }
    }
}

/// Bytes as mebibytes.
pub(crate) fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
