//! Whether a property gives nobody access at a value.
//!
//! In: what is harmless, and the value. Out: whether it is that. Refuses nothing: a function may be anything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::aws::effects::Harmless;
use crate::template::display::shown;
use crate::template::value::Data;

/// Whether a property gives nobody access at this value.
pub(super) fn is_harmless(harmless: Harmless<'_>, value: Option<&Data>) -> bool {
    // `'true'` in quotes is the same to CloudFormation.
    let text = value.map(|data| data.text().map_or_else(|| shown(data), str::to_owned));
    let is = |wanted: &str| {
        let mut text = text.iter();
        text.any(|text| text.eq_ignore_ascii_case(wanted))
    };
    match harmless {
        Harmless::Never | Harmless::Another => false,
        Harmless::Off => text.is_none() || is("false"),
        Harmless::Closed => is("false"),
        Harmless::On => is("true"),
        Harmless::Private => text.as_deref().is_some_and(is_private),
        Harmless::Value(wanted @ ("true" | "false")) => is(wanted),
        Harmless::Value(wanted) => text.as_deref() == Some(wanted),
    }
}

/// The networks that only their own organization reaches (RFC 1918 and RFC 4193).
const PRIVATE: [(IpAddr, u8); 4] = [
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
];

/// Whether all addresses of a network such as `10.1.0.0/16` are private.
fn is_private(network: &str) -> bool {
    let (address, length) = network.split_once('/').unwrap_or((network, "128"));
    let (Ok(address), Ok(length)) = (address.parse::<IpAddr>(), length.parse::<u8>()) else {
        return false;
    };
    PRIVATE.iter().any(|(private, bits)| {
        length >= *bits
            && match (address, private) {
                (IpAddr::V4(own), IpAddr::V4(private)) => {
                    (own.to_bits() ^ private.to_bits()) >> (32 - bits) == 0
                }
                (IpAddr::V6(own), IpAddr::V6(private)) => {
                    (own.to_bits() ^ private.to_bits()) >> (128 - bits) == 0
                }
                _ => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_private_if_all_of_it_is() {
        for network in [
            "10.0.0.0/8",
            "10.1.2.3/32",
            "10.1.2.3",
            "172.31.0.0/16",
            "192.168.0.0/16",
            "fd00::/8",
        ] {
            assert!(is_private(network), "{network}");
        }
        for network in [
            "0.0.0.0/0",
            "10.0.0.0/7",
            "172.32.0.0/16",
            "192.0.2.0/24",
            "::/0",
            "2001:db8::/32",
            "10.0.0.0/8/8",
            "10.0.0.0/",
            "Office",
        ] {
            assert!(!is_private(network), "{network}");
        }
    }

    #[test]
    fn a_value_is_harmless_or_not() {
        let text = |text: &str| Some(Data::Text(text.to_owned()));
        let cases = [
            (Harmless::Off, None, true),
            (Harmless::Closed, None, false),
            (Harmless::Closed, text("False"), true),
            (Harmless::On, None, false),
            (Harmless::On, text("true"), true),
            (Harmless::Value("DENY"), text("deny"), false),
            (Harmless::Value("DENY"), text("DENY"), true),
            (Harmless::Value("true"), text("True"), true),
            (Harmless::Private, text("10.0.0.0/8"), true),
            (Harmless::Never, None, false),
        ];
        for (harmless, value, wanted) in cases {
            assert_eq!(
                is_harmless(harmless, value.as_ref()),
                wanted,
                "{harmless:?}"
            );
        }
    }
}
