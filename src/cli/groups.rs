//! The commands in groups, as `--help` lists them.
//!
//! In: the command line's definition. Out: the same with a help that lists the commands by what they are
//! for. Refuses nothing: a test says which command is in no group.

use clap::Command;

/// What commands are for, and their names in the order of the help.
pub(super) const GROUPS: &[(&str, &[&str])] = &[
    ("Write", &["expand", "diff", "check", "export"]),
    ("Ask", &["accounts", "graph", "can", "denied"]),
    ("Decide", &["infer", "lint", "test"]),
    ("Set up", &["init", "workflow", "partials", "schema", "lsp"]),
];

/// How long a line of the help may be.
const WIDTH: usize = 100;

/// `command` with a help that lists its commands in groups.
pub(super) fn grouped(command: Command) -> Command {
    let mut help = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    let commands: Vec<(&str, String)> = command
        .get_subcommands()
        .map(|one| {
            let about = one.get_about().map(ToString::to_string);
            (one.get_name(), about.unwrap_or_default())
        })
        .collect();
    let width = commands.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default();
    let listed = |names: &[&str]| -> String {
        let named = names.iter().filter_map(|name| {
            let (name, about) = commands.iter().find(|(own, _)| own == name)?;
            Some(entry(name, about, width))
        });
        named.collect()
    };
    for (title, names) in GROUPS {
        help.extend(["\n", title, ":\n", &listed(names)]);
    }
    let about = "Print this message or the help of the given command";
    help += &entry("help", about, width);
    help += "\nOptions:\n{options}{after-help}";
    command.help_template(help)
}

/// A command with what it does, on as many lines as that takes.
fn entry(name: &str, about: &str, width: usize) -> String {
    let indent = width + 4;
    let mut lines = vec![format!("  {name:width$} ")];
    for word in about.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{:indent$}{word}", "")),
        }
    }
    lines.join("\n") + "\n"
}
