//! One partial: its text, and what is worked out from it on demand.
//!
//! In: a file's text. Out: what its head says, its options, and what is compiled. Refuses nothing:
//! [`Partial::head`] returns the error of a head that cannot be read.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

use handlebars::{Template, TemplateError};

use crate::diagnostic::{Diagnostic, Shown as _};
use crate::partials::front_matter::{self, FrontMatter, Unreadable};
use crate::partials::prerender::{Outlined, POLICY_FOLDERS, outline};
use crate::partials::rules::BROKEN_PARTIAL;
use crate::source::{FileId, Span};

thread_local! {
    /// The built-in partials that this thread used, by their mark: what is worked out from them is the
    /// same for every template of a run.
    static BUILT_IN: RefCell<HashMap<String, Rc<PartialSource>>> = RefCell::default();
}

/// A partial of a template.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) file: FileId,
    read: Rc<PartialSource>,
}

/// A partial's text.
#[derive(Debug)]
pub(super) struct PartialSource {
    pub(super) text: String,
    /// Whether it is a user's.
    pub(super) is_own: bool,
    /// What the marks of its runs of lines begin with; no two partials of a template have the same.
    pub(super) mark: String,
    /// Whether lines that contain only fields of [`super::prerender::FIELDS`] are left out of what
    /// is compiled.
    fields: bool,
    outlined: OnceCell<Outlined>,
    template: OnceCell<Template>,
    head: OnceCell<Result<Option<FrontMatter>, Unreadable>>,
    options: OnceCell<Vec<String>>,
}

impl Deref for Partial {
    type Target = PartialSource;

    fn deref(&self) -> &PartialSource {
        &self.read
    }
}

impl Partial {
    pub(super) fn new(file: FileId, text: &str) -> Self {
        let read = PartialSource::new(text, format!("f{}", file.0));
        Self {
            file,
            read: Rc::new(read),
        }
    }

    /// The built-in partial with `number`. If nothing is overridden, it is `alone`: no partial includes
    /// those of policies, so that a field means the same in all of their lines but those of a loop.
    pub(super) fn built_in(
        file: FileId,
        (number, name): (usize, &str),
        text: &str,
        alone: bool,
    ) -> Self {
        let folder = name.split('/').next().unwrap_or_default();
        let fields = alone && POLICY_FOLDERS.contains(&folder);
        let mark = format!("{}{number}", if fields { 'p' } else { 'b' });
        let read = BUILT_IN.with_borrow_mut(|all| {
            let known = all.entry(mark).or_insert_with_key(|mark| {
                Rc::new(PartialSource {
                    is_own: false,
                    fields,
                    ..PartialSource::new(text, mark.clone())
                })
            });
            Rc::clone(known)
        });
        Self { file, read }
    }

    /// The first line with words in it.
    pub(super) fn begin(&self) -> Span {
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            if line.contains(char::is_alphanumeric) {
                return Span::new(self.file, at, at + line.trim_end().len());
            }
            at += line.len();
        }
        Span::new(self.file, 0, 0)
    }

    /// What is wrong with the front matter of this partial, whose name is `name`.
    pub(super) fn wrong_head(&self, name: &str) -> Option<Diagnostic> {
        match self.head() {
            Ok(None) => None,
            Ok(Some(front_matter)) => front_matter::unnamed_option(&self.text, front_matter)
                .map(|(at, option)| self.unnamed(name, at, option)),
            Err(problem) => Some(self.unreadable(name, problem)),
        }
    }

    fn unreadable(&self, name: &str, problem: &Unreadable) -> Diagnostic {
        let span = Span::new(self.file, problem.place.start, problem.place.end);
        let reason = problem.reason.shown();
        let message = format!("the front matter of the partial `{name}` cannot be read: {reason}");
        Diagnostic::new(&BROKEN_PARTIAL, span, message).help(format!(
            "its keys are {}; put text that contains `: ` or ` #` in quotes",
            front_matter::keys()
        ))
    }

    fn unnamed(&self, name: &str, at: usize, option: &str) -> Diagnostic {
        let span = Span::new(self.file, at, at + option.len());
        let message = format!(
            "the partial `{name}` reads the option `{option}`, which its front matter does not name"
        );
        Diagnostic::new(&BROKEN_PARTIAL, span, message).help(format!(
            "add `{option}` below `options`, and say when to turn it on"
        ))
    }
}

impl PartialSource {
    fn new(text: &str, mark: String) -> Self {
        Self {
            text: text.to_owned(),
            is_own: true,
            mark,
            fields: false,
            outlined: OnceCell::new(),
            template: OnceCell::new(),
            head: OnceCell::new(),
            options: OnceCell::new(),
        }
    }

    /// What is compiled.
    pub(super) fn outlined(&self) -> &Outlined {
        self.outlined
            .get_or_init(|| outline(&self.mark, &self.text, self.fields))
    }

    /// The partial `name`, compiled: most runs use few partials, and a run with many templates uses the
    /// same ones.
    pub(super) fn template(&self, name: &str) -> Result<Template, TemplateError> {
        if let Some(known) = self.template.get() {
            return Ok(known.clone());
        }
        let template = Template::compile_with_name(&self.outlined().text, name.to_owned())?;
        Ok(self.template.get_or_init(|| template).clone())
    }

    /// The front matter, if the partial has any. It is parsed on first use: most runs
    /// use few partials.
    pub(super) fn head(&self) -> &Result<Option<FrontMatter>, Unreadable> {
        self.head.get_or_init(|| front_matter::parse(&self.text))
    }

    /// The front matter, if the partial has any that can be read.
    pub(super) fn front_matter(&self) -> Option<&FrontMatter> {
        self.head().as_ref().ok()?.as_ref()
    }

    /// The names of its options, sorted: those of the front matter, or without any, those that the
    /// text reads.
    pub(super) fn options(&self) -> &[String] {
        self.options.get_or_init(|| match self.front_matter() {
            Some(front_matter) => front_matter.option_names(),
            None => front_matter::options_read(&self.text),
        })
    }
}
