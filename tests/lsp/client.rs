//! The editor's side of the protocol: messages with `Content-Length` over the streams of a server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server, and what it sent.
pub(crate) struct Client {
    server: Child,
    input: ChildStdin,
    messages: mpsc::Receiver<Value>,
    folder: PathBuf,
    /// The notifications that came since they were last looked at.
    pub(crate) notifications: Vec<Value>,
    /// The requests of the server that nobody looked at yet.
    pub(crate) requests: Vec<Value>,
    number: i64,
}

impl Client {
    /// Starts the server in `folder`, for a client with these capabilities.
    pub(crate) fn start(folder: &Path, arguments: &[&str], capabilities: &Value) -> Self {
        let mut client = Self::start_only(folder, arguments);
        client.initialize(capabilities);
        client
    }

    /// Starts the server and sends nothing.
    pub(crate) fn start_only(folder: &Path, arguments: &[&str]) -> Self {
        let mut server = Command::new(env!("CARGO_BIN_EXE_deploy-roles"))
            .arg("lsp")
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(server.stdout.take().unwrap());
        let (sender, messages) = mpsc::channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                let _ = sender.send(message);
            }
        });
        Self {
            input: server.stdin.take().unwrap(),
            server,
            messages,
            folder: folder.to_owned(),
            notifications: Vec::new(),
            requests: Vec::new(),
            number: 0,
        }
    }

    /// The answer to `initialize`.
    pub(crate) fn initialize(&mut self, capabilities: &Value) -> Value {
        let answer = self.request("initialize", &json!({ "capabilities": capabilities }));
        self.notify("initialized", &json!({}));
        answer
    }

    pub(crate) fn uri(&self, file: &str) -> String {
        format!("file://{}/{file}", self.folder.display())
    }

    /// Sends a request, and returns the whole answer.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Value {
        self.number += 1;
        let id = self.number;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        self.answer(&json!(id))
    }

    /// Sends a request, and does not wait.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> i64 {
        self.number += 1;
        let id = self.number;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The answer to the request `id`.
    pub(crate) fn answer(&mut self, id: &Value) -> Value {
        loop {
            let message = self.next();
            if message.get("method").is_some() {
                self.keep(message);
            } else if message.get("id") == Some(id) {
                return message;
            } else {
                self.notifications.push(message);
            }
        }
    }

    /// The next request of the server with this method.
    pub(crate) fn await_request(&mut self, method: &str) -> Value {
        loop {
            let is_wanted = |request: &Value| request["method"] == method;
            if let Some(at) = self.requests.iter().position(is_wanted) {
                return self.requests.remove(at);
            }
            let message = self.next();
            self.keep(message);
        }
    }

    fn keep(&mut self, message: Value) {
        if message.get("id").is_some() && message.get("method").is_some() {
            let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": null });
            self.send(&answer);
            self.requests.push(message);
        } else {
            self.notifications.push(message);
        }
    }

    fn next(&mut self) -> Value {
        let message = self.messages.recv_timeout(PATIENCE);
        message.expect("the server answers nothing, or ended")
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    pub(crate) fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    pub(crate) fn change(&mut self, uri: &str, text: &str) {
        let params = json!({
            "textDocument": { "uri": uri, "version": 2 },
            "contentChanges": [{ "text": text }],
        });
        self.notify("textDocument/didChange", &params);
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    /// Sends bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).unwrap();
        self.input.flush().unwrap();
    }

    /// Shuts the server down, and returns its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.request("shutdown", &Value::Null);
        self.exit()
    }

    /// Ends the server, and returns its exit code.
    pub(crate) fn exit(mut self) -> Option<i32> {
        self.notify("exit", &Value::Null);
        self.server.wait().unwrap().code()
    }
}

/// The next message of a server; nothing else may be on the stream.
fn read(output: &mut BufReader<impl std::io::Read>) -> Option<Value> {
    let mut line = String::new();
    output
        .read_line(&mut line)
        .ok()
        .filter(|length| *length > 0)?;
    let length = line
        .strip_prefix("Content-Length: ")
        .expect("only messages");
    let length: usize = length.trim_end().parse().unwrap();
    let mut end = String::new();
    output.read_line(&mut end).ok()?;
    assert_eq!(end, "\r\n");
    let mut bytes = vec![0; length];
    output.read_exact(&mut bytes).ok()?;
    Some(serde_json::from_slice(&bytes).unwrap())
}
