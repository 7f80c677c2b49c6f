//! What the commands read and write, as typed.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};

/// What to read; the same for every command.
#[derive(Args, Clone, Debug, Default)]
pub struct Input {
    /// Templates (`*.src.yml`), or folders searched for them; `-` is standard input. Without any:
    /// `org/` if it exists, else the current folder
    #[arg(value_name = "TEMPLATE")]
    pub templates: Vec<PathBuf>,
    /// What to read them with.
    #[command(flatten)]
    pub with: InputContext,
}

/// What templates are read with.
#[derive(Args, Clone, Debug, Default)]
pub struct InputContext {
    /// The organization of templates that do not include one
    #[arg(long, value_name = "FILE")]
    pub organization: Option<PathBuf>,
    /// The folder that included files must be in; by default the git repository of the template,
    /// else the current folder
    #[arg(long, value_name = "DIR")]
    pub include_root: Option<PathBuf>,
    /// Partials that replace built-in ones of the same name, or add services. A template can name
    /// the folder itself: `Definitions.DeployRoles.Partials`
    #[arg(long, value_name = "DIR")]
    pub partials: Option<PathBuf>,
    /// The same as `partials`, but the folder may be empty or missing: it will be written to.
    #[arg(skip)]
    pub new_partials: Option<PathBuf>,
}

/// Where generated files are; the same for every command.
#[derive(Args, Clone, Debug)]
pub struct Output {
    /// The generated file (`-` is standard output); by default `x.yml` next to `x.src.yml`
    #[arg(short, long, value_name = "FILE", conflicts_with = "out_dir")]
    pub output: Option<PathBuf>,
    /// The folder of the generated files; relative includes are rewritten
    #[arg(long, value_name = "DIR", value_parser = folder())]
    pub out_dir: Option<PathBuf>,
}

/// What reads the name of a folder that is written to.
pub(super) fn folder() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if path.as_os_str() == "-" {
            return Err(
                "a folder is needed, and `-` is standard output; `./-` is a folder with that name",
            );
        }
        Ok(path)
    })
}
