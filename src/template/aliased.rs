//! Blocks that cannot be read alone to texts that can.
//!
//! In: the blocks of a text. Out: for each block whose binding is the alias of another block's list
//! (`Account: *LaunchpadDevAccounts`), its text with that list in front. Other blocks stay as they are.
//!
//! The hard thing: an anchor may be defined anew, and what looks like one may be in a text. So the
//! anchor's name must appear once in the whole text, and be read as the anchor of that list. Else nothing is
//! returned for the block, and the text is parsed whole.

use foldhash::HashMap;
use memchr::memmem;

use crate::source::FileId;
use crate::template::blocks::{Block, BlockKind, Lines};
use crate::yaml::node::{Kind, Node};
use crate::yaml::parse::parse;

/// The key of the list in front of a block. No block has a key with spaces.
pub(crate) const LIST: &str = "the list of the anchor";

/// How far below a resource's key its accounts may be.
const NEAR: usize = 6;

/// Texts that stand for those of blocks, by the blocks' numbers.
pub(crate) type Alone = HashMap<usize, String>;

/// The blocks of a text that need a list in front.
pub(crate) fn alone(lines: &Lines<'_>, blocks: &[Block<'_>]) -> Alone {
    let mut lists: HashMap<&str, String> = HashMap::default();
    let mut found = Alone::default();
    for (at, block) in blocks.iter().enumerate() {
        match bound(lines, block) {
            Some(Bound::Anchor(name)) => {
                let text = lines.text_of(&block.lines);
                if let Some(list) = list(text, name).filter(|_| stands_once(lines, name)) {
                    lists.insert(name, list);
                }
            }
            Some(Bound::Alias(name)) => {
                if let Some(list) = lists.get(name) {
                    let text = lines.text_of(&block.lines);
                    let indent = text.len() - text.trim_start_matches(' ').len();
                    let text = format!("{:indent$}{LIST}: &{name} {list}\n{text}", "");
                    found.insert(at, text);
                }
            }
            None => {}
        }
    }
    found
}

/// How a block is bound, as it looks.
enum Bound<'text> {
    Anchor(&'text str),
    Alias(&'text str),
}

fn bound<'text>(lines: &Lines<'text>, block: &Block<'_>) -> Option<Bound<'text>> {
    if block.kind != BlockKind::Resource {
        return None;
    }
    let end = block.lines.end.min(block.lines.start + 1 + NEAR);
    let mut rest = lines.of(block.lines.start + 1..end).map(str::trim);
    let name = rest.find_map(|line| line.strip_prefix("Account: "))?;
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let anchor = name.strip_prefix('&').filter(is_name).map(Bound::Anchor);
    anchor.or_else(|| name.strip_prefix('*').filter(is_name).map(Bound::Alias))
}

/// The list that `name` stands for in the block `text`, in flow style: accounts, and nothing else.
fn list(text: &str, name: &str) -> Option<String> {
    let document = parse(FileId(0), text).ok()?;
    let [entry] = document.root.entries()? else {
        return None;
    };
    let node = entry.value.get("OrganizationBinding")?.get("Account")?;
    if document.anchors.get(&node.anchor)?.name != name || node.tag.is_some() {
        return None;
    }
    let Kind::Sequence(items, _) = &node.kind else {
        return None;
    };
    let items: Option<Vec<String>> = items.iter().map(|item| reference(item)).collect();
    Some(format!("[{}]", items?.join(", ")))
}

fn reference(item: &Node) -> Option<String> {
    match &item.kind {
        Kind::Scalar(name, true) if item.tag_name() == Some("!Ref") && item.anchor == 0 => {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            (!name.is_empty() && name.bytes().all(is_plain)).then(|| format!("!Ref {name}"))
        }
        _ => None,
    }
}

/// Whether the text defines this anchor once, if at all: longer names are others.
fn stands_once(lines: &Lines<'_>, name: &str) -> bool {
    let text = lines.text_of(&(0..lines.len())).as_bytes();
    let anchor = format!("&{name}");
    let found = memmem::find_iter(text, anchor.as_bytes());
    let same = found.filter(|at| {
        let next = text.get(at + anchor.len());
        !next.is_some_and(u8::is_ascii_alphanumeric)
    });
    same.take(2).count() == 1
}
