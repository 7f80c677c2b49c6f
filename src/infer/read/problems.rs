//! What is wrong with the files of an app, and what cannot be seen, in words.
//!
//! In: places and names. Out: diagnostics and sentences. Refuses nothing.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Shown as _, shorten};
use crate::infer::read::lookalike::{Lookalike, LookalikeStage};
use crate::infer::rules::{
    APP_TOO_LARGE, CYCLIC_NESTED_TEMPLATE, INVALID_APP_TEMPLATE, MISSING_NESTED_TEMPLATE,
    NO_APP_TEMPLATE, NOT_AN_APP_TEMPLATE, NOT_PACKAGED, OUTSIDE_NESTED_TEMPLATE,
};
use crate::source::{FileId, Obstacle, ReadError, Span};
use crate::yaml::rules::UNREADABLE;

/// The most bytes that one file may have. CloudFormation takes templates of a megabyte.
pub(super) const SIZE_LIMIT: u64 = 16 << 20;

/// The most files that one run reads.
pub(super) const FILE_LIMIT: usize = 500;

/// How deep templates may contain others.
pub(super) const DEPTH_LIMIT: usize = 30;

pub(super) fn too_many_files() -> Diagnostic {
    let message = format!("the app has more than {FILE_LIMIT} files");
    Diagnostic::without_place(&APP_TOO_LARGE, message).help("give its stacks one by one")
}

pub(super) fn not_a_template(file: FileId, path: &Path, other: Option<Lookalike>) -> Diagnostic {
    let at = Span::new(file, 0, 0);
    let path = path.shown();
    match other {
        Some(other) if other.stage == LookalikeStage::BeforePackaging => {
            let message = format!("`{path}` is {}, not a template", other.name);
            Diagnostic::new(&NOT_PACKAGED, at, message).help(other.help)
        }
        Some(other) => {
            let message = format!("`{path}` is not a template: it looks like {}", other.name);
            Diagnostic::new(&NOT_AN_APP_TEMPLATE, at, message).help(other.help)
        }
        None => {
            let message = format!("`{path}` is not a template: it has no `Resources`");
            Diagnostic::new(&NOT_AN_APP_TEMPLATE, at, message).help(
                "give the app's CloudFormation or SAM template, or the folder that contains it",
            )
        }
    }
}

pub(super) fn not_packaged(path: &Path, form: Lookalike) -> Diagnostic {
    let message = format!("`{}` is {}, not a template", path.shown(), form.name);
    Diagnostic::without_place(&NOT_PACKAGED, message).help(form.help)
}

pub(super) fn no_template(folder: &Path, other: Option<Lookalike>) -> Diagnostic {
    let folder = folder.shown();
    match other {
        Some(other) => {
            let message = format!("`{folder}` contains no template: it looks like {}", other.name);
            Diagnostic::without_place(&NO_APP_TEMPLATE, message).help(other.help)
        }
        None => Diagnostic::without_place(
            &NO_APP_TEMPLATE,
            format!("`{folder}` contains no template of an app"),
        )
        .help("give the template itself; in a folder, deploy-roles looks for `.serverless`, `cdk.out`, and `template.yaml`, `.yml`, or `.json`"),
    }
}

pub(super) fn unreadable(path: &Path, error: &ReadError) -> Diagnostic {
    let message = format!("cannot read `{}`: {}", path.shown(), error.reason);
    match error.obstacle {
        Obstacle::TooLarge => Diagnostic::without_place(&APP_TOO_LARGE, message)
            .help("give a template; CloudFormation takes at most a megabyte"),
        Obstacle::Encoding => {
            Diagnostic::without_place(&UNREADABLE, message).help("save it as UTF-8")
        }
        Obstacle::Missing | Obstacle::Folder | Obstacle::Other => {
            Diagnostic::without_place(&UNREADABLE, message)
                .help("check the path and its permissions")
        }
    }
}

pub(super) fn resources_are_no_mapping(span: Span) -> Diagnostic {
    Diagnostic::new(&INVALID_APP_TEMPLATE, span, "`Resources` is not a mapping")
        .help("give each resource a name: `Name: { Type: ..., Properties: ... }`")
}

pub(super) fn invalid_resource(id: &str, what: &str, span: Span) -> Diagnostic {
    let message = format!("the resource `{}` {what}", shorten(id));
    Diagnostic::new(&INVALID_APP_TEMPLATE, span, message)
        .help("CloudFormation refuses it: write `Type: AWS::Service::Resource` and `Properties`")
}

pub(super) fn cyclic(path: &Path, span: Span) -> Diagnostic {
    let message = format!(
        "`{}` contains itself, directly or through another template",
        path.shown()
    );
    Diagnostic::new(&CYCLIC_NESTED_TEMPLATE, span, message)
        .help("remove one of the nested stacks; CloudFormation would never end")
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    let message = format!("templates are nested more than {DEPTH_LIMIT} deep");
    Diagnostic::new(&APP_TOO_LARGE, span, message).help("make it flatter; no app needs this")
}

pub(super) fn outside(path: &Path, span: Span) -> Diagnostic {
    let message = format!("`{}` is outside of the app's repository", path.shown());
    Diagnostic::new(&OUTSIDE_NESTED_TEMPLATE, span, message).help(
        "move it into the git repository of the app (without one, the current folder), or give it as an argument of its own",
    )
}

pub(super) fn not_there(path: &Path, span: Span, error: &ReadError) -> Diagnostic {
    let message = format!("cannot read `{}`: {}", path.shown(), error.reason);
    let rule = match error.obstacle {
        Obstacle::Missing => &MISSING_NESTED_TEMPLATE,
        Obstacle::TooLarge => &APP_TOO_LARGE,
        Obstacle::Folder | Obstacle::Encoding | Obstacle::Other => &UNREADABLE,
    };
    Diagnostic::new(rule, span, message)
        .help("the path is relative to the folder of the template that names it")
}

pub(super) fn unseen_macro(name: &str) -> String {
    format!(
        "the macro `{}` runs in the account: the resources that it adds or changes are not seen",
        shorten(name)
    )
}

pub(super) fn unseen_custom_resource(name: &str) -> String {
    format!(
        "what the custom resource `{}` does is decided by its function, under the role of that function",
        shorten(name)
    )
}

pub(super) fn unseen_sam_type(name: &str) -> String {
    format!(
        "the type `{}` of SAM is newer than this version of deploy-roles: what it becomes is not seen",
        shorten(name)
    )
}

pub(super) fn unseen_module(name: &str) -> String {
    format!(
        "the module `{}` is in the registry: its resources are not seen",
        shorten(name)
    )
}

pub(super) fn unseen_nested(id: &str) -> String {
    format!(
        "the template of the nested stack `{}` is not a local file: its resources are not seen",
        shorten(id)
    )
}

pub(super) fn unseen_application(id: &str) -> String {
    format!(
        "`{}` is an application of the Serverless Application Repository: its resources are not seen",
        shorten(id)
    )
}

pub(super) fn unseen_include() -> String {
    "a text that `AWS::Include` inserts is not a local file: what it adds is not seen".to_owned()
}

/// `link` is what leads out of the repository, and where it leads.
pub(super) fn link_outside(path: &Path, link: Option<(PathBuf, PathBuf)>) -> Diagnostic {
    let message = match link {
        Some((link, to)) => format!(
            "`{}` is a link to `{}`, which is outside the app's repository",
            link.shown(),
            to.shown()
        ),
        None => format!("`{}` is a link out of the app's repository", path.shown()),
    };
    Diagnostic::without_place(&OUTSIDE_NESTED_TEMPLATE, message)
        .help("give the file that it leads to as the argument")
}
