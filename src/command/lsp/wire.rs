//! Messages as they come and go.
//!
//! In: bytes. Out: requests, notifications, and what cannot be read as either. Refuses messages that
//! are too large or are not JSON, each by itself: the next one is read all the same.
//!
//! `lsp_server` reads messages too, but ends with the first that is wrong, and takes as much memory as
//! a message says that it has.

use std::io::{self, BufRead, Read as _, Write};

use lsp_server::{ErrorCode, Message, Notification, Request};
use serde_json::{Value, json};

use crate::command::lsp::surrogates::without_lone_halves;

/// The most bytes of a message.
const MESSAGE_LIMIT: usize = 64 << 20;
/// The most bytes of a line before a message.
const LINE_LIMIT: u64 = 8 << 10;
/// What says how long a message is.
const LENGTH: &str = "content-length:";

/// What a client sent.
pub(super) enum Incoming {
    /// It wants an answer.
    Request(Request),
    /// It does not.
    Notification(Notification),
    /// It answers something.
    Response,
    /// It cannot be read.
    Broken(ErrorCode, String),
}

/// The next message; `None` at the end.
///
/// # Errors
///
/// Those of the stream.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let Some(length) = length(input)? else {
        return Ok(None);
    };
    let Ok(length) = length else {
        let message = "a message begins with `Content-Length: ` and its number of bytes";
        return Ok(Some(broken(ErrorCode::ParseError, message)));
    };
    if length > MESSAGE_LIMIT {
        let message = format!("a message has at most {MESSAGE_LIMIT} bytes");
        return Ok(Some(broken(ErrorCode::InvalidRequest, message)));
    }
    let mut bytes = vec![0; length];
    match input.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(parsed(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// The length of the next message: `None` at the end, and `Err` if there are lines of something else.
fn length(input: &mut impl BufRead) -> io::Result<Option<Result<usize, ()>>> {
    let mut found = None;
    let mut is_first = true;
    loop {
        let mut line = Vec::new();
        input
            .by_ref()
            .take(LINE_LIMIT)
            .read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line).to_ascii_lowercase();
        let line = line.trim();
        if line.is_empty() {
            match found {
                Some(length) => return Ok(Some(Ok(length))),
                None if is_first => continue,
                None => return Ok(Some(Err(()))),
            }
        }
        is_first = false;
        // After a message of another length than it says, the next one begins within a line.
        if let Some(at) = line.rfind(LENGTH) {
            let number = line.get(at + LENGTH.len()..).unwrap_or_default().trim();
            // A number that is too large is no number either: too long is what it is.
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            found = is_number.then(|| number.parse().unwrap_or(usize::MAX));
        }
    }
}

fn parsed(bytes: &[u8]) -> Incoming {
    let value: Result<Value, _> = serde_json::from_slice(bytes).or_else(|error| {
        let whole = without_lone_halves(bytes).ok_or(error)?;
        serde_json::from_slice(&whole)
    });
    let value = match value {
        Ok(value) => value,
        Err(error) => {
            return broken(
                ErrorCode::ParseError,
                format!("a message is not JSON: {error}"),
            );
        }
    };
    let has = |key: &str| value.get(key).is_some();
    if has("method") && has("id") {
        let request = serde_json::from_value(value).map(Incoming::Request);
        return request.unwrap_or_else(|_| not_a_message());
    }
    if has("method") {
        let notification = serde_json::from_value(value).map(Incoming::Notification);
        return notification.unwrap_or_else(|_| not_a_message());
    }
    if has("id") && (has("result") || has("error")) {
        return Incoming::Response;
    }
    not_a_message()
}

fn not_a_message() -> Incoming {
    let message = "a message is a request, a notification, or a response";
    broken(ErrorCode::InvalidRequest, message)
}

fn broken(code: ErrorCode, message: impl Into<String>) -> Incoming {
    Incoming::Broken(code, message.into())
}

/// Sends a message.
///
/// # Errors
///
/// Those of the stream.
pub(super) fn send(mut output: &mut dyn Write, message: impl Into<Message>) -> io::Result<()> {
    message.into().write(&mut output)?;
    output.flush()
}

/// Answers what cannot be read.
///
/// # Errors
///
/// Those of the stream.
pub(super) fn refuse(output: &mut dyn Write, code: ErrorCode, message: &str) -> io::Result<()> {
    let error = json!({ "code": code as i32, "message": message });
    let text = json!({ "jsonrpc": "2.0", "id": Value::Null, "error": error }).to_string();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::{Incoming, read};

    /// What is read of `bytes`, one word per message.
    fn words(bytes: &str) -> Vec<String> {
        let mut input = bytes.as_bytes();
        let mut words = Vec::new();
        while let Some(one) = read(&mut input).unwrap() {
            words.push(match one {
                Incoming::Request(request) => request.method,
                Incoming::Notification(notification) => notification.method,
                Incoming::Response => "response".to_owned(),
                Incoming::Broken(code, _) => format!("{}", code as i32),
            });
        }
        words
    }

    fn framed(text: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{text}", text.len())
    }

    #[test]
    fn a_wrong_message_does_not_hide_the_next() {
        let good = framed(r#"{"jsonrpc":"2.0","method":"exit"}"#);
        for (bad, code) in [
            (framed("{"), "-32700"),
            (framed("[]"), "-32600"),
            (framed(r#"{"id":1.5,"method":"x"}"#), "-32600"),
            (framed(r#"{"id":null,"method":"x"}"#), "-32600"),
            (
                "Content-Length: 99999999999999999999999\r\n\r\n".to_owned(),
                "-32600",
            ),
            (
                "Content-Length: 1000000000000\r\n\r\n{}".to_owned(),
                "-32600",
            ),
            ("Content-Length: -1\r\n\r\n".to_owned(), "-32700"),
            ("Hello: you\r\n\r\n".to_owned(), "-32700"),
            // The rest is skipped up to the next length.
            ("Content-Length: 1\r\n\r\n{}}}".to_owned(), "-32700"),
        ] {
            assert_eq!(words(&format!("{bad}{good}")), [code, "exit"], "{bad}");
        }
    }

    #[test]
    fn half_a_character_makes_no_message_wrong() {
        let text = framed(r#"{"method":"x","params":"a\ud834b"}"#);
        let read = read(&mut text.as_bytes()).unwrap();
        let Some(Incoming::Notification(notification)) = read else {
            panic!("{text}");
        };
        assert_eq!(notification.params, "a\u{fffd}b");
    }

    #[test]
    fn other_headers_are_skipped() {
        let text = r#"{"id":"a","method":"x"}"#;
        let length = text.len();
        let kind = "Content-Type: application/vscode-jsonrpc; charset=utf-8";
        let whole = format!("{kind}\r\ncontent-length:{length}\r\n\r\n{text}");
        assert_eq!(words(&whole), ["x"]);
        assert_eq!(words(whole.trim_end_matches('}')), [""; 0]);
    }
}
