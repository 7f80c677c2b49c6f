//! The principals of a statement to patterns.
//!
//! In: the data of a statement. Out: patterns of `Kind:name`, with how they are shown. Refuses
//! nothing: what is not understood is nothing.

use crate::iam::condition::{Atom, Literal, Test};
use crate::iam::document::Documents;
use crate::iam::pattern::{Extent, Glob, is_account_id};
use crate::iam::statement::{Effect, Patterns};
use crate::template::display::shown;
use crate::template::resolve::Reading;
use crate::template::symbol::Symbol;
use crate::template::value::{Data, Unordered};

/// Whether these are all principals of AWS.
fn is_anyone(kind: &str, value: &Data) -> bool {
    kind == "AWS" && value.text() == Some("*")
}

/// The unique id of a user or role that a principal of AWS is: it is neither an ARN nor the id of an account.
fn unique_id(value: &Data) -> Option<&str> {
    let text = value.text().filter(|text| *text != "*")?;
    let is_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_id && text.bytes().any(|byte| byte.is_ascii_alphabetic())).then_some(text)
}

impl Documents<'_> {
    /// Principals as patterns of `Kind:name`: each alone if the statement allows them, else
    /// together.
    pub(super) fn principals(
        &self,
        data: &Data,
        effect: Effect,
    ) -> Option<Vec<(Patterns, Vec<String>)>> {
        let (value, negated) = match (data.get("Principal"), data.get("NotPrincipal")) {
            (Some(value), None) => (value, false),
            (None, Some(value)) => (value, true),
            _ => return None,
        };
        let mut parts: Vec<(Vec<Glob>, Vec<String>)> = Vec::new();
        let not = if negated { "anyone but " } else { "" };
        if value.text() == Some("*") {
            parts.push((vec![Glob::of("*")], vec![format!("{not}anyone")]));
        } else {
            for (kind, values) in value.fields()? {
                let values = match values {
                    Data::Unordered(Unordered(items)) => items.as_slice(),
                    single => std::slice::from_ref(single),
                };
                for value in values {
                    let said = format!("{not}{kind} {}", shown(value));
                    let globs = if negated && is_anyone(kind, value) {
                        // What is not of AWS may be left out as well: see `doubts_of_exceptions`.
                        if effect == Effect::Allow {
                            return None;
                        }
                        vec![Glob::of("AWS:*")]
                    } else if negated {
                        vec![self.exact_principal(kind, value)]
                    } else {
                        self.principal(kind, value)
                    };
                    parts.push((globs, vec![said]));
                }
            }
        }
        if negated || effect == Effect::Deny {
            let (globs, said): (Vec<Vec<Glob>>, Vec<Vec<String>>) = parts.into_iter().unzip();
            parts = vec![(globs.concat(), said.concat())];
        }
        let part = |(globs, said)| {
            if negated {
                (Patterns::but(globs), said)
            } else {
                (Patterns::of(globs), said)
            }
        };
        Some(parts.into_iter().map(part).collect())
    }

    /// What `NotPrincipal` leaves out and no pattern says: whether services are left out with anyone of AWS, which IAM does
    /// not say, and who has a unique id (IAM user guide, "IAM identifiers").
    pub(super) fn doubts_of_exceptions(&self, data: &Data) -> Vec<Literal> {
        let excepted = data.get("NotPrincipal").and_then(|own| own.get("AWS"));
        let values = excepted.and_then(Data::unordered).unwrap_or_default();
        let literal = |why: String, holds: bool| Literal {
            atom: self.atoms.borrow_mut().number(Atom::of_policies(
                Test::NotKnown,
                why.clone(),
                why,
            )),
            holds,
        };
        let mut found = Vec::new();
        if values.iter().any(|value| is_anyone("AWS", value)) {
            let why = "whether `NotPrincipal: {AWS: '*'}` also leaves out services is not known";
            found.push(literal(why.to_owned(), true));
        }
        for id in values.iter().filter_map(unique_id) {
            found.push(literal(
                format!("who has the unique id `{id}` is not known"),
                false,
            ));
        }
        found
    }

    /// A principal in `NotPrincipal`, where an account does not stand for its users and roles, nor a
    /// role for its sessions (IAM user guide, "AWS JSON policy elements: `NotPrincipal`").
    fn exact_principal(&self, kind: &str, value: &Data) -> Glob {
        let symbols = self.reader.symbols(value, Reading::Plain);
        let literal = |text: &str| Glob::literal(text).symbols;
        Glob::new(if kind == "AWS" && is_account_id(&symbols) {
            [literal("AWS:arn:aws:iam::"), symbols, literal(":root")].concat()
        } else {
            [literal(&format!("{kind}:")), symbols].concat()
        })
    }

    fn principal(&self, kind: &str, value: &Data) -> Vec<Glob> {
        // No principal has wildcards in it, but for the one that is nothing else.
        let glob = Glob::new(self.reader.symbols(value, Reading::Plain));
        let with = |before: &str, symbols: &[Symbol], after: &str| Glob {
            symbols: Glob::literal(before)
                .symbols
                .into_iter()
                .chain(symbols.iter().copied())
                .chain(Glob::of(after).symbols)
                .collect(),
            ignores_case: false,
            extent: Extent::Whole,
        };
        if kind != "AWS" {
            return vec![with(&format!("{kind}:"), &glob.symbols, "")];
        }
        if glob.symbols == [Symbol::Char('*')] {
            return vec![Glob::of("*")];
        }
        let within = |service: &str, id: &[Symbol], after: &[Symbol], end: &str| {
            let symbols = [id, after].concat();
            with(&format!("AWS:arn:aws:{service}::"), &symbols, end)
        };
        let literal = |text: &str| Glob::literal(text).symbols;
        let rest = glob.symbols.strip_prefix(&*literal("arn:aws:iam::"));
        let root = rest.and_then(|rest| rest.strip_suffix(&*literal(":root")));
        let is_whole = |id: &&[Symbol]| is_account_id(id);
        // Between `::` and `:root`, whatever is not known is an account id.
        let root = root
            .filter(|id| is_whole(id) || matches!(id, [Symbol::Unknown(_)]))
            .or(Some(glob.symbols.as_slice()).filter(is_whole));
        if let Some(id) = root {
            return vec![within("iam", id, &[], ":*"), within("sts", id, &[], ":*")];
        }
        let mut globs = vec![with("AWS:", &glob.symbols, "")];
        let of_role = literal(":role/");
        let role = rest.and_then(|rest| {
            let at = rest
                .windows(of_role.len())
                .position(|part| part == of_role)?;
            let (id, name) = rest.split_at_checked(at)?;
            let name = name.rsplit(|symbol| *symbol == Symbol::Char('/')).next()?;
            let is_known = |symbol: &Symbol| matches!(symbol, Symbol::Char(_));
            let is_id = is_account_id(id) || id.iter().all(is_known);
            (is_id && name.iter().all(is_known)).then_some((id, name))
        });
        if let Some((id, name)) = role {
            let name = [&literal(":assumed-role/"), name].concat();
            globs.push(within("sts", id, &name, "/*"));
        }
        globs
    }
}
