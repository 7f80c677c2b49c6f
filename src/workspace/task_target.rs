//! Which template a task deploys.
//!
//! In: the `Template` of a task, and the folder of its file. Out: a [`TaskTarget`]: the paths that it may mean, or
//! that these are not known. Refuses nothing.

use std::path::{Component, Path, PathBuf};

use crate::files::{self, FileLink};
use crate::source::path::{between, clean};
use crate::template::folded::scalar;
use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::tasks_file::RENDERED;
use crate::template::value::Data;

/// The program whose output is known.
const PROGRAM: &str = "deploy-roles";

/// The function that runs a command, in both forms.
const COMMAND: [&str; 2] = ["!Cmd", "Fn::Cmd"];

/// What means something to the shell that is not known here.
const SHELL: [char; 14] = [
    '$', '`', '&', '|', ';', '<', '>', '(', ')', '*', '?', '[', '\\', '\n',
];

/// Which template a task deploys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TaskTarget {
    /// The one at one of these paths.
    Files(Vec<PathBuf>),
    /// One whose name ends like this.
    NotKnown(String),
}

/// Whether a task deploys a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deploys {
    Yes,
    Perhaps,
    No,
}

impl TaskTarget {
    /// What `written` means in a tasks file in `folder`.
    pub(super) fn of(written: &Data, folder: &Path) -> Self {
        if let Some(path) = written.text() {
            return TaskTarget::Files(vec![clean(&folder.join(path))]);
        }
        let command = COMMAND.iter().find_map(|name| written.get(name)?.text());
        match command.and_then(printed) {
            Some(paths) => {
                let paths = paths.into_iter();
                TaskTarget::Files(paths.map(|path| clean(&folder.join(path))).collect())
            }
            None => TaskTarget::NotKnown(end(written)),
        }
    }

    /// The same, and where links lead from there.
    pub(super) fn through(self, links: &[FileLink]) -> Self {
        let TaskTarget::Files(mut paths) = self else {
            return self;
        };
        let led = paths.iter().flat_map(|path| files::led(links, path));
        let led: Vec<PathBuf> = led.collect();
        paths.extend(led);
        TaskTarget::Files(paths)
    }

    /// Whether it is the template at `path`.
    pub(super) fn is(&self, path: &Path) -> Deploys {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match self {
            TaskTarget::Files(paths) if paths.iter().any(|own| own == path) => Deploys::Yes,
            TaskTarget::NotKnown(end) if name.ends_with(end) => Deploys::Perhaps,
            _ => Deploys::No,
        }
    }
}

/// How the name of a file ends that is put together from parts, as far as it is known.
fn end(written: &Data) -> String {
    let last = |text: &str| match parts(text).last() {
        Some(SubstitutionPart::Text(text)) => text.to_owned(),
        _ => String::new(),
    };
    let text = match written {
        Data::Map(entries) => match entries.as_slice() {
            [(name, value)] => match (name.as_str(), value.items()) {
                ("Fn::Sub", [Data::Text(text), ..]) => last(text),
                ("Fn::Join", [Data::Text(_), Data::List(items)]) => {
                    items.last().and_then(scalar).unwrap_or_default()
                }
                (RENDERED, [Data::Text(text), ..]) => {
                    text.rsplit('}').next().unwrap_or_default().to_owned()
                }
                _ => String::new(),
            },
            _ => String::new(),
        },
        _ => String::new(),
    };
    text.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The paths that a command may print that expands templates, from the folder of the tasks file.
fn printed(command: &str) -> Option<Vec<PathBuf>> {
    let words = words(command)?;
    let mut words = words.iter().map(String::as_str);
    let program = Path::new(words.next()?).file_stem()?;
    if program != PROGRAM || words.next()? != "expand" {
        return None;
    }
    let mut template = None;
    let mut base = None;
    while let Some(word) = words.next() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("--print-path", "") => base = Some(words.next()?),
            ("--print-path", value) => base = Some(value),
            ("--partials" | "--organization" | "--include-root", "") => {
                words.next()?;
            }
            ("--partials" | "--organization" | "--include-root", _) | ("--force", "") => {}
            (word, _) if word.starts_with('-') || template.is_some() => return None,
            _ => template = Some(word),
        }
    }
    // A base that is a template is that.
    let base = base?;
    let (base, template) = match template {
        Some(template) => (base, template),
        None => (".", base),
    };
    let output = files::output_of(Path::new(template))?;
    let from_base = relative(&output, Path::new(base));
    // A template that is not there is looked for in the folder of the tasks file.
    Some(std::iter::once(output).chain(from_base).collect())
}

/// The words of a command, if the shell changes none of them.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = command.trim_start();
    while let Some(first) = rest.chars().next() {
        let quote = matches!(first, '\'' | '"').then_some(first);
        let (word, after) = match quote {
            Some(quote) => rest.strip_prefix(quote)?.split_once(quote)?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        if word.contains(SHELL) || word.contains(['\'', '"']) {
            return None;
        }
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Some(words)
}

/// `path` as seen from `base`; both are seen from one folder.
fn relative(path: &Path, base: &Path) -> Option<PathBuf> {
    let base = clean(base);
    // What the folder above is called is not known.
    let is_above = base.components().any(|part| part == Component::ParentDir);
    (!is_above).then(|| between(&base, &clean(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::read;

    fn deploys(written: &str, path: &str) -> Deploys {
        let data = read::of_text(written).unwrap();
        TaskTarget::of(&data, Path::new("org")).is(Path::new(path))
    }

    #[test]
    fn our_own_command_prints_a_path() {
        for (written, path) in [
            ("./roles.yml", "org/roles.yml"),
            ("../roles.yml", "roles.yml"),
            (
                "!Cmd 'deploy-roles expand --print-path org roles.src.yml'",
                "org/roles.yml",
            ),
            (
                "!Cmd './bin/deploy-roles expand --print-path org org/roles.src.yml'",
                "org/roles.yml",
            ),
            (
                "!Cmd deploy-roles expand --partials p --print-path=org 'apps/a b.src.yml'",
                "apps/a b.yml",
            ),
            (
                "!Cmd 'deploy-roles expand --print-path roles.src.yml'",
                "org/roles.yml",
            ),
        ] {
            assert_eq!(deploys(written, path), Deploys::Yes, "{written}");
            assert_eq!(deploys(written, "x/roles.yml"), Deploys::No, "{written}");
        }
    }

    #[test]
    fn what_is_not_known_may_be_a_template() {
        for (written, perhaps, no) in [
            ("!Sub '${Dir}/roles.yml'", "org/roles.yml", "org/other.yml"),
            ("!Join ['', [!Ref X, roles.yml]]", "roles.yml", "other.yml"),
            (
                "!Rendered ['./{{ x }}s.yml', {}]",
                "org/roles.yml",
                "org/role.yml",
            ),
        ] {
            assert_eq!(deploys(written, perhaps), Deploys::Perhaps, "{written}");
            assert_eq!(deploys(written, no), Deploys::No, "{written}");
        }
        for written in [
            "!Ref X",
            "!Cmd 'make roles'",
            "!Cmd 'cd org && deploy-roles expand --print-path . roles.src.yml'",
            "!Cmd 'deploy-roles expand --print-path org -o x.yml roles.src.yml'",
            "!Cmd 'deploy-roles expand --print-path org $X'",
            "!Sub '${Template}'",
        ] {
            assert_eq!(deploys(written, "a.yml"), Deploys::Perhaps, "{written}");
        }
    }
}
