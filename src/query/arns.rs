//! The ARNs of the principals of a file, to find those that a trust policy names.
//!
//! In: a file. Out: [`FileArns`]. Refuses nothing.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::diff::access::alone::FileAlone;
use crate::iam::pattern::{Glob, sessions};
use crate::iam::principals::Principal;
use crate::iam::statement::Patterns;
use crate::template::resolve::OwnId;
use crate::template::symbol::Symbol;

/// The ARNs of the principals of a file, as trust policies name them.
pub(super) struct FileArns {
    /// By the place of the principal; `None` if its name is not known. There are many, so each is kept once.
    of: Vec<Option<Rc<[Symbol]>>>,
    places: HashMap<Rc<[Symbol]>, Vec<usize>>,
    /// The places of roles by the patterns of their sessions, once somebody asks for one.
    of_sessions: OnceCell<HashMap<Vec<Symbol>, Vec<usize>>>,
}

impl FileArns {
    /// The ARNs of the principals of `file`.
    pub(super) fn of(file: &FileAlone<'_, '_>) -> Self {
        let mut arns = Self {
            of: Vec::new(),
            places: HashMap::new(),
            of_sessions: OnceCell::new(),
        };
        let of_aws = Glob::literal("AWS:").symbols;
        for (at, principal) in file.principals().iter().enumerate() {
            let arn = file.arn_symbols(principal, &own_id(file, principal));
            let arn: Option<Rc<[Symbol]>> =
                arn.map(|arn| [of_aws.as_slice(), &arn].concat().into());
            if let Some(arn) = &arn {
                arns.places.entry(Rc::clone(arn)).or_default().push(at);
            }
            arns.of.push(arn);
        }
        arns
    }

    /// The ARN of the principal at a place.
    pub(super) fn get(&self, at: usize) -> Option<&[Symbol]> {
        self.of.get(at)?.as_deref()
    }

    fn by_sessions(&self) -> &HashMap<Vec<Symbol>, Vec<usize>> {
        self.of_sessions.get_or_init(|| {
            let of_aws = Glob::literal("AWS:").symbols;
            let mut found: HashMap<Vec<Symbol>, Vec<usize>> = HashMap::new();
            for (at, arn) in self.of.iter().enumerate() {
                let arn = arn.as_ref().and_then(|arn| arn.strip_prefix(&*of_aws));
                if let Some(sessions) = arn.and_then(sessions) {
                    found.entry(sessions.symbols).or_default().push(at);
                }
            }
            found
        })
    }

    /// The places of the roles of which these patterns name one session each.
    pub(super) fn of_sessions(&self, patterns: &Patterns) -> BTreeSet<usize> {
        let own = Glob::literal("AWS:arn:aws:sts::").symbols;
        let globs = patterns.globs.iter().filter(|_| !patterns.negated);
        let named = globs.filter(|glob| glob.symbols.starts_with(&own) && !glob.is_wild());
        let roles = named.filter_map(|glob| {
            let name = glob
                .symbols
                .rsplit(|one| *one == Symbol::Char('/'))
                .next()?;
            let end = glob.symbols.len() - name.len();
            let sessions = [glob.symbols.get(..end)?, &[Symbol::Any]].concat();
            self.by_sessions().get(&sessions)
        });
        roles.flatten().copied().collect()
    }

    /// The places of the principals that these patterns match.
    pub(super) fn matched(&self, patterns: &Patterns) -> Vec<usize> {
        if patterns.negated || patterns.globs.iter().any(Glob::is_wild) {
            let all = self.of.iter().enumerate();
            let matched = all.filter(|(_, arn)| {
                let mut globs = patterns.globs.iter();
                arn.as_ref()
                    .is_some_and(|arn| globs.any(|glob| glob.matches(arn)) != patterns.negated)
            });
            return matched.map(|(at, _)| at).collect();
        }
        let globs = patterns.globs.iter();
        let found: BTreeSet<usize> = globs
            .filter_map(|glob| self.places.get(glob.symbols.as_slice()))
            .flatten()
            .copied()
            .collect();
        found.into_iter().collect()
    }
}

/// How the account id of `principal` is read.
pub(super) fn own_id(file: &FileAlone<'_, '_>, principal: &Principal) -> OwnId {
    let id = file.account_id(principal);
    id.map_or(OwnId::Unknown, OwnId::Known)
}
