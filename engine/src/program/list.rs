//! Lists of constants that a value can be looked up in at once, however long they are.

use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use super::Constant;
use super::rule::canonical_number;
use crate::event::{Datum, Value};
use crate::ids;
use crate::number::Number;

/// The values of a list; 1 and 1.0 are one, and null stands for every unknown value.
#[derive(Debug, Default)]
pub(crate) struct Members {
    // None of these is ever walked, so their order is of no account.
    texts: HashSet<Box<str>>,
    integers: HashSet<i64>,
    /// The bits of numbers that are no integer of 64 bits.
    doubles: HashSet<u64>,
    bools: [bool; 2],
    has_null: bool,
}

impl Members {
    /// Makes the set of some values, of which `None` is null.
    pub(crate) fn new(items: impl IntoIterator<Item = Option<Constant>>) -> Members {
        let mut members = Members::default();
        for item in items {
            match item {
                None => members.has_null = true,
                Some(Constant::Bool(bool)) => members.bools[usize::from(bool)] = true,
                Some(Constant::Text(text)) => {
                    members.texts.insert(text.into());
                }
                Some(Constant::Number(number)) => match whole(number) {
                    Ok(integer) => {
                        members.integers.insert(integer);
                    }
                    Err(bits) => {
                        members.doubles.insert(bits);
                    }
                },
            }
        }
        members
    }

    /// Whether a value is in the list; an unknown one is unknown, unless the list has null.
    pub(crate) fn contains<'v>(&self, value: &Datum<'v>) -> Datum<'v> {
        Datum::Bool(match value {
            Datum::Unread | Datum::Empty => {
                return if self.has_null {
                    Datum::Bool(true)
                } else {
                    value.clone()
                };
            }
            Datum::Bool(bool) => self.bools[usize::from(*bool)],
            Datum::Text(text) => self.texts.contains(text.as_ref()),
            Datum::Number(number) => match whole(*number) {
                Ok(integer) => self.integers.contains(&integer),
                Err(bits) => self.doubles.contains(&bits),
            },
            Datum::List { .. } | Datum::Object => false,
        })
    }

    /// Whether a value of an event is in the list.
    pub(crate) fn holds(&self, value: &Value<'_>) -> bool {
        self.contains(&Datum::of(value)) == Datum::Bool(true)
    }

    /// How many values it has.
    pub(crate) fn len(&self) -> usize {
        let others = self.bools.iter().chain([&self.has_null]);
        let others = others.filter(|has| **has).count();
        self.texts.len() + self.integers.len() + self.doubles.len() + others
    }

    /// Its values in no order, of which `None` is null.
    pub(crate) fn values(&self) -> impl Iterator<Item = Option<Constant>> {
        let texts = self.texts.iter();
        let texts = texts.map(|text| Constant::Text(text.as_ref().to_owned()));
        let integers = self.integers.iter().copied().map(Number::Integer);
        let doubles = self.doubles.iter().copied();
        let doubles = doubles.map(|bits| Number::Double(f64::from_bits(bits)));
        let bools = [false, true].into_iter();
        let bools = bools.filter(|bool| self.bools[usize::from(*bool)]);
        texts
            .chain(integers.chain(doubles).map(Constant::Number))
            .chain(bools.map(Constant::Bool))
            .map(Some)
            .chain(self.has_null.then_some(None))
    }

    pub(crate) fn has_text(&self) -> bool {
        !self.texts.is_empty()
    }

    pub(crate) fn has_number(&self) -> bool {
        !self.integers.is_empty() || !self.doubles.is_empty()
    }

    pub(crate) fn has_bool(&self) -> bool {
        self.bools.contains(&true)
    }

    /// Names the contents of the list, however they were written and in whatever order.
    pub(crate) fn fingerprint(&self) -> [u8; 16] {
        let number = |number| canonical_number(number).to_string();
        let integers = self.integers.iter().map(|value| value.to_string());
        let doubles = self
            .doubles
            .iter()
            .map(|bits| number(Number::Double(f64::from_bits(*bits))));
        let numbers: BTreeSet<String> = integers.chain(doubles).collect();
        let mut texts: Vec<&str> = self.texts.iter().map(AsRef::as_ref).collect();
        texts.sort_unstable();
        let count = numbers.len().to_be_bytes();
        let flags = [self.bools[0], self.bools[1], self.has_null].map(u8::from);
        let mut fields: Vec<&[u8]> = vec![&flags, &count];
        fields.extend(numbers.iter().map(String::as_bytes));
        fields.extend(texts.into_iter().map(str::as_bytes));
        ids::hash(&fields)
    }
}

/// The integer that a number is, or the bits of what is none.
fn whole(number: Number) -> Result<i64, u64> {
    match number {
        Number::Integer(integer) => Ok(integer),
        Number::Double(double) => canonical_number(number).as_i64().ok_or(double.to_bits()),
    }
}

/// An address, or all addresses that begin with the same bits. IPv4 addresses mapped to IPv6 are IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    first: Address,
    last: Address,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Address {
    V4(u32),
    V6(u128),
}

impl Address {
    fn parse(text: &str) -> Option<Address> {
        Some(match text.parse::<IpAddr>().ok()?.to_canonical() {
            IpAddr::V4(address) => Address::V4(address.to_bits()),
            IpAddr::V6(address) => Address::V6(address.to_bits()),
        })
    }
}

/// What a text is that may be a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Parsed {
    Network(Network),
    /// A prefix with bits after its length; the network it belongs to, as it should be written.
    HostBits(String),
    /// Neither an address nor a prefix.
    Neither,
}

impl Network {
    /// Reads an address or a prefix such as `10.0.0.0/8`.
    pub(crate) fn parse(text: &str) -> Parsed {
        let Some((address, length)) = text.split_once('/') else {
            return Address::parse(text).map_or(Parsed::Neither, |address| {
                Parsed::Network(Network {
                    first: address,
                    last: address,
                })
            });
        };
        let is_short = (1..=3).contains(&length.len());
        if !is_short || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return Parsed::Neither;
        }
        let (Ok(written), Ok(length)) = (address.parse::<IpAddr>(), length.parse::<u32>()) else {
            return Parsed::Neither;
        };
        // The bits of a mapped address count from the start of the long form.
        let mapped = written.is_ipv6() && written.to_canonical().is_ipv4() && length >= 96;
        let address = if mapped {
            written.to_canonical()
        } else {
            written
        };
        let given = length;
        let length = if mapped { length - 96 } else { length };
        match address {
            IpAddr::V4(address) if length <= 32 => {
                let host = u32::MAX.checked_shr(length).unwrap_or(0);
                let (first, bits) = (address.to_bits() & !host, address.to_bits());
                if first != bits {
                    let network = IpAddr::V4(first.into());
                    return Parsed::HostBits(format!("{network}/{length}"));
                }
                Parsed::Network(Network {
                    first: Address::V4(first),
                    last: Address::V4(first | host),
                })
            }
            IpAddr::V6(address) if length <= 128 => {
                let host = u128::MAX.checked_shr(length).unwrap_or(0);
                let (first, bits) = (address.to_bits() & !host, address.to_bits());
                if first != bits {
                    let network = IpAddr::V6(first.into());
                    return Parsed::HostBits(format!("{network}/{given}"));
                }
                Parsed::Network(Network {
                    first: Address::V6(first),
                    last: Address::V6(first | host),
                })
            }
            _ => Parsed::Neither,
        }
    }
}

/// Networks in order, none of which overlaps or touches another.
#[derive(Debug)]
pub(crate) struct Networks(Vec<Network>);

impl Networks {
    pub(crate) fn new(mut networks: Vec<Network>) -> Networks {
        networks.sort_unstable_by_key(|network| (network.first, network.last));
        let mut merged: Vec<Network> = Vec::with_capacity(networks.len());
        for network in networks {
            match merged.last_mut() {
                Some(before) if before.reaches(network.first) => {
                    before.last = before.last.max(network.last);
                }
                _ => merged.push(network),
            }
        }
        merged.shrink_to_fit();
        Networks(merged)
    }

    /// The networks that a list of an event holds, if it has items and all of them are networks.
    pub(crate) fn of_items(items: &[Value<'_>]) -> Option<Networks> {
        let network = |item: &Value<'_>| match item {
            Value::Text(text) => match Network::parse(text) {
                Parsed::Network(network) => Some(network),
                Parsed::HostBits(_) | Parsed::Neither => None,
            },
            _ => None,
        };
        let networks: Option<Vec<Network>> = items.iter().map(network).collect();
        networks
            .filter(|networks| !networks.is_empty())
            .map(Networks::new)
    }

    /// Whether an address belongs to one of the networks; what is no address is unread.
    pub(crate) fn contains<'v>(&self, value: &Datum<'v>) -> Datum<'v> {
        let address = match value {
            Datum::Text(text) => Address::parse(text),
            Datum::Empty => return Datum::Empty,
            _ => None,
        };
        let Some(address) = address else {
            return Datum::Unread;
        };
        let after = self.0.partition_point(|network| network.first <= address);
        let found = after.checked_sub(1).and_then(|at| self.0.get(at));
        Datum::Bool(found.is_some_and(|network| address <= network.last))
    }

    /// Names the addresses, by whatever prefixes they were written.
    pub(crate) fn fingerprint(&self) -> [u8; 16] {
        let mut fields: Vec<Vec<u8>> = vec![b"networks".to_vec()];
        for network in &self.0 {
            for end in [network.first, network.last] {
                fields.push(match end {
                    Address::V4(bits) => bits.to_be_bytes().to_vec(),
                    Address::V6(bits) => bits.to_be_bytes().to_vec(),
                });
            }
        }
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        ids::hash(&fields)
    }
}

impl Network {
    /// Whether the address is in the network or right after it.
    fn reaches(&self, address: Address) -> bool {
        match (self.last, address) {
            (Address::V4(last), Address::V4(first)) => first <= last.saturating_add(1),
            (Address::V6(last), Address::V6(first)) => first <= last.saturating_add(1),
            _ => false,
        }
    }
}
