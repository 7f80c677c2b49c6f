//! What a client asks about a place in an open file.
//!
//! In: a document and a position or range. Out: answers in the form of the protocol. Refuses documents
//! that are not open, and places that they do not have.

use std::ops::Range;
use std::rc::Rc;

use lsp_server::ErrorCode;
use serde_json::{Value, json};

use crate::command::lsp::complete::Completion;
use crate::command::lsp::cursor::Cursor;
use crate::command::lsp::fixes::{QUICK_FIX, fix};
use crate::command::lsp::hover::Spot;
use crate::command::lsp::position::TextLines;
use crate::command::lsp::server::{RequestRefusal, Server, uri};
use crate::command::lsp::understanding::Understanding;
use crate::command::lsp::uri::path_of;
use crate::diagnostic::Diagnostic;
use crate::source::{Disk as _, FileId};

impl Server<'_> {
    /// What the thing at a position means.
    pub(super) fn hover(&mut self, params: &Value) -> Result<Value, RequestRefusal> {
        let (lines, at) = self.position(params)?;
        let found = self.read_file(params).and_then(|(understanding, file)| {
            let understanding = &understanding;
            let spot = Spot {
                understanding,
                file,
                at,
            };
            spot.hover(&lines)
        });
        Ok(found.unwrap_or(Value::Null))
    }

    /// Where the thing at a position is defined.
    pub(super) fn definition(&mut self, params: &Value) -> Result<Value, RequestRefusal> {
        let (_, at) = self.position(params)?;
        let found = self.read_file(params).and_then(|(understanding, file)| {
            let understanding = &understanding;
            let spot = Spot {
                understanding,
                file,
                at,
            };
            let span = spot.definition()?;
            let text = understanding.library().sources.text(span.file);
            let range = TextLines::new(text, self.encoding()).range_of(span);
            let uri = self.shown(understanding).uri(span.file);
            Some(json!({ "uri": uri, "range": range }))
        });
        Ok(found.unwrap_or(Value::Null))
    }

    /// What can be typed at a position.
    pub(super) fn completion(&mut self, params: &Value) -> Result<Value, RequestRefusal> {
        let uri = uri(params).map_err(invalid)?;
        let template = self.templates.get(uri);
        if template.is_some_and(|template| template.now.is_none() && !template.is_organization) {
            let settled = self.settle();
            settled.map_err(|error| (ErrorCode::InternalError, error.to_string()))?;
        }
        let text = self.text(params)?;
        let (lines, at) = self.position(params)?;
        let Some(cursor) = Cursor::at(text, at) else {
            return Ok(Value::Null);
        };
        let template = self.templates.get(uri);
        let good = template.and_then(|template| template.good.as_ref());
        let now = template.and_then(|template| template.now.as_ref());
        let other = self
            .read_file(params)
            .map(|(understanding, _)| understanding);
        let known = good.or(now).or(other.as_ref());
        let organization = known.and_then(|known| known.organization.as_ref());
        let completion = Completion {
            cursor: &cursor,
            organization: organization.map(|(organization, _)| organization),
            partials: known.and_then(|known| known.partials.as_deref()),
            bindings: known.map(|known| known.bindings()).unwrap_or_default(),
        };
        Ok(completion.list(text, &lines))
    }

    /// What solves the problems of a range, or of the line of a cursor that is on none.
    pub(super) fn code_actions(&mut self, params: &Value) -> Result<Value, RequestRefusal> {
        let text = self.text(params)?;
        if !wants_fixes(params) {
            return Ok(json!([]));
        }
        let lines = TextLines::new(text, self.encoding());
        let end = |key: &str| {
            let position = params.pointer(&format!("/range/{key}"));
            position.and_then(|position| lines.offset_of(position))
        };
        let (Some(start), Some(end)) = (end("start"), end("end")) else {
            return Err(no_such_place());
        };
        let Some((understanding, file)) = self.read_file(params) else {
            return Ok(json!([]));
        };
        let uri = uri(params).map_err(invalid)?;
        let shown = self.shown(&understanding);
        let among = |range: Range<usize>| {
            let problems = understanding.problems.iter();
            let is_here = |problem: &&Diagnostic| meets(problem, file, &range);
            problems.filter(is_here).collect::<Vec<_>>()
        };
        let mut here = among(start..end);
        if here.is_empty() && start == end {
            here = among(line_around(text, start));
        }
        let actions = here.into_iter().filter_map(|problem| {
            let fix = fix(problem, text)?;
            let edit = json!({
                "range": lines.range(fix.range.start, fix.range.end),
                "newText": fix.text,
            });
            Some(json!({
                "title": format!("Replace with `{}`", fix.text),
                "kind": QUICK_FIX,
                "diagnostics": [shown.one(problem)],
                "isPreferred": true,
                "edit": { "changes": { uri: [edit] } },
            }))
        });
        Ok(Value::Array(actions.collect()))
    }

    /// The text of the document of `params`.
    fn text(&self, params: &Value) -> Result<&str, RequestRefusal> {
        let uri = uri(params).map_err(invalid)?;
        path_of(uri).map_err(invalid)?;
        let buffer = self.buffers.get(uri);
        let buffer = buffer.ok_or_else(|| invalid(format!("`{uri}` is not open")))?;
        Ok(&buffer.text)
    }

    /// The lines of a document, and a byte in it.
    fn position(&self, params: &Value) -> Result<(TextLines<'_>, usize), RequestRefusal> {
        let lines = TextLines::new(self.text(params)?, self.encoding());
        let position = params.get("position").unwrap_or(&Value::Null);
        let at = lines.offset_of(position).ok_or_else(no_such_place)?;
        Ok((lines, at))
    }

    /// The document among the files of a template that was read.
    fn read_file(&self, params: &Value) -> Option<(Rc<Understanding>, FileId)> {
        let uri = uri(params).ok()?;
        let real = self.buffers.real(&path_of(uri).ok()?);
        let own = self.templates.get(uri).into_iter();
        let mut all = own.chain(self.templates.values());
        all.find_map(|template| {
            let now = template.now.as_ref()?;
            let file = now.library().read.get(&real)?;
            Some((Rc::clone(now), *file))
        })
    }
}

/// Whether a problem is in a range of a file, or next to it.
fn meets(problem: &Diagnostic, file: FileId, range: &Range<usize>) -> bool {
    let span = problem.primary.as_ref().map(|label| label.span);
    span.is_some_and(|span| span.file == file && span.start <= range.end && range.start <= span.end)
}

/// The bytes of the line that a place is in.
fn line_around(text: &str, at: usize) -> Range<usize> {
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |line_feed| line_feed + 1);
    let end = after
        .find('\n')
        .map_or(text.len(), |line_feed| at + line_feed);
    start..end
}

/// Whether the client asks for quick fixes: for them, for the kinds that they belong to, or for all.
fn wants_fixes(params: &Value) -> bool {
    let only = params.pointer("/context/only").and_then(Value::as_array);
    let is_wanted = |kind: &Value| [Some(QUICK_FIX), Some("")].contains(&kind.as_str());
    only.is_none_or(|only| only.iter().any(is_wanted))
}

fn invalid(message: String) -> RequestRefusal {
    (ErrorCode::InvalidParams, message)
}

fn no_such_place() -> RequestRefusal {
    invalid("the text has no such place".to_owned())
}
