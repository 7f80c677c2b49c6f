//! Names that a shell completes: which argument takes which.
//!
//! In: the command line's definition, and who knows the names. Out: the same definition, whose arguments
//! know what they can be. Refuses nothing: what takes no name is completed by its kind, such as a path.

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

/// What an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// An account of the organization, by its logical id.
    Account,
    /// An account that can be the Tools account: any but the management account.
    ToolsAccount,
    /// A macro.
    Macro,
    /// A built-in partial.
    Partial,
    /// A macro, or a principal that a macro creates.
    Principal,
    /// A rule.
    Rule,
    /// A stage of a macro.
    Stage,
}

/// A name, and what a shell can show next to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownName {
    /// The name.
    pub name: String,
    /// What it is, in a few words; empty if there is nothing to say.
    pub about: String,
}

/// `command`, whose arguments are completed with what `names` knows.
pub fn with_names(command: Command, names: fn(NameKind) -> Vec<KnownName>) -> Command {
    within(command, "", names)
}

fn within(command: Command, above: &str, names: fn(NameKind) -> Vec<KnownName>) -> Command {
    let command = command.mut_args(|argument| match kind(&argument, above) {
        Some(kind) => argument.add(ArgValueCandidates::new(move || candidates(names(kind)))),
        None => argument,
    });
    let name = command.get_name().to_owned();
    command.mut_subcommands(|inner| within(inner, &name, names))
}

/// What `argument` names, in a command of the command `above`. An argument of a new command is known by its
/// flag, or by what its help calls the value.
fn kind(argument: &Arg, above: &str) -> Option<NameKind> {
    match (value_name(argument), argument.get_long()) {
        (_, Some("macro")) => Some(NameKind::Macro),
        (_, Some("tools-account")) => Some(NameKind::ToolsAccount),
        ("ACCOUNT", _) => Some(NameKind::Account),
        ("STAGE", _) => Some(NameKind::Stage),
        ("RULE", _) => Some(NameKind::Rule),
        ("WHO", None) => Some(NameKind::Principal),
        ("NAME", None) if above == "partials" => Some(NameKind::Partial),
        _ => None,
    }
}

fn value_name(argument: &Arg) -> &str {
    let names = argument.get_value_names();
    let first = names.and_then(<[_]>::first);
    first.map_or("", |name| name.as_str())
}

fn candidates(names: Vec<KnownName>) -> Vec<CompletionCandidate> {
    let shown = names.into_iter().map(|known| {
        let about = (!known.about.is_empty()).then_some(known.about);
        CompletionCandidate::new(known.name).help(about.map(Into::into))
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every argument of the command line, as `can --account`, with its value's name and what completes it.
    fn arguments() -> Vec<(String, String, Option<NameKind>)> {
        let mut command = crate::cli::command();
        command.build();
        let mut found = Vec::new();
        let mut open = vec![(&command, String::new(), "")];
        while let Some((command, path, above)) = open.pop() {
            for argument in command.get_arguments() {
                let long = argument.get_long().map(|long| format!(" --{long}"));
                let long = long.unwrap_or_default();
                let value = value_name(argument).to_owned();
                found.push((format!("{path}{long}"), value, kind(argument, above)));
            }
            for inner in command.get_subcommands() {
                let name = inner.get_name();
                open.push((inner, format!("{path} {name}"), command.get_name()));
            }
        }
        found
    }

    #[test]
    fn arguments_that_take_a_name_are_known() {
        let found = arguments();
        for (path, wanted) in [
            (" can", NameKind::Principal),
            (" can --stage", NameKind::Stage),
            (" can --account", NameKind::Account),
            (" can --macro", NameKind::Macro),
            (" denied --macro", NameKind::Macro),
            (" infer --macro", NameKind::Macro),
            (" init --tools-account", NameKind::ToolsAccount),
            (" lint --explain", NameKind::Rule),
            (" lint --rule", NameKind::Rule),
            (" partials eject", NameKind::Partial),
            (" partials show", NameKind::Partial),
            (" workflow --macro", NameKind::Macro),
        ] {
            let mut found = found.iter();
            let is_known = found.any(|(own, _, kind)| own == path && *kind == Some(wanted));
            assert!(is_known, "{path}");
        }
    }

    /// Whoever adds an argument that takes a name sees that nothing completes it.
    #[test]
    fn every_value_that_is_called_a_name_is_completed() {
        let names = [
            "ACCOUNT", "MACRO", "NAME", "PARTIAL", "RULE", "STAGE", "UNIT", "WHO",
        ];
        for (path, value, kind) in arguments() {
            assert_eq!(
                names.contains(&value.as_str()),
                kind.is_some(),
                "{path} {value}"
            );
        }
    }
}
