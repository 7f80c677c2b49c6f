//! Who may do something, and why.
//!
//! In: an expanded template that was read, and a question. Out: a [`PrincipalAnswer`] for each principal
//! that is meant, those with the same answer in many accounts together. Refuses a question about nobody,
//! and one that no request matches.
//!
//! The hard part is speed: principals that are equal but for the account are decided once. So an account
//! id in the question is that of the principal, or it is another one: that is all that differs.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use crate::aws::actions::reference;
use crate::aws::wildcard::{is_pattern, matches};
use crate::diagnostic::{Diagnostic, Shown as _, nearest};
use crate::diff::access::alone::{FileAlone, PrincipalIdentity};
use crate::diff::access::changes::Origin;
use crate::diff::access::comparer::AccessContext;
use crate::diff::access::pair::Signature;
use crate::diff::access::reading::ReadPair;
use crate::iam::PrincipalKind;
use crate::iam::can::{Answer, can};
use crate::iam::difference::universe::Home;
use crate::iam::difference::{CrossRegion, Judge};
use crate::iam::pattern::Glob;
use crate::iam::permissions::Permissions;
use crate::iam::principals::Principal;
use crate::iam::request::RequestReach;
use crate::iam::statement::{Grant, Statement};
use crate::query::answer::{Permitted, PrincipalAnswer, QueryRefusal};
use crate::query::decide::{DecidedQuestion, decide, requests};
use crate::query::question::{AccessQuestion, Among, Chains, Who};
use crate::query::rules::{IMPOSSIBLE_REQUEST, UNKNOWN_PRINCIPAL};
use crate::query::through::assumers;
use crate::template::resolve::{OWN, OwnId};

/// A template of a run, read for questions.
pub struct AskedTemplate<'run> {
    /// Its text and accounts.
    pub read: &'run ReadPair<'run>,
    /// What the run knows in addition to the text.
    pub known: &'run AccessContext<'run>,
    /// Its path, as shown.
    pub source: &'run str,
    /// The lines of the resources in it that are written by hand, by logical id.
    pub line: &'run dyn Fn(&str) -> Option<usize>,
}

/// The names that a question could have meant.
#[derive(Clone, Debug, Default)]
pub struct KnownNames {
    principals: BTreeSet<String>,
    macros: BTreeSet<String>,
    stages: BTreeSet<String>,
    accounts: BTreeSet<String>,
    /// Whether somebody was meant.
    is_met: bool,
}

/// What is answered about the principals of a template that are meant. The names that it has are added to
/// `names`.
///
/// # Errors
///
/// Why the template cannot be read.
pub fn answers(
    template: &AskedTemplate<'_>,
    question: &AccessQuestion,
    names: &mut KnownNames,
) -> Result<Vec<PrincipalAnswer>, String> {
    let file = FileAlone::of(template.read, template.known).map_err(str::to_owned)?;
    let mut asking = Asking {
        template,
        file: &file,
        question,
        decided: Vec::new(),
        known: HashMap::new(),
        policies: file.policies_of_resources(|service| question.is_about(service)),
    };
    let mut answers: Vec<PrincipalAnswer> = Vec::new();
    let mut groups: HashMap<(usize, PrincipalKind, String, Option<Origin>), usize> = HashMap::new();
    for principal in file.principals() {
        let Some(identity) = file.identity(principal) else {
            continue;
        };
        names.add(&identity);
        if !asking.is_meant(principal, &identity) {
            continue;
        }
        names.is_met = true;
        let Some((at, own_id)) = asking.decided(principal, &identity) else {
            continue;
        };
        let key = (
            at,
            principal.kind,
            identity.name.clone(),
            identity.origin.clone(),
        );
        let known = groups.get(&key).copied();
        if let Some(known) = known.and_then(|at| answers.get_mut(at)) {
            known.logical_ids.push(identity.logical_id);
            known.accounts.extend(identity.account);
        } else {
            groups.insert(key, answers.len());
            answers.extend(asking.answer(principal, identity, (at, &own_id)));
        }
    }
    Ok(answers)
}

/// Why a question is about no request at all, if it is.
pub fn impossible(question: &AccessQuestion) -> Option<Diagnostic> {
    let atoms = RefCell::default();
    let requests = requests(&atoms, question, &str::to_owned, RequestReach::Anywhere);
    let home = Home {
        region: "us-east-1".to_owned(),
        account: Glob::literal(OWN).symbols,
    };
    let judge = Judge {
        reference: reference(),
        atoms: &atoms,
        home: &home,
        cross_region: CrossRegion::MayBe,
    };
    let everything = Permissions {
        allow: vec![Statement::of(Grant::everything())],
        ..Permissions::default()
    };
    if can(&judge, &everything, &requests) != Answer::NotAllowed {
        return None;
    }
    let mut open = requests.clone();
    open.grant.literals.clear();
    let action = question.action.shown();
    if can(&judge, &everything, &open) != Answer::NotAllowed {
        let message = format!("no request with `{action}` has these condition keys");
        let help = "look at the values of `--where`: a key with one value can have only one";
        return Some(Diagnostic::without_place(&IMPOSSIBLE_REQUEST, message).help(help));
    }
    let resource = question.resource.shown();
    let message = format!("`{action}` does not support the resource `{resource}`");
    let help = "look at the ARN, or leave the resource out to ask about any";
    Some(Diagnostic::without_place(&IMPOSSIBLE_REQUEST, message).help(help))
}

impl KnownNames {
    fn add(&mut self, identity: &PrincipalIdentity) {
        self.principals.insert(identity.name.clone());
        if let Some(origin) = &identity.origin {
            if !self.macros.contains(&origin.name) {
                self.macros.insert(origin.name.clone());
            }
            self.stages.extend(origin.stage.clone());
        }
        self.accounts.extend(identity.account.clone());
    }

    /// Why nobody was meant, if nobody was.
    pub fn nobody(&self, question: &AccessQuestion) -> Option<Diagnostic> {
        if self.is_met {
            return None;
        }
        let Among {
            stage,
            account,
            macro_name,
        } = &question.among;
        let filters = [
            ("macro", macro_name, &self.macros),
            ("stage", stage, &self.stages),
            ("account", account, &self.accounts),
        ];
        for (what, wanted, known) in filters {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| !known.contains(*wanted)) {
                return Some(unknown(what, wanted, known));
            }
        }
        let Who::Named(name) = &question.who else {
            let message = "the templates have no principal of this macro, stage, and account";
            let help = "leave out `--macro`, `--stage`, or `--account`";
            return Some(Diagnostic::without_place(&UNKNOWN_PRINCIPAL, message).help(help));
        };
        let all: BTreeSet<String> = self.principals.union(&self.macros).cloned().collect();
        if all.contains(name) {
            let message = format!(
                "`{}` is not in what `--macro`, `--stage`, or `--account` names",
                name.shown()
            );
            let help = "leave out `--macro`, `--stage`, or `--account`";
            return Some(Diagnostic::without_place(&UNKNOWN_PRINCIPAL, message).help(help));
        }
        Some(unknown("principal or macro", name, &all))
    }
}

fn unknown(what: &str, name: &str, known: &BTreeSet<String>) -> Diagnostic {
    let message = format!("the templates have no {what} `{}`", name.shown());
    let near = nearest(name, known.iter().map(String::as_str));
    let help = match (near, known.first()) {
        (Some(near), _) => format!("did you mean `{}`?", near.shown()),
        (None, Some(one)) => format!("name one that they have, for example `{}`", one.shown()),
        (None, None) => "ask about everybody with `'*'`".to_owned(),
    };
    Diagnostic::without_place(&UNKNOWN_PRINCIPAL, message).help(help)
}

/// One question to one file.
struct Asking<'a, 'run, 'text> {
    template: &'a AskedTemplate<'run>,
    file: &'a FileAlone<'run, 'text>,
    question: &'a AccessQuestion,
    decided: Vec<DecidedQuestion>,
    /// By what decides, and whether the question is about its own account.
    known: HashMap<(Signature, bool), usize>,
    /// What holds the policy of a resource that may be asked about.
    policies: Vec<String>,
}

impl Asking<'_, '_, '_> {
    fn is_meant(&self, principal: &Principal, identity: &PrincipalIdentity) -> bool {
        let Among {
            stage,
            account,
            macro_name,
        } = &self.question.among;
        let is = |wanted: &Option<String>, own: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == own
        };
        let origin = identity.origin.as_ref();
        let is_of_account =
            is(account, identity.account.as_deref()) || is(account, identity.account_id.as_deref());
        is(macro_name, origin.map(|origin| origin.name.as_str()))
            && is(stage, origin.and_then(|origin| origin.stage.as_deref()))
            && is_of_account
            && self.is_named(principal, identity)
    }

    fn is_named(&self, principal: &Principal, identity: &PrincipalIdentity) -> bool {
        let Who::Named(name) = &self.question.who else {
            return true;
        };
        let is = |own: &str| {
            if is_pattern(name) {
                matches(name, own)
            } else {
                name == own
            }
        };
        if !name.starts_with("arn:") {
            let kind = principal.kind.word();
            let of_macro = identity.origin.as_ref().map(|origin| origin.name.as_str());
            return is(&identity.name)
                || is(&identity.logical_id)
                || name
                    .strip_prefix(kind)
                    .and_then(|rest| rest.strip_prefix('/'))
                    == Some(identity.name.as_str())
                || of_macro == Some(name);
        }
        let Some(arn) = self.file.arn(principal) else {
            return false;
        };
        // Who has assumed a role makes its calls.
        let of_session = || {
            let rest = name.strip_prefix("arn:aws:sts::")?;
            let (account, rest) = rest.split_once(":assumed-role/")?;
            let (role, _) = rest.split_once('/')?;
            let is_own = identity.account_id.as_deref() == Some(account);
            Some(is_own && principal.kind == PrincipalKind::Role && role == identity.name)
        };
        is(&arn) || of_session() == Some(true)
    }

    /// The number of what decides about `principal`, and how its account id is read.
    fn decided(
        &mut self,
        principal: &Principal,
        identity: &PrincipalIdentity,
    ) -> Option<(usize, OwnId)> {
        let signature = self.file.signature(principal)?;
        let id = identity.account_id.as_deref();
        let mut own_id = self.file.own_id(principal, &signature);
        // Some digits of the question may be those of the account.
        if let (Some(id), true) = (id, self.has_parts_of_ids()) {
            own_id = OwnId::Known(id.to_owned());
            return Some((self.decide(principal, &own_id, id), own_id));
        }
        let is_own = id.is_some_and(|id| self.mentions(id));
        let key = (signature, is_own);
        if let Some(at) = self.known.get(&key) {
            return Some((*at, own_id));
        }
        let at = self.decide(principal, &own_id, id.unwrap_or_default());
        self.known.insert(key, at);
        Some((at, own_id))
    }

    fn decide(&mut self, principal: &Principal, own_id: &OwnId, id: &str) -> usize {
        let applied = self.file.applied(principal, own_id);
        let text = |text: &str| match FileAlone::mark(own_id) {
            Some(mark) if !id.is_empty() => text.replace(id, mark),
            _ => text.to_owned(),
        };
        let reach = self.reach(id);
        let requests = requests(self.file.atoms(), self.question, &text, reach);
        let decided = decide(self.file, &applied, &requests);
        let is_on_any = self.question.resource == "*";
        self.decided
            .push(decided.with_policies_of_resources(&self.policies, is_on_any));
        self.decided.len() - 1
    }

    /// Whose resources are meant: those of the principal's own account, unless the ARN names another. To
    /// assume a role is to reach into another account.
    fn reach(&self, id: &str) -> RequestReach {
        let account = self.question.resource.split(':').nth(4);
        let is_sts = self
            .question
            .action
            .to_ascii_lowercase()
            .starts_with("sts:");
        match account {
            _ if is_sts => RequestReach::Anywhere,
            None | Some("" | "*") => RequestReach::OwnAccount,
            Some(account) if account == id => RequestReach::OwnAccount,
            Some(_) => RequestReach::Anywhere,
        }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let values = self.question.keys.values().flat_map(|key| &key.values);
        let values = values.map(String::as_str);
        [self.question.resource.as_str()].into_iter().chain(values)
    }

    fn mentions(&self, id: &str) -> bool {
        self.texts().any(|text| text.contains(id))
    }

    /// Whether a text of the question may match an account id by some of its digits.
    fn has_parts_of_ids(&self) -> bool {
        self.texts().any(|text| {
            let is_wild = |c: char| c == '*' || c == '?';
            let is_digit = |c: char| c.is_ascii_digit();
            let mut parts = text.split(|c: char| !is_wild(c) && !is_digit(c));
            let fields: Vec<&str> = text.split(':').collect();
            match (text.starts_with("arn:"), fields.get(4)) {
                (true, Some(account)) => {
                    account.contains(is_wild) && account.contains(|c| is_digit(c) || c == '?')
                }
                _ => parts.any(|part| {
                    part.contains(is_wild) && part.contains(|c| is_digit(c) || c == '?')
                }),
            }
        })
    }

    fn answer(
        &self,
        principal: &Principal,
        identity: PrincipalIdentity,
        (at, own_id): (usize, &OwnId),
    ) -> Option<PrincipalAnswer> {
        let decided = self.decided.get(at)?;
        let restored = |text: &String| self.file.restored_text(principal, text);
        let refusals = decided.refusals.iter().map(|refusal| QueryRefusal {
            kind: refusal.kind,
            policy: restored(&refusal.policy),
            statement: refusal.statement.clone(),
            conditions: refusal.conditions.iter().map(restored).collect(),
        });
        let line = match &identity.origin {
            Some(origin) => Some(origin.line),
            None => (self.template.line)(&identity.logical_id),
        };
        let by = self.file.restored(principal, own_id, &decided.by);
        Some(PrincipalAnswer {
            kind: principal.kind,
            name: identity.name,
            logical_ids: vec![identity.logical_id],
            accounts: identity.account.into_iter().collect(),
            origin: identity.origin,
            source: self.template.source.to_owned(),
            line,
            permitted: decided.permitted,
            extent: decided.extent,
            partials: vec![None; by.len()],
            by,
            refusals: refusals.collect(),
            reasons: decided.reasons.iter().map(restored).collect(),
            assumers: match (self.question.chains, decided.permitted) {
                (Chains::LeftOut, _) | (_, Permitted::No) => Vec::new(),
                (Chains::Followed, _) => assumers(self.file, principal),
            },
        })
    }
}
