//! What decoding every argument needs: the reader, and which keys there are.
//!
//! In: fields. Out: whether each is known there, and values of the most common kinds. Refuses
//! unknown keys, with the nearest known one or where they belong.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::arguments::argument::{Argument, ValueKind};
use crate::arguments::written::{MacroText, TAG};
use crate::diagnostic::{Diagnostic, Shown as _, list, nearest};
use crate::oidc::PROVIDERS;
use crate::oidc::rules::UNKNOWN_ARGUMENT;
use crate::partials::catalog::Catalog;
use crate::source::{Span, Spanned};
use crate::yaml::lookup::{Field, Library};
use crate::yaml::node::{Document, Node};
use crate::yaml::rules::INVALID_VALUE;
use crate::yaml::typed::TypedReader;

/// Decodes one macro.
pub(super) struct Decoder<'run> {
    pub(super) reader: TypedReader<'run>,
    pub(super) catalog: &'run Catalog,
    pub(super) template: &'run Document,
    /// The macro's tag.
    pub(super) call_span: Span,
    /// Every stage.
    pub(super) stages: Vec<String>,
    /// The macro's own `TrustedBy`.
    pub(super) shared_trusts: Option<Arc<Node>>,
    known: Rc<KnownKeys>,
}

/// Every key that a macro can have somewhere.
pub(super) struct KnownKeys {
    /// Arguments of the macro.
    pub(super) arguments: Vec<&'static str>,
    /// Keys of `Definitions.DeployRoles`.
    pub(super) defaults: Vec<&'static str>,
    /// Keys of a target.
    pub(super) target_keys: Vec<&'static str>,
    /// Entries of `TrustedBy`.
    pub(super) trusts: Vec<&'static str>,
}

/// The fields of a macro or target by key.
pub(super) type Fields = BTreeMap<String, Field>;

impl<'run> Decoder<'run> {
    /// A decoder that has decoded nothing.
    pub(super) fn new(
        library: &'run Library,
        catalog: &'run Catalog,
        written: &MacroText<'run>,
        known: KnownKeys,
    ) -> Self {
        Self {
            reader: TypedReader::new(library),
            catalog,
            template: written.template,
            call_span: written.tag_span,
            stages: Vec::new(),
            shared_trusts: None,
            known: Rc::new(known),
        }
    }

    /// Checks the key of an argument of the macro.
    pub(super) fn check_argument(&mut self, field: &Field) -> bool {
        let known = Rc::clone(&self.known);
        self.check_key(field, &known.arguments, "argument")
    }

    /// Checks a key of `Definitions.DeployRoles`.
    pub(super) fn check_default(&mut self, field: &Field) -> bool {
        let known = Rc::clone(&self.known);
        self.check_key(field, &known.defaults, "argument")
    }

    /// Checks a key of a target.
    pub(super) fn check_target_key(&mut self, field: &Field) -> bool {
        let known = Rc::clone(&self.known);
        self.check_key(field, &known.target_keys, "key of a target")
    }

    /// Checks a key of a mapping inside of an argument.
    pub(super) fn check_field(
        &mut self,
        field: &Field,
        known: &[&'static Argument],
        what: &str,
    ) -> bool {
        let known: Vec<&str> = known.iter().map(|argument| argument.name).collect();
        self.check_key(field, &known, what)
    }

    /// Whether `known` has the key of the field, which must have a value.
    pub(super) fn check_key(&mut self, field: &Field, known: &[&str], what: &str) -> bool {
        if known.contains(&field.key.as_str()) {
            self.reader.filled(field);
            return true;
        }
        let problem = Diagnostic::new(
            &UNKNOWN_ARGUMENT,
            field.key_span,
            format!("unknown {what} `{}`", field.key.shown()),
        );
        let near = nearest(&field.key, known.iter().copied());
        let help = match (self.known.home(&field.key, known), near) {
            (Some(home), _) => format!("`{}` belongs {home}", field.key),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => format!("use one of {}", list(known.iter().copied())),
        };
        self.reader.problem(problem.help(help));
        false
    }

    /// Whether the argument is there, even if misspelled: that is reported already.
    pub(super) fn is_given(&self, fields: &Fields, argument: &Argument) -> bool {
        let known = &self.known.arguments;
        fields.keys().any(|own| {
            own == argument.name
                || (!known.contains(&own.as_str())
                    && nearest(own, known.iter().copied()) == Some(argument.name))
        })
    }

    /// The text of an argument that is one of a few; `what` is what it names.
    pub(super) fn one_of(
        &mut self,
        fields: &Fields,
        argument: &Argument,
        what: &str,
    ) -> Option<String> {
        let field = fields.get(argument.name)?;
        let text = self.reader.text(&field.value)?;
        let ValueKind::OneOf(known) = argument.kind else {
            return None;
        };
        if known.iter().any(|word| word.name == text.value) {
            return Some(text.value);
        }
        let known: Vec<&str> = known.iter().map(|word| word.name).collect();
        let message = format!("`{}` is not a {what}", text.value.shown());
        self.reader.problem(
            Diagnostic::new(&INVALID_VALUE, text.span, message)
                .help(format!("write {}", either(&known))),
        );
        None
    }

    /// The logical id of an account.
    pub(super) fn account_reference(&mut self, node: &Arc<Node>) -> Option<Spanned<String>> {
        if let Some(name) = self.reader.library.reference(node) {
            return Some(Spanned::new(name, node.whole_span()));
        }
        if node.tag_name() == Some(TAG) {
            // A macro inside of a macro: reported as misplaced already.
            return None;
        }
        let followed = self.reader.library.follow(node);
        let help = instead_of_a_reference(&followed);
        self.reader.wrong_type(node, "`!Ref` of an account", &help);
        None
    }
}

impl KnownKeys {
    /// Where a key that is not one of `known` belongs.
    fn home(&self, key: &str, known: &[&str]) -> Option<String> {
        let in_macro = self.arguments.contains(&key);
        let in_target = self.target_keys.contains(&key);
        let place = match (in_macro, in_target) {
            (true, true) => "among the macro's arguments, or in a target",
            (true, false) => "among the macro's arguments: write it next to `Targets`",
            (false, true) => "in a target: write it below a stage of `Targets`",
            (false, false) if self.defaults.contains(&key) => {
                "to the whole template: write it under `Definitions.DeployRoles`"
            }
            (false, false) => "",
        };
        if !place.is_empty() {
            return Some(place.to_owned());
        }
        if self.trusts.contains(&key) {
            return Some(format!("in `TrustedBy`: write `TrustedBy: [{key}: ...]`"));
        }
        if known.contains(&"Subjects") {
            // Each provider has keys of its own; the names of another's mean nothing to it.
            return None;
        }
        let owners = PROVIDERS
            .iter()
            .filter(|provider| provider.all_keys().contains(&key));
        let owners: Vec<&str> = owners.map(|provider| provider.key).collect();
        (!owners.is_empty()).then(|| format!("under {}", either(&owners)))
    }
}

fn instead_of_a_reference(found: &Node) -> String {
    let attribute_of = |text: &str| match found.tag_name() {
        Some("!GetAtt") => text.split('.').next().unwrap_or_default().to_owned(),
        _ => text.to_owned(),
    };
    match found.text() {
        Some(text) if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) => {
            "name the account by its logical id in the organization: `!Ref SomeAccount`".to_owned()
        }
        Some(text) if text.starts_with(char::is_alphabetic) && text.len() < 80 => {
            format!("did you mean `!Ref {}`?", attribute_of(text).shown())
        }
        _ => "write `!Ref SomeAccount`".to_owned(),
    }
}

/// `a`, `b` or `c`.
fn either(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => {
            format!("{} or `{last}`", list(first.iter().copied()))
        }
        names => list(names.iter().copied()),
    }
}
