//! What can be typed next.
//!
//! In: the cursor, and what was last understood of the template. Out: names with what each means.
//! Refuses nothing: where nothing is known, nothing is offered.

use serde_json::{Value, json};

use crate::arguments::table::{ARGUMENTS, OF_THE_TEMPLATE, OVERRIDES, SELECTORS};
use crate::arguments::{Argument, Offered, ValueKind, trust_names};
use crate::command::lsp::cursor::{Cursor, Slot};
use crate::command::lsp::names;
use crate::command::lsp::place::{PlaceInMacro, ServicesOf, place, within};
use crate::command::lsp::position::TextLines;
use crate::oidc;
use crate::organization::Organization;
use crate::partials::Partials;
use crate::partials::catalog::Offer;

/// The most names that are offered at once; an editor asks again when more is typed.
const OFFERED: usize = 500;

/// What an editor draws before a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CompletionKind {
    Key = 10,
    Word = 12,
    Service = 9,
    Account = 6,
}

/// One name.
struct CompletionItem {
    name: String,
    /// What is inserted.
    text: String,
    kind: CompletionKind,
    detail: String,
    about: String,
}

/// What is known when something is typed.
pub(super) struct Completion<'run> {
    pub(super) cursor: &'run Cursor,
    pub(super) organization: Option<&'run Organization>,
    pub(super) partials: Option<&'run Partials>,
    /// The names in `OrganizationBindings`.
    pub(super) bindings: Vec<String>,
}

impl Completion<'_> {
    /// The list of what can be typed; `text` is that of the file.
    pub(super) fn list(&self, text: &str, lines: &TextLines<'_>) -> Value {
        let cursor = self.cursor;
        let typed = text.get(cursor.start..cursor.end).unwrap_or_default();
        let stem = typed.trim_start_matches("!Ref").trim_start_matches('!');
        let stem = stem.trim_matches(['\'', '"']);
        let range = lines.range(cursor.start, cursor.end);
        let mut all = self.candidates();
        all.retain(|one| !cursor.present.contains(&one.name));
        // With many accounts, those that cannot be meant are not sent.
        if all.len() > OFFERED {
            let lower = stem.to_lowercase();
            all.retain(|one| one.name.to_lowercase().contains(&lower));
        }
        let is_incomplete = all.len() > OFFERED;
        let items = all.into_iter().take(OFFERED).map(|one| {
            let filter = match cursor.quote {
                Some(quote) => format!("{quote}{}{quote}", one.name),
                None if typed.starts_with('!') => one.text.clone(),
                None => one.name.clone(),
            };
            json!({
                "label": one.name,
                "kind": one.kind as u8,
                "detail": one.detail,
                "documentation": { "kind": "markdown", "value": one.about },
                "filterText": filter,
                "textEdit": { "range": range, "newText": self.inserted(&one) },
            })
        });
        json!({ "isIncomplete": is_incomplete, "items": items.collect::<Vec<_>>() })
    }

    /// What is inserted in place of the word and its quotes, which a text with a tag cannot be in.
    fn inserted(&self, item: &CompletionItem) -> String {
        let space = if self.cursor.lacks_space { " " } else { "" };
        let rest = item.text.strip_prefix(&item.name);
        match (self.cursor.quote, rest) {
            (Some(quote), Some(rest)) => format!("{space}{quote}{}{quote}{rest}", item.name),
            _ => format!("{space}{}", item.text),
        }
    }

    fn candidates(&self) -> Vec<CompletionItem> {
        let keys: Vec<&str> = self
            .cursor
            .keys
            .iter()
            .map(|key| key.name.as_str())
            .collect();
        let tag = |at: usize| self.cursor.keys.get(at)?.tag.as_deref();
        let within = within(&keys, tag);
        if self.cursor.after_ref {
            let last = keys.last().copied().unwrap_or_default();
            return self.references(last, within.is_some());
        }
        let Some((keys, whole)) = within else {
            return Vec::new();
        };
        match (place(keys, whole), self.cursor.slot) {
            (PlaceInMacro::Macro, Slot::Key) => self.arguments(&[ARGUMENTS]),
            (PlaceInMacro::Defaults, Slot::Key) => self.arguments(&[ARGUMENTS, OF_THE_TEMPLATE]),
            (PlaceInMacro::Target, Slot::Key) => self.arguments(&[SELECTORS, OVERRIDES]),
            (PlaceInMacro::Target, Slot::Value | Slot::Item) => self.accounts("!Ref "),
            (PlaceInMacro::Argument(argument), slot) => self.values(argument, slot),
            (PlaceInMacro::Service(of, name), Slot::Value | Slot::Item) => {
                let folder = match of {
                    ServicesOf::App => "services",
                    ServicesOf::Tests => "tests",
                };
                self.options(&format!("{folder}/{name}"))
            }
            (PlaceInMacro::Framework(name), Slot::Value | Slot::Item) => {
                self.options(&format!("frameworks/{name}"))
            }
            (PlaceInMacro::TestServices, _) => {
                self.offered("tests", |partials| &partials.catalog.tests)
            }
            (PlaceInMacro::Trust("CodeBuild"), Slot::Value | Slot::Item) => {
                self.options("codebuild/service-role")
            }
            (PlaceInMacro::Trust(name), Slot::Key) => {
                let provider = oidc::provider(name);
                let keys = provider.map(oidc::Provider::all_keys).unwrap_or_default();
                keys.into_iter()
                    .map(|key| self.key(key, "", String::new()))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    fn arguments(&self, tables: &[&[&'static Argument]]) -> Vec<CompletionItem> {
        let all = tables.iter().copied().flatten();
        all.map(|argument| {
            let detail = argument.default.to_string();
            self.key(argument.name, &detail, names::argument(argument))
        })
        .collect()
    }

    /// A key with its colon, unless that is there.
    fn key(&self, name: &str, detail: &str, about: String) -> CompletionItem {
        let colon = if self.cursor.has_colon { "" } else { ": " };
        CompletionItem {
            name: name.to_owned(),
            text: format!("{name}{colon}"),
            kind: CompletionKind::Key,
            detail: detail.to_owned(),
            about,
        }
    }

    /// The values of an argument.
    fn values(&self, argument: &'static Argument, slot: Slot) -> Vec<CompletionItem> {
        let about = names::argument(argument);
        match (argument.kind, argument.name) {
            (ValueKind::OneOf(known), _) => {
                let known: Vec<&str> = known.iter().map(|word| word.name).collect();
                words(&known, &about)
            }
            (ValueKind::Flag, _) => words(&["true", "false"], &about),
            (ValueKind::FlagOr(_), "TestRole") if slot == Slot::Key => ["Services", "Policies"]
                .iter()
                .map(|key| self.key(key, "", String::new()))
                .collect(),
            (ValueKind::FlagOr(_), _) => words(&["true"], &about),
            (ValueKind::Units, _) => self.units("!Ref "),
            (ValueKind::Account | ValueKind::Accounts, _) => self.accounts("!Ref "),
            (ValueKind::Choices(Offered::Frameworks), _) => {
                self.offered("frameworks", |partials| &partials.catalog.frameworks)
            }
            (ValueKind::Choices(_), _) => {
                self.offered("services", |partials| &partials.catalog.services)
            }
            (ValueKind::List(_), "TrustedBy") => words(&trust_names(), &about),
            _ => Vec::new(),
        }
    }

    /// What follows `!Ref` in the value of `key`.
    fn references(&self, key: &str, is_in_macro: bool) -> Vec<CompletionItem> {
        let key = key.strip_suffix('s').unwrap_or(key);
        match key {
            _ if key.ends_with("OrganizationalUnit") => self.units(""),
            _ if is_in_macro || key.ends_with("Account") => self.accounts(""),
            _ if key.ends_with("OrganizationBinding") => self.bindings(),
            // The organization is not read that far.
            "ServiceControlPolicie" | "PasswordPolicy" => Vec::new(),
            _ => {
                let mut all = self.accounts("");
                all.extend(self.units(""));
                all
            }
        }
    }

    /// The bindings of the template.
    fn bindings(&self) -> Vec<CompletionItem> {
        let bindings = self.bindings.iter();
        bindings
            .map(|name| CompletionItem {
                name: name.clone(),
                text: name.clone(),
                kind: CompletionKind::Account,
                detail: "binding".to_owned(),
                about: String::new(),
            })
            .collect()
    }

    /// The accounts, each after `tag`.
    fn accounts(&self, tag: &str) -> Vec<CompletionItem> {
        let Some(organization) = self.organization else {
            return Vec::new();
        };
        let accounts = organization.accounts.iter();
        accounts
            .map(|account| {
                let id = account.account_id.as_deref().unwrap_or_default();
                CompletionItem {
                    name: account.logical_id.clone(),
                    text: format!("{tag}{}", account.logical_id),
                    kind: CompletionKind::Account,
                    detail: format!("account {id}").trim_end().to_owned(),
                    about: account.account_name.clone().unwrap_or_default(),
                }
            })
            .collect()
    }

    /// The units, each after `tag`.
    fn units(&self, tag: &str) -> Vec<CompletionItem> {
        let units = self
            .organization
            .iter()
            .flat_map(|organization| &organization.units);
        units
            .map(|unit| CompletionItem {
                name: unit.logical_id.clone(),
                text: format!("{tag}{}", unit.logical_id),
                kind: CompletionKind::Account,
                detail: "unit".to_owned(),
                about: names::unit(unit),
            })
            .collect()
    }

    /// What the partials of a folder are for.
    fn offered(&self, folder: &str, offer: impl Fn(&Partials) -> &Offer) -> Vec<CompletionItem> {
        let Some(partials) = self.partials else {
            return Vec::new();
        };
        let names = offer(partials).names();
        names
            .map(|name| {
                let partial = format!("{folder}/{name}");
                CompletionItem {
                    name: name.to_owned(),
                    text: name.to_owned(),
                    kind: CompletionKind::Service,
                    detail: String::new(),
                    about: names::partial(partials, &partial).unwrap_or_default(),
                }
            })
            .collect()
    }

    /// The options of a partial.
    fn options(&self, partial: &str) -> Vec<CompletionItem> {
        let Some(partials) = self.partials else {
            return Vec::new();
        };
        let catalog = &partials.catalog;
        let name = partial.rsplit('/').next().unwrap_or(partial);
        let offer = match partial.split('/').next() {
            Some("frameworks") => &catalog.frameworks,
            Some("tests") => &catalog.tests,
            Some("codebuild") => &catalog.codebuild,
            _ => &catalog.services,
        };
        let options = offer.options(name).unwrap_or_default().iter();
        options
            .map(|option| CompletionItem {
                name: option.clone(),
                text: option.clone(),
                kind: CompletionKind::Word,
                detail: String::new(),
                about: names::option(partials, partial, option).unwrap_or_default(),
            })
            .collect()
    }
}

fn words(words: &[&str], about: &str) -> Vec<CompletionItem> {
    let words = words.iter().map(|word| CompletionItem {
        name: (*word).to_owned(),
        text: (*word).to_owned(),
        kind: CompletionKind::Word,
        detail: String::new(),
        about: about.to_owned(),
    });
    words.collect()
}
