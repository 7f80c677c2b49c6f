//! Which regions a request may call, in a world whose conditions speak of that.
//!
//! In: the literals on `aws:RequestedRegion`, the rule in question. Out: regions to ask about, each
//! of which agrees with all literals. Refuses nothing.
//!
//! AWS sends the key with every request: it is the region of the endpoint that is called. A regional
//! resource is in that region, with few exceptions (a copy of a snapshot, a replica). So a witness
//! has a resource of the region that it calls, if there is one, and what only a resource of another
//! region shows is a "maybe" at most.

use crate::aws::partitions::{REGIONS, partition};
use crate::iam::condition::{Atoms, Literal, Qualifier, Test};
use crate::iam::difference::rules::PolicyRule;
use crate::iam::difference::universe::{Home, region_of};
use crate::iam::pattern::Glob;
use crate::template::symbol::{Symbol, literal_text};

/// The condition key, in lower case.
pub(super) const KEY: &str = "aws:requestedregion";

/// What is found if a resource of another region than the one that is called is needed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CrossRegion {
    /// It is reported as a "maybe".
    MayBe,
    /// It is passed over: it does not matter if somebody loses it.
    PassedOver,
}

/// The regions to ask about; `None` if no condition speaks of the region.
pub(super) fn regions(
    atoms: &Atoms,
    literals: &[Literal],
    rule: &PolicyRule,
    home: &Home,
) -> Option<Vec<String>> {
    let mut tests: Vec<(&[Glob], bool)> = Vec::new();
    for literal in literals {
        let atom = atoms.get(literal.atom)?;
        if let (KEY, Qualifier::None, Test::Text(globs)) =
            (atom.key.as_str(), atom.qualifier, &atom.test)
        {
            tests.push((globs, literal.holds));
        }
    }
    if tests.is_empty() {
        return None;
    }
    let is_asked = |region: &str| {
        let text: Vec<Symbol> = region.chars().map(Symbol::Char).collect();
        let mut tests = tests.iter();
        tests.all(|(globs, holds)| globs.iter().any(|glob| glob.matches(&text)) == *holds)
    };
    let listed = tests.iter().filter(|(_, holds)| *holds);
    let listed =
        listed.flat_map(|(globs, _)| globs.iter().filter_map(|glob| literal_text(&glob.symbols)));
    let named = rule.resources.globs.iter().filter_map(region_of);
    let own = partition(&home.region);
    let any = REGIONS
        .iter()
        .find(|region| partition(region) == own && is_asked(region));
    let mut regions: Vec<String> = Vec::new();
    // The home is asked about last: what is new there is also new elsewhere, and not only there.
    let all = listed
        .chain(named)
        .chain(any.map(|region| (*region).to_owned()));
    let (home, others): (Vec<String>, Vec<String>) = all
        .chain([home.region.clone()])
        .filter(|region| is_asked(region))
        .partition(|region| *region == home.region);
    for region in others.into_iter().chain(home) {
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    Some(regions)
}
