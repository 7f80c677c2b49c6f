//! A pair of principals to what it gains and loses.
//!
//! In: the statements of both sides. Out: findings, with the texts of the account put back. Refuses
//! nothing: what cannot be decided is a "maybe" with its reason.

use crate::aws::actions::{AccessLevel, reference};
use crate::diff::access::changes::{Finding, Witness, asked};
use crate::diff::access::comparer::Comparer;
use crate::diff::access::federated::{OF_SESSIONS, may_federate, of_sessions};
use crate::diff::access::limits::LimitsOf;
use crate::diff::access::own_facts::OwnFacts;
use crate::diff::access::published::{ADDED, without_additions};
use crate::iam::Certainty;
use crate::iam::difference::universe::Home;
use crate::iam::difference::{CrossRegion, Judge, NewAccess, difference};
use crate::iam::evaluate::{Decision, Reason, evaluate};
use crate::iam::facts::{KnownSide, SideFacts};
use crate::iam::own_account::{self, in_account};
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::principals::{Principal, PrincipalKind};
use crate::iam::request::{Request, RequestKind, caller_and_resource};
use crate::template::resolve::{OWN, OwnId};
use crate::template::resources::{Body, File, Place};
use crate::template::symbol::Symbol;

/// What a pair of principals gains and loses, with marks.
#[derive(Clone, Default)]
pub(super) struct Verdict {
    pub(super) gains: Vec<Finding>,
    pub(super) loses: Vec<Finding>,
    /// Whether account ids in them are as they are written.
    pub(super) has_own_ids: bool,
}

impl<'run, 'text> Comparer<'run, 'text> {
    pub(super) fn decide(
        &self,
        old: Option<&Principal>,
        new: Option<&Principal>,
        own_id: &OwnId,
    ) -> Verdict {
        let mut verdict = self.decided(old, new, own_id);
        let condition = |file: &'run File<'text>, principal: &Principal| {
            let body = file.resources.get(principal.at)?.body.as_ref()?;
            body.data.get("Condition").cloned()
        };
        let before = old.and_then(|old| condition(self.old, old));
        let after = new.and_then(|new| condition(self.new, new));
        if before.is_some() && after.is_some() && before != after {
            let certain = verdict.gains.iter_mut().filter(|gain| gain.is_certain());
            for gain in certain {
                gain.certainty = Certainty::Maybe(OF_CONDITION.to_owned());
            }
        }
        verdict
    }

    /// The same, if it is created.
    fn decided(&self, old: Option<&Principal>, new: Option<&Principal>, own_id: &OwnId) -> Verdict {
        let (calls, [old_trust, new_trust]) = self.calls_of_both(old, new, own_id);
        let is_user =
            new.is_some_and(|new| matches!(new.kind, PrincipalKind::User | PrincipalKind::Group));
        let calls_of_sessions = is_user.then(|| calls.clone());
        let home = self.home(old, new, own_id);
        let own_facts = self.own_facts_of_both(old, new, own_id);
        let [old_do, new_do] = self.of_possible_requests(&own_facts, calls, &home);
        let facts = self.known_facts((old, new), own_id, &own_facts, &home);
        // Who assumes it is somebody else.
        let of_others = facts.each_ref().map(SideFacts::without_keys);
        let kinds = [
            (
                RequestKind::Assume,
                known([&old_trust, &new_trust], &of_others),
            ),
            (RequestKind::Call, known([&old_do, &new_do], &facts)),
        ];
        let mut verdict = self.verdict(&kinds, &home, own_id);
        let [of_old, of_new] = &own_facts;
        self.say_what_is_known(&mut verdict.gains, of_new);
        self.say_what_is_known(&mut verdict.loses, of_old);
        let may_federate = || may_federate(&self.judge(&home, CrossRegion::MayBe), &new_do);
        if let Some(calls) = calls_of_sessions.filter(|_| may_federate()) {
            let own_facts = [(); 2].map(|()| OwnFacts::of_federated_users(&home.account));
            let [old_do, new_do] =
                self.of_possible_requests(&own_facts, calls.map(of_sessions), &home);
            let kinds = [(RequestKind::Call, known([&old_do, &new_do], &of_others))];
            let of_sessions = self.verdict(&kinds, &home, own_id);
            add_of_sessions(&mut verdict.gains, of_sessions.gains);
        }
        verdict
    }

    /// What applies to a principal on both sides, with what limits its account, and who may assume it.
    pub(super) fn calls_of_both(
        &self,
        old: Option<&Principal>,
        new: Option<&Principal>,
        own_id: &OwnId,
    ) -> ([Permissions; 2], [Permissions; 2]) {
        let kept = self.kept(old, new);
        let side = |(file, side): (&File<'text>, LimitsOf), principal: Option<&Principal>| {
            principal.map_or_else(Default::default, |principal| {
                let (calls, trust) = self.sides(file, principal, own_id, &kept);
                let limits = self.limiting((file, side), principal, own_id);
                (calls.limited(limits), trust)
            })
        };
        let (old_calls, old_trust) = side((self.old, LimitsOf::Old), old);
        let (new_calls, new_trust) = side((self.new, LimitsOf::New), new);
        let new_calls = new_calls.limited(self.kept_denials(old, new, own_id));
        ([old_calls, new_calls], [old_trust, new_trust])
    }

    /// What every request says of the principal on both sides.
    pub(super) fn own_facts_of_both(
        &self,
        old: Option<&Principal>,
        new: Option<&Principal>,
        own_id: &OwnId,
    ) -> [OwnFacts; 2] {
        let own_facts = |file: &File<'_>, principal: Option<&Principal>| {
            let of = |principal: &Principal| {
                let caller = self.caller_name(file, principal, own_id);
                OwnFacts::of(principal.kind, caller.as_ref())
            };
            principal.map_or_else(OwnFacts::default, of)
        };
        [own_facts(self.old, old), own_facts(self.new, new)]
    }

    /// What is known of both sides, with what every request says.
    pub(super) fn known_facts(
        &self,
        (old, new): (Option<&Principal>, Option<&Principal>),
        own_id: &OwnId,
        own_facts: &[OwnFacts; 2],
        home: &Home,
    ) -> [SideFacts; 2] {
        let mut facts = self.facts_of_both(old, new, own_id);
        for (facts, own) in facts.iter_mut().zip(own_facts) {
            facts.is_called_by(own.said());
            facts.is_in(&home.account);
        }
        facts
    }

    /// What applies to a principal on both sides, for requests that it can send.
    pub(super) fn of_possible_requests(
        &self,
        facts: &[OwnFacts; 2],
        sides: [Permissions; 2],
        home: &Home,
    ) -> [Permissions; 2] {
        let sides = self.sent_by(facts, sides);
        sides.map(|calls| in_account(&self.atoms, calls, &home.account))
    }

    /// The same for those whose account is not known.
    pub(super) fn sent_by(
        &self,
        facts: &[OwnFacts; 2],
        [old, new]: [Permissions; 2],
    ) -> [Permissions; 2] {
        let names = self.names.borrow();
        let kept = |calls: Permissions, facts: &OwnFacts| {
            calls.flat_map(|statement| {
                let atoms = &mut self.atoms.borrow_mut();
                facts.kept_for((atoms, &names), statement)
            })
        };
        let [of_old, of_new] = facts;
        let (old, new) = (kept(old, of_old), kept(new, of_new));
        let present = of_new.present_keys(&mut self.atoms.borrow_mut(), [&old, &new]);
        let before = of_old.present_keys(&mut self.atoms.borrow_mut(), [&old, &new]);
        let present = [present, before].concat();
        [old, new].map(|calls| calls.where_true(&present))
    }

    /// Gives each example the values that the caller has for the keys in its statement's conditions.
    pub(super) fn say_what_is_known(&self, findings: &mut [Finding], facts: &OwnFacts) {
        for finding in findings {
            let Some(witness) = &mut finding.witness else {
                continue;
            };
            if finding.kind != RequestKind::Call {
                continue;
            }
            for (_, key, _) in finding.conditions.iter().filter_map(|text| asked(text)) {
                let key = key.to_ascii_lowercase();
                let is_given = witness.context.iter().any(|(own, _)| *own == key);
                if is_given || key == own_account::KEY {
                    continue;
                }
                if let Some(values) = facts.said_of(&key) {
                    let spelled = values.iter().map(|value| self.spelled(value));
                    witness.context.push((key, spelled.collect()));
                }
            }
            witness.context.sort();
        }
    }

    /// What is needed to decide at `home`.
    pub(super) fn judge<'a>(&'a self, home: &'a Home, cross_region: CrossRegion) -> Judge<'a> {
        Judge {
            reference: reference(),
            atoms: &self.atoms,
            home,
            cross_region,
        }
    }

    /// What the second permissions of each kind allow and the first do not, and the reverse.
    pub(super) fn verdict(
        &self,
        kinds: &[(RequestKind, [KnownSide<'_>; 2])],
        home: &Home,
        own_id: &OwnId,
    ) -> Verdict {
        let findings = |cross_region, is_gain| {
            let judge = self.judge(home, cross_region);
            let mut findings = Vec::new();
            for (kind, [old, new]) in kinds {
                let (from, to) = if is_gain { (*old, *new) } else { (*new, *old) };
                let mut new = difference(&judge, from, to, *kind);
                without_additions(to.permissions, &mut new);
                let sides = (from.permissions, to.permissions);
                let found = new.iter();
                let found = found.filter_map(|new| self.finding(sides, new, *kind));
                findings.extend(found);
                if is_gain {
                    findings.extend(self.named_in_account(&judge, [from, to], *kind));
                }
            }
            findings.sort_by(|a, b| by_level(a).cmp(&by_level(b)));
            once_each(findings)
        };
        let mut gains = findings(CrossRegion::MayBe, true);
        let added = gains
            .iter_mut()
            .filter(|finding| finding.statement == ADDED);
        added.for_each(|finding| finding.statement.clear());
        let mut loses = findings(CrossRegion::PassedOver, false);
        loses.retain(|finding| finding.statement != ADDED);
        Verdict {
            gains,
            loses,
            has_own_ids: matches!(own_id, OwnId::Known(_)),
        }
    }

    /// The region and the account of a pair.
    pub(super) fn home(
        &self,
        old: Option<&Principal>,
        new: Option<&Principal>,
        own_id: &OwnId,
    ) -> Home {
        let reader = |file: &'run File<'text>, principal: Option<&Principal>| {
            let principal = principal?;
            let body = file.resources.get(principal.at)?.body.as_ref()?;
            Some(self.reader(body, &principal.place, own_id.clone()))
        };
        let reader = reader(self.new, new).or_else(|| reader(self.old, old));
        let region = reader.as_ref().and_then(|reader| reader.region.clone());
        let own = reader.map(|reader| reader.own_account());
        Home {
            region: region.unwrap_or_else(|| "us-east-1".to_owned()),
            account: own.unwrap_or_else(|| Glob::literal(OWN).symbols),
        }
    }

    pub(super) fn finding(
        &self,
        (other, own): (&Permissions, &Permissions),
        new: &NewAccess,
        kind: RequestKind,
    ) -> Option<Finding> {
        let statement = own.statement(new.statement)?;
        let level = new
            .actions
            .first()
            .map_or(AccessLevel::Unknown, |action| action.level);
        Some(Finding {
            certainty: self.certainty((other, own), new),
            kind,
            level: if kind == RequestKind::Assume {
                AccessLevel::Permissions
            } else {
                level
            },
            policy: statement.policy.clone(),
            statement: statement.name.clone(),
            actions: new.actions.clone(),
            resources: statement.resources.clone(),
            principals: statement.principals.clone(),
            conditions: statement.conditions.clone(),
            limit: self.limit(other, new),
            witness: new
                .witness
                .as_ref()
                .map(|request| self.witness(request, kind)),
        })
    }

    fn witness(&self, request: &Request, kind: RequestKind) -> Witness {
        let principal = |symbols: &[Symbol]| self.spelled(symbols).replacen(':', " ", 1);
        let (caller, target) = match (kind, caller_and_resource(&request.target)) {
            (RequestKind::Assume, _) => (None, principal(&request.target)),
            (RequestKind::Resource, Some((caller, resource))) => {
                let caller = principal(caller);
                let caller = Some(caller).filter(|caller| !caller.is_empty());
                (caller, self.spelled(resource))
            }
            (RequestKind::Resource | RequestKind::Call, _) => (None, self.spelled(&request.target)),
        };
        // What the request says of its principal is what the caller is.
        let own = caller
            .as_deref()
            .and_then(|caller| caller.strip_prefix("AWS "));
        let of_caller = |key: &str| match key {
            "aws:principalarn" => own.filter(|arn| arn.starts_with("arn:aws:iam::")),
            own_account::KEY => own.and_then(|arn| arn.split(':').nth(4)),
            _ => None,
        };
        let values = |key: &str, values: &[Vec<Symbol>]| match of_caller(key) {
            Some(own) if !values.is_empty() => vec![own.to_owned()],
            _ => values.iter().map(|value| self.spelled(value)).collect(),
        };
        let context = request.context.iter();
        let context = context
            .map(|(key, all)| (key.clone(), values(key, all)))
            .collect();
        Witness {
            action: request.action.clone(),
            target,
            caller,
            context,
        }
    }

    /// How certain it is, if the value of something in its example is not known.
    fn certainty(&self, sides: (&Permissions, &Permissions), new: &NewAccess) -> Certainty {
        let names = self.names.borrow();
        let (Certainty::Certain, Some(request)) = (&new.certainty, &new.witness) else {
            return new.certainty.clone();
        };
        let mut both = request.symbols().filter_map(|symbol| match symbol {
            Symbol::Unknown(number) if names.is_read_both_ways(*number) => Some(*number),
            _ => None,
        });
        let why = match both.next() {
            Some(number) => format!(
                "`{}` may contain a variable, which only version 2012-10-17 resolves",
                names.name(number)
            ),
            None => match self.result_in_doubt(sides, request) {
                Some(number) => format!("what `{}` resolves to is not known", names.name(number)),
                None => return Certainty::Certain,
            },
        };
        Certainty::Maybe(why)
    }

    /// What a function returns, if by that the other side may also allow the request: it is in the request, or in what
    /// only the other side says.
    fn result_in_doubt(
        &self,
        (other, own): (&Permissions, &Permissions),
        request: &Request,
    ) -> Option<u32> {
        let names = self.names.borrow();
        let mut given = request.symbols().filter_map(|symbol| match symbol {
            Symbol::Unknown(number) if names.is_result(*number) => Some(*number),
            _ => None,
        });
        let given = given.next();
        let is_own = |number: u32| {
            let patterns = own.allow.iter().flat_map(|statement| {
                let principals = statement.grant.principals.iter();
                principals.chain([&statement.grant.resources])
            });
            let mut symbols =
                patterns.flat_map(|own| own.globs.iter().flat_map(|glob| &glob.symbols));
            symbols.any(|symbol| *symbol == Symbol::Unknown(number))
        };
        match evaluate(&self.atoms.borrow(), other, request) {
            Decision::Denied(_) | Decision::NotAllowed => None,
            Decision::Undecided(Reason::Value(number)) if given.is_none() => {
                Some(number).filter(|number| names.is_result(*number) && !is_own(*number))
            }
            Decision::Allowed(_) | Decision::Undecided(_) => given,
        }
    }

    /// A finding of `verdict` with the account of `body` put back.
    pub(super) fn restored(
        &self,
        verdict: &Verdict,
        finding: &Finding,
        body: Option<&Body<'_>>,
        place: &Place,
    ) -> Finding {
        let put = |text: &str| match body {
            Some(body) => self.put_in(text, body, place),
            None => text.to_owned(),
        };
        // If account ids are as they are written, nothing represents one.
        let written = |text: &str| match body {
            Some(body) if verdict.has_own_ids => body.restore(text),
            _ => put(text),
        };
        let all = |texts: &[String]| texts.iter().map(|text| written(text)).collect();
        let mut finding = finding.clone();
        finding.policy = put(&finding.policy);
        finding.resources = all(&finding.resources);
        finding.principals = all(&finding.principals);
        finding.conditions = all(&finding.conditions);
        if let Certainty::Maybe(why) = &finding.certainty {
            finding.certainty = Certainty::Maybe(put(why));
        }
        if let Some(witness) = &mut finding.witness {
            witness.target = written(&witness.target);
            witness.caller = witness.caller.as_deref().map(written);
            for value in witness.context.iter_mut().flat_map(|(_, values)| values) {
                *value = written(value);
            }
        }
        finding
    }
}

/// Both sides with what is known of them.
pub(super) fn known<'a>(
    [old, new]: [&'a Permissions; 2],
    facts: &'a [SideFacts; 2],
) -> [KnownSide<'a>; 2] {
    let [of_old, of_new] = facts;
    let side = |permissions, facts| KnownSide { permissions, facts };
    [side(old, of_old), side(new, of_new)]
}

/// The findings, where who may assume it is reported once: a statement of a trust policy may be read as
/// several, each with an example.
fn once_each(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        let is_said = |other: &Finding| {
            let is_as_sure = other.is_certain() || other.certainty == finding.certainty;
            is_as_sure && is_same_statement(other, &finding) && other.actions == finding.actions
        };
        if finding.kind != RequestKind::Assume || !kept.iter().any(is_said) {
            kept.push(finding);
        }
    }
    kept
}

/// Adds what the sessions of such tokens gain, where the user itself does not.
fn add_of_sessions(gains: &mut Vec<Finding>, of_sessions: Vec<Finding>) {
    let more = of_sessions.into_iter().filter(|finding| {
        let mut own = gains.iter().filter(|own| is_same_statement(own, finding));
        !own.any(|own| {
            finding
                .actions
                .iter()
                .all(|action| own.actions.contains(action))
        })
    });
    let more: Vec<Finding> = more
        .map(|finding| Finding {
            certainty: match finding.certainty {
                Certainty::Certain => Certainty::Maybe(OF_SESSIONS.to_owned()),
                maybe @ Certainty::Maybe(_) => maybe,
            },
            ..finding
        })
        .collect();
    gains.extend(more);
    gains.sort_by(|a, b| by_level(a).cmp(&by_level(b)));
}

fn is_same_statement(a: &Finding, b: &Finding) -> bool {
    let of = |finding: &Finding| (finding.kind, finding.level);
    of(a) == of(b)
        && (&a.policy, &a.statement, &a.limit) == (&b.policy, &b.statement, &b.limit)
        && (&a.resources, &a.principals, &a.conditions)
            == (&b.resources, &b.principals, &b.conditions)
}

/// The order of findings: who can assume it first, then what is certain, then by access level.
pub(super) fn by_level(finding: &Finding) -> (RequestKind, bool, AccessLevel, &str) {
    let is_maybe = !finding.is_certain();
    (finding.kind, is_maybe, finding.level, &finding.policy)
}

/// Why a gain is a maybe if another condition than before says whether the principal is created.
const OF_CONDITION: &str = "its `Condition` is another one, and may keep it from being created";
