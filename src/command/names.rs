//! The names that a shell completes, from the organization and the templates in their usual places.
//!
//! In: what is to be named. Out: the names that are known. Refuses nothing: whoever presses TAB wants no
//! error, so what cannot be read has no names.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::cli::{Input, KnownName, NameKind};
use crate::expand::model::plan::{BodyPlan, MacroPlan};
use crate::files;
use crate::organization::Account;
use crate::partials::{built_in, front_matter};
use crate::registry;
use crate::workspace::{self, PlannedSource, ReadTemplate};

/// The names of this kind, each once, sorted.
pub fn names(kind: NameKind) -> Vec<KnownName> {
    let found: BTreeSet<KnownName> = match kind {
        NameKind::Account => accounts(|_| true).collect(),
        NameKind::ToolsAccount => accounts(|account| !account.is_master).collect(),
        NameKind::Macro => of_macros(|plan| vec![macro_name(plan)]),
        NameKind::Partial => built_in().into_iter().map(partial).collect(),
        NameKind::Principal => of_macros(principals),
        NameKind::Rule => registry::rules()
            .map(|rule| known(rule.id, rule.summary))
            .collect(),
        NameKind::Stage => of_macros(stages),
    };
    found.into_iter().filter_map(typed).collect()
}

/// The name, if a shell takes it as it is: bash inserts it into the line without quotes, and other shells
/// show it with what it is about.
fn typed(mut known: KnownName) -> Option<KnownName> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    known.about.retain(|c| !c.is_control());
    known.name.chars().all(is_plain).then_some(known)
}

fn known(name: &str, about: &str) -> KnownName {
    KnownName {
        name: name.to_owned(),
        about: about.to_owned(),
    }
}

/// The templates without arguments, read one after the other.
fn templates() -> impl Iterator<Item = ReadTemplate> {
    let input = Input::default();
    let found = files::templates_at_hand().into_iter();
    found.map(move |template| workspace::template_at(template, &input))
}

/// Where an organization usually is, for who has no template yet.
const ORGANIZATIONS: &[&str] = &["org/organization.yml", "organization.yml"];

/// The accounts of the organizations that are `wanted`, whether or not the macros are as they should be.
fn accounts(wanted: fn(&Account) -> bool) -> impl Iterator<Item = KnownName> {
    let input = Input::default();
    let usual = ORGANIZATIONS.iter().map(PathBuf::from);
    let usual = usual.map(move |path| workspace::template_at(path, &input));
    let organizations = templates()
        .chain(usual)
        .filter_map(|template| template.organization().ok());
    organizations.flat_map(move |organization| {
        let accounts = organization.accounts.iter();
        let named = accounts.filter(|account| wanted(account)).map(account);
        named.collect::<Vec<_>>()
    })
}

fn account(account: &Account) -> KnownName {
    let about = [&account.account_name, &account.account_id];
    let about: Vec<&str> = about.into_iter().flatten().map(String::as_str).collect();
    known(&account.logical_id, &about.join(", "))
}

fn partial((name, text): (String, &str)) -> KnownName {
    let front_matter = front_matter::parse(text).ok().flatten();
    KnownName {
        name,
        about: front_matter.map_or_else(String::new, |found| found.summary),
    }
}

/// What `named` finds in each macro of the templates that can be planned.
fn of_macros(named: impl Fn(&MacroPlan) -> Vec<KnownName>) -> BTreeSet<KnownName> {
    let planned = templates().filter_map(|template| template.plan().ok());
    let of_template = |template: PlannedSource| {
        let macros = template.planned.macros.iter();
        macros
            .flat_map(|planned| named(&planned.plan))
            .collect::<Vec<_>>()
    };
    planned.flat_map(of_template).collect()
}

fn macro_name(plan: &MacroPlan) -> KnownName {
    known(&plan.name, &format!("macro of {}", plan.app_id.value))
}

fn stages(plan: &MacroPlan) -> Vec<KnownName> {
    let stages = plan.units.iter().filter_map(|unit| unit.stage.as_deref());
    stages.map(|stage| known(stage, "")).collect()
}

fn principals(plan: &MacroPlan) -> Vec<KnownName> {
    let bodies = plan.bodies.iter();
    let of_body = |body: &BodyPlan| body.principals(plan.app());
    let of_bodies = bodies.flat_map(of_body);
    let about = format!("of macro {}", plan.name);
    let named = of_bodies.map(|principal| known(&principal.name, &about));
    named.chain([macro_name(plan)]).collect()
}

#[cfg(test)]
mod tests {
    use super::{known, typed};

    #[test]
    fn what_a_shell_would_read_as_more_is_not_offered() {
        for name in ["DevAccount", "services/lambda", "prod-eu.1"] {
            assert!(typed(known(name, "")).is_some(), "{name}");
        }
        for name in ["a b;touch z", "*", "$(touch z)", "a\nb", "a'b", "~x"] {
            assert!(typed(known(name, "")).is_none(), "{name}");
        }
        let shown = typed(known("Dev", "dev\u{1b}[2J\u{7}"));
        assert_eq!(shown.map(|known| known.about), Some("dev[2J".to_owned()));
    }
}
