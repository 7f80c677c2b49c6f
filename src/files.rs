//! Disk, standard input, environment and git: the only place that touches them.
//!
//! In: paths. Out: texts with what they include; written files. A file is written whole or not at
//! all: into a temporary file beside it, which then takes its name.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the place that touches the disk"
)]

mod git;

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, bail};

use crate::diagnostic::{Diagnostic, Result};
use crate::expand::checksum;
use crate::expand::checksum::Seen;
use crate::expand::chunks::Expanded;
use crate::expand::relocate::{between, clean};
use crate::partials::rules::BROKEN_PARTIAL;
use crate::source::{FileId, Span};
use crate::yaml::lookup::{INCLUDE, Library};
use crate::yaml::node::{Kind, Node};
use crate::yaml::rules::{
    CYCLIC_INCLUDE, MISSING_INCLUDE, NESTED_TOO_DEEP, OUTSIDE_INCLUDE, UNREADABLE,
};

pub use git::{Named, named, text_at};

/// The path that stands for standard input and output.
pub const STANDARD: &str = "-";

/// The endings of a template with macros.
const SOURCES: &[&str] = &[".src.yml", ".src.yaml"];

/// Reads a template (or standard input, for `-`) with everything that it includes.
///
/// # Errors
///
/// `unreadable`, `missing-include`, `outside-include`, `cyclic-include`, and what [`crate::yaml::parse::parse`] refuses.
pub fn read_template(library: &mut Library, path: &Path) -> Result<FileId> {
    let text = if path == Path::new(STANDARD) {
        standard_input()
    } else {
        text(path)
    };
    let text = text.map_err(|reason| vec![unreadable(path, &reason)])?;
    let shown = if path == Path::new(STANDARD) {
        PathBuf::from("<stdin>")
    } else {
        clean(path)
    };
    let folder = if path == Path::new(STANDARD) {
        PathBuf::new()
    } else {
        folder_of(path)
    };
    let file = library.sources.add(shown, text);
    let root = library
        .include_root
        .as_deref()
        .map_or_else(|| tree(&folder), real);
    let mut trail = vec![real(path)];
    library.read.insert(real(path), file);
    load(library, file, &folder, &root, &mut trail)?;
    Ok(file)
}

/// The folder tree of a template in `folder`, links resolved: the git repository; without one the
/// current folder, or, for a template elsewhere, the folder above the template's.
fn tree(folder: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let folder = real_folder(&here.join(folder));
    let here = real_folder(&here);
    let repository = folder.ancestors().find(|above| above.join(".git").exists());
    match repository {
        Some(repository) => repository.to_owned(),
        None if folder.starts_with(&here) => here,
        None => folder.parent().unwrap_or(&folder).to_owned(),
    }
}

fn real_folder(folder: &Path) -> PathBuf {
    std::fs::canonicalize(folder).unwrap_or_else(|_| clean(folder))
}

/// Reads every `*.hbs` below `folder`, as name (its path without `.hbs`) and file.
///
/// # Errors
///
/// `unreadable`, `broken-partial` for a folder without any partial.
pub fn read_partials(library: &mut Library, folder: &Path) -> Result<Vec<(String, FileId)>> {
    let mut paths = Vec::new();
    walk(folder, &mut paths, 0).map_err(|error| vec![unreadable(folder, &plain(&error))])?;
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "hbs"))
    {
        let name = path.strip_prefix(folder).unwrap_or(path).with_extension("");
        let name = name.to_string_lossy().replace('\\', "/");
        match text(path) {
            Ok(text) => {
                let file = library.sources.add(path, text);
                library.read.insert(real(path), file);
                found.push((name, file));
            }
            Err(reason) => problems.push(unreadable(path, &reason)),
        }
    }
    if found.is_empty() && problems.is_empty() {
        problems.push(
            Diagnostic::without_place(&BROKEN_PARTIAL, format!("`{}` holds no partial", folder.display()))
                .help("put partials there as in `services/lambda.hbs`; a file of a built-in's name takes its place"),
        );
    }
    if problems.is_empty() {
        Ok(found)
    } else {
        Err(problems)
    }
}

/// The most bytes that a file may have.
const SIZE_LIMIT: u64 = 1 << 30;
/// How deep includes may be nested.
const INCLUDE_LIMIT: usize = 30;

/// How many links to no file yet are followed, one behind the other; as many as Linux follows.
const LINK_LIMIT: usize = 40;

/// The path without links, to tell whether two paths mean one file. A link that leads to no file
/// yet is followed too; one that leads back to itself is the file that would take its place.
pub fn real(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let whole = here.join(path);
    let mut last = whole.clone();
    for _ in 0..LINK_LIMIT {
        if let Ok(found) = std::fs::canonicalize(&last) {
            return found;
        }
        match std::fs::read_link(&last) {
            Ok(target) => last = real_folder(&folder_of(&last)).join(target),
            Err(_) => return not_there_yet(&last),
        }
    }
    not_there_yet(&whole)
}

/// The path without links of a file that is not there, in a folder that may be.
fn not_there_yet(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    std::fs::canonicalize(folder_of(path)).map_or_else(|_| clean(path), |folder| folder.join(name))
}

/// How the reason ends where a file is no text.
const NOT_UTF_8: &str = "is not UTF-8";

fn unreadable(path: &Path, reason: &str) -> Diagnostic {
    Diagnostic::without_place(
        &UNREADABLE,
        format!("cannot read `{}`: {reason}", path.display()),
    )
    .help(if reason.ends_with(NOT_UTF_8) {
        "save it as UTF-8"
    } else {
        "check the path and its permissions"
    })
}

fn text(path: &Path) -> std::result::Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| plain(&error))?;
    if metadata.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if !metadata.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if metadata.len() > SIZE_LIMIT {
        return Err(format!("it has more than {SIZE_LIMIT} bytes"));
    }
    let bytes = std::fs::read(path).map_err(|error| plain(&error))?;
    String::from_utf8(bytes)
        .map_err(|error| format!("byte {} {NOT_UTF_8}", error.utf8_error().valid_up_to()))
}

/// The error without the operating system's number.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_lowercase()
}

fn standard_input() -> std::result::Result<String, String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| plain(&error))?;
    Ok(text)
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

fn load(
    library: &mut Library,
    file: FileId,
    folder: &Path,
    root: &Path,
    trail: &mut Vec<PathBuf>,
) -> Result<()> {
    let text = library.sources.text(file);
    let document = crate::yaml::parse::parse(file, text)?;
    let wanted = if text.contains(INCLUDE) {
        includes(&document.root)
    } else {
        Vec::new()
    };
    library.documents.insert(file, document);
    let mut problems = Vec::new();
    for (path, span) in wanted {
        if library.includes.contains_key(&(file, path.clone())) {
            continue;
        }
        if let Err(found) = include(library, file, (&path, span), folder, root, trail) {
            problems.extend(found);
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn include(
    library: &mut Library,
    file: FileId,
    (path, span): (&str, Span),
    folder: &Path,
    root: &Path,
    trail: &mut Vec<PathBuf>,
) -> Result<()> {
    let full = clean(&folder.join(path));
    let whole = real(&full);
    if trail.len() > INCLUDE_LIMIT {
        let message = format!("includes are nested more than {INCLUDE_LIMIT} deep");
        return Err(vec![
            Diagnostic::new(&NESTED_TOO_DEEP, span, message)
                .help("write it flatter; no template needs this"),
        ]);
    }
    if let Some(known) = library.read.get(&whole).filter(|_| !trail.contains(&whole)) {
        library.includes.insert((file, path.to_owned()), *known);
        return Ok(());
    }
    if trail.contains(&whole) {
        return Err(vec![
            Diagnostic::new(
                &CYCLIC_INCLUDE,
                span,
                format!(
                    "`{}` includes itself, directly or by way of another file",
                    full.display()
                ),
            )
            .help("take one `!Include` out"),
        ]);
    }
    if !whole.starts_with(root) {
        let message = format!(
            "`{}` is outside of the folder tree that includes are read from",
            full.display()
        );
        return Err(vec![
            Diagnostic::new(&OUTSIDE_INCLUDE, span, message).help(
                "that is the git repository of the template, else the current folder; to allow more, say `--include-root DIR`",
            ),
        ]);
    }
    let text = text(&full).map_err(|reason| {
        let (code, help) = if full.exists() {
            (
                &UNREADABLE,
                "include a file, saved as UTF-8, that you may read",
            )
        } else {
            (
                &MISSING_INCLUDE,
                "the path is relative to the folder of the file that includes it",
            )
        };
        let message = format!(
            "cannot read the included file `{}`: {reason}",
            full.display()
        );
        vec![Diagnostic::new(code, span, message).help(help)]
    })?;
    let included = library.sources.add(&full, text);
    library.includes.insert((file, path.to_owned()), included);
    library.read.insert(whole.clone(), included);
    trail.push(whole);
    let result = load(library, included, &folder_of(&full), root, trail);
    trail.pop();
    result
}

/// The paths that `root` includes.
pub(crate) fn includes(root: &Rc<Node>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let mut stack = vec![root];
    while let Some(node) = stack.pop() {
        match &node.kind {
            Kind::Scalar(path, _) if node.tag_name() == Some(INCLUDE) => {
                found.push((path.clone(), node.whole_span()));
            }
            Kind::Scalar(..) | Kind::Alias(..) => {}
            Kind::Sequence(items, _) => stack.extend(items.iter()),
            Kind::Mapping(entries, _) => {
                stack.extend(entries.iter().flat_map(|entry| [&entry.key, &entry.value]));
            }
        }
    }
    found.reverse();
    found
}

/// The templates that the arguments mean: files as they are, folders searched for `*.src.yml` and
/// `*.src.yaml`; without arguments `org/` where it exists, else the current folder.
///
/// # Errors
///
/// A path that does not exist, or a folder without templates.
pub fn find_templates(arguments: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let default = if Path::new("org").is_dir() {
        "org"
    } else {
        "."
    };
    let arguments = if arguments.is_empty() {
        vec![PathBuf::from(default)]
    } else {
        arguments.to_vec()
    };
    let mut found = Vec::new();
    for argument in arguments {
        if argument == Path::new(STANDARD) || !argument.is_dir() {
            found.push(argument);
            continue;
        }
        let mut paths = Vec::new();
        walk(&argument, &mut paths, 0)
            .with_context(|| format!("cannot search `{}`", argument.display()))?;
        let before = found.len();
        found.extend(
            paths
                .into_iter()
                .filter(|path| is_source(path))
                .map(|path| clean(&path)),
        );
        if found.len() == before {
            bail!(
                "no template with macros (`*.src.yml`) in `{}`",
                argument.display()
            );
        }
    }
    found.dedup();
    Ok(found)
}

fn is_source(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        SOURCES.iter().any(|ending| {
            name.to_string_lossy().len() > ending.len() && name.to_string_lossy().ends_with(ending)
        })
    })
}

/// Every file below `folder`, sorted, hidden ones and `node_modules` left out.
fn walk(folder: &Path, found: &mut Vec<PathBuf>, depth: usize) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let hidden =
            name.to_string_lossy().starts_with('.') || name == "node_modules" || name == "target";
        if hidden {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < 20 {
            walk(&entry.path(), found, depth + 1)?;
        } else if !kind.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// Where the expansion of `template` goes: beside it, `x.src.yml` as `x.yml`.
pub fn output_of(template: &Path) -> Option<PathBuf> {
    let name = template.file_name()?.to_str()?;
    let (stem, ending) = SOURCES.iter().find_map(|ending| {
        Some((
            name.strip_suffix(ending)?,
            ending.trim_start_matches(".src"),
        ))
    })?;
    (!stem.is_empty()).then(|| template.with_file_name(format!("{stem}{ending}")))
}

/// The template's folder as seen from the output's, or `None` where they are the same.
///
/// # Errors
///
/// The current folder cannot be found out.
pub fn moved(template: &Path, output: &Path) -> anyhow::Result<Option<PathBuf>> {
    let here = std::env::current_dir().context("cannot find out the current folder")?;
    // By the letters of the paths, links not followed: so does OrgFormation join them.
    let folder = |path: &Path| clean(&here.join(folder_of(path)));
    let (from, to) = (folder(output), folder(template));
    Ok((from != to).then(|| between(&from, &to)))
}

/// `path` as seen from `base`, with forward slashes.
///
/// # Errors
///
/// The current folder cannot be found out.
pub fn relative(path: &Path, base: &Path) -> anyhow::Result<String> {
    let here = std::env::current_dir().context("cannot find out the current folder")?;
    let from = clean(&here.join(base));
    let to = clean(&here.join(path));
    Ok(between(&from, &to).to_string_lossy().replace('\\', "/"))
}

/// What `output` holds now; `None` where there is no file.
///
/// # Errors
///
/// `unreadable`.
pub fn previous(output: &Path) -> Result<Option<Seen>> {
    if !output.exists() {
        return Ok(None);
    }
    if !output.is_file() {
        return Err(vec![unreadable(output, "it is no regular file")]);
    }
    let cannot = |error: std::io::Error| vec![unreadable(output, &plain(&error))];
    let mut file = std::fs::File::open(output).map_err(cannot)?;
    let mut checker = checksum::Checker::default();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).map_err(cannot)?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(Some(checker.finish()));
        }
        checker.update(bytes);
    }
}

/// The text of `output`; `None` where there is no file.
///
/// # Errors
///
/// `unreadable`.
pub fn previous_text(output: &Path) -> Result<Option<String>> {
    if !output.exists() {
        return Ok(None);
    }
    text(output)
        .map(Some)
        .map_err(|reason| vec![unreadable(output, &reason)])
}

/// A file that is written, and has not yet taken its name.
pub struct Pending {
    file: tempfile::NamedTempFile,
    target: PathBuf,
}

/// Writes `text` to a temporary file beside `output`. A link is followed, and the mode of an
/// existing file is kept.
///
/// # Errors
///
/// The folder cannot be made or written to.
pub fn prepare(output: &Path, text: &Expanded) -> anyhow::Result<Pending> {
    let (mut file, target) = temporary(output)?;
    let cannot = || format!("cannot write `{}`", output.display());
    write_sealed(file.as_file_mut(), text).with_context(cannot)?;
    set_mode(file.as_file(), &target).with_context(cannot)?;
    Ok(Pending { file, target })
}

/// Writes `text` to `path`, whole or not at all.
///
/// # Errors
///
/// The folder cannot be made or written to.
pub fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    let (mut file, target) = temporary(path)?;
    let cannot = || format!("cannot write `{}`", path.display());
    file.write_all(text.as_bytes()).with_context(cannot)?;
    set_mode(file.as_file(), &target).with_context(cannot)?;
    Pending { file, target }.persist()
}

/// A temporary file beside `output`, and the path that it will take.
fn temporary(output: &Path) -> anyhow::Result<(tempfile::NamedTempFile, PathBuf)> {
    let target = real(output);
    let parent = folder_of(&target);
    let folder = if parent.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        parent
    };
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    sweep(&folder);
    let file = locked_temporary(&folder)
        .with_context(|| format!("cannot write into the folder `{}`", folder.display()))?;
    Ok((file, target))
}

/// What the names of temporary files begin and end with.
const TEMPORARY: (&str, &str) = (".deploy-roles-", ".tmp");

/// A temporary file in `folder`, locked for as long as it is in use: what nobody has locked was
/// left by a run that was killed.
fn locked_temporary(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    loop {
        let file = tempfile::Builder::new()
            .prefix(TEMPORARY.0)
            .suffix(TEMPORARY.1)
            .tempfile_in(folder)?;
        // Where files cannot be locked, nobody sweeps.
        if file.as_file().lock().is_err() || file.path().exists() {
            return Ok(file);
        }
        // Another run swept it before it was locked.
    }
}

/// Removes the temporary files of runs that were killed. What cannot be removed stays.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with(TEMPORARY.0) || !name.ends_with(TEMPORARY.1) {
            continue;
        }
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        // Locked until it is gone, so that nobody takes it up in between.
        if let Ok(file) = std::fs::File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

impl Pending {
    /// Gives the file its name: a crash leaves the old file or the new one.
    ///
    /// # Errors
    ///
    /// The file cannot be renamed.
    pub fn persist(self) -> anyhow::Result<()> {
        let Pending { file, target } = self;
        file.persist(&target)
            .map_err(|error| error.error)
            .with_context(|| format!("cannot write `{}`", target.display()))?;
        Ok(())
    }
}

/// Writes `text` to a file, and its checksum when all of it has been seen: the text is made once.
fn write_sealed(file: &mut std::fs::File, text: &Expanded) -> std::io::Result<()> {
    let mut checker = checksum::Checker::of_the_checksum();
    let mut result = Ok(());
    text.chunks(&mut |chunk| {
        if result.is_ok() {
            checker.update(chunk.as_bytes());
            result = file.write_all(chunk.as_bytes());
        }
    });
    result?;
    let sum = checker.finish().sum;
    if let Some(place) = checksum::place(text).filter(|place| place.len() == sum.len()) {
        let start = u64::try_from(place.start).map_err(std::io::Error::other)?;
        file.seek(SeekFrom::Start(start))?;
        file.write_all(sum.as_bytes())?;
    }
    Ok(())
}

/// Writes `text` to a stream.
///
/// # Errors
///
/// The stream's own.
pub fn write_to(stream: &mut dyn std::io::Write, text: &mut Expanded) -> std::io::Result<()> {
    checksum::seal(text);
    let mut result = Ok(());
    text.chunks(&mut |chunk| {
        if result.is_ok() {
            result = stream.write_all(chunk.as_bytes());
        }
    });
    result
}

#[cfg(unix)]
fn set_mode(file: &std::fs::File, target: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // A temporary file is private; a generated file is as public as its neighbours.
    let mode = std::fs::metadata(target).map_or(0o644, |metadata| metadata.permissions().mode());
    file.set_permissions(std::fs::Permissions::from_mode(mode & 0o777))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn set_mode(_file: &std::fs::File, _target: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Whether color is wanted on a stream that is a terminal: not with `NO_COLOR`.
pub fn color_allowed() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
