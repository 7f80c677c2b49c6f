//! Who gains and who loses access between two generated files: plain data, created by `access` and
//! shown by `report`. Refuses nothing.

use std::collections::BTreeSet;

use crate::aws::actions::AccessLevel;
use crate::iam::own_account;
use crate::iam::{Action, Certainty, PrincipalKind, RequestKind, owner};

/// What differs in access between the previous and the new text of one generated file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// The principals that differ, by access level within a macro and stage.
    pub principals: Vec<PrincipalChange>,
    /// What could not be decided, and concerns no principal in particular.
    pub undecided: Vec<Undecided>,
    /// What comments settle that could not be decided.
    pub settled: Vec<Settlement>,
    /// The users and roles that may be created again, which policies of other files may keep out.
    pub recreated: Vec<RecreatedPrincipal>,
    /// The roles under which other code runs than before, by name: that is no access.
    pub code: Vec<CodeChange>,
    /// The parameters whose values matter to the answer, by name.
    pub parameters: Vec<ParameterUse>,
    /// The path of the source, as shown.
    pub source: String,
    /// The date of the reference data: what AWS adds later is not known.
    pub reference: String,
}

/// Something that changed and is not examined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// What changed, in the words of the file.
    pub what: String,
    /// Why it is not decided.
    pub why: String,
    /// The macro that it comes from.
    pub origin: Option<Origin>,
    /// The line in the source of the macro, or of what is written by hand, if that is known.
    pub line: Option<usize>,
}

/// A user or role that may be created again, and then has another unique id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecreatedPrincipal {
    /// Its logical id.
    pub what: String,
    /// Its ARN, as it was.
    pub arn: String,
    /// Its kind.
    pub kind: PrincipalKind,
    /// Why it may be created again.
    pub cause: &'static str,
    /// The reason of the comment that settles what is not decided about it.
    pub settled: Option<String>,
}

/// Something that is not decided, and that a comment settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What changed, in the words of the file.
    pub what: String,
    /// Why it is not decided.
    pub why: String,
    /// The reason of the comment.
    pub reason: String,
}

/// A role under which other code runs than before; what the role may do is another matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChange {
    /// The role: its name if that is known, else as it is written.
    pub role: String,
    /// How many roles of this name there are: one per account, or per binding that is not resolved.
    pub roles: usize,
    /// The accounts' logical ids; empty for what is bound in another way than to accounts.
    pub accounts: Vec<String>,
    /// The logical ids of what runs.
    pub resources: Vec<String>,
    /// The line of the first of these in the source, if that is known.
    pub line: Option<usize>,
}

/// A parameter, and the values that it is taken to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterUse {
    /// Its name.
    pub name: String,
    /// Its value before, if it is not the same or there is none now.
    pub before: Option<ParameterValue>,
    /// Its value now.
    pub now: Option<ParameterValue>,
}

/// A value that a parameter is taken to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterValue {
    /// The value, as it is written.
    pub text: String,
    /// Who says so.
    pub giver: ParameterGiver,
}

/// Who gives a parameter its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterGiver {
    /// The task that deploys the file.
    Task,
    /// The parameter's own `Default`.
    Default,
}

/// Where in the source a principal comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The macro's name.
    pub name: String,
    /// The stage, or `tools`; `None` if the account is no longer in a stage.
    pub stage: Option<String>,
    /// The line of the macro in its source, from 1.
    pub line: usize,
}

/// Whether the principal itself was added, unchanged or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    /// It is only in the new file.
    Added,
    /// It is in both.
    Kept,
    /// It is only in the previous file.
    Removed,
}

/// A principal whose access differs, or several that differ alike in as many accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalChange {
    /// Role, user or group.
    pub kind: PrincipalKind,
    /// Its physical name, or its logical id if it has none.
    pub name: String,
    /// Its logical ids, one per account.
    pub logical_ids: Vec<String>,
    /// The accounts' logical ids; empty for what is bound in another way than to one account.
    pub accounts: Vec<String>,
    /// Where it comes from; `None` for what is written by hand.
    pub origin: Option<Origin>,
    /// The line in the source of the macro, or of what is written by hand, if that is known.
    pub line: Option<usize>,
    /// Whether it was added, unchanged or removed.
    pub fate: Fate,
    /// What it gains.
    pub gains: Vec<Finding>,
    /// What it loses.
    pub loses: Vec<Finding>,
}

impl PrincipalChange {
    /// How many principals this represents.
    pub fn count(&self) -> usize {
        self.logical_ids.len()
    }
}

/// Access that one statement gives on one side and the other side does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How certain it is.
    pub certainty: Certainty,
    /// Whether it is about assuming the principal, about what the principal may call, or about what
    /// anybody may do with the resource.
    pub kind: RequestKind,
    /// The highest access level of its actions.
    pub level: AccessLevel,
    /// The policy: its name or logical id.
    pub policy: String,
    /// The statement's `Sid`, or `#2` for the second one of its document.
    pub statement: String,
    /// The actions, highest access level first.
    pub actions: Vec<Action>,
    /// The statement's resources or, for trust, principals, as written.
    pub resources: Vec<String>,
    /// The principals of a statement in the policy of a resource, as written.
    pub principals: Vec<String>,
    /// The statement's conditions, as written.
    pub conditions: Vec<String>,
    /// The service control policy that denies the request on the other side, if it is one.
    pub limit: Option<String>,
    /// One request that this side allows and the other does not; missing if it is not known.
    pub witness: Option<Witness>,
}

/// A concrete request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The action.
    pub action: String,
    /// The resource or, for trust, who asks.
    pub target: String,
    /// Who calls, in the policy of a resource: a principal, or `anyone`.
    pub caller: Option<String>,
    /// Condition keys with their values; none for a key that the request lacks.
    pub context: Vec<(String, Vec<String>)>,
}

/// The operator, the key and the values of a condition as a [`Finding`] has it; `None` for what
/// represents a statement that is not understood.
pub fn asked(condition: &str) -> Option<(&str, &str, &str)> {
    let (asked, values) = condition.split_once(": ")?;
    let (operator, key) = asked.split_once(' ')?;
    Some((operator, key, values))
}

impl Finding {
    /// The statement's conditions whose keys the witness gives no value: it also meets them.
    pub fn unspelled(&self) -> Vec<&str> {
        let Some(witness) = &self.witness else {
            return Vec::new();
        };
        let is_unspelled = |condition: &&str| {
            let mut keys = witness.context.iter().map(|(key, _)| key);
            asked(condition).is_some_and(|(_, key, _)| {
                let is_given = keys.any(|own| own.eq_ignore_ascii_case(key));
                // A principal makes its calls in its own account.
                let is_own =
                    self.kind == RequestKind::Call && key.eq_ignore_ascii_case(own_account::KEY);
                !is_given && !is_own && !owner::says(&witness.target, key)
            })
        };
        let conditions = self.conditions.iter().map(String::as_str);
        conditions.filter(is_unspelled).collect()
    }

    /// Whether it is certain.
    pub fn is_certain(&self) -> bool {
        self.certainty == Certainty::Certain
    }
}

/// How many principals gain and lose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Principals that certainly gain.
    pub gain: usize,
    /// Principals that certainly lose.
    pub lose: usize,
    /// Principals that may gain, and things that are not examined.
    pub may_gain: usize,
    /// Principals that may lose.
    pub may_lose: usize,
}

impl Access {
    /// How many principals gain and lose.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally {
            may_gain: self.undecided.len(),
            ..Tally::default()
        };
        for principal in &self.principals {
            let count = principal.count();
            let sides = [
                (&principal.gains, &mut tally.gain, &mut tally.may_gain),
                (&principal.loses, &mut tally.lose, &mut tally.may_lose),
            ];
            for (findings, sure, maybe) in sides {
                if findings.iter().any(Finding::is_certain) {
                    *sure += count;
                } else if !findings.is_empty() {
                    *maybe += count;
                }
            }
        }
        tally
    }

    /// The same, none of which is certain because of `why`.
    #[must_use]
    pub fn uncertain(mut self, why: &str) -> Access {
        for change in &mut self.principals {
            for finding in change.gains.iter_mut().chain(&mut change.loses) {
                finding.certainty = finding.certainty.with(why);
            }
        }
        for undecided in &mut self.undecided {
            undecided.why = format!("{}; {why}", undecided.why);
        }
        self
    }

    /// The same with what `other` gives in addition, which is not certain because of `why`.
    #[must_use]
    pub fn with_uncertain(mut self, other: Access, why: &str) -> Access {
        let mut added = Vec::new();
        for mut change in other.principals {
            let gains = std::mem::take(&mut change.gains).into_iter();
            change.gains = gains.filter(|gain| !self.has(&change, gain)).collect();
            if change.gains.is_empty() {
                continue;
            }
            for gain in &mut change.gains {
                gain.certainty = gain.certainty.with(why);
            }
            change.loses.clear();
            added.push(change);
        }
        for mut undecided in other.undecided {
            if !self.undecided.contains(&undecided) {
                undecided.why = format!("{}; {why}", undecided.why);
                self.undecided.push(undecided);
            }
        }
        self.principals.extend(added);
        if self.reference.is_empty() {
            self.reference = other.reference;
        }
        self
    }

    /// Whether the principals of `change` are known to gain this.
    fn has(&self, change: &PrincipalChange, gain: &Finding) -> bool {
        self.principals.iter().any(|own| {
            let is_same = own.kind == change.kind && own.name == change.name;
            let ids = &change.logical_ids;
            is_same && ids.iter().all(|id| own.logical_ids.contains(id)) && own.gains.contains(gain)
        })
    }

    /// Whether some principal gains access, or may.
    pub fn is_widened(&self) -> bool {
        let tally = self.tally();
        tally.gain + tally.may_gain > 0
    }

    /// What differs for the principals of the macro `name`.
    pub fn of_macro<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a PrincipalChange> {
        self.principals.iter().filter(move |change| {
            let origin = change.origin.as_ref();
            origin.is_some_and(|origin| origin.name == name)
        })
    }

    /// Gives what is written by hand its line in the source; `line` knows it by logical id.
    pub fn place(&mut self, line: impl Fn(&str) -> Option<usize>) {
        for change in &mut self.principals {
            let own = change.logical_ids.first();
            change.line = change.line.or_else(|| line(own?));
        }
        for undecided in &mut self.undecided {
            undecided.line = undecided.line.or_else(|| line(&undecided.what));
        }
        for code in &mut self.code {
            code.line = code.line.or_else(|| line(code.resources.first()?));
        }
    }

    /// Whether nothing differs.
    pub fn is_same(&self) -> bool {
        self.principals.is_empty() && self.undecided.is_empty()
    }

    /// The reasons of what is not certain, each once.
    pub fn reasons(&self) -> Vec<String> {
        let findings = self
            .principals
            .iter()
            .flat_map(|principal| principal.gains.iter().chain(&principal.loses));
        let maybe = findings.filter_map(|finding| match &finding.certainty {
            Certainty::Maybe(why) => Some(why.clone()),
            Certainty::Certain => None,
        });
        let undecided = self.undecided.iter().map(|undecided| undecided.why.clone());
        let reasons: BTreeSet<String> = maybe.chain(undecided).collect();
        reasons.into_iter().collect()
    }
}
