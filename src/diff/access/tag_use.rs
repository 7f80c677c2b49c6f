//! Whether some `'*'` of a file also means the management account.
//!
//! In: the text of a file, and sections of its task. Out: whether `OrgFormation` may resolve some `'*'` after a binding
//! by tag. Refuses nothing: in doubt, it may.
//!
//! `AccountsWithTag` adds the management account to the list of accounts that every later `'*'` is
//! (`src/parser/model/organization-section.ts`, `findAccounts`). Resources are resolved in the order of the
//! file (`src/parser/model/resources-section.ts`, `resolveRefs`), and of each its `OrganizationBinding`
//! before its `Foreach`. Functions that enumerate or count targets come after all of them.

use memchr::memmem;

use crate::template::display::shown;
use crate::template::resources::has;
use crate::template::value::Data;

/// Whether some `'*'` may be resolved after a binding that selects accounts by a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagUse {
    Used,
    Unused,
}

/// What selects accounts by a tag.
const KEY: &str = "AccountsWithTag";

/// What may resolve a `'*'` later than where it is written: functions, `Foreach`, and text from elsewhere.
const LATER: &[&str] = &[
    "Enum",
    "TargetCount",
    "Foreach",
    "ForEach",
    "<<",
    "!Include",
    "Binding: *",
];

impl TagUse {
    /// Whether a `'*'` in `text`, or in the `sections` of its task, may be resolved after a binding by tag.
    pub(super) fn of<'a>(text: &str, sections: impl IntoIterator<Item = &'a Data>) -> Self {
        let mut sections = sections.into_iter();
        if is_used(text) || sections.any(|data| shown(data).contains(KEY)) {
            TagUse::Used
        } else {
            TagUse::Unused
        }
    }
}

fn is_used(text: &str) -> bool {
    // The text is long, and usually has none of these words.
    let Some(first) = memmem::find(text.as_bytes(), KEY.as_bytes()) else {
        return false;
    };
    let Some((head, resources)) = text.split_once("\nResources:") else {
        return true;
    };
    // A binding with a name counts where it is used, and the default one everywhere.
    let is_named = first < head.len() || ["'*'", "\"*\""].iter().any(|star| head.contains(star));
    let after = text.get(first..).unwrap_or_default();
    is_named || LATER.iter().any(|word| has(resources, word)) || may_name_all(after)
}

/// Whether some `Account` or `ExcludeAccount` in `text` may be `'*'`.
fn may_name_all(text: &str) -> bool {
    // Not `AccountsWithTag`, `AccountId`, and the like.
    let is_name = |rest: &&str| rest.starts_with(|next: char| next.is_ascii_alphanumeric());
    let mut values = text.split("Account").skip(1).filter(|rest| !is_name(rest));
    values.any(|rest| {
        // An attribute or the name of an account: `${DevAccount}`, `!Ref DevAccount`, `[!Ref DevAccount]`.
        let Some(value) = rest.strip_prefix(':') else {
            return rest.starts_with(['\'', '"']);
        };
        let value = value.trim_start();
        !["!Ref ", "[", "- !Ref ", "{ Ref", "{Ref", "true", "false"]
            .iter()
            .any(|plain| value.starts_with(plain))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with these resources.
    fn is_used_in(resources: &str) -> bool {
        is_used(&format!(
            "Organization: !Include ./o.yml\nResources:\n{resources}"
        ))
    }

    #[test]
    fn what_is_resolved_before_a_tag_is_not_changed_by_it() {
        const ALL: &str = "  A:\n    OrganizationBinding: { Account: '*' }\n";
        const TAG: &str =
            "  B:\n    OrganizationBinding: { AccountsWithTag: x, Region: eu-west-1 }\n";
        const NAMED: &str = "  C:\n    OrganizationBinding:\n      Account:\n        - !Ref DevAccount\n    DependsOnAccount: !Ref ProdAccount\n";
        assert!(!is_used_in(ALL));
        assert!(!is_used_in(&format!("{ALL}{TAG}{NAMED}")));
        assert!(is_used_in(&format!("{ALL}{TAG}{ALL}")));
        assert!(is_used_in(&format!("{TAG}{ALL}")));
        for other in [
            "  D: { OrganizationBinding: { Account: \"*\" } }\n",
            "  D: { \"OrganizationBinding\": { \"Account\": \"*\" } }\n",
            "  D:\n    OrganizationBinding:\n      Account:\n        '*'\n",
            "  D: { OrganizationBinding: { ExcludeAccount: '*' } }\n",
            "  D: { OrganizationBinding: *all }\n",
            "  D: { OrganizationBinding: { <<: *all } }\n",
            "  D: { OrganizationBinding: { Account: *all } }\n",
            "  D: { X: { Fn::EnumTargetAccounts: [b, '${account}'] } }\n",
        ] {
            assert!(is_used_in(&format!("{ALL}{TAG}{other}")), "{other}");
        }
        // A name counts where it is used.
        let named = format!("OrganizationBindings:\n  All: {{ Account: '*' }}\nResources:\n{TAG}");
        assert!(is_used(&named));
        let tagged =
            format!("OrganizationBindings:\n  T: {{ AccountsWithTag: x }}\nResources:\n{ALL}");
        assert!(is_used(&tagged));
    }
}
