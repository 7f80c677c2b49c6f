//! The actions of all AWS services: what they do, and for which resources they may be asked.
//!
//! In: the packed data that `reference/make.py` makes. Out: [`Service`]s. It is unpacked where it
//! is first asked for. Names are compared without case.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::model::access::Level;

use super::glob::{Glob, Symbol};

static PACKED: &[u8] = include_bytes!("reference/actions.z");

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
    pub(crate) actions: Vec<Known<'a>>,
}

/// An action.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// Its name, without the service.
    pub(crate) name: &'a str,
    /// What it does.
    pub(crate) level: Level,
    /// The places of its patterns in the service's, and `*` where it may be asked for without a
    /// resource.
    pub(crate) places: &'a str,
}

/// The reference, unpacked once.
pub(crate) fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| {
        // The data is part of the program, and a test reads all of it.
        let bytes = miniz_oxide::inflate::decompress_to_vec(PACKED).unwrap_or_default();
        Reference::of(String::from_utf8(bytes).unwrap_or_default())
    })
}

impl Reference {
    pub(super) fn of(text: String) -> Self {
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

    /// What the data was made from: a date, and packages with their versions.
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
            service.actions.push(Known {
                name,
                level: match level {
                    "P" => Level::Permissions,
                    "W" => Level::Write,
                    "T" => Level::Tagging,
                    "R" => Level::Read,
                    "L" => Level::List,
                    _ => Level::Unknown,
                },
                places: words.next().unwrap_or_default(),
            });
        }
        Some(service)
    }
}

/// Whose resources come to mind first.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// The region.
    pub(crate) region: String,
    /// The account.
    pub(crate) account: String,
}

impl Service<'_> {
    /// What an action with these `places` may be asked for: at `home`, then anywhere, then without
    /// a resource.
    pub(crate) fn universe(&self, places: &str, home: &Home) -> [Vec<Glob>; 3] {
        let mut universe = [Vec::new(), Vec::new(), Vec::new()];
        let [near, far, nowhere] = &mut universe;
        for place in places.split(',') {
            if place == "*" {
                nowhere.push(Glob::literal("*"));
            } else if let Some(pattern) = place
                .parse()
                .ok()
                .and_then(|at: usize| self.patterns.get(at))
            {
                near.push(pattern_of(pattern, Some(home)));
                if pattern.contains('$') {
                    far.push(pattern_of(pattern, None));
                }
            }
        }
        universe
    }
}

fn pattern_of(pattern: &str, home: Option<&Home>) -> Glob {
    let mut symbols = Vec::new();
    let mut chars = pattern.chars();
    let some = [Symbol::One, Symbol::Any];
    while let Some(c) = chars.next() {
        match c {
            '%' => symbols.extend(some),
            '$' => match (chars.next(), home) {
                (Some('r'), Some(home)) => symbols.extend(home.region.chars().map(Symbol::Char)),
                (Some(_), Some(home)) => symbols.extend(home.account.chars().map(Symbol::Char)),
                // What is AWS's own has no account in its ARN, and what is global no region.
                _ => symbols.push(Symbol::Any),
            },
            c => symbols.push(Symbol::Char(c)),
        }
    }
    Glob {
        symbols,
        ignores_case: false,
    }
}
