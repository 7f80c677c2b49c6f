//! The possible resources of an action: the resource patterns of a service, as globs.
//!
//! In: a service of [`crate::aws::actions`] and whose resources come first. Out: globs. Refuses
//! nothing.

use crate::aws::actions::Service;
use crate::aws::arn_forms::{ArnForms, arn_forms, forms_of};
use crate::iam::owner::STRANGER;
use crate::iam::pattern::{Extent, Glob};
use crate::iam::statement::Patterns;
use crate::template::symbol::{Symbol, literal_text};

/// Whose resources come first.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// The region.
    pub(crate) region: String,
    /// The id of the account, as policies that name it are read.
    pub(crate) account: Vec<Symbol>,
}

impl Home {
    /// This account of another region.
    pub(super) fn in_region(&self, region: &str) -> Self {
        Self {
            region: region.to_owned(),
            account: self.account.clone(),
        }
    }

    /// Another account, in the same region.
    pub(super) fn of_account(&self, account: &str) -> Self {
        Self {
            region: self.region.clone(),
            account: account.chars().map(Symbol::Char).collect(),
        }
    }
}

/// The possible resources of an action of `service` with these `places` that a call to `region` can
/// be about: those of the account, then of any account, then no resource. What has no region is the
/// same in any.
pub(super) fn in_region(service: &Service<'_>, places: &str, home: &Home) -> [Vec<Glob>; 3] {
    let at = |home: &Home| {
        let [resources, _, _] = universe(service, places, home);
        resources
    };
    let [near, _, nowhere] = universe(service, places, home);
    let anybody = home.of_account(ANYBODY);
    let far = [
        at(&home.in_region("")),
        at(&anybody),
        at(&anybody.in_region("")),
    ];
    let far = far.into_iter().flatten().map(with_wildcards);
    [near, far.collect(), nowhere]
}

/// The possible resources of an action of `service` with these `places` that are of the account: at
/// `home`, then in any region, then without a resource.
pub(super) fn of_own_account(service: &Service<'_>, places: &str, home: &Home) -> [Vec<Glob>; 3] {
    let [near, _, nowhere] = universe(service, places, home);
    let [anywhere, _, _] = universe(service, places, &home.in_region("?*"));
    let anywhere = anywhere.into_iter().map(with_wildcards);
    [near, anywhere.collect(), nowhere]
}

/// The possible resources of an action of `service` with these `places` that are of some account: of a stranger, then
/// of any whose id has as many letters as one has.
pub(super) fn of_some_account(service: &Service<'_>, places: &str, home: &Home) -> [Vec<Glob>; 2] {
    let of = |home: Home| {
        let [near, ..] = universe(service, places, &home);
        near
    };
    let anybody = home.of_account("????????????").in_region("*");
    [
        of(home.of_account(STRANGER)),
        of(anybody).into_iter().map(with_wildcards).collect(),
    ]
}

/// The pattern with `*` for [`ANYBODY`].
pub(super) fn with_wildcards(glob: Glob) -> Glob {
    let symbols = glob.symbols.iter().map(|symbol| match *symbol {
        Symbol::Char('*') => Symbol::Any,
        Symbol::Char('?') => Symbol::One,
        symbol => symbol,
    });
    Glob {
        symbols: symbols.collect(),
        ..glob
    }
}

/// Stands for any account.
const ANYBODY: &str = "*";

/// The possible resources of an action of `service` with these `places`: at `home`, then anywhere,
/// then without a resource.
pub(super) fn universe(service: &Service<'_>, places: &str, home: &Home) -> [Vec<Glob>; 3] {
    let mut universe = [Vec::new(), Vec::new(), Vec::new()];
    let [near, far, nowhere] = &mut universe;
    for place in places.split(',') {
        if place == "*" {
            nowhere.push(Glob::literal("*"));
        } else if let Some(pattern) = place
            .parse()
            .ok()
            .and_then(|at: usize| service.patterns.get(at))
        {
            near.extend(patterns_of(pattern, Some(home)));
            if pattern.contains('$') {
                far.extend(patterns_of(pattern, None));
            }
        }
    }
    universe
}

/// The resources of those types of `service` that these patterns name, anywhere; `None` if one of them names none.
pub(super) fn of_types(service: &Service<'_>, asked: &Patterns) -> Option<Vec<Glob>> {
    let mut found = Vec::new();
    for glob in &asked.globs {
        let mut fields = glob
            .symbols
            .splitn(6, |symbol| *symbol == Symbol::Char(':'));
        let name = fields.nth(5).filter(|_| !asked.negated)?.iter();
        let head: String = name
            .map_while(|symbol| match symbol {
                Symbol::Char(c) => Some(*c),
                _ => None,
            })
            .collect();
        let kind = head.find(['/', ':']).and_then(|at| head.get(..=at));
        let kind = kind.or((!head.is_empty()).then_some("%"))?;
        let is_asked = |pattern: &&&str| {
            let name = pattern.splitn(6, ':').nth(5);
            name.is_some_and(|name| name.starts_with(kind))
        };
        let patterns: Vec<&&str> = service.patterns.iter().filter(is_asked).collect();
        if patterns.is_empty() {
            return None;
        }
        for pattern in patterns {
            found.extend(patterns_of(pattern, None));
        }
    }
    Some(found)
}

/// The ARNs by which AWS may ask for an action of the service `name` that has no resource type: those of its resources
/// without their names, or with `*` in their place, in the account of `home`, and in its region or one that `own` names.
/// For example, it asks for `logs:DescribeLogGroups` on `arn:aws:logs:eu-west-1:111111111111:log-group::log-stream:`.
pub(super) fn unnamed(
    service: &Service<'_>,
    name: &str,
    (home, own): (&Home, &[Glob]),
) -> Vec<Glob> {
    let places = ["$r:$a", ":$a", ":"];
    let heads = places.map(|place| format!("arn:aws:{name}:{place}:%"));
    let mut homes = vec![home.clone()];
    homes.extend(
        own.iter()
            .filter_map(region_of)
            .map(|region| home.in_region(&region)),
    );
    let mut globs: Vec<Glob> = Vec::new();
    for home in &homes {
        let patterns = service.patterns.iter().copied();
        let patterns = patterns.chain(heads.iter().map(String::as_str));
        let with_names = |pattern| [None, Some('*')].map(|name| with_name(pattern, name, home));
        globs.extend(patterns.flat_map(with_names));
    }
    globs.sort();
    globs.dedup();
    globs
}

/// The region in a pattern of ARNs, if it is one.
pub(super) fn region_of(glob: &Glob) -> Option<String> {
    let mut fields = glob.symbols.split(|symbol| *symbol == Symbol::Char(':'));
    literal_text(fields.nth(3)?).filter(|region| !region.is_empty())
}

/// The ARN of a pattern with `name` in the place of names.
fn with_name(pattern: &str, name: Option<char>, home: &Home) -> Glob {
    let mut symbols = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => symbols.extend(name.map(Symbol::Char)),
            '$' if chars.next() == Some('r') => {
                symbols.extend(home.region.chars().map(Symbol::Char));
            }
            '$' => symbols.extend(&home.account),
            c => symbols.push(Symbol::Char(c)),
        }
    }
    Glob::new(symbols)
}

/// The ARNs of a pattern of the data, at `home` or anywhere.
fn patterns_of(pattern: &&str, home: Option<&Home>) -> impl Iterator<Item = Glob> {
    let extent = extent_of(pattern);
    let forms = forms_of(pattern).iter();
    forms.map(move |form| pattern_of(form, extent, home))
}

/// How far the names in the ARNs of a pattern reach.
fn extent_of(pattern: &str) -> Extent {
    match arn_forms(pattern) {
        Some(ArnForms::Names | ArnForms::NamesIn(_)) => Extent::Names,
        Some(ArnForms::Paths | ArnForms::PathsIn(_)) => Extent::Paths,
        Some(ArnForms::In(_)) | None => Extent::Resource,
    }
}

fn pattern_of(pattern: &str, extent: Extent, home: Option<&Home>) -> Glob {
    let mut symbols = Vec::new();
    let mut chars = pattern.chars();
    let some = [Symbol::One, Symbol::Any];
    while let Some(c) = chars.next() {
        match c {
            '%' => symbols.extend(some),
            '$' => match (chars.next(), home) {
                (Some('r'), Some(home)) => symbols.extend(home.region.chars().map(Symbol::Char)),
                (Some(_), Some(home)) => symbols.extend(&home.account),
                // The ARN of AWS's own resources has no account, and that of global ones no region.
                _ => symbols.push(Symbol::Any),
            },
            c => symbols.push(Symbol::Char(c)),
        }
    }
    Glob {
        symbols,
        ignores_case: false,
        extent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::actions::AccessLevel;
    use crate::aws::actions::reference;

    #[test]
    fn an_action_knows_its_level_and_resources() {
        let home = Home {
            region: "eu-west-1".to_owned(),
            account: Glob::literal("111122223333").symbols,
        };
        let asked = |service: &str, action: &str| {
            let service = reference().service(service).unwrap();
            let found = service
                .actions
                .iter()
                .find(|known| known.name == action)
                .unwrap();
            let [near, far, nowhere] = universe(&service, found.places, &home);
            (found.level, near.len(), far.len(), nowhere.len())
        };
        assert_eq!(asked("lambda", "InvokeFunction").0, AccessLevel::Write);
        assert_eq!(
            asked("iam", "PutRolePolicy"),
            (AccessLevel::Permissions, 1, 1, 0)
        );
        assert_eq!(
            asked("s3", "ListAllMyBuckets"),
            (AccessLevel::List, 0, 0, 1)
        );
        assert_eq!(asked("apigateway", "TagResource").0, AccessLevel::Tagging);
    }
}
