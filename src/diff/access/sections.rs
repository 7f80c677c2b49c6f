//! Changes of what everything in a file may depend on: its sections, its bindings, its accounts.
//!
//! In: both files with what stands for something else in them. Out: an
//! [`Undecided`](crate::diff::access::changes::Undecided) for each change that is not resolved.
//! Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::access::changes::Access;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::enumerated::MARK;
use crate::diff::access::globals::SECTION as GLOBALS;
use crate::diff::access::scope::{FileScope, TaskFacts};
use crate::diff::access::transforms::{SECTION as TRANSFORM, macros};
use crate::diff::access::unexamined::push;
use crate::diff::access::unused::{CONDITIONS, MAPPINGS};
use crate::template::display::shown;
use crate::template::resources::{File, Scopes, has};
use crate::template::value::Data;
use crate::yaml::lookup::INCLUDE;

/// The sections that everything may depend on. The bindings are resolved, and so are parameters whose
/// values are known.
const SECTIONS: &[&str] = &[CONDITIONS, GLOBALS, MAPPINGS, ORGANIZATION, TRANSFORM];

const ORGANIZATION: &str = "Organization";

/// The sections whose names stand for something else.
const PARAMETERS: &str = "Parameters";
const BINDINGS: &str = "OrganizationBindings";

/// How a file refers to the account that it is deployed to.
const CURRENT: [&str; 2] = ["AWSAccount", "CurrentAccount"];

impl Comparer<'_, '_> {
    /// Reports the sections that differ and that everything may depend on.
    pub(super) fn changed_sections(&self, access: &mut Access) {
        let sections = |file: &File<'_>| -> BTreeMap<String, Data> {
            let sections = file.sections.iter();
            let sections = sections.filter(|(name, _)| SECTIONS.contains(&name.as_str()));
            sections
                .map(|(name, data)| (name.clone(), file.resolved(data)))
                .collect()
        };
        let (old, new) = (sections(self.old), sections(self.new));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let changed = names
            .into_iter()
            .filter(|name| old.get(*name) != new.get(*name));
        let mut changed: Vec<&str> = changed.map(String::as_str).collect();
        let globals = |side: &BTreeMap<String, Data>| side.get(GLOBALS).cloned();
        let is_included = |side: &BTreeMap<String, Data>| {
            let own = side.get(ORGANIZATION);
            own.is_some_and(|own| own.get(INCLUDE).is_some())
        };
        let are_read = self.known.before.is_some() && is_included(&old) && is_included(&new);
        changed.retain(|name| match *name {
            GLOBALS => self.may_change_access(globals(&old).as_ref(), globals(&new).as_ref()),
            CONDITIONS | MAPPINGS => !self.is_unused(name, old.get(*name), new.get(*name)),
            // What both organizations say is compared.
            ORGANIZATION => !are_read,
            _ => true,
        });
        let is_gone = self.new.sections.is_empty() && self.new.resources.is_empty();
        if is_gone {
            // Nothing is left that depends on a section. What denied something has its own line, unless
            // a transform wrote it.
            changed.retain(|name| *name == TRANSFORM && !macros(self.old).is_empty());
        } else if self.is_parameter_changed() {
            changed.push(PARAMETERS);
        }
        if self.is_opaque_section_changed(BINDINGS) {
            changed.push(BINDINGS);
        }
        changed.sort_unstable();
        for name in changed {
            let why = "what depends on a changed section is not examined";
            self.report(format!("section {name}"), why, access);
        }
        self.changed_targets(access);
        self.changed_attributes(access);
        self.changed_stack_tags(access);
        self.unsure_parameters(access);
    }

    /// Reports what is not decided, unless a comment settles it.
    pub(super) fn report(&self, what: String, why: &str, access: &mut Access) {
        if !self.settles(&what, why, access) {
            push(access, what, why, None);
        }
    }

    /// Whether a section differs that is not a list of names on some side.
    fn is_opaque_section_changed(&self, name: &str) -> bool {
        fn section<'a>(file: &'a File<'_>, name: &str) -> Option<&'a Data> {
            let mut sections = file.sections.iter();
            let own = sections.find(|(own, _)| own == name)?;
            Some(&own.1)
        }
        let (old, new) = (section(self.old, name), section(self.new, name));
        let mut sides = [old, new].into_iter().flatten();
        old != new && sides.any(|data| *data != Data::Null && data.fields().is_none())
    }

    /// Whether a parameter differs whose value is not known on a side that has it.
    fn is_parameter_changed(&self) -> bool {
        let declared = |file: &'_ File<'_>| -> BTreeMap<String, Data> {
            let mut sections = file.sections.iter();
            let own = sections.find(|(name, _)| name == PARAMETERS);
            let fields = own.and_then(|(_, data)| data.fields()).unwrap_or_default();
            fields.iter().cloned().collect()
        };
        let task = self.known.task;
        if self.is_opaque_section_changed(PARAMETERS) {
            return true;
        }
        let (old, new) = (declared(self.old), declared(self.new));
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let given = |task: Option<&TaskFacts>, name: &String| {
            task.and_then(|task| task.parameters.get(name).cloned())
        };
        names.into_iter().any(|name| {
            let is_open = |side: &BTreeMap<String, Data>, scope: &FileScope<'_>| {
                side.contains_key(name) && scope.parameter(name).is_none()
            };
            let is_changed = old.get(name) != new.get(name)
                || given(self.known.task_before.or(task), name) != given(task, name);
            is_changed && (is_open(&old, &self.scopes.old) || is_open(&new, &self.scopes.new))
        })
    }

    /// Reports bindings that reach other accounts and are enumerated.
    fn changed_targets(&self, access: &mut Access) {
        if self.scopes.compared == Scopes::Same {
            return;
        }
        let (old, new) = (self.scopes.old.reached(), self.scopes.new.reached());
        let mentions = |word: &str| self.old.mentions(word) || self.new.mentions(word);
        let changed = new.iter().filter(|(name, reached)| {
            reached.is_none() || old.get(*name).is_some_and(|before| before != *reached)
        });
        let mut changed = changed.filter(|(name, _)| old.contains_key(*name));
        if let Some((name, _)) = changed.next()
            && (self.enumerates_unknown() || mentions("TargetCount"))
        {
            let why =
                "it may reach other accounts, and the file enumerates the accounts of a binding";
            self.report(format!("binding {name}"), why, access);
        }
    }

    /// Whether a resource enumerates something that is not worked out.
    fn enumerates_unknown(&self) -> bool {
        let resources = self.old.resources.iter().chain(&self.new.resources);
        let mut marked = resources.filter(|resource| {
            let is_whole = resource.text.is_empty();
            is_whole || has(resource.text, MARK)
        });
        marked.any(|resource| {
            let data = self.data_of(resource);
            data.is_none_or(|data| shown(&data).contains(MARK))
        })
    }

    /// Reports accounts with other attributes, if the file refers to those of the account that it is
    /// deployed to, or enumerates some that are not known.
    fn changed_attributes(&self, access: &mut Access) {
        let (old, new) = (self.known.organization_before(), self.known.organization);
        let mentions = |word: &str| {
            let files = [self.old, self.new];
            let mut sections = files.iter().flat_map(|file| &file.sections);
            files.iter().any(|file| file.mentions(word))
                || sections.any(|(_, section)| shown(section).contains(word))
                || self.scopes.old.is_given(word)
                || self.scopes.new.is_given(word)
        };
        let mut changed = new.accounts.iter().filter_map(|account| {
            let before = old.account(&account.logical_id)?;
            let is_changed = before.tags != account.tags
                || before.tag_keys != account.tag_keys
                || before.account_name != account.account_name;
            // Every way to refer to an attribute has its name.
            let differs = |name: &&str| before.attributes.get(name) != account.attributes.get(name);
            let mut names = account.attributes.names().filter(differs);
            let is_named = names.any(mentions);
            (is_changed || is_named).then_some(account)
        });
        let Some(first) = changed.next() else {
            return;
        };
        let is_of_target = CURRENT.into_iter().any(mentions);
        let why = if is_of_target {
            "its name, its tags, or another attribute changed, and the file refers to those of the account that it is deployed to"
        } else if mentions(MARK) && self.enumerates_unknown() {
            "its name, its tags, or another attribute changed, and the file enumerates what is not known"
        } else {
            return;
        };
        self.report(format!("account {}", first.logical_id), why, access);
    }
}
