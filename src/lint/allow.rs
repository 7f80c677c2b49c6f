//! Allow comments: `# deploy-roles: allow[rule-id, other-id] reason`.
//!
//! In: the YAML files of a run, and what the rules found in them. Out: what is left, and what is
//! wrong with the comments themselves. Refuses nothing.
//!
//! A comment is at the end of a line, or alone on the line above. Trees are only looked at if a file
//! mentions such a comment.

use crate::diagnostic::{Diagnostic, Level, Rule, Shown as _, nearest};
use crate::source::{FileId, Span};
use crate::yaml::allow::{AllowComment, comments, number_of};
use crate::yaml::lookup::Library;

/// What can be wrong with a comment.
pub(super) const RULES: &[&Rule] = &[
    &MALFORMED_ALLOW,
    &ALLOW_UNKNOWN_RULE,
    &ALLOW_ERROR,
    &ALLOW_WITHOUT_REASON,
    &ALLOW_UNUSED,
];

/// An allow comment does not name its rules in brackets.
const MALFORMED_ALLOW: Rule = Rule {
    id: "malformed-allow",
    level: Level::Warning,
    summary: "An allow comment does not name its rules in brackets",
    explanation: include_str!("../../docs/rules/malformed-allow.md"),
};

/// An allow comment names a rule that does not exist.
const ALLOW_UNKNOWN_RULE: Rule = Rule {
    id: "allow-unknown-rule",
    level: Level::Warning,
    summary: "An allow comment names a rule that does not exist",
    explanation: include_str!("../../docs/rules/allow-unknown-rule.md"),
};

/// An allow comment names an error, which cannot be allowed.
const ALLOW_ERROR: Rule = Rule {
    id: "allow-error",
    level: Level::Warning,
    summary: "An allow comment names an error, which cannot be allowed",
    explanation: include_str!("../../docs/rules/allow-error.md"),
};

/// An allow comment gives no reason.
const ALLOW_WITHOUT_REASON: Rule = Rule {
    id: "allow-without-reason",
    level: Level::Warning,
    summary: "An allow comment gives no reason",
    explanation: include_str!("../../docs/rules/allow-without-reason.md"),
};

/// An allow comment allows nothing that is reported.
const ALLOW_UNUSED: Rule = Rule {
    id: "allow-unused",
    level: Level::Warning,
    summary: "An allow comment allows nothing that is reported",
    explanation: include_str!("../../docs/rules/allow-unused.md"),
};

/// What `diff` finds: whether a comment allows it depends on the change, so it is never unused here.
const FOUND_BY_DIFF: &str = "undecided";

/// One allow comment.
struct Allow {
    comment: AllowComment,
    ids: Vec<AllowedId>,
}

/// A rule that an allow comment names.
struct AllowedId {
    text: String,
    span: Span,
    is_used: bool,
}

impl Allow {
    fn of(comment: AllowComment) -> Self {
        let ids = comment.ids.iter().map(|(text, span)| AllowedId {
            text: text.clone(),
            span: *span,
            is_used: false,
        });
        let ids = ids.collect();
        Self { comment, ids }
    }
}

/// Removes from `found` what comments allow, and adds what is wrong with the comments. `known` are
/// all rules of the program, of which some were skipped.
pub(super) fn apply(
    library: &Library,
    known: &[&'static Rule],
    found: Vec<Diagnostic>,
    is_skipped: &dyn Fn(&Rule) -> bool,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut allows = Vec::new();
    for (file, text) in files(library) {
        let Some(document) = library.documents.get(&file) else {
            continue;
        };
        let (found, wrong) = comments(file, text, &document.root);
        allows.extend(found.into_iter().map(Allow::of));
        problems.extend(wrong.into_iter().map(malformed));
    }
    if allows.is_empty() {
        return [found, problems].concat();
    }
    let mut kept: Vec<Diagnostic> = found
        .into_iter()
        .filter(|one| !is_allowed(library, one, &mut allows))
        .collect();
    kept.extend(problems);
    for allow in &allows {
        let ids = allow.ids.iter();
        kept.extend(ids.filter_map(|id| wrong_id(id, known, is_skipped)));
        if allow.comment.reason.is_empty() {
            kept.push(without_reason(allow));
        }
    }
    kept
}

/// The files of the run that are YAML, in the order of reading.
fn files(library: &Library) -> impl Iterator<Item = (FileId, &str)> {
    let texts = library.sources.iter().map(|file| file.text.as_str());
    (0..).map(FileId).zip(texts)
}

/// Whether a comment allows `found`; marks the rules that the comment names as used.
fn is_allowed(library: &Library, found: &Diagnostic, allows: &mut [Allow]) -> bool {
    let Some(place) = found.primary.as_ref().map(|label| label.span) else {
        return false;
    };
    if found.level == Level::Error || found.rule.level == Level::Error {
        return false;
    }
    let line = number_of(library.sources.text(place.file), place.start);
    let mut is_allowed = false;
    for allow in allows {
        if allow.comment.span.file != place.file || !allow.comment.lines.contains(&line) {
            continue;
        }
        for id in allow.ids.iter_mut().filter(|id| id.text == found.rule.id) {
            id.is_used = true;
            is_allowed = true;
        }
    }
    is_allowed
}

/// What is wrong with a rule that a comment names.
fn wrong_id(
    id: &AllowedId,
    known: &[&'static Rule],
    is_skipped: &dyn Fn(&Rule) -> bool,
) -> Option<Diagnostic> {
    match known.iter().find(|rule| rule.id == id.text) {
        None => Some(unknown_rule(id, known)),
        Some(rule) if rule.level == Level::Error => Some(error(id)),
        Some(rule) if !id.is_used && id.text != FOUND_BY_DIFF && !is_skipped(rule) => {
            Some(unused(id))
        }
        Some(_) => None,
    }
}

fn malformed(comment: Span) -> Diagnostic {
    Diagnostic::new(
        &MALFORMED_ALLOW,
        comment,
        "this comment allows nothing: it names no rule in brackets",
    )
    .help("write `# deploy-roles: allow[rule-id] reason`")
}

fn unknown_rule(id: &AllowedId, known: &[&'static Rule]) -> Diagnostic {
    let message = format!("there is no rule `{}`", id.text.shown());
    let problem = Diagnostic::new(&ALLOW_UNKNOWN_RULE, id.span, message);
    match nearest(&id.text, known.iter().map(|rule| rule.id)) {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help("write the id that a warning shows in brackets"),
    }
}

fn error(id: &AllowedId) -> Diagnostic {
    let message = format!("`{}` is an error, and errors cannot be allowed", id.text);
    let help = format!(
        "correct what is reported; `deploy-roles lint --explain {}` says how",
        id.text
    );
    Diagnostic::new(&ALLOW_ERROR, id.span, message).help(help)
}

fn unused(id: &AllowedId) -> Diagnostic {
    let message = format!("nothing is reported here as `{}`", id.text);
    Diagnostic::new(&ALLOW_UNUSED, id.span, message)
        .help("remove it, or move it to the end of the line that is reported, or to the line above")
}

fn without_reason(allow: &Allow) -> Diagnostic {
    Diagnostic::new(
        &ALLOW_WITHOUT_REASON,
        allow.comment.span,
        "this comment gives no reason",
    )
    .help("say after the bracket why this is fine here")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse::parse;

    static KNOWN: Rule = Rule {
        id: "known",
        level: Level::Warning,
        summary: "",
        explanation: "",
    };

    /// The ids that are left if `known` is reported on the line of each `@`.
    fn left(text: &str) -> Vec<&'static str> {
        let mut library = Library::default();
        let file = library.sources.add("a.yml", text);
        library.documents.insert(file, parse(file, text).unwrap());
        let found = text
            .match_indices('@')
            .map(|(at, _)| Diagnostic::new(&KNOWN, Span::new(file, at, at + 1), ""))
            .collect();
        let known = [&KNOWN, &crate::yaml::rules::UNREADABLE];
        let left = apply(&library, &known, found, &|_| false);
        left.iter().map(|problem| problem.rule.id).collect()
    }

    #[test]
    fn allows_at_the_end_of_the_line_and_on_the_line_above() {
        let nothing: [&str; 0] = [];
        assert_eq!(left("a: '@' # deploy-roles: allow[known] fine\n"), nothing);
        assert_eq!(left("# deploy-roles: allow[known] fine\na: '@'\n"), nothing);
        assert_eq!(
            left("\u{feff}# deploy-roles: allow[known] fine\r\na: '@'\r\n"),
            nothing
        );
        let stacked = "# deploy-roles: allow[known] fine\n# more\na: '@'\n";
        assert_eq!(left(stacked), nothing);
        let spaced = "a:\n  #deploy-roles:  allow [ known , known ]  fine\n  - '@'\n";
        assert_eq!(left(spaced), nothing);
    }

    #[test]
    fn allows_nothing_from_afar() {
        let unused = ["known", "allow-unused"];
        assert_eq!(
            left("# deploy-roles: allow[known] fine\n\na: '@'\n"),
            unused
        );
        assert_eq!(
            left("b: 1 # deploy-roles: allow[known] fine\na: '@'\n"),
            unused
        );
        assert_eq!(left("a: '@'\n# deploy-roles: allow[known] fine\n"), unused);
        assert_eq!(
            left("a:\r  - '@'\r  - '@' # deploy-roles: allow[known] fine\n"),
            ["known", "known"]
        );
    }

    #[test]
    fn a_text_is_no_comment() {
        for text in [
            "a: '@ # deploy-roles: allow[known] fine'\n",
            "a: \"\n  # deploy-roles: allow[known] fine\n  @\"\n",
            "a: |\n  # deploy-roles: allow[known] fine\n  @\n",
            "a: >-\n\n  b\n  # deploy-roles: allow[known] fine\n  @\nb: 1\n",
            "'@ # deploy-roles: allow[known] fine': 1\n",
            "a: '@'#deploy-roles: allow[known] fine\n"
                .replace("'#", "' #see #")
                .as_str(),
        ] {
            assert_eq!(left(text), ["known"], "{text}");
        }
        let header = "a: | # deploy-roles: allow[known] fine\n  text\n";
        assert_eq!(left(header), ["allow-unused"]);
        let after = "a: |\n  text\n# deploy-roles: allow[known] fine\nb: '@'\n";
        assert!(left(after).is_empty());
    }

    #[test]
    fn says_what_is_wrong_with_a_comment() {
        for (comment, wanted) in [
            ("allow[known]", &["allow-without-reason"][..]),
            ("allow[konwn] fine", &["known", "allow-unknown-rule"]),
            ("allow[unreadable] fine", &["known", "allow-error"]),
            ("allow[known, other] fine", &["allow-unknown-rule"]),
            ("allow known", &["known", "malformed-allow"]),
            ("allow[] fine", &["known", "malformed-allow"]),
            ("allow[known,] fine", &["known", "malformed-allow"]),
            ("see the page", &["known"]),
        ] {
            let text = format!("a: '@' # deploy-roles: {comment}\n");
            assert_eq!(left(&text), wanted, "{comment}");
        }
    }
}
