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
    let is_special = |word: &&str| digits.eq_ignore_ascii_case(word);
    if other_radix(digits).is_some() || [".inf", ".nan"].iter().any(is_special) {
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

/// The hexadecimal, octal or binary number that `text` is, if it is one that fits.
pub(crate) fn other_radix(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let radixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    radixes.iter().find_map(|(prefix, radix)| {
        let digits = digits.strip_prefix(prefix)?;
        Some(sign * i64::from_str_radix(digits, *radix).ok()?)
    })
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
            "inf",
            "nan",
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
}
