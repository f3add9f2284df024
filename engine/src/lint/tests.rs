use super::LINTS;

#[test]
fn codes_are_in_order_and_ids_unique() {
    assert!(
        LINTS
            .windows(2)
            .all(|pair| pair[0].code.code < pair[1].code.code)
    );
    let mut ids: Vec<_> = LINTS.iter().map(|lint| lint.code.id).collect();
    ids.extend(crate::CODES.iter().map(|code| code.id));
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
    // The families are those of the codes' second digits.
    assert!(LINTS.windows(2).all(|pair| {
        (pair[0].family == pair[1].family) == (pair[0].code.code[..3] == pair[1].code.code[..3])
    }));
}
