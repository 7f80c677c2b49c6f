//! Whether the files of `init` can be created: nothing is there, and no link leads elsewhere.

use std::path::{Path, PathBuf};

use crate::cli::{Init, InitPiece};
use crate::command::init::repository::Repository;
use crate::command::init::state::InitFile;
use crate::command::shown;
use crate::diagnostic::Diagnostic;
use crate::files;

use crate::init::pieces::{InitSetup, makefile};
use crate::init::rules::{FILE_EXISTS, UNSUITABLE_PATH};
use crate::init::tasks_files::deploys;

/// What is in the way of the files that `arguments` ask for.
pub(super) fn occupied(
    arguments: &Init,
    planned: &[InitFile],
    (setup, repository): (&InitSetup, &Repository),
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut existing: Vec<(InitPiece, String)> = Vec::new();
    for file in planned {
        let path = Path::new(&file.path);
        // Of a path whose folders are not there yet, only those that are there can be links.
        let mut above = path.ancestors();
        let existing_part = above.find(|one| one.exists() && !one.as_os_str().is_empty());
        let way = existing_part.and_then(|one| files::link_out_of_tree(one, None));
        if let Some((link, target)) = way {
            problems.push(elsewhere(path, &link, &target));
        } else if let Some(there) = there(path) {
            existing.push((file.piece, format!("`{}`", shown(&there))));
        }
    }
    existing.dedup();
    let mut pieces: Vec<InitPiece> = planned.iter().map(|file| file.piece).collect();
    pieces.dedup();
    let in_use = pieces
        .iter()
        .filter_map(|piece| Some((*piece, in_use(*piece, setup, repository)?)));
    let in_use: Vec<(InitPiece, String)> = in_use.collect();
    if !existing.is_empty() || !in_use.is_empty() {
        let mut taken = TakenPieces::of(&pieces, &existing, &in_use);
        if is_deployed(setup, repository) {
            taken.to_add.retain(|piece| *piece != InitPiece::Tasks);
        }
        let what = what_is_there(&existing, &in_use);
        let problem = Diagnostic::without_place(&FILE_EXISTS, what);
        problems.push(problem.help(taken.help(arguments)));
    }
    problems
}

/// Whether a task deploys the output already: one more would deploy it a second time.
pub(super) fn is_deployed(setup: &InitSetup, repository: &Repository) -> bool {
    in_use(InitPiece::Tasks, setup, repository).is_some()
}

/// The file at `path`, that with the other ending of YAML, or a file that is where one of its folders
/// must be.
pub(super) fn there(path: &Path) -> Option<PathBuf> {
    let is_there = |one: &Path| one.exists() || one.is_symlink();
    let mut above: Vec<&Path> = path.ancestors().collect();
    above.reverse();
    let found = above.into_iter().find(|one| {
        !one.as_os_str().is_empty() && is_there(one) && (*one == path || !one.is_dir())
    });
    let found = found.map(Path::to_owned);
    found.or_else(|| twin(path).filter(|twin| is_there(twin)))
}

/// The path with the other ending of YAML.
fn twin(path: &Path) -> Option<PathBuf> {
    let other = match path.extension()?.to_str()? {
        "yml" => "yaml",
        "yaml" => "yml",
        _ => return None,
    };
    Some(path.with_extension(other))
}

/// What already does what a piece is for.
fn in_use(piece: InitPiece, setup: &InitSetup, repository: &Repository) -> Option<String> {
    match piece {
        InitPiece::Makefile => {
            let own = repository.makefile.as_ref()?;
            makefile::runs_tool(&own.text)
                .then(|| format!("`{}` already runs deploy-roles", own.path))
        }
        InitPiece::Tasks => {
            let mut files = repository.files.iter();
            let (output, template) = (setup.path(&setup.output), setup.path(&setup.template));
            let file = files.find(|file| deploys(file, &output, &template))?;
            let path = shown(Path::new(&file.path));
            Some(format!("`{path}` already deploys `{}`", setup.output))
        }
        _ => None,
    }
}

/// The files that exist, and what does already what the pieces are for.
fn what_is_there(existing: &[(InitPiece, String)], in_use: &[(InitPiece, String)]) -> String {
    let names: Vec<&str> = existing.iter().map(|(_, name)| name.as_str()).collect();
    let mut what = Vec::new();
    match names.as_slice() {
        [] => {}
        [one] => what.push(format!("{one} is there already")),
        several => what.push(format!(
            "these files are there already: {}",
            several.join(", ")
        )),
    }
    what.extend(in_use.iter().map(|(_, what)| what.clone()));
    what.join("; ")
}

/// The pieces of a run, if some cannot be written.
struct TakenPieces {
    /// Those whose text can be added to what is there.
    to_add: Vec<InitPiece>,
    /// Those that can be written.
    free: Vec<InitPiece>,
}

impl TakenPieces {
    fn of(
        pieces: &[InitPiece],
        existing: &[(InitPiece, String)],
        in_use: &[(InitPiece, String)],
    ) -> Self {
        let taken = |piece: &InitPiece| {
            let mut taken = existing.iter().chain(in_use);
            taken.any(|(other, _)| other == piece)
        };
        let (to_add, free) = pieces.iter().partition(|piece| taken(piece));
        Self { to_add, free }
    }

    /// What to do instead.
    fn help(&self, arguments: &Init) -> String {
        let names = |pieces: &[InitPiece], between: &str| {
            let names: Vec<&str> = pieces.iter().map(|piece| piece.name()).collect();
            names.join(between)
        };
        let mut help = Vec::new();
        if !self.free.is_empty() {
            let free = names(&self.free, " ");
            help.push(format!("`deploy-roles init {free}` writes the rest"));
        }
        if self.to_add.is_empty() {
            if help.is_empty() {
                help.push("nothing is left to write".to_owned());
            }
        } else if !arguments.dry_run {
            let add = names(&self.to_add, " ");
            help.push(format!(
                "`deploy-roles init {add} --dry-run` prints what you can add to yours"
            ));
        } else if self.free.is_empty() {
            help.push("add what you need of the printed text to yours".to_owned());
        } else {
            let add = names(&self.to_add, ", ");
            help.push(format!(
                "for {add}, add what you need of the printed text to yours"
            ));
        }
        help.join("; ")
    }
}

/// The error for paths that some of the pieces cannot name: make, the shell, or OrgFormation would read
/// them as something else.
pub(super) fn unnamable(pieces: &[InitPiece], setup: &InitSetup) -> Option<Diagnostic> {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let is_unusual = |path: &&str| path.starts_with('-') || !path.chars().all(is_usual);
    let unusual = |piece: &InitPiece| {
        let named: Vec<&str> = match piece {
            InitPiece::Roles => vec![&setup.organization],
            InitPiece::Makefile => vec![&setup.folder, &setup.run],
            InitPiece::Tasks => vec![&setup.folder, &setup.tasks, &setup.organization],
            InitPiece::Workflow | InitPiece::Hook => vec![&setup.folder],
            InitPiece::Editor => Vec::new(),
        };
        named.into_iter().find(is_unusual)
    };
    let path = pieces.iter().find_map(unusual)?;
    let (free, taken): (Vec<InitPiece>, Vec<InitPiece>) =
        pieces.iter().partition(|piece| unusual(piece).is_none());
    let names = |pieces: &[InitPiece], between: &str| {
        let names: Vec<&str> = pieces.iter().map(|piece| piece.name()).collect();
        names.join(between)
    };
    let message = format!(
        "the path `{}` cannot be written as it is into: {}",
        shown(Path::new(path)),
        names(&taken, ", ")
    );
    let rename = "use letters, digits, `.`, `_`, and `-` in the names of the file and its folders";
    Some(
        Diagnostic::without_place(&UNSUITABLE_PATH, message).help(if free.is_empty() {
            rename.to_owned()
        } else {
            let free = names(&free, " ");
            format!("`deploy-roles init {free}` writes the rest; for these, {rename}")
        }),
    )
}

fn elsewhere(path: &Path, link: &Path, target: &Path) -> Diagnostic {
    let message = format!(
        "`{}` would be written outside of this repository: `{}` is a link to `{}`",
        shown(path),
        shown(link),
        shown(target)
    );
    Diagnostic::without_place(&UNSUITABLE_PATH, message)
        .help("replace the link by a folder, or write this piece by hand")
}
