//! The words of a name: those of `Dev-ToolsAccount` are `dev`, `tools`, and `account`.

/// Words that are written as several: what begins with `dev` need not be for development.
const JOINED: &[&[&str]] = &[
    &["dev", "sec", "ops"],
    &["dev", "ops"],
    &["sec", "ops"],
    &["ci", "cd"],
    &["tool", "chain"],
    &["non", "prod"],
    &["pre", "prod"],
];

/// The words of `name`, in lower case.
pub(super) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| letters.get(index));
        let after = letters.get(index + 1);
        if begins_word(before, *letter, after) {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    joined(&words)
}

/// The words, with those in one that belong together.
fn joined(words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = words;
    while let Some((first, after)) = rest.split_first() {
        let mut parts = JOINED.iter();
        let parts = parts.find(|parts| {
            let own = rest.get(..parts.len()).unwrap_or_default();
            own.iter().map(String::as_str).eq(parts.iter().copied())
        });
        if let Some(parts) = parts {
            found.push(parts.concat());
            rest = rest.get(parts.len()..).unwrap_or_default();
        } else {
            found.push(first.clone());
            rest = after;
        }
    }
    found
}

/// Whether a word begins with `letter`: a capital after a small letter, the last capital of several if a
/// small letter follows, or anything after what is in no word.
fn begins_word(before: Option<&char>, letter: char, after: Option<&char>) -> bool {
    let Some(before) = before else { return false };
    if !before.is_alphanumeric() {
        return true;
    }
    let follows_small = before.is_lowercase() || before.is_numeric();
    let is_last_capital = before.is_uppercase() && after.is_some_and(|after| after.is_lowercase());
    letter.is_uppercase() && (follows_small || is_last_capital)
        || letter.is_numeric() != before.is_numeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_into_words() {
        for (name, wanted) in [
            ("ToolsAccount", "tools account"),
            ("Dev-ToolsAccount", "dev tools account"),
            ("CICDAccount", "cicd account"),
            ("CiCdAccount", "cicd account"),
            ("DevOpsAccount", "devops account"),
            ("my-dev-sec-ops", "my devsecops"),
            ("OpsDev", "ops dev"),
            ("Non-Prod", "nonprod"),
            ("my_prod2account", "my prod 2 account"),
            ("Bookshop Management", "bookshop management"),
            ("Größe", "größe"),
            ("--", ""),
        ] {
            assert_eq!(words(name).join(" "), wanted, "{name}");
        }
    }
}
