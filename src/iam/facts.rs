//! What is known of one side of a comparison beyond its statements.
//!
//! In: what the file says of the resources that its policies name, and of the principal itself. Out:
//! [`SideFacts`], and a request as that side gets it. Refuses nothing: what is not known stays open.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::iam::condition::PRINCIPAL_TAG;
use crate::iam::own_account;
use crate::iam::permissions::Permissions;
use crate::iam::request::Request;
use crate::template::symbol::Symbol;

/// What is known of one side.
#[derive(Debug, Default)]
pub(crate) struct SideFacts {
    /// What stands for values that its statements leave open, by their numbers.
    pub(crate) values: BTreeMap<u32, Vec<Symbol>>,
    /// What each of its requests says of these keys, in lower case.
    pub(crate) keys: BTreeMap<String, Vec<Symbol>>,
    /// What is not known of who calls, by its numbers.
    pub(crate) of_caller: BTreeSet<u32>,
}

static NOTHING: SideFacts = SideFacts {
    values: BTreeMap::new(),
    keys: BTreeMap::new(),
    of_caller: BTreeSet::new(),
};

/// One side: its statements, and what else is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownSide<'a> {
    pub(crate) permissions: &'a Permissions,
    pub(crate) facts: &'a SideFacts,
}

impl<'a> KnownSide<'a> {
    /// The side of which nothing else is known.
    pub(crate) fn of(permissions: &'a Permissions) -> Self {
        Self {
            permissions,
            facts: &NOTHING,
        }
    }
}

impl SideFacts {
    /// Notes that the principal is in this account.
    pub(crate) fn is_in(&mut self, account: &[Symbol]) {
        self.keys
            .insert(own_account::KEY.to_owned(), account.to_vec());
    }

    /// The same without what requests of the principal say.
    pub(crate) fn without_keys(&self) -> Self {
        Self {
            values: self.values.clone(),
            ..Self::default()
        }
    }

    /// Notes what each request says of who sends it, by key in lower case.
    pub(crate) fn is_called_by<'v>(
        &mut self,
        said: impl Iterator<Item = (&'static str, &'v Vec<Symbol>)>,
    ) {
        for (key, value) in said {
            self.of_caller
                .extend(value.iter().filter_map(|symbol| match symbol {
                    Symbol::Unknown(number) => Some(*number),
                    _ => None,
                }));
            self.keys.insert(key.to_owned(), value.clone());
        }
    }

    /// Whether a part of this is a value of who calls that is not known: it may be like anything.
    pub(crate) fn is_of_unknown_caller(&self, symbols: &[Symbol]) -> bool {
        let is_of_caller = |symbol: &Symbol| matches!(symbol, Symbol::Unknown(number) if self.of_caller.contains(number));
        !self.of_caller.is_empty() && symbols.iter().any(is_of_caller)
    }

    /// Whether they say something of what the request leaves open, or claims.
    pub(crate) fn concern(&self, request: &Request) -> bool {
        let mut keys = self.keys.keys();
        let mut texts = std::iter::once(&request.target).chain(request.context.values().flatten());
        keys.any(|key| request.context.contains_key(key)) || texts.any(|text| self.names(text))
    }

    /// The request with what those of this side say of the keys that it has.
    pub(crate) fn with_keys<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        self.with_keys_like(request, |_| true)
    }

    /// The same for what they say of who calls: neither its account nor a tag, which a session may have another of.
    pub(crate) fn with_caller<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        let is_of_caller = |key: &str| key != own_account::KEY && !key.starts_with(PRINCIPAL_TAG);
        self.with_keys_like(request, is_of_caller)
    }

    fn with_keys_like<'r>(
        &self,
        request: &'r Request,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Cow<'r, Request> {
        let mut request = Cow::Borrowed(request);
        for (key, value) in self.keys.iter().filter(|(key, _)| is_wanted(key)) {
            let is_other = |values: &Vec<Vec<Symbol>>| values.as_slice() != [value.clone()];
            if request.context.get(key).is_some_and(is_other) {
                let context = &mut request.to_mut().context;
                context.insert(key.clone(), vec![value.clone()]);
            }
        }
        request
    }

    /// The request where nothing is open that has a value on this side.
    pub(crate) fn with_values<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        let mut texts = std::iter::once(&request.target).chain(request.context.values().flatten());
        if !texts.any(|text| self.names(text)) {
            return Cow::Borrowed(request);
        }
        let mut request = request.clone();
        request.target = self.filled(&request.target);
        for value in request.context.values_mut().flatten() {
            *value = self.filled(value);
        }
        Cow::Owned(request)
    }

    /// The symbols with these values.
    pub(crate) fn filled(&self, symbols: &[Symbol]) -> Vec<Symbol> {
        let mut filled = Vec::new();
        for symbol in symbols {
            match self.value(*symbol) {
                Some(value) => filled.extend(value),
                None => filled.push(*symbol),
            }
        }
        filled
    }

    /// Whether one of these symbols has a value.
    fn names(&self, symbols: &[Symbol]) -> bool {
        !self.values.is_empty() && symbols.iter().any(|symbol| self.value(*symbol).is_some())
    }

    /// What the file names what this symbol is of.
    pub(crate) fn value(&self, symbol: Symbol) -> Option<&[Symbol]> {
        match symbol {
            Symbol::Unknown(number) => self.values.get(&number).map(Vec::as_slice),
            _ => None,
        }
    }
}
