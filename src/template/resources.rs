//! A text to its resources, as far as they matter to access.
//!
//! In: the text of a template. Out: a [`File`]: its IAM resources and sections, each with what it
//! says. Blocks of different accounts that are equal but for the account are read once (see
//! `shapes`). Refuses texts that are not templates.
//!
//! The hard thing: a shape stands for many accounts only while nothing depends on how an account
//! is called or numbered. Where it may, the block is read with its own account in it.

use std::collections::HashMap;
use std::rc::Rc;

use crate::source::FileId;
use crate::template::blocks::{BlockKind, RESOURCES, Scan, scan};
use crate::template::deduplicate::{ACCOUNT, AccountLabel, LETTERS, ShapeId, Shapes};
use crate::template::display::shown;
use crate::template::read;
use crate::template::substitution::{SubstitutionPart, parts};
use crate::template::value::{Data, Unordered};
use crate::yaml::parse::parse;

/// The prefix of the types of resources that are read.
const IAM: &str = "AWS::IAM::";

/// What a resource says, and which resources say the same.
#[derive(Clone)]
pub(crate) struct Body<'text> {
    /// Equal for bodies that are the same but for the account of their labels.
    pub(crate) key: usize,
    /// What it says, with the mark of the account if there is a label.
    pub(crate) data: Rc<Data>,
    /// The account that was removed.
    pub(crate) label: Option<AccountLabel<'text>>,
    /// Whether it may depend on some digits of its account's id.
    pub(crate) is_numbered: bool,
}

impl Body<'_> {
    /// `text` with the account put back.
    pub(crate) fn restore(&self, text: &str) -> String {
        match &self.label {
            Some(label) => label.restore(text),
            None => text.to_owned(),
        }
    }
}

/// A resource.
pub(crate) struct Resource<'text> {
    /// Its logical id.
    pub(crate) id: String,
    /// Its text, if the template is cut into blocks.
    pub(crate) text: &'text str,
    /// What it says; `None` for a resource that is not of IAM.
    pub(crate) body: Option<Body<'text>>,
}

/// A template by its resources.
#[derive(Default)]
pub(crate) struct File<'text> {
    pub(crate) resources: Vec<Resource<'text>>,
    pub(crate) by_id: HashMap<String, usize>,
    /// The other sections.
    pub(crate) sections: Vec<(String, Rc<Data>)>,
}

/// What was read so far, of both texts.
pub(crate) struct Store<'text> {
    /// The accounts by logical id, with their ids if these are known.
    ids: &'text HashMap<String, Option<String>>,
    shapes: Shapes<'text>,
    bodies: HashMap<ShapeId, (usize, Rc<Data>, bool)>,
    whole: HashMap<Data, usize>,
    movable: HashMap<ShapeId, bool>,
    count: usize,
}

impl<'text> Store<'text> {
    pub(crate) fn new(ids: &'text HashMap<String, Option<String>>) -> Self {
        Self {
            ids,
            shapes: Shapes::default(),
            bodies: HashMap::new(),
            whole: HashMap::new(),
            movable: HashMap::new(),
            count: 0,
        }
    }

    /// The template that `text` is; what is the same in `other` is not read again.
    pub(crate) fn read(
        &mut self,
        text: &'text str,
        other: &File<'text>,
    ) -> Result<File<'text>, String> {
        let scanned = scan(text);
        match self.by_blocks(&scanned, other) {
            Some(file) => Ok(file),
            None => self.whole(text),
        }
    }

    fn by_blocks(&mut self, scanned: &Scan<'text>, other: &File<'text>) -> Option<File<'text>> {
        let mut file = File::default();
        for block in scanned.blocks.as_ref()? {
            let text = scanned.lines.text_of(&block.lines);
            if block.kind == BlockKind::Section {
                if block.key != RESOURCES {
                    let id = self.shapes.id(text, None);
                    let parsed = self.shapes.parsed(id)?;
                    file.sections
                        .push((block.key.to_owned(), Rc::new(parsed.data.clone())));
                }
                continue;
            }
            let known = other.get(block.key).filter(|known| known.text == text);
            let body = match known {
                Some(known) => known.body.clone(),
                // An escape may hide what it says, and an alias what changed elsewhere.
                None if has(text, IAM) || has(text, "\\") || may_have_alias(text) => {
                    Some(self.body(block.key, text)?)
                }
                None => None,
            };
            file.add(block.key.to_owned(), text, body);
        }
        Some(file)
    }

    fn body(&mut self, id: &'text str, text: &'text str) -> Option<Body<'text>> {
        if let Some(label) = AccountLabel::of(id, text) {
            let shape = self.shapes.id(text, Some(&label));
            let parsed = self.shapes.parsed(shape)?;
            let is_movable = *self
                .movable
                .entry(shape)
                .or_insert_with(|| parsed.is_movable && is_movable(&parsed.data));
            if is_movable && !self.has_id_of(label.account(), text) {
                return Some(self.known(shape, &parsed.data, Some(label)));
            }
        }
        let shape = self.shapes.id(text, None);
        let parsed = self.shapes.parsed(shape)?;
        Some(self.known(shape, &parsed.data, None))
    }

    /// Whether the account's own id is written out in `text`. Other ids are the same for all, and
    /// so is each id to an account whose own is not known.
    fn has_id_of(&self, account: &str, text: &str) -> bool {
        let id = self.ids.get(account).and_then(Option::as_deref);
        id.is_some_and(|id| has(text, id))
    }

    fn known(
        &mut self,
        shape: ShapeId,
        data: &Data,
        label: Option<AccountLabel<'text>>,
    ) -> Body<'text> {
        let count = &mut self.count;
        let (key, data, is_numbered) = self.bodies.entry(shape).or_insert_with(|| {
            *count += 1;
            (*count, Rc::new(data.clone()), is_numbered(data))
        });
        Body {
            key: *key,
            data: Rc::clone(data),
            label,
            is_numbered: *is_numbered,
        }
    }

    fn whole(&mut self, text: &'text str) -> Result<File<'text>, String> {
        let refused = || "is not a template that can be read".to_owned();
        let document = parse(FileId(0), text).map_err(|_| refused())?;
        let mut file = File::default();
        if document.root.is_null() {
            return Ok(file);
        }
        let root = read::read(&document.root, &mut read::budget(text.len())).ok_or_else(refused)?;
        for (name, section) in root.fields().ok_or_else(refused)? {
            if name != RESOURCES {
                file.sections.push((name.clone(), Rc::new(section.clone())));
                continue;
            }
            for (id, resource) in section.fields().ok_or_else(refused)? {
                let count = &mut self.count;
                let key = *self.whole.entry(resource.clone()).or_insert_with(|| {
                    *count += 1;
                    *count
                });
                let body = Body {
                    key,
                    data: Rc::new(resource.clone()),
                    label: None,
                    is_numbered: is_numbered(resource),
                };
                file.add(id.clone(), "", Some(body));
            }
        }
        Ok(file)
    }
}

impl<'text> File<'text> {
    fn add(&mut self, id: String, text: &'text str, body: Option<Body<'text>>) {
        self.by_id.insert(id.clone(), self.resources.len());
        self.resources.push(Resource { id, text, body });
    }

    /// Whether the word is anywhere in a resource.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        self.resources.iter().any(|resource| match &resource.body {
            _ if has(resource.text, word) => true,
            Some(body) if resource.text.is_empty() => shown(&body.data).contains(word),
            _ => false,
        })
    }

    /// The resource with this logical id.
    pub(crate) fn get(&self, id: &str) -> Option<&Resource<'text>> {
        self.resources.get(*self.by_id.get(id)?)
    }
}

/// Where a resource is created.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In the account of this logical id, or of its mark.
    Account(String),
    /// Wherever this binding says.
    Bound(String),
}

impl Place {
    /// The account, if it is one.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Place::Account(name) => Some(name),
            Place::Bound(_) => None,
        }
    }
}

/// Where the resource is created: one place per account, if accounts are listed.
pub(crate) fn places(resource: &Data) -> Vec<Place> {
    let binding = resource.get("OrganizationBinding");
    let has_only = |keys: &[&str]| {
        binding
            .and_then(Data::fields)
            .is_some_and(|fields| fields.iter().all(|(key, _)| keys.contains(&key.as_str())))
    };
    let accounts = binding.and_then(|binding| binding.get("Account"));
    let items = match accounts {
        Some(Data::List(items) | Data::Unordered(Unordered(items))) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let names: Option<Vec<Place>> = items
        .iter()
        .map(|item| Some(Place::Account(item.reference()?.to_owned())))
        .collect();
    names
        .filter(|names| !names.is_empty() && has_only(&["Account", "Region"]))
        .unwrap_or_else(|| vec![Place::Bound(binding.map_or("-".to_owned(), shown))])
}

/// Whether the word is in the text.
pub(crate) fn has(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// Whether an alias may be in the text: `*` where a value may begin. Its name may have any
/// character but blanks and the brackets and commas of lists.
fn may_have_alias(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'*', bytes).any(|at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + 1);
        before.is_none_or(|byte| b" \t\r\n[{,:?-".contains(byte))
            && after.is_some_and(|byte| !b" \t\r\n[]{},".contains(byte))
    })
}

/// Whether the resource is created in several accounts, and says the same of each.
pub(crate) fn is_shared(resource: &Data) -> bool {
    let places = places(resource);
    if places.len() < 2 {
        return false;
    }
    let properties = resource.get("Properties").map_or(String::new(), shown);
    let mut names = places.iter().filter_map(Place::account);
    !has_account_id(&properties) && !names.any(|name| properties.contains(name))
}

/// The one region of a resource's binding.
pub(crate) fn region(resource: &Data) -> Option<String> {
    let region = resource.get("OrganizationBinding")?.get("Region")?;
    match region {
        Data::List(items) => match items.as_slice() {
            [one] => one.text(),
            _ => None,
        },
        one => one.text(),
    }
    .map(str::to_owned)
}

/// Whether the text has something that may be an account id.
fn has_account_id(text: &str) -> bool {
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        run == 12
    })
}

/// Whether this is an account id.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the resource may depend on some digits of an account id without having all of them in
/// one place: digits next to a wildcard, or at the ends of what a function puts together.
fn is_numbered(resource: &Data) -> bool {
    resource.get("Properties").is_some_and(has_digits_at_an_end)
}

fn has_digits_at_an_end(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Action(_) => false,
        Data::Text(text) => is_beside_digits(text, b"*?"),
        Data::List(items) => items.iter().any(has_digits_at_an_end),
        Data::Unordered(items) => items.0.iter().any(has_digits_at_an_end),
        Data::Map(entries) => match entries.as_slice() {
            [(key, parts)] if key == "Fn::Join" => ends_in_digits(parts),
            [(key, parts @ Data::List(_))] if key == "Fn::Sub" => ends_in_digits(parts),
            [(key, Data::Text(text))] if key == "Fn::Sub" => is_beside_digits(text, b"*?{}$"),
            entries => entries.iter().any(|(_, value)| has_digits_at_an_end(value)),
        },
    }
}

/// Whether a text in `data` begins or ends in a digit, or has one next to a wildcard or a variable.
fn ends_in_digits(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(_) => false,
        Data::Number(_) => true,
        Data::Text(text) => {
            let is_digit = |c: char| c.is_ascii_digit();
            text.starts_with(is_digit)
                || text.ends_with(is_digit)
                || is_beside_digits(text, b"*?{}$")
        }
        Data::Action(action) => is_beside_digits(&action.0, b"*?"),
        Data::List(items) => items.iter().any(ends_in_digits),
        Data::Unordered(items) => items.0.iter().any(ends_in_digits),
        Data::Map(entries) => entries.iter().any(|(_, value)| ends_in_digits(value)),
    }
}

fn is_beside_digits(text: &str, wild: &[u8]) -> bool {
    let is_pair = |pair: &[u8]| match pair {
        [a, b] => {
            (a.is_ascii_digit() && wild.contains(b)) || (wild.contains(a) && b.is_ascii_digit())
        }
        _ => false,
    };
    text.as_bytes().windows(2).any(is_pair)
}

/// Whether the account appears only where it is referred to.
fn is_movable(resource: &Data) -> bool {
    places(resource) == [Place::Account(ACCOUNT.to_string())]
        && resource
            .get("Properties")
            .and_then(Data::fields)
            .is_some_and(|properties| {
                properties
                    .iter()
                    .filter(|(key, _)| key != "Description" && key != "Tags")
                    .all(|(_, value)| is_referred_to(value))
            })
}

fn is_referred_to(data: &Data) -> bool {
    let is_marked = |text: &str| text.contains([ACCOUNT, LETTERS]);
    match data {
        Data::Null | Data::Bool(_) | Data::Number(_) => true,
        Data::Text(text) => !is_marked(text),
        Data::Action(action) => !is_marked(&action.0),
        Data::List(items) => items.iter().all(is_referred_to),
        Data::Unordered(items) => items.0.iter().all(is_referred_to),
        Data::Map(entries) => match entries.as_slice() {
            [(key, Data::Text(_))] if key == "Ref" => true,
            [(key, Data::List(_))] if key == "Fn::GetAtt" => true,
            [(key, Data::Text(text))] if key == "Fn::Sub" => parts(text).all(|part| match part {
                SubstitutionPart::Text(text) | SubstitutionPart::Unclosed(text) => !is_marked(text),
                SubstitutionPart::Variable(name) => !name.contains('$') || !is_marked(name),
            }),
            entries => entries
                .iter()
                .all(|(key, value)| !is_marked(key) && is_referred_to(value)),
        },
    }
}
