//! When IAM takes two OIDC providers for the same one.
//!
//! In: the URL of a provider. Out: a text that is equal for the same provider. Refuses nothing.

/// A text that is equal for URLs that IAM takes for the same issuer: a slash after it does not count, and
/// neither does the case of its host. A host that is not known stays as it is.
pub(crate) fn same_issuer(url: &str) -> String {
    let url = url.trim_end_matches('/');
    match url.split_once("://") {
        Some((scheme, rest)) if !rest.contains("${") => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            format!("{scheme}://{}{path}", host.to_ascii_lowercase())
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_and_the_case_of_the_host_do_not_count() {
        let same = |url: &str| same_issuer(url) == "https://ci.example.com/Acme";
        assert!(same("https://CI.example.com/Acme/"));
        assert!(!same("https://ci.example.com/acme"));
        assert_eq!(same_issuer("https://${Host}/A/"), "https://${Host}/A");
    }
}
