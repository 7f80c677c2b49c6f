//! `deploy-roles lsp`: a language server for templates with macros.
//!
//! In: messages of an editor, on standard input. Out: answers, and what is wrong with the open templates.
//! It writes no file, and starts nothing but `git`. Refuses messages that are wrong, one by one.
//!
//! One thread reads, one answers, and one compares for the lines over macros. Whatever the editor sends
//! before an answer is needed is read first, so that a burst of keys costs one reading.

mod buffers;
mod complete;
mod cursor;
mod definition;
mod fixes;
mod hover;
mod lens;
mod names;
mod place;
mod position;
mod publish;
mod requests;
mod route;
mod server;
mod settle;
mod surrogates;
mod understanding;
mod uri;
mod wire;

use std::sync::mpsc;

use crate::cli::{Input, Lsp};
use crate::command::lsp::lens::{LensJob, MacroLens};
use crate::command::lsp::server::Server;
use crate::command::lsp::wire::Incoming;
use crate::command::{Outcome, Streams};
use crate::files;

/// Something that happened.
enum Event {
    /// The client sent a message.
    Incoming(Incoming),
    /// The client is gone.
    Closed,
    /// The lines over the macros of a template are worked out.
    Lenses(LensJob, Option<Vec<MacroLens>>),
}

/// Runs the command.
///
/// # Errors
///
/// Errors of the disk.
pub fn run(arguments: &Lsp, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
    let (events, happened) = mpsc::channel();
    let (jobs, wanted) = mpsc::channel();
    let reading = events.clone();
    std::thread::spawn(move || read_all(&reading));
    std::thread::spawn(move || compare_all(&wanted, &events));
    let input = Input {
        templates: Vec::new(),
        with: arguments.with.clone(),
    };
    let mut server = Server::new((input, arguments.against.clone()), streams.out, jobs);
    loop {
        // What is waiting is read before anything is worked out.
        let event = if let Ok(event) = happened.try_recv() {
            event
        } else {
            server.settle()?;
            match happened.recv() {
                Ok(event) => event,
                Err(_) => return Ok(Outcome::Quiet),
            }
        };
        match event {
            Event::Incoming(incoming) => {
                if let Some(outcome) = server.handle(incoming)? {
                    return Ok(outcome);
                }
            }
            Event::Lenses(job, lenses) => server.compared(job, lenses)?,
            Event::Closed => return Ok(Outcome::Quiet),
        }
    }
}

/// Passes on what the client sends.
fn read_all(events: &mpsc::Sender<Event>) {
    let mut input = files::input();
    while let Ok(Some(incoming)) = wire::read(&mut input) {
        if events.send(Event::Incoming(incoming)).is_err() {
            return;
        }
    }
    // Nobody listens if the server is at its end.
    let _ = events.send(Event::Closed);
}

/// Works out the lines over macros, of each template the last that is wanted.
fn compare_all(wanted: &mpsc::Receiver<LensJob>, events: &mpsc::Sender<Event>) {
    while let Ok(first) = wanted.recv() {
        let mut jobs = vec![first];
        for job in wanted.try_iter() {
            jobs.retain(|other| other.uri != job.uri);
            jobs.push(job);
        }
        for job in jobs {
            let run = std::panic::AssertUnwindSafe(|| job.run());
            let lenses = std::panic::catch_unwind(run).unwrap_or_default();
            if events.send(Event::Lenses(job, lenses)).is_err() {
                return;
            }
        }
    }
}
