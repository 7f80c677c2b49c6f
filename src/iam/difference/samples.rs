//! Names that stand for actions that AWS may add later.
//!
//! In: a service, and the action patterns of both sides. Out: for each way in which patterns may
//! meet, a name that they match and, as far as there is one, no other pattern does. So no statement
//! about one name, such as a Deny, hides the rest of what a pattern covers. Refuses nothing.

use std::cell::OnceCell;

use crate::iam::pattern::{Glob, Mode};
use crate::iam::search::{Machine, Searched, is_covered};
use crate::template::symbol::{Symbol, literal_text};

/// What stands for `*` in a name that people can imagine: the first that no statement is about.
const FILLERS: &[&str] = &["AnotherAction", "NewAction", "LaterAction"];

/// Names of actions of `service` that the reference does not have, each once: one for each of
/// `patterns`, which match any case, and one for each of their intersections of up to `most`.
///
/// Access differs at a name if one statement allows it and, on the other side, one denies it; each
/// boundary must allow it as well. So two patterns meet in a request that matters, or three if there
/// is a boundary.
pub(super) fn samples(service: &str, patterns: &[&Glob], most: usize) -> Vec<String> {
    // In lower case, patterns that match any case are as others are, and names can be read.
    let lower: Vec<Glob> = patterns.iter().copied().map(lower_case).collect();
    let universe = Glob::of(&format!("{service}:*"));
    let mut all: Vec<&Glob> = lower.iter().collect();
    all.push(&universe);
    let samples = Samples {
        universe: all.len() - 1,
        machine: OnceCell::new(),
        patterns: all,
    };
    let mut names = Vec::new();
    for (at, (pattern, lower)) in patterns.iter().zip(&lower).enumerate() {
        if pattern.is_wild() {
            names.extend(samples.filled(at, pattern).or_else(|| samples.of(&[at])));
        } else if universe.matches(&lower.symbols) {
            names.extend(literal_text(&pattern.symbols));
        }
    }
    for meeting in samples.meetings(most) {
        names.extend(samples.of(&meeting));
    }
    let own = samples.filled(samples.universe, &universe);
    names.extend(own.or_else(|| samples.of(&[])));
    names
}

/// The patterns of one service.
struct Samples<'a> {
    patterns: Vec<&'a Glob>,
    /// The number of the pattern of the whole service.
    universe: usize,
    machine: OnceCell<Machine>,
}

impl Samples<'_> {
    /// A name that all of `wanted` match and no other pattern, unless it covers one of them; else
    /// one that all of `wanted` match.
    fn of(&self, wanted: &[usize]) -> Option<String> {
        let mut wanted = wanted.to_vec();
        wanted.push(self.universe);
        let may_match: Vec<bool> = (0..self.patterns.len())
            .map(|other| wanted.iter().any(|own| self.covers(other, *own)))
            .collect();
        let must: Vec<Vec<usize>> = wanted.iter().map(|own| vec![*own]).collect();
        let matches_all = |matches: &[bool]| {
            let mut wanted = wanted.iter();
            wanted.all(|own| matches.get(*own) == Some(&true))
        };
        let matches_no_other = |matches: &[bool]| {
            let mut all = matches.iter().zip(&may_match);
            matches_all(matches) && all.all(|(matches, may_match)| !matches || *may_match)
        };
        let machine = self.machine();
        match machine.find(&must, matches_no_other) {
            Searched::Text(found) => literal_text(&found),
            Searched::Nothing | Searched::GaveUp => match machine.find(&must, matches_all) {
                Searched::Text(found) => literal_text(&found),
                Searched::Nothing | Searched::GaveUp => None,
            },
        }
    }

    /// The pattern `wanted` as `written`, with a filler for each `*`, if no other pattern is about
    /// that name.
    fn filled(&self, wanted: usize, written: &Glob) -> Option<String> {
        let fill = |filler: &&str| -> String {
            let symbols = written.symbols.iter();
            let filled = symbols.map(|symbol| match symbol {
                Symbol::Any => (*filler).to_owned(),
                Symbol::Char(c) => c.to_string(),
                Symbol::One | Symbol::Unknown(_) => "x".to_owned(),
            });
            filled.collect()
        };
        let is_free = |name: &String| {
            let lower = name.to_ascii_lowercase();
            let letters: Vec<Symbol> = lower.chars().map(Symbol::Char).collect();
            let universe = self.patterns.get(self.universe);
            let mut others = self.patterns.iter().enumerate();
            universe.is_some_and(|universe| universe.matches(&letters))
                && others.all(|(at, other)| {
                    !other.matches(&letters) || self.covers(at, wanted) || at == self.universe
                })
        };
        FILLERS.iter().map(fill).find(is_free)
    }

    /// Wild patterns that may meet and of which none covers another, up to `most` together.
    fn meetings(&self, most: usize) -> Vec<Vec<usize>> {
        let wild: Vec<usize> = (0..self.universe)
            .filter(|at| self.patterns.get(*at).is_some_and(|glob| glob.is_wild()))
            .collect();
        let mut meetings: Vec<Vec<usize>> = Vec::new();
        let mut last: Vec<Vec<usize>> = wild.iter().map(|at| vec![*at]).collect();
        for _ in 1..most {
            let mut next = Vec::new();
            for meeting in &last {
                let after = wild.iter().filter(|at| meeting.last() < Some(at));
                for at in after {
                    if meeting.iter().all(|own| self.meet(*own, *at)) {
                        next.push([meeting.as_slice(), &[*at]].concat());
                    }
                }
            }
            meetings.extend(next.iter().cloned());
            last = next;
        }
        meetings
    }

    fn meet(&self, first: usize, second: usize) -> bool {
        let (Some(a), Some(b)) = (self.patterns.get(first), self.patterns.get(second)) else {
            return false;
        };
        a.may_meet(b) && !self.covers(first, second) && !self.covers(second, first)
    }

    /// Whether one pattern matches all that another does.
    fn covers(&self, outer: usize, inner: usize) -> bool {
        match (self.patterns.get(outer), self.patterns.get(inner)) {
            (Some(outer), Some(inner)) => {
                outer == inner
                    || outer.may_meet(inner)
                        && is_covered(inner, std::slice::from_ref::<Glob>(outer))
            }
            _ => false,
        }
    }

    fn machine(&self) -> &Machine {
        self.machine.get_or_init(|| {
            let patterns: Vec<(&Glob, Mode)> = self
                .patterns
                .iter()
                .map(|glob| (*glob, Mode::Exact))
                .collect();
            Machine::new(&patterns)
        })
    }
}

/// The pattern in lower case.
fn lower_case(glob: &Glob) -> Glob {
    let symbols = glob.symbols.iter().map(|symbol| match symbol {
        Symbol::Char(c) => Symbol::Char(c.to_ascii_lowercase()),
        symbol => *symbol,
    });
    Glob::new(symbols.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(patterns: &[&str], most: usize) -> Vec<String> {
        let globs: Vec<Glob> = patterns
            .iter()
            .map(|text| Glob::of(text).ignoring_case())
            .collect();
        samples("s3", &globs.iter().collect::<Vec<_>>(), most)
    }

    fn is_matched(name: &str, pattern: &str) -> bool {
        let letters: Vec<Symbol> = name.chars().map(Symbol::Char).collect();
        Glob::of(pattern).ignoring_case().matches(&letters)
    }

    #[test]
    fn a_name_that_a_statement_names_stands_for_nothing_else() {
        let hidden = ["s3:Get*", "s3:Get*Action", "s3:Get", "s3:Getx*"];
        let free = |name: &String| {
            is_matched(name, "s3:Get*") && !hidden[1..].iter().any(|other| is_matched(name, other))
        };
        assert!(
            names(&hidden, 1).iter().any(free),
            "{:?}",
            names(&hidden, 1)
        );
    }

    #[test]
    fn patterns_that_meet_have_a_name_in_common() {
        let both = |name: &String| is_matched(name, "s3:Get*") && is_matched(name, "s3:*Thing");
        assert!(!names(&["s3:Get*", "s3:*Thing"], 1).iter().any(both));
        assert!(names(&["s3:Get*", "s3:*Thing"], 2).iter().any(both));
        let all = |name: &String| both(name) && is_matched(name, "s3:*New*");
        let three = ["s3:Get*", "s3:*Thing", "s3:*New*"];
        assert!(!names(&three, 2).iter().any(all));
        assert!(names(&three, 3).iter().any(all));
    }

    #[test]
    fn patterns_of_any_service_are_about_this_one_too() {
        let found = names(&["*:Frob*", "*"], 1);
        assert!(
            found.iter().any(|name| is_matched(name, "s3:Frob*")),
            "{found:?}"
        );
        assert!(
            found.iter().all(|name| name.starts_with("s3:")),
            "{found:?}"
        );
    }
}
