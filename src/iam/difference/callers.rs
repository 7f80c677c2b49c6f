//! Who may call in a world, if anybody may.
//!
//! In: the conditions that hold in the world. Out: patterns of callers, and whether a caller agrees
//! with what the conditions say of the principal. Refuses nothing.
//!
//! "AWS global condition context keys" of the IAM User Guide says which requests have which key: a
//! request that nobody signed has none about its principal but the account, and only a service that
//! calls for a resource says which one.

use crate::iam::condition::{Atom, Atoms, Literal, PRINCIPAL_TAG, Pass, Test, passes};
use crate::iam::difference::somebody::{is_of_nobody, with_names};
use crate::iam::own_account::KEY as ACCOUNT;
use crate::iam::owner::account_in;
use crate::iam::pattern::{Glob, is_account_id, sessions};
use crate::iam::request::{ANYONE, Request};
use crate::iam::statement::Patterns;
use crate::template::symbol::{Symbol, literal_text};

const ARN: &str = "aws:principalarn";
const IS_SERVICE: &str = "aws:principalisawsservice";
const TYPE: &str = "aws:principaltype";
const USER_ID: &str = "aws:userid";
const USER_NAME: &str = "aws:username";

/// Other keys that only a signed request has, in lower case.
const SIGNED: &[&str] = &[
    "aws:principalorgid",
    "aws:principalorgpaths",
    USER_ID,
    USER_NAME,
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

/// The callers whose `aws:PrincipalArn` is like this: for a session, it is that of its role. Each has a name.
fn of_arn(arn: &Glob) -> Vec<Glob> {
    let kinds = match arn.symbols.split_last() {
        Some((Symbol::Any, account)) if account.last() == Some(&Symbol::Char(':')) => {
            let kinds = ["role/*", "user/*"].into_iter();
            let of_kind = |kind| [account, &Glob::of(kind).symbols].concat();
            kinds.map(of_kind).collect()
        }
        _ => vec![arn.symbols.clone()],
    };
    let callers = kinds.into_iter().flat_map(|arn| {
        let own = [&Glob::of("AWS:").symbols, arn.as_slice()].concat();
        std::iter::once(Glob::new(own)).chain(sessions(&arn))
    });
    callers.map(|caller| with_names(&caller)).collect()
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
    let Some(caller) = literal_text(caller) else {
        return true;
    };
    if is_of_nobody(&caller) {
        return false;
    }
    literals.iter().all(|literal| {
        let Some(atom) = atoms.get(literal.atom) else {
            return true;
        };
        let said = said(&caller, &atom.key);
        if matches!(said, SaidByCaller::NotKnown) && [ARN, ACCOUNT].contains(&atom.key.as_str()) {
            // Who this is says nothing of its account: it may be another one.
            return false;
        }
        if atom.key == USER_ID && literal.holds && !may_have_id(&caller, atom.test.globs()) {
            return false;
        }
        truth(atom, &said).is_none_or(|truth| truth == literal.holds)
    })
}

/// Whether it is about the ARN of the caller.
pub(super) fn is_about_arn(atoms: &Atoms, literal: Literal) -> bool {
    atoms.get(literal.atom).is_some_and(|atom| atom.key == ARN)
}

/// Whether none of these principals of a trust policy may call where the literals are true: the ARN
/// of each is known, and it contradicts.
///
/// The name of a role is unique in its account, whatever its path is. So where a role is named with
/// its path, its sessions are those of that role, and have its ARN.
pub(super) fn excludes(atoms: &Atoms, literals: &[Literal], principals: &Patterns) -> bool {
    let about = literals.iter().filter_map(|literal| {
        let atom = atoms.get(literal.atom).filter(|atom| atom.key == ARN)?;
        Some((atom, literal.holds))
    });
    let about: Vec<(&Atom, bool)> = about.collect();
    let contradicts = |glob: &Glob| {
        let Some(arn) = arn_of(glob, &principals.globs) else {
            return false;
        };
        about
            .iter()
            .any(|(atom, holds)| match passes(&atom.test, arn) {
                Pass::Yes => !holds,
                Pass::No => *holds,
                Pass::Value(_) | Pass::Unclear => atom.test == Test::Missing && *holds,
            })
    };
    !about.is_empty() && !principals.negated && principals.globs.iter().all(contradicts)
}

/// The one value of `aws:PrincipalArn` that callers like `glob` have, which is one of `all`.
fn arn_of<'a>(glob: &'a Glob, all: &'a [Glob]) -> Option<&'a [Symbol]> {
    let text = |text: &str| Glob::literal(text).symbols;
    let iam = text("AWS:arn:aws:iam::");
    let is_named = |glob: &&Glob| {
        let rest = glob.symbols.strip_prefix(iam.as_slice());
        let id = rest.and_then(|rest| rest.split(|symbol| *symbol == Symbol::Char(':')).next());
        id.is_some_and(is_account_id) && !glob.is_wild() && plain_but_id(glob)
    };
    let own = |glob: &'a Glob| glob.symbols.get(text("AWS:").len()..);
    if is_named(&glob) {
        return own(glob);
    }
    let rest = glob
        .symbols
        .strip_prefix(text("AWS:arn:aws:sts::").as_slice())?;
    let mut named = all.iter().filter(is_named);
    named
        .find(|role| sessions_of(role).as_deref() == Some(rest))
        .and_then(own)
}

/// Whether nothing in the pattern is open but the id of an account.
fn plain_but_id(glob: &Glob) -> bool {
    let mut symbols = glob.symbols.iter();
    symbols.all(|symbol| matches!(symbol, Symbol::Char(_)) || is_account_id(&[*symbol]))
}

/// What follows the service in the pattern of a role's sessions.
fn sessions_of(role: &Glob) -> Option<Vec<Symbol>> {
    let text = |text: &str| Glob::of(text).symbols;
    let rest = role
        .symbols
        .strip_prefix(text("AWS:arn:aws:iam::").as_slice())?;
    let at = rest
        .iter()
        .position(|symbol| *symbol == Symbol::Char(':'))?;
    let (id, path) = rest.split_at_checked(at)?;
    let path = path.strip_prefix(text(":role/").as_slice())?;
    let name = path.rsplit(|symbol| *symbol == Symbol::Char('/')).next()?;
    Some([id, &text(":assumed-role/"), name, &text("/*")].concat())
}

/// Whether the unique id of this caller may be like one of these. IAM user guide, "IAM
/// identifiers": a user's begins with `AIDA`, and a session's with `AROA`, before a colon and its
/// name.
fn may_have_id(caller: &str, globs: &[Glob]) -> bool {
    let id = match caller.strip_prefix("AWS:").and_then(kind_of) {
        Some(CallerKind::User) => "AIDA?*",
        Some(CallerKind::Session) => "AROA?*:?*",
        Some(CallerKind::Root) | None => return true,
    };
    let id = Glob::of(id);
    globs.is_empty() || globs.iter().any(|glob| glob.may_meet(&id))
}

/// Whether the request says something of its principal.
pub(super) fn speaks_of_caller(request: &Request) -> bool {
    let keys = [ARN, ACCOUNT, TYPE, USER_NAME, USER_ID];
    keys.iter().any(|key| request.context.contains_key(*key))
}

/// The request with what the caller is, where it speaks of its principal.
///
/// Each key has got a value of its own, and these belong to one caller.
/// `None` if no such caller is like that.
pub(super) fn with_own_keys(request: &Request, caller: &[Symbol]) -> Option<Request> {
    let mut request = request.clone();
    let text = literal_text(caller);
    let mut ids = request.context.get(USER_ID).into_iter().flatten();
    let is_other = |id: &Vec<Symbol>| {
        let id = Glob::new(id.clone());
        let ids = std::slice::from_ref(&id);
        text.as_ref()
            .is_some_and(|caller| !may_have_id(caller, ids))
    };
    if ids.any(is_other) || speaks_of_caller(&request) && has_other_id(caller) {
        return None;
    }
    for (key, values) in &mut request.context {
        let own = match (key.as_str(), &text) {
            (ACCOUNT, None) => account_of(caller).map(|id| vec![id.to_vec()]),
            (_, None) => None,
            (key, Some(caller)) => match said(caller, key) {
                SaidByCaller::Value(text) => Some(vec![text.chars().map(Symbol::Char).collect()]),
                SaidByCaller::Missing => Some(Vec::new()),
                SaidByCaller::NotKnown => None,
            },
        };
        if let Some(own) = own {
            *values = own;
        }
    }
    Some(request)
}

/// Whether the caller is of AWS, and its account has no id of twelve digits.
fn has_other_id(caller: &[Symbol]) -> bool {
    let is_of_iam = |service: &str| {
        let start = Glob::literal(&format!("AWS:arn:aws:{service}::")).symbols;
        caller.starts_with(&start)
    };
    (is_of_iam("iam") || is_of_iam("sts")) && account_of(caller).is_none()
}

/// The id of the account in the ARN of a caller.
fn account_of(caller: &[Symbol]) -> Option<&[Symbol]> {
    let mut fields = caller.split(|symbol| *symbol == Symbol::Char(':'));
    fields.nth(5).filter(|id| is_account_id(id))
}

/// The same where nothing but these keys says who calls; `None` if no caller is like that.
pub(super) fn with_one_principal(request: &Request) -> Option<Request> {
    let value = |key: &str| match request.context.get(key).map(Vec::as_slice) {
        Some([value]) => Some(value),
        _ => None,
    };
    // Without an ARN, nothing says who it is that could be another one.
    let Some(arn) = value(ARN) else {
        return Some(request.clone());
    };
    let caller = [&Glob::literal("AWS:").symbols, arn.as_slice()].concat();
    with_own_keys(request, &caller)
}

/// Whether the ARN that a request says its principal has may be one of this account.
pub(super) fn may_be_of(request: &Request, account: Option<&Vec<Symbol>>) -> bool {
    let arn = request.context.get(ARN).map(Vec::as_slice);
    let (Some([arn]), Some(account)) = (arn, account) else {
        return true;
    };
    let id = account_in(arn).and_then(literal_text);
    let own = literal_text(account);
    id.is_none() || own.is_none() || id == own
}

fn said(caller: &str, key: &str) -> SaidByCaller {
    let is_signed = SIGNED.contains(&key) || key.starts_with(PRINCIPAL_TAG);
    let value = |text: &str| SaidByCaller::Value(text.to_owned());
    let Some(arn) = caller.strip_prefix("AWS:") else {
        let (is_anyone, is_service) = (caller == ANYONE, caller.starts_with("Service:"));
        // Nobody signs the request with which an identity provider's token is exchanged.
        let is_federated = caller.starts_with("Federated:");
        return match key {
            ARN | USER_NAME if is_anyone || is_service || is_federated => SaidByCaller::Missing,
            ACCOUNT if is_anyone => value("anonymous"),
            TYPE if is_anyone => value("Anonymous"),
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
        TYPE => match kind_of(arn) {
            Some(CallerKind::User) => value("User"),
            Some(CallerKind::Session) => value("AssumedRole"),
            Some(CallerKind::Root) => value("Account"),
            None => SaidByCaller::NotKnown,
        },
        USER_NAME => match kind_of(arn) {
            Some(CallerKind::User) => value(arn.rsplit('/').next().unwrap_or_default()),
            Some(CallerKind::Session | CallerKind::Root) => SaidByCaller::Missing,
            None => SaidByCaller::NotKnown,
        },
        IS_SERVICE => value("false"),
        "aws:principalservicename" | "aws:principalservicenameslist" => SaidByCaller::Missing,
        _ => SaidByCaller::NotKnown,
    }
}

/// What kind of principal signed a request.
enum CallerKind {
    User,
    Session,
    Root,
}

/// What the one with this ARN is; that of a role is one of its sessions.
fn kind_of(arn: &str) -> Option<CallerKind> {
    let resource = arn.split(':').nth(5)?;
    match resource.split_once('/') {
        Some(("user", _)) => Some(CallerKind::User),
        Some(("role" | "assumed-role", _)) => Some(CallerKind::Session),
        None if resource == "root" => Some(CallerKind::Root),
        _ => None,
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
        (
            Test::Opaque
            | Test::Policy { .. }
            | Test::OnlyOfItsName { .. }
            | Test::Kept
            | Test::Created
            | Test::CallersOwn
            | Test::Statement
            | Test::Choice,
            _,
        ) => None,
        (_, None) => atom.without_value(),
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
        let session = Glob::of("AWS:arn:aws:sts::111111111111:assumed-role/app/?*");
        assert_eq!(callers.last(), Some(&session));
    }

    #[test]
    fn who_agrees_has_a_name() {
        let nobody = "AWS:arn:aws:iam::111111111111:role/";
        assert!(agreeing(IS_SERVICE, "false", true, &[nobody]).is_empty());
        let anybody = of_arn(&Glob::of("arn:aws:iam::111111111111:*"));
        let names = anybody
            .iter()
            .map(|glob| glob.symbols.iter().filter(|one| **one == Symbol::One));
        assert!(names.map(Iterator::count).eq([1, 2, 1]), "{anybody:?}");
    }
}
