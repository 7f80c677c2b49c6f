//! The steps of a case.
//!
//! ```text
//! start --against main            starts the server; without it, the first other step does
//! client {"general": ...}         what the client can do; before the server is started
//! open FILE
//! replace FILE /old/new           the text of an open file, at its only place; \n is a line break
//! cut FILE /old                   everything from the only place on
//! save FILE                       writes it, and says so
//! close FILE
//! hover FILE text wi|th a cursor  also `define`, `complete`, and `fix`
//! lens FILE
//! ask METHOD {...}                any request; FOLDER is the URI of the folder
//! tell METHOD {...}               any notification
//! bytes ...                       as they are; \r and \n are escapes
//! git ...                         in the folder of the case
//! expand                          writes the generated file
//! await METHOD                    a request of the server
//! end                             only `exit`; otherwise, `shutdown` comes first
//! ```

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::client::Client;
use crate::git::git;

/// What the editor has open, and what was said.
pub(crate) struct Session {
    folder: PathBuf,
    client: Option<Client>,
    arguments: Vec<String>,
    capabilities: Value,
    open: HashMap<String, String>,
    log: String,
    is_ended: bool,
}

impl Session {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            client: None,
            arguments: Vec::new(),
            capabilities: json!({}),
            open: HashMap::new(),
            log: String::new(),
            is_ended: false,
        }
    }

    fn client(&mut self) -> &mut Client {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        self.client
            .get_or_insert_with(|| Client::start(&self.folder, &arguments, &self.capabilities))
    }

    /// Does what a line says, and writes down what the server sends.
    pub(crate) fn run(&mut self, step: &str) {
        writeln!(self.log, "> {step}").unwrap();
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        match word {
            "start" => self.arguments = rest.split_whitespace().map(str::to_owned).collect(),
            "client" => self.capabilities = serde_json::from_str(rest).unwrap(),
            "git" => drop(git(
                &self.folder,
                &rest.split_whitespace().collect::<Vec<_>>(),
            )),
            "expand" => self.expand(),
            "hover" => self.at("hover", rest),
            "define" => self.at("definition", rest),
            "complete" => self.at("completion", rest),
            "fix" => self.fix(rest),
            "lens" => {
                let params = self.document(rest);
                self.ask("textDocument/codeLens", &params);
            }
            "ask" => {
                let (method, params) = self.message(rest);
                self.ask(&method, &params);
            }
            "await" => {
                let request = self.client().await_request(rest);
                self.write(&request["method"].clone());
            }
            "end" => self.is_ended = true,
            _ => {
                self.change(word, rest);
                self.settle();
            }
        }
    }

    /// What has no answer.
    fn change(&mut self, word: &str, rest: &str) {
        let (file, argument) = rest.split_once(' ').unwrap_or((rest, ""));
        let uri = self.client().uri(file);
        match word {
            "open" => {
                let text = std::fs::read_to_string(self.folder.join(file)).unwrap();
                self.open.insert(file.to_owned(), text.clone());
                self.client().open(&uri, &text);
            }
            "replace" | "cut" => {
                let argument = argument.strip_prefix('/').unwrap().replace("\\n", "\n");
                let (old, new) = argument.split_once('/').unwrap_or((&argument, ""));
                let text = &self.open[file];
                assert_eq!(text.matches(old).count(), 1, "{old}");
                let text = match word {
                    "cut" => text[..text.find(old).unwrap()].to_owned(),
                    _ => text.replace(old, new),
                };
                self.open.insert(file.to_owned(), text.clone());
                self.client().change(&uri, &text);
            }
            "save" => {
                std::fs::write(self.folder.join(file), &self.open[file]).unwrap();
                let params = self.document(file);
                self.client().notify("textDocument/didSave", &params);
            }
            "close" => {
                let params = self.document(file);
                self.client().notify("textDocument/didClose", &params);
            }
            "tell" => {
                let (method, params) = self.message(rest);
                self.client().notify(&method, &params);
            }
            "bytes" => {
                let bytes = rest.replace("\\r", "\r").replace("\\n", "\n");
                self.client().bytes(bytes.as_bytes());
            }
            _ => panic!("there is no step `{word}`"),
        }
    }

    /// Waits until the server has sent all that follows from what it was told.
    fn settle(&mut self) {
        let answer = self.client().request("test/settle", &Value::Null);
        assert_eq!(answer["error"]["code"], -32601);
        self.notifications();
    }

    fn notifications(&mut self) {
        for one in std::mem::take(&mut self.client().notifications) {
            match one.get("method") {
                Some(method) => {
                    let value = json!({ "method": method, "params": one["params"] });
                    self.write(&value);
                }
                None => self.write(&one),
            }
        }
    }

    fn expand(&self) {
        let done = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .args(["expand", "."])
            .current_dir(&self.folder)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    fn document(&mut self, file: &str) -> Value {
        json!({ "textDocument": { "uri": self.client().uri(file) } })
    }

    fn message(&mut self, rest: &str) -> (String, Value) {
        let (method, params) = rest.split_once(' ').unwrap_or((rest, "null"));
        let folder = format!("file://{}", self.folder.display());
        let params = serde_json::from_str(&params.replace("FOLDER", &folder)).unwrap();
        (method.to_owned(), params)
    }

    /// A file, and the position of the cursor in it.
    fn place(&self, rest: &str) -> (String, Value) {
        let (file, mark) = rest.split_once(' ').unwrap();
        let mark = mark.replace("\\n", "\n");
        let text = &self.open[file];
        let found = mark.replacen('|', "", 1);
        assert_eq!(text.matches(&found).count(), 1, "{found}");
        let at = text.find(&found).unwrap() + mark.find('|').unwrap();
        let line = text[..at].matches('\n').count();
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let character = match self.capabilities.pointer("/general/positionEncodings/0") {
            Some(_) => at - start,
            None => text[start..at].encode_utf16().count(),
        };
        (
            file.to_owned(),
            json!({ "line": line, "character": character }),
        )
    }

    fn at(&mut self, method: &str, rest: &str) {
        let (file, position) = self.place(rest);
        let mut params = self.document(&file);
        params["position"] = position;
        self.ask(&format!("textDocument/{method}"), &params);
    }

    fn fix(&mut self, rest: &str) {
        let (file, position) = self.place(rest);
        let mut params = self.document(&file);
        params["range"] = json!({ "start": position, "end": position });
        params["context"] = json!({ "diagnostics": [] });
        self.ask("textDocument/codeAction", &params);
    }

    fn ask(&mut self, method: &str, params: &Value) {
        let answer = self.client().request(method, params);
        self.notifications();
        self.write(answer.get("result").unwrap_or(&answer["error"]));
    }

    fn write(&mut self, value: &Value) {
        let text = serde_json::to_string_pretty(&shortened(value)).unwrap();
        let folder = format!("file://{}", self.folder.display());
        let text = text.replace(&folder, "FOLDER");
        let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        writeln!(self.log, "{text}").unwrap();
    }

    /// Ends the server. Returns all that was said.
    pub(crate) fn finish(mut self) -> String {
        self.client();
        let client = self.client.take().unwrap();
        let code = if self.is_ended {
            client.exit()
        } else {
            client.stop()
        };
        writeln!(self.log, "exit code {code:?}").unwrap();
        self.log
    }
}

/// The same with ranges as text, and what can be completed in one line each.
fn shortened(value: &Value) -> Value {
    let position = |at: &Value| format!("{}:{}", at["line"], at["character"]);
    match value {
        Value::Object(object) if object.contains_key("start") && object.contains_key("end") => {
            json!(format!(
                "{}-{}",
                position(&value["start"]),
                position(&value["end"])
            ))
        }
        Value::Object(object) => {
            // What is completed is a long list: one line for each.
            if let (Some(label), Some(edit)) = (object.get("label"), object.get("textEdit")) {
                let about = object["documentation"]["value"].as_str().unwrap();
                let line = [
                    label.as_str().unwrap().to_owned(),
                    shortened(&edit["range"]).as_str().unwrap().to_owned(),
                    format!("`{}`", edit["newText"].as_str().unwrap()),
                    object["detail"].as_str().unwrap().to_owned(),
                    about
                        .lines()
                        .next()
                        .unwrap_or_default()
                        .chars()
                        .take(60)
                        .collect(),
                ];
                return json!(line.join(" | "));
            }
            let fields = object.iter();
            fields
                .map(|(key, value)| (key.clone(), shortened(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(shortened).collect(),
        other => other.clone(),
    }
}
