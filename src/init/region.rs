//! The region that a repository works in, as its files name it.
//!
//! In: texts of files: templates, tasks, settings of frameworks and of CI. Out: the region that they name the
//! most often, and where. Refuses nothing. It looks at lines, since not all of them are YAML, and what
//! OrgFormation renders with nunjucks is none yet.

use std::collections::BTreeMap;

use crate::aws::partitions::REGIONS;
use crate::init::facts::{RepositoryFile, value};

/// Where OrgFormation reads the region of a binding, the surest first.
const BINDINGS: [&str; 3] = [
    "DefaultOrganizationBindingRegion",
    "DefaultBindingRegion",
    "Region",
];

/// The settings of OrgFormation itself.
pub const SETTINGS: &str = ".org-formationrc";

/// Names of the region in settings of frameworks, in workflows, and in parameters, in lower case without
/// `-` and `_`.
const NAMES: [&str; 6] = [
    "region",
    "awsregion",
    "awsdefaultregion",
    "defaultregion",
    "primaryregion",
    "mainregion",
];

/// A region that files name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRegion {
    /// Its name.
    pub name: &'static str,
    /// The first file that names it.
    pub file: String,
    /// Other regions that files name in the same way.
    pub others: Vec<&'static str>,
}

/// The region that the files name in the surest way, and the most often.
pub fn region(files: &[RepositoryFile]) -> Option<FoundRegion> {
    let of_bindings = BINDINGS
        .iter()
        .find_map(|key| most(files, |file| in_bindings(files, file, key)));
    let is_settings = |file: &RepositoryFile| file.path.rsplit('/').next() == Some(SETTINGS);
    of_bindings
        .or_else(|| {
            most(files, |file| {
                let lines = file.text.lines().filter(|_| is_settings(file));
                lines.filter_map(named).collect()
            })
        })
        .or_else(|| most(files, |file| file.text.lines().filter_map(named).collect()))
}

/// What most of the files name, by what each of them does.
fn most(
    files: &[RepositoryFile],
    regions: impl Fn(&RepositoryFile) -> Vec<&'static str>,
) -> Option<FoundRegion> {
    let mut counts: BTreeMap<&'static str, (usize, &str)> = BTreeMap::new();
    for file in files {
        for region in regions(file) {
            counts.entry(region).or_insert((0, &file.path)).0 += 1;
        }
    }
    let most = counts.values().map(|(count, _)| *count).max()?;
    let mut found = counts.iter().filter(|(_, (count, _))| *count == most);
    let (name, (_, file)) = found.next()?;
    Some(FoundRegion {
        name,
        file: (*file).to_owned(),
        others: counts.keys().copied().filter(|own| own != name).collect(),
    })
}

/// The first region of each binding of a file: a text, a list, or a parameter.
fn in_bindings(files: &[RepositoryFile], file: &RepositoryFile, key: &str) -> Vec<&'static str> {
    let mut lines = file.text.lines().peekable();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some(written) = value(line, key) else {
            continue;
        };
        // A list can begin on the next line.
        let written = match lines.peek() {
            Some(next) if written.is_empty() && next.trim_start().starts_with('-') => next,
            _ => written,
        };
        let mut tokens = tokens(written);
        found.extend(tokens.find_map(|token| known(token).or_else(|| default(files, token))));
    }
    found
}

/// The region that a parameter called `name` has, by default or as it is given.
fn default(files: &[RepositoryFile], name: &str) -> Option<&'static str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    files.iter().find_map(|file| {
        let lines: Vec<&str> = file.text.lines().collect();
        lines.iter().enumerate().find_map(|(index, line)| {
            let written = value(line, name)?;
            if !written.is_empty() {
                return tokens(written).find_map(known);
            }
            let below = lines.iter().skip(index + 1);
            let mut below = below.take_while(|own| indent(own) > indent(line));
            below.find_map(|own| tokens(value(own, "Default")?).find_map(known))
        })
    })
}

/// The region that a line names: `region: ${opt:region, 'eu-west-1'}`, `AWS_REGION=eu-west-1`, or `--region
/// eu-west-1`.
fn named(line: &str) -> Option<&'static str> {
    let line = line.trim_start();
    if line.starts_with(['#', ';']) || line.starts_with("//") {
        return None;
    }
    if let Some((_, after)) = line.split_once("--region") {
        let after = after.trim_start_matches(['=', ' ', '\'', '"']);
        return tokens(after).next().and_then(known);
    }
    let (key, written) = line.split_once([':', '='])?;
    let key = key.trim_end_matches(['?', ' ', '"', '\'']);
    let key = key.rsplit([' ', '"', '\'']).next().unwrap_or_default();
    let key = key.to_ascii_lowercase().replace(['-', '_'], "");
    let written = written.split(" #").next().unwrap_or_default();
    let found = NAMES
        .contains(&key.as_str())
        .then(|| tokens(written).find_map(known));
    found.flatten()
}

/// The words of a value.
fn tokens(written: &str) -> impl Iterator<Item = &str> {
    let is_in_none = |c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c);
    let words = written.split(is_in_none).map(|word| word.trim_matches('-'));
    words.filter(|word| !word.is_empty())
}

fn known(name: &str) -> Option<&'static str> {
    REGIONS.iter().find(|known| **known == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> String {
        let files = files.iter().map(|(path, text)| RepositoryFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        });
        let found = region(&files.collect::<Vec<_>>());
        found.map_or_else(String::new, |found| {
            let others = found.others.join(" ");
            format!("{} {} {others}", found.name, found.file)
        })
    }

    #[test]
    fn regions_are_found_in_whatever_way_they_are_written() {
        for text in [
            "DefaultOrganizationBindingRegion: 'eu-west-2' # ours",
            "X:\n  Region: [eu-west-2, us-east-1]",
            "X:\n  Region:\n    - eu-west-2\n    - us-east-1",
            "- Region: eu-west-2",
            "Parameters:\n  place:\n    Type: String\n    Default: eu-west-2\nX:\n  Region: !Ref place",
            "Parameters:\n  place: { Type: String, Default: eu-west-2 }\nX:\n  Region: [!Ref place, us-east-1]",
            "place: eu-west-2\nRegion: '{{ place }}'",
            "region=eu-west-2",
            "provider:\n  region: ${opt:region, 'eu-west-2'}",
            "region = \"eu-west-2\"",
            "env:\n  AWS_REGION: eu-west-2",
            "  - export AWS_DEFAULT_REGION=eu-west-2",
            "          aws-region: eu-west-2",
            "AWS_REGION ?= eu-west-2",
            "\tsam deploy --region eu-west-2",
            "  \"region\": \"eu-west-2\",",
        ] {
            assert_eq!(found(&[("a", text)]), "eu-west-2 a ", "{text}");
        }
        for text in [
            "# region: eu-west-2",
            "Region: !Ref place",
            "certificateRegion: us-east-1",
            "Where: !Equals [!Ref AWS::Region, eu-west-2]",
            "region: eu-west-2a",
            "Region: Nowhere",
        ] {
            assert_eq!(found(&[("a", text)]), "", "{text}");
        }
    }

    #[test]
    fn bindings_say_it_more_surely_than_settings() {
        let settings = (SETTINGS, "[general]\nregion=eu-west-1");
        let workflow = ("w.yml", "AWS_REGION: eu-west-3\nregion: eu-west-3");
        let bound = ("z.yml", "Region: eu-west-2");
        let wanted = "eu-west-1 .org-formationrc ";
        assert_eq!(found(&[workflow, settings]), wanted);
        assert_eq!(found(&[workflow, settings, bound]), "eu-west-2 z.yml ");
        let more = ("y.yml", "Region: us-east-1");
        let twice = ("z.yml", "Region: eu-west-2\n  Region: eu-west-2");
        assert_eq!(found(&[more, twice]), "eu-west-2 z.yml us-east-1");
    }
}
