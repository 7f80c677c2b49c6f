//! Permission sets that are created again under their names.
//!
//! In: the permission sets of both sides. Out: a "maybe" for each that policies name by its roles as they are now, and
//! whose roles may be other ones afterwards. Refuses nothing.
//!
//! The role of a permission set is called `AWSReservedSSO_NAME_SUFFIX`, and gets another random suffix if it is created
//! again (IAM Identity Center user guide, "Referencing permission sets in resource policies, Amazon EKS Cluster config
//! maps, and AWS KMS key policies"). Another `InstanceArn` replaces a permission set ("Update requires" of
//! `AWS::SSO::PermissionSet`), and so does another `Name`, which is another permission set here.

use crate::diff::access::changes::Access;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::set_policies::{PermissionSet, SetsOfFile};
use crate::diff::access::unexamined::AlikeReasons;
use crate::diff::access::unique_ids::{IdKind, KeptOut, are_in_other_regions};
use crate::iam::PrincipalKind;
use crate::iam::pattern::Glob;
use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::symbol::Symbol;
use crate::template::value::Data;

/// How the names of these roles begin.
const ROLE: &str = "AWSReservedSSO_";

/// What stands for a suffix that is not known.
const SUFFIX: &str = "\u{1}";

impl<'run, 'text> Comparer<'run, 'text> {
    /// Reports permission sets whose roles may be created again, and are named by policies.
    pub(super) fn recreated_sets(
        &'run self,
        [old, new]: [&SetsOfFile<'run, 'text>; 2],
        access: &mut Access,
    ) {
        let mut alike = AlikeReasons::default();
        for (name, set) in new.decided() {
            let before = old.decided().find(|(own, _)| *own == name);
            let cause = before.and_then(|(_, before)| self.cause_of(before, set));
            let Some(cause) = cause.filter(|_| self.names_role_of(name)) else {
                continue;
            };
            let why = format!(
                "{cause}: if it is created again, its roles get other names, and policies name the old ones"
            );
            if !self.settles(&set.id, &why, access) {
                alike.add((why.into(), None), &set.id);
            }
        }
        alike.report(access);
    }

    /// Why a permission set may be created again, if it may.
    fn cause_of(
        &self,
        old: &PermissionSet<'text>,
        new: &PermissionSet<'text>,
    ) -> Option<&'static str> {
        let instance = |set: &PermissionSet<'text>| -> Option<Data> {
            set.body.data.get("Properties")?.get("InstanceArn").cloned()
        };
        if self.is_other_stack() {
            Some("its stack may be another one")
        } else if old.place != new.place {
            Some("it is in another account")
        } else if are_in_other_regions(&old.body.data, &new.body.data) {
            Some("its stack is in another region")
        } else if old.id != new.id {
            Some("it has another logical id")
        } else if instance(old) != instance(new) {
            Some("it is of another Identity Center")
        } else {
            None
        }
    }

    /// Whether policies name a role of the permission set by its suffix, or by its unique id.
    fn names_role_of(&'run self, set: &str) -> bool {
        let role = role_of(set);
        let is_wanted = |name: &str| {
            let mut fields = name.split('/');
            fields.any(|field| field.starts_with(ROLE) && has_suffix(field, &role))
        };
        let words = ["role", "assumed-role"];
        if words.iter().any(|word| self.has_name(word, &is_wanted)) {
            return true;
        }
        let is_role = |name: &KeptOut| {
            let of_role = IdKind::Of(PrincipalKind::Role);
            matches!(name, KeptOut::Id(kind) if *kind == of_role || *kind == IdKind::NotKnown)
        };
        [self.old, self.new]
            .into_iter()
            .any(|file| self.kept_out(file).iter().any(|one| is_role(&one.name)))
    }
}

/// The name of a role of the permission set.
fn role_of(set: &str) -> Vec<Symbol> {
    let name = format!("{ROLE}{set}_{SUFFIX}");
    name.chars().map(Symbol::Char).collect()
}

/// Whether a name is, or may be, that of a role with one suffix, and not of the same with any.
fn has_suffix(name: &str, role: &[Symbol]) -> bool {
    let open = parts(name).map(|part| match part {
        SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text) => text,
        SubstitutionPart::Variable(_) => "*",
    });
    let open: String = open.collect();
    let is_of_suffix = |c: char| c.is_ascii_hexdigit() || matches!(c, '*' | '?');
    let begin = open.trim_end_matches(is_of_suffix);
    !Glob::of(&open).matches(role) && Glob::of(&format!("{begin}*")).matches(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_is_found() {
        let role = role_of("Admin");
        for (name, is_found) in [
            ("AWSReservedSSO_Admin_0123456789abcdef", true),
            ("AWSReservedSSO_Admin_0*", true),
            ("AWSReservedSSO_Adm*_0123456789abcdef", true),
            ("AWSReservedSSO_${Set}_0123456789abcdef", true),
            ("AWSReservedSSO_Admin_*", false),
            ("AWSReservedSSO_*", false),
            ("AWSReservedSSO_Read_0123456789abcdef", false),
            ("AWSReservedSSO_AdminMore_0123456789abcdef", false),
        ] {
            assert_eq!(has_suffix(name, &role), is_found, "{name}");
        }
    }
}
