//! Proof that the expanded text is what was planned, or a diagnostic.
//!
//! In: the source's tree, the expanded text with each distinct body written once (lists of accounts
//! as they are), the plan, and the rendered bodies, each with its text. Out: nothing. The text is read back: what is
//! outside of the macros must be the same tree, each generated resource must be the value that was
//! rendered, and must have the name, the account and the guard that the plan demands. A second
//! reader, `serde_yaml`, must read each body alike.
//!
//! Bodies are copied unchanged to further accounts but for the account's name, which is made of
//! letters, digits, `-` and `_`; so one account of each body represents all. A body that is as one before
//! but for the names of its macro ([`crate::expand::model::written::WrittenBody::stand_in`]) is read back in part: whether it is, was
//! decided by its values, and its text is the one that was read, with its names. Bindings are read
//! completely: each resource of one must name the accounts of the plan, all of them and no other.
//! Refuses any difference.

mod accounts;
mod guard;
mod wanted;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use serde_yaml::{Mapping, Value};

use crate::arguments::TAG;
use crate::diagnostic::{Diagnostic, Result, Shown as _};
use crate::expand::model::call::Template;
use crate::expand::model::plan::{BodyPlan, MacroPlan};
use crate::expand::model::rendered::{Placeholders, Rendered, RenderedResource};
use crate::expand::model::unit::UnitAccounts;
use crate::expand::prove::wanted::Wanted;
use crate::expand::rules::OUTPUT_MISMATCH;
use crate::partials::rules::BROKEN_PARTIAL;
use crate::source::FileId;
use crate::yaml::emit;
use crate::yaml::node::{Kind, Node};

/// Everything that the proof compares.
pub struct Proof<'run> {
    /// The template as read.
    pub template: &'run Template,
    /// The expanded text, each body for its first account.
    pub expanded: &'run str,
    /// The macros, as planned, rendered, and written.
    pub macros: &'run [Rendered],
    /// The placeholders for the account in them.
    pub placeholders: &'run Placeholders,
    /// The scalars of the source that were rewritten on purpose, by their place.
    pub rewritten: &'run HashSet<usize>,
}

/// Checks the proof.
///
/// # Errors
///
/// `output-mismatch`, `broken-partial`.
pub fn prove(proof: &Proof<'_>) -> Result<()> {
    let mut problems = Vec::new();
    proof.bodies(&mut problems);
    // A body that is wrong by itself is not worth a second problem.
    if problems.is_empty() {
        proof.skeleton(&mut problems);
    }
    let agrees = second_reader_agrees(proof);
    if !agrees {
        problems
            .push(proof.mismatch("a second reader of YAML reads a generated resource differently"));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Checks each body by itself, for what is not written as the expanded text.
///
/// # Errors
///
/// `broken-partial`.
pub fn prove_bodies(proof: &Proof<'_>) -> Result<()> {
    let mut problems = Vec::new();
    proof.bodies(&mut problems);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Whether `serde_yaml` reads each body as it was rendered, unless one like it was read.
fn second_reader_agrees(proof: &Proof<'_>) -> bool {
    let mut macros = proof.macros.iter();
    let are_written = macros.all(|one| one.bodies.len() == one.written.len());
    let macros = proof.macros.iter();
    are_written
        && macros
            .flat_map(|one| one.bodies.iter().zip(&one.written))
            .filter(|(_, written)| written.stand_in.is_none())
            .all(|(body, written)| {
                let Ok(Value::Mapping(read)) = serde_yaml::from_str::<Value>(&written.text) else {
                    return false;
                };
                read.len() == body.resources.len()
                    && read
                        .iter()
                        .zip(&body.resources)
                        .all(|((id, content), resource)| {
                            id.as_str() == Some(&resource.logical_id)
                                && content.as_mapping() == Some(&resource.content)
                        })
            })
}

/// The anchors of the source and what they became: from id to id.
type Anchors = RefCell<HashMap<usize, usize>>;

impl Proof<'_> {
    fn mismatch(&self, message: &str) -> Diagnostic {
        let span = self
            .macros
            .first()
            .map_or(self.template.document.root.span, |rendered| {
                rendered.plan().name_span
            });
        Diagnostic::new(
            &OUTPUT_MISMATCH,
            span,
            format!("nothing was written, because {message}"),
        )
        .help("this is a defect of deploy-roles; please report it with the template")
    }

    /// The generated resources of the skeleton, in its order; one list per macro.
    fn generated(&self) -> Vec<Vec<Wanted<'_>>> {
        let macros = self.macros.iter();
        macros
            .map(|rendered| wanted::of_macro(rendered, self.placeholders))
            .collect()
    }

    /// The whole text, with each body once.
    fn skeleton(&self, problems: &mut Vec<Diagnostic>) {
        let root = &self.template.document.root;
        match crate::yaml::parse::parse(FileId(u32::MAX), self.expanded) {
            Ok(document) => {
                if let Some(place) = self.outside(root, &document.root, &self.generated()) {
                    problems.push(
                        self.mismatch(&format!("`{place}` would be read differently than planned")),
                    );
                }
            }
            Err(found) => {
                let first = found.first().map(|problem| problem.message.clone());
                problems.push(self.mismatch(&format!(
                    "the expanded text is not YAML: {}",
                    first.unwrap_or_default()
                )));
            }
        }
    }

    /// Each body by itself: what it must hold.
    fn bodies(&self, problems: &mut Vec<Diagnostic>) {
        for rendered in self.macros {
            let plan = rendered.plan();
            let lists_accounts = plan.lists_accounts();
            for (body_plan, body) in rendered.pairs() {
                for resource in &body.resources {
                    problems.extend(self.resource(plan, body_plan, resource));
                    if matches!(body_plan, BodyPlan::Target(_)) && lists_accounts {
                        problems.extend(self.one_for_all(plan, resource));
                    }
                }
                match body_plan {
                    BodyPlan::Target(target) => problems.extend(guard::guard(plan, target, body)),
                    BodyPlan::Tools(tools) => {
                        problems.extend(accounts::accounts(plan, tools, body));
                    }
                }
            }
        }
    }

    /// Name, account and region of one resource, which an overridden partial could have changed.
    fn resource(
        &self,
        plan: &MacroPlan,
        body: &BodyPlan,
        resource: &RenderedResource,
    ) -> Option<Diagnostic> {
        let app = &plan.app_id.value;
        let id = resource
            .logical_id
            .replace(&self.placeholders.id_part, "<Account>");
        let broken = |what: String| {
            Some(
                Diagnostic::new(
                    &BROKEN_PARTIAL,
                    plan.name_span,
                    format!("a partial renders `{id}` {what}"),
                )
                .help("copy the line from the built-in partial"),
            )
        };
        let binding = resource.content.get("OrganizationBinding");
        let account = binding.and_then(|binding| binding.get("Account"));
        let is_account = matches!(account, Some(Value::Tagged(tagged)) if tagged.tag == "!Ref" && tagged.value.as_str() == Some(&self.placeholders.account));
        if !is_account {
            return broken("bound to an account other than its own".to_owned());
        }
        let region = binding.and_then(|binding| binding.get("Region"));
        if region.and_then(Value::as_str) != Some(&plan.region.0) {
            return broken("bound to a region other than the macro's".to_owned());
        }
        let name = || name_of(plan, body, &resource.kind);
        let wanted = match resource.resource_type() {
            "AWS::IAM::Role" => Some(("RoleName", name())),
            "AWS::IAM::User" => Some(("UserName", name())),
            "AWS::IAM::OIDCProvider" => Some(("Url", url(body, &resource.kind))),
            "AWS::IAM::ManagedPolicy" => None,
            other => return broken(format!("with the type `{}`", other.shown())),
        };
        if let Some((property, name)) = wanted {
            if resource.property(property).and_then(Value::as_str) != Some(&name) {
                return broken(format!("without `{property}: {name}`"));
            }
        } else {
            let name = resource
                .property("ManagedPolicyName")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if !name.starts_with(&format!("{app}-")) {
                return broken(format!(
                    "without a `ManagedPolicyName` that begins with `{app}-`"
                ));
            }
        }
        None
    }

    /// Whether one text of `resource` can serve several accounts: a partial must not name the
    /// account but in the binding.
    fn one_for_all(&self, plan: &MacroPlan, resource: &RenderedResource) -> Option<Diagnostic> {
        let names = |(key, value): (&Value, &Value)| {
            let is_binding = key.as_str() == Some("OrganizationBinding");
            !is_binding && holds(value, &self.placeholders.account)
        };
        let id = resource
            .logical_id
            .replace(&self.placeholders.id_part, "<Stage>");
        resource.content.iter().any(names).then(|| {
            Diagnostic::new(
                &BROKEN_PARTIAL,
                plan.name_span,
                format!("a partial writes the account's name into `{id}`, which all accounts of the stage share"),
            )
            .help("write `${AWS::AccountId}` or `!Ref AWSAccount` there; only `Layout: per-account` can name the account")
        })
    }

    /// The first difference outside of the macros.
    fn outside(
        &self,
        before: &Node,
        after: &Node,
        generated: &[Vec<Wanted<'_>>],
    ) -> Option<String> {
        let anchors = Anchors::default();
        let (Some(before), Some(after)) = (before.entries(), after.entries()) else {
            return Some("the template".to_owned());
        };
        if before.len() != after.len() {
            return Some("the top level".to_owned());
        }
        for (b, a) in before.iter().zip(after) {
            let key = b.key.text().unwrap_or_default();
            let keys = self.same(&b.key, &a.key, &anchors);
            let values = if key == "Resources" && !self.template.calls.is_empty() {
                self.resources(&b.value, &a.value, generated, &anchors)
            } else {
                self.same(&b.value, &a.value, &anchors)
            };
            if !(keys && values) {
                return Some(key.to_owned());
            }
        }
        None
    }

    /// Whether `after` is `before` with each macro's entry replaced by what it creates.
    fn resources(
        &self,
        before: &Node,
        after: &Node,
        generated: &[Vec<Wanted<'_>>],
        anchors: &Anchors,
    ) -> bool {
        let (Some(before), Some(after)) = (before.entries(), after.entries()) else {
            return false;
        };
        let mut after = after.iter();
        let mut generated = generated.iter();
        for entry in before {
            if entry.value.tag_name() != Some(TAG) {
                let same = after.next().is_some_and(|other| {
                    self.same(&entry.key, &other.key, anchors)
                        && self.same(&entry.value, &other.value, anchors)
                });
                if !same {
                    return false;
                }
                continue;
            }
            for wanted in generated.next().into_iter().flatten() {
                let agrees = after.next().is_some_and(|found| {
                    found.key.text() == Some(&wanted.logical_id)
                        && self.mapping_agrees(&found.value, wanted.content, wanted)
                });
                if !agrees {
                    return false;
                }
            }
        }
        after.next().is_none() && generated.next().is_none()
    }

    fn mapping_agrees(&self, node: &Node, mapping: &Mapping, wanted: &Wanted<'_>) -> bool {
        let Kind::Mapping(entries, _) = &node.kind else {
            return mapping.is_empty() && matches!(&node.kind, Kind::Mapping(..));
        };
        entries.len() == mapping.len()
            && entries.iter().zip(mapping).all(|(entry, (key, value))| {
                self.agrees(&entry.key, key, wanted) && self.agrees(&entry.value, value, wanted)
            })
    }

    /// Whether what was read back at `node` is `value`, for the account of the skeleton.
    fn agrees(&self, node: &Node, value: &Value, wanted: &Wanted<'_>) -> bool {
        if let Value::Tagged(tagged) = value {
            let is_account = tagged.tag == REFERENCE
                && tagged.value.as_str() == Some(&self.placeholders.account);
            if let (true, Some(accounts)) = (is_account, wanted.accounts) {
                return binds(node, accounts);
            }
            return node.tag_name().is_some_and(|tag| tagged.tag == tag)
                && self.untagged(node, &tagged.value, wanted);
        }
        node.tag.is_none() && self.untagged(node, value, wanted)
    }

    fn untagged(&self, node: &Node, value: &Value, wanted: &Wanted<'_>) -> bool {
        match (&node.kind, value) {
            (Kind::Mapping(..), Value::Mapping(mapping)) => {
                self.mapping_agrees(node, mapping, wanted)
            }
            (Kind::Sequence(items, _), Value::Sequence(values)) => {
                items.len() == values.len()
                    && items
                        .iter()
                        .zip(values)
                        .all(|(item, value)| self.agrees(item, value, wanted))
            }
            (Kind::Scalar(text, plain), Value::String(value)) => {
                let same = match wanted.accounts {
                    _ if !self.placeholders.may_be_in(value) => text == value,
                    Some(UnitAccounts::One(account))
                        if value.contains(&self.placeholders.account) =>
                    {
                        let value = value.replace(&self.placeholders.account, account);
                        *text == wanted.filled(self.placeholders, &value)
                    }
                    _ if value.contains(&self.placeholders.id_part) => {
                        *text == wanted.filled(self.placeholders, value)
                    }
                    _ => text == value,
                };
                // A plain scalar of the generated text is text for every reader.
                same && (!*plain || emit::is_plain(text))
            }
            (Kind::Scalar(text, true), other) => {
                crate::yaml::value::plain(text).as_ref() == Some(other)
            }
            _ => false,
        }
    }

    fn same(&self, before: &Node, after: &Node, anchors: &Anchors) -> bool {
        if before.tag_name() != after.tag_name() || (before.anchor == 0) != (after.anchor == 0) {
            return false;
        }
        if before.anchor != 0 {
            anchors.borrow_mut().insert(before.anchor, after.anchor);
        }
        match (&before.kind, &after.kind) {
            (Kind::Scalar(b, plain), Kind::Scalar(a, also_plain)) => {
                self.rewritten.contains(&before.span.start) || (b == a && plain == also_plain)
            }
            (Kind::Sequence(b, style), Kind::Sequence(a, same_style)) => {
                style == same_style
                    && b.len() == a.len()
                    && b.iter().zip(a).all(|(b, a)| self.same(b, a, anchors))
            }
            (Kind::Mapping(b, style), Kind::Mapping(a, same_style)) => {
                style == same_style
                    && b.len() == a.len()
                    && b.iter().zip(a).all(|(b, a)| {
                        self.same(&b.key, &a.key, anchors) && self.same(&b.value, &a.value, anchors)
                    })
            }
            // Anchors may be numbered anew, but must be at the same place: what they stand for
            // was compared there.
            (Kind::Alias(_, b), Kind::Alias(_, a)) => anchors.borrow().get(b) == Some(a),
            _ => false,
        }
    }
}

/// The physical name of a role or user whose logical id ends in `kind`.
fn name_of(plan: &MacroPlan, body: &BodyPlan, kind: &str) -> String {
    let principals = body.principals(plan.app()).into_iter();
    let mut names = principals
        .filter(|principal| principal.logical_id == kind)
        .map(|principal| principal.name);
    // Anything that is not a principal of the plan gets a name that no principal has.
    let other = || format!("{}-{kind}", plan.app_id.value);
    names.next().unwrap_or_else(other)
}

/// The address of the OIDC provider whose logical id ends in `kind`.
fn url(body: &BodyPlan, kind: &str) -> String {
    let providers = match body {
        BodyPlan::Tools(tools) => &tools.providers,
        BodyPlan::Target(target) => &target.providers,
    };
    providers
        .iter()
        .find(|provider| provider.logical_id() == kind)
        .map(|provider| format!("https://{}", provider.issuer))
        .unwrap_or_default()
}

const REFERENCE: &str = "!Ref";

/// Whether `node` binds to these accounts, in their order, and to no other.
fn binds(node: &Node, accounts: &UnitAccounts) -> bool {
    let refers = |node: &Node, account: &str| {
        node.tag_name() == Some(REFERENCE)
            && matches!(&node.kind, Kind::Scalar(text, true) if text == account)
    };
    match accounts {
        UnitAccounts::One(account) => refers(node, account),
        UnitAccounts::Listed(accounts) => match &node.resolved().kind {
            Kind::Sequence(items, _) => {
                let mut pairs = items.iter().zip(accounts);
                items.len() == accounts.len() && pairs.all(|(item, account)| refers(item, account))
            }
            _ => false,
        },
    }
}

/// Whether `text` is somewhere in `value`.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own.contains(text),
        Value::Sequence(items) => items.iter().any(|item| holds(item, text)),
        Value::Mapping(entries) => entries
            .iter()
            .any(|(key, item)| holds(key, text) || holds(item, text)),
        Value::Tagged(tagged) => holds(&tagged.value, text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::lookup::Library;

    fn codes(source: &str, expanded: &str) -> Vec<&'static str> {
        let mut library = Library::default();
        let file = library.sources.add("a.src.yml", source);
        let document = crate::yaml::parse::parse(file, source).unwrap();
        let (template, _) = crate::expand::locate::locate(&document, source, &library).unwrap();
        let proof = Proof {
            template: &template,
            expanded,
            macros: &[],
            placeholders: &Placeholders {
                account: "ZzAccountzZ".to_owned(),
                id_part: "ZzLetterszZ".to_owned(),
            },
            rewritten: &HashSet::new(),
        };
        let problems = prove(&proof).err().unwrap_or_default();
        problems.iter().map(|problem| problem.rule.id).collect()
    }

    #[test]
    fn refuses_text_that_reads_differently_from_its_source() {
        let source = "Resources:\n  Topic: { Type: 'x' }\nOutputs: {}\n";
        assert!(codes(source, source).is_empty());
        for expanded in [
            source.replace("'x'", "'y'"),
            source.replace("'x'", "x"),
            source.replace("{}", "[]"),
            source.replace("Topic", "Queue"),
            source.replace("Outputs", "Mappings"),
            format!("{source}More: 1\n"),
            source.replace("{}", "{"),
        ] {
            assert_eq!(codes(source, &expanded), ["output-mismatch"], "{expanded}");
        }
    }

    #[test]
    fn refuses_aliases_that_came_to_mean_something_else() {
        let source = "A: &x { a: 1 }\nB: &y { b: 1 }\nResources: { C: *x }\n";
        assert!(codes(source, source).is_empty());
        // Another name for the same anchor means the same.
        let renamed = source.replace("&x", "&z").replace("*x", "*z");
        assert!(codes(source, &renamed).is_empty());
        for expanded in [
            source.replace("*x", "*y"),
            source.replace("&y", "&x"),
            source.replace("*x", "{ a: 1 }"),
        ] {
            assert_eq!(codes(source, &expanded), ["output-mismatch"], "{expanded}");
        }
    }

    #[test]
    fn a_binding_must_name_exactly_the_accounts_of_the_plan() {
        let bound = |text: &str, accounts: &UnitAccounts| {
            let document =
                crate::yaml::parse::parse(FileId(0), &format!("Account: {text}\n")).unwrap();
            binds(&document.root.entries().unwrap()[0].value, accounts)
        };
        let listed = UnitAccounts::Listed(vec!["A".to_owned(), "B".to_owned()]);
        for list in ["[!Ref A, !Ref B]", "&x\n  - !Ref A\n  - !Ref B"] {
            assert!(bound(list, &listed), "{list}");
        }
        for list in [
            "[!Ref A]",
            "[!Ref B, !Ref A]",
            "[!Ref A, !Ref B, !Ref C]",
            "[!Ref A, !Ref C]",
            "[!Ref A, !GetAtt B]",
            "[!Ref A, B]",
            "!Ref A",
            "'*'",
            "{ A: !Ref A, B: !Ref B }",
        ] {
            assert!(!bound(list, &listed), "{list}");
        }
        let one = UnitAccounts::One("A".to_owned());
        assert!(bound("!Ref A", &one));
        for other in ["!Ref B", "[!Ref A]", "A", "!Sub A"] {
            assert!(!bound(other, &one), "{other}");
        }
    }
}
