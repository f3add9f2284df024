use crate::MAX_EVENT_NESTING;

/// Whether brackets nest deeper than an event may.
pub(super) fn nests_too_deep(bytes: &[u8]) -> bool {
    // Few events have more brackets than they may have levels, and counting them is fast.
    let brackets = bytes
        .iter()
        .filter(|&&byte| byte == b'{' || byte == b'[')
        .count();
    if brackets <= MAX_EVENT_NESTING {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for &byte in bytes {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_EVENT_NESTING {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}
