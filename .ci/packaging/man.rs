//! Writes the man pages, one per command, into a folder that exists: `man FOLDER`. They have no date, so the
//! same sources make the same pages.

#![expect(
    clippy::print_stderr,
    reason = "a program of its own, which says why it fails"
)]

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Command;
use clap_mangen::Man;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: man FOLDER");
        return ExitCode::from(2);
    };
    let mut command = deploy_roles::cli::command().disable_help_subcommand(true);
    command.build();
    match write(&command, Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("man: {error}");
            ExitCode::from(2)
        }
    }
}

/// Writes the page of `command`, and those of the commands in it.
fn write(command: &Command, folder: &Path) -> std::io::Result<()> {
    let source = concat!("deploy-roles ", env!("CARGO_PKG_VERSION"));
    // The usage of the help names the values, and which can be repeated.
    let mut command = command.clone();
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let man = Man::new(command.clone().override_usage(usage))
        .manual("deploy-roles")
        .source(source);
    let mut page = Vec::new();
    man.render(&mut page)?;
    let page = String::from_utf8_lossy(&page);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(readable(&page, source).as_bytes())?;
    file.persist(folder.join(man.get_filename()))?;
    for inner in command.get_subcommands() {
        write(inner, folder)?;
    }
    Ok(())
}

/// `page`, whose text after the options is called what it is in nearly every help: examples.
fn readable(page: &str, source: &str) -> String {
    let page = page.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n");
    let mut out = String::new();
    let mut block = Block::Text;
    let mut has_examples = false;
    for line in page.lines() {
        if line.starts_with(".TH ")
            && let Some((title, _)) = line.split_once("  ")
        {
            // There is no date. Lines need not be equally long, and names stay in one piece.
            out.extend([title, " \"\" \"", source, "\"\n.ad l\n.nh\n"]);
            continue;
        }
        has_examples = line == ".SH EXAMPLES" || has_examples && !line.is_empty();
        let next = match line.strip_prefix("  ") {
            None => Block::Text,
            Some(_) if has_examples => Block::Example,
            Some(_) => Block::Literal,
        };
        out.push_str(next.opening(block));
        block = next;
        match block {
            Block::Example => out.push_str(&example(line)),
            Block::Text | Block::Literal => out.push_str(line),
        }
        out.push('\n');
    }
    out.push_str(Block::Text.opening(block));
    out
}

/// What a line of the page is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    /// What fills lines.
    Text,
    /// Commands, each with what it does below it.
    Example,
    /// What is indented in the help, and stays on lines of its own.
    Literal,
}

impl Block {
    /// What is before it, below a line of `above`.
    fn opening(self, above: Self) -> &'static str {
        match (above, self) {
            (Self::Literal, Self::Text) => ".fi\n",
            (Self::Text, Self::Literal) => ".nf\n",
            (Self::Example, Self::Text) => ".PP\n",
            _ => "",
        }
    }
}

/// A line of an example: a command, what it does, or both in columns.
fn example(line: &str) -> String {
    let command = line.strip_prefix("  ").filter(|own| !own.starts_with(' '));
    let Some(command) = command else {
        return line.trim_start().to_owned();
    };
    let (command, text) = command.split_once("  ").unwrap_or((command, ""));
    let text = text.trim_start();
    let end = if text.is_empty() { "" } else { "\n" };
    format!(".TP\n\\fB{command}\\fR{end}{text}")
}
