//! A generated file with what OrgFormation reads for it.
//!
//! In: the text of a file, its path, and the files of its side: those of the disk, or those of a
//! commit. Out: the text with what it includes in place, as OrgFormation puts it there, and what
//! cannot be read. Refuses nothing: what cannot be read stays as it is written.
//!
//! OrgFormation replaces `!Include path` in the text, comments and quoted text included, by the JSON
//! of the file (`src/yaml-cfn/yaml-parse-includes.ts`); only `Organization: !Include` is handled by
//! itself (`src/parser/parser.ts`, `createFromContents`). `!ReadFile path` is the file's text, and
//! `!MD5File path` the digest of its bytes (`src/core/cfn-functions/cfn-md5.ts`).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::diagnostic::Shown as _;
use crate::source::path::{clean, folder_of};
use crate::template::{json, read};
use crate::workspace::disguise::disguised;
use crate::workspace::marks::{CallKind, TextMarks, is_called, word};
use crate::yaml::lookup::INCLUDE;

/// How deep includes may be nested.
const DEPTH_LIMIT: usize = 30;
/// The most bytes that a file may have.
const TEXT_LIMIT: usize = 32 << 20;
/// The most bytes that may be put in place of one `!Include`; CloudFormation's templates have no more.
const SIZE_LIMIT: usize = 1 << 20;
/// The most files that one side may include.
const FILE_LIMIT: usize = 2_000;

/// Reads the text of a file; `None` if there is no such file.
pub type ReadText<'run> = dyn Fn(&Path) -> anyhow::Result<Option<String>> + 'run;

/// Reads the bytes of a file; `None` if there is no such file.
pub type ReadBytes<'run> = dyn Fn(&Path) -> anyhow::Result<Option<Vec<u8>>> + 'run;

/// The files of one side, each of which is read once.
pub struct SideFiles<'run> {
    text: Box<ReadText<'run>>,
    bytes: Box<ReadBytes<'run>>,
    digests: RefCell<HashMap<PathBuf, Result<String, String>>>,
    texts: RefCell<HashMap<PathBuf, Rc<Result<String, String>>>>,
    included: RefCell<HashMap<PathBuf, Rc<Included>>>,
    count: Cell<usize>,
}

/// What a file is to a file that includes it.
struct Included {
    /// Its content as JSON, or why it cannot be read.
    json: Result<String, String>,
    /// What it names and cannot be read.
    unread: Vec<Unread>,
}

/// Something that OrgFormation would read and that is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// How it is written.
    pub what: String,
    /// Why it cannot be read.
    pub why: String,
}

/// A text with what it includes in place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedText {
    /// The text; `None` if it includes nothing.
    pub text: Option<String>,
    /// What cannot be read.
    pub unread: Vec<Unread>,
}

/// A place in a text that something else is put into.
#[derive(Clone, Copy)]
struct Call<'text> {
    /// Where its tag begins, and where what is replaced begins and ends.
    start: usize,
    from: usize,
    end: usize,
    kind: CallKind,
    argument: &'text str,
}

impl<'run> SideFiles<'run> {
    /// The files that `text` reads, or `bytes` if nothing is a text.
    pub fn new(
        text: impl Fn(&Path) -> anyhow::Result<Option<String>> + 'run,
        bytes: impl Fn(&Path) -> anyhow::Result<Option<Vec<u8>>> + 'run,
    ) -> Self {
        Self {
            text: Box::new(text),
            bytes: Box::new(bytes),
            digests: RefCell::default(),
            texts: RefCell::default(),
            included: RefCell::default(),
            count: Cell::new(0),
        }
    }

    /// The text of the file at `path`, or why it cannot be read.
    pub fn text(&self, path: &Path) -> Rc<Result<String, String>> {
        let path = clean(path);
        if let Some(known) = self.texts.borrow().get(&path) {
            return Rc::clone(known);
        }
        let text = Rc::new(self.read(&path));
        self.texts.borrow_mut().insert(path, Rc::clone(&text));
        text
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        self.counted()?;
        let text = found(path, (self.text)(path)).or_else(|why| {
            // OrgFormation puts the same character in place of what is not UTF-8.
            let bytes = (self.bytes)(path).ok().flatten().ok_or(why)?;
            Ok::<_, String>(String::from_utf8_lossy(&bytes).into_owned())
        })?;
        match text.len() {
            0..=TEXT_LIMIT => Ok(text),
            _ => Err(format!("it has more than {TEXT_LIMIT} bytes")),
        }
    }

    /// The digest of the file at `path`, or why it cannot be read.
    fn digest(&self, path: &Path) -> Result<String, String> {
        if let Some(known) = self.digests.borrow().get(path) {
            return known.clone();
        }
        let counted = self.counted();
        let bytes = counted.and_then(|()| found(path, (self.bytes)(path)));
        let digest = bytes.map(|bytes| format!("{:x}", md5::compute(bytes)));
        let mut digests = self.digests.borrow_mut();
        digests.insert(path.to_owned(), digest.clone());
        digest
    }

    /// Whether no more files are read.
    pub(super) fn is_full(&self) -> bool {
        self.count.get() > FILE_LIMIT
    }

    fn counted(&self) -> Result<(), String> {
        self.count.set(self.count.get() + 1);
        if self.count.get() > FILE_LIMIT {
            return Err(format!("more than {FILE_LIMIT} files are read"));
        }
        Ok(())
    }

    /// `text`, which is that of the file at `path`, with what it includes in place.
    pub fn closed(&self, text: &str, path: &Path) -> ClosedText {
        self.closed_at((text, &TextMarks::of(text)), path)
    }

    /// The same of a text whose marks are known.
    pub(crate) fn closed_at(&self, (text, marks): (&str, &TextMarks), path: &Path) -> ClosedText {
        let organization = organization_include(text);
        let calls: Vec<Call<'_>> = calls(text, marks)
            .into_iter()
            .filter(|call| {
                organization.is_none_or(|(from, to)| call.start < from || call.start >= to)
            })
            .collect();
        let mut unread = Vec::new();
        let filled = self.filled(text, &calls, &folder_of(path), &mut Vec::new(), &mut unread);
        unread.extend(unnamed(text, marks));
        unread.sort();
        unread.dedup();
        match filled {
            Ok(text) => ClosedText { text, unread },
            Err(why) => {
                unread.push(Unread {
                    what: path.display().to_string(),
                    why,
                });
                ClosedText { text: None, unread }
            }
        }
    }

    /// `text` with `calls` replaced; `None` if there are none.
    fn filled(
        &self,
        text: &str,
        calls: &[Call<'_>],
        folder: &Path,
        trail: &mut Vec<PathBuf>,
        unread: &mut Vec<Unread>,
    ) -> Result<Option<String>, String> {
        let mut out = String::new();
        let mut end = 0;
        for call in calls {
            let call = &self.without_brackets(call, folder);
            let value = match self.value(call, folder, trail, unread) {
                Ok(value) => value,
                Err(why) => {
                    let what = text.get(call.start..call.end).unwrap_or_default();
                    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
                    // What is in a comment gives nobody access.
                    if !is_in_comment(text, call.start) {
                        unread.push(Unread { what, why });
                    }
                    continue;
                }
            };
            out.push_str(text.get(end..call.from).unwrap_or_default());
            out.push_str(&value);
            end = call.end;
            if out.len() > text.len() + SIZE_LIMIT {
                return Err(too_large());
            }
        }
        if end == 0 {
            return Ok(None);
        }
        out.push_str(text.get(end..).unwrap_or_default());
        Ok(Some(out))
    }

    /// `call` without the brackets of a flow collection that follow its path: OrgFormation takes these
    /// for a part of the path, so that such a file is rarely there.
    fn without_brackets<'text>(&self, call: &Call<'text>, folder: &Path) -> Call<'text> {
        let argument = call.argument.trim_end_matches([',', ']', '}']);
        let is_whole = call.kind != CallKind::Include
            || argument == call.argument
            || self.text(&folder.join(call.argument)).is_ok();
        if is_whole {
            return *call;
        }
        Call {
            end: call.end - (call.argument.len() - argument.len()),
            argument,
            ..*call
        }
    }

    /// What replaces `call`, or why it is not known.
    fn value(
        &self,
        call: &Call<'_>,
        folder: &Path,
        trail: &mut Vec<PathBuf>,
        unread: &mut Vec<Unread>,
    ) -> Result<String, String> {
        let path = clean(&folder.join(call.argument));
        match call.kind {
            CallKind::Command => Err("what a command prints is not known".to_owned()),
            CallKind::Digest => self.digest(&path).map(|digest| json::quoted(&digest)),
            CallKind::FolderDigest => Err("the files of a folder are not read".to_owned()),
            CallKind::ReadFile => match self.text(&path).as_ref() {
                Ok(text) if text.len() > SIZE_LIMIT => Err(too_large()),
                Ok(text) => Ok(json::quoted(text)),
                Err(why) => Err(why.clone()),
            },
            CallKind::Include => {
                let included = self.included(path, trail);
                unread.extend(included.unread.iter().cloned());
                included.json.clone()
            }
        }
    }

    fn included(&self, path: PathBuf, trail: &mut Vec<PathBuf>) -> Rc<Included> {
        let failed = |why: String| {
            Rc::new(Included {
                json: Err(why),
                unread: Vec::new(),
            })
        };
        if trail.contains(&path) {
            return failed(format!("`{}` includes itself", path.shown()));
        }
        if trail.len() >= DEPTH_LIMIT {
            return failed(format!("includes are nested more than {DEPTH_LIMIT} deep"));
        }
        if let Some(known) = self.included.borrow().get(&path) {
            return Rc::clone(known);
        }
        trail.push(path.clone());
        let mut unread = Vec::new();
        let json = self.json(&path, trail, &mut unread);
        trail.pop();
        unread.sort();
        unread.dedup();
        let included = Rc::new(Included { json, unread });
        // What is wrong may depend on the way to the file: it is reported for every way then.
        let mut known = self.included.borrow_mut();
        known.insert(path, Rc::clone(&included));
        included
    }

    fn json(
        &self,
        path: &Path,
        trail: &mut Vec<PathBuf>,
        unread: &mut Vec<Unread>,
    ) -> Result<String, String> {
        let text = self.text(path);
        let text = text.as_ref().as_ref().map_err(Clone::clone)?;
        let marks = TextMarks::of(text);
        let calls = calls(text, &marks);
        let filled = self.filled(text, &calls, &folder_of(path), trail, unread)?;
        unread.extend(unnamed(text, &marks));
        let text = filled.as_deref().unwrap_or(text);
        let not_yaml = || {
            let path = path.shown();
            format!("`{path}` is not YAML that can be read")
        };
        let data = read::of_text(text).ok_or_else(not_yaml)?;
        let json = json::json(&data);
        if json.len() > SIZE_LIMIT {
            return Err(too_large());
        }
        Ok(json)
    }
}

/// The functions in `text` that are not found by their names.
fn unnamed(text: &str, marks: &TextMarks) -> impl Iterator<Item = Unread> {
    disguised(text, marks, is_called)
        .into_iter()
        .map(|what| Unread {
            what,
            why: "it is not written by its name".to_owned(),
        })
}

/// What was read, or why there is nothing.
fn found<T>(path: &Path, read: anyhow::Result<Option<T>>) -> Result<T, String> {
    match read {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(format!("there is no `{}`", path.shown())),
        Err(why) => Err(format!("{why:#}")),
    }
}

fn too_large() -> String {
    format!("it has more than {SIZE_LIMIT} bytes with what it includes")
}

/// Where the include of the organization is, from its key to the end of its path.
fn organization_include(text: &str) -> Option<(usize, usize)> {
    const KEY: &str = "Organization:";
    let mut keys = memchr::memmem::find_iter(text.as_bytes(), KEY.as_bytes());
    keys.find_map(|at| {
        let rest = text.get(at + KEY.len()..)?;
        let tag = rest.trim_start().strip_prefix(INCLUDE)?.trim_start();
        let path = tag.split(char::is_whitespace).next().unwrap_or_default();
        let after = tag.len() - path.len();
        Some((at, text.len() - after))
    })
}

/// Everything in `text` that something else is put in place of, front to back.
fn calls<'text>(text: &'text str, marks: &TextMarks) -> Vec<Call<'text>> {
    // What is inside of another one is part of it.
    let mut end = 0;
    let mut found = Vec::new();
    for at in marks.words.iter().copied() {
        if at < end {
            continue;
        }
        let word = text.get(at..).and_then(word);
        if let Some(call) = word.and_then(|(word, kind)| call(text, at, word, kind)) {
            end = call.end;
            found.push(call);
        }
    }
    found
}

/// What the `!Include` at `at` names.
pub(super) fn include_at(text: &str, at: usize) -> Option<&str> {
    let include = call(text, at, INCLUDE, CallKind::Include)?;
    Some(include.argument)
}

/// The call whose `word` is at `at`.
fn call<'text>(text: &'text str, at: usize, word: &str, kind: CallKind) -> Option<Call<'text>> {
    let after = at + word.len();
    let is_key = word.starts_with('F');
    let after = if is_key {
        after + end_of_key(text, at, after)?
    } else {
        after
    };
    let rest = text.get(after..)?;
    let gap = rest.len() - rest.trim_start().len();
    // A value may follow a quoted key at once.
    let is_quoted = is_key && rest.starts_with(['\'', '"']);
    if gap == 0 && !is_quoted {
        return None;
    }
    let begin = after + gap;
    let written = text.get(begin..)?;
    let quote = written.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let inside = written.get(quote.map_or(0, char::len_utf8)..)?;
    let length = match (kind, quote) {
        (CallKind::Include, _) => {
            inside.find(|c: char| matches!(c, '\'' | '"') || c.is_whitespace())
        }
        (_, Some(quote)) => inside.find(quote),
        (_, None) => inside.find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}')),
    };
    let argument = inside.get(..length.unwrap_or(inside.len()))?;
    let mut end = begin + quote.map_or(0, char::len_utf8) + argument.len();
    if text
        .get(end..)
        .is_some_and(|rest| rest.starts_with(['\'', '"']))
    {
        end += 1;
    }
    Some(Call {
        start: at,
        // The key of the long form stays, with the text of the file as its value.
        from: if is_key { begin } else { at },
        end,
        kind,
        argument,
    })
}

/// How many bytes there are from the end of a name to that of the colon after it; `None` if the name, which
/// is at `at` and ends at `after`, is no key.
fn end_of_key(text: &str, at: usize, after: usize) -> Option<usize> {
    let rest = text.get(after..)?;
    let before = text.get(..at)?.chars().next_back();
    let quote = before.filter(|c| matches!(c, '\'' | '"'));
    let unquoted = match quote {
        Some(quote) => rest.strip_prefix(quote)?,
        None => rest,
    };
    let value = unquoted.trim_start().strip_prefix(':')?;
    Some(rest.len() - value.len())
}

/// Whether a line that is only a comment is at `at`.
fn is_in_comment(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(text: &str, files: &[(&str, &str)]) -> ClosedText {
        let files: HashMap<PathBuf, String> = files
            .iter()
            .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()))
            .collect();
        let bytes = files.clone();
        let bytes = move |path: &Path| Ok(bytes.get(path).map(|text| text.clone().into_bytes()));
        let side = SideFiles::new(move |path: &Path| Ok(files.get(path).cloned()), bytes);
        side.closed(text, Path::new("org/roles.yml"))
    }

    fn filled(text: &str, files: &[(&str, &str)]) -> String {
        let closed = closed(text, files);
        assert_eq!(closed.unread, [], "{text}");
        closed.text.unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn what_a_text_includes_is_put_in_its_place() {
        let files = [
            ("org/a.yml", "[{Effect: Allow}]"),
            ("b/c.yml", "x: !Include ./d.yml\n"),
            ("b/d.yml", "!Ref E\n"),
            ("org/t.txt", "a \"b\"\n"),
        ];
        for (text, wanted) in [
            (
                "S: !Include ./a.yml\nT: 1\n",
                "S: [{\"Effect\": \"Allow\"}]\nT: 1\n",
            ),
            ("S: !Include 'a.yml'\n", "S: [{\"Effect\": \"Allow\"}]\n"),
            ("S: !Include\n  a.yml\n", "S: [{\"Effect\": \"Allow\"}]\n"),
            (
                "S: {T: !Include a.yml}\n",
                "S: {T: [{\"Effect\": \"Allow\"}]}\n",
            ),
            ("S: !Include ../b/c.yml\n", "S: {\"x\": {\"Ref\": \"E\"}}\n"),
            ("# !Include a.yml\n", "# [{\"Effect\": \"Allow\"}]\n"),
            (
                "S: [!ReadFile ./t.txt, 1]\n",
                "S: [\"a \\\"b\\\"\\n\", 1]\n",
            ),
            (
                "S: {Fn::ReadFile: 't.txt'}\n",
                "S: {Fn::ReadFile: \"a \\\"b\\\"\\n\"}\n",
            ),
            (
                "S: {'Fn::ReadFile': t.txt}\n",
                "S: {'Fn::ReadFile': \"a \\\"b\\\"\\n\"}\n",
            ),
            (
                "S: {\"Fn::ReadFile\":\"t.txt\"}\n",
                "S: {\"Fn::ReadFile\":\"a \\\"b\\\"\\n\"}\n",
            ),
            (
                "S:\n  ? Fn::ReadFile\n  : t.txt\n",
                "S:\n  ? Fn::ReadFile\n  : \"a \\\"b\\\"\\n\"\n",
            ),
            ("S: !<!ReadFile> t.txt\n", "S: \"a \\\"b\\\"\\n\"\n"),
            (
                "S: !MD5File ./t.txt\n",
                "S: \"dfed19dcdf3ed7a41f6ca8040368be9f\"\n",
            ),
            (
                "S: {Fn::MD5File: t.txt}\n",
                "S: {Fn::MD5File: \"dfed19dcdf3ed7a41f6ca8040368be9f\"}\n",
            ),
            (
                "Organization: !Include ./o.yml\nS: 1\n",
                "Organization: !Include ./o.yml\nS: 1\n",
            ),
            ("S: !Included x\n", "S: !Included x\n"),
        ] {
            assert_eq!(filled(text, &files), wanted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_stays_and_is_reported() {
        let files = [
            ("org/self.yml", "!Include ./self.yml"),
            ("org/not.yml", "a: ["),
            ("org/inner.yml", "!Include missing.yml"),
        ];
        for (text, what, why) in [
            (
                "S: !Include ./no.yml",
                "!Include ./no.yml",
                "there is no `org/no.yml`",
            ),
            (
                "S: !Include ./self.yml",
                "!Include ./self.yml",
                "`org/self.yml` includes itself",
            ),
            (
                "S: !Include not.yml",
                "!Include not.yml",
                "`org/not.yml` is not YAML that can be read",
            ),
            (
                "S: !Include inner.yml",
                "!Include missing.yml",
                "there is no `org/missing.yml`",
            ),
            (
                "S: !ReadFile 'x y'",
                "!ReadFile 'x y'",
                "there is no `org/x y`",
            ),
            (
                "S: !MD5File no.zip",
                "!MD5File no.zip",
                "there is no `org/no.zip`",
            ),
            (
                "S: {\"Fn::\\u0052eadFile\": a}",
                "\"Fn::\\u0052eadFile\"",
                "it is not written by its name",
            ),
            (
                "S: !ReadFil%65 a",
                "!ReadFil%65",
                "it is not written by its name",
            ),
            (
                "%TAG !x! !Read\n---\nS: !x!File a",
                "%TAG",
                "it is not written by its name",
            ),
            (
                "S: {Fn::MD5Dir: src}",
                "Fn::MD5Dir: src",
                "the files of a folder are not read",
            ),
            (
                "S: !Cmd 'date'",
                "!Cmd 'date'",
                "what a command prints is not known",
            ),
        ] {
            let closed = closed(text, &files);
            let wanted = Unread {
                what: what.to_owned(),
                why: why.to_owned(),
            };
            assert_eq!(closed.unread, [wanted], "{text}");
        }
        assert_eq!(closed("# !Cmd 'date'\n# !Include no.yml\n", &[]).unread, []);
    }

    #[test]
    fn what_is_inside_of_a_call_is_a_part_of_it() {
        let found = |text: &str| -> Vec<String> {
            let closed = closed(text, &[]);
            closed
                .unread
                .into_iter()
                .map(|unread| unread.what)
                .collect()
        };
        assert_eq!(
            found("F: Fn::Sub\nS: !Cmd 'cat !Include x'\nT: !Ref Cmd\nU: {Fn::Cmd: \"date\"}\n"),
            ["!Cmd 'cat !Include x'", "Fn::Cmd: \"date\""]
        );
        assert_eq!(
            found(
                "A: [!ReadFile a, !ReadFile b]\nB: {Fn::ReadFile: c}\nC: Fn::ReadFile\nD: !Include"
            ),
            ["!ReadFile a", "!ReadFile b", "Fn::ReadFile: c"]
        );
    }

    #[test]
    fn files_that_include_each_other_twice_stay_small() {
        let names: Vec<String> = (0..40).map(|at| format!("org/f{at}.yml")).collect();
        let texts: Vec<String> = (0..40)
            .map(|at| format!("[!Include f{0}.yml , !Include f{0}.yml ]", at + 1))
            .collect();
        let mut files: Vec<(&str, &str)> = names
            .iter()
            .map(String::as_str)
            .zip(texts.iter().map(String::as_str))
            .collect();
        files.push(("org/f28.yml", "[abcdefgh]"));
        let found = closed("S: !Include f0.yml\n", &files);
        assert!(found.text.is_some_and(|text| text.len() < 2 * SIZE_LIMIT));
        assert!(
            found
                .unread
                .iter()
                .any(|unread| unread.why.contains("more than"))
        );
    }
}
