//! Values of a template to patterns.
//!
//! In: data, and what is known of its account. Out: [`Symbol`]s. CloudFormation's
//! functions are worked out if that is possible without AWS; what is left, and IAM's own
//! variables, become unknown values with a name: the same text is the same value.
//!
//! The hard thing: an account is put back into a shape only later (see `shapes`). This holds only
//! as long as its name is written nowhere; `resources` ensures that.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use foldhash::{HashMap, HashSet};

use crate::template::display::shown;
use crate::template::value::Data;

use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::symbol::{ACCOUNT_IDS, Symbol};

/// The account id that stands for the account that a policy is in.
pub(crate) const OWN: &str = "999999999999";

/// How to read the id of the account that a policy is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnId {
    /// It can be any.
    Unknown,
    /// [`OWN`] stands for it, and for this text.
    Mark(Option<String>),
    /// As it is: the policy may depend on its digits.
    Known(String),
}

/// What references to resources resolve to, as `Fn::Sub` would write it; by name (`Role.Arn`).
pub(crate) type Values = BTreeMap<String, String>;

/// What is known of where a policy is.
#[derive(Clone)]
pub(crate) struct Reader<'run> {
    /// Whether `${...}` in a text is a variable of IAM's, as from version 2012-10-17 on.
    pub(crate) has_variables: bool,
    /// The logical id of its account, or what stands for it.
    pub(crate) own: Option<String>,
    /// Its account id.
    pub(crate) own_id: OwnId,
    /// Its region, if it is known.
    pub(crate) region: Option<String>,
    /// The accounts by logical id, with their ids where these are known.
    pub(crate) accounts: &'run HashMap<String, Option<String>>,
    /// What references resolve to, where that is known.
    pub(crate) values: Rc<Values>,
    /// The names of what is unknown.
    pub(crate) names: &'run RefCell<Names>,
}

/// Names of unknown values, each with its number.
#[derive(Default)]
pub(crate) struct Names {
    /// As people write them.
    written: Vec<String>,
    /// Those of IAM's variables, by number.
    variables: HashMap<u32, String>,
    /// What parameters and functions return.
    open: HashSet<u32>,
    /// What functions return.
    results: HashSet<u32>,
    numbers: HashMap<Unknown, u32>,
}

/// A value that is not known; what is read alike need not be the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Unknown {
    /// A variable of IAM's, by its name.
    Variable(String),
    /// What CloudFormation refers to by this name.
    Reference(String),
    /// The id of the account with this logical id, or of the own one.
    AccountId(Option<String>),
    /// The result of a function.
    Function(Box<Data>),
    /// One of these, in which `${...}` is text like any other.
    WithoutVariables(Box<Unknown>),
}

impl Unknown {
    /// As people write it.
    fn shown(&self) -> String {
        match self {
            Unknown::Variable(name) | Unknown::Reference(name) | Unknown::AccountId(Some(name)) => {
                format!("${{{name}}}")
            }
            Unknown::AccountId(None) => OWN.to_owned(),
            Unknown::Function(data) => shown(data),
            Unknown::WithoutVariables(value) => value.shown(),
        }
    }
}

impl Names {
    fn number(&mut self, value: Unknown) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.written.len()).unwrap_or(u32::MAX);
        let number = match value {
            Unknown::AccountId(_) => number | ACCOUNT_IDS,
            _ => number,
        };
        self.written.push(value.shown());
        match &value {
            Unknown::Variable(name) => {
                self.variables.insert(number, name.clone());
            }
            // CloudFormation's own values, and attributes of resources, have none.
            Unknown::Reference(name) if name.contains([':', '.']) => {}
            Unknown::Reference(_) | Unknown::Function(_) => {
                self.open.insert(number);
            }
            Unknown::AccountId(_) | Unknown::WithoutVariables(_) => {}
        }
        let inner = match &value {
            Unknown::WithoutVariables(inner) => inner,
            value => value,
        };
        if matches!(inner, Unknown::Function(_)) {
            self.results.insert(number);
        }
        self.numbers.insert(value, number);
        number
    }

    /// Whether `number` is what a function returns, such as `!Select` or `!ImportValue`, or a text of another place.
    pub(crate) fn is_result(&self, number: u32) -> bool {
        self.results.contains(&number)
    }

    /// Whether the value `number` is also read with its `${...}` read the other way, as a variable or
    /// as text. If it has none, both are the same.
    pub(crate) fn is_read_both_ways(&self, number: u32) -> bool {
        self.numbers.keys().any(|value| match value {
            Unknown::WithoutVariables(other) => {
                let (own, other) = (self.numbers.get(value), self.numbers.get(other));
                other.is_some() && (own == Some(&number) || other == Some(&number))
            }
            _ => false,
        })
    }

    /// The numbers of what `CloudFormation` refers to by `name`, as far as it was read.
    pub(crate) fn of_reference(&self, name: &str) -> impl Iterator<Item = u32> {
        let reference = Unknown::Reference(name.to_owned());
        let without = Unknown::WithoutVariables(Box::new(reference.clone()));
        let both = [reference, without].into_iter();
        both.filter_map(|value| self.numbers.get(&value).copied())
    }

    /// Whether `number` is what a parameter or function returns, in which there may be variables of IAM's.
    pub(crate) fn may_hold_variables(&self, number: u32) -> bool {
        self.open.contains(&number)
    }

    /// What `number` is called in a policy, without `${` and `}`, if it is one of IAM's variables.
    pub(crate) fn variable(&self, number: u32) -> Option<&str> {
        self.variables.get(&number).map(String::as_str)
    }

    /// The name of `number`.
    pub(crate) fn name(&self, number: u32) -> &str {
        let at = usize::try_from(number & !ACCOUNT_IDS).unwrap_or(usize::MAX);
        self.written.get(at).map_or("", String::as_str)
    }

    /// `symbols` as people write them.
    pub(crate) fn spell(&self, symbols: &[Symbol]) -> String {
        let mut out = String::new();
        for symbol in symbols {
            match symbol {
                Symbol::Any => out.push('*'),
                Symbol::One => out.push('?'),
                Symbol::Char(c) => out.push(*c),
                Symbol::Unknown(number) => out.push_str(self.name(*number)),
            }
        }
        out
    }
}

/// A part of a text.
enum Piece {
    Known(String),
    Unknown(Unknown),
}

/// How the text of a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// `*` and `?` are wild.
    Pattern,
    /// `*` and `?` are themselves.
    Plain,
}

/// Whether CloudFormation puts something of another place into it: `{{resolve:ssm:/path}}`.
fn is_dynamic(data: &Data) -> bool {
    match data {
        Data::Text(text) => text.contains(DYNAMIC),
        Data::Action(action) => action.0.contains(DYNAMIC),
        Data::List(items) => items.iter().any(is_dynamic),
        Data::Map(entries) => match entries.as_slice() {
            [(key, value)] if key == "Fn::Sub" || key == "Fn::Join" => is_dynamic(value),
            _ => false,
        },
        _ => false,
    }
}

/// How what is of another place begins.
const DYNAMIC: &str = "{{resolve:";

impl Reader<'_> {
    /// The pattern that `data` is.
    pub(crate) fn symbols(&self, data: &Data, reading: Reading) -> Vec<Symbol> {
        let mut symbols = Vec::new();
        for piece in self.pieces(data) {
            match piece {
                Piece::Known(text) => self.known(&text, reading, &mut symbols),
                Piece::Unknown(value) => symbols.push(self.unknown(value)),
            }
        }
        symbols
    }

    /// The text that `data` is, if all of it is known.
    pub(crate) fn text(&self, data: &Data) -> Option<String> {
        let pieces = self.pieces(data);
        let known = pieces.iter().map(|piece| match piece {
            Piece::Known(text) => Some(self.with_own(text)),
            Piece::Unknown(_) => None,
        });
        known.collect()
    }

    /// The id of its account, as a policy that names it is read.
    pub(crate) fn own_account(&self) -> Vec<Symbol> {
        match self.plain_reference("AWS::AccountId") {
            Piece::Known(id) => characters(&self.with_own(&id), Reading::Plain).collect(),
            Piece::Unknown(value) => vec![self.unknown(value)],
        }
    }

    fn with_own(&self, text: &str) -> String {
        match &self.own_id {
            OwnId::Mark(Some(id)) => text.replace(id.as_str(), OWN),
            _ => text.to_owned(),
        }
    }

    fn unknown(&self, value: Unknown) -> Symbol {
        // A value that is not known may contain a variable of IAM's.
        let value = match value {
            Unknown::Reference(name) if !self.has_variables && !name.starts_with("AWS::") => {
                Unknown::WithoutVariables(Box::new(Unknown::Reference(name)))
            }
            Unknown::Function(_) if !self.has_variables => {
                Unknown::WithoutVariables(Box::new(value))
            }
            value => value,
        };
        Symbol::Unknown(self.names.borrow_mut().number(value))
    }

    fn known(&self, text: &str, reading: Reading, symbols: &mut Vec<Symbol>) {
        let text = self.with_own(text);
        if !self.has_variables {
            symbols.extend(characters(&text, reading));
            return;
        }
        for part in parts(&text) {
            match part {
                SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text) => {
                    symbols.extend(characters(text, reading));
                }
                SubstitutionPart::Variable("*") => symbols.push(Symbol::Char('*')),
                SubstitutionPart::Variable("?") => symbols.push(Symbol::Char('?')),
                SubstitutionPart::Variable("$") => symbols.push(Symbol::Char('$')),
                SubstitutionPart::Variable(name) => {
                    symbols.push(self.unknown(Unknown::Variable(name.to_owned())));
                }
            }
        }
    }

    fn pieces(&self, data: &Data) -> Vec<Piece> {
        if is_dynamic(data) {
            return vec![Piece::Unknown(Unknown::Function(Box::new(data.clone())))];
        }
        let known = |text: &str| vec![Piece::Known(text.to_owned())];
        let call = match data {
            Data::Text(text) | Data::Number(text) => return known(text),
            Data::Action(action) => return known(&action.0),
            Data::Bool(flag) => return known(&flag.to_string()),
            Data::Map(entries) => match entries.as_slice() {
                [(key, value)] => Some((key.as_str(), value)),
                _ => None,
            },
            _ => None,
        };
        let pieces = match call {
            Some(("Ref", Data::Text(name))) => Some(self.reference(name)),
            Some(("Fn::Sub", Data::Text(text))) => Some(self.substituted(text, &[])),
            Some(("Fn::Sub", Data::List(items))) => match items.as_slice() {
                [Data::Text(text), Data::Map(own)] => Some(self.substituted(text, own)),
                _ => None,
            },
            Some(("Fn::GetAtt", Data::List(items))) => match items.as_slice() {
                [Data::Text(resource), Data::Text(attribute)] => {
                    Some(self.reference(&format!("{resource}.{attribute}")))
                }
                _ => None,
            },
            Some(("Fn::Join", Data::List(items))) => match items.as_slice() {
                [Data::Text(between), Data::List(parts)] => Some(self.joined(between, parts)),
                _ => None,
            },
            _ => None,
        };
        pieces.unwrap_or_else(|| vec![Piece::Unknown(Unknown::Function(Box::new(data.clone())))])
    }

    fn joined(&self, between: &str, parts: &[Data]) -> Vec<Piece> {
        let mut out = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                out.push(Piece::Known(between.to_owned()));
            }
            out.extend(self.pieces(part));
        }
        out
    }

    fn substituted(&self, text: &str, own: &[(String, Data)]) -> Vec<Piece> {
        let mut out = vec![Piece::Known(String::new())];
        for part in parts(text) {
            match (part, part.literal()) {
                (_, Some(literal)) => out.push(Piece::Known(format!("${{{literal}}}"))),
                (SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text), None) => {
                    out.push(Piece::Known(text.to_owned()));
                }
                (SubstitutionPart::Variable(name), None) => {
                    match own.iter().find(|(own, _)| own == name) {
                        Some((_, value)) => out.extend(self.pieces(value)),
                        None => out.extend(self.reference(name)),
                    }
                }
            }
        }
        // Text on both sides of a known value is one text, in which variables may begin.
        let mut joined: Vec<Piece> = Vec::new();
        for piece in out {
            match (joined.last_mut(), piece) {
                (Some(Piece::Known(text)), Piece::Known(more)) => text.push_str(&more),
                (_, piece) => joined.push(piece),
            }
        }
        joined
    }

    fn reference(&self, name: &str) -> Vec<Piece> {
        match self.values.get(name) {
            // It refers to accounts only.
            Some(text) => self.substituted(text, &[]),
            None => vec![self.plain_reference(name)],
        }
    }

    fn plain_reference(&self, name: &str) -> Piece {
        let known = |text: &str| Piece::Known(text.to_owned());
        let unknown = || Piece::Unknown(Unknown::Reference(name.to_owned()));
        let own = || match &self.own_id {
            OwnId::Unknown => Piece::Unknown(Unknown::AccountId(None)),
            OwnId::Mark(_) => known(OWN),
            OwnId::Known(id) => known(id),
        };
        match name {
            "AWS::Partition" => known("aws"),
            "AWS::URLSuffix" => known("amazonaws.com"),
            "AWS::AccountId" if self.own.is_some() => own(),
            "AWS::Region" => match &self.region {
                Some(region) => known(region),
                None => unknown(),
            },
            name if Some(name) == self.own.as_deref() => own(),
            name => match self.accounts.get(name) {
                Some(Some(id)) => known(id),
                Some(None) => Piece::Unknown(Unknown::AccountId(Some(name.to_owned()))),
                None => unknown(),
            },
        }
    }
}

fn characters(text: &str, reading: Reading) -> impl Iterator<Item = Symbol> {
    text.chars().map(move |c| match c {
        '*' if reading == Reading::Pattern => Symbol::Any,
        '?' if reading == Reading::Pattern => Symbol::One,
        c => Symbol::Char(c),
    })
}
