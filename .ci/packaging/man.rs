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
    file.write_all(examples(&page).as_bytes())?;
    file.persist(folder.join(man.get_filename()))?;
    for inner in command.get_subcommands() {
        write(inner, folder)?;
    }
    Ok(())
}

/// `page`, whose text after the options is called what it is in nearly every help: examples, one per line.
fn examples(page: &str) -> String {
    let page = page.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n");
    let mut out = String::new();
    let mut is_literal = false;
    for line in page.lines() {
        // Whatever is indented in the help stays on a line of its own, with its columns.
        let indented = line.starts_with("  ");
        if indented != is_literal {
            out.push_str(if indented { ".nf\n" } else { ".fi\n" });
            is_literal = indented;
        }
        out.push_str(line);
        out.push('\n');
    }
    if is_literal {
        out.push_str(".fi\n");
    }
    out
}
