//! What depends on the digits of an account id.
//!
//! In: what a resource or a policy document says. Out: whether some account's id may be in it in part.
//! Refuses nothing: in doubt it is.

use crate::template::display::shown;
use crate::template::value::Data;

/// Whether the resource may depend on some digits of an account id without having all of them in
/// one place: digits next to a wildcard, or at the ends of what a function puts together.
pub(crate) fn is_numbered(resource: &Data) -> bool {
    resource.get("Properties").is_some_and(has_digits_at_an_end)
}

/// Whether a policy document may depend on which account it applies to.
pub(crate) fn is_of_accounts(document: &Data) -> bool {
    let text = shown(document);
    crate::template::places::has_account_id(&text)
        || text.contains('!')
        || has_digits_at_an_end(document)
}

fn has_digits_at_an_end(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Action(_) => false,
        Data::Text(text) => is_beside_digits(text, b"*?"),
        Data::List(items) => items.iter().any(has_digits_at_an_end),
        Data::Unordered(items) => items.0.iter().any(has_digits_at_an_end),
        Data::Map(entries) => match entries.as_slice() {
            [(key, parts)] if key == "Fn::Join" => ends_in_digits(parts),
            [(key, parts @ Data::List(_))] if key == "Fn::Sub" => ends_in_digits(parts),
            [(key, Data::Text(text))] if key == "Fn::Sub" => is_beside_digits(text, b"*?{}$"),
            entries => entries.iter().any(|(_, value)| has_digits_at_an_end(value)),
        },
    }
}

/// Whether a text in `data` begins or ends in a digit, or has one next to a wildcard or a variable.
fn ends_in_digits(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(_) => false,
        Data::Number(_) => true,
        Data::Text(text) => {
            let is_digit = |c: char| c.is_ascii_digit();
            text.starts_with(is_digit)
                || text.ends_with(is_digit)
                || is_beside_digits(text, b"*?{}$")
        }
        Data::Action(action) => is_beside_digits(&action.0, b"*?"),
        Data::List(items) => items.iter().any(ends_in_digits),
        Data::Unordered(items) => items.0.iter().any(ends_in_digits),
        Data::Map(entries) => entries.iter().any(|(_, value)| ends_in_digits(value)),
    }
}

fn is_beside_digits(text: &str, wild: &[u8]) -> bool {
    let is_pair = |pair: &[u8]| match pair {
        [a, b] => {
            (a.is_ascii_digit() && wild.contains(b)) || (wild.contains(a) && b.is_ascii_digit())
        }
        _ => false,
    };
    text.as_bytes().windows(2).any(is_pair)
}
