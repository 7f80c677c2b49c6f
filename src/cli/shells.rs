//! The shells that complete, with paths that have spaces.
//!
//! In: the scripts of `clap_complete`. Out: the same, in which bash, fish, and zsh take quotes away before they ask
//! the program, also one that is still open, and bash quotes a path that it inserts. Refuses nothing: fish and zsh
//! quote by themselves.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use clap::Command;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

/// The shells.
pub const SHELLS: Shells<'static> = Shells(&[
    &QuotingShell(&Bash, OF_BASH),
    &Elvish,
    &QuotingShell(&Fish, OF_FISH),
    &Powershell,
    &QuotingShell(&Zsh, OF_ZSH),
]);

/// What each script has, and what it has instead.
type ScriptChange = (&'static str, &'static str);

const OF_BASH: &[ScriptChange] = &[
    ("    COMPREPLY=( $( \\\n", BASH_WORDS),
    ("-- \"${words[@]}\" \\\n", "-- \"${asked[@]}\" \\\n"),
    ("        compopt -o nospace\n    fi\n}\n", BASH_PATHS),
];

/// Bash hands over quotes and backslashes as they are typed, and `--account=Dev` as three words.
const BASH_WORDS: &str = r#"    local -a asked=()
    local at word
    for at in "${!words[@]}"; do
        word="${words[at]}"
        if [[ "$word" == "=" && "${words[at - 1]}" == --* ]] && ((at != COMP_CWORD)); then
            ((_CLAP_COMPLETE_INDEX -= 1))
            continue
        fi
        if [[ "$word" == [\"\']* ]]; then
            word="${word#?}"
            word="${word%[\"\']}"
        fi
        asked+=("${word//\\/}")
    done
    COMPREPLY=( $( \
"#;

/// Bash quotes what it knows to be a path, and ends a folder with a slash.
const BASH_PATHS: &str = r#"        compopt -o nospace
    fi
    local reply
    for reply in "${COMPREPLY[@]}"; do
        if [[ -e "$reply" ]]; then
            compopt -o filenames 2> /dev/null && COMPREPLY=("${COMPREPLY[@]%/}")
            break
        fi
    done
}
"#;

/// Zsh has already taken an open quote out of `PREFIX`, also one in the middle of a word. It quotes what it inserts,
/// and a `~` in quotes is no longer the home folder: so that stays as it is typed.
const OF_ZSH: &[ScriptChange] = &[
    (
        "    local completions=(",
        "    local -a asked=(\"${(@Q)words}\")\n    asked[CURRENT]=\"${(Q)PREFIX}\"\n    local completions=(",
    ),
    ("-- \"${words[@]}\"", "-- \"${asked[@]}\""),
    (
        "    if [[ -n $completions ]]; then\n",
        "    if [[ -n $completions ]]; then\n        compset -P '\\~/' && completions=(\"${(@)completions#\\~/}\")\n",
    ),
];

const OF_FISH: &[ScriptChange] = &[(
    "(commandline --current-token)",
    "(commandline --current-token | string unescape)",
)];

/// A shell, and what its script has instead.
struct QuotingShell(&'static dyn EnvCompleter, &'static [ScriptChange]);

impl EnvCompleter for QuotingShell {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn is(&self, name: &str) -> bool {
        self.0.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> std::io::Result<()> {
        let mut script = Vec::new();
        self.0
            .write_registration(var, name, bin, completer, &mut script)?;
        let mut script = String::from_utf8_lossy(&script).into_owned();
        for (old, new) in self.1 {
            script = script.replacen(old, new, 1);
        }
        buf.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        cmd: &mut Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn Write,
    ) -> std::io::Result<()> {
        self.0.write_complete(cmd, args, current_dir, buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new version of `clap_complete` may write another script.
    #[test]
    fn every_change_finds_its_place() {
        let shells: [(&dyn EnvCompleter, _); 3] =
            [(&Bash, OF_BASH), (&Fish, OF_FISH), (&Zsh, OF_ZSH)];
        for (shell, changes) in shells {
            let mut script = Vec::new();
            let names = ("COMPLETE", "deploy-roles", "deploy-roles", "deploy-roles");
            let written = shell.write_registration(names.0, names.1, names.2, names.3, &mut script);
            assert!(written.is_ok());
            let script = String::from_utf8(script).unwrap();
            for (old, _) in changes {
                assert_eq!(script.matches(old).count(), 1, "{}: {old}", shell.name());
            }
        }
    }
}
