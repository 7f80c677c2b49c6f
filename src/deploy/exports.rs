//! Exports that go, or get another value.
//!
//! In: the outputs of both texts. Out: a finding for the exports that are gone or differ. Refuses nothing.
//!
//! CloudFormation neither deletes nor changes an export that another stack imports (`Export NAME cannot be deleted
//! as it is in use by`, "Get exported outputs from a deployed CloudFormation stack", CloudFormation User
//! Guide). Who imports it is in other templates, so that it is always a maybe.

use std::collections::BTreeMap;

use crate::deploy::answer::{DeployName, DeployRefusal};
use crate::deploy::fold::{DeployFindings, Happening, HashedRule};
use crate::deploy::read::PairReader;
use crate::deploy::rules::EXPORT_CHANGES;
use crate::deploy::stack_facts::ChangedExport;
use crate::template::display::shown;
use crate::template::resources::File;

impl PairReader<'_, '_> {
    /// The exports of the previous text that the new one does not have, or not with the same value.
    pub(super) fn exports(&mut self) -> Vec<ChangedExport> {
        let Some((old, new, _)) = self.read.files() else {
            return Vec::new();
        };
        let (old, new) = (exports(old), exports(new));
        let changed = old.into_iter().filter_map(|(name, (before, value))| {
            let now = new.get(&name);
            let after = now.map(|(key, _)| key.clone());
            let is_same = now.is_some_and(|(_, now)| *now == value);
            (!is_same).then_some(ChangedExport {
                name,
                before,
                after,
            })
        });
        changed.collect()
    }
}

/// The exports by name: the key and the value of each output.
fn exports(file: &File<'_>) -> BTreeMap<String, (String, String)> {
    let mut sections = file.sections.iter();
    let outputs = sections.find(|(name, _)| name == "Outputs");
    let outputs = outputs.and_then(|(_, data)| data.fields());
    let exports = outputs
        .unwrap_or_default()
        .iter()
        .filter_map(|(key, output)| {
            let name = shown(output.get("Export")?.get("Name")?);
            let value = output.get("Value").map(shown).unwrap_or_default();
            Some((name, (key.clone(), value)))
        });
    exports.collect()
}

/// Adds the finding for the exports of the output of `source`.
pub(super) fn exported(changed: &[ChangedExport], source: &str, findings: &mut DeployFindings) {
    if changed.is_empty() {
        return;
    }
    let names = changed.iter().map(|one| DeployName {
        resource_type: "Export".to_owned(),
        name: one.name.clone(),
        before: Some(one.before.clone()),
        after: one.after.clone(),
    });
    findings.add_names(&happening(), names.collect(), source);
}

fn happening() -> Happening {
    Happening {
        rule: HashedRule(&EXPORT_CHANGES),
        refusal: DeployRefusal::Maybe,
        reason: "these exports are gone, or have another value: if another stack imports one, CloudFormation neither deletes nor changes it (`cannot be deleted as it is in use by`)".to_owned(),
        help: "see who imports them, `aws cloudformation list-imports --export-name NAME`, and deploy those stacks without them first".to_owned(),
    }
}
