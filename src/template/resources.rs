//! A text to its resources, as far as they matter to access.
//!
//! In: the text of a template. Out: a [`File`]: its IAM resources and sections, each with what it
//! says. Blocks of different accounts that are equal but for the account are read once (see
//! `shapes`). Refuses texts that are not templates.
//!
//! The hard thing: a shape stands for many accounts only while nothing depends on how an account
//! is called or numbered. Where it may, the block is read with its own account in it.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use foldhash::HashMap;
use memchr::memmem::Finder;

use crate::source::FileId;
use crate::template::blocks::{BlockKind, RESOURCES, Scan, without_empty_end};
use crate::template::deduplicate::{ACCOUNT, AccountLabel, ShapeId, Shapes};
use crate::template::display::{has_key, shown};
use crate::template::parsed::ParsedShapes;
use crate::template::read;
use crate::template::value::Data;
use crate::yaml::parse::parse;

use crate::template::movable::is_movable;
pub(crate) use crate::template::numbered::{is_numbered, is_of_accounts};
pub(crate) use crate::template::places::{Place, is_shared, places, region, regions};

/// The prefix of the types of resources that are read.
const IAM: &str = "AWS::IAM::";

/// How a key begins that stands for several of its section.
const LOOP: &str = "Fn::ForEach::";

/// What a resource says, and which resources say the same.
#[derive(Clone)]
pub(crate) struct Body<'text> {
    /// Equal for bodies that are the same but for the account of their labels.
    pub(crate) key: usize,
    /// What it says, with the mark of the account if there is a label.
    pub(crate) data: Arc<Data>,
    /// The account that was removed.
    pub(crate) label: Option<AccountLabel<'text>>,
    /// Whether it may depend on some digits of its account's id.
    pub(crate) is_numbered: bool,
    /// Where it is created, with the mark of the account if there is a label.
    pub(crate) places: Arc<[Place]>,
    /// Whether it is created in several accounts, and says the same of each.
    pub(crate) is_shared: bool,
}

impl Body<'_> {
    /// The same, without a copy where there is one already.
    pub(crate) fn restored<'a>(&'a self, text: &'a str) -> Cow<'a, str> {
        match &self.label {
            Some(label) if text.chars().eq([ACCOUNT]) => Cow::Borrowed(label.account()),
            Some(label) if AccountLabel::is_marked(text) => Cow::Owned(label.restore(text)),
            _ => Cow::Borrowed(text),
        }
    }

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
    /// Its logical id as it is written there.
    block: Option<&'text str>,
    /// What it says; `None` for a resource that is not of IAM.
    pub(crate) body: Option<Body<'text>>,
    /// What it says before names are resolved, if the template is not cut into blocks.
    pub(crate) unresolved: Option<Data>,
    scope: Option<Arc<dyn TextScope + 'text>>,
}

impl Resource<'_> {
    /// What `data`, which this resource says, is with all that it stands for in place; `None` if nothing
    /// in it stands for something else.
    pub(crate) fn resolved(&self, data: &Data) -> Option<Data> {
        self.scope.as_ref()?.resolved(data)
    }
}

/// What stands for something else in a text: names of bindings and parameters, for example.
pub(crate) trait TextScope: Send + Sync {
    /// What `resource` says with all that it stands for in place; `None` if nothing in it stands for
    /// something else.
    fn resolved(&self, resource: &Data) -> Option<Data>;

    /// The names that stand for something else.
    fn names(&self) -> &[String];

    /// Whether what stands for something else in `text` may be an account that the text does not name.
    fn names_accounts(&self, text: &str) -> bool;
}

/// Whether the scopes of two texts give equal resources the same meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scopes {
    Same,
    Differ,
}

/// A template by its sections, before its resources are read.
pub(crate) struct Sections<'text> {
    text: &'text str,
    /// By blocks, or `None` with the data of the whole.
    scanned: Option<Scan<'text>>,
    root: Option<Data>,
    /// The sections other than the resources.
    pub(crate) others: Vec<(String, Arc<Data>)>,
}

/// A template by its resources.
#[derive(Default)]
pub(crate) struct File<'text> {
    pub(crate) resources: Vec<Resource<'text>>,
    by_id: HashMap<String, usize>,
    /// The other sections.
    pub(crate) sections: Vec<(String, Arc<Data>)>,
    scope: Option<Arc<dyn TextScope + 'text>>,
    /// The number of the scope.
    number: usize,
}

/// What was read so far, of both texts.
pub(crate) struct Store<'text> {
    /// The accounts by logical id, with their ids if these are known.
    ids: Arc<HashMap<String, Option<String>>>,
    shapes: Shapes<'text>,
    /// By the shape, and the number of the scope.
    bodies: HashMap<(ShapeId, usize), Body<'text>>,
    /// The keys of what was read, in blocks by their shape.
    keys: HashMap<(Option<ShapeId>, Data), usize>,
    movable: HashMap<ShapeId, bool>,
    count: usize,
}

impl<'text> Store<'text> {
    pub(crate) fn new(
        ids: Arc<HashMap<String, Option<String>>>,
        shared: Option<&'text ParsedShapes>,
    ) -> Self {
        Self {
            ids,
            shapes: Shapes::of(shared),
            bodies: HashMap::default(),
            keys: HashMap::default(),
            movable: HashMap::default(),
            count: 0,
        }
    }

    /// The sections of the template that `text` is; `scanned` are its lines and blocks.
    ///
    /// # Errors
    ///
    /// It is not a template.
    pub(crate) fn sections(
        &mut self,
        text: &'text str,
        scanned: Scan<'text>,
    ) -> Result<Sections<'text>, String> {
        if let Some(sections) = self.sections_by_blocks(&scanned) {
            return Ok(Sections {
                text,
                scanned: Some(scanned),
                root: None,
                others: sections,
            });
        }
        whole_sections(text)
    }

    fn sections_by_blocks(&mut self, scanned: &Scan<'text>) -> Option<Vec<(String, Arc<Data>)>> {
        let mut sections = Vec::new();
        for block in scanned.blocks.as_ref()? {
            if block.kind == BlockKind::Section && block.key != RESOURCES {
                let id = self.shapes.id(block.text, None);
                let parsed = self.shapes.parsed(id)?;
                sections.push((block.key.to_owned(), Arc::new(parsed.data.clone())));
            }
        }
        Some(sections)
    }

    /// The template with these sections and this scope; what is the same in `other`, whose scope is
    /// compared with its own in `scopes`, is not read again.
    ///
    /// # Errors
    ///
    /// It is not a template.
    pub(crate) fn read(
        &mut self,
        sections: Sections<'text>,
        scope: Arc<dyn TextScope + 'text>,
        (other, scopes): (&File<'text>, Scopes),
    ) -> Result<File<'text>, String> {
        let mut file = File {
            sections: sections.others,
            scope: Some(scope),
            ..File::default()
        };
        if scopes == Scopes::Differ {
            // What a shape says is not the same in another scope.
            file.number = other.number + 1;
        }
        if let Some(scanned) = &sections.scanned {
            if self
                .by_blocks(scanned, &mut file, (other, scopes))
                .is_some()
            {
                return Ok(file);
            }
            file.resources.clear();
            file.by_id.clear();
            let whole = whole_sections(sections.text)?;
            file.sections = whole.others;
            self.whole(whole.root.as_ref(), &mut file)?;
        } else {
            self.whole(sections.root.as_ref(), &mut file)?;
        }
        Ok(file)
    }

    fn by_blocks(
        &mut self,
        scanned: &Scan<'text>,
        file: &mut File<'text>,
        (other, scopes): (&File<'text>, Scopes),
    ) -> Option<()> {
        let blocks = scanned.blocks.as_ref()?;
        file.resources.reserve_exact(blocks.len());
        file.by_id.reserve(blocks.len());
        for block in blocks {
            if block.kind == BlockKind::Section {
                continue;
            }
            let text = block.text;
            let known = other
                .get(block.key)
                .filter(|known| scopes == Scopes::Same && known.text == text);
            let body = match known {
                Some(known) => known.body.clone(),
                // An escape may hide what it says, and an alias what changed elsewhere.
                None if is_of_iam(text) || has(text, "\\") || may_have_alias(text) => {
                    Some(self.body(block.key, text, file)?)
                }
                None => None,
            };
            file.add(block.key.to_owned(), text, body);
            if let Some(added) = file.resources.last_mut() {
                added.block = Some(block.key);
            }
        }
        Some(())
    }

    /// What `resource` of `file` says, which was not read; `None` if it cannot be read by itself.
    pub(crate) fn other_body(
        &mut self,
        resource: &Resource<'text>,
        file: &File<'text>,
    ) -> Option<Body<'text>> {
        self.body(resource.block?, resource.text, file)
    }

    fn body(
        &mut self,
        id: &'text str,
        text: &'text str,
        file: &File<'text>,
    ) -> Option<Body<'text>> {
        // The last resource of a macro is followed by an empty line, if something follows it.
        let text = without_empty_end(text);
        let label = AccountLabel::of(id, text).filter(|label| file.names_nothing_like(label, text));
        if let Some(label) = label {
            let shape = self.shapes.id(text, Some(&label));
            let parsed = self.shapes.parsed(shape)?;
            let is_movable = *self
                .movable
                .entry(shape)
                .or_insert_with(|| parsed.is_movable && is_movable(&parsed.data));
            if is_movable && !self.has_id_of(label.account(), text) {
                return Some(self.known(shape, &parsed.data, Some(label), file));
            }
        }
        let shape = self.shapes.id(text, None);
        let parsed = self.shapes.parsed(shape)?;
        Some(self.known(shape, &parsed.data, None, file))
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
        file: &File<'text>,
    ) -> Body<'text> {
        if let Some(known) = self.bodies.get(&(shape, file.number)) {
            return Body {
                label,
                ..known.clone()
            };
        }
        let body = self.resolved(Some(shape), data, file);
        self.bodies.insert((shape, file.number), body.clone());
        Body { label, ..body }
    }

    /// What `data` says in the scope of `file`.
    fn resolved(&mut self, shape: Option<ShapeId>, data: &Data, file: &File<'_>) -> Body<'text> {
        let data = file.resolved(data);
        let count = &mut self.count;
        let key = *self.keys.entry((shape, data.clone())).or_insert_with(|| {
            *count += 1;
            *count
        });
        Body {
            key,
            label: None,
            is_numbered: is_numbered(&data),
            places: places(&data).into(),
            is_shared: is_shared(&data),
            data: Arc::new(data),
        }
    }

    fn whole(&mut self, root: Option<&Data>, file: &mut File<'text>) -> Result<(), String> {
        let Some(section) = root.and_then(|root| root.get(RESOURCES)) else {
            return Ok(());
        };
        let entries = match section {
            // A loop that is alone looks like a function.
            Data::Map(entries) if entries.iter().all(|(key, _)| key.starts_with(LOOP)) => entries,
            section => section.fields().ok_or_else(refused)?,
        };
        for (id, resource) in entries {
            let body = self.resolved(None, resource, file);
            file.add(id.clone(), "", Some(body));
            if let Some(added) = file.resources.last_mut() {
                added.unresolved = Some(resource.clone());
            }
        }
        Ok(())
    }
}

fn refused() -> String {
    "is not a template that can be read".to_owned()
}

/// The sections of a text that is not written as generated files are.
fn whole_sections(text: &str) -> Result<Sections<'_>, String> {
    let document = parse(FileId(0), text).map_err(|_| refused())?;
    let mut whole = Sections {
        text,
        scanned: None,
        root: None,
        others: Vec::new(),
    };
    if document.root.is_null() {
        return Ok(whole);
    }
    let root = read::read(&document.root, &mut read::budget(text.len())).ok_or_else(refused)?;
    for (name, section) in root.fields().ok_or_else(refused)? {
        if name != RESOURCES {
            whole.others.push((name.clone(), Arc::new(section.clone())));
        }
    }
    whole.root = Some(root);
    Ok(whole)
}

impl<'text> File<'text> {
    fn add(&mut self, id: String, text: &'text str, body: Option<Body<'text>>) {
        self.by_id.insert(id.clone(), self.resources.len());
        self.resources.push(Resource {
            id,
            text,
            block: None,
            body,
            unresolved: None,
            scope: self.scope.clone(),
        });
    }

    /// What `data`, which is written in this file, says with all that it stands for in place.
    pub(crate) fn resolved(&self, data: &Data) -> Data {
        let scope = self.scope.as_ref();
        let resolved = scope.and_then(|scope| scope.resolved(data));
        resolved.unwrap_or_else(|| data.clone())
    }

    /// Whether no name that stands for something else is hidden by the mark of the account: such a
    /// name would be another one in each account. Neither does it name accounts: of these, one would be
    /// the account itself.
    fn names_nothing_like(&self, label: &AccountLabel<'_>, text: &str) -> bool {
        let mut scope = self.scope.iter();
        if scope.any(|scope| scope.names_accounts(text)) {
            return false;
        }
        let names = self.scope.iter().flat_map(|scope| scope.names());
        let mut hidden = names.filter(|name| label.may_hide(name));
        !hidden.any(|name| has(text, name))
    }

    /// Whether the word is anywhere in a resource.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        self.resources.iter().any(|resource| match &resource.body {
            _ if has(resource.text, word) => true,
            Some(body) if resource.text.is_empty() => shown(&body.data).contains(word),
            _ => false,
        })
    }

    /// The same without regard to capital and small letters, which the keys of conditions do not tell apart.
    pub(crate) fn mentions_key(&self, key: &str) -> bool {
        self.resources.iter().any(|resource| match &resource.body {
            _ if has_key(resource.text, key) => true,
            // In quotes, a letter may be written by its number.
            Some(body) if resource.text.is_empty() || has(resource.text, "\\") => {
                has_key(&shown(&body.data), key)
            }
            _ => false,
        })
    }

    /// The place of the resource with this logical id.
    pub(crate) fn place_of(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The resource with this logical id.
    pub(crate) fn get(&self, id: &str) -> Option<&Resource<'text>> {
        self.resources.get(self.place_of(id)?)
    }
}

/// Whether the word is in the text.
pub(crate) fn has(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// Whether the type of a resource that is read may be in the text.
fn is_of_iam(text: &str) -> bool {
    static FINDER: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(IAM));
    FINDER.find(text.as_bytes()).is_some()
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

/// Whether this is an account id.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
