//! The front matter of a partial: the comment at its head, as YAML.
//!
//! In: a partial's text. Out: its summary, fields, options, and place with the CDK. A head that
//! does not begin with one of the keys is free text, as users wrote it before there was front
//! matter. Refuses front matter that is not YAML, and unknown keys.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::partials::ejected::without_origin;
use crate::partials::generated::without_generated_from;
use crate::partials::tags::{fields, without_comments};

/// The keys of front matter.
const KEYS: &[&str] = &["summary", "reads", "options", "with-cdk", "notes"];

/// The keys, to be shown.
pub(super) fn keys() -> String {
    let keys: Vec<String> = KEYS.iter().map(|key| format!("`{key}`")).collect();
    keys.join(", ")
}

/// How a tag reads an option.
const OPTIONS: &str = "options.";

/// What the head of a partial says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FrontMatter {
    /// What the partial is for, in one sentence.
    pub summary: String,
    /// The fields of the context that it reads, each with what it holds (or nothing, if its name
    /// says it).
    #[serde(default)]
    pub reads: Described,
    /// The options, each with when to turn it on.
    #[serde(default)]
    pub options: Described,
    /// The managed policy that holds this partial's policy when the CDK deploys the app.
    pub with_cdk: Option<String>,
    /// What else a reader should know.
    pub notes: Option<String>,
}

impl FrontMatter {
    /// The names of the options, sorted.
    pub fn option_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.options.names().map(str::to_owned).collect();
        names.sort();
        names
    }
}

/// Names with a text about each, in the order of the file. Written as a mapping, or as a list
/// if no text is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described(pub Vec<(String, String)>);

impl Described {
    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl<'de> Deserialize<'de> for Described {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Described;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of names, or a mapping from names to descriptions")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Described, A::Error> {
                let mut found = Described::default();
                while let Some(name) = items.next_element()? {
                    found.add(name, String::new())?;
                }
                Ok(found)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Described, A::Error> {
                let mut found = Described::default();
                while let Some((name, text)) = entries.next_entry()? {
                    found.add(name, text)?;
                }
                Ok(found)
            }
        }

        deserializer.deserialize_any(Names)
    }
}

impl Described {
    fn add<E: serde::de::Error>(&mut self, name: String, text: String) -> Result<(), E> {
        if self.names().any(|known| known == name) {
            return Err(E::custom(format!("`{name}` appears twice")));
        }
        self.0.push((name, text));
        Ok(())
    }
}

/// Front matter that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where, in bytes of the partial's text: the line with the problem.
    pub place: Range<usize>,
    /// What is wrong.
    pub reason: String,
}

/// The front matter of the partial with this text; none if its head is free text, or missing.
///
/// # Errors
///
/// A head that begins with a key of front matter, and is not YAML or has other keys.
pub fn parse(text: &str) -> Result<Option<FrontMatter>, Unreadable> {
    let Some((start, head)) = head(text) else {
        return Ok(None);
    };
    if !KEYS.iter().any(|key| begins_with_key(head, key)) {
        return Ok(None);
    }
    let front_matter: FrontMatter = serde_yaml::from_str(head).map_err(|error| {
        let at = error.location().map_or(0, |location| location.index());
        Unreadable {
            place: line_of(text, start + at),
            reason: reason(&error.to_string()),
        }
    })?;
    let with_cdk = front_matter.with_cdk.as_deref().unwrap_or("Deploy");
    if !is_policy_name(with_cdk) {
        let at = head.find("with-cdk").unwrap_or(0);
        return Err(Unreadable {
            place: line_of(text, start + at),
            reason: "`with-cdk` is not a policy name of up to 80 letters and digits".to_owned(),
        });
    }
    Ok(Some(front_matter))
}

/// Whether `name` can be part of a logical id and of a policy's physical name.
fn is_policy_name(name: &str) -> bool {
    (1..=80).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

/// The `message` of the YAML library, in our words: a diagnostic shows the place, and its help
/// names the keys.
fn reason(message: &str) -> String {
    let reason = message.split(" at line ").next().unwrap_or_default();
    let reason = reason.split(", expected one of ").next();
    reason.unwrap_or_default().replace(" field `", " key `")
}

/// The comment at the head of `text`, and where it begins. A line that names what it was copied or
/// generated from is not the head.
fn head(text: &str) -> Option<(usize, &str)> {
    let rest = without_generated_from(without_origin(text));
    let rest = rest.strip_prefix('\u{feff}').unwrap_or(rest);
    let comment = rest.trim_start().strip_prefix("{{!--")?;
    let (head, _) = comment.split_once("--}}")?;
    Some((text.len() - comment.len(), head))
}

/// Whether the first line of `head` is `key:`, with or without a value.
fn begins_with_key(head: &str, key: &str) -> bool {
    head.trim_start()
        .strip_prefix(key)
        .and_then(|rest| rest.strip_prefix(':'))
        .is_some_and(|rest| rest.starts_with([' ', '\n', '\r']))
}

/// The text of the line around the byte `at`, without its indentation.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..).unwrap_or_default();
    let line = line.lines().next().unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    start + indent..start + line.trim_end().len().max(indent)
}

/// The first option that the tags of `text` read and `front_matter` does not name, and its place.
pub(super) fn unnamed_option<'t>(
    text: &'t str,
    front_matter: &FrontMatter,
) -> Option<(usize, &'t str)> {
    fields(text).into_iter().find_map(|(at, path)| {
        let option = path.strip_prefix(OPTIONS)?;
        let is_named = front_matter.options.names().any(|name| name == option);
        (!is_named).then_some((at + OPTIONS.len(), option))
    })
}

/// The names that the text reads as `options.<name>`.
pub(super) fn options_read(text: &str) -> Vec<String> {
    let text = without_comments(text);
    let mut found = BTreeSet::new();
    for (at, mark) in text.match_indices(OPTIONS) {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let name: String = text
            .get(at + mark.len()..)
            .unwrap_or_default()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if !name.is_empty() {
            found.insert(name);
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partials::built_in;
    use crate::partials::tags::includes;

    const WHOLE: &str = "{{!--
summary: Does one thing.
reads: [appId]
options:
  url: functions have URLs
with-cdk: DeployData
notes: >-
  More than one
  line.
--}}
a: {{appId}}
";

    fn described(pairs: &[(&str, &str)]) -> Described {
        let owned = pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
        Described(owned.collect())
    }

    #[test]
    fn every_built_in_partial_says_what_it_reads() {
        for (name, text) in built_in() {
            let front_matter = parse(text).unwrap().unwrap();
            let options = front_matter.options.names();
            let mut named: BTreeSet<String> =
                options.map(|option| format!("{OPTIONS}{option}")).collect();
            named.extend(front_matter.reads.names().map(str::to_owned));
            let read: BTreeSet<String> = fields(text)
                .into_iter()
                .map(|(_, path)| path.to_owned())
                // Whether there is `boundary` at all is read with `boundary.key`.
                .filter(|path| {
                    !named
                        .iter()
                        .any(|name| name.starts_with(&format!("{path}.")))
                })
                .collect();
            assert_eq!(named, read, "{name}");
            assert!(front_matter.summary.ends_with('.'), "{name}");
            for (option, text) in &front_matter.options.0 {
                assert!(
                    !text.is_empty(),
                    "{name} does not say when to turn on {option}"
                );
            }
        }
    }

    #[test]
    fn reads_every_key() {
        let known = FrontMatter {
            summary: "Does one thing.".to_owned(),
            reads: described(&[("appId", "")]),
            options: described(&[("url", "functions have URLs")]),
            with_cdk: Some("DeployData".to_owned()),
            notes: Some("More than one line.".to_owned()),
        };
        assert_eq!(parse(WHOLE), Ok(Some(known.clone())));
        let copy = crate::partials::ejected::copy("services/a", WHOLE);
        assert_eq!(parse(&copy), Ok(Some(known.clone())));
        let generated = crate::partials::generated::with_header("app.yml", "2026-10-20", WHOLE);
        assert_eq!(parse(&generated), Ok(Some(known.clone())));
        assert_eq!(parse(&format!("\u{feff}{WHOLE}")), Ok(Some(known.clone())));
        assert_eq!(parse(&WHOLE.replace('\n', "\r\n")), Ok(Some(known)));
    }

    #[test]
    fn other_heads_are_free_text() {
        for text in [
            "",
            "a: 1\n",
            "a: 1\n{{!-- summary: not at the head --}}\n",
            "{{!-- Lets CI do it. Reads appId. --}}\n",
            "{{!-- Options: none --}}\n",
            "{{!-- summary:of this --}}\n",
            "{{!-- summaries: of this --}}\n",
        ] {
            assert_eq!(parse(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_has_a_place() {
        let refused = |text: &str| {
            let problem = parse(text).unwrap_err();
            (text.get(problem.place).unwrap().to_owned(), problem.reason)
        };
        let (line, reason) = refused("{{!--\nsummary: A.\n  sumary: b\n--}}\n");
        assert_eq!(line, "sumary: b");
        assert!(reason.contains("mapping values"), "{reason}");
        let (line, reason) = refused(&WHOLE.replace("notes:", "note:"));
        assert_eq!(line, "note: >-");
        assert!(reason.contains("unknown key `note`"), "{reason}");
        let (line, reason) = refused(&WHOLE.replace("[appId]", "[appId, appId]"));
        assert_eq!(line, "reads: [appId, appId]");
        assert!(reason.contains("`appId` appears twice"), "{reason}");
        let (line, reason) = refused(&WHOLE.replace("DeployData", "Deploy/Data"));
        assert_eq!(line, "with-cdk: Deploy/Data");
        assert!(reason.contains("not a policy name"), "{reason}");
        let (_, reason) = refused("{{!-- reads: [a] --}}");
        assert!(reason.contains("missing key `summary`"), "{reason}");
    }

    #[test]
    fn an_option_needs_a_name_in_the_front_matter() {
        let unnamed = |text: &str| {
            let front_matter = parse(text).unwrap().unwrap();
            unnamed_option(text, &front_matter)
                .map(|(at, name)| (text.get(at..).unwrap().to_owned(), name.to_owned()))
        };
        assert_eq!(
            unnamed(&format!(
                "{WHOLE}{{{{#if options.url}}}}{{{{/if}}}} options.text"
            )),
            None
        );
        let (rest, name) = unnamed(&format!("{WHOLE}{{{{#if options.urls}}}}")).unwrap();
        assert_eq!((rest.as_str(), name.as_str()), ("urls}}", "urls"));
    }

    #[test]
    fn finds_options_and_includes_outside_of_comments() {
        let text = "{{!-- options.not {{> no}} --}}{{#if options.url}}{{> a/b}}{{/if}}{{#if services.options.x}}{{/if}}";
        assert_eq!(options_read(text), ["url", "x"]);
        assert_eq!(includes(text), ["a/b"]);
    }
}
