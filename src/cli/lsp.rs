//! The arguments of `lsp`, as typed.

use clap::Args;

use crate::cli::input::InputContext;

pub(super) const LSP_HELP: &str = "\
Examples:
  deploy-roles lsp                             an editor starts it, and speaks over its streams
  deploy-roles lsp --against main              what the line over each macro compares with

docs/editor.md shows the settings of Neovim and Visual Studio Code.";

/// What the line over each macro compares with if nobody says what.
pub const DEFAULT_REVISION: &str = "origin/main";

/// Arguments of `lsp`.
#[derive(Args, Debug)]
pub struct Lsp {
    /// What templates are read with.
    #[command(flatten)]
    pub with: InputContext,
    /// The git revision that the line over each macro compares with
    #[arg(long, value_name = "REV", default_value = DEFAULT_REVISION)]
    pub against: String,
    /// Many editors add it; there is no other way to speak
    #[arg(long, hide = true)]
    pub stdio: bool,
}
