//! Generated statements as the text of a partial.
//!
//! In: statements. Out: a partial in the format of the built-in ones: front matter, and a comment
//! above each statement with what asks for it, and what is wider than the app. Refuses nothing: a
//! name of a template that could end a comment is left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::infer::arns::ArnReach;
use crate::infer::partial::grant::GrantClass;
use crate::infer::partial::limits::{Limit, condition, push};
use crate::infer::partial::statements::{Askers, GeneratedStatement};

/// The policy that holds the statements of all generated partials, so that they need as few of the
/// ten policies of a role as they can: if they are longer than a policy, they are split over several.
const POLICY: &str = "DeployGenerated";

/// Columns of a line, as in the built-in partials.
const WIDTH: usize = 118;

/// A partial, as it is written.
pub(crate) struct PartialText<'a> {
    /// Its name, such as `ecs`.
    pub(crate) name: &'a str,
    /// The types of the app that it is for.
    pub(crate) types: &'a BTreeSet<String>,
    /// The built-in service that it complements.
    pub(crate) beside: Option<&'a str>,
    /// The types that templates must tag, each with its property.
    pub(crate) tagged: &'a BTreeMap<String, String>,
    pub(crate) statements: &'a [GeneratedStatement],
}

impl PartialText<'_> {
    /// The text, without the line that says what it was generated from.
    pub(crate) fn render(&self) -> String {
        let mut text = self.front_matter();
        push(
            &mut text,
            &["PolicyName: ", POLICY, "\nAttach: shared\nStatement:\n"],
        );
        let sids = sids(self.name, self.statements);
        for (statement, sid) in self.statements.iter().zip(sids) {
            text.push_str(&Self::statement(statement, &sid));
        }
        text
    }

    fn front_matter(&self) -> String {
        let types = listed(self.types.iter().map(String::as_str), "and");
        let summary = match self.beside {
            Some(service) => {
                format!("Lets CloudFormation do what the service {service} leaves out for {types}.")
            }
            None => format!("Lets CloudFormation create, change, and delete {types}."),
        };
        let mut notes = vec![
            "Generated: review it as you review code. Each comment says which resource type asks for a statement, and \
             what is wider than the app."
                .to_owned(),
        ];
        if !self.tagged.is_empty() {
            let tagged = self
                .tagged
                .iter()
                .map(|(name, property)| format!("{name} ({property})"));
            let tagged: Vec<String> = tagged.collect();
            notes.push(format!(
                "AWS chooses the ids of some resources, so a tag tells the app's from others. Templates must set the tag \
                 AppId to the app id on {}, or on the stack.",
                listed(tagged.iter().map(String::as_str), "and")
            ));
        }
        let reads_app = self.statements.iter().any(|statement| {
            statement
                .resources
                .iter()
                .any(|text| text.contains("{{appId}}"))
                || condition(&statement.key.limits).contains("{{appId}}")
        });
        let reads = if reads_app { "reads: [appId]\n" } else { "" };
        format!(
            "{{{{!--\nsummary: >-\n{}\n{reads}notes: >-\n{}\n--}}}}\n",
            wrapped(&summary, "  "),
            wrapped(&notes.join(" "), "  "),
        )
    }

    fn statement(statement: &GeneratedStatement, sid: &str) -> String {
        let mut text = comment(&Self::reasons(statement));
        push(
            &mut text,
            &["  - Sid: ", sid, "\n    Effect: Allow\n    Action:\n"],
        );
        for action in statement.actions.keys() {
            push(&mut text, &["      - ", action, "\n"]);
        }
        text.push_str("    Resource:\n");
        for resource in &statement.resources {
            if resource.contains("${") {
                push(&mut text, &["      - !Sub '", resource, "'\n"]);
            } else {
                push(&mut text, &["      - '", resource, "'\n"]);
            }
        }
        text + &condition(&statement.key.limits)
    }

    /// Who asks for the statement, and what is wider than the app.
    fn reasons(statement: &GeneratedStatement) -> String {
        let mut always: BTreeSet<&str> = BTreeSet::new();
        let mut opened: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
        for (action, askers) in &statement.actions {
            for (type_name, properties) in shown(askers) {
                if properties.is_empty() {
                    always.insert(type_name);
                } else {
                    let properties = listed(properties.into_iter(), "or");
                    opened
                        .entry((properties, type_name))
                        .or_default()
                        .push(action);
                }
            }
        }
        let mut sentences = Vec::new();
        if !always.is_empty() {
            sentences.push(format!("For {}.", listed(always.into_iter(), "and")));
        }
        for ((properties, type_name), actions) in opened {
            sentences.push(if actions.len() == statement.actions.len() {
                format!("{properties} of {type_name} asks for it.")
            } else {
                format!(
                    "{properties} of {type_name} asks for {}.",
                    listed(actions.into_iter(), "and")
                )
            });
        }
        sentences.extend(width(statement));
        if let Some(hold) = statement.key.hold {
            sentences.push(format!("A person allowed it by name: {}.", hold.reason()));
        }
        sentences.join(" ")
    }
}

/// Types and properties that can be in a comment.
fn shown(askers: &Askers) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let is_plain = |text: &&str| {
        text.len() <= 128
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ":._@".contains(c))
    };
    askers.iter().map(move |(type_name, properties)| {
        let type_name = Some(type_name.as_str()).filter(is_plain);
        let named = properties.iter().map(String::as_str).filter(is_plain);
        let named: Vec<&str> = named.collect();
        let named = if named.is_empty() && !properties.is_empty() {
            vec!["a property"]
        } else {
            named
        };
        (type_name.unwrap_or("a type of the app"), named)
    })
}

/// What is wider than the app, and why.
fn width(statement: &GeneratedStatement) -> Option<String> {
    let key = &statement.key;
    let has = |limit: &Limit| key.limits.contains(limit);
    let what = match statement.kinds.len() {
        1 => statement.kinds.iter().next().map(|kind| words(kind)),
        _ => None,
    };
    let what = what.unwrap_or_else(|| "resource of these kinds".to_owned());
    let text = match key.class {
        GrantClass::PassRole => "Roles of the app, and only to these services.".to_owned(),
        GrantClass::LinkedRole => "A role of AWS's own, which an account needs once.".to_owned(),
        GrantClass::TagNew => format!(
            "AWS tags what is new with a call of its own. So any {what} of the account that has no tag AppId can be tagged \
             as the app's."
        ),
        _ if key.is_beside => {
            format!(
                "The same calls are also checked on any {what} of the account and region that they name."
            )
        }
        _ if has(&Limit::RequestTag) => "What is created must get the app's tag.".to_owned(),
        _ if has(&Limit::ResourceTag) => {
            format!("Any {what} with the app's tag: AWS chooses the ids.")
        }
        GrantClass::Read if key.reach == ArnReach::Any => {
            "AWS offers no way to limit this.".to_owned()
        }
        GrantClass::Read if key.reach == ArnReach::Kind => {
            format!("Wider than the app: any {what} of the account and region.")
        }
        _ if key.reach == ArnReach::Any => {
            "Wider than the app: AWS offers no way to limit this to a resource.".to_owned()
        }
        _ if has(&Limit::ThroughService) => {
            format!(
                "Any {what} of the account, but only through a service. The key's own policy must also allow it."
            )
        }
        _ if key.reach == ArnReach::Kind => format!(
            "Wider than the app: any {what} of the account and region. AWS chooses the ids, and no condition tells the \
             app's from others."
        ),
        _ => return None,
    };
    Some(text)
}

/// `security group` for `security-group`.
fn words(kind: &str) -> String {
    kind.replace(['-', '_', '/'], " ").trim().to_owned()
}

/// A comment above a statement; none if there is nothing to say.
fn comment(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    wrapped(&format!("{{{{!-- {text} --}}}}"), "  ") + "\n"
}

/// `text` in lines of at most [`WIDTH`] columns, each after `indent`.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![indent.to_owned()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() > indent.len() && line.len() + 1 + word.len() > WIDTH => {
                lines.push(format!("{indent}{word}"));
            }
            Some(line) => {
                if line.len() > indent.len() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            None => {}
        }
    }
    lines.join("\n")
}

/// `a, b, and c`.
fn listed<'a>(items: impl Iterator<Item = &'a str>, word: &str) -> String {
    let items: Vec<&str> = items.collect();
    match items.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} {word} {two}"),
        [first @ .., last] => format!("{}, {word} {last}", first.join(", ")),
    }
}

/// A name for each statement: letters and digits, unique among all generated partials, because they
/// share a policy.
fn sids(name: &str, statements: &[GeneratedStatement]) -> Vec<String> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let sid = |statement: &GeneratedStatement| {
        let key = &statement.key;
        let has = |limit: &Limit| key.limits.contains(limit);
        let verb = match key.class {
            GrantClass::PassRole => "PassRole",
            GrantClass::LinkedRole => "LinkedRole",
            GrantClass::TagNew => "TagNew",
            GrantClass::Read => "Read",
            GrantClass::Write if has(&Limit::RequestTag) => "Create",
            GrantClass::Write => "Write",
        };
        let is_pass = matches!(key.class, GrantClass::PassRole | GrantClass::LinkedRole);
        let other = if key.is_other && !is_pass {
            pascal(&key.service)
        } else {
            String::new()
        };
        let kind = match statement.kinds.len() {
            1 if !is_pass => statement.kinds.iter().next().map(|kind| pascal(kind)),
            _ => None,
        };
        let sid = format!("{}{verb}{other}{}", pascal(name), kind.unwrap_or_default());
        let number = taken.entry(sid.clone()).or_default();
        *number += 1;
        match *number {
            1 => sid,
            number => format!("{sid}No{number}"),
        }
    };
    statements.iter().map(sid).collect()
}

/// `SecurityGroup` for `security-group`.
fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let word = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    };
    words.map(word).collect()
}
