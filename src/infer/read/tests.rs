//! What each form of input becomes, and what is refused.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::source::path::clean;
use crate::source::{Obstacle, ReadError};

/// Files and links in memory. The repository is `/app`.
#[derive(Default)]
struct MemoryDisk {
    files: BTreeMap<PathBuf, String>,
    links: BTreeMap<PathBuf, PathBuf>,
}

impl Disk for MemoryDisk {
    fn text(&self, path: &Path) -> std::result::Result<String, ReadError> {
        let path = self.real(path);
        let failed = |obstacle, reason: &str| Err(ReadError::new(obstacle, reason));
        match self.files.get(&path) {
            Some(text) => Ok(text.clone()),
            None if self.files.keys().any(|file| file.starts_with(&path)) => {
                failed(Obstacle::Folder, "it is a folder")
            }
            None => failed(Obstacle::Missing, "no such file or directory"),
        }
    }

    fn real(&self, path: &Path) -> PathBuf {
        let path = clean(&Path::new("/app").join(path));
        self.links.get(&path).cloned().unwrap_or(path)
    }
}

/// What is read, or the problems with their rules.
type Read = std::result::Result<(AppTemplates, Vec<Diagnostic>), Vec<Diagnostic>>;

fn read_files(files: &[(&str, &str)], argument: &str) -> Read {
    let mut disk = MemoryDisk::default();
    for (path, text) in files {
        disk.files
            .insert(clean(&Path::new("/app").join(path)), (*text).to_owned());
    }
    read_disk(&disk, argument)
}

fn read_disk(disk: &MemoryDisk, argument: &str) -> Read {
    let app = AppArgument {
        path: PathBuf::from(argument),
        root: PathBuf::from("/app"),
    };
    read(&mut Sources::default(), disk, &[app])
}

/// `id type` of each resource.
fn resources(files: &[(&str, &str)], argument: &str) -> Vec<String> {
    let (app, _) = read_files(files, argument).unwrap();
    let resources = app.resources.iter();
    resources
        .map(|resource| format!("{} {}", resource.id, resource.type_name))
        .collect()
}

/// `rule: message` of each problem.
fn refused(files: &[(&str, &str)], argument: &str) -> Vec<String> {
    shown(&read_files(files, argument).unwrap_err())
}

fn shown(problems: &[Diagnostic]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| format!("{}: {}", problem.rule.id, problem.message))
        .collect()
}

const QUEUE: &str = "Resources: { Q: { Type: AWS::SQS::Queue } }";

mod forms;
mod refusals;
mod values;
