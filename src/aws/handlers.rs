//! What CloudFormation calls for each resource type, and how the ARNs of its resources look.
//!
//! In: the packed data that `handlers/make.py` writes. Out: [`ResourceType`]s by name, and
//! [`CalledAction`]s: the actions that some handler calls, with the ARN formats that they may be
//! asked for. It is unpacked when it is first asked for. `NOTICE.md` names the sources.
//!
//! [`actions`](super::actions) knows the access level of every action; this module asks it.

use std::ops::Range;
use std::sync::OnceLock;

use crate::aws::actions::{AccessLevel, reference};
use crate::aws::packed::unpack;

static PACKED: &[u8] = include_bytes!("handlers/handlers.z");

/// A custom resource is one type, whatever follows `Custom::` in its name.
const CUSTOM_RESOURCE: &str = "AWS::CloudFormation::CustomResource";

/// A handler of a resource type that stack operations call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Handler {
    /// `create`.
    Create,
    /// `update`.
    Update,
    /// `delete`.
    Delete,
    /// `read`, which follows each create and update.
    Read,
}

impl Handler {
    /// All handlers.
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::Read];

    fn bit(self) -> u8 {
        match self {
            Self::Create => 1,
            Self::Update => 2,
            Self::Delete => 4,
            Self::Read => 8,
        }
    }
}

/// All resource types, and the actions that their handlers call.
pub struct Handlers {
    text: String,
    services: Vec<ServiceLines>,
    /// The lines of the actions, in the order of the data.
    actions: Vec<Range<usize>>,
    /// The lines of the types, sorted by the types' names.
    types: Vec<Range<usize>>,
}

/// Where a service is.
struct ServiceLines {
    name: Range<usize>,
    variables: Range<usize>,
    /// The lines of the ARN formats.
    formats: Range<usize>,
    /// The actions, by their place among all.
    actions: Range<usize>,
}

/// A resource type.
#[derive(Clone, Debug)]
pub struct ResourceType<'a> {
    /// Its name, such as `AWS::SQS::Queue`.
    pub name: &'a str,
    /// The service that it belongs to, as actions begin: `sqs`; `-` if its handlers call nothing.
    pub service: &'a str,
    /// Whether CloudFormation publishes no handlers of it and they are written by hand.
    pub is_by_hand: bool,
    /// What its handlers call.
    pub actions: Vec<HandlerAction<'a>>,
    /// Its ARN format, such as `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.
    pub arn: Option<&'a str>,
    /// The properties of its primary identifier.
    pub identifier: Vec<&'a str>,
    /// The property with the resource's name.
    pub name_property: Option<NameProperty<'a>>,
    /// The property with the tags.
    pub tag_property: Option<&'a str>,
    /// Whether the call that creates a resource also sets its tags.
    pub tags_on_create: bool,
    /// The properties that a template may set.
    pub properties: Vec<WritableProperty<'a>>,
    /// Properties that are create-only below others, or for some changes.
    pub fixed: Vec<FixedPath<'a>>,
    /// Properties at any depth whose keys are the template's own, such as `Variables`.
    pub free_form: Vec<&'a str>,
}

/// An action that a resource type's handlers call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandlerAction<'a> {
    /// The action, such as `sqs:CreateQueue`.
    pub name: &'a str,
    /// Whether it is one of the type's tagging permissions. These are listed here even if no
    /// handler names them.
    pub is_tagging: bool,
    bits: u8,
}

impl HandlerAction<'_> {
    /// Whether `handler` calls it.
    pub fn is_called_by(&self, handler: Handler) -> bool {
        self.bits & handler.bit() != 0
    }

    /// The handlers that call it.
    pub fn handlers(&self) -> impl Iterator<Item = Handler> {
        let bits = self.bits;
        Handler::ALL
            .into_iter()
            .filter(move |handler| bits & handler.bit() != 0)
    }
}

/// The property of a resource type that holds the resource's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameProperty<'a> {
    /// The property, such as `QueueName`.
    pub property: &'a str,
    /// The variable of the type's ARN format that stands for it. None if the type has no ARN
    /// format: then the name may be part of a parent's ARN, or not in an ARN at all.
    pub variable: Option<&'a str>,
    /// Whether a template may leave it out.
    pub is_optional: bool,
    /// Whether its pattern allows names that begin with `name-`.
    pub allows_dash: bool,
    /// Whether it must be in lower case.
    pub is_lower_case: bool,
}

/// A property that a template may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WritableProperty<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether a template must set it.
    pub is_required: bool,
    /// Whether changing it replaces the resource.
    pub is_create_only: bool,
}

/// A property that replaces the resource if it changes, and is below another one or does so for some
/// changes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedPath<'a> {
    /// The properties to it, joined by slashes; `*` is each item of a list.
    pub path: &'a str,
    /// Whether only some changes replace the resource.
    pub is_conditional: bool,
}

impl<'a> FixedPath<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            path: text.trim_end_matches('?'),
            is_conditional: text.ends_with('?'),
        }
    }
}

/// An action that some handler calls.
#[derive(Clone, Debug)]
pub struct CalledAction<'a> {
    /// The action, such as `sqs:CreateQueue`.
    pub name: &'a str,
    /// The ARN formats that it may be asked for.
    pub formats: Vec<ArnFormat<'a>>,
    /// Whether it may be asked for without a resource: then only `*` grants it.
    pub allows_no_resource: bool,
    /// Whether the condition key `aws:RequestTag` works for it.
    pub has_request_tags: bool,
}

/// An ARN format of a service's resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArnFormat<'a> {
    /// The resource type's name in the reference, such as `queue`. May be empty.
    pub kind: &'a str,
    /// The format. `${QueueName}` stands for one part; `*` for any text, if the parts are not known.
    pub arn: &'a str,
    /// Whether the action requires a resource of this type.
    pub is_required: bool,
    /// Whether the condition key `aws:ResourceTag` works for the action with this resource type.
    pub has_resource_tags: bool,
}

/// The data, unpacked once.
pub fn handlers() -> &'static Handlers {
    static HANDLERS: OnceLock<Handlers> = OnceLock::new();
    HANDLERS.get_or_init(|| Handlers::of(unpack(PACKED)))
}

impl Handlers {
    fn of(text: String) -> Self {
        let mut data = Self {
            text: String::new(),
            services: Vec::new(),
            actions: Vec::new(),
            types: Vec::new(),
        };
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let (start, end) = (at, at + line.trim_end_matches('\n').len());
            at += line.len();
            // The first line names the sources.
            if start > 0 {
                data.add(line.as_bytes().first().copied(), line, start..end);
            }
        }
        data.text = text;
        data
    }

    /// Notes where a line is.
    fn add(&mut self, mark: Option<u8>, line: &str, at: Range<usize>) {
        let known = self.actions.len();
        match mark {
            Some(b'@') => {
                let name = line.trim_end().find(' ').unwrap_or(at.len());
                self.services.push(ServiceLines {
                    name: at.start + 1..at.start + name,
                    variables: (at.start + name + 1).min(at.end)..at.end,
                    formats: at.end..at.end,
                    actions: known..known,
                });
            }
            Some(b'=') => {
                if let Some(service) = self.services.last_mut() {
                    service.formats.end = at.end;
                }
            }
            Some(b'>' | b'<') => self.types.push(at),
            Some(b':' | b'%' | b'~' | b'+' | b'.' | b'^' | b'*') => {
                if let Some(last) = self.types.last_mut() {
                    last.end = at.end;
                }
            }
            _ => {
                self.actions.push(at);
                if let Some(service) = self.services.last_mut() {
                    service.actions.end = known + 1;
                }
            }
        }
    }

    fn at(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// What the data was generated from: dates, and packages with their versions.
    pub fn sources(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The names of all types, sorted.
    pub fn type_names(&self) -> impl Iterator<Item = &str> {
        self.types
            .iter()
            .map(|range| self.type_name(range))
            .filter(|name| !name.is_empty())
    }

    /// The types that belong to a service, or whose ARNs do, sorted by name.
    pub(crate) fn types_of<'a>(
        &'a self,
        service: &str,
    ) -> impl Iterator<Item = ResourceType<'a>> + use<'a> {
        let (own, arn) = (
            format!(" {service} "),
            format!("\n:arn:${{Partition}}:{service}:"),
        );
        let is_of_it = move |range: &&Range<usize>| {
            let text = self.at(range);
            let head = text.lines().next().unwrap_or_default();
            head.contains(&own) || head.ends_with(own.trim_end()) || text.contains(&arn)
        };
        let found = self.types.iter().filter(is_of_it);
        found.filter_map(|range| self.resource_type(self.type_name(range)))
    }

    /// The name of the type whose lines are in `range`.
    fn type_name(&self, range: &Range<usize>) -> &str {
        let line = self.at(range).get(1..).unwrap_or_default();
        line.split([' ', '\n']).next().unwrap_or_default()
    }

    /// A resource type by its name. `Custom::Anything` is `AWS::CloudFormation::CustomResource`.
    /// None if it is not known.
    pub fn resource_type(&self, name: &str) -> Option<ResourceType<'_>> {
        let name = if name.starts_with("Custom::") {
            CUSTOM_RESOURCE
        } else {
            name
        };
        let at = self
            .types
            .binary_search_by(|range| self.type_name(range).cmp(name))
            .ok()?;
        let mut lines = self.at(self.types.get(at)?).lines();
        let mut words = lines.next()?.split(' ');
        let head = words.next()?;
        let mut known = ResourceType {
            name: head.get(1..)?,
            service: words.next()?,
            is_by_hand: head.starts_with('<'),
            actions: self.handler_actions(words.next().unwrap_or_default()),
            arn: None,
            identifier: Vec::new(),
            name_property: None,
            tag_property: None,
            tags_on_create: false,
            properties: Vec::new(),
            fixed: Vec::new(),
            free_form: Vec::new(),
        };
        for line in lines {
            let rest = line.get(1..)?;
            match line.as_bytes().first()? {
                b':' => known.arn = Some(rest),
                b'%' => known.identifier = rest.split(',').collect(),
                b'~' => known.name_property = NameProperty::of(rest),
                b'+' => {
                    known.tag_property = Some(rest.trim_end_matches('~'));
                    known.tags_on_create = !rest.ends_with('~');
                }
                b'^' => known.fixed = rest.split(',').map(FixedPath::of).collect(),
                b'*' => known.free_form = rest.split(',').collect(),
                _ => known.properties = rest.split(',').map(WritableProperty::of).collect(),
            }
        }
        Some(known)
    }

    /// The actions of a type: letters, each with the distance from the action before.
    fn handler_actions(&self, packed: &str) -> Vec<HandlerAction<'_>> {
        let mut actions = Vec::new();
        // Distances count from the place before the first action.
        let mut next = 0_usize;
        let mut rest = packed;
        while let Some(letter) = rest.as_bytes().first().copied() {
            let digits = rest.get(1..).unwrap_or_default();
            let end = digits
                .find(|character: char| !character.is_ascii_digit())
                .unwrap_or(digits.len());
            let (distance, after) = digits.split_at(end);
            rest = after;
            next += distance.parse::<usize>().unwrap_or_default();
            let is_tagging = letter.is_ascii_lowercase();
            let first = if is_tagging { b'a' } else { b'A' };
            let Some(range) = next.checked_sub(1).and_then(|at| self.actions.get(at)) else {
                continue;
            };
            actions.push(HandlerAction {
                name: self.action_name(range),
                is_tagging,
                bits: letter.saturating_sub(first),
            });
        }
        actions
    }

    /// The name of the action whose line is in `range`.
    fn action_name(&self, range: &Range<usize>) -> &str {
        self.at(range).split(' ').next().unwrap_or_default()
    }

    fn service(&self, name: &str) -> Option<&ServiceLines> {
        self.services
            .iter()
            .find(|service| self.at(&service.name) == name)
    }

    /// What an action may be asked for, by its name in any case. None if no handler calls it.
    pub fn action(&self, name: &str) -> Option<CalledAction<'_>> {
        let service = self.service(&name.split_once(':')?.0.to_ascii_lowercase())?;
        let line = self
            .actions
            .get(service.actions.clone())?
            .iter()
            .find(|range| self.action_name(range).eq_ignore_ascii_case(name))?;
        let mut words = self.at(line).split(' ');
        let mut action = CalledAction {
            name: words.next()?,
            formats: Vec::new(),
            allows_no_resource: false,
            has_request_tags: false,
        };
        let formats: Vec<&str> = self.at(&service.formats).trim().lines().collect();
        for place in words.next()?.split(',') {
            if place == "*" {
                action.allows_no_resource = true;
                continue;
            }
            let number = place.trim_end_matches(['!', 't']);
            let format = number.parse().ok().and_then(|at: usize| formats.get(at));
            let Some((kind, arn)) = format
                .and_then(|format| format.strip_prefix('='))
                // A kind can have spaces, such as `code signing config`; an ARN has none.
                .and_then(|format| format.rsplit_once(' '))
            else {
                continue;
            };
            action.formats.push(ArnFormat {
                kind,
                arn,
                is_required: place.contains('!'),
                has_resource_tags: place.ends_with('t'),
            });
        }
        action.has_request_tags = words.next() == Some("r");
        Some(action)
    }

    /// The ARN variables of a service that stand for a name that a template can choose.
    pub fn name_variables(&self, service: &str) -> impl Iterator<Item = &str> {
        self.service(service)
            .map(|service| self.at(&service.variables))
            .unwrap_or_default()
            .split(',')
            .filter(|name| !name.is_empty())
    }
}

impl CalledAction<'_> {
    /// What it does.
    pub fn level(&self) -> AccessLevel {
        reference().level(self.name).unwrap_or(AccessLevel::Unknown)
    }
}

impl<'a> NameProperty<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let mut words = text.split(' ');
        let (property, variable) = (words.next()?, words.next()?);
        let flags = words.next().unwrap_or_default();
        Some(Self {
            property,
            variable: (variable != "-").then_some(variable),
            is_optional: flags.contains('o'),
            allows_dash: !flags.contains('d'),
            is_lower_case: flags.contains('l'),
        })
    }
}

impl<'a> WritableProperty<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            name: text.trim_end_matches(['!', '=', '#']),
            is_required: text.ends_with(['!', '#']),
            is_create_only: text.ends_with(['=', '#']),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    const NOTICE: &str = include_str!("handlers/NOTICE.md");

    #[test]
    fn a_kind_may_have_spaces() {
        let action = handlers().action("lambda:GetCodeSigningConfig").unwrap();
        let [format] = action.formats.as_slice() else {
            panic!("{:?}", action.formats);
        };
        assert_eq!(format.kind, "code signing config");
        assert!(format.arn.starts_with("arn:"), "{}", format.arn);
    }

    #[test]
    fn the_counts_are_those_of_the_notice() {
        let data = handlers();
        let types: Vec<_> = data
            .type_names()
            .map(|name| data.resource_type(name).unwrap())
            .collect();
        let count = |test: fn(&ResourceType<'_>) -> bool| types.iter().filter(|t| test(t)).count();
        let actions: usize = types.iter().map(|known| known.actions.len()).sum();
        let entries: usize = types
            .iter()
            .flat_map(|known| &known.actions)
            .map(|action| action.handlers().count())
            .sum();
        let formats: usize = data
            .services
            .iter()
            .map(|service| data.at(&service.formats).trim().lines().count())
            .sum();
        for line in [
            format!("| resource types | {} |", types.len()),
            format!(
                "| of these, handlers by hand | {} |",
                count(|t| t.is_by_hand)
            ),
            format!("| services | {} |", data.services.len()),
            format!("| actions | {} |", data.actions.len()),
            format!("| pairs of type and action | {actions} |"),
            format!("| handler entries | {entries} |"),
            format!(
                "| types with an ARN format | {} |",
                count(|t| t.arn.is_some())
            ),
            format!(
                "| types with a name property | {} |",
                count(|t| t.name_property.is_some())
            ),
            format!(
                "| properties that are fixed below others or for some changes | {} |",
                types.iter().map(|known| known.fixed.len()).sum::<usize>()
            ),
            format!("| ARN formats of actions | {formats} |"),
            format!("Generated from: {}", data.sources()),
        ] {
            assert!(NOTICE.contains(&line), "NOTICE.md does not say: {line}");
        }
    }

    #[test]
    fn every_action_is_in_the_reference() {
        let data = handlers();
        assert!(data.actions.len() > 9000);
        for range in &data.actions {
            let name = data.action_name(range);
            let action = data.action(name).unwrap();
            assert!(reference().level(name).is_some(), "{name}");
            assert!(
                action.allows_no_resource || !action.formats.is_empty(),
                "{name}"
            );
        }
    }

    #[test]
    fn what_was_dropped_is_no_action() {
        let (mut entries, mut names) = (0, 0);
        for line in include_str!("handlers/dropped.txt").lines() {
            let (count, name) = line.split_once(' ').unwrap();
            entries += count.parse::<usize>().unwrap();
            names += 1;
            assert_eq!(reference().level(name), None, "{name}");
        }
        for line in [
            format!("| entries dropped, as they are no actions | {entries} |"),
            format!("| of these, different | {names} |"),
        ] {
            assert!(NOTICE.contains(&line), "NOTICE.md does not say: {line}");
        }
    }

    #[test]
    fn types_are_sorted_and_whole() {
        let data = handlers();
        let names: Vec<&str> = data.type_names().collect();
        assert!(names.is_sorted());
        for name in names {
            let known = data.resource_type(name).unwrap();
            assert_eq!(known.name, name);
            let properties: Vec<&str> = known.properties.iter().map(|p| p.name).collect();
            let has = |property: &str| properties.contains(&property);
            let name_property = known.name_property.map(|name| name.property);
            assert!(name_property.is_none_or(has), "{name}");
            assert!(known.tag_property.is_none_or(has), "{name}");
            // An entry beyond the last action would be lost.
            assert!(
                known
                    .actions
                    .is_sorted_by_key(|action| action.name.split(':').next()),
                "{name}"
            );
        }
    }

    #[test]
    fn a_queue_is_what_its_schema_says() {
        let queue = handlers().resource_type("AWS::SQS::Queue").unwrap();
        let calls = |handler| -> Vec<&str> {
            let actions = queue.actions.iter();
            actions
                .filter(|action| action.is_called_by(handler))
                .map(|action| action.name)
                .collect()
        };
        assert_eq!(
            calls(Handler::Create),
            [
                "sqs:CreateQueue",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ListQueueTags",
                "sqs:TagQueue"
            ]
        );
        assert_eq!(
            calls(Handler::Delete),
            ["sqs:DeleteQueue", "sqs:GetQueueAttributes"]
        );
        assert_eq!(
            calls(Handler::Read),
            ["sqs:GetQueueAttributes", "sqs:ListQueueTags"]
        );
        let tagging: Vec<&str> = queue
            .actions
            .iter()
            .filter(|action| action.is_tagging)
            .map(|action| action.name)
            .collect();
        assert_eq!(
            tagging,
            ["sqs:ListQueueTags", "sqs:TagQueue", "sqs:UntagQueue"]
        );
        assert_eq!((queue.service, queue.is_by_hand), ("sqs", false));
        assert_eq!(
            queue.arn,
            Some("arn:${Partition}:sqs:${Region}:${Account}:${QueueName}")
        );
        assert_eq!(queue.identifier, ["QueueUrl"]);
        assert_eq!(
            (queue.tag_property, queue.tags_on_create),
            (Some("Tags"), true)
        );
        assert_eq!(
            queue.name_property,
            Some(NameProperty {
                property: "QueueName",
                variable: Some("QueueName"),
                is_optional: true,
                allows_dash: true,
                is_lower_case: false,
            })
        );
        let fifo = queue.properties.iter().find(|p| p.name == "FifoQueue");
        assert_eq!(
            fifo.map(|p| (p.is_required, p.is_create_only)),
            Some((false, true))
        );
    }

    #[test]
    fn a_service_has_its_types() {
        let data = handlers();
        let names: Vec<&str> = data.types_of("sqs").map(|known| known.name).collect();
        assert_eq!(
            names,
            [
                "AWS::SQS::Queue",
                "AWS::SQS::QueueInlinePolicy",
                "AWS::SQS::QueuePolicy"
            ]
        );
        let mut by_service: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for name in data.type_names() {
            let known = data.resource_type(name).unwrap();
            let arn = known.arn.and_then(|arn| arn.split(':').nth(2));
            for service in arn.into_iter().chain([known.service]) {
                by_service.entry(service).or_default().insert(name);
            }
        }
        for (service, types) in by_service {
            let names: BTreeSet<&str> = data.types_of(service).map(|known| known.name).collect();
            assert_eq!(names, types, "{service}");
        }
        assert_eq!(data.types_of("nothing").count(), 0);
    }

    #[test]
    fn tags_may_follow_later() {
        let tags = |of| {
            let known = handlers().resource_type(of).unwrap();
            (known.tag_property, known.tags_on_create)
        };
        assert_eq!(
            tags("AWS::Route53::HostedZone"),
            (Some("HostedZoneTags"), false)
        );
        assert_eq!(tags("AWS::EC2::VPC"), (Some("Tags"), true));
        assert_eq!(tags("AWS::Lambda::Permission"), (None, false));
    }

    #[test]
    fn names_know_what_they_must_look_like() {
        let name = |of| handlers().resource_type(of).unwrap().name_property;
        let looks = |of| name(of).map(|name| (name.property, name.allows_dash, name.is_lower_case));
        assert_eq!(looks("AWS::S3::Bucket"), Some(("BucketName", true, true)));
        assert_eq!(
            looks("AWS::IoT::TopicRule"),
            Some(("RuleName", false, false))
        );
        assert_eq!(looks("AWS::Events::Rule"), Some(("Name", true, false)));
        assert_eq!(looks("AWS::SSM::Parameter"), Some(("Name", true, false)));
        assert_eq!(
            looks("AWS::RDS::DBInstance"),
            Some(("DBInstanceIdentifier", true, false))
        );
        for of in [
            "AWS::ApiGateway::RestApi",
            "AWS::ApiGateway::DomainName",
            "AWS::CloudFormation::Stack",
            "AWS::KMS::Key",
        ] {
            assert_eq!(name(of), None, "{of}");
        }
    }

    #[test]
    fn keys_of_the_template_are_known() {
        let free = |of| handlers().resource_type(of).unwrap().free_form;
        assert_eq!(free("AWS::Lambda::Function"), ["Variables"]);
        assert_eq!(free("AWS::SQS::Queue"), ["RedriveAllowPolicy"]);
        assert!(!free("AWS::DynamoDB::Table").contains(&"KeySchema"));
    }

    #[test]
    fn custom_resources_are_one_type() {
        let data = handlers();
        let custom = data.resource_type("Custom::Seed").unwrap();
        assert_eq!(custom.name, CUSTOM_RESOURCE);
        assert!(custom.is_by_hand);
        assert!(
            custom
                .actions
                .iter()
                .any(|a| a.name == "lambda:InvokeFunction")
        );
        for unknown in [
            "Custom",
            "AWS::Nothing::AtAll",
            "",
            "AWS::SQS::Queu",
            "AWS::SQS::Queue ",
        ] {
            assert!(data.resource_type(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn actions_know_what_they_are_asked_for() {
        let data = handlers();
        let queue = data.action("SQS:createqueue").unwrap();
        assert_eq!(queue.name, "sqs:CreateQueue");
        assert_eq!(queue.level(), AccessLevel::Write);
        assert!(queue.has_request_tags && !queue.allows_no_resource);
        assert_eq!(
            queue.formats,
            [ArnFormat {
                kind: "queue",
                arn: "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}",
                is_required: true,
                has_resource_tags: true,
            }]
        );
        let topics = data.action("sns:ListTopics");
        assert!(topics.is_none_or(|action| action.allows_no_resource));
        assert!(data.action("sqs:Nothing").is_none());
        assert!(data.action("nothing").is_none());
        let names: Vec<&str> = data.name_variables("events").collect();
        assert!(names.contains(&"RuleName"), "{names:?}");
        assert_eq!(data.name_variables("apigateway").count(), 0);
    }
}
