//! What one resource type needs of one action, as narrow as can be.
//!
//! In: a type, an action, and the types of the app. Out: [`NarrowGrant`]s with their ARNs and limits, and
//! whether inference may grant them. Refuses nothing.
//!
//! The hard part is tags. A name narrows best, but AWS chooses the names of many resources. Then a
//! tag tells the app's from others, if the resource can have one: creating asks for it, changing asks
//! for it, and adding it stays possible as long as there is none, because services tag what they
//! create with a call of its own.

use std::collections::BTreeSet;

use crate::aws::actions::{AccessLevel, reference};
use crate::aws::handlers::{CalledAction, Handler, ResourceType, handlers};
use crate::infer::arns::{ArnPattern, ArnReach, ArnShare, Arns};
use crate::infer::partial::held::{HoldQuestion, HoldVerdict, verdict};
use crate::infer::partial::limits::Limit;
use crate::infer::partial::linked::linked_services;
use crate::infer::passing::passed_to;

/// Whether a statement reads, writes, or does something that has conditions of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum GrantClass {
    /// It writes.
    Write,
    /// It sets the first tags of a resource.
    TagNew,
    /// It reads.
    Read,
    /// It passes a role.
    PassRole,
    /// It creates a role of AWS's own.
    LinkedRole,
}

/// ARNs that an action is granted on, all with the same limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NarrowGrant {
    pub(crate) class: GrantClass,
    pub(crate) reach: ArnReach,
    /// Whether the ARNs are not what the action is about: its calls are also checked on them.
    pub(crate) is_beside: bool,
    pub(crate) limits: BTreeSet<Limit>,
    pub(crate) arns: BTreeSet<ArnPattern>,
}

/// What a type needs of an action.
#[derive(Clone, Debug)]
pub(crate) struct Narrowed {
    /// Whether inference may grant it.
    pub(crate) verdict: HoldVerdict,
    /// What it would grant.
    pub(crate) grants: Vec<NarrowGrant>,
}

/// How many formats of an action are listed. An action that may be asked for more, such as one that
/// tags every kind of resource, gets one pattern for all.
const MANY: usize = 12;

/// What the type `type_name` needs of `action`. `types` are those of the app: a resource of one of
/// them can have the app's tag.
pub(crate) fn narrow(
    arns: &Arns,
    types: &BTreeSet<&str>,
    type_name: &str,
    action: &str,
) -> Narrowed {
    let facts = arns.facts(type_name);
    let asker = Asker {
        arns,
        types,
        known: facts.known.as_ref(),
        called: handlers().action(action),
        type_name,
        action,
        level: reference().level(action).unwrap_or(AccessLevel::Unknown),
    };
    let patterns = few(arns.narrowed(type_name, action));
    let grants = asker.grants(patterns);
    let about = || grants.iter().filter(|grant| !grant.is_beside);
    let reach = about().map(|grant| grant.reach).max();
    let reach = reach.unwrap_or(ArnReach::Any);
    let limited = |grant: &NarrowGrant| {
        grant.limits.contains(&Limit::RequestTag) || grant.limits.contains(&Limit::ResourceTag)
    };
    let texts: Vec<&str> = grants
        .iter()
        .flat_map(|grant| &grant.arns)
        .map(|arn| arn.text.as_str())
        .collect();
    let verdict = verdict(HoldQuestion {
        action,
        level: asker.effective_level(),
        arns: &texts,
        reach,
        is_limited_by_tag: about().all(limited),
        passed_to: passed_to(type_name),
    });
    Narrowed { verdict, grants }
}

/// The patterns, or one for all of their service if there are many.
fn few(patterns: Vec<ArnPattern>) -> Vec<ArnPattern> {
    if patterns.len() <= MANY {
        return patterns;
    }
    let (own, others): (Vec<ArnPattern>, Vec<ArnPattern>) = patterns
        .into_iter()
        .partition(|arn| arn.share != ArnShare::Other);
    if others.is_empty() {
        return own;
    }
    let heads: BTreeSet<String> = others.iter().filter_map(|arn| head(&arn.text)).collect();
    let has_resource_tags = others.iter().all(|arn| arn.has_resource_tags);
    let whole = heads.into_iter().map(|head| ArnPattern {
        text: format!("{head}*"),
        reach: ArnReach::Kind,
        share: ArnShare::Other,
        has_resource_tags,
        kind: String::new(),
        format: String::new(),
    });
    own.into_iter().chain(whole).collect()
}

/// An ARN up to its last field. The variables of CloudFormation in it contain colons.
fn head(arn: &str) -> Option<String> {
    let plain = arn.replace("AWS::", "AWS..");
    let end = plain.match_indices(':').nth(4)?.0;
    arn.get(..=end).map(str::to_owned)
}

/// Who asks for what.
struct Asker<'a> {
    arns: &'a Arns,
    types: &'a BTreeSet<&'a str>,
    known: Option<&'a ResourceType<'static>>,
    called: Option<CalledAction<'static>>,
    type_name: &'a str,
    action: &'a str,
    level: AccessLevel,
}

impl Asker<'_> {
    fn grants(&self, patterns: Vec<ArnPattern>) -> Vec<NarrowGrant> {
        if self.action == "iam:PassRole" {
            let services = passed_to(self.type_name).iter();
            let services = services.map(|service| service.replace("eu-west-1", "${AWS::Region}"));
            let limit = Limit::PassedTo(services.collect());
            return vec![NarrowGrant {
                class: GrantClass::PassRole,
                reach: ArnReach::App,
                is_beside: false,
                limits: BTreeSet::from([limit]),
                arns: patterns.into_iter().collect(),
            }];
        }
        if self.action == "iam:CreateServiceLinkedRole" {
            return vec![self.linked_role(&patterns)];
        }
        let mut grants: Vec<NarrowGrant> = Vec::new();
        for pattern in patterns {
            let is_beside = pattern.reach != ArnReach::App
                && matches!(pattern.share, ArnShare::Required | ArnShare::Optional);
            for (class, limits) in self.limits(&pattern) {
                let grant = NarrowGrant {
                    class,
                    reach: pattern.reach,
                    is_beside,
                    limits,
                    arns: BTreeSet::new(),
                };
                let known = grants.iter().position(|one| {
                    let arns = one.arns.clone();
                    *one == NarrowGrant {
                        arns,
                        ..grant.clone()
                    }
                });
                if known.is_none() {
                    grants.push(grant);
                }
                let at = known.unwrap_or(grants.len() - 1);
                if let Some(grant) = grants.get_mut(at) {
                    grant.arns.insert(pattern.clone());
                }
            }
        }
        grants
    }

    /// The role of AWS's own for the type's service.
    fn linked_role(&self, patterns: &[ArnPattern]) -> NarrowGrant {
        let prefix = self.known.map_or("", |known| known.service);
        let services = linked_services(self.type_name, prefix);
        let (role, arns) = ("role/{{appId}}-*", patterns.iter());
        let arns = arns.flat_map(|arn| {
            services.iter().map(|service| ArnPattern {
                text: arn
                    .text
                    .replace(role, &format!("role/aws-service-role/{service}/*")),
                reach: ArnReach::Kind,
                ..arn.clone()
            })
        });
        NarrowGrant {
            class: GrantClass::LinkedRole,
            reach: ArnReach::Kind,
            is_beside: false,
            arns: arns.collect(),
            limits: BTreeSet::from([Limit::LinkedTo(services.iter().cloned().collect())]),
        }
    }

    /// The classes and limits of the statements that a pattern takes.
    fn limits(&self, pattern: &ArnPattern) -> Vec<(GrantClass, BTreeSet<Limit>)> {
        if self.is_read() {
            return vec![(GrantClass::Read, BTreeSet::new())];
        }
        let base = self.limits_of_action();
        let with = |class, more: &[Limit]| {
            let limits = base.iter().chain(more).cloned().collect();
            (class, limits)
        };
        if pattern.reach == ArnReach::App {
            return vec![with(GrantClass::Write, &[])];
        }
        let by_tag = self.by_tag(pattern);
        if by_tag.is_empty() {
            return vec![with(GrantClass::Write, &[])];
        }
        by_tag
            .iter()
            .map(|(class, limits)| with(*class, limits))
            .collect()
    }

    /// What tags can say of a pattern without a name; nothing if the resource cannot have one.
    fn by_tag(&self, pattern: &ArnPattern) -> Vec<(GrantClass, Vec<Limit>)> {
        use GrantClass::{TagNew, Write};
        use Limit::{NoResourceTag, RequestTag, ResourceTag};

        let sets_tags = self.has_request_tags();
        if self.tags() && pattern.has_resource_tags && self.may_tag(pattern) {
            let first = if sets_tags {
                vec![RequestTag, NoResourceTag]
            } else {
                vec![NoResourceTag]
            };
            return if self.removes_tags() {
                vec![(Write, vec![ResourceTag])]
            } else {
                vec![(TagNew, first), (Write, vec![ResourceTag])]
            };
        }
        if self.tags() {
            return Vec::new();
        }
        let is_own = matches!(pattern.share, ArnShare::Own) || pattern.reach == ArnReach::Any;
        let known = self.known;
        if let (true, Some(known)) = (is_own, known.filter(|known| known.tag_property.is_some()))
            && self.is_called_by(Handler::Create)
            && !self.is_called_by(Handler::Delete)
        {
            let is_set = sets_tags && known.tags_on_create;
            // What also updates need not set tags again, and what may not create acts on what has
            // them.
            let updates = self.is_called_by(Handler::Update);
            let changes = updates || !self.creates();
            match (is_set, pattern.has_resource_tags) {
                (true, true) if changes => {
                    return vec![(Write, vec![RequestTag]), (Write, vec![ResourceTag])];
                }
                (true, false) if updates => return Vec::new(),
                (true, _) => return vec![(Write, vec![RequestTag])],
                (false, _) if self.created().is_some() => return Vec::new(),
                (false, _) => {}
            }
        }
        if pattern.has_resource_tags && self.is_tagged(pattern) {
            return vec![(Write, vec![ResourceTag])];
        }
        Vec::new()
    }

    /// Whether what the pattern stands for is the app's, and can have its tag.
    fn is_tagged(&self, pattern: &ArnPattern) -> bool {
        let can_be_tagged = |known: Option<&ResourceType<'_>>| {
            known.is_some_and(|known| known.tag_property.is_some())
        };
        match pattern.share {
            ArnShare::Own => can_be_tagged(self.known),
            ArnShare::Parent => self.types.iter().any(|name| {
                self.arns.has(name, pattern) && can_be_tagged(self.arns.facts(name).known.as_ref())
            }),
            ArnShare::Other | ArnShare::Required | ArnShare::Optional => false,
        }
    }

    /// Whether a tagging action can be limited to what is not tagged yet. If a type asks for
    /// another service's resources, it creates them.
    fn may_tag(&self, pattern: &ArnPattern) -> bool {
        self.is_tagged(pattern) || pattern.share == ArnShare::Other
    }

    /// Limits that the action has whatever it is asked for.
    fn limits_of_action(&self) -> Vec<Limit> {
        let (service, name) = self.action.split_once(':').unwrap_or_default();
        match (service, name) {
            ("kms", "CreateGrant") => vec![Limit::ForService],
            ("kms", "CreateKey" | "PutKeyPolicy" | "ReplicateKey") => vec![Limit::KeepsManageable],
            ("kms", name) if is_use_of_key(name) => vec![Limit::ThroughService],
            ("lambda", name)
                if name.ends_with("FunctionUrlConfig") && !name.starts_with("Delete") =>
            {
                vec![Limit::SignedUrl]
            }
            ("secretsmanager", "PutResourcePolicy") => vec![Limit::NotPublic],
            _ => Vec::new(),
        }
    }

    /// The access level: that of the reference, or what the name says.
    fn effective_level(&self) -> AccessLevel {
        match self.level {
            AccessLevel::Unknown if names_a_read(self.action) => AccessLevel::Read,
            level => level,
        }
    }

    fn is_read(&self) -> bool {
        matches!(
            self.effective_level(),
            AccessLevel::Read | AccessLevel::List
        )
    }

    /// Whether it changes tags and nothing else.
    fn tags(&self) -> bool {
        self.level == AccessLevel::Tagging || (self.is_tagging() && self.action.contains("Tag"))
    }

    fn is_tagging(&self) -> bool {
        let known = self.known;
        let mut actions = known.into_iter().flat_map(|known| &known.actions);
        actions.any(|known| known.is_tagging && known.name == self.action)
    }

    fn removes_tags(&self) -> bool {
        let name = self.action.split_once(':').map_or("", |(_, name)| name);
        ["Untag", "Remove", "Delete"]
            .iter()
            .any(|verb| name.starts_with(verb))
    }

    fn has_request_tags(&self) -> bool {
        let called = self.called.as_ref();
        called.is_some_and(|called| called.has_request_tags)
    }

    /// Whether its name says that it creates a resource of the type.
    fn creates(&self) -> bool {
        let known = self.known;
        let short = known.and_then(|known| known.name.rsplit("::").next());
        let is_it = |noun: &str| {
            short.is_some_and(|short| noun.trim_end_matches('s').eq_ignore_ascii_case(short))
        };
        self.created().is_some_and(is_it)
    }

    /// What its name says that it creates: then there may be no tag to ask for yet.
    fn created(&self) -> Option<&str> {
        const VERBS: &[&str] = &[
            "Allocate",
            "Copy",
            "Create",
            "Import",
            "Issue",
            "Provision",
            "Publish",
            "Put",
            "Register",
            "Request",
            "Restore",
            "Run",
            "Start",
            "Upload",
        ];
        let (_, name) = self.action.split_once(':')?;
        VERBS.iter().find_map(|verb| name.strip_prefix(verb))
    }

    fn is_called_by(&self, handler: Handler) -> bool {
        let known = self.known;
        let mut actions = known.into_iter().flat_map(|known| &known.actions);
        actions.any(|known| known.name == self.action && known.is_called_by(handler))
    }
}

fn is_use_of_key(name: &str) -> bool {
    ["Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey"]
        .iter()
        .any(|use_of| name.starts_with(use_of))
}

fn names_a_read(action: &str) -> bool {
    let name = action.split_once(':').map_or("", |(_, name)| name);
    ["Get", "Describe", "List", "BatchGet", "Head", "Search"]
        .iter()
        .any(|verb| name.starts_with(verb))
}
