//! Numbers with their nouns and verbs. Refuses nothing.

/// `number` with commas between the thousands.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `number` of `noun`s: `1 resource`, `1,000 resources`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{} {}", thousands(number), plural(number, noun))
}

/// `noun`, in the plural unless `number` is one.
pub(crate) fn plural(number: usize, noun: &str) -> String {
    format!("{noun}{}", one_or_many(number, "", "s"))
}

/// `one` for one, `many` for any other number.
pub(crate) fn one_or_many<'a>(number: usize, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}
