//! What a run is at, on the last line of a terminal, if the run takes more than a second.
//!
//! In: how far the run is. Out: one line on standard error that is erased before anything else is written.
//! Refuses nothing: where nobody looks, nothing is drawn.

use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::cli::{Command, Input};
use crate::files;

/// How long a run takes before the first line, and how long each stays.
const SECOND: Duration = Duration::from_secs(1);

/// The columns of a terminal whose width is not known.
const WIDTH: usize = 80;

/// How many columns a terminal has at the moment, if it says so.
type TerminalWidth = fn() -> Option<usize>;

/// The drawing of a run; it ends when this goes out of scope.
#[derive(Default)]
pub struct ProgressDrawing {
    progress: Progress,
    /// What draws; whoever drops the sender ends it.
    thread: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

/// How far a run is; nothing if nobody looks.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Mutex<ProgressLine>>>);

/// The line.
struct ProgressLine {
    words: String,
    /// How many columns of the terminal it has now.
    drawn: usize,
    /// Whether the terminal is at the beginning of a line.
    is_free: bool,
    /// Whether the run writes its results.
    is_over: bool,
    terminal: Box<dyn Write + Send>,
    /// How many columns the terminal has at the moment.
    columns: TerminalWidth,
}

impl ProgressDrawing {
    /// What `command` is at, on standard error: nothing there unless `is_wanted`.
    pub fn of(command: &Command, is_wanted: bool) -> Self {
        match verb(command).filter(|_| is_wanted) {
            Some(verb) => {
                let terminal = Box::new(std::io::stderr());
                Self::on((terminal, files::columns), verb, SECOND)
            }
            None => Self::default(),
        }
    }

    /// Draws on `terminal`, which has so many `columns`, what begins with `verb`, each `pause`.
    fn on(
        (terminal, columns): (Box<dyn Write + Send>, TerminalWidth),
        verb: &str,
        pause: Duration,
    ) -> Self {
        let line = Arc::new(Mutex::new(ProgressLine {
            words: verb.to_owned(),
            drawn: 0,
            is_free: true,
            is_over: false,
            terminal,
            columns,
        }));
        let progress = Progress(Some(line));
        let (end, is_ended) = mpsc::channel::<()>();
        let drawn = progress.clone();
        let thread = std::thread::spawn(move || {
            let mut pauses = 0;
            while is_ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                pauses += 1;
                if let Some(mut line) = drawn.line() {
                    line.draw(pauses);
                }
            }
        });
        Self {
            progress,
            thread: Some((end, thread)),
        }
    }

    /// Who says how far the run is.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Drop for ProgressDrawing {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.thread.take() {
            drop(end);
            // A thread that panicked has nothing left to draw.
            let _ = thread.join();
        }
        if let Some(mut line) = self.progress.line() {
            line.erase();
        }
    }
}

impl Progress {
    fn line(&self) -> Option<MutexGuard<'_, ProgressLine>> {
        let line = self.0.as_ref()?;
        Some(line.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The run is at `words`.
    pub(crate) fn at(&self, words: impl FnOnce() -> String) {
        if let Some(mut line) = self.line() {
            line.words = words();
        }
    }

    /// So many of `count` templates are done; `verb` is what is done with them.
    pub(crate) fn done(&self, verb: &str, done: usize, count: usize) {
        if count > 1 {
            self.at(|| format!("{verb} templates: {done} of {count}"));
        }
    }

    /// `templates`, with how many of them are done.
    pub(crate) fn over<T, I: ExactSizeIterator<Item = T>>(
        &self,
        verb: &'static str,
        templates: I,
    ) -> impl Iterator<Item = T> + use<T, I> {
        let progress = self.clone();
        let count = templates.len();
        templates.enumerate().map(move |(at, template)| {
            progress.done(verb, at, count);
            template
        })
    }

    /// `stream`, for which the line makes room.
    pub fn before<W: Write>(&self, stream: W, kind: StreamKind) -> ErasingStream<W> {
        ErasingStream {
            stream,
            kind,
            progress: self.clone(),
        }
    }
}

impl ProgressLine {
    fn draw(&mut self, seconds: usize) {
        if !self.is_free || self.is_over {
            return;
        }
        let text = format!("{}, {seconds} s", self.words);
        // In the last column, some terminals go on to the next line.
        let width = (self.columns)().unwrap_or(WIDTH).saturating_sub(1);
        let text: String = text.chars().take(width).collect();
        self.erase();
        // A terminal that is gone is no reason to stop.
        let _ = write!(self.terminal, "{text}");
        let _ = self.terminal.flush();
        self.drawn = text.chars().count();
    }

    fn erase(&mut self) {
        if self.drawn > 0 {
            // What is drawn would take two lines in a terminal that somebody made narrower since.
            let columns = (self.columns)().unwrap_or(WIDTH).saturating_sub(1);
            let width = self.drawn.min(columns);
            let _ = write!(self.terminal, "\r{:width$}\r", "");
            let _ = self.terminal.flush();
            self.drawn = 0;
        }
    }
}

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// Results: nothing is drawn after they begin.
    Results,
    /// Everything else.
    Messages,
}

/// A stream that erases the line before it writes.
pub struct ErasingStream<W: Write> {
    stream: W,
    kind: StreamKind,
    progress: Progress,
}

impl<W: Write> Write for ErasingStream<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let Some(mut line) = self.progress.line() else {
            return self.stream.write(bytes);
        };
        line.erase();
        let written = self.stream.write(bytes)?;
        line.is_over |= self.kind == StreamKind::Results;
        if let Some(last) = bytes.get(..written).and_then(<[u8]>::last) {
            line.is_free = *last == b'\n';
        }
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

/// What `command` does to templates, if it can take long: not one that asks on the terminal, or that reads
/// what is typed.
fn verb(command: &Command) -> Option<&'static str> {
    let of = |input: &Input, verb| {
        let typed = Path::new(files::STANDARD);
        let is_typed = input.templates.iter().any(|one| one == typed);
        (!is_typed).then_some(verb)
    };
    match command {
        Command::Expand(arguments) => of(&arguments.input, "expanding"),
        Command::Diff(arguments) => of(&arguments.input, "expanding"),
        Command::Check(arguments) => of(&arguments.input, "checking"),
        Command::Lint(arguments) => of(&arguments.input, "reading"),
        Command::Accounts(arguments) => of(&arguments.input, "reading"),
        Command::Graph(arguments) => of(&arguments.input, "reading"),
        Command::Workflow(arguments) => of(&arguments.input, "reading"),
        Command::Export(arguments) => of(&arguments.input, "expanding"),
        Command::Schema(arguments) => of(&arguments.input, "reading"),
        Command::Can(_) | Command::Test(_) | Command::Infer(_) => Some("reading"),
        Command::Partials(_) | Command::Denied(_) | Command::Init(_) | Command::Lsp(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal, as bytes.
    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Screen {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }

        /// What somebody sees: a carriage return goes back to the beginning of the line.
        fn seen(&self) -> String {
            let text = self.text();
            let lines = text.split('\n').map(|line| {
                let mut columns: Vec<char> = Vec::new();
                for part in line.split('\r') {
                    for (at, letter) in part.chars().enumerate() {
                        match columns.get_mut(at) {
                            Some(column) => *column = letter,
                            None => columns.push(letter),
                        }
                    }
                }
                columns
                    .into_iter()
                    .collect::<String>()
                    .trim_end()
                    .to_owned()
            });
            lines.collect::<Vec<_>>().join("\n")
        }

        fn wait_for(&self, text: &str) {
            for _ in 0..2000 {
                if self.text().contains(text) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            panic!("no `{text}` in `{}`", self.text());
        }
    }

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_line_makes_room_and_is_erased_at_the_end() {
        let screen = Screen::default();
        let pause = Duration::from_millis(20);
        let drawing = ProgressDrawing::on((Box::new(screen.clone()), || None), "expanding", pause);
        let progress = drawing.progress();
        screen.wait_for("expanding, 1 s");
        progress.done("expanding", 3, 40);
        screen.wait_for("expanding templates: 3 of 40, ");
        let mut messages = progress.before(screen.clone(), StreamKind::Messages);
        messages.write_all(b"warning: one\n").unwrap();
        screen.wait_for("warning: one\nexpanding");
        let mut results = progress.before(screen.clone(), StreamKind::Results);
        results.write_all(b"result\n").unwrap();
        drop(drawing);
        assert_eq!(screen.seen(), "warning: one\nresult\n");
    }

    #[test]
    fn a_short_run_draws_nothing() {
        let screen = Screen::default();
        let drawing = ProgressDrawing::on((Box::new(screen.clone()), || None), "expanding", SECOND);
        drawing.progress().done("expanding", 1, 2);
        drop(drawing);
        assert_eq!(screen.text(), "");
    }

    #[test]
    fn nothing_is_drawn_within_a_line_or_after_results() {
        for kind in [StreamKind::Messages, StreamKind::Results] {
            let screen = Screen::default();
            let pause = Duration::from_millis(10);
            let drawing =
                ProgressDrawing::on((Box::new(screen.clone()), || None), "expanding", pause);
            let text = match kind {
                StreamKind::Messages => "half a line",
                StreamKind::Results => "a result\n",
            };
            let mut stream = drawing.progress().before(screen.clone(), kind);
            stream.write_all(text.as_bytes()).unwrap();
            let before = screen.text();
            std::thread::sleep(pause * 5);
            drop(drawing);
            assert_eq!(screen.text(), before);
        }
    }

    #[test]
    fn a_long_line_is_cut() {
        let screen = Screen::default();
        let words = "x".repeat(200);
        let pause = Duration::from_millis(10);
        let drawing = ProgressDrawing::on((Box::new(screen.clone()), || None), &words, pause);
        screen.wait_for("xxx");
        drop(drawing);
        let longest = screen.text().split('\r').map(str::len).max();
        assert_eq!(longest, Some(WIDTH - 1));
    }

    #[test]
    fn a_narrow_terminal_gets_no_second_line() {
        let screen = Screen::default();
        let pause = Duration::from_millis(10);
        let terminal = (
            Box::new(screen.clone()) as Box<dyn Write + Send>,
            (|| Some(20)) as TerminalWidth,
        );
        let drawing = ProgressDrawing::on(terminal, "expanding templates: 3 of 40", pause);
        screen.wait_for("\rexpanding");
        drop(drawing);
        let text = screen.text();
        let longest = text.split('\r').map(str::len).max();
        assert_eq!(longest, Some(19), "{text:?}");
        assert_eq!(screen.seen(), "");
    }
}
