//! What the conditions of a trust policy say about who calls.
//!
//! In: the conditions of a statement. Out: whether one of them can only be met by callers that somebody
//! chose. Refuses nothing: a key that is not known may say who calls.
//!
//! Which keys say what: "AWS global condition context keys" and "IAM and AWS STS condition context keys" of
//! the IAM User Guide.

use crate::iam::condition::network;
use crate::iam::statement::Effect;
use crate::lint::policies::{PolicyItem, WrittenCondition, WrittenDocument, WrittenStatement};
use crate::template::symbol::{Symbol, literal_text};

/// Keys whose value says nothing about who calls, or can be chosen by the caller, such as a tag in an account
/// of the caller's own.
const OF_ANYBODY: &[&str] = &[
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:currenttime",
    "aws:epochtime",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principaltype",
    "aws:referer",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:securetransport",
    "aws:sourceidentity",
    "aws:tagkeys",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:username",
    "aws:viaawsservice",
    "sts:durationseconds",
    "sts:rolesessionname",
    "sts:sourceidentity",
    "sts:transitivetagkeys",
];

/// The beginnings of such keys.
const TAGS: &[&str] = &[
    "aws:principaltag/",
    "aws:requesttag/",
    "aws:resourcetag/",
    "iam:resourcetag/",
];

/// Keys about the caller that every call with credentials of AWS has.
const ALWAYS: &[&str] = &["aws:principalarn", "aws:principalaccount", "aws:userid"];

/// Keys that do not limit even who of one account calls.
const OF_WHOLE_ACCOUNTS: &[&str] = &[
    "aws:principaltype",
    "aws:referer",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:securetransport",
    "aws:useragent",
    "aws:viaawsservice",
];

impl WrittenCondition {
    /// The key in lower case.
    pub(in crate::lint) fn lower_key(&self) -> String {
        self.key.to_ascii_lowercase()
    }

    /// Whether it is met by a request that lacks the key (IAM user guide, "IAM JSON policy elements:
    /// Condition operators" and "Multivalued context keys").
    pub(in crate::lint) fn passes_without_key(&self) -> bool {
        let operator = self.operator.to_ascii_lowercase();
        // `Null` with `false` asks for the key.
        let is_false = |item: &PolicyItem| item.text().as_deref() == Some("false");
        let is_null = operator.ends_with("null") && !self.values.iter().all(is_false);
        is_null || operator.ends_with("ifexists") || operator.starts_with("forallvalues:")
    }

    /// Whether it says what the value is not, or whether there is one.
    pub(in crate::lint) fn names_no_value(&self) -> bool {
        let operator = self.operator.to_ascii_lowercase();
        let name = operator.rsplit(':').next().unwrap_or_default();
        name.contains("not") || name == "null"
    }

    /// The first of its values that everything fits.
    pub(in crate::lint) fn everything(&self) -> Option<&PolicyItem> {
        self.values.iter().find(|item| is_everything(&item.symbols))
    }

    /// Whether only callers that somebody chose can meet it.
    fn says_who(&self) -> bool {
        let is_there = !self.passes_without_key() || ALWAYS.contains(&self.lower_key().as_str());
        is_there && !self.names_no_value() && self.names_somebody()
    }

    /// Whether its values, for a key such as this one, are those of callers that somebody chose.
    fn names_somebody(&self) -> bool {
        let key = self.lower_key();
        let is_of_anybody =
            OF_ANYBODY.contains(&key.as_str()) || TAGS.iter().any(|begin| key.starts_with(begin));
        let mut values = self.values.iter();
        !is_of_anybody && !values.any(|item| is_open(&key, &item.symbols))
    }

    /// Whether it limits who of one account calls.
    fn limits_an_account(&self) -> bool {
        let key = self.lower_key();
        let is_network = ["aws:sourceip", "aws:vpcsourceip"].contains(&key.as_str());
        let is_open = |item: &PolicyItem| {
            is_everything(&item.symbols) || (is_network && is_every_address(&item.symbols))
        };
        !OF_WHOLE_ACCOUNTS.contains(&key.as_str()) && !self.values.iter().any(is_open)
    }
}

/// Whether something in `statement`, or a Deny of `document`, says who calls.
pub(super) fn says_who(document: &WrittenDocument, statement: &WrittenStatement) -> bool {
    let mut conditions = statement.conditions.iter();
    conditions.any(WrittenCondition::says_who)
        || left_by_denies(document, statement).any(WrittenCondition::names_somebody)
}

/// The calls that assume a role.
const ASSUMING: &[&str] = &[
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
];

/// Whether the role can be assumed by this statement, rather than a session be tagged or named.
pub(super) fn lets_assume(statement: &WrittenStatement) -> bool {
    let mut calls = ASSUMING.iter();
    statement.actions.is_empty() || calls.any(|call| statement.names_action(call))
}

/// The conditions whose values are all that a Deny of `document` leaves of what `statement` allows. Without its
/// key, a negated condition is met, and the request is denied.
pub(super) fn left_by_denies<'run>(
    document: &'run WrittenDocument,
    statement: &'run WrittenStatement,
) -> impl Iterator<Item = &'run WrittenCondition> {
    let is_for_all = |own: &WrittenStatement| {
        let mut calls = ASSUMING.iter();
        let mut principals = own.principals.iter();
        principals.any(|(kind, item)| is_anybody(kind, item))
            && calls.all(|call| own.names_action(call) || !statement.names_action(call))
    };
    let denies = document.statements.iter();
    let denies = denies.filter(move |own| own.effect == Effect::Deny && is_for_all(own));
    denies.filter_map(|own| match own.conditions.as_slice() {
        [one] => {
            let operator = one.operator.to_ascii_lowercase();
            let is_whole = !operator.starts_with("foranyvalue:");
            (is_whole && operator.contains("not")).then_some(one)
        }
        _ => None,
    })
}

/// Whether a principal is everybody.
pub(super) fn is_anybody(kind: &str, item: &PolicyItem) -> bool {
    (kind == "AWS" || kind == "*") && item.text().as_deref() == Some("*")
}

/// Whether a condition limits who of the accounts that `statement` trusts calls.
pub(super) fn limits_accounts(statement: &WrittenStatement) -> bool {
    let mut conditions = statement.conditions.iter();
    conditions.any(WrittenCondition::limits_an_account)
}

/// Whether a pattern fits every text.
pub(super) fn is_everything(pattern: &[Symbol]) -> bool {
    let is_wild = |symbol: &Symbol| matches!(symbol, Symbol::Any | Symbol::One);
    pattern.contains(&Symbol::Any) && pattern.iter().all(is_wild)
}

/// Whether callers that nobody chose have such a value of the key.
fn is_open(key: &str, pattern: &[Symbol]) -> bool {
    let is_wild = |symbols: &[Symbol]| {
        let mut symbols = symbols.iter();
        symbols.any(|symbol| matches!(symbol, Symbol::Any | Symbol::One))
    };
    let text = |text: &str| {
        let symbols = pattern.iter().copied();
        symbols.eq(text.chars().map(Symbol::Char))
    };
    match key {
        "aws:principalarn" | "aws:userid" if is_everything(pattern) => true,
        // Anybody can give a role any name.
        "aws:principalarn" if is_wild(pattern) => {
            let mut fields = pattern.splitn(6, |symbol| *symbol == Symbol::Char(':'));
            let account = fields.nth(4);
            fields.next().is_none() || account.is_none_or(is_wild)
        }
        // The name of a session follows the id.
        "aws:userid" => pattern.first().is_some_and(|first| is_wild(&[*first])),
        "aws:principalaccount"
        | "aws:principalorgid"
        | "aws:sourceaccount"
        | "aws:sourceorgid"
        | "aws:vpceaccount"
        | "aws:vpceorgid" => is_wild(pattern),
        "aws:principalorgpaths" | "aws:sourceorgpaths" | "aws:vpceorgpaths" => {
            let mut parts = pattern.split(|symbol| *symbol == Symbol::Char('/'));
            parts.next().is_some_and(is_wild)
        }
        "aws:principalisawsservice" => !text("true"),
        "aws:sourceip" | "aws:vpcsourceip" => is_every_address(pattern),
        _ => is_everything(pattern),
    }
}

/// Whether the pattern is a network of all addresses, or one half of them.
fn is_every_address(pattern: &[Symbol]) -> bool {
    let text = literal_text(pattern);
    let network = text.as_deref().and_then(network);
    network.is_some_and(|(_, bits)| bits <= 1)
}
