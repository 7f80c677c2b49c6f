//! `Framework`, `Services` and `TestRole`: names of partials, with options.
//!
//! Refuses names and options that no partial has, with the nearest one.

use std::rc::Rc;

use serde_yaml::Value;

use crate::arguments::rules::{UNKNOWN_FRAMEWORK, UNKNOWN_OPTION, UNKNOWN_SERVICE};
use crate::arguments::{Choice, TestRole};
use crate::diagnostic::{Diagnostic, Rule, Shown as _, list, nearest};
use crate::partials::catalog::Offer;
use crate::source::Spanned;
use crate::yaml::node::Node;
use crate::yaml::rules::INVALID_VALUE;

use crate::arguments::decoder::Decoder;

impl Decoder<'_> {
    pub(crate) fn frameworks(&mut self, node: &Rc<Node>) -> Vec<Choice> {
        let known = &self.catalog.frameworks;
        let scope = self.reader.scope();
        let found = self.choices(node, known, &UNKNOWN_FRAMEWORK, "framework");
        if found.is_empty() && !self.reader.failed(scope) {
            self.reader.problem(
                Diagnostic::new(&INVALID_VALUE, node.whole_span(), "`Framework` is empty")
                    .help(format!("name one or more of {}", list(known.names()))),
            );
        }
        found
    }

    /// A list of names, each alone or with options: `lambda`, or `lambda: [layer, url]`.
    pub(crate) fn choices(
        &mut self,
        node: &Rc<Node>,
        known: &Offer,
        unknown: &'static Rule,
        what: &str,
    ) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::new();
        for item in self.reader.library.items(node) {
            let followed = self.reader.library.follow(&item);
            let pairs = if followed.tag.is_none() && followed.entries().is_some() {
                let Some(fields) = self.reader.fields(&item) else {
                    continue;
                };
                fields
                    .into_iter()
                    .map(|field| (Spanned::new(field.key, field.key_span), Some(field.value)))
                    .collect()
            } else {
                let Some(name) = self.reader.text(&item) else {
                    continue;
                };
                vec![(name, None)]
            };
            for (name, options) in pairs {
                let Some(offered) = known.options(&name.value) else {
                    let problem = Diagnostic::new(
                        unknown,
                        name.span,
                        format!("unknown {what} `{}`", name.value.shown()),
                    );
                    let problem = match nearest(&name.value, known.names()) {
                        Some(near) => problem.help(format!("did you mean `{near}`?")),
                        None => problem.help(format!(
                            "known are {}; `--partials DIR` adds others",
                            list(known.names())
                        )),
                    };
                    self.reader.problem(problem);
                    continue;
                };
                if choices.iter().any(|choice| choice.name.value == name.value) {
                    self.reader.problem(
                        Diagnostic::new(
                            &INVALID_VALUE,
                            name.span,
                            format!("the {what} `{}` is listed twice", name.value),
                        )
                        .help("list it once, with all its options"),
                    );
                    continue;
                }
                let options = options
                    .map(|node| self.options(&node, offered, &name.value))
                    .unwrap_or_default();
                choices.push(Choice { name, options });
            }
        }
        choices
    }

    pub(crate) fn options(
        &mut self,
        node: &Rc<Node>,
        offered: &[String],
        owner: &str,
    ) -> Vec<Spanned<String>> {
        let mut options: Vec<Spanned<String>> = Vec::new();
        for item in self.reader.library.items(node) {
            let Some(option) = self.reader.text(&item) else {
                continue;
            };
            if !offered.contains(&option.value) {
                let problem = Diagnostic::new(
                    &UNKNOWN_OPTION,
                    option.span,
                    format!("`{owner}` has no option `{}`", option.value.shown()),
                );
                let problem = match nearest(&option.value, offered.iter().map(String::as_str)) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None if offered.is_empty() => {
                        problem.help(format!("`{owner}` has no options: write its name alone"))
                    }
                    None => problem.help(format!(
                        "its options are {}",
                        list(offered.iter().map(String::as_str))
                    )),
                };
                self.reader.problem(problem);
            } else if !options.contains(&option) {
                options.push(option);
            }
        }
        options.sort_by(|a, b| a.value.cmp(&b.value));
        options
    }

    pub(crate) fn test_role(&mut self, node: &Rc<Node>) -> Option<TestRole> {
        let followed = self.reader.library.follow(node);
        if followed.tag.is_none() && followed.entries().is_some() {
            let fields = self.reader.fields(node)?;
            let mut role = TestRole {
                services: None,
                policies: Vec::new(),
            };
            for field in fields {
                if !self.check_key(&field, &["Services", "Policies"], "key of `TestRole`") {
                    continue;
                }
                if field.key == "Services" {
                    let known = &self.catalog.tests;
                    role.services = Some(self.choices(
                        &field.value,
                        known,
                        &UNKNOWN_SERVICE,
                        "service of tests",
                    ));
                } else {
                    role.policies = self.policies(&field.value);
                }
            }
            return Some(role);
        }
        match self.reader.value(node)? {
            Value::Bool(true) => Some(TestRole {
                services: None,
                policies: Vec::new(),
            }),
            Value::Bool(false) | Value::Null => None,
            _ => {
                self.reader.wrong_type(
                    node,
                    "`true` or a mapping",
                    "write `TestRole: true`, or `TestRole: { Services: [...], Policies: [...] }`",
                );
                None
            }
        }
    }
}
