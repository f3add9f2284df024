//! Internet addresses and the networks they belong to.

use std::net::IpAddr;

use super::datum::Datum;

/// A network: an address and how many of its leading bits count.
pub(super) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads `10.0.0.0/8`, or an address, which is a network of its own.
    pub(super) fn read(text: &str) -> Option<Network> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(longest);
        (bits <= longest).then_some(Network { address, bits })
    }

    fn has(&self, address: IpAddr) -> bool {
        let lead = |bits: u128, width: u32| bits.checked_shr(width - self.bits).unwrap_or(0);
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                lead(u32::from(own).into(), 32) == lead(u32::from(other).into(), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                lead(own.into(), 128) == lead(other.into(), 128)
            }
            _ => false,
        }
    }
}

/// Reads the items of a list as networks; none unless all are, and there is one.
pub(super) fn networks(items: &[Datum]) -> Option<Vec<Network>> {
    let read = |item: &Datum| match item {
        Datum::Text(text) => Network::read(text),
        _ => None,
    };
    let networks: Option<Vec<Network>> = items.iter().map(read).collect();
    networks.filter(|networks| !networks.is_empty())
}

/// Whether a value is an address of one of the networks; what is no address is unread.
pub(super) fn within(value: &Datum, networks: &[Network]) -> Datum {
    match value {
        Datum::Empty => Datum::Empty,
        Datum::Text(text) => match text.parse() {
            Ok(address) => Datum::Bool(networks.iter().any(|network| network.has(address))),
            Err(_) => Datum::Unread,
        },
        _ => Datum::Unread,
    }
}
