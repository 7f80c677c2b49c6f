//! What the server works out by itself, and sends without being asked.
//!
//! In: open templates that changed, and lines over macros that are worked out. Out: diagnostics,
//! messages, and the answers that waited for lines. Refuses nothing.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use lsp_server::{ErrorCode, Notification, Request, RequestId};
use serde_json::{Value, json};

use crate::cli::DEFAULT_REVISION;
use crate::command::lsp::lens::{LensJob, MacroLens, REFUSED};
use crate::command::lsp::position::TextLines;
use crate::command::lsp::publish::ShownDiagnostics;
use crate::command::lsp::server::{RequestRefusal, Server, uri};
use crate::command::lsp::understanding::Understanding;
use crate::command::lsp::wire;
use crate::files::{self, Named};
use crate::source::Disk as _;

/// How bad a message to the user is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MessageKind {
    Warning = 2,
    Log = 4,
}

impl Server<'_> {
    /// Reads the templates that changed, and sends what is wrong with them.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub(super) fn settle(&mut self) -> std::io::Result<()> {
        while let Some(uri) = self.next_changed() {
            let Some(buffer) = self.buffers.get(&uri) else {
                continue;
            };
            let template = self.templates.get(&uri);
            let is_organization = template.is_some_and(|template| template.is_organization);
            if is_organization && self.is_part_of_template(&uri) {
                let lists = self.published.update(&uri, BTreeMap::new());
                self.publish(lists)?;
                if let Some(organization) = self.templates.get_mut(&uri) {
                    organization.now = None;
                    organization.good = None;
                }
                continue;
            }
            let read = || {
                let of = if is_organization {
                    Understanding::of_organization
                } else {
                    Understanding::of
                };
                of(&self.buffers, &buffer.path, &self.input)
            };
            let Ok(found) = catch_unwind(AssertUnwindSafe(read)) else {
                self.log(&format!(
                    "`{uri}` cannot be read: this is a defect of the server"
                ))?;
                continue;
            };
            let found = Rc::new(found);
            let diagnostics = self.shown(&found).diagnostics(&uri);
            let lists = self.published.update(&uri, diagnostics);
            self.publish(lists)?;
            self.tell_of_organization(&uri, &found)?;
            if let Some(template) = self.templates.get_mut(&uri) {
                if found.is_good() || (is_organization && found.organization.is_some()) {
                    template.good = Some(Rc::clone(&found));
                }
                template.now = Some(found);
            }
        }
        Ok(())
    }

    /// The next file to read again: a template, as long as there is one, and then an organization.
    fn next_changed(&mut self) -> Option<String> {
        let is_template = |uri: &&String| {
            let template = self.templates.get(*uri);
            template.is_some_and(|template| !template.is_organization)
        };
        let template = self.changed.iter().find(is_template).cloned();
        match template {
            Some(uri) => self.changed.take(&uri),
            None => self.changed.pop_first(),
        }
    }

    /// Whether an open template reads the file too, so that it shows what is wrong with it.
    fn is_part_of_template(&self, uri: &str) -> bool {
        let Some(buffer) = self.buffers.get(uri) else {
            return false;
        };
        let real = self.buffers.real(&buffer.path);
        let mut templates = self.templates.values();
        templates.any(|template| {
            let now = template.now.as_ref().filter(|_| !template.is_organization);
            now.is_some_and(|now| now.library().read.contains_key(&real))
        })
    }

    pub(super) fn shown<'a>(&'a self, understanding: &'a Understanding) -> ShownDiagnostics<'a> {
        ShownDiagnostics {
            buffers: &self.buffers,
            understanding,
            encoding: self.encoding(),
            has_related: self.client.is_some_and(|client| client.has_related),
        }
    }

    /// Sends the diagnostics of files.
    pub(super) fn publish(&mut self, lists: Vec<(String, Vec<Value>)>) -> std::io::Result<()> {
        for (uri, diagnostics) in lists {
            let version = self.buffers.get(&uri).and_then(|buffer| buffer.version);
            let mut params = json!({ "uri": uri, "diagnostics": diagnostics });
            if let (Some(version), Some(object)) = (version, params.as_object_mut()) {
                object.insert("version".to_owned(), version.into());
            }
            self.notify("textDocument/publishDiagnostics", params)?;
        }
        Ok(())
    }

    /// Says once that names are not known, or not what they are now.
    fn tell_of_organization(&mut self, uri: &str, found: &Understanding) -> std::io::Result<()> {
        if found.organization.is_some() {
            self.has_told = false;
        } else if found.understood.is_some() && !self.has_told {
            self.has_told = true;
            let template = self.templates.get(uri);
            let message = if template.is_some_and(|template| template.good.is_some()) {
                "the organization cannot be read: names of accounts and units are those that it had before"
            } else {
                "the organization cannot be read: names of accounts and units are not known"
            };
            return self.message("window/showMessage", MessageKind::Warning, message);
        }
        Ok(())
    }

    /// Says once that a revision that somebody asked for does not exist.
    fn tell_of_revision(&mut self, job: &LensJob) -> std::io::Result<()> {
        if self.has_judged_revision || job.against == DEFAULT_REVISION {
            return Ok(());
        }
        self.has_judged_revision = true;
        let output = files::output_of(&job.path);
        let output = output.as_deref().unwrap_or(&job.path);
        let reason = match files::named(output, &job.against) {
            Ok(Named::Commit(_)) => return Ok(()),
            Ok(Named::Nothing(reason)) if reason.is_empty() => String::new(),
            Ok(Named::Nothing(reason)) => format!(" ({reason})"),
            Err(error) => format!(" ({error:#})"),
        };
        let message = format!(
            "`--against {}` is not a git revision{reason}: the lines over macros compare with nothing",
            job.against
        );
        self.message("window/showMessage", MessageKind::Warning, &message)
    }

    /// Writes to the client's log.
    pub(super) fn log(&mut self, text: &str) -> std::io::Result<()> {
        self.message("window/logMessage", MessageKind::Log, text)
    }

    fn message(&mut self, method: &str, kind: MessageKind, text: &str) -> std::io::Result<()> {
        self.notify(method, json!({ "type": kind as u8, "message": text }))
    }

    fn notify(&mut self, method: &str, params: Value) -> std::io::Result<()> {
        wire::send(self.output, Notification::new(method.to_owned(), params))
    }

    /// Keeps the lines over the macros of a template, and answers who waits for them.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub(super) fn compared(
        &mut self,
        job: LensJob,
        lenses: Option<Vec<MacroLens>>,
    ) -> std::io::Result<()> {
        self.tell_of_revision(&job)?;
        let Some(template) = self.templates.get_mut(&job.uri) else {
            return Ok(());
        };
        // A newer one is being worked out; or the template was closed and opened again.
        if template.awaited != Some(job.number) {
            return Ok(());
        }
        let is_new = template.lenses != lenses;
        template.lenses = lenses;
        template.awaited = None;
        let had_waiting = self.waiting.iter().any(|(_, uri)| *uri == job.uri);
        self.answer_waiting(&job.uri)?;
        // A client that asked before a file was saved does not ask again by itself.
        let refreshes = self.client.is_some_and(|client| client.refreshes_lenses);
        if is_new && !had_waiting && refreshes {
            self.sent += 1;
            let id = RequestId::from(self.sent);
            let request = Request::new(id, "workspace/codeLens/refresh".to_owned(), Value::Null);
            return wire::send(self.output, request);
        }
        Ok(())
    }

    /// Answers a request for the lines over macros, at once or when they are worked out.
    pub(super) fn wait_for_lenses(&mut self, id: RequestId, params: &Value) -> std::io::Result<()> {
        let uri = match uri(params) {
            Ok(uri) if self.buffers.get(uri).is_some() => uri.to_owned(),
            Ok(uri) => {
                let refusal = (ErrorCode::InvalidParams, format!("`{uri}` is not open"));
                return self.respond(id, Err(refusal));
            }
            Err(message) => return self.respond(id, Err((ErrorCode::InvalidParams, message))),
        };
        self.settle()?;
        self.waiting.push((id, uri.clone()));
        self.answer_waiting(&uri)
    }

    /// Answers who waits for the lines of a template, unless they are being worked out.
    pub(super) fn answer_waiting(&mut self, uri: &str) -> std::io::Result<()> {
        let template = self.templates.get(uri);
        if template.is_some_and(|template| template.awaited.is_some()) {
            return Ok(());
        }
        let lenses = self.lenses(uri);
        let waiting = std::mem::take(&mut self.waiting);
        let (answered, rest) = waiting.into_iter().partition(|(_, own)| own == uri);
        self.waiting = rest;
        let answered: Vec<(RequestId, String)> = answered;
        for (id, _) in answered {
            self.respond(id, Ok(lenses.clone()))?;
        }
        Ok(())
    }

    /// The lines over the macros of a template, where these are now.
    fn lenses(&self, uri: &str) -> Value {
        let found = || {
            let template = self.templates.get(uri)?;
            let understanding = template.now.as_ref()?;
            let understood = understanding.understood.as_ref()?;
            let text = understanding.library().sources.text(understanding.file?);
            let lines = TextLines::new(text, self.encoding());
            let calls = understood.template.calls.iter();
            let lenses = calls.filter_map(|call| {
                let title = match &template.lenses {
                    Some(lenses) => {
                        let own = lenses.iter().find(|lens| lens.name == call.name)?;
                        own.title.as_str()
                    }
                    None => REFUSED,
                };
                Some(json!({
                    "range": lines.range_of(call.name_span),
                    "command": { "title": title, "command": "" },
                }))
            });
            Some(lenses.collect())
        };
        Value::Array(found().unwrap_or_default())
    }

    /// A request need not be answered any more: only those for lines can still be waiting.
    pub(super) fn canceled(&mut self, params: &Value) -> std::io::Result<()> {
        let id = params.get("id").cloned().unwrap_or(Value::Null);
        let Ok(id) = serde_json::from_value::<RequestId>(id) else {
            return Ok(());
        };
        if let Some(at) = self.waiting.iter().position(|(own, _)| *own == id) {
            self.waiting.remove(at);
            let refusal: RequestRefusal =
                (ErrorCode::RequestCanceled, "it was canceled".to_owned());
            return self.respond(id, Err(refusal));
        }
        Ok(())
    }
}
