//! What a request says of one condition key, if certain atoms hold and others do not.
//!
//! In: the literals about one key. Out: [`Said`]: that the key is missing, or its values, or that no
//! request is like that. Refuses nothing.
//!
//! The hard part is to err on one side only: that there is no such request is reported only if it is
//! certain. What is found is a value that each test was applied to.

use crate::iam::condition::atom::{Atom, Qualifier, Test};
use crate::iam::condition::date;
use crate::iam::condition::keys::{self, KeyKind};
use crate::iam::condition::passes::{addresses, fields, numbers, passes, times};
use crate::iam::pattern::{Extent, Glob, Mode};
use crate::iam::search::{Machine, Searched};
use crate::template::symbol::{Symbol, literal_text};

/// A test, and whether a value must pass it.
type WantedTest<'a> = (&'a Test, bool);

/// What a request says of a key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// No request does.
    Nothing,
    /// These values; none if it does not have the key.
    Values(Vec<Vec<Symbol>>),
    /// A value that cannot be given: what one condition compares it with is not understood.
    Assumed,
    /// It is not certain whether any request does, and why.
    Unsure(String),
}

/// What a request says of `key` in which each of these atoms holds or does not.
pub(super) fn said(key: &str, literals: &[(&Atom, bool)]) -> Said {
    let without = || {
        let literals = literals.iter();
        literals.map(|(atom, holds)| atom.without_value().map(|truth| truth == *holds))
    };
    let is_given = keys::is_always_given(key);
    if !is_given && without().all(|agrees| agrees == Some(true)) {
        return Said::Values(Vec::new());
    }
    let present = present(key, literals);
    let may_be_missing = !is_given && without().all(|agrees| agrees != Some(false));
    match present {
        Said::Nothing if may_be_missing => Said::Unsure(not_understood(key)),
        present => present,
    }
}

fn not_understood(key: &str) -> String {
    format!("what the condition on `{key}` requires is not known")
}

/// The same for a request that has the key.
fn present(key: &str, literals: &[(&Atom, bool)]) -> Said {
    if literals
        .iter()
        .any(|(atom, holds)| atom.test == Test::Missing && *holds)
    {
        return Said::Nothing;
    }
    let is_read = |atom: &Atom| !matches!(atom.test, Test::Opaque | Test::Unread);
    let read: Vec<(&Atom, bool)> = literals
        .iter()
        .filter(|(atom, _)| is_read(atom) && atom.test != Test::Missing)
        .copied()
        .collect();
    let not_read = literals.iter().filter(|(atom, _)| !is_read(atom)).count();
    let values = values(key, &read);
    match literals {
        _ if values == Said::Nothing => values,
        _ if keys::is_text(key) && !is_of_text(literals) => Said::Unsure(not_understood(key)),
        _ if not_read == 0 => values,
        // Some value is like that, if the condition can hold at all.
        [(_, true)] => Said::Assumed,
        _ => Said::Unsure(not_understood(key)),
    }
}

/// Whether all tests are understood and compare texts.
fn is_of_text(literals: &[(&Atom, bool)]) -> bool {
    let mut tests = literals.iter().map(|(atom, _)| &atom.test);
    tests.all(|test| matches!(test, Test::Text(_) | Test::Arn(_) | Test::Missing))
}

/// Values of a key, to which each test is applied.
fn values(key: &str, literals: &[(&Atom, bool)]) -> Said {
    let tests: Vec<WantedTest<'_>> = literals.iter().map(test).collect();
    let is_single = keys::is_single(key) || is_ordered(&tests);
    match (value(key, &tests), is_single) {
        (Value::Text(text), _) => return Said::Values(vec![text]),
        (Value::Nothing, true) => return Said::Nothing,
        (Value::Unsure(why), true) => return Said::Unsure(why),
        (_, false) => {}
    }
    // What every value must be like, and what one of them must be like.
    let is_of_all = |(atom, holds): &&(&Atom, bool)| match atom.qualifier {
        Qualifier::ForAllValues => *holds,
        Qualifier::ForAnyValue | Qualifier::None => !*holds,
    };
    let all: Vec<WantedTest<'_>> = literals.iter().filter(is_of_all).map(test).collect();
    let some = literals.iter().filter(|literal| !is_of_all(literal));
    let mut some: Vec<Vec<WantedTest<'_>>> = some
        .map(|literal| [all.as_slice(), &[test(literal)]].concat())
        .collect();
    if some.is_empty() {
        some.push(all);
    }
    let mut found = Vec::new();
    let mut unsure = None;
    for tests in some {
        match value(key, &tests) {
            Value::Text(text) if found.contains(&text) => {}
            Value::Text(text) => found.push(text),
            Value::Nothing => return Said::Nothing,
            Value::Unsure(why) => unsure = Some(why),
        }
    }
    let is_qualified = literals
        .iter()
        .all(|(atom, _)| atom.qualifier != Qualifier::None);
    match unsure {
        Some(why) => Said::Unsure(why),
        None if is_qualified => Said::Values(found),
        // What an operator without a qualifier makes of several values is not documented.
        None => Said::Unsure(format!("the request would have several values of `{key}`")),
    }
}

fn test<'a>((atom, holds): &(&'a Atom, bool)) -> WantedTest<'a> {
    (&atom.test, *holds)
}

/// Whether all tests compare numbers, times or addresses. AWS has no key with several of these (its
/// service authorization reference of September 2026: `ArrayOf` is of texts, ARNs and flags).
fn is_ordered(tests: &[WantedTest<'_>]) -> bool {
    let is_ordered =
        |test: &Test| matches!(test, Test::Number(..) | Test::Date(..) | Test::Network(_));
    !tests.is_empty() && tests.iter().all(|(test, _)| is_ordered(test))
}

/// One value.
enum Value {
    Text(Vec<Symbol>),
    /// There is none.
    Nothing,
    /// It is not certain whether there is one, and why.
    Unsure(String),
}

/// A value that passes these tests, and does not pass those.
fn value(key: &str, tests: &[WantedTest<'_>]) -> Value {
    let is_text = |test: &Test| matches!(test, Test::Text(_) | Test::Arn(_));
    let (texts, ordered): (Vec<WantedTest<'_>>, Vec<WantedTest<'_>>) =
        tests.iter().partition(|(test, _)| is_text(test));
    if ordered.is_empty() {
        return text(key, &texts);
    }
    let mut is_possible = true;
    let mut unsure = None;
    let truths = |text: &[Symbol]| -> Vec<Option<bool>> {
        let tests = tests.iter();
        tests
            .map(|(test, holds)| Some(passes(test, text).settled()? == *holds))
            .collect()
    };
    let listed = texts.iter().filter_map(listed);
    if let Some(listed) = listed.min_by_key(Vec::len) {
        // No other value is possible, so each is tried.
        let truths: Vec<_> = listed.iter().map(|text| truths(text)).collect();
        let is_met = |truths: &Vec<Option<bool>>| truths.iter().all(|one| *one == Some(true));
        if let Some(at) = truths.iter().position(is_met) {
            return listed.get(at).cloned().map_or(Value::Nothing, Value::Text);
        }
        // What is not known may be this value.
        let is_failed = |text: &Vec<Symbol>| {
            let mut tests = tests.iter();
            tests.any(|(test, holds)| passes(test, text).certain() == Some(!holds))
        };
        if listed.iter().all(is_failed) {
            return Value::Nothing;
        }
        return Value::Unsure(not_understood(key));
    }
    for candidate in candidates(key, &ordered) {
        let truths = truths(&candidate.text);
        if truths.iter().all(|truth| *truth == Some(true)) {
            match candidate.doubt {
                None => return Value::Text(candidate.text),
                Some(doubt) => unsure = Some(doubt),
            }
        }
    }
    for family in families(&ordered) {
        let may_pass = |text: &[Symbol]| {
            let mut family = family.iter();
            family.all(|(test, holds)| passes(test, text).settled().is_none_or(|is| is == *holds))
        };
        // What is no number is not less than one, and not greater.
        let may_be_other = !keys::is_ordered(key) && family.iter().all(|(_, holds)| !holds);
        let mut all = candidates(key, &family).into_iter();
        is_possible &= may_be_other || all.any(|candidate| may_pass(&candidate.text));
    }
    is_possible &= texts.is_empty() || !matches!(text(key, &texts), Value::Nothing);
    if is_possible {
        Value::Unsure(unsure.unwrap_or_else(|| not_understood(key)))
    } else {
        Value::Nothing
    }
}

/// The only texts that pass this test, if it lists them.
fn listed((test, holds): &WantedTest<'_>) -> Option<Vec<Vec<Symbol>>> {
    let is_plain = |glob: &Glob| !glob.is_wild() && !glob.has_unknown() && !glob.ignores_case;
    match test {
        Test::Text(globs) if *holds && globs.iter().all(is_plain) => {
            Some(globs.iter().map(|glob| glob.symbols.clone()).collect())
        }
        _ => None,
    }
}

/// A value to try.
struct CandidateValue {
    text: Vec<Symbol>,
    /// Why no request may have it.
    doubt: Option<String>,
}

/// Values to try: of those that pass tests of one kind, one is here, if there is any.
fn candidates(key: &str, tests: &[WantedTest<'_>]) -> Vec<CandidateValue> {
    let all: Vec<&Test> = tests.iter().map(|(test, _)| *test).collect();
    let of = |text: String, doubt: Option<String>| CandidateValue {
        text: text.chars().map(Symbol::Char).collect(),
        doubt,
    };
    let is_number = |test: &&Test| matches!(test, Test::Number(..));
    let is_date = |test: &&Test| matches!(test, Test::Date(..));
    let is_network = |test: &&Test| matches!(test, Test::Network(_));
    let has_parts = all.iter().any(|test| match test {
        Test::Number(_, bounds) => bounds.iter().any(|bound| bound.fract() != 0.0),
        _ => false,
    });
    let mut found = Vec::new();
    if all.iter().any(is_number) {
        found.extend(numbers(&all).into_iter().map(|number| {
            let is_odd = number.fract() != 0.0 && !has_parts;
            let doubt = is_odd.then(|| format!("`{key}` would not be a whole number"));
            of(number.to_string(), doubt)
        }));
    }
    if all.iter().any(is_date) {
        found.extend(times(&all).into_iter().map(|time| {
            let doubt = (time.fract() != 0.0)
                .then(|| format!("`{key}` would be within one second, which IAM may not divide"));
            let text = match (key, time >= 10_000.0) {
                ("aws:epochtime", true) => time.floor().to_string(),
                _ => date::written(time),
            };
            of(text, doubt)
        }));
    }
    if all.iter().any(is_network) {
        found.extend(
            addresses(&all)
                .into_iter()
                .map(|ip| of(ip.to_string(), None)),
        );
    }
    found
}

/// The tests by kind: of numbers, times, and addresses.
fn families<'a>(tests: &[WantedTest<'a>]) -> Vec<Vec<WantedTest<'a>>> {
    let of = |is_wanted: fn(&Test) -> bool| -> Vec<WantedTest<'a>> {
        let tests = tests.iter().filter(|(test, _)| is_wanted(test));
        tests.copied().collect()
    };
    let all = [
        of(|test| matches!(test, Test::Number(..))),
        of(|test| matches!(test, Test::Date(..))),
        of(|test| matches!(test, Test::Network(_))),
    ];
    all.into_iter().filter(|tests| !tests.is_empty()).collect()
}

/// A text that matches these patterns, and does not match those.
fn text(key: &str, tests: &[WantedTest<'_>]) -> Value {
    let is_verified = |text: &[Symbol]| {
        let mut tests = tests.iter();
        tests.all(|(test, holds)| passes(test, text).settled() == Some(*holds))
    };
    let kind = keys::kind(key);
    if let Some(kind) = kind {
        let mut usual = usual_values(kind, tests).map(|value| Glob::literal(&value).symbols);
        if let Some(value) = usual.find(|value| is_verified(value)) {
            return Value::Text(value);
        }
    }
    // What is a flag is no other text.
    let is_flag = is_about_flags(tests);
    for flag in ["true", "false"].iter().filter(|_| is_flag) {
        let flag: Vec<Symbol> = flag.chars().map(Symbol::Char).collect();
        if is_verified(&flag) {
            return Value::Text(flag);
        }
    }
    let mut why = not_understood(key);
    let arn = (Glob::of("arn:?*:?*:*:*:?*"), Extent::Fields);
    // A value that is empty may be none.
    let some = (Glob::of("?*"), Extent::Whole);
    let is_arn = tests.iter().any(|(test, _)| matches!(test, Test::Arn(_)));
    let universes = [is_arn.then_some(&arn), Some(&some), None];
    for universe in universes.into_iter().skip(usize::from(!is_arn)) {
        match search(tests, universe, |_| Mode::Exact) {
            Searched::Text(text) if is_verified(&text) && !is_flag => {
                if is_by_fields_alone(tests) {
                    why = format!("the ARN of `{key}` would have more colons than usual");
                    break;
                }
                let other =
                    literal_text(&text).and_then(|text| kind.filter(|kind| !kind.has(&text)));
                if let Some(kind) = other {
                    why = format!("`{key}` would not be {}", kind.called());
                    break;
                }
                return Value::Text(text);
            }
            Searched::Text(_) | Searched::Nothing => {}
            Searched::GaveUp => why = format!("the patterns of `{key}` are too many to compare"),
        }
    }
    if is_impossible(tests) {
        Value::Nothing
    } else {
        Value::Unsure(why)
    }
}

/// Values of a kind to try: some that nothing speaks of, and some that the patterns match.
fn usual_values<'a>(
    kind: KeyKind,
    tests: &'a [WantedTest<'_>],
) -> impl Iterator<Item = String> + 'a {
    // What a wildcard may stand for in an address, a number, a time, or a flag.
    const PARTS: &[&str] = &[
        "",
        "1",
        "0.1",
        "0.0.1",
        "0.0.0.1",
        "::1",
        "01T00:00:00Z",
        "01-01T00:00:00Z",
        "true",
        "false",
    ];
    let examples = kind.examples().iter().map(|value| (*value).to_owned());
    let globs = tests.iter().flat_map(|(test, _)| test.globs());
    let matched = globs.flat_map(move |glob| {
        let filled = move |part: &str| {
            let symbols = glob.symbols.iter().map(|symbol| match symbol {
                Symbol::Any => part.to_owned(),
                Symbol::One => "1".to_owned(),
                Symbol::Char(c) => c.to_string(),
                Symbol::Unknown(_) => String::new(),
            });
            symbols.collect::<String>()
        };
        PARTS.iter().map(move |part| filled(part))
    });
    examples.chain(matched.filter(move |value| kind.has(value)))
}

/// Whether a text passes these tests only because a wildcard of an ARN ends at a colon: texts are
/// compared as a whole, so of the same patterns one passes that is no usual ARN.
fn is_by_fields_alone(tests: &[WantedTest<'_>]) -> bool {
    let is_negated_arn = |(test, holds): &WantedTest<'_>| matches!(test, Test::Arn(_)) && !holds;
    let as_texts: Vec<(Test, bool)> = tests
        .iter()
        .map(|(test, holds)| match test {
            Test::Arn(globs) if !holds => (Test::Text(globs.clone()), *holds),
            test => ((*test).clone(), *holds),
        })
        .collect();
    let as_texts: Vec<WantedTest<'_>> = as_texts
        .iter()
        .map(|(test, holds)| (test, *holds))
        .collect();
    tests.iter().any(is_negated_arn)
        && search(&as_texts, None, |_| Mode::Exact) == Searched::Nothing
}

/// Whether no text passes these tests, whatever the values are that are not known.
///
/// A text that one pattern matches is the pattern with values in place of its symbols, and so what
/// matches these symbols matches the text. So one of the tests that must be passed can be read
/// exactly, as can those that must not be.
fn is_impossible(tests: &[WantedTest<'_>]) -> bool {
    let must = tests.iter().enumerate().filter(|(_, (_, holds))| *holds);
    let mut must = must.map(|(at, _)| at).peekable();
    let is_nothing = |exact: usize| {
        let mode = |at| {
            let is_over = tests.get(at).is_some_and(|(_, holds)| *holds) && at != exact;
            if is_over { Mode::Over } else { Mode::Exact }
        };
        search(tests, None, mode) == Searched::Nothing
    };
    if must.peek().is_none() {
        return is_nothing(0);
    }
    must.any(is_nothing)
}

/// Whether the patterns are `true` and `false` without regard to case, as those of `Bool` are.
fn is_about_flags(tests: &[WantedTest<'_>]) -> bool {
    let mut globs = tests.iter().flat_map(|(test, _)| test.globs()).peekable();
    let is_flag = |glob: &Glob| {
        let text = fields(&glob.symbols).concat();
        let text: String = text
            .iter()
            .filter_map(|symbol| match symbol {
                Symbol::Char(c) => Some(c.to_ascii_lowercase()),
                _ => None,
            })
            .collect();
        glob.ignores_case && (text == "true" || text == "false")
    };
    globs.peek().is_some() && globs.all(is_flag)
}

/// The shortest text that passes these tests, in a universe if there is one; `mode` says how the
/// patterns of a test are read.
fn search(
    tests: &[WantedTest<'_>],
    universe: Option<&(Glob, Extent)>,
    mode: impl Fn(usize) -> Mode,
) -> Searched {
    let mut patterns = Vec::new();
    let mut groups: Vec<(Vec<usize>, bool)> = Vec::new();
    let all = tests.iter().map(|(test, holds)| {
        let extent = match test {
            Test::Arn(_) => Extent::Fields,
            _ => Extent::Whole,
        };
        (test.globs(), extent, *holds)
    });
    let universe = universe.map(|(glob, extent)| (std::slice::from_ref(glob), *extent, true));
    for (at, (globs, extent, holds)) in all.chain(universe).enumerate() {
        let first = patterns.len();
        patterns.extend(globs.iter().map(|glob| (glob, mode(at), extent)));
        groups.push(((first..patterns.len()).collect(), holds));
    }
    let must: Vec<Vec<usize>> = groups
        .iter()
        .filter(|(_, holds)| *holds)
        .map(|(group, _)| group.clone())
        .collect();
    Machine::with_fields(patterns).find(&must, |matches| {
        groups.iter().all(|(group, holds)| {
            let mut group = group.iter();
            group.any(|at| matches.get(*at) == Some(&true)) == *holds
        })
    })
}
