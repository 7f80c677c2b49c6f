//! How a role or user is called, as its requests say it.
//!
//! In: a principal of a file. Out: a [`CallerName`]. Refuses nothing: what the file does not say of its name
//! and path is a value that is not known, and the same on both sides if it is written the same way.

use crate::diff::access::comparer::Comparer;
use crate::iam::pattern::Glob;
use crate::iam::principals::{Principal, PrincipalKind};
use crate::iam::references::named_type;
use crate::template::deduplicate::ACCOUNT;
use crate::template::resolve::{OWN, OwnId, Reader, Reading};
use crate::template::resources::File;
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// How a principal is called; parts of it may not be known.
#[derive(Clone, Debug, Default)]
pub(super) struct CallerName {
    pub(super) name: Vec<Symbol>,
    pub(super) arn: Vec<Symbol>,
}

impl Comparer<'_, '_> {
    /// How a role or user is called; who is in a group is not known.
    pub(super) fn caller_name(
        &self,
        file: &File<'_>,
        principal: &Principal,
        own_id: &OwnId,
    ) -> Option<CallerName> {
        if !matches!(principal.kind, PrincipalKind::Role | PrincipalKind::User) {
            return None;
        }
        let resource = file.resources.get(principal.at)?;
        let body = resource.body.as_ref()?;
        let reader = self.reader(body, &principal.place, own_id.clone());
        if let Some(arn) = self.arn_of(file, principal, own_id) {
            let name = arn.rsplit(|one| *one == Symbol::Char('/')).next()?.to_vec();
            return Some(CallerName { name, arn });
        }
        let known = named_type(body.data.get("Type").and_then(Data::text)?)?;
        let property = |name: &str| body.data.get("Properties").and_then(|own| own.get(name));
        // CloudFormation returns the name for it, and makes one if there is none.
        let reference = Data::Map(vec![("Ref".to_owned(), Data::Text(resource.id.clone()))]);
        let name = property(known.name).unwrap_or(&reference);
        let name = said(&reader, name).or_else(|| said(&reader, &reference))?;
        let path = match property("Path") {
            None => vec![Symbol::Char('/')],
            Some(path) => said(&reader, path).or_else(|| said(&reader, &reference))?,
        };
        let text = |text: &str| text.chars().map(Symbol::Char).collect::<Vec<Symbol>>();
        let arn = [
            text("arn:aws:iam::"),
            reader.own_account(),
            text(&format!(":{}", known.word)),
            path,
            name.clone(),
        ];
        Some(CallerName {
            name,
            arn: arn.concat(),
        })
    }
}

/// A name or a path; `None` if what it is depends on the account.
fn said(reader: &Reader<'_>, data: &Data) -> Option<Vec<Symbol>> {
    let symbols = reader.symbols(data, Reading::Plain);
    let text: String = symbols.iter().copied().filter_map(letter).collect();
    (!text.contains(OWN) && !text.contains(ACCOUNT)).then_some(symbols)
}

fn letter(symbol: Symbol) -> Option<char> {
    match symbol {
        Symbol::Char(c) => Some(c),
        _ => None,
    }
}

/// What a value with this symbol is like: one that is not known is at least a letter.
pub(super) fn opened(symbol: Symbol) -> Vec<Symbol> {
    match symbol {
        Symbol::Unknown(_) => vec![Symbol::One, Symbol::Any],
        symbol => vec![symbol],
    }
}

/// Whether a pattern needs a letter that no name of a user has (IAM user guide, "IAM identifiers").
pub(super) fn has_other_than_names(glob: &Glob) -> bool {
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    let mut symbols = glob.symbols.iter();
    symbols.any(|symbol| matches!(symbol, Symbol::Char(c) if !is_of_names(*c)))
}
