//! Plain scalars, as YAML 1.2's core schema and js-yaml read them.
//!
//! In: the text of a scalar that was written without quotes. Out: what it is. Refuses nothing: what
//! is neither null, a boolean nor a number is text. How a reader converts a number is its own
//! concern, since not every number survives that.

/// What a plain scalar is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlainScalar {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Decimal digits, with a sign or without.
    Integer,
    /// A decimal number with a fraction or an exponent.
    Float(f64),
    /// A number in another notation: hexadecimal, octal, binary, infinite, or not a number.
    OtherNumber,
    /// Text.
    Text,
}

/// Whether the plain scalar `text` is null.
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// What the plain scalar `text` is.
pub fn plain_scalar(text: &str) -> PlainScalar {
    match text {
        _ if is_null(text) => return PlainScalar::Null,
        "true" | "True" | "TRUE" => return PlainScalar::Bool(true),
        "false" | "False" | "FALSE" => return PlainScalar::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return PlainScalar::Text;
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return PlainScalar::Integer;
    }
    if other_number(text).is_some() {
        return PlainScalar::OtherNumber;
    }
    let is_float_like = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
    match text.parse() {
        Ok(number) if is_float_like => PlainScalar::Float(number),
        _ => PlainScalar::Text,
    }
}

/// Whether a number begins with a zero, so that some readers may read it as octal.
pub fn has_leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")
}

/// The hexadecimal, octal or binary number that `text` is, or the infinite one, or the one that is
/// none (js-yaml, `lib/type/int.js` and `float.js`).
pub(crate) fn other_number(text: &str) -> Option<f64> {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(f64::NAN);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF") {
        return Some(sign * f64::INFINITY);
    }
    let radixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    radixes.iter().find_map(|(prefix, radix)| {
        let digits = digits.strip_prefix(prefix)?;
        Some(sign * of_radix(digits, *radix)?)
    })
}

/// The number that `digits` are in `radix`; exact as far as a number can be, up to 128 bits.
fn of_radix(digits: &str, radix: u32) -> Option<f64> {
    let values: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(radix)).collect();
    let values = values.filter(|values| !values.is_empty())?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "it is rounded as JavaScript rounds it"
    )]
    let exact = u128::from_str_radix(digits, radix).map(|number| number as f64);
    let rounded = || {
        let add = |sum: f64, digit: &u32| sum * f64::from(radix) + f64::from(*digit);
        values.iter().fold(0.0, add)
    };
    Some(exact.unwrap_or_else(|_| rounded()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_what_the_core_schema_says() {
        let text = [
            "True ",
            "yes",
            "1_000",
            "1.2.3",
            "2012-10-17",
            "-",
            ".",
            "0xg",
            "0x",
            "inf",
            "nan",
            ".iNf",
            "-.nan",
        ];
        let integers = ["0", "-1", "+1", "007", "123456789012"];
        let others = ["0x1F", "0o17", "0b1", "-0x1", ".inf", "-.INF", ".NaN"];
        for (texts, wanted) in [
            (["", "~", "Null"].as_slice(), PlainScalar::Null),
            (&["TRUE"], PlainScalar::Bool(true)),
            (&["False"], PlainScalar::Bool(false)),
            (&integers, PlainScalar::Integer),
            (&["1.5", "15e-1", "01.5"], PlainScalar::Float(1.5)),
            (&others, PlainScalar::OtherNumber),
            (&text, PlainScalar::Text),
        ] {
            for text in texts {
                assert_eq!(plain_scalar(text), wanted, "{text}");
            }
        }
    }

    #[test]
    fn other_numbers_are_as_large_as_they_are() {
        for (text, wanted) in [
            ("0x1F", 31.0),
            ("-0o17", -15.0),
            ("+0b101", 5.0),
            ("0x20000000000001", 9_007_199_254_740_992.0),
            ("0x1ffffffffffffffff", 36_893_488_147_419_103_232.0),
            ("-.inf", f64::NEG_INFINITY),
        ] {
            assert_eq!(other_number(text), Some(wanted), "{text}");
        }
        let long = format!("0x1{}", "0".repeat(40));
        assert_eq!(other_number(&long), Some(2f64.powi(160)));
        assert!(other_number(".NaN").unwrap().is_nan());
    }
}
