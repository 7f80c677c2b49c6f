//! Names in a text, and what they become. Plain data: it refuses nothing.

use memchr::memmem::Finder;

use crate::expand::model::plan::MacroPlan;
use crate::expand::model::rendered::Placeholders;
use crate::organization::IdPart;

/// The names of a macro that its text contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroNames {
    /// Its own name, before what stands for the account in logical ids.
    pub logical_id: String,
    /// Its `AppId`.
    pub app_id: String,
    /// The letters and digits of that.
    pub letters: String,
}

impl MacroNames {
    /// The names of the macro of this plan.
    pub fn of(plan: &MacroPlan, placeholders: &Placeholders) -> Self {
        let app_id = plan.app_id.value.clone();
        Self {
            logical_id: placeholders.id_stem(plan),
            letters: IdPart::of(&app_id).as_str().to_owned(),
            app_id,
        }
    }

    /// What becomes what if `self` becomes `other`; none if the same text would become two.
    pub fn become_those(&self, other: &MacroNames) -> Option<Renaming> {
        Renaming::new(&[
            (&self.logical_id, &other.logical_id),
            (&self.app_id, &other.app_id),
            (&self.letters, &other.letters),
        ])
    }
}

/// Names, each with what it becomes.
pub struct Renaming {
    /// The longest first: one can begin with another.
    pairs: Vec<(Finder<'static>, usize, String)>,
}

impl Renaming {
    /// Each first name of `pairs` becomes the second; none if one would become two.
    pub fn new(pairs: &[(&str, &str)]) -> Option<Self> {
        let mut found: Vec<(&str, &str)> = Vec::new();
        for (from, to) in pairs {
            match found.iter().find(|(known, _)| known == from) {
                Some((_, known)) if known != to => return None,
                Some(_) => {}
                None => found.push((from, to)),
            }
        }
        found.retain(|(from, to)| from != to && !from.is_empty());
        found.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        let pair =
            |(from, to): (&str, &str)| (Finder::new(from).into_owned(), from.len(), to.to_owned());
        Some(Self {
            pairs: found.into_iter().map(pair).collect(),
        })
    }

    /// Whether one of the names is in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        let mut pairs = self.pairs.iter();
        pairs.any(|(finder, ..)| finder.find(text.as_bytes()).is_some())
    }

    /// `text` with the other names, and how many there are: at each place, the longest.
    pub fn renamed(&self, text: &str) -> (String, usize) {
        let find = |finder: &Finder<'_>, from: usize| {
            let rest = text.as_bytes().get(from..)?;
            Some(from + finder.find(rest)?)
        };
        let mut next: Vec<Option<usize>> = self
            .pairs
            .iter()
            .map(|(finder, ..)| find(finder, 0))
            .collect();
        let mut out = String::with_capacity(text.len() + 16);
        let (mut at, mut count) = (0, 0);
        loop {
            let places = next.iter().zip(&self.pairs);
            let places = places.filter_map(|(place, pair)| Some(((*place)?, pair)));
            let Some((place, (_, length, to))) = places.min_by_key(|(place, _)| *place) else {
                break;
            };
            out.push_str(text.get(at..place).unwrap_or_default());
            out.push_str(to);
            at = place + length;
            count += 1;
            for (place, (finder, ..)) in next.iter_mut().zip(&self.pairs) {
                if place.is_some_and(|place| place < at) {
                    *place = find(finder, at);
                }
            }
        }
        out.push_str(text.get(at..).unwrap_or_default());
        (out, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_counts_and_nothing_is_renamed_twice() {
        let renaming =
            Renaming::new(&[("app", "b"), ("app-x", "app"), ("Name", "Nameapp")]).unwrap();
        let (text, count) = renaming.renamed("app app-x xappapp-y Name");
        assert_eq!((text.as_str(), count), ("b app xbb-y Nameapp", 5));
        assert_eq!(renaming.renamed("none"), ("none".to_owned(), 0));
    }

    #[test]
    fn one_name_cannot_become_two() {
        assert!(Renaming::new(&[("a", "b"), ("a", "c")]).is_none());
        let same = Renaming::new(&[("a", "a"), ("b", "c"), ("b", "c")]).unwrap();
        assert_eq!(same.renamed("ab"), ("ac".to_owned(), 1));
    }
}
