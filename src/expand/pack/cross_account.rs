//! Accounts to cross-account policies that each fit.
//!
//! In: the accounts that a principal reaches. Out: the policies, by name. Refuses nothing.
//! An account stays in its policy when others come or go, and a policy that overflows splits in
//! two and touches no third.
//!
//! How, without remembering anything: a binary trie over a hash of the account's logical id.
//! Every account is in one leaf; a leaf that overflows splits by the next bit. The half with
//! bit 0 keeps the leaf's name, the other half gets a new one.

use xxhash_rust::xxh3::xxh3_64;

use crate::aws::partitions::{Region, partition};
use crate::expand::model::plan::Reach;
use crate::roles::TargetRole;

/// One policy: the end of its name (empty for the first), and its accounts in the given order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Bits of the trie without trailing zeros.
    pub name: String,
    /// The accounts.
    pub accounts: Vec<Reach>,
}

/// Spreads `accounts` over shards that `fits` accepts; an account that does not even fit alone
/// stays alone. The result is ordered by name.
pub fn shards(accounts: &[Reach], fits: &dyn Fn(&[Reach]) -> bool) -> Vec<Shard> {
    let mut found = Vec::new();
    split(accounts.to_vec(), String::new(), fits, &mut found);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn split(
    accounts: Vec<Reach>,
    path: String,
    fits: &dyn Fn(&[Reach]) -> bool,
    found: &mut Vec<Shard>,
) {
    if path.len() >= 64 || accounts.len() <= 1 || fits(&accounts) {
        if !accounts.is_empty() {
            found.push(Shard {
                name: path.trim_end_matches('0').to_owned(),
                accounts,
            });
        }
        return;
    }
    let bit = path.len();
    let (ones, zeros): (Vec<_>, Vec<_>) = accounts
        .into_iter()
        .partition(|reach| (xxh3_64(reach.account.as_bytes()) >> bit) & 1 == 1);
    split(zeros, format!("{path}0"), fits, found);
    split(ones, format!("{path}1"), fits, found);
}

/// The characters of a cross-account policy over `accounts`, as IAM counts them; see
/// `tools/cross-account-policy.hbs`.
pub fn size(region: &Region, app_id: &str, path: &str, accounts: &[Reach]) -> usize {
    let partition = partition(&region.0).len();
    let arn = |role: TargetRole| {
        "arn::iam::".len()
            + partition
            + 12
            + ":role".len()
            + path.len()
            + app_id.len()
            + "-".len()
            + role.suffix().len()
            + 3
    };
    let arns: usize = accounts
        .iter()
        .map(|reach| {
            let test = if reach.test_role {
                arn(TargetRole::Test)
            } else {
                0
            };
            arn(TargetRole::Deployer) + test
        })
        .sum();
    let frame = r#"{"Version":"2012-10-17","Statement":[{"Sid":"AssumeDeployRoles","Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":[]}]}"#;
    frame.len() + arns.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn accounts(count: usize) -> Vec<Reach> {
        (0..count)
            .map(|index| Reach {
                account: format!("Account{index}"),
                test_role: false,
            })
            .collect()
    }

    fn policies(accounts: &[Reach], capacity: usize) -> BTreeMap<String, String> {
        shards(accounts, &|accounts| accounts.len() <= capacity)
            .into_iter()
            .flat_map(|shard| {
                shard
                    .accounts
                    .into_iter()
                    .map(move |reach| (reach.account, shard.name.clone()))
            })
            .collect()
    }

    #[test]
    fn one_policy_while_all_fit() {
        let found = shards(&accounts(10), &|accounts| accounts.len() <= 10);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, "");
        assert_eq!(found[0].accounts, accounts(10));
    }

    #[test]
    fn names_are_unique_and_every_account_is_in_one_policy() {
        for count in [0, 1, 11, 100, 1000] {
            let all = accounts(count);
            let found = shards(&all, &|accounts| accounts.len() <= 10);
            let mut names: Vec<_> = found.iter().map(|shard| &shard.name).collect();
            names.dedup();
            assert_eq!(names.len(), found.len());
            assert_eq!(policies(&all, 10).len(), count);
            assert!(found.iter().all(|shard| shard.accounts.len() <= 10));
        }
    }

    #[test]
    fn a_new_account_changes_one_policy_or_splits_it_in_two() {
        for count in 0..400 {
            let before = policies(&accounts(count), 10);
            let after = policies(&accounts(count + 1), 10);
            let moved: Vec<_> = before
                .iter()
                .filter(|(account, policy)| after.get(*account) != Some(policy))
                .collect();
            let left: std::collections::BTreeSet<_> =
                moved.iter().map(|(_, policy)| policy.as_str()).collect();
            assert!(
                left.len() <= 1,
                "accounts left the policies {left:?} when account {count} came"
            );
        }
    }
}
