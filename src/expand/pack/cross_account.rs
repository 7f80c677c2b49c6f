//! Accounts to cross-account policies that each fit.
//!
//! In: the accounts that a principal reaches. Out: the policies, by name. Refuses nothing: more
//! policies than a principal can have are found by the limits.
//! An account stays in its policy when others come or go, and a policy that overflows splits in
//! two and touches no third.
//!
//! How, without remembering anything: a binary trie over a hash of the account's logical id.
//! Every account is in one leaf; a leaf that overflows splits by the next bit. The half with
//! bit 0 keeps the leaf's name, the other half gets a new one.
//!
//! An account takes about 75 characters as an ARN, and 15 as an id in a condition. Ids are used only
//! if ARNs need more policies than a principal can have. A policy then holds at least those accounts
//! that the policy of its name held before, so no role is out of reach in between. If the leaves of
//! ids are too many as well, ten of them are filled up.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use crate::aws::partitions::{Region, partition};
use crate::aws::quotas::{ATTACHED_POLICIES_LIMIT, MANAGED_POLICY_LIMIT};
use crate::expand::model::plan::{AccountsBy, Reach};
use crate::roles::TargetRole;

/// One policy: the end of its name (empty for the first), and its accounts in the given order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Bits of the trie without trailing zeros.
    pub name: String,
    /// The accounts.
    pub accounts: Vec<Reach>,
}

/// What the size of a policy depends on, apart from its accounts.
#[derive(Clone, Copy, Debug)]
pub struct PolicyFrame<'a> {
    /// The region of the Tools account's stack.
    pub region: &'a Region,
    /// `AppId`.
    pub app_id: &'a str,
    /// `Path` of the roles.
    pub role_path: &'a str,
}

impl PolicyFrame<'_> {
    /// The policies over `accounts`, and how they name them.
    pub fn policies(self, accounts: &[Reach]) -> (AccountsBy, Vec<Shard>) {
        let fits = |by: AccountsBy| move |accounts: &[Reach]| self.fits(by, accounts);
        let by_arn = shards(accounts, &fits(AccountsBy::Arn));
        if by_arn.len() <= ATTACHED_POLICIES_LIMIT {
            return (AccountsBy::Arn, by_arn);
        }
        let by_id = shards(accounts, &fits(AccountsBy::Id));
        let by_id = if by_id.len() <= ATTACHED_POLICIES_LIMIT {
            by_id
        } else {
            filled(accounts, &fits(AccountsBy::Id)).unwrap_or(by_id)
        };
        (AccountsBy::Id, by_id)
    }

    /// How many accounts like these ten policies can hold by their ids.
    pub fn capacity(self, accounts: &[Reach]) -> usize {
        let fixed = self.size(AccountsBy::Id, accounts) - accounts.len() * ID;
        MANAGED_POLICY_LIMIT.saturating_sub(fixed) / ID * ATTACHED_POLICIES_LIMIT
    }

    fn fits(self, by: AccountsBy, accounts: &[Reach]) -> bool {
        self.size(by, accounts) <= MANAGED_POLICY_LIMIT
    }

    /// The characters of a cross-account policy over `accounts`, as IAM counts them; see
    /// `tools/cross-account-policy.hbs`.
    fn size(self, by: AccountsBy, accounts: &[Reach]) -> usize {
        let frame = r#"{"Version":"2012-10-17","Statement":[]}"#.len();
        let statements = match by {
            AccountsBy::Arn => {
                let roles = accounts.iter().map(|reach| self.roles(12, reach.test_role));
                STATEMENT.len() + roles.sum::<usize>().saturating_sub(1)
            }
            AccountsBy::Id => {
                let of = |test_role: bool| {
                    let with = accounts.iter().filter(|reach| reach.test_role == test_role);
                    match with.count() {
                        0 => 0,
                        // A list has a separator less than entries, and a statement has one.
                        count => {
                            let fixed = STATEMENT.len() + CONDITION.len();
                            fixed + self.roles(1, test_role) + count * ID - 1
                        }
                    }
                };
                let [without, with] = [false, true].map(of);
                let end = if with > 0 { "AndTest".len() } else { 0 };
                (without + with + end).saturating_sub(1)
            }
        };
        frame + statements
    }

    /// The characters of the ARNs of an account, of which each has a separator; the account's part
    /// has `account` characters.
    fn roles(self, account: usize, test_role: bool) -> usize {
        let arn = |role: TargetRole| {
            "arn::iam::".len()
                + partition(&self.region.0).len()
                + account
                + ":role".len()
                + self.role_path.len()
                + self.app_id.len()
                + "-".len()
                + role.suffix().len()
                + 3
        };
        let test = if test_role { arn(TargetRole::Test) } else { 0 };
        arn(TargetRole::Deployer) + test
    }
}

/// A statement without its roles.
const STATEMENT: &str = r#"{"Sid":"AssumeDeployRoles","Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":[]}"#;

/// What a statement has in addition if it lists accounts by id.
const CONDITION: &str = r#","Condition":{"StringEquals":{"aws:ResourceAccount":[]}}"#;

/// The characters of the id of an account in a list: digits, quotes, and a separator.
const ID: usize = 12 + 3;

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
    let (ones, zeros) = halves(accounts, path.len());
    split(zeros, format!("{path}0"), fits, found);
    split(ones, format!("{path}1"), fits, found);
}

/// The same over as many shards as a principal can have: the first leaves that overflow split, and
/// what overflows then goes where there is room. `None` if that is nowhere.
fn filled(accounts: &[Reach], fits: &dyn Fn(&[Reach]) -> bool) -> Option<Vec<Shard>> {
    let mut leaves: Vec<(String, Vec<Reach>)> = vec![(String::new(), accounts.to_vec())];
    while leaves.len() < ATTACHED_POLICIES_LIMIT {
        leaves.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
        let at = leaves.iter().position(|(_, held)| !fits(held))?;
        let (path, held) = leaves.remove(at);
        let (ones, zeros) = halves(held, path.len());
        leaves.push((format!("{path}0"), zeros));
        leaves.push((format!("{path}1"), ones));
    }
    let mut over = Vec::new();
    for (_, held) in &mut leaves {
        held.sort_by_key(hash);
        while !fits(held) {
            over.extend(held.pop());
        }
    }
    over.sort_by_key(hash);
    for reach in over {
        let room = leaves.iter_mut().find_map(|(_, held)| {
            held.push(reach.clone());
            let has_room = fits(held);
            if !has_room {
                held.pop();
            }
            has_room.then_some(())
        });
        room?;
    }
    let order: HashMap<&str, usize> = accounts
        .iter()
        .enumerate()
        .map(|(at, reach)| (reach.account.as_str(), at))
        .collect();
    let mut found: Vec<Shard> = leaves
        .into_iter()
        .map(|(path, mut held)| {
            held.sort_by_key(|reach| order.get(reach.account.as_str()).copied());
            Shard {
                name: path.trim_end_matches('0').to_owned(),
                accounts: held,
            }
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Some(found)
}

fn hash(reach: &Reach) -> u64 {
    xxh3_64(reach.account.as_bytes())
}

/// The accounts whose hash has this bit, and the others.
fn halves(accounts: Vec<Reach>, bit: usize) -> (Vec<Reach>, Vec<Reach>) {
    accounts
        .into_iter()
        .partition(|reach| (hash(reach) >> bit) & 1 == 1)
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

    const SMALL: &dyn Fn(&[Reach]) -> bool = &|accounts| accounts.len() <= 10;

    #[test]
    fn ten_policies_are_filled_up() {
        for count in [60, 75, 90, 99, 100] {
            let all = accounts(count);
            let found = filled(&all, SMALL).unwrap();
            assert!(found.len() <= ATTACHED_POLICIES_LIMIT);
            assert!(found.iter().all(|shard| shard.accounts.len() <= 10));
            let names: std::collections::BTreeSet<_> =
                found.iter().map(|shard| &shard.name).collect();
            assert_eq!(names.len(), found.len());
            let mut held: Vec<String> = found
                .iter()
                .flat_map(|shard| shard.accounts.iter().map(|reach| reach.account.clone()))
                .collect();
            held.sort();
            let mut wanted: Vec<String> = all.into_iter().map(|reach| reach.account).collect();
            wanted.sort();
            assert_eq!(held, wanted, "{count}");
        }
        assert_eq!(filled(&accounts(101), SMALL), None);
    }

    #[test]
    fn larger_policies_hold_what_those_of_their_names_held() {
        let all = accounts(300);
        let fine = policies(&all, 10);
        let coarse = shards(&all, &|accounts| accounts.len() <= 100);
        assert!(coarse.len() > 1);
        for shard in coarse {
            let before = fine.iter().filter(|(_, name)| **name == shard.name);
            let held: Vec<&String> = shard.accounts.iter().map(|reach| &reach.account).collect();
            assert!(before.clone().count() > 0);
            for (account, _) in before {
                assert!(held.contains(&account), "{account} left `{}`", shard.name);
            }
        }
    }
}
