//! What a misspelled name may have meant.
//!
//! In: a name that is not known, and those that are. Out: the nearest one. Refuses names that are
//! far from all of them.

/// The candidate nearest to `name`, if one is near enough to be a slip of the keys.
///
/// Distance is Damerau-Levenshtein (adjacent swaps count one), ignoring case; at most a third of
/// the longer name's length.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let other = candidate.to_lowercase();
            let allowed = (lower.chars().count().max(other.chars().count()) + 1) / 3;
            (distance(&lower, &other), allowed, candidate)
        })
        .filter(|(distance, allowed, _)| distance <= allowed)
        .min_by_key(|(distance, _, _)| *distance)
        .map(|(_, _, candidate)| candidate)
}

/// The candidate that `name` is, but for one slip of the keys, ignoring case.
pub fn slip<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let mut candidates = candidates.into_iter();
    candidates.find(|candidate| {
        let is_near = lower.len().abs_diff(candidate.len()) <= 1;
        is_near && distance(&lower, &candidate.to_lowercase()) == 1
    })
}

fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&previous, j) + usize::from(x != y))
                .min(at(&previous, j + 1) + 1)
                .min(at(&current, j) + 1);
            let swapped =
                i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) && x != y;
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_the_nearest_name_and_nothing_far() {
        let names = ["SharedUsers", "DevAccount", "ProdAccount"];
        assert_eq!(nearest("SharedUser", names), Some("SharedUsers"));
        assert_eq!(nearest("devacount", names), Some("DevAccount"));
        assert_eq!(nearest("Porduction", names), None);
        assert_eq!(nearest("Zebra", names), None);
        assert_eq!(slip("SharedUser", names), Some("SharedUsers"));
        assert_eq!(slip("DevAcont", names), None);
    }
}
