//! Credentials in the fields of a message.
//!
//! Fields are ARNs and the like, which hold no credentials. But anybody can write a log, and a role
//! session or an object can be named after one.
//!
//! In: a field. Out: the field with `***` for what looks like a credential. Refuses nothing.

/// How keys of AWS begin. Capital letters and digits follow.
const KEYS: &[&str] = &["AKIA", "ASIA", "ABIA", "ACCA"];

/// How tokens of GitHub, GitLab, npm, and Slack begin.
const TOKENS: &[&str] = &[
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "npm_",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxs-",
];

/// How a JSON web token begins: `{"` in base64.
const WEB_TOKEN: &str = "eyJ";

/// The least length of what follows.
const TOKEN: usize = 12;

/// The length of a secret access key.
const SECRET_KEY: usize = 40;

/// So often a key changes between small and capital letters, digits and signs. A random one does
/// about 25 times.
const CHANGES: usize = 10;

/// So often at least, if it is a part of a longer word: a path of names has about as many changes as
/// it has words.
const CHANGES_WITHIN: usize = 16;

/// The least length of a session token, or of another text that only a program can read.
const LONG: usize = 128;

/// `field` with `***` for each part that looks like a credential.
pub(super) fn without_secrets(field: &str) -> String {
    let field = without_password(field);
    let mut out = String::with_capacity(field.len());
    let mut run = String::new();
    for c in field.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '=' | '.' | '/') {
            run.push(c);
            continue;
        }
        out.push_str(&masked(&run));
        run.clear();
        out.push(c);
    }
    out.push_str(&masked(&run));
    out
}

/// The passwords of addresses and the query of one go.
fn without_password(field: &str) -> String {
    let field = match field.split_once('?') {
        Some((before, _)) if before.contains("://") => format!("{before}?***"),
        _ => field.to_owned(),
    };
    let mut parts = field.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("://");
        match part.split_once('@') {
            Some((user, host)) if user.contains(':') && !user.contains('/') => {
                out.push_str("***@");
                out.push_str(host);
            }
            _ => out.push_str(part),
        }
    }
    out
}

/// A run of the characters of credentials, with `***` from where one begins.
fn masked(run: &str) -> String {
    let begins = |prefixes: &[&str], is_in: fn(char) -> bool| {
        let places = prefixes.iter().flat_map(|prefix| {
            let places = run.match_indices(prefix);
            places.map(|(at, _)| (at, at + prefix.len()))
        });
        let tokens = places.filter(|(_, end)| goes_on(run, *end, is_in));
        tokens.map(|(at, _)| at).min()
    };
    let key = begins(KEYS, |c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let token = begins(TOKENS, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
    });
    let web = run.match_indices(WEB_TOKEN).map(|(at, _)| at).find(|at| {
        let (before, token) = run.split_at(*at);
        let is_word = before.ends_with(|c: char| c.is_ascii_alphanumeric());
        !is_word && token.contains('.') && token.len() > 2 * TOKEN
    });
    // The query of a presigned address.
    let query = run.to_ascii_lowercase().find("x-amz-");
    if let Some(at) = [key, token, web, query].into_iter().flatten().min() {
        return format!("{}***", run.get(..at).unwrap_or_default());
    }
    if is_secret(run) {
        return without_key(run);
    }
    // A key has no dash, and can have slashes, but a path has them as well.
    let words = split_kept(run, &['-', '_', '.', '=']);
    words.map(without_key).collect()
}

/// A word with `***` for the steps of the path that are secrets; for all of it, if a secret is
/// longer than a step.
fn without_key(word: &str) -> String {
    if word.len() >= LONG && is_secret(word) {
        return "***".to_owned();
    }
    let steps = split_kept(word, &['/']);
    let out: String = steps
        .map(|step| if is_secret(step) { "***" } else { step })
        .collect();
    if out.split("***").any(is_secret) {
        return "***".to_owned();
    }
    out
}

/// Whether a token goes on after its beginning.
fn goes_on(text: &str, at: usize, is_in: fn(char) -> bool) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    rest.chars().take_while(|c| is_in(*c)).count() >= TOKEN
}

/// The pieces between signs, and the signs.
fn split_kept<'a>(text: &'a str, signs: &'a [char]) -> impl Iterator<Item = &'a str> {
    let pieces = text.split_inclusive(signs);
    pieces.flat_map(move |piece| {
        let word = piece.trim_end_matches(signs);
        [word, piece.get(word.len()..).unwrap_or_default()]
    })
}

/// Whether a word is as random as a key. Hexadecimal checksums are not, nor are names of words. A
/// longer word can have a key in it.
fn is_secret(word: &str) -> bool {
    let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '=' | '/');
    if word.len() >= LONG {
        return changes(word) >= CHANGES;
    }
    if !word.chars().all(is_key) {
        return false;
    }
    let windows = (0..word.len()).filter_map(|at| word.get(at..at + SECRET_KEY));
    let least = if word.len() == SECRET_KEY {
        CHANGES
    } else {
        CHANGES_WITHIN
    };
    windows.into_iter().any(|window| changes(window) >= least)
}

/// How often a text changes between small and capital letters, digits and signs; never, if it lacks
/// one of the first three.
fn changes(text: &str) -> usize {
    let class = |c: char| match c {
        'a'..='z' => 'a',
        'A'..='Z' => 'A',
        '0'..='9' => '0',
        _ => '/',
    };
    let classes: Vec<char> = text.chars().map(class).collect();
    if !['a', 'A', '0'].iter().all(|class| classes.contains(class)) {
        return 0;
    }
    let changes = classes
        .windows(2)
        .filter(|pair| pair.first() != pair.last());
    changes.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_masked() {
        for (field, masked) in [
            (
                "arn:aws:sts::1:assumed-role/a/AKIAIOSFODNN7EXAMPLE",
                "arn:aws:sts::1:assumed-role/a/***",
            ),
            ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "***"),
            (
                "arn:aws:s3:::b/wJalrXUtnFEMIxK7MDENGxbPxRfiCYEXAMPLEKEY",
                "arn:aws:s3:::b/***",
            ),
            ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "***"),
            (
                "https://u:hunter2@example.com/x",
                "https://***@example.com/x",
            ),
            (
                "https://b.s3.amazonaws.com/k?X-Amz-Signature=abc",
                "https://b.s3.amazonaws.com/k?***",
            ),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "***"),
            (
                "a/key=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
                "a/key=***",
            ),
            ("c02xaRZMpfRiTT3TIo09NG3pReIsHpnkezcEFMg2dev", "***"),
            ("a-wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY-b", "a-***-b"),
            // The end of a line was between them.
            ("orderswJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "***"),
        ] {
            assert_eq!(without_secrets(field), masked);
        }
    }

    #[test]
    fn names_are_not() {
        for field in [
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_bfe4506b0ea61cc6/a.b@example.com",
            "arn:aws:s3:::cdk-hnb659fds-assets-111122223333-eu-west-1/0a1b2c3d4e5f60718293a4b5c6d7e8f900112233.zip",
            "arn:aws:lambda:eu-west-1:111122223333:function:orders-dev-Checkout-a1B2c3D4e5F6",
            "arn:aws:iam::***:role/orders-DeployerRole",
            "arn:aws:s3:::b?versionId=1",
            "arn:aws:iam::111122223333:role/Ops/Deploy/Orders2/Checkout",
            "arn:aws:sqs:eu-west-1:111122223333:orders-keyJobProcessingQueueOfAll",
            "arn:aws:iam::111122223333:role/OrdersStackNestedStackResourceRole-1ABCDEFGHIJKL",
        ] {
            assert_eq!(without_secrets(field), field);
        }
    }
}
