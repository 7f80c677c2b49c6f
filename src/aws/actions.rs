//! The actions of all AWS services: what they do, and which resources they support.
//!
//! In: the packed data that `actions/make.py` writes. Out: [`Service`]s, and what is wrong with a
//! name that none has. It is unpacked when it is first asked for. Names are compared without case.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::aws::packed::unpack;
use crate::aws::wildcard::matches;
use crate::diagnostic::{Shown as _, nearest};

static PACKED: &[u8] = include_bytes!("actions/actions.z");

/// What an action does: the highest access level first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccessLevel {
    /// `iam:PassRole`, which changes what other grants are worth.
    PassRole,
    /// It changes permissions.
    Permissions,
    /// It writes.
    Write,
    /// Its level is not known.
    Unknown,
    /// It changes tags.
    Tagging,
    /// It reads.
    Read,
    /// It lists.
    List,
}

impl AccessLevel {
    /// The level that the data writes as `letter`.
    fn of_letter(letter: &str) -> Self {
        match letter {
            "P" => Self::Permissions,
            "W" => Self::Write,
            "T" => Self::Tagging,
            "R" => Self::Read,
            "L" => Self::List,
            _ => Self::Unknown,
        }
    }
}

/// All services.
pub(crate) struct Reference {
    text: String,
    /// Where the lines of a service begin and end, by its name.
    services: HashMap<String, (usize, usize)>,
}

/// One service.
pub(crate) struct Service<'a> {
    /// The resource patterns, as in the data.
    pub(crate) patterns: Vec<&'a str>,
    /// The actions.
    pub(crate) actions: Vec<KnownAction<'a>>,
}

/// An action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownAction<'a> {
    /// Its name, without the service.
    pub(crate) name: &'a str,
    /// What it does.
    pub(crate) level: AccessLevel,
    /// The positions of its patterns among the service's, and `*` if it may be asked for without a
    /// resource.
    pub(crate) places: &'a str,
}

/// The reference, unpacked once.
pub(crate) fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| Reference::of(unpack(PACKED)))
}

impl Reference {
    pub(crate) fn of(text: String) -> Self {
        let mut services = HashMap::new();
        let mut rest = text.find("\n@").map_or(text.len(), |at| at + 1);
        while let Some(name) = text.get(rest + 1..).and_then(|text| text.lines().next()) {
            let body = rest + name.len() + 2;
            let end = text
                .get(body..)
                .and_then(|text| text.find("\n@"))
                .map_or(text.len(), |at| body + at + 1);
            services.insert(name.to_owned(), (body, end));
            rest = end;
        }
        Self { text, services }
    }

    /// What the data was generated from: a date, and packages with their versions.
    pub(crate) fn sources(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The date of the data.
    pub(crate) fn date(&self) -> &str {
        self.sources().split(' ').next().unwrap_or_default()
    }

    /// The names of all services, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.services.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The name of the service with this name in lower case.
    pub(crate) fn name_of(&self, name: &str) -> Option<&str> {
        let (name, _) = self.services.get_key_value(name)?;
        Some(name)
    }

    /// A service by its name in lower case.
    pub(crate) fn service(&self, name: &str) -> Option<Service<'_>> {
        let (start, end) = *self.services.get(name)?;
        let mut service = Service {
            patterns: Vec::new(),
            actions: Vec::new(),
        };
        for line in self.text.get(start..end)?.lines() {
            if let Some(pattern) = line.strip_prefix('=') {
                service.patterns.push(pattern);
                continue;
            }
            let mut words = line.split(' ');
            let (Some(level), Some(name)) = (words.next(), words.next()) else {
                continue;
            };
            service.actions.push(KnownAction {
                name,
                level: AccessLevel::of_letter(level),
                places: words.next().unwrap_or_default(),
            });
        }
        Some(service)
    }

    /// The access level of an action such as `sqs:CreateQueue`.
    pub(crate) fn level(&self, action: &str) -> Option<AccessLevel> {
        let (service, name) = action.split_once(':')?;
        let (start, end) = *self.services.get(&service.to_ascii_lowercase())?;
        self.text.get(start..end)?.lines().find_map(|line| {
            let mut words = line.split(' ');
            let (level, known) = (words.next()?, words.next()?);
            known
                .eq_ignore_ascii_case(name)
                .then(|| AccessLevel::of_letter(level))
        })
    }

    /// Why `action`, a name or a pattern such as `s3:Delete*`, can match nothing that is known.
    pub(crate) fn unknown_action(&self, action: &str) -> Option<UnknownAction> {
        let (service, name) = action.split_once(':')?;
        let (date, shown) = (self.date(), action.shown());
        let is_open = |text: &str| text.contains(['*', '?', '$']);
        if is_open(service) {
            return None;
        }
        let Some(known) = self.service(&service.to_ascii_lowercase()) else {
            let near = close(service, self.names());
            return Some(UnknownAction {
                message: format!("AWS had no service `{}` on {date}", service.shown()),
                near: near.map(|near| format!("{near}:{name}")),
            });
        };
        let lower = name.to_ascii_lowercase();
        let is_known = |known: &KnownAction<'_>| matches(&lower, &known.name.to_ascii_lowercase());
        if name.contains('$') || name == "*" || known.actions.iter().any(is_known) {
            return None;
        }
        let names = known.actions.iter().map(|action| action.name);
        if is_open(name) {
            return Some(UnknownAction {
                message: format!("`{shown}` matches no action that AWS had on {date}"),
                near: None,
            });
        }
        Some(UnknownAction {
            message: format!("`{shown}` is not an action that AWS had on {date}"),
            near: close(name, names).map(|near| format!("{service}:{near}")),
        })
    }
}

/// The nearest of `names`; a text that is longer than any name is near to none.
fn close<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    (text.len() <= 128).then(|| nearest(text, names)).flatten()
}

/// What is wrong with the name of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownAction {
    /// What is wrong.
    pub(crate) message: String,
    /// The nearest one.
    pub(crate) near: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_what_was_packed() {
        let reference = reference();
        assert_eq!(
            reference.sources(),
            "2026-09-26 iam-data 0.21.202609261 cfn-lint 1.58.0"
        );
        let names = reference.names();
        let (mut actions, mut patterns) = (0, 0);
        let mut levels = std::collections::BTreeMap::new();
        for name in &names {
            let service = reference.service(name).unwrap();
            actions += service.actions.len();
            patterns += service.patterns.len();
            for action in service.actions {
                *levels.entry(format!("{:?}", action.level)).or_insert(0) += 1;
                for place in action.places.split(',') {
                    let at: Result<usize, _> = place.parse();
                    assert!(place == "*" || at.is_ok_and(|at| at < service.patterns.len()));
                }
            }
        }
        assert_eq!((names.len(), actions, patterns), (459, 22_347, 2_263));
        let levels: Vec<String> = levels
            .iter()
            .map(|(level, count)| format!("{level} {count}"))
            .collect();
        assert_eq!(
            levels.join(", "),
            "List 3719, Permissions 425, Read 5871, Tagging 721, Unknown 254, Write 11357"
        );
    }

    #[test]
    fn names_that_match_nothing_are_unknown() {
        let unknown = |action| reference().unknown_action(action);
        for known in [
            "s3:DeleteBucket",
            "S3:deletebucket",
            "s3:*",
            "s3:Delete*",
            "s3:DELETE?ucket",
            "*",
            "*:*",
            "s3*:Nothing",
            "s3:${Action}",
        ] {
            assert_eq!(unknown(known), None, "{known}");
        }
        let near = |action| unknown(action).and_then(|unknown| unknown.near);
        assert_eq!(near("s3:DeleteBuckett").as_deref(), Some("s3:DeleteBucket"));
        assert_eq!(
            near("dynamdb:DeleteTable").as_deref(),
            Some("dynamodb:DeleteTable")
        );
        assert!(unknown("s3:Remove*Buckets").is_some());
        assert_eq!(near("s3:Remove*Buckets"), None);
    }
}
