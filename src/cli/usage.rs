//! Errors of usage that name what was meant.
//!
//! In: the arguments of the process, and why they do not match. Out: the same error with the nearest name in
//! it, or with the commands that have the flag. Refuses nothing: an error without a near name stays as it is.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command, Error};

use crate::diagnostic::nearest;

/// How many commands a tip names.
const MOST_COMMANDS: usize = 4;

/// The flags that say where to write.
const OUTPUTS: &[&str] = &["output", "out-dir"];

/// What other programs call a flag, and what it is called here.
const OTHER_WORDS: &[(&[&str], &[&str])] = &[
    (
        &[
            "base", "base-ref", "baseline", "before", "branch", "commit", "compare", "from", "old",
            "ref", "rev", "revision", "since",
        ],
        &["against"],
    ),
    (
        &[
            "dest",
            "destination",
            "dir",
            "directory",
            "folder",
            "out",
            "out-file",
            "outfile",
            "output-dir",
            "output-file",
            "to",
            "write",
        ],
        OUTPUTS,
    ),
    (&["org", "orgs"], &["organization"]),
];

/// What was typed for `command`; arguments that do not match end the program.
pub fn matches(mut command: Command, typed: impl IntoIterator<Item = OsString>) -> ArgMatches {
    let typed: Vec<OsString> = typed.into_iter().collect();
    let found = command.try_get_matches_from_mut(&typed);
    found.unwrap_or_else(|error| {
        // Every command knows its whole name only now.
        command.build();
        advised(error, &command, &typed).exit()
    })
}

/// `error` with what was meant.
fn advised(mut error: Error, root: &Command, typed: &[OsString]) -> Error {
    let word = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let here = command_of(root, typed);
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let flag = word(ContextKind::InvalidArg);
            let flag = flag.and_then(|flag| flag.strip_prefix("--").map(str::to_owned));
            if let Some(flag) = flag.filter(|flag| !flag.is_empty()) {
                unknown_flag(&mut error, (root, here), &flag, typed);
            }
        }
        ErrorKind::InvalidSubcommand => {
            if let Some(name) = word(ContextKind::InvalidSubcommand) {
                unknown_command(&mut error, (root, here), &name);
            }
        }
        ErrorKind::InvalidValue if error.get(ContextKind::SuggestedValue).is_none() => {
            let given = word(ContextKind::InvalidArg).zip(word(ContextKind::InvalidValue));
            if let Some((argument, value)) = given.filter(|(_, value)| !value.is_empty()) {
                unknown_value(&mut error, root, &argument, &value);
            }
        }
        _ => {}
    }
    error
}

/// The command that was typed.
fn command_of<'run>(root: &'run Command, typed: &[OsString]) -> &'run Command {
    let mut found = root;
    let mut before = OsStr::new("");
    for word in typed.iter().skip(1) {
        match found.find_subcommand(word) {
            // What follows `help` is a command.
            Some(inner) if inner.get_name() == "help" => {}
            Some(inner) => found = inner,
            // What follows `--color` is its value.
            None if word.to_string_lossy().starts_with('-') || before == "--color" => {}
            None => break,
        }
        before = word;
    }
    found
}

/// The command that was typed has no such flag.
fn unknown_flag(
    error: &mut Error,
    (root, here): (&Command, &Command),
    flag: &str,
    typed: &[OsString],
) {
    let own = nearest(flag, longs(here));
    let others = with_flag(root, here, flag);
    let later = typed
        .iter()
        .any(|word| others.iter().any(|other| word == other.get_name()));
    if !others.is_empty() {
        if std::ptr::eq(root, here) && later {
            let tip = format!("write '--{flag}' after the command");
            return suggest(error, here, own, Some(tip.into()));
        }
        let tip = tip(root, &others, ("has", "have"), &format!("'--{flag}'"));
        suggest(error, here, own, Some(tip));
    } else if let Some(tip) = other_word(root, here, flag) {
        suggest(error, here, None, Some(tip));
    } else if own.is_some() {
        suggest(error, here, own, None);
    } else if let Some(near) = nearest(flag, root.get_subcommands().flat_map(longs)) {
        let others = with_flag(root, here, near);
        let what = format!("a similar '--{near}'");
        let tip = tip(root, &others, ("has", "have"), &what);
        suggest(error, here, None, Some(tip));
    } else {
        // What only looks a little like it has another purpose.
        let mut longer = longs(here).filter(|long| flag.len() > 2 && long.starts_with(flag));
        suggest(error, here, longer.next(), None);
    }
}

/// What to write for a flag that other programs have for a purpose of ours.
fn other_word(root: &Command, here: &Command, flag: &str) -> Option<StyledStr> {
    let valid = root.get_styles().get_valid();
    let format = here
        .get_arguments()
        .find(|own| own.get_long() == Some("format"));
    let mut tip = StyledStr::new();
    if format.is_some_and(|format| values(format).iter().any(|known| known == flag)) {
        let _ = write!(tip, "write '{valid}--format {flag}{valid:#}'");
        return Some(tip);
    }
    let (_, meant) = OTHER_WORDS
        .iter()
        .find(|(words, _)| words.contains(&flag))?;
    let own = here.get_arguments().filter(|own| !own.is_hide_set());
    let own = own.filter_map(|own| Some((own.get_long()?, value_name(own))));
    let own: Vec<_> = own.filter(|(long, _)| meant.contains(long)).collect();
    for (at, (long, value)) in own.iter().enumerate() {
        let before = if at == 0 { "write" } else { " or" };
        let _ = write!(tip, "{before} '{valid}--{long} {value}{valid:#}'");
    }
    if !own.is_empty() {
        return Some(tip);
    }
    let others = meant.iter().map(|meant| with_flag(root, here, meant));
    let others = others.max_by_key(Vec::len).filter(|_| *meant != OUTPUTS);
    if let (Some(others), [meant]) = (others, meant) {
        return Some(self::tip(
            root,
            &others,
            ("has", "have"),
            &format!("'--{meant}'"),
        ));
    }
    let writes_files = ["init", "lsp", "partials"].contains(&here.get_name());
    if std::ptr::eq(root, here) || writes_files {
        return None;
    }
    let _ = write!(
        tip,
        "results go to standard output: '{valid}> FILE{valid:#}' at the end writes them to a file"
    );
    Some(tip)
}

/// What the value of `argument` is called.
fn value_name(argument: &Arg) -> &str {
    let names = argument.get_value_names().and_then(<[_]>::first);
    names.map_or("", |name| name.as_str())
}

/// What these commands do: `one` is the verb of one of them, `many` that of several.
fn tip(root: &Command, these: &[&Command], (one, many): (&str, &str), what: &str) -> StyledStr {
    let verb = if these.len() == 1 { one } else { many };
    let mut tip = commands(root, these);
    let _ = write!(tip, " {verb} {what}");
    tip
}

/// Replaces what was suggested, and the usage that it was part of.
fn suggest(error: &mut Error, here: &Command, flag: Option<&str>, tip: Option<StyledStr>) {
    error.remove(ContextKind::SuggestedArg);
    error.remove(ContextKind::Suggested);
    if let Some(flag) = flag {
        let flag = ContextValue::String(format!("--{flag}"));
        error.insert(ContextKind::SuggestedArg, flag);
    }
    if let Some(tip) = tip {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    let usage = ContextValue::StyledStr(here.clone().render_usage());
    error.insert(ContextKind::Usage, usage);
}

/// There is no such command.
fn unknown_command(error: &mut Error, (root, here): (&Command, &Command), name: &str) {
    let names = here.get_subcommands().map(Command::get_name);
    if let Some(near) = nearest(name, names) {
        let near = ContextValue::String(near.to_owned());
        error.insert(ContextKind::SuggestedSubcommand, near);
    } else if std::ptr::eq(root, here) && name.contains(['/', '.', '\\']) {
        error.remove(ContextKind::SuggestedSubcommand);
        let valid = root.get_styles().get_valid();
        let mut tip = StyledStr::new();
        let _ = write!(
            tip,
            "a command comes first: '{valid}deploy-roles expand TEMPLATE{valid:#}'"
        );
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
}

/// `argument` takes no such value.
fn unknown_value(error: &mut Error, root: &Command, argument: &str, value: &str) {
    let known = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(known)) => known.clone(),
        _ => return,
    };
    if let Some(near) = nearest(value, known.iter().map(String::as_str)) {
        let near = ContextValue::String(near.to_owned());
        error.insert(ContextKind::SuggestedValue, near);
        return;
    }
    let flag = argument.split_whitespace().next().unwrap_or_default();
    let Some(flag) = flag.strip_prefix("--") else {
        return;
    };
    let takes = |one: &&Command| {
        let own = one.get_arguments().find(|own| own.get_long() == Some(flag));
        own.is_some_and(|own| values(own).iter().any(|known| known == value))
    };
    let others: Vec<&Command> = root.get_subcommands().filter(takes).collect();
    if !others.is_empty() {
        let what = format!("'--{flag} {value}'");
        let tip = tip(root, &others, ("takes", "take"), &what);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
}

/// The values that `argument` can have, if they are known.
fn values(argument: &Arg) -> Vec<String> {
    let known = argument.get_possible_values();
    known
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect()
}

/// The flags of a command, but for hidden ones.
fn longs(command: &Command) -> impl Iterator<Item = &str> {
    let shown = command.get_arguments().filter(|own| !own.is_hide_set());
    shown.filter_map(Arg::get_long)
}

/// The other commands that have the flag.
fn with_flag<'run>(root: &'run Command, here: &Command, flag: &str) -> Vec<&'run Command> {
    let others = root
        .get_subcommands()
        .filter(|other| other.get_name() != here.get_name());
    let with = others.filter(|other| longs(other).any(|own| own == flag));
    with.collect()
}

/// The names of `commands`: the first of them, and how many more there are.
fn commands(root: &Command, commands: &[&Command]) -> StyledStr {
    let valid = root.get_styles().get_valid();
    let more = match commands.len().saturating_sub(MOST_COMMANDS) {
        // One name takes less space than its number.
        0 | 1 => 0,
        more => more,
    };
    let shown = commands.len() - more;
    let mut text = StyledStr::new();
    for (at, one) in commands.iter().take(shown).enumerate() {
        let is_last = more == 0 && at + 1 == shown;
        let separator = match at {
            0 => "",
            1 if is_last && shown == 2 => " and ",
            _ if is_last => ", and ",
            _ => ", ",
        };
        let name = one.get_name();
        let _ = write!(text, "{separator}'{valid}{name}{valid:#}'");
    }
    if more > 0 {
        let _ = write!(text, ", and {more} more commands");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(typed: &[&str]) -> String {
        let typed: Vec<OsString> = typed.iter().map(OsString::from).collect();
        let mut command = crate::cli::command();
        let error = command.try_get_matches_from_mut(&typed).unwrap_err();
        command.build();
        advised(error, &command, &typed).render().to_string()
    }

    /// Every flag of every command, misspelled: its last letter is missing, or two are swapped.
    #[test]
    fn every_misspelled_flag_names_the_right_one() {
        let mut command = crate::cli::command();
        command.build();
        let mut tried = 0;
        for one in command.get_subcommands() {
            for long in longs(one).filter(|long| long.len() > 3) {
                let (short, _) = long.split_at(long.len() - 1);
                let mut letters: Vec<char> = long.chars().collect();
                letters.swap(1, 2);
                let swapped: String = letters.into_iter().collect();
                for wrong in [short, &swapped] {
                    let known: Vec<&str> = longs(one).collect();
                    if known.contains(&wrong) {
                        continue;
                    }
                    let typed = ["deploy-roles", one.get_name(), &format!("--{wrong}")];
                    let said = advice(&typed);
                    let is_named = said.contains(&format!("exists: '--{long}'"));
                    assert!(is_named, "{typed:?}: {said}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 150, "{tried}");
    }

    /// Every flag of every command, typed in every other command that does not have it.
    #[test]
    fn a_flag_of_another_command_names_that_command() {
        let mut command = crate::cli::command();
        command.build();
        let mut tried = 0;
        for one in command.get_subcommands() {
            // The arguments of these are positions, which come first.
            if ["help", "partials"].contains(&one.get_name()) {
                continue;
            }
            for other in command.get_subcommands() {
                for long in longs(other).filter(|long| !longs(one).any(|own| own == *long)) {
                    let typed = ["deploy-roles", one.get_name(), &format!("--{long}")];
                    let said = advice(&typed);
                    let has = said.contains(&format!(" has '--{long}'"))
                        || said.contains(&format!(" have '--{long}'"));
                    assert!(has, "{typed:?}: {said}");
                    assert!(!said.contains("as a value"), "{typed:?}: {said}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 150, "{tried}");
    }

    /// Every value that is one of a few, with a letter missing.
    #[test]
    fn every_misspelled_value_names_the_right_one() {
        let mut command = crate::cli::command();
        command.build();
        let mut tried = 0;
        for one in command.get_subcommands() {
            for own in one.get_arguments() {
                for value in values(own).iter().filter(|value| value.len() > 2) {
                    let (_, wrong) = value.split_at(1);
                    let flag = own.get_long().map(|long| format!("--{long}={wrong}"));
                    let typed = flag.unwrap_or_else(|| wrong.to_owned());
                    let typed = ["deploy-roles", one.get_name(), &typed];
                    // A flag that takes no value has none to misspell.
                    if !own.get_action().takes_values() {
                        continue;
                    }
                    let said = advice(&typed);
                    assert!(
                        said.contains(&format!("exists: '{value}'")),
                        "{typed:?}: {said}"
                    );
                    tried += 1;
                }
            }
        }
        assert!(tried > 50, "{tried}");
    }

    #[test]
    fn the_nearest_command_is_named() {
        for (typed, wanted) in [
            (vec!["expnd"], "a similar subcommand exists: 'expand'"),
            (vec!["help", "dif"], "a similar subcommand exists: 'diff'"),
            (
                vec!["partials", "shw"],
                "a similar subcommand exists: 'show'",
            ),
            (
                vec!["org/roles.src.yml"],
                "a command comes first: 'deploy-roles expand TEMPLATE'",
            ),
            (
                vec!["--format", "json", "diff"],
                "write '--format' after the command",
            ),
            (
                vec!["lint", "--format", "junit"],
                "'test' takes '--format junit'",
            ),
            (
                vec!["--color", "always", "expand", "--against", "main"],
                "'diff', 'check', and 'lsp' have '--against'",
            ),
            (
                vec!["accounts", "--agianst", "main"],
                "have a similar '--against'",
            ),
            (
                vec!["diff", "--since", "main"],
                "write '--against REV|FILE'",
            ),
            (
                vec!["check", "--base", "main"],
                "write '--against REV|FILE'",
            ),
            (
                vec!["can", "--since", "main"],
                "'diff', 'check', and 'lsp' have '--against'",
            ),
            (
                vec!["expand", "--out", "x"],
                "write '--output FILE' or '--out-dir DIR'",
            ),
            (vec!["export", "--out", "x"], "write '--out-dir DIR'"),
            (vec!["can", "--out", "x"], "results go to standard output"),
            (vec!["lint", "--json"], "write '--format json'"),
            (vec!["lint", "--org", "x"], "write '--organization FILE'"),
            (vec!["lint", "--organ", "x"], "exists: '--organization'"),
        ] {
            let mut all = vec!["deploy-roles"];
            all.extend(typed);
            let said = advice(&all);
            assert!(said.contains(wanted), "{all:?}: {said}");
        }
    }

    /// A flag that is far from all others gets no tip.
    #[test]
    fn what_is_for_another_purpose_is_not_named() {
        for typed in [
            ["can", "--profile"],
            ["diff", "--depth"],
            ["init", "--out"],
            ["lsp", "--port"],
            ["test", "--to-be"],
        ] {
            let said = advice(&[&["deploy-roles"], &typed[..]].concat());
            assert!(!said.contains("tip:"), "{typed:?}: {said}");
        }
    }
}
