//! Who may call in a world, if anybody may.
//!
//! In: the conditions that hold in the world. Out: patterns of callers, and whether a caller agrees
//! with what the conditions say of the principal. Refuses nothing.
//!
//! "AWS global condition context keys" of the IAM User Guide says which requests have which key: a
//! request that nobody signed has none about its principal but the account, and only a service that
//! calls for a resource says which one.

use crate::iam::condition::{Atom, Atoms, Literal, Pass, Test, passes};
use crate::iam::pattern::Glob;
use crate::iam::request::ANYONE;
use crate::template::symbol::Symbol;

const ARN: &str = "aws:principalarn";
const ACCOUNT: &str = "aws:principalaccount";
const IS_SERVICE: &str = "aws:principalisawsservice";
const TAG: &str = "aws:principaltag/";

/// Other keys that only a signed request has, in lower case.
const SIGNED: &[&str] = &[
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:userid",
    "aws:username",
];

/// Keys that only a service sends that calls for a resource.
const OF_SERVICES: &[&str] = &[
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
];

/// Patterns of callers, the best-known ones first. Not all of them need agree.
pub(super) fn callers(atoms: &Atoms, literals: &[Literal]) -> Vec<Glob> {
    let held = || {
        let held = literals.iter().filter(|literal| literal.holds);
        held.filter_map(|literal| atoms.get(literal.atom))
    };
    let mut callers = Vec::new();
    let is_of_service = |atom: &Atom| {
        OF_SERVICES.contains(&atom.key.as_str()) && atom.test != Test::Missing && !atom.if_exists
    };
    if held().any(is_of_service) {
        callers.push(Glob::of("Service:?*"));
    }
    callers.push(Glob::literal(ANYONE));
    for atom in held() {
        match (&atom.test, atom.key.as_str()) {
            (Test::Text(globs) | Test::Arn(globs), ARN) => {
                callers.extend(globs.iter().flat_map(of_arn));
            }
            (Test::Text(globs), ACCOUNT) => {
                callers.extend(globs.iter().flat_map(|glob| of_account(&glob.symbols)));
            }
            _ => {}
        }
    }
    callers.push(Glob::of("AWS:arn:aws:iam::444455556666:role/?*"));
    callers.extend(of_account(&Glob::of("?*").symbols));
    callers.extend(["AWS:*", "Service:?*", "*"].map(Glob::of));
    callers
}

/// The callers whose `aws:PrincipalArn` is like this: for a session, it is that of its role.
fn of_arn(arn: &Glob) -> Vec<Glob> {
    let text = |text: &str| Glob::of(text).symbols;
    let mut callers = vec![Glob::new([text("AWS:"), arn.symbols.clone()].concat())];
    let role = text(":role/");
    let rest = arn.symbols.strip_prefix(text("arn:aws:iam::").as_slice());
    let at = rest.and_then(|rest| rest.windows(role.len()).position(|part| part == role));
    if let Some((id, path)) = rest
        .zip(at)
        .and_then(|(rest, at)| rest.split_at_checked(at))
    {
        let name = path.rsplit(|symbol| *symbol == Symbol::Char('/')).next();
        callers.push(Glob::new(
            [
                &text("AWS:arn:aws:sts::"),
                id,
                &text(":assumed-role/"),
                name.unwrap_or_default(),
                &text("/*"),
            ]
            .concat(),
        ));
    }
    callers
}

fn of_account(id: &[Symbol]) -> Vec<Glob> {
    let parts = [
        ("iam::", ":role/?*"),
        ("iam::", ":user/?*"),
        ("iam::", ":root"),
        ("sts::", ":*"),
    ];
    let glob = |(before, after): (&str, &str)| {
        let before = Glob::of(&format!("AWS:arn:aws:{before}")).symbols;
        Glob::new([&before, id, &Glob::of(after).symbols].concat())
    };
    parts.map(glob).to_vec()
}

/// What a request of a caller says of one key.
enum SaidByCaller {
    Value(String),
    Missing,
    NotKnown,
}

/// Whether what the conditions say of the principal agrees with this caller.
pub(super) fn agrees(atoms: &Atoms, literals: &[Literal], caller: &[Symbol]) -> bool {
    let chars = caller.iter().map(|symbol| match symbol {
        Symbol::Char(c) => Some(*c),
        _ => None,
    });
    let Some(caller) = chars.collect::<Option<String>>() else {
        return true;
    };
    literals.iter().all(|literal| {
        let Some(atom) = atoms.get(literal.atom) else {
            return true;
        };
        let said = said(&caller, &atom.key);
        if matches!(said, SaidByCaller::NotKnown) && [ARN, ACCOUNT].contains(&atom.key.as_str()) {
            // Who this is says nothing of its account: it may be another one.
            return false;
        }
        truth(atom, &said).is_none_or(|truth| truth == literal.holds)
    })
}

fn said(caller: &str, key: &str) -> SaidByCaller {
    let is_signed = SIGNED.contains(&key) || key.starts_with(TAG);
    let value = |text: &str| SaidByCaller::Value(text.to_owned());
    let Some(arn) = caller.strip_prefix("AWS:") else {
        let (is_anyone, is_service) = (caller == ANYONE, caller.starts_with("Service:"));
        return match key {
            ARN if is_anyone || is_service => SaidByCaller::Missing,
            ACCOUNT if is_anyone => value("anonymous"),
            IS_SERVICE => value(if is_service { "true" } else { "false" }),
            _ if is_signed && (is_anyone || is_service) => SaidByCaller::Missing,
            _ if OF_SERVICES.contains(&key) && is_anyone => SaidByCaller::Missing,
            _ => SaidByCaller::NotKnown,
        };
    };
    match key {
        ARN => match arn.split_once(":assumed-role/") {
            Some((before, after)) => {
                let id = before.rsplit(':').next().unwrap_or_default();
                let name = after.split('/').next().unwrap_or_default();
                SaidByCaller::Value(format!("arn:aws:iam::{id}:role/{name}"))
            }
            None if arn.starts_with("arn:") => value(arn),
            None => SaidByCaller::NotKnown,
        },
        ACCOUNT => match arn.split(':').nth(4) {
            Some(id) if !id.is_empty() => value(id),
            _ => SaidByCaller::NotKnown,
        },
        IS_SERVICE => value("false"),
        "aws:principalservicename" | "aws:principalservicenameslist" => SaidByCaller::Missing,
        _ => SaidByCaller::NotKnown,
    }
}

/// Whether the atom holds for what the request says of its key; `None` if that is not known.
fn truth(atom: &Atom, said: &SaidByCaller) -> Option<bool> {
    let value = match said {
        SaidByCaller::NotKnown => return None,
        SaidByCaller::Missing => None,
        SaidByCaller::Value(text) => Some(text.chars().map(Symbol::Char).collect::<Vec<_>>()),
    };
    match (&atom.test, value) {
        (Test::Missing, value) => Some(value.is_none()),
        (Test::Opaque | Test::Policy { .. } | Test::OnlyOfItsName | Test::CallersOwn, _) => None,
        (_, None) => Some(atom.if_exists),
        (test, Some(value)) => match passes(test, &value) {
            Pass::Yes => Some(true),
            Pass::No => Some(false),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::condition::Qualifier;

    /// The callers that agree with a condition, of these.
    fn agreeing<'a>(key: &str, pattern: &str, holds: bool, of: &[&'a str]) -> Vec<&'a str> {
        let mut atoms = Atoms::default();
        let atom = atoms.number(Atom {
            key: key.to_owned(),
            qualifier: Qualifier::None,
            if_exists: false,
            test: Test::Text(vec![Glob::of(pattern)]),
            identity: String::new(),
            shown: String::new(),
        });
        let agrees = |caller: &&&str| {
            let symbols = Glob::literal(caller).symbols;
            agrees(&atoms, &[Literal { atom, holds }], &symbols)
        };
        of.iter().filter(agrees).copied().collect()
    }

    const CALLERS: &[&str] = &[
        ANYONE,
        "Service:s3.amazonaws.com",
        "AWS:arn:aws:iam::111111111111:role/app",
        "AWS:arn:aws:sts::111111111111:assumed-role/app/x",
        "AWS:arn:aws:iam::222222222222:user/bob",
    ];

    #[test]
    fn a_caller_agrees_with_what_is_said_of_it() {
        let role = "arn:aws:iam::111111111111:role/app";
        assert_eq!(agreeing(ARN, role, true, CALLERS), &CALLERS[2..4]);
        let others = [CALLERS[0], CALLERS[1], CALLERS[4]];
        assert_eq!(agreeing(ARN, role, false, CALLERS), others);
        let signed = agreeing("aws:principalorgid", "o-1", true, CALLERS);
        assert_eq!(signed, &CALLERS[2..]);
        let services = agreeing("aws:sourcearn", "arn:*", true, CALLERS);
        assert_eq!(services, &CALLERS[1..]);
        let service = agreeing(IS_SERVICE, "true", true, CALLERS);
        assert_eq!(service, &CALLERS[1..2]);
        let account = agreeing(ACCOUNT, "222222222222", true, CALLERS);
        assert_eq!(account, &CALLERS[4..]);
    }

    #[test]
    fn a_session_is_one_of_the_role_that_is_named() {
        let callers = of_arn(&Glob::of("arn:aws:iam::111111111111:role/path/app"));
        let session = Glob::of("AWS:arn:aws:sts::111111111111:assumed-role/app/*");
        assert_eq!(callers.last(), Some(&session));
    }
}
