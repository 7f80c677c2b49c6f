//! `TrustedBy`: who may become the deploy roles.
//!
//! Refuses principals that IAM would refuse, and any that stands for more than one.

use std::rc::Rc;

use serde_yaml::Value;

use crate::model::arguments::{Spanned, Trust};
use crate::model::diagnostic::{Code, Diagnostic, Shown as _, nearest};
use crate::model::node::Node;
use crate::value::value;

use super::{Decoder, OIDC_TRUSTS, list};

impl Decoder<'_> {
    pub(super) fn trusts(&mut self, node: &Rc<Node>) -> Vec<Spanned<Trust>> {
        let items = self.library.items(node);
        if items.is_empty() {
            self.problem(
                Diagnostic::error(Code::InvalidValue, node.whole_span(), "`TrustedBy` is empty: nobody could deploy")
                    .help("name `GitHubUser`, `CodeBuild` or a `Principal`, or leave it out for `GitHubUser`"),
            );
        }
        let mut trusts: Vec<Spanned<Trust>> = Vec::new();
        for item in items {
            if let Some(trust) = self.trust(&item) {
                if trusts.contains(&trust) {
                    self.problem(
                        Diagnostic::error(
                            Code::InvalidValue,
                            trust.span,
                            "this trust is listed twice",
                        )
                        .help("list it once"),
                    );
                } else {
                    trusts.push(trust);
                }
            }
        }
        trusts
    }

    pub(super) fn trust(&mut self, item: &Rc<Node>) -> Option<Spanned<Trust>> {
        let followed = self.library.follow(item);
        let (name, argument) = if followed.tag.is_none() && followed.entries().is_some() {
            let fields = self.library.mapping(item);
            let fields = self.keep(fields)?;
            let [field] = fields.as_slice() else {
                self.wrong_type(
                    item,
                    "one trust",
                    "write one trust an item, such as `- Principal: arn:aws:iam::...`",
                );
                return None;
            };
            (
                Spanned::new(field.key.clone(), field.key_span),
                Some(Rc::clone(&field.value)),
            )
        } else {
            (self.text(item)?, None)
        };
        let span = item.whole_span();
        match (name.value.as_str(), argument) {
            ("GitHubUser", argument) => {
                if let Some(argument) = argument.filter(|node| !self.library.follow(node).is_null())
                {
                    self.wrong_type(
                        &argument,
                        "nothing behind `GitHubUser`",
                        "write `- GitHubUser`",
                    );
                    return None;
                }
                Some(Spanned::new(Trust::GitHubUser, span))
            }
            ("CodeBuild", argument) => {
                let offered = &self.catalog.codebuild;
                let options = argument
                    .map(|node| self.options(&node, offered, "CodeBuild"))
                    .unwrap_or_default();
                Some(Spanned::new(Trust::CodeBuild(options), span))
            }
            ("Principal", Some(argument)) => self
                .principal(&argument)
                .map(|principal| Spanned::new(Trust::Principal(principal), span)),
            ("Principal", None) => {
                self.problem(
                    Diagnostic::error(Code::MissingArgument, name.span, "`Principal` of whom?")
                        .help("write `- Principal: arn:aws:iam::123456789012:role/ci`"),
                );
                None
            }
            (oidc, _) if OIDC_TRUSTS.contains(&oidc) => {
                self.unsupported(name.span, &format!("the trust `{oidc}`"), "trust `GitHubUser`, `CodeBuild`, or the `Principal` of an OIDC role that you have");
                None
            }
            (other, _) => {
                let known = ["GitHubUser", "CodeBuild", "Principal"];
                let problem = Diagnostic::error(
                    Code::UnknownTrust,
                    name.span,
                    format!("unknown trust `{}`", other.shown()),
                );
                let problem = match nearest(other, known) {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None if other.starts_with("arn:") => {
                        problem.help(format!("write `- Principal: {}`", other.shown()))
                    }
                    None => problem.help(format!("known are {}", list(known))),
                };
                self.problem(problem);
                None
            }
        }
    }

    /// A principal's ARN as text, or an intrinsic function that gives one.
    pub(super) fn principal(&mut self, node: &Rc<Node>) -> Option<Value> {
        let found = value(self.library, node);
        let principal = self.keep(found)?;
        let help = "write the ARN of a role or user, such as `arn:aws:iam::123456789012:role/ci`, or a `!Sub` of one";
        let (text, is_sub) = match &principal {
            Value::String(text) => (text.as_str(), false),
            Value::Tagged(tagged) if tagged.tag == "!Sub" => match &tagged.value {
                Value::String(text) => (text.as_str(), true),
                _ => return Some(principal),
            },
            Value::Tagged(tagged)
                if ["!Ref", "!GetAtt", "!ImportValue", "!CopyValue"]
                    .iter()
                    .any(|tag| tagged.tag == *tag) =>
            {
                return Some(principal);
            }
            _ => {
                self.wrong_type(node, "the ARN of a principal", help);
                return None;
            }
        };
        let wildcard = text.contains(['*', '?']);
        let is_arn =
            text.starts_with("arn:") && (text.contains(":iam::") || text.contains(":sts::"));
        let text_like = text.chars().all(|c| c.is_ascii_graphic());
        if (is_arn || (is_sub && text.starts_with("${"))) && !wildcard && text_like {
            return Some(principal);
        }
        let message = if wildcard {
            format!(
                "the principal `{}` has a wildcard, which would trust more than one",
                text.shown()
            )
        } else {
            format!("`{}` is not the ARN of a principal", text.shown())
        };
        self.problem(Diagnostic::error(Code::InvalidValue, node.whole_span(), message).help(help));
        None
    }
}
