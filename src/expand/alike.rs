//! Rendered bodies to text, and which of them are read already, with other names.
//!
//! In: rendered macros. Out: the text of each body. A body is as one before if each of its values is the
//! same, or differs only in the names of its macro: then its text is the text of that one with these names
//! in place of the others, and the proof need not read it again. Refuses nothing: what is not as a body
//! before is written and read by itself.
//!
//! The hard thing is that a name may appear where it means something else: an app called `iam`. So each
//! value is compared, in the form that is written, and the text must have each name exactly as often as the
//! values that differ. `AppId` and logical ids have letters, digits and `-` alone, which no reader takes
//! for the end or the beginning of anything.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use serde_yaml::{Mapping, Value};

use crate::expand::model::renaming::{MacroNames, Renaming};
use crate::expand::model::rendered::{Placeholders, Rendered, RenderedBody};
use crate::expand::model::written::{StandIn, WrittenBody};
use crate::yaml::emit;

/// How many bodies are kept, to compare others with.
const KEPT: usize = 8;

thread_local! {
    /// The last bodies that were proven in this thread.
    static PROVEN: RefCell<Vec<(RenderedBody, Example)>> = RefCell::default();
}

/// Where a body is written.
#[derive(PartialEq)]
struct TextPlace {
    placeholders: Placeholders,
    indent: usize,
    eol: &'static str,
}

/// The text of a body that is read by itself.
struct Example {
    names: MacroNames,
    place: Rc<TextPlace>,
    text: Rc<str>,
    /// Its shortest resource.
    shortest: OnceCell<Option<StandIn>>,
}

impl Example {
    /// The text of `body`, if it is as `own`, whose text this is, but for the names.
    fn text_of(
        &self,
        own: &RenderedBody,
        body: &RenderedBody,
        (place, names): (&TextPlace, &MacroNames),
    ) -> Option<WrittenBody> {
        if own.resources.len() != body.resources.len() || *self.place != *place {
            return None;
        }
        let renaming = self.names.become_those(names)?;
        let mut comparison = BodyComparison {
            renaming: &renaming,
            names: 0,
        };
        if !comparison.bodies(own, body) {
            return None;
        }
        // No name has a line break, and so none goes on where a resource ends.
        let shortest = self.shortest.get_or_init(|| self.shortest(own)).as_ref()?;
        let bytes = shortest.bytes.clone();
        let (mut text, before) = renaming.renamed(self.text.get(..bytes.start)?);
        let start = text.len();
        let (of_shortest, within) = renaming.renamed(self.text.get(bytes.clone())?);
        text.push_str(&of_shortest);
        let stand_in = StandIn {
            resource: shortest.resource,
            bytes: start..text.len(),
        };
        let (after, behind) = renaming.renamed(self.text.get(bytes.end..)?);
        text.push_str(&after);
        (before + within + behind == comparison.names).then(|| WrittenBody {
            stand_in: Some(stand_in),
            text: text.into(),
        })
    }

    /// The resource of `own` that is the shortest to read.
    fn shortest(&self, own: &RenderedBody) -> Option<StandIn> {
        let mut end = 0;
        let resources = own.resources.iter().enumerate();
        let all = resources.map(|(number, resource)| {
            let alone = RenderedBody {
                resources: vec![resource.clone()],
            };
            let start = end;
            end += alone.to_text(self.place.indent, self.place.eol).len();
            StandIn {
                resource: number,
                bytes: start..end,
            }
        });
        all.min_by_key(|one| one.bytes.len())
    }
}

/// Two bodies that are compared.
struct BodyComparison<'run> {
    renaming: &'run Renaming,
    /// The names in values that differ, as they are written.
    names: usize,
}

impl BodyComparison<'_> {
    fn bodies(&mut self, a: &RenderedBody, b: &RenderedBody) -> bool {
        a.resources.iter().zip(&b.resources).all(|(a, b)| {
            let (logical_id, names) = self.renaming.renamed(&a.logical_id);
            self.names += names;
            a.kind == b.kind && logical_id == b.logical_id && self.mappings(&a.content, &b.content)
        })
    }

    fn mappings(&mut self, a: &Mapping, b: &Mapping) -> bool {
        a.len() == b.len()
            && a.iter()
                .zip(b)
                .all(|((a, of_a), (b, of_b))| self.values(a, b) && self.values(of_a, of_b))
    }

    fn values(&mut self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::String(one), Value::String(other)) => {
                one == other || self.texts((a, one), (b, other))
            }
            (Value::Sequence(a), Value::Sequence(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.values(a, b))
            }
            (Value::Mapping(a), Value::Mapping(b)) => self.mappings(a, b),
            (Value::Tagged(a), Value::Tagged(b)) => {
                a.tag == b.tag && self.values(&a.value, &b.value)
            }
            _ => a == b,
        }
    }

    /// Whether two texts differ in the names only, in each form in which they may be written.
    fn texts(&mut self, (a, one): (&Value, &str), (b, other): (&Value, &str)) -> bool {
        let (renamed, names) = self.renaming.renamed(one);
        self.names += names;
        if renamed != other {
            return false;
        }
        // No name has a quote: where both are plain or both between quotes, nothing else can differ.
        let are_alike = emit::is_plain(one) == emit::is_plain(other);
        if are_alike && emit::is_verbatim(one) && emit::is_verbatim(other) {
            return true;
        }
        self.renaming.renamed(&emit::scalar(one)) == (emit::scalar(other), names)
            && self.renaming.renamed(&emit::flow(a)) == (emit::flow(b), names)
    }
}

/// The bodies that others can be compared with once they are proven, each by its macro and its number.
pub(super) struct BodyExamples(Vec<((usize, usize), Example)>);

/// Writes the bodies of `macros`.
pub(super) fn write(
    macros: &mut [Rendered],
    placeholders: &Placeholders,
    eol: &'static str,
) -> BodyExamples {
    let mut examples = Vec::new();
    for at in 0..macros.len() {
        let written = texts((macros, at), placeholders, eol, &mut examples);
        if let Some(rendered) = macros.get_mut(at) {
            rendered.written = written;
        }
    }
    BodyExamples(examples)
}

/// The texts of the bodies of the macro at a place.
fn texts(
    (macros, at): (&[Rendered], usize),
    placeholders: &Placeholders,
    eol: &'static str,
    examples: &mut Vec<((usize, usize), Example)>,
) -> Vec<WrittenBody> {
    let Some(rendered) = macros.get(at) else {
        return Vec::new();
    };
    let place = Rc::new(TextPlace {
        placeholders: placeholders.clone(),
        indent: rendered.planned.call.indent,
        eol,
    });
    let names = MacroNames::of(rendered.plan(), placeholders);
    // What is written for several accounts, or with ids that the template gives, is read completely.
    let is_comparable = !rendered.plan().lists_accounts() && rendered.plan().logical_ids.is_empty();
    let mut written = Vec::new();
    for (number, body) in rendered.bodies.iter().enumerate() {
        let known = || {
            let here = examples.iter().filter_map(|((at, number), example)| {
                Some((macros.get(*at)?.bodies.get(*number)?, example))
            });
            as_one_of(here, body, (&place, &names)).or_else(|| {
                PROVEN.with_borrow(|proven| {
                    let proven = proven.iter().map(|(own, example)| (own, example));
                    as_one_of(proven, body, (&place, &names))
                })
            })
        };
        let known = if is_comparable { known() } else { None };
        written.push(known.unwrap_or_else(|| {
            let text: Rc<str> = body.to_text(place.indent, eol).into();
            if is_comparable && !body.resources.is_empty() {
                let example = Example {
                    names: names.clone(),
                    place: Rc::clone(&place),
                    text: Rc::clone(&text),
                    shortest: OnceCell::new(),
                };
                examples.push(((at, number), example));
            }
            WrittenBody {
                text,
                stand_in: None,
            }
        }));
    }
    written
}

/// The text of `body`, if it is as one of the last `examples`.
fn as_one_of<'run>(
    examples: impl DoubleEndedIterator<Item = (&'run RenderedBody, &'run Example)>,
    body: &RenderedBody,
    here: (&TextPlace, &MacroNames),
) -> Option<WrittenBody> {
    let mut last = examples.rev().take(KEPT);
    last.find_map(|(own, example)| example.text_of(own, body, here))
}

impl BodyExamples {
    /// Keeps the last bodies that were read, of `macros`, which are proven.
    pub(super) fn keep(self, macros: &mut [Rendered]) {
        let Self(mut examples) = self;
        let kept = examples.split_off(examples.len().saturating_sub(KEPT));
        PROVEN.with_borrow_mut(|proven| {
            for ((at, number), example) in kept {
                let body = macros.get_mut(at).and_then(|of| of.bodies.get_mut(number));
                proven.extend(body.map(|body| (std::mem::take(body), example)));
            }
            let surplus = proven.len().saturating_sub(KEPT);
            proven.drain(..surplus);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::model::rendered::RenderedResource;
    use crate::organization::IdPart;

    const MARK: &str = "ZzLetterszZ";

    fn names(name: &str, app: &str) -> MacroNames {
        MacroNames {
            logical_id: format!("{name}{MARK}"),
            app_id: app.to_owned(),
            letters: IdPart::of(app).as_str().to_owned(),
        }
    }

    /// A role and what follows `more:` in a second resource.
    fn body(name: &str, app: &str, more: &str) -> RenderedBody {
        let resource = |kind: &str, content: String| RenderedResource {
            kind: kind.to_owned(),
            logical_id: format!("{name}{MARK}{kind}"),
            content: serde_yaml::from_str(&content).unwrap(),
        };
        RenderedBody {
            resources: vec![
                resource(
                    "Role",
                    format!("RoleName: {app}-Role\nPaths: [!Sub '${{AWS::Region}}/{app}']\n"),
                ),
                resource(
                    "Policy",
                    format!("For: !Ref {name}{MARK}Role\nmore: {more}\n"),
                ),
            ],
        }
    }

    /// The text that the second body has by the first, each with its names and what is in it.
    fn written_as(one: (&str, &str, &str), other: (&str, &str, &str)) -> Option<WrittenBody> {
        let placeholders = Placeholders {
            account: "ZzAccountzZ".to_owned(),
            id_part: MARK.to_owned(),
        };
        let first = body(one.0, one.1, one.2);
        let place = TextPlace {
            placeholders,
            indent: 2,
            eol: "\n",
        };
        let place = Rc::new(place);
        let example = Example {
            text: first.to_text(2, "\n").into(),
            names: names(one.0, one.1),
            place: Rc::clone(&place),
            shortest: OnceCell::new(),
        };
        let body = body(other.0, other.1, other.2);
        let written = example.text_of(&first, &body, (&place, &names(other.0, other.1)));
        if let Some(written) = &written {
            assert_eq!(*written.text, body.to_text(2, "\n"));
        }
        written
    }

    #[test]
    fn what_differs_in_names_is_written_by_the_first() {
        let written = written_as(("Shop", "my-shop", "a"), ("Bank", "big-bank", "a")).unwrap();
        let last = "  BankZzLetterszZPolicy:\n    For: !Ref BankZzLetterszZRole\n    more: a\n";
        assert_eq!(written.stand_in(), Some(last));
        let long = "a text that is longer than the role, which is before it and is read back instead of it";
        let written = written_as(("Shop", "my-shop", long), ("B", "bank", long)).unwrap();
        let first = "  BZzLetterszZRole:\n    RoleName: bank-Role\n    Paths:\n      - !Sub '${AWS::Region}/bank'\n";
        assert_eq!(written.stand_in(), Some(first));
        for (one, other) in [
            ("shop-x", "bank-x"),
            (
                "[shop, 'shop: x', \"shop\\n\"]",
                "[bank, 'bank: x', \"bank\\n\"]",
            ),
            ("{ shop: 1 }", "{ bank: 1 }"),
            ("!Sub [shop, { a: shop }]", "!Sub [bank, { a: bank }]"),
            ("iam:PassRole", "iam:PassRole"),
        ] {
            assert!(
                written_as(("A", "shop", one), ("B", "bank", other)).is_some(),
                "{one}"
            );
        }
    }

    #[test]
    fn what_differs_in_more_is_read_by_itself() {
        for (one, other) in [
            ("a", "b"),
            ("'1'", "1"),
            ("!Ref a", "!Sub a"),
            ("[a]", "[a, a]"),
            ("{ a: 1, b: 2 }", "{ b: 2, a: 1 }"),
            ("shop", "shop"),
            ("shop", "bankx"),
            ("a", "bank"),
        ] {
            assert!(
                written_as(("A", "shop", one), ("B", "bank", other)).is_none(),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_name_that_means_something_else_is_left_alone() {
        // In a tag, in a value that stays as it is, in a key, and in a number.
        assert!(written_as(("A", "ub", "a"), ("B", "bank", "a")).is_none());
        for (app, more) in [("iam", "iam:PassRole"), ("more", "a"), ("e", "1.0e+30")] {
            assert!(
                written_as(("A", app, more), ("B", "bank", more)).is_none(),
                "{app}"
            );
        }
        // Text becomes what a reader takes for something else.
        assert!(written_as(("A", "shop", "shop"), ("B", "yes", "'yes'")).is_none());
    }
}
