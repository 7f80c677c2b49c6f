//! What reads policy documents.
//!
//! In: data of a template, and where it is created. Out: patterns, and the statements that `iam` reads.
//! Everything that is compared is read by one engine, so that the same value that is not known is the
//! same symbol. Refuses nothing.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::HashMap;

use crate::iam::condition::Atoms;
use crate::iam::document::{DocumentKind, Documents};
use crate::iam::evaluate::{Decision, evaluate};
use crate::iam::permissions::Permissions;
use crate::iam::request::Request;
use crate::iam::statement::Statement;
use crate::organization::Organization;
use crate::template::resolve::{Names, OwnId, Reader, Reading, Values};
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// The engine.
#[derive(Default)]
pub(in crate::lint) struct PolicyEngine {
    names: RefCell<Names>,
    atoms: RefCell<Atoms>,
    accounts: HashMap<String, Option<String>>,
}

/// What is known of the account of a document.
#[derive(Clone)]
pub(in crate::lint) struct DocumentHome {
    own: String,
    own_id: OwnId,
    values: Rc<Values>,
}

impl PolicyEngine {
    /// The engine of an organization.
    pub(in crate::lint) fn of(organization: &Organization) -> Self {
        let accounts = organization.accounts.iter();
        let accounts =
            accounts.map(|account| (account.logical_id.clone(), account.account_id.clone()));
        Self {
            accounts: accounts.collect(),
            ..Self::default()
        }
    }

    /// What these permissions decide about this request.
    pub(in crate::lint) fn decides(
        &self,
        permissions: &Permissions,
        request: &Request,
    ) -> Decision {
        evaluate(&self.atoms.borrow(), permissions, request)
    }

    /// Whether a variable of IAM's is in it.
    pub(in crate::lint) fn has_variable(&self, symbols: &[Symbol]) -> bool {
        let names = self.names.borrow();
        symbols.iter().any(|symbol| match symbol {
            Symbol::Unknown(number) => names.variable(*number).is_some(),
            _ => false,
        })
    }

    /// `symbols` as people write them.
    pub(in crate::lint) fn spelled(&self, symbols: &[Symbol]) -> String {
        self.names.borrow().spell(symbols)
    }

    /// The symbols of a text, `${...}` in place as in `Fn::Sub`.
    pub(in crate::lint) fn symbols(
        &self,
        home: &DocumentHome,
        data: &Data,
        reading: Reading,
    ) -> Vec<Symbol> {
        self.reader(home).symbols(data, reading)
    }

    fn reader<'a>(&'a self, home: &DocumentHome) -> Reader<'a> {
        Reader {
            has_variables: true,
            own: Some(home.own.clone()),
            own_id: home.own_id.clone(),
            region: None,
            accounts: &self.accounts,
            values: Rc::clone(&home.values),
            names: &self.names,
        }
    }

    /// The statements of a document as `iam` reads them.
    pub(in crate::lint) fn read(
        &self,
        home: &DocumentHome,
        document: &Data,
        kind: DocumentKind,
    ) -> Vec<Statement> {
        let reader = self.reader(home);
        let documents = Documents {
            reader: &reader,
            atoms: &self.atoms,
        };
        documents.statements(document, "", kind)
    }

    /// What is known of what is created in `accounts`; `None` is anywhere.
    pub(in crate::lint) fn home(
        &self,
        accounts: Option<&[String]>,
        values: &Rc<Values>,
    ) -> DocumentHome {
        let values = Rc::clone(values);
        match accounts {
            Some([name]) => DocumentHome {
                own: name.clone(),
                own_id: OwnId::Mark(self.accounts.get(name).cloned().flatten()),
                values,
            },
            _ => DocumentHome {
                own: String::new(),
                own_id: OwnId::Mark(None),
                values,
            },
        }
    }
}
