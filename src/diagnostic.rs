//! What is wrong, where, and what to type instead.

use crate::source::Span;

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// Written all the same, but the author should look.
    Warning,
    /// Written all the same; the author may look when there is time.
    Note,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $name:literal,)*) => {
        /// The stable code of a diagnostic; what `error[...]` shows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code, in the order of the declaration.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The code as shown, in kebab case.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    /// A file cannot be read, or is not UTF-8.
    Unreadable => "unreadable",
    /// The text is not YAML.
    InvalidYaml => "invalid-yaml",
    /// The text is only YAML after nunjucks has rendered it.
    Nunjucks => "nunjucks",
    /// Collections are nested deeper than the parser follows.
    NestedTooDeep => "nested-too-deep",
    /// Aliases expand to more nodes than a template can need.
    TooManyNodes => "too-many-nodes",
    /// A mapping holds a key twice.
    DuplicateKey => "duplicate-key",
    /// The file holds a second YAML document.
    SecondDocument => "second-document",
    /// `!Include` of a file that is not there.
    MissingInclude => "missing-include",
    /// `!Include` of a file outside of the template's folder tree.
    OutsideInclude => "outside-include",
    /// `!Include` of a file that includes itself, by whatever way.
    CyclicInclude => "cyclic-include",
    /// The template's root, or its `Resources`, is not a mapping.
    NotATemplate => "not-a-template",
    /// The template has no organization.
    NoOrganization => "no-organization",
    /// The organization cannot be understood.
    InvalidOrganization => "invalid-organization",
    /// `!DeployRoles` stands where no resource can stand.
    MisplacedMacro => "misplaced-macro",
    /// The macro's name cannot begin a logical id.
    InvalidMacroName => "invalid-macro-name",
    /// An anchor of a macro is used outside of it.
    EscapingAnchor => "escaping-anchor",
    /// An argument that the macro does not know.
    UnknownArgument => "unknown-argument",
    /// A required argument is missing.
    MissingArgument => "missing-argument",
    /// A value of the wrong type.
    WrongType => "wrong-type",
    /// An `AppId` that cannot begin the names of roles and buckets.
    InvalidAppId => "invalid-app-id",
    /// An `AppId` that ends in the name of one of its stages.
    AppIdEndsInStage => "app-id-ends-in-stage",
    /// A text value that IAM, CloudFormation or OrgFormation would refuse.
    InvalidValue => "invalid-value",
    /// A framework that the macro does not know.
    UnknownFramework => "unknown-framework",
    /// A service without a partial.
    UnknownService => "unknown-service",
    /// An option that a service or framework does not have.
    UnknownOption => "unknown-option",
    /// A trust that the macro does not know.
    UnknownTrust => "unknown-trust",
    /// A subject that no token of the CI system has.
    InvalidSubject => "invalid-subject",
    /// A subject that lets in more tokens than it says.
    SubjectTooWide => "subject-too-wide",
    /// A GitHub repository that is trusted by its name alone.
    ClassicSubject => "classic-subject",
    /// A trust of a role that the app's own stacks may edit.
    OwnPrincipal => "own-principal",
    /// A trust of a whole account.
    TrustsWholeAccount => "trusts-whole-account",
    /// AWS had no such action when the list of actions was made.
    UnknownAction => "unknown-action",
    /// `!Ref` of an account that the organization does not have.
    UnknownAccount => "unknown-account",
    /// `!Ref` of an organizational unit that the organization does not have.
    UnknownOrganizationalUnit => "unknown-organizational-unit",
    /// A target that selects no account.
    EmptySelection => "empty-selection",
    /// A `Select` that is not JSONPath.
    InvalidJsonPath => "invalid-jsonpath",
    /// Two targets reach one account with different arguments.
    ConflictingTargets => "conflicting-targets",
    /// No region to put the roles into.
    NoRegion => "no-region",
    /// A logical id that the template already has.
    LogicalIdClash => "logical-id-clash",
    /// Two macros give one account the same physical name.
    NameClash => "name-clash",
    /// A name that is longer than IAM allows.
    NameTooLong => "name-too-long",
    /// One `AppId` is the dash prefix of another.
    AppIdPrefix => "app-id-prefix",
    /// Accounts that would wait for each other.
    CircularDependency => "circular-dependency",
    /// A limit of IAM or CloudFormation that the output would exceed.
    LimitExceeded => "limit-exceeded",
    /// A partial that does not render, or renders to the wrong thing.
    BrokenPartial => "broken-partial",
    /// A copy of a built-in partial that has changed since.
    OutdatedPartial => "outdated-partial",
    /// The expanded text does not read back as planned.
    OutputMismatch => "output-mismatch",
    /// The generated file was edited by hand.
    EditedByHand => "edited-by-hand",
    /// The output path holds a file that was not generated.
    NotGenerated => "not-generated",
    /// A template without any macro.
    NoMacro => "no-macro",
    /// `--macro` of a macro that is not there.
    UnknownMacro => "unknown-macro",
    /// Several macros, and a command that takes one.
    AmbiguousMacro => "ambiguous-macro",
    /// A macro, or a stage of it, that GitHub Actions cannot deploy.
    NoWorkflow => "no-workflow",
}

/// A place with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; may be empty.
    pub text: String,
}

/// One problem of the input.
///
/// Voice: lower case, no full stop, user text in backticks, no Rust names; the help says what to
/// type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error, warning or note.
    pub severity: Severity,
    /// The stable code.
    pub code: Code,
    /// One line: what is wrong.
    pub message: String,
    /// Where; `None` only where there is no text to point into (an unreadable file).
    pub primary: Option<Label>,
    /// Other places that belong to the problem.
    pub related: Vec<Label>,
    /// What to type instead.
    pub help: Option<String>,
    /// Further text that is shown as it is, for example what would be lost.
    pub note: Option<String>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            primary: Some(Label {
                span,
                text: String::new(),
            }),
            related: Vec::new(),
            help: None,
            note: None,
        }
    }

    /// An error that has no place in a text.
    pub fn without_place(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            primary: None,
            related: Vec::new(),
            help: None,
            note: None,
        }
    }

    /// A warning at `span`.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// A note at `span`.
    pub fn reminder(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(code, span, message)
        }
    }

    /// The same with words at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = &mut self.primary {
            primary.text = text.into();
        }
        self
    }

    /// The same with another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// The same with help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with a text that is shown as it is.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// Text of an author as diagnostics show it.
pub trait Shown {
    /// The text with escapes for what does not show, or would steer a terminal.
    fn shown(&self) -> String;
}

impl Shown for str {
    fn shown(&self) -> String {
        let mut out = String::with_capacity(self.len());
        for c in self.chars() {
            match c {
                '\'' | '"' | '\\' => out.push(c),
                c => out.extend(c.escape_debug()),
            }
        }
        out
    }
}

/// `Ok`, or every problem that was found.
pub type Result<T> = std::result::Result<T, Vec<Diagnostic>>;

/// The candidate nearest to `name`, if one is near enough to be a slip of the keys.
///
/// Distance is Damerau-Levenshtein (adjacent swaps count one), ignoring case; at most a third of
/// the longer name's length.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            let other = candidate.to_lowercase();
            let allowed = (lower.chars().count().max(other.chars().count()) + 1) / 3;
            (distance(&lower, &other), allowed, candidate)
        })
        .filter(|(distance, allowed, _)| distance <= allowed)
        .min_by_key(|(distance, _, _)| *distance)
        .map(|(_, _, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at =
                |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&previous, j) + usize::from(x != y))
                .min(at(&previous, j + 1) + 1)
                .min(at(&current, j) + 1);
            let swapped =
                i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) && x != y;
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_the_nearest_name_and_nothing_far() {
        let names = ["SharedUsers", "DevAccount", "ProdAccount"];
        assert_eq!(nearest("SharedUser", names), Some("SharedUsers"));
        assert_eq!(nearest("devacount", names), Some("DevAccount"));
        assert_eq!(nearest("Porduction", names), None);
        assert_eq!(nearest("Zebra", names), None);
    }

    #[test]
    fn codes_are_unique_kebab_case() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let name = code.as_str();
            assert!(seen.insert(name), "{name} stands twice");
            assert!(
                name.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{name}"
            );
        }
    }
}
