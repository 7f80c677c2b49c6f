//! Files that are written whole or not at all.
//!
//! In: paths, and who writes their bytes. Out: [`Pending`] files, which take their names when all
//! of them are written. Refuses folders that cannot be created or written to.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::path::real;
use crate::source::path::folder_of;

/// The bytes from which on it pays off to reserve them.
const MANY: usize = 4 << 20;

/// A file that is written, and not yet renamed to its final name.
pub struct Pending {
    file: tempfile::NamedTempFile,
    target: PathBuf,
    /// The folders that are there for its sake. They go after it.
    created: CreatedPaths,
}

/// Lets `write` write to a temporary file next to `output`. A link is followed, and the mode of an
/// existing file is kept.
///
/// # Errors
///
/// The folder cannot be created or written to.
pub fn prepare(
    output: &Path,
    write: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> anyhow::Result<Pending> {
    prepare_long(output, 0, write)
}

/// The same, for what has about `bytes` bytes.
///
/// # Errors
///
/// As [`prepare`].
pub fn prepare_long(
    output: &Path,
    bytes: usize,
    write: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> anyhow::Result<Pending> {
    let mut created = CreatedPaths::default();
    created.folders_of(output)?;
    let (mut file, target) = temporary(output)?;
    let cannot = || format!("cannot write `{}`", output.display());
    let is_reserved = bytes >= MANY && !target.exists() && reserve(file.as_file(), bytes);
    write(file.as_file_mut()).with_context(cannot)?;
    if is_reserved {
        release(file.as_file()).with_context(cannot)?;
    }
    set_mode(file.as_file(), &target).with_context(cannot)?;
    Ok(Pending {
        file,
        target,
        created,
    })
}

/// Writes `text` to `path`, whole or not at all.
///
/// # Errors
///
/// The folder cannot be created or written to.
pub fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    prepare(path, |file| file.write_all(text.as_bytes()))?.persist()
}

/// Creates files that are not there, with their folders: all, or none. A file that appears meanwhile is
/// not overwritten.
///
/// # Errors
///
/// A folder cannot be created or written to, or a file is there: [`FileAppeared`].
pub fn create_all(files: &[(PathBuf, String)]) -> anyhow::Result<()> {
    let mut created = CreatedPaths::default();
    let mut pending = Vec::new();
    for (path, text) in files {
        created.folders_of(path)?;
        pending.push(prepare(path, |file| file.write_all(text.as_bytes()))?);
    }
    for (file, (path, _)) in pending.into_iter().zip(files) {
        let target = file.target.clone();
        file.persist_new(path)?;
        created.files.push(target);
    }
    created.is_complete = true;
    Ok(())
}

/// A file that was not there before, and is not overwritten.
#[derive(Debug)]
pub struct FileAppeared(pub PathBuf);

impl std::fmt::Display for FileAppeared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` was created by another program", self.0.display())
    }
}

impl std::error::Error for FileAppeared {}

/// What was created so far; it is removed again unless it is complete.
#[derive(Default)]
struct CreatedPaths {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    is_complete: bool,
}

impl CreatedPaths {
    fn folders_of(&mut self, path: &Path) -> anyhow::Result<()> {
        let folder = folder_of(&real(path));
        let mut missing: Vec<&Path> = folder
            .ancestors()
            .take_while(|above| !above.exists())
            .collect();
        missing.reverse();
        for one in missing
            .into_iter()
            .filter(|one| !one.as_os_str().is_empty())
        {
            match std::fs::create_dir(one) {
                Ok(()) => self.folders.push(one.to_owned()),
                // Another run created it meanwhile.
                Err(_) if one.is_dir() => {}
                Err(error) => {
                    let action = format!("cannot create the folder `{}`", one.display());
                    return Err(anyhow::Error::new(error).context(action));
                }
            }
        }
        Ok(())
    }
}

impl Drop for CreatedPaths {
    fn drop(&mut self) {
        if self.is_complete {
            return;
        }
        for file in &self.files {
            let _ = std::fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// A temporary file next to `output`, and the path that it will get.
fn temporary(output: &Path) -> anyhow::Result<(tempfile::NamedTempFile, PathBuf)> {
    let target = real(output);
    let parent = folder_of(&target);
    let folder = if parent.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        parent
    };
    // A file may be where the folder must be.
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create the folder `{}`", folder.display()))?;
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

/// Whether this is the name of a temporary file.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1)
}

/// Removes the temporary files of runs that were killed. What cannot be removed stays.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if !is_temporary(&entry.file_name().to_string_lossy()) {
            continue;
        }
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        // Locked until it is deleted, so that no other run uses it in between.
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
        let Pending {
            file,
            target,
            mut created,
        } = self;
        file.persist(&target)
            .map_err(|error| error.error)
            .with_context(|| format!("cannot write `{}`", target.display()))?;
        created.is_complete = true;
        Ok(())
    }

    /// Gives the file its name, unless there is such a file.
    ///
    /// # Errors
    ///
    /// The file cannot be renamed, or another one has its name: [`FileAppeared`].
    fn persist_new(self, path: &Path) -> anyhow::Result<()> {
        let Pending {
            file,
            target,
            mut created,
        } = self;
        let Err(error) = file.persist_noclobber(&target) else {
            created.is_complete = true;
            return Ok(());
        };
        if error.error.kind() == std::io::ErrorKind::AlreadyExists {
            return Err(anyhow::Error::new(FileAppeared(path.to_owned())));
        }
        Err(error.error).with_context(|| format!("cannot create `{}`", target.display()))
    }
}

/// Reserves room for `bytes` bytes on the disk, at once instead of at each write; the file stays empty. Returns
/// whether there is anything to release.
///
/// Not for a file that takes the place of another: when it gets its name, some file systems put what they have
/// not reserved onto the disk (ext4's `auto_da_alloc`), so that a loss of power leaves the old file or the new one.
#[cfg(target_os = "linux")]
fn reserve(file: &std::fs::File, bytes: usize) -> bool {
    use rustix::fs::{FallocateFlags, fallocate};
    // Without it, the file is written all the same.
    let _ = fallocate(file, FallocateFlags::KEEP_SIZE, 0, bytes as u64);
    true
}

#[cfg(not(target_os = "linux"))]
fn reserve(_file: &std::fs::File, _bytes: usize) -> bool {
    false
}

/// Releases what was reserved and not needed.
fn release(file: &std::fs::File) -> std::io::Result<()> {
    file.set_len(file.metadata()?.len())
}

#[cfg(unix)]
fn set_mode(file: &std::fs::File, target: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // A temporary file is private; a generated file is as public as the files around it.
    let mode = std::fs::metadata(target).map_or(0o644, |metadata| metadata.permissions().mode());
    file.set_permissions(std::fs::Permissions::from_mode(mode & 0o777))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
fn set_mode(_file: &std::fs::File, _target: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        super::super::names_in(folder).unwrap()
    }

    #[test]
    fn folders_of_a_file_that_is_not_written_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let first = prepare(&folder.path().join("a/b/first"), |_| Ok(())).unwrap();
        let second = prepare(&folder.path().join("a/c/second"), |_| Ok(())).unwrap();
        let full = |_: &mut std::fs::File| Err(std::io::ErrorKind::StorageFull.into());
        assert!(prepare(&folder.path().join("d/third"), full).is_err());
        assert_eq!(names(folder.path()), ["a"]);
        drop(second);
        assert_eq!(names(&folder.path().join("a")), ["b"]);
        first.persist().unwrap();
        assert_eq!(names(&folder.path().join("a/b")), ["first"]);
    }

    #[test]
    #[cfg(unix)]
    fn a_long_file_takes_no_more_room_than_it_needs() {
        use std::os::unix::fs::MetadataExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        let text = "text\n".repeat(1 << 20);
        for expected in [0, text.len(), 8 * text.len()] {
            let _ = std::fs::remove_file(&path);
            let write = |file: &mut std::fs::File| file.write_all(text.as_bytes());
            prepare_long(&path, expected, write)
                .unwrap()
                .persist()
                .unwrap();
            assert!(std::fs::read_to_string(&path).unwrap() == text);
            let blocks = std::fs::metadata(&path).unwrap().blocks();
            assert!(blocks * 512 < 2 * text.len() as u64, "{expected}: {blocks}");
        }
    }

    #[test]
    fn all_files_are_created_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| (folder.path().join(name), format!("{name}\n"));
        create_all(&[at("a"), at("b/c/d")]).unwrap();
        assert_eq!(
            std::fs::read_to_string(folder.path().join("b/c/d")).unwrap(),
            "b/c/d\n"
        );
        // A file where a folder must be.
        let error = create_all(&[at("e"), at("f/g"), at("a/h")]).unwrap_err();
        assert!(
            format!("{error:#}").contains("cannot create the folder"),
            "{error:#}"
        );
        assert_eq!(names(folder.path()), ["a", "b"]);
        // A file that is there: it stays, and what came before it goes.
        std::fs::write(folder.path().join("a"), "mine").unwrap();
        let error = create_all(&[at("e"), at("f/g"), at("a")]).unwrap_err();
        let FileAppeared(path) = error.downcast().unwrap();
        assert_eq!(path, folder.path().join("a"));
        assert_eq!(names(folder.path()), ["a", "b"]);
        assert_eq!(
            std::fs::read_to_string(folder.path().join("a")).unwrap(),
            "mine"
        );
    }
}
