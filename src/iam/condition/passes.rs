//! Whether a value passes a test, and values that tell tests apart.
//!
//! In: tests and values. Out: [`Pass`]; candidates, of which one passes what any number, time or
//! address does. Refuses nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::iam::condition::atom::Test;
use crate::iam::condition::date;
use crate::iam::pattern::{Glob, Matching};
use crate::template::symbol::{ACCOUNT_IDS, Symbol, literal_text};

/// Whether a value passes a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    Yes,
    No,
    /// It depends on a value that is not known: the number of its name.
    Value(u32),
    /// It is not certain what IAM would say.
    Unclear,
}

impl Pass {
    fn of(passes: bool) -> Self {
        if passes { Pass::Yes } else { Pass::No }
    }

    /// Whether the value passes if what is not known is like nothing else.
    pub(crate) fn settled(self) -> Option<bool> {
        match self {
            Pass::Yes => Some(true),
            Pass::No | Pass::Value(_) => Some(false),
            Pass::Unclear => None,
        }
    }

    /// Whether the value passes, if that is so whatever is not known.
    pub(super) fn certain(self) -> Option<bool> {
        match self {
            Pass::Yes => Some(true),
            Pass::No => Some(false),
            Pass::Value(_) | Pass::Unclear => None,
        }
    }
}

/// Whether one value of a key passes a test.
pub(crate) fn passes(test: &Test, value: &[Symbol]) -> Pass {
    match test {
        Test::Text(globs) => any(globs.iter().map(|glob| matching(glob, value))),
        Test::Arn(globs) => any(globs.iter().map(|glob| arn(glob, value))),
        Test::Number(order, bounds) => match literal_text(value).and_then(|text| number(&text)) {
            Some(value) => Pass::of(bounds.iter().any(|bound| order.compares(value, *bound))),
            None => Pass::Unclear,
        },
        Test::Date(order, bounds) => {
            match literal_text(value).and_then(|text| date::seconds(&text)) {
                Some(value) => any(bounds.iter().map(|bound| {
                    // Whether IAM compares parts of a second is not documented.
                    let has_part = value.fract() != 0.0 || bound.fract() != 0.0;
                    if has_part && value.floor().total_cmp(&bound.floor()).is_eq() {
                        Pass::Unclear
                    } else {
                        Pass::of(order.compares(value, *bound))
                    }
                })),
                None => Pass::Unclear,
            }
        }
        Test::Network(networks) => match literal_text(value).map(|text| text.parse::<IpAddr>()) {
            Some(Ok(ip)) => Pass::of(networks.iter().any(|network| contains(*network, ip))),
            _ => Pass::Unclear,
        },
        Test::Missing
        | Test::Unread
        | Test::Opaque
        | Test::Policy { .. }
        | Test::OnlyOfItsName { .. }
        | Test::Kept
        | Test::Created
        | Test::CallersOwn
        | Test::Valid
        | Test::Statement
        | Test::Choice
        | Test::NotKnown => Pass::Unclear,
    }
}

/// Whether one passes; what is not certain counts if none does.
fn any(all: impl Iterator<Item = Pass>) -> Pass {
    let mut found = Pass::No;
    for pass in all {
        match (found, pass) {
            (_, Pass::Yes) => return Pass::Yes,
            (Pass::No, pass) => found = pass,
            (Pass::Value(_), Pass::Unclear) => found = Pass::Unclear,
            _ => {}
        }
    }
    found
}

fn matching(glob: &Glob, text: &[Symbol]) -> Pass {
    match glob.matching(text) {
        Matching::Always => Pass::Yes,
        Matching::Never => Pass::No,
        Matching::Sometimes(name) => Pass::Value(name),
    }
}

/// Whether an ARN matches, each of its six fields by itself. IAM user guide, "ARN condition
/// operators": a wildcard does not reach beyond its field.
fn arn(glob: &Glob, value: &[Symbol]) -> Pass {
    if glob.symbols == value && !glob.is_wild() {
        return Pass::Yes;
    }
    let (own, others) = (fields(&glob.symbols), fields(value));
    let unknown = glob.symbols.iter().chain(value).find_map(|symbol| {
        // The id of an account has no colon.
        let name = match symbol {
            Symbol::Unknown(name) if *name < ACCOUNT_IDS => *name,
            _ => return None,
        };
        Some(name)
    });
    if own.len() != 6 || others.len() != 6 {
        return unknown.map_or(Pass::Unclear, Pass::Value);
    }
    let pairs = own.iter().zip(&others);
    let mut found = Pass::Yes;
    for (at, (own, other)) in pairs.enumerate() {
        let is_last = at == 5;
        let is_apart = own != other && !is_last && has_unknown(other);
        match matching(&Glob::new(own.to_vec()), other) {
            // A value that is not known may have more fields than one.
            Pass::Yes if is_apart => found = unknown.map_or(found, Pass::Value),
            Pass::Yes => {}
            Pass::No => return unknown.map_or(Pass::No, Pass::Value),
            other => found = other,
        }
    }
    found
}

fn has_unknown(symbols: &[Symbol]) -> bool {
    let mut symbols = symbols.iter();
    symbols.any(|symbol| matches!(symbol, Symbol::Unknown(name) if *name < ACCOUNT_IDS))
}

/// The fields of an ARN: six, if it is one.
pub(super) fn fields(symbols: &[Symbol]) -> Vec<&[Symbol]> {
    let fields = symbols.splitn(6, |symbol| *symbol == Symbol::Char(':'));
    fields.collect()
}

/// The number that `text` is. More digits than these could not be told apart.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    let is_number = match digits.split_once('.') {
        Some((whole, part)) => is_digits(whole) && is_digits(part),
        None => is_digits(digits),
    };
    // Zero is zero, whatever its sign.
    let number = text.parse::<f64>().ok().map(|number| number + 0.0);
    number.filter(|_| is_number && digits.len() <= 15)
}

/// The network that `text` is, in CIDR form or as one address.
pub(crate) fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (ip, bits) = text.split_once('/').unwrap_or((text, ""));
    let ip: IpAddr = ip.parse().ok()?;
    let all = width(ip);
    let bits = if bits.is_empty() {
        all
    } else {
        bits.parse().ok()?
    };
    (bits <= all).then_some((ip, bits))
}

/// Numbers, of which one passes what any number does: each bound, and one on each side of it. Whole
/// ones come first.
pub(super) fn numbers(tests: &[&Test]) -> Vec<f64> {
    let bounds = sorted(tests.iter().flat_map(|test| match test {
        Test::Number(_, bounds) => bounds.as_slice(),
        _ => &[],
    }));
    let near = bounds
        .iter()
        .flat_map(|bound| [bound.ceil() - 1.0, bound.floor() + 1.0]);
    let between = bounds.windows(2).filter_map(|pair| match pair {
        [low, high] => Some(low + (high - low) / 2.0),
        _ => None,
    });
    let mut all = sorted(
        &bounds
            .iter()
            .copied()
            .chain(near)
            .chain(between)
            .collect::<Vec<_>>(),
    );
    all.sort_by_key(|number| number.fract() != 0.0);
    all
}

/// The same for times. Of those within the second of a bound there is also one: what IAM makes of
/// parts of a second is not certain.
pub(super) fn times(tests: &[&Test]) -> Vec<f64> {
    let bounds = sorted(tests.iter().flat_map(|test| match test {
        Test::Date(_, bounds) => bounds.as_slice(),
        _ => &[],
    }));
    let near = bounds.iter().flat_map(|bound| {
        let whole = bound.floor();
        [whole - 1.0, whole, whole + 1.0, whole + 0.5]
    });
    let mut all = sorted(&near.collect::<Vec<_>>());
    all.sort_by_key(|number| number.fract() != 0.0);
    all
}

fn sorted<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> Vec<f64> {
    let mut numbers: Vec<f64> = numbers.into_iter().copied().collect();
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.dedup();
    numbers
}

/// Addresses, of which one passes what any address does: networks are within each other or apart,
/// so each stretch of addresses that is in the same of them begins where one begins, or after one.
pub(super) fn addresses(tests: &[&Test]) -> Vec<IpAddr> {
    let networks = tests.iter().flat_map(|test| match test {
        Test::Network(networks) => networks.as_slice(),
        _ => &[],
    });
    let mut nice = Vec::new();
    let mut all = Vec::new();
    for (ip, bits) in networks {
        let (first, last) = range((*ip, *bits));
        // Where there is more than one, the first is not one that a host has.
        let is_part = first < last && *bits > 0;
        nice.extend(is_part.then(|| address(*ip, first + 1)));
        all.push(address(*ip, first));
        all.extend(
            last.checked_add(1)
                .filter(|next| *next <= limit(*ip))
                .map(|next| address(*ip, next)),
        );
    }
    // Of documents (RFC 5737 and 3849).
    nice.push(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    nice.push(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)));
    all.push(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    all.push(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    all.sort_unstable();
    nice.extend(all);
    nice
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// The last address of the kind of `ip`.
fn limit(ip: IpAddr) -> u128 {
    if ip.is_ipv4() {
        u128::from(u32::MAX)
    } else {
        u128::MAX
    }
}

/// The address with these bits of the kind of `ip`.
fn address(ip: IpAddr, bits: u128) -> IpAddr {
    match (ip, u32::try_from(bits)) {
        (IpAddr::V4(_), Ok(bits)) => IpAddr::V4(Ipv4Addr::from_bits(bits)),
        _ => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    }
}

/// The first and the last address of a network.
fn range((ip, prefix): (IpAddr, u8)) -> (u128, u128) {
    let hosts = u32::from(width(ip).saturating_sub(prefix));
    let rest = limit(ip) & u128::MAX.checked_shr(128 - hosts).unwrap_or(0);
    let first = bits(ip) & !rest;
    (first, first | rest)
}

/// Whether `ip` is an address of the network.
pub(crate) fn contains(network: (IpAddr, u8), ip: IpAddr) -> bool {
    let (first, last) = range(network);
    network.0.is_ipv4() == ip.is_ipv4() && (first..=last).contains(&bits(ip))
}
