//! Whether a security group lets in anybody from elsewhere.
//!
//! In: what a resource has in its list of security groups. Out: whether the file says that this one lets in
//! private networks only. Refuses nothing: a group that is not in the file may be open.

use crate::aws::effects::Harmless;
use crate::diff::access::comparer::Comparer;
use crate::diff::access::harmless::is_harmless;
use crate::diff::access::written_roles::referred;
use crate::template::value::Data;

const GROUP: &str = "AWS::EC2::SecurityGroup";
const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";

/// The networks in a rule, and what else names who gets in that is not known here.
const NETWORKS: [&str; 2] = ["CidrIp", "CidrIpv6"];
const OTHERS: [&str; 2] = ["SourcePrefixListId", "SourceSecurityGroupOwnerId"];

impl Comparer<'_, '_> {
    /// Whether the new file says that `group` lets in private networks only, or has it anew, so that its
    /// rules are reported by themselves.
    pub(super) fn is_closed_group(&self, group: &Data) -> bool {
        let Some(id) = referred(group) else {
            return false;
        };
        let data = self.new.get(&id).and_then(|group| self.data_of(group));
        let Some(data) = data.filter(|data| is_of(data, GROUP)) else {
            return false;
        };
        if self.old.get(&id).is_none() {
            return true;
        }
        let properties = data.get("Properties");
        let is_made = |(name, _): &(String, Data)| name.starts_with("Fn::");
        if properties.is_some_and(|own| own.fields().is_none_or(|all| all.iter().any(is_made))) {
            return false;
        }
        let rules = properties.and_then(|own| own.get("SecurityGroupIngress"));
        // What is not plainly another group of the file may be this one.
        let is_another = |other: String| other != id && self.new.get(&other).is_some();
        let is_of_another = |rule: &Data| {
            let group = rule.get("GroupId").and_then(referred);
            group.is_some_and(is_another)
        };
        let is_closed = |data: &Data| {
            let rule = data.get("Properties").filter(|_| is_of(data, INGRESS));
            rule.is_none_or(|rule| is_of_another(rule) || is_private(rule))
        };
        let mut beside = self.new.resources.iter();
        rules.map_or(&[][..], Data::items).iter().all(is_private)
            && beside.all(|own| self.data_of(own).is_none_or(|data| is_closed(&data)))
    }
}

fn is_of(resource: &Data, kind: &str) -> bool {
    resource.get("Type").and_then(Data::text) == Some(kind)
}

/// Whether a rule lets in private networks, or another group of this account, only.
fn is_private(rule: &Data) -> bool {
    let is_none = |name: &&str| rule.get(name).is_none();
    let is_private = |name: &&str| {
        let network = rule.get(name);
        network.is_none() || is_harmless(Harmless::Private, network)
    };
    rule.fields().is_some()
        && !rule.is_intrinsic()
        && OTHERS.iter().all(is_none)
        && NETWORKS.iter().all(is_private)
}
