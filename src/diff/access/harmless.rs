//! Whether a property gives nobody access at a value.
//!
//! In: what is harmless, and the value. Out: whether it is that. Refuses nothing: a function may be anything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::aws::effects::Harmless;
use crate::iam::condition::{contains, network};
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
        Harmless::Never
        | Harmless::Another
        | Harmless::Group
        | Harmless::AtLeast
        | Harmless::AtMost => false,
        Harmless::Off => text.is_none() || is("false"),
        Harmless::Closed => is("false"),
        Harmless::On => is("true"),
        Harmless::Private => text.as_deref().is_some_and(is_private),
        Harmless::Value(wanted @ ("true" | "false")) => is(wanted),
        Harmless::Value(wanted) => text.as_deref() == Some(wanted),
        Harmless::ValueOrNone(wanted) => text.as_deref().is_none_or(|text| text == wanted),
    }
}

/// Whether a limit keeps out at `new` whoever it kept out at `old`.
pub(super) fn is_as_strict(harmless: Harmless<'_>, old: &Data, new: &Data) -> bool {
    let number = |data: &Data| match data {
        Data::Number(text) | Data::Text(text) => text.parse::<f64>().ok(),
        _ => None,
    };
    let is_ordered = |is: fn(&f64, &f64) -> bool| {
        let both = number(old).zip(number(new));
        both.is_some_and(|(old, new)| is(&new, &old))
    };
    match harmless {
        Harmless::AtLeast => is_ordered(f64::ge),
        Harmless::AtMost => is_ordered(f64::le),
        _ => is_harmless(harmless, Some(new)),
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
    let mut private = PRIVATE.iter();
    addresses(network).is_some_and(|own| private.any(|private| is_part(own, *private)))
}

/// Whether all addresses of the network `part` are in the network `whole`, both as they are written.
pub(super) fn is_within(part: &str, whole: &str) -> bool {
    let both = addresses(part).zip(addresses(whole));
    both.is_some_and(|(part, whole)| is_part(part, whole))
}

/// The addresses of a network: the first ones, and how many of their bits are those of all.
fn addresses(text: &str) -> Option<(IpAddr, u8)> {
    network(text).filter(|_| !text.ends_with('/'))
}

/// Whether all addresses of the network `own` are in the network `whole`.
fn is_part(own: (IpAddr, u8), whole: (IpAddr, u8)) -> bool {
    own.1 >= whole.1 && contains(whole, own.0)
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
    fn a_network_is_within_another() {
        for (part, whole) in [
            ("203.0.113.0/24", "0.0.0.0/0"),
            ("10.1.0.0/16", "10.1.0.0/16"),
            ("10.1.2.3", "10.1.0.0/16"),
            ("2001:db8::/32", "::/0"),
        ] {
            assert!(is_within(part, whole), "{part} {whole}");
        }
        for (part, whole) in [
            ("0.0.0.0/0", "203.0.113.0/24"),
            ("10.2.0.0/16", "10.1.0.0/16"),
            ("10.1.0.0/15", "10.1.0.0/16"),
            ("10.1.0.0/16", "::/0"),
            ("10.1.0.0/41", "10.1.0.0/40"),
            ("Office", "0.0.0.0/0"),
        ] {
            assert!(!is_within(part, whole), "{part} {whole}");
        }
    }

    #[test]
    fn a_number_is_as_strict_or_not() {
        let number = |text: &str| Data::Number(text.to_owned());
        let text = |text: &str| Data::Text(text.to_owned());
        let (most, least) = (Harmless::AtMost, Harmless::AtLeast);
        assert!(is_as_strict(least, &number("30"), &text("100")));
        assert!(is_as_strict(least, &number("0.5"), &number("0.75")));
        assert!(!is_as_strict(least, &number("100"), &number("30")));
        assert!(is_as_strict(most, &number("100"), &number("30")));
        assert!(!is_as_strict(most, &number("30"), &text("100")));
        for other in ["NaN", "", "thirty"] {
            assert!(!is_as_strict(least, &number("1"), &text(other)), "{other}");
            assert!(!is_as_strict(most, &text(other), &number("1")), "{other}");
        }
        let on = Harmless::Value("ON");
        assert!(is_as_strict(on, &text("OFF"), &text("ON")));
        assert!(!is_as_strict(on, &text("ON"), &text("OFF")));
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
            (Harmless::ValueOrNone("Private"), None, true),
            (Harmless::ValueOrNone("Private"), text("Private"), true),
            (Harmless::ValueOrNone("Private"), text("PublicRead"), false),
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
