//! What the server remembers, and what each message does to it.
//!
//! In: messages. Out: messages. Refuses requests before `initialize` and after `shutdown`, methods that
//! it does not know, and parameters that are wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc;

use lsp_server::{ErrorCode, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use crate::arguments::has_macro;
use crate::cli::Input;
use crate::command::Outcome;
use crate::command::lsp::buffers::Buffers;
use crate::command::lsp::fixes::QUICK_FIX;
use crate::command::lsp::lens::{LensJob, MacroLens};
use crate::command::lsp::position::Encoding;
use crate::command::lsp::publish::Published;
use crate::command::lsp::understanding::Understanding;
use crate::command::lsp::uri::path_of;
use crate::command::lsp::wire::{self, Incoming};
use crate::files;

/// Why a request is refused.
pub(super) type RequestRefusal = (ErrorCode, String);

/// An open template.
#[derive(Default)]
pub(super) struct OpenTemplate {
    /// As it was last read.
    pub(super) now: Option<Rc<Understanding>>,
    /// As it was last read without an error that hides its names.
    pub(super) good: Option<Rc<Understanding>>,
    /// The lines over its macros; `None` if it cannot be expanded as it is saved.
    pub(super) lenses: Option<Vec<MacroLens>>,
    /// The number of the comparison that is being worked out.
    pub(super) awaited: Option<usize>,
    /// Whether it is no template, but an organization: what is wrong with it is shown without one too.
    pub(super) is_organization: bool,
}

/// What the client can do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    pub(super) has_related: bool,
    pub(super) refreshes_lenses: bool,
}

/// The server.
pub(super) struct Server<'run> {
    pub(super) input: Input,
    against: String,
    pub(super) output: &'run mut dyn Write,
    jobs: mpsc::Sender<LensJob>,
    pub(super) buffers: Buffers,
    /// Those of the open files that are templates, by URI.
    pub(super) templates: BTreeMap<String, OpenTemplate>,
    /// How many comparisons were asked for.
    comparisons: usize,
    /// The templates that are to be read.
    pub(super) changed: BTreeSet<String>,
    pub(super) published: Published,
    pub(super) client: Option<Client>,
    is_shut_down: bool,
    /// The requests that wait for the lines over the macros of a template.
    pub(super) waiting: Vec<(RequestId, String)>,
    /// Whether the client was told that an organization cannot be read.
    pub(super) has_told: bool,
    /// Whether the client was told what is wrong with the revision to compare with, if anything is.
    pub(super) has_judged_revision: bool,
    /// How many requests were sent.
    pub(super) sent: i32,
}

impl<'run> Server<'run> {
    /// A server that knows nothing.
    pub(super) fn new(
        (input, against): (Input, String),
        output: &'run mut dyn Write,
        jobs: mpsc::Sender<LensJob>,
    ) -> Self {
        Self {
            input,
            against,
            output,
            jobs,
            buffers: Buffers::new(),
            templates: BTreeMap::new(),
            comparisons: 0,
            changed: BTreeSet::new(),
            published: Published::default(),
            client: None,
            is_shut_down: false,
            waiting: Vec::new(),
            has_told: false,
            has_judged_revision: false,
            sent: 0,
        }
    }

    /// How the client counts characters.
    pub(super) fn encoding(&self) -> Encoding {
        self.client
            .map_or(Encoding::Utf16, |client| client.encoding)
    }

    /// Handles a message. Returns how the server ends, if it does.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub(super) fn handle(&mut self, incoming: Incoming) -> std::io::Result<Option<Outcome>> {
        match incoming {
            Incoming::Request(request) => self.request(request)?,
            Incoming::Notification(notification) if notification.method == "exit" => {
                return Ok(Some(if self.is_shut_down {
                    Outcome::Quiet
                } else {
                    // The protocol's exit code 1.
                    Outcome::Differences
                }));
            }
            Incoming::Notification(notification) => self.notification(notification)?,
            Incoming::Response => {}
            Incoming::Broken(code, message) => wire::refuse(self.output, code, &message)?,
        }
        Ok(None)
    }

    fn request(&mut self, request: Request) -> std::io::Result<()> {
        let Request { id, method, params } = request;
        if method == "textDocument/codeLens" && self.client.is_some() && !self.is_shut_down {
            return self.wait_for_lenses(id, &params);
        }
        // Names do not wait for what is being typed.
        if method != "textDocument/completion" {
            self.settle()?;
        }
        let answer = catch_unwind(AssertUnwindSafe(|| self.answer(&method, &params)));
        let answer = answer.unwrap_or_else(|_| {
            let message = format!("`{method}` failed: this is a defect of the server");
            Err((ErrorCode::InternalError, message))
        });
        self.respond(id, answer)
    }

    /// Sends an answer.
    pub(super) fn respond(
        &mut self,
        id: RequestId,
        answer: Result<Value, RequestRefusal>,
    ) -> std::io::Result<()> {
        let response = match answer {
            Ok(result) => Response::new_ok(id, result),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        };
        wire::send(self.output, response)
    }

    fn answer(&mut self, method: &str, params: &Value) -> Result<Value, RequestRefusal> {
        if self.is_shut_down {
            let message = "the server was shut down".to_owned();
            return Err((ErrorCode::InvalidRequest, message));
        }
        if method == "initialize" {
            return self.initialize(params);
        }
        if self.client.is_none() {
            let message = "the first request is `initialize`".to_owned();
            return Err((ErrorCode::ServerNotInitialized, message));
        }
        match method {
            "shutdown" => {
                self.is_shut_down = true;
                Ok(Value::Null)
            }
            "textDocument/hover" => self.hover(params),
            "textDocument/definition" => self.definition(params),
            "textDocument/completion" => self.completion(params),
            "textDocument/codeAction" => self.code_actions(params),
            _ => {
                let message = format!("there is no method `{method}` here");
                Err((ErrorCode::MethodNotFound, message))
            }
        }
    }

    fn initialize(&mut self, params: &Value) -> Result<Value, RequestRefusal> {
        if self.client.is_some() {
            let message = "`initialize` was sent before".to_owned();
            return Err((ErrorCode::InvalidRequest, message));
        }
        let can = |path: &str| params.pointer(&format!("/capabilities/{path}"));
        let is_able = |path: &str| can(path).and_then(Value::as_bool) == Some(true);
        let offered = Encoding::of_client(can("general/positionEncodings"));
        self.client = Some(Client {
            encoding: offered.unwrap_or(Encoding::Utf16),
            has_related: is_able("textDocument/publishDiagnostics/relatedInformation"),
            refreshes_lenses: is_able("workspace/codeLens/refreshSupport"),
        });
        let mut capabilities = json!({
            "textDocumentSync": { "openClose": true, "change": 1, "save": { "includeText": false } },
            "hoverProvider": true,
            "definitionProvider": true,
            "completionProvider": { "triggerCharacters": [" ", "[", ","] },
            "codeActionProvider": { "codeActionKinds": [QUICK_FIX] },
            "codeLensProvider": { "resolveProvider": false },
        });
        if let (Some(offered), Some(object)) = (offered, capabilities.as_object_mut()) {
            object.insert("positionEncoding".to_owned(), offered.name().into());
        }
        let server = json!({ "name": "deploy-roles", "version": env!("CARGO_PKG_VERSION") });
        Ok(json!({ "capabilities": capabilities, "serverInfo": server }))
    }

    fn notification(&mut self, notification: Notification) -> std::io::Result<()> {
        let Notification { method, params } = notification;
        if self.client.is_none() || self.is_shut_down {
            return Ok(());
        }
        let handled = match method.as_str() {
            "textDocument/didOpen" => self.opened(&params),
            "textDocument/didChange" => self.edited(&params),
            "textDocument/didSave" => self.saved(&params),
            "textDocument/didClose" => return self.closed(&params),
            "workspace/didChangeWatchedFiles" => {
                self.all_changed();
                self.compare_all();
                Ok(())
            }
            "$/cancelRequest" => return self.canceled(&params),
            // Others say what the server need not know.
            _ => Ok(()),
        };
        match handled {
            Ok(()) => Ok(()),
            Err(message) => self.log(&format!("{method}: {message}")),
        }
    }

    fn opened(&mut self, params: &Value) -> Result<(), String> {
        let document = params.get("textDocument").unwrap_or(&Value::Null);
        let uri = uri(params)?;
        let text = document.get("text").and_then(Value::as_str);
        self.put(uri, document, text.ok_or("there is no `text`")?)?;
        self.compare(&[uri.to_owned()]);
        self.all_changed();
        Ok(())
    }

    fn edited(&mut self, params: &Value) -> Result<(), String> {
        let document = params.get("textDocument").unwrap_or(&Value::Null);
        let uri = uri(params)?;
        if self.buffers.get(uri).is_none() {
            return Err(format!("`{uri}` is not open"));
        }
        let changes = params.get("contentChanges").and_then(Value::as_array);
        let last = changes.and_then(|changes| changes.last());
        if last.is_some_and(|last| last.get("range").is_some()) {
            return Err("the server takes whole texts".to_owned());
        }
        let text = last
            .and_then(|last| last.get("text"))
            .and_then(Value::as_str);
        self.put(uri, document, text.ok_or("there is no `text`")?)?;
        self.all_changed();
        Ok(())
    }

    fn put(&mut self, uri: &str, document: &Value, text: &str) -> Result<(), String> {
        let version = document.get("version").and_then(Value::as_i64);
        let path = path_of(uri)?;
        let is_template = files::output_of(&path).is_some() || has_macro(text);
        if is_template || is_organization(&path, text) {
            let template = self.templates.entry(uri.to_owned());
            let template = template.or_insert_with(|| OpenTemplate {
                lenses: Some(Vec::new()),
                is_organization: true,
                ..OpenTemplate::default()
            });
            template.is_organization &= !is_template;
        }
        self.buffers.put(uri, &path, text.to_owned(), version);
        Ok(())
    }

    fn saved(&mut self, params: &Value) -> Result<(), String> {
        uri(params)?;
        // Any file may be one that a template is made of.
        self.all_changed();
        self.compare_all();
        Ok(())
    }

    fn closed(&mut self, params: &Value) -> std::io::Result<()> {
        let Ok(uri) = uri(params) else {
            return self.log("textDocument/didClose: there is no `uri`");
        };
        let uri = uri.to_owned();
        if !self.buffers.remove(&uri) {
            return Ok(());
        }
        self.changed.remove(&uri);
        if self.templates.remove(&uri).is_some() {
            let lists = self.published.close(&uri);
            self.publish(lists)?;
            self.answer_waiting(&uri)?;
        }
        self.all_changed();
        Ok(())
    }

    /// All templates are read again: a file may be a part of any.
    fn all_changed(&mut self) {
        self.changed.extend(self.templates.keys().cloned());
    }

    fn compare_all(&mut self) {
        let all: Vec<String> = self.templates.keys().cloned().collect();
        self.compare(&all);
    }

    /// Has the lines over the macros of templates worked out.
    fn compare(&mut self, uris: &[String]) {
        for uri in uris {
            let buffer = self.buffers.get(uri);
            let template = self.templates.get_mut(uri);
            let template = template.filter(|template| !template.is_organization);
            let (Some(template), Some(buffer)) = (template, buffer) else {
                continue;
            };
            let job = LensJob {
                uri: uri.clone(),
                path: buffer.path.clone(),
                input: self.input.clone(),
                against: self.against.clone(),
                number: self.comparisons + 1,
            };
            if self.jobs.send(job).is_ok() {
                self.comparisons += 1;
                template.awaited = Some(self.comparisons);
            }
        }
    }
}

/// Whether the file at `path` has an organization of its own, and is not one that includes it.
fn is_organization(path: &Path, text: &str) -> bool {
    let is_named = path.file_stem().is_some_and(|stem| stem == "organization");
    let mut sections = text
        .lines()
        .filter_map(|line| line.strip_prefix("Organization:"));
    (is_named
        && path
            .extension()
            .is_some_and(|ending| ending == "yml" || ending == "yaml"))
        || sections.any(|rest| !rest.trim_start().starts_with('!'))
}

/// The document that a message is about.
pub(super) fn uri(params: &Value) -> Result<&str, String> {
    let uri = params.pointer("/textDocument/uri").and_then(Value::as_str);
    uri.ok_or_else(|| "there is no `textDocument.uri`".to_owned())
}
