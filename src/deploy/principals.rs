//! The users and roles that policies trust.
//!
//! In: what a resource says. Out: the users and roles that its `Principal`s name by their ARNs. Refuses
//! nothing: who is named in another way is left out. That is right of references (`!GetAtt User.Arn`, `!Sub
//! '${User.Arn}'`): CloudFormation writes the new ARN in place of the old one, in the same update, and refuses a
//! reference to what is not there (`dangling-reference`).

use crate::template::display::shown;
use crate::template::value::{Data, Unordered};

/// A user or role as a policy names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrittenPrincipal {
    /// The account: its id, its logical id or mark, or `AWS::AccountId`.
    pub(super) account: String,
    /// `role/` or `user/` with the name as it is written, without a path.
    pub(super) name: String,
    /// Whether the statement denies something, so that it is not trusted.
    pub(super) is_denied: bool,
}

/// A text that is equal for names that IAM does not tell apart. In ARNs it does: one in another case
/// names nobody, so that its policy cannot be saved either (`CreateRole`, IAM API Reference).
pub(super) fn without_case(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// The users and roles that any `Principal` of `resource` names.
pub(super) fn principals(resource: &Data) -> Vec<WrittenPrincipal> {
    let mut found = Vec::new();
    if let Some(properties) = resource.get("Properties") {
        visit(properties, NamedAs::Trusted, &mut found);
    }
    found
}

/// What the statement does to those that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NamedAs {
    Trusted,
    Denied,
}

/// Adds those in `data`, which a statement around it names like this.
fn visit(data: &Data, around: NamedAs, found: &mut Vec<WrittenPrincipal>) {
    match data {
        Data::List(items) | Data::Unordered(Unordered(items)) => {
            for item in items {
                visit(item, around, found);
            }
        }
        Data::Map(entries) => {
            let effect = data.get("Effect").and_then(Data::text);
            let own = match effect {
                Some("Deny") => NamedAs::Denied,
                Some(_) => NamedAs::Trusted,
                None => around,
            };
            let is_denied = own == NamedAs::Denied;
            for (key, value) in entries {
                match value.get("AWS") {
                    Some(named) if key == "Principal" => {
                        for one in named.items().iter().filter_map(principal) {
                            let one = WrittenPrincipal { is_denied, ..one };
                            if !found.contains(&one) {
                                found.push(one);
                            }
                        }
                    }
                    _ => visit(value, own, found),
                }
            }
        }
        _ => {}
    }
}

/// The principal of an ARN, as text or with variables in it.
fn principal(value: &Data) -> Option<WrittenPrincipal> {
    let text = shown(value);
    let (_, rest) = text.split_once(":iam::")?;
    let (account, path) = match rest.strip_prefix("${") {
        Some(variable) => {
            let (name, rest) = variable.split_once("}:")?;
            (name.strip_suffix(".AccountId").unwrap_or(name), rest)
        }
        None => rest.split_once(':')?,
    };
    let (word, _) = path.split_once('/')?;
    let name = path.rsplit('/').next()?;
    let name = name.trim_end_matches(['\'', '"', ']', ' ']);
    matches!(word, "role" | "user").then(|| WrittenPrincipal {
        account: account.to_owned(),
        name: format!("{word}/{name}"),
        is_denied: false,
    })
}
