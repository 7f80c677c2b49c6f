//! The search for a request that the new side allows and the old one does not.
//!
//! In: a world, a rule of the new side, and the possible resources of an action. Out: a text, or
//! that there is none, or that the search was given up. Refuses nothing.
//!
//! The hard part is what is not known: the new side is read as if it allowed as much as it might,
//! and the old one as if it allowed as little.

use foldhash::HashSet;

use crate::aws::actions::Service;

use crate::iam::difference::rules::{Active, PolicyRule, RuleSet, Rules};
use crate::iam::difference::universe::{
    Home, in_region, of_own_account, of_some_account, universe, with_wildcards,
};
use crate::iam::pattern::{Extent, Glob, Mode};
use crate::iam::permissions::{BoundaryStatements, Permissions};
use crate::iam::request::{RequestReach, caller_and_resource, of_anybody};
use crate::iam::search::{Machine, Searched};
use crate::template::symbol::Symbol;

/// A possible target of one of these actions, which `rule` allows and the old side does not.
pub(super) fn search_universe(
    rules: &Rules<'_>,
    active: &Active,
    rule: usize,
    (service, places, home): (&Service<'_>, &str, &Home),
    reach: RequestReach,
) -> Searched {
    let mut found = Searched::Nothing;
    let universes = match reach {
        RequestReach::Anywhere => universe(service, places, home),
        RequestReach::OwnAccount => of_own_account(service, places, home),
    };
    for (at, universe) in universes.into_iter().enumerate() {
        if universe.is_empty() {
            continue;
        }
        match search_in(rules, active, rule, (&universe, of_its_account)) {
            Searched::Nothing => {}
            Searched::GaveUp => found = Searched::GaveUp,
            text @ Searched::Text(_) if at == FAR && reach == RequestReach::Anywhere => {
                // In the shortest example, the field of the account is empty, or is none.
                let likelier = of_some_account(service, places, home).into_iter();
                let mut likelier = likelier.map(|near| search(rules, active, rule, &near));
                let is_found = |found: &Searched| matches!(found, Searched::Text(_));
                return likelier.find(is_found).unwrap_or(text);
            }
            text @ Searched::Text(_) => return text,
        }
    }
    found
}

/// How a pattern of resources is read: if it has the id of the home, and that is not known, by this id.
/// What else this id may be is an account of the resources anywhere, which are asked about next.
fn of_its_account(glob: &Glob) -> Mode {
    if glob.has_unknown() {
        Mode::Exact
    } else {
        Mode::Over
    }
}

/// Which of the universes is that of resources anywhere.
const FAR: usize = 1;

/// Who may call, if anybody may.
pub(super) struct Callers<'a> {
    /// Those to ask about first.
    pub(super) patterns: Vec<Glob>,
    /// Whether conditions agree with a caller.
    pub(super) agrees: &'a dyn Fn(&[Symbol]) -> bool,
}

/// The same for calls of anybody, and whether one of `callers` makes it.
pub(super) fn search_callers(
    rules: &Rules<'_>,
    active: &Active,
    rule: usize,
    (service, places, home): (&Service<'_>, &str, &Home),
    callers: &Callers<'_>,
) -> (Searched, bool) {
    // A policy is about a resource of its own account and region: what is not known of these is wild.
    let [near, far, _] = universe(service, places, home);
    let universe: Vec<Glob> = if near.is_empty() {
        // The policy of a resource is about it, whatever its action asks for.
        vec![Glob::of("*")]
    } else {
        near.into_iter().map(with_wildcards).collect()
    };
    let by = |caller: &Glob, universe: &[Glob]| {
        let universe = universe.iter();
        let universe: Vec<Glob> = universe
            .map(|glob| Glob::new(of_anybody(&caller.symbols, &glob.symbols)))
            .collect();
        search(rules, active, rule, &universe)
    };
    let agrees = |found: &Searched| match found {
        Searched::Text(text) => {
            caller_and_resource(text).is_some_and(|(caller, _)| (callers.agrees)(caller))
        }
        Searched::Nothing | Searched::GaveUp => false,
    };
    match by(&Glob::of("*"), &universe) {
        text @ Searched::Text(_) => {
            let patterns = callers.patterns.iter();
            let mut known = patterns.map(|caller| by(caller, &universe));
            match known.find(agrees) {
                Some(known) => (known, true),
                None => (text, false),
            }
        }
        Searched::GaveUp => (Searched::GaveUp, true),
        // Where the resource is may have been read wrong.
        Searched::Nothing => match by(&Glob::of("*"), &far) {
            Searched::Text(text) if is_of(&text, &far) => (Searched::Text(text), false),
            _ => (Searched::Nothing, true),
        },
    }
}

/// Whether the resource of a target is one of these, field by field.
fn is_of(target: &[Symbol], universe: &[Glob]) -> bool {
    let Some((_, resource)) = caller_and_resource(target) else {
        return false;
    };
    let fields = |symbols: &[Symbol]| -> Vec<Vec<Symbol>> {
        let fields = symbols.splitn(6, |symbol| *symbol == Symbol::Char(':'));
        fields.map(<[Symbol]>::to_vec).collect()
    };
    let is_unknown = |symbol: &Symbol| matches!(symbol, Symbol::Unknown(_));
    let own = fields(resource);
    let mut universe = universe.iter().map(|glob| fields(&glob.symbols));
    resource.iter().any(is_unknown)
        || universe.any(|glob| {
            let mut pairs = glob.iter().zip(&own);
            glob.len() == own.len() && pairs.all(|(glob, own)| Glob::new(glob.clone()).matches(own))
        })
}

/// The same, in one of `regions`, with the region.
pub(super) fn search_regions<'a>(
    rules: &Rules<'_>,
    active: &Active,
    rule: usize,
    (service, places, home): (&Service<'_>, &str, &Home),
    (regions, reach): (&'a [String], RequestReach),
) -> (Searched, Option<&'a str>) {
    let mut found = Searched::Nothing;
    for region in regions {
        let there = home.in_region(region);
        let [near, far, nowhere] = in_region(service, places, &there);
        let far = match reach {
            RequestReach::Anywhere => far,
            RequestReach::OwnAccount => Vec::new(),
        };
        for universe in [near, far, nowhere] {
            if universe.is_empty() {
                continue;
            }
            match search(rules, active, rule, &universe) {
                Searched::Nothing => {}
                Searched::GaveUp => found = Searched::GaveUp,
                text @ Searched::Text(_) => return (text, Some(region)),
            }
        }
    }
    (found, None)
}

/// A text of the universe that `rule` allows in this world, and the old side does not.
pub(super) fn search(
    rules: &Rules<'_>,
    active: &Active,
    rule: usize,
    universe: &[Glob],
) -> Searched {
    search_in(rules, active, rule, (universe, |_| Mode::Over))
}

/// So many patterns of one rule are looked for together: what a text of one is does not depend on the others, and
/// a search takes as long as its patterns are.
const TOGETHER: usize = 64;

/// The same in a universe whose patterns are read in this way.
fn search_in(
    rules: &Rules<'_>,
    active: &Active,
    rule: usize,
    universe: (&[Glob], fn(&Glob) -> Mode),
) -> Searched {
    let Some(asking) = rules.get(rule) else {
        return Searched::Nothing;
    };
    if is_covered(rules, active, asking) {
        return Searched::Nothing;
    }
    // What an allowing rule of the old side has word by word is nothing new, and what has nothing
    // in common with the rest does not matter.
    let own = own_patterns(rules, active, asking);
    if asking.resources.negated {
        return search_own(rules, active, (asking, own), universe);
    }
    let mut found = Searched::Nothing;
    for part in own.chunks(TOGETHER) {
        match search_own(rules, active, (asking, part.to_vec()), universe) {
            Searched::Nothing => {}
            Searched::GaveUp => found = Searched::GaveUp,
            text @ Searched::Text(_) => return text,
        }
    }
    found
}

/// The same for some of the patterns of the rule in question.
fn search_own(
    rules: &Rules<'_>,
    active: &Active,
    (asking, own): (&PolicyRule, Vec<&Glob>),
    (universe, mode): (&[Glob], fn(&Glob) -> Mode),
) -> Searched {
    let mut question = Question {
        patterns: Vec::new(),
        rules,
        asking,
        asked: (!asking.resources.negated).then(|| own.clone()),
    };
    let universe = PatternGroup {
        patterns: universe
            .iter()
            .flat_map(|glob| question.numbers([glob].into_iter(), mode(glob)))
            .collect(),
        negated: false,
        callers: None,
    };
    let old = question.old_side(active);
    let new = question.new_side(active, own, asking);
    let requests = active.requests.as_ref();
    let requests = requests.map(|rules| question.requests(rules));
    let callers = new
        .allow
        .iter()
        .filter_map(|group| group.callers.as_deref());
    let own = new.allow.iter().chain(callers).chain([&universe]);
    let own = own.filter(|group| !group.negated);
    let own = own.map(|group| group.patterns.clone());
    // A text is of one of the requests, and within the boundary.
    let bounds = new.boundary.as_ref().map(|bounds| &bounds.allow);
    let others = requests.iter().chain(bounds);
    let must: Vec<Vec<usize>> = own
        .chain(others.filter_map(|groups| one_of(groups)))
        .collect();
    Machine::with_fields(question.patterns).find(&must, |matches| {
        universe.matches(matches)
            && allows(&new, matches)
            && requests.as_ref().is_none_or(|groups| any(groups, matches))
            && !allows(&old, matches)
    })
}

/// Whether what an allowing rule of the old side allows, it still allows if the new side does.
fn is_limited_as_before(active: &Active) -> bool {
    active.old.deny.is_subset(&active.new.deny) && active.is_bounded()
}

/// Whether a rule of the old side leaves out nothing that the rule in question does not. If a request lacks a
/// value in what both leave out, neither rule matches it.
fn is_covered(rules: &Rules<'_>, active: &Active, asking: &PolicyRule) -> bool {
    let asked = &asking.resources;
    if !asked.negated || !is_limited_as_before(active) {
        return false;
    }
    let mut old = active.old.allow.iter().filter_map(|rule| rules.get(*rule));
    old.any(|rule| {
        let own = &rule.resources;
        let mut globs = own.globs.iter();
        own.negated
            && rule.principals == asking.principals
            && globs.all(|glob| asked.globs.contains(glob))
    })
}

/// The patterns of the rule in question that have to be examined.
fn own_patterns<'a>(
    rules: &'a Rules<'_>,
    active: &Active,
    asking: &'a PolicyRule,
) -> Vec<&'a Glob> {
    let asked = &asking.resources;
    let is_allowed = is_limited_as_before(active) && !asked.negated;
    let mut old: HashSet<&Glob> = HashSet::default();
    if is_allowed {
        let rules = active.old.allow.iter().filter_map(|rule| rules.get(*rule));
        let rules = rules.filter(|rule| !rule.resources.negated);
        // It allows as much to others, or to nobody but these.
        let rules = rules.filter(|rule| rule.principals == asking.principals);
        old.extend(rules.flat_map(|rule| &rule.resources.globs));
    }
    let globs = asked.globs.iter();
    globs.filter(|glob| !old.contains(glob)).collect()
}

/// The rules that `other` does not have.
fn only(rules: &RuleSet, other: &RuleSet) -> RuleSet {
    rules.difference(other).copied().collect()
}

/// The patterns of one rule in a search.
struct PatternGroup {
    /// Their numbers.
    patterns: Vec<usize>,
    negated: bool,
    /// What else has to match, if the caller counts.
    callers: Option<Box<PatternGroup>>,
}

impl PatternGroup {
    /// Whether the rule is about a text, by which patterns match it.
    fn matches(&self, matches: &[bool]) -> bool {
        let mut patterns = self.patterns.iter();
        let is_own = patterns.any(|at| matches.get(*at) == Some(&true)) != self.negated;
        let callers = self.callers.as_ref();
        is_own && callers.is_none_or(|callers| callers.matches(matches))
    }
}

fn any(groups: &[PatternGroup], matches: &[bool]) -> bool {
    groups.iter().any(|group| group.matches(matches))
}

/// The patterns of which one matches whatever one of these groups does; `None` if that may be none.
fn one_of(groups: &[PatternGroup]) -> Option<Vec<usize>> {
    let is_plain = groups.iter().all(|group| !group.negated);
    is_plain.then(|| {
        let patterns = groups.iter().flat_map(|group| &group.patterns);
        patterns.copied().collect()
    })
}

fn allows(permissions: &Permissions<Vec<PatternGroup>>, matches: &[bool]) -> bool {
    let boundary = permissions.boundary.as_ref();
    any(&permissions.allow, matches)
        && !any(&permissions.deny, matches)
        && boundary.is_none_or(|bounds| any(&bounds.allow, matches) && !any(&bounds.deny, matches))
}

/// Patterns of one search, each once.
struct Question<'a> {
    patterns: Vec<(&'a Glob, Mode, Extent)>,
    rules: &'a Rules<'a>,
    /// The rule in question.
    asking: &'a PolicyRule,
    /// The patterns of which a text must match one, if it is known that it must.
    asked: Option<Vec<&'a Glob>>,
}

impl<'a> Question<'a> {
    /// The old side, which allows what it allows for sure.
    fn old_side(&mut self, active: &Active) -> Permissions<Vec<PatternGroup>> {
        let (old, new) = (&active.old, &active.new);
        // If the new boundary allows nothing of its own, what it allows the old one allowed.
        let bounds = old.boundary.as_ref().filter(|_| !active.is_bounded());
        let nothing = RuleSet::new();
        let denied = new.boundary.as_ref().map_or(&nothing, |new| &new.deny);
        Permissions {
            allow: self.groups(&old.allow, Mode::Exact),
            // A rule that denies on both sides is not one that only the old side has.
            deny: self.groups(&only(&old.deny, &new.deny), Mode::Over),
            boundary: bounds.map(|bounds| BoundaryStatements {
                allow: self.groups(&bounds.allow, Mode::Exact),
                deny: self.groups(&only(&bounds.deny, denied), Mode::Over),
            }),
        }
    }

    /// The new side, which allows what it may allow, by these patterns of the rule in question.
    fn new_side(
        &mut self,
        active: &Active,
        own: Vec<&'a Glob>,
        asking: &'a PolicyRule,
    ) -> Permissions<Vec<PatternGroup>> {
        let new = &active.new;
        let callers = asking.principals.as_ref();
        let callers = callers.map(|callers| {
            Box::new(PatternGroup {
                patterns: self.numbers(callers.globs.iter(), Mode::Exact),
                negated: callers.negated,
                callers: None,
            })
        });
        Permissions {
            // The rule in question is read exactly: what it allows through something unknown, it
            // allows through its symbol, and but for what it names, it allows all it might.
            allow: vec![PatternGroup {
                patterns: self.numbers(own.into_iter(), Mode::Exact),
                negated: asking.resources.negated,
                callers,
            }],
            deny: self.groups(&new.deny, self.rules.denied),
            boundary: new.boundary.as_ref().map(|bounds| BoundaryStatements {
                allow: self.groups(&bounds.allow, Mode::Over),
                deny: self.groups(&bounds.deny, self.rules.denied),
            }),
        }
    }

    /// The patterns of these rules, which are read that way as a whole.
    fn groups(&mut self, rules: &RuleSet, mode: Mode) -> Vec<PatternGroup> {
        let (all, asking) = (self.rules, self.asking);
        let rules = rules.iter().filter_map(|rule| all.get(*rule));
        // What counts only if it is certain does not count if it may match nothing.
        let rules = rules.filter(|rule| mode == Mode::Over || !all.may_be_void(rule, asking));
        rules.map(|rule| self.group(rule, mode)).collect()
    }

    fn group(&mut self, rule: &'a PolicyRule, mode: Mode) -> PatternGroup {
        let negated = rule.resources.negated;
        // What is over-read as a whole has its negation read exactly, and the reverse.
        let read = |negated: bool| if negated { mode.opposite() } else { mode };
        let asked = self.asked.take();
        let meets = |glob: &&Glob| {
            let asked = asked.as_ref().filter(|_| !negated);
            asked.is_none_or(|asked| asked.iter().any(|own| own.may_meet(glob)))
        };
        let patterns = self.numbers(rule.resources.globs.iter().filter(meets), read(negated));
        self.asked = asked;
        let callers = rule.principals.as_ref().map(|callers| {
            Box::new(PatternGroup {
                patterns: self.numbers(callers.globs.iter(), read(callers.negated)),
                negated: callers.negated,
                callers: None,
            })
        });
        PatternGroup {
            patterns,
            negated,
            callers,
        }
    }

    /// The patterns of the requests in question. If one has all fields of an ARN, its wildcards stay in
    /// theirs: who asks about `table/orders` in any region does not mean `table/:table/orders`.
    fn requests(&mut self, rules: &RuleSet) -> Vec<PatternGroup> {
        let rules = rules.iter().filter_map(|rule| self.rules.get(*rule));
        let rules: Vec<&PolicyRule> = rules.collect();
        let groups = rules.into_iter().map(|rule| PatternGroup {
            patterns: rule
                .resources
                .globs
                .iter()
                .flat_map(|glob| {
                    let extent = if glob.has_all_fields() {
                        Extent::Fields
                    } else {
                        Extent::Whole
                    };
                    let mode = if rule.resources.negated {
                        Mode::Exact
                    } else {
                        Mode::Over
                    };
                    self.numbers_within(std::iter::once(glob), mode, extent)
                })
                .collect(),
            negated: rule.resources.negated,
            callers: None,
        });
        groups.collect()
    }

    /// The numbers of these patterns, read that way.
    fn numbers(&mut self, globs: impl Iterator<Item = &'a Glob>, mode: Mode) -> Vec<usize> {
        globs
            .flat_map(|glob| self.numbers_within(std::iter::once(glob), mode, glob.extent))
            .collect()
    }

    fn numbers_within(
        &mut self,
        globs: impl Iterator<Item = &'a Glob>,
        mode: Mode,
        extent: Extent,
    ) -> Vec<usize> {
        globs
            .map(|glob| {
                let known = self
                    .patterns
                    .iter()
                    .position(|known| *known == (glob, mode, extent));
                known.unwrap_or_else(|| {
                    self.patterns.push((glob, mode, extent));
                    self.patterns.len() - 1
                })
            })
            .collect()
    }
}
