//! The least that expanding a template costs, to compare with: see `benches/README.md`.
//!
//! ```text
//! baseline                             starts and ends
//! baseline LIKE ORGANIZATION OUTPUT    writes as many bytes as the file LIKE has to OUTPUT, and
//!                                      reads the events of ORGANIZATION
//! ```
//!
//! The bytes are the first chunk of LIKE over and over: they are at hand and warm, as they are
//! for a program that makes them, and reading all of LIKE is no part of what is measured.
#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own, that does nothing but input and output"
)]

use std::fs::File;
use std::io::{self, Read as _, Write as _};

use granit_parser::Parser;

/// As much as `deploy-roles` writes at a time.
const CHUNK: u64 = 1 << 18;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` calls with `--bench`: nothing to do.
    let [like, organization, output] = arguments.as_slice() else {
        return Ok(());
    };
    write_like(like, output)?;
    read_events(organization)
}

fn write_like(like: &str, output: &str) -> io::Result<()> {
    let like = File::open(like)?;
    let mut left = like.metadata()?.len();
    let mut chunk = Vec::new();
    like.take(CHUNK).read_to_end(&mut chunk)?;
    let mut output = File::create(output)?;
    while left > 0 {
        let part = chunk.get(..usize::try_from(left).unwrap_or(usize::MAX));
        let part = part.unwrap_or(&chunk);
        output.write_all(part)?;
        left -= part.len() as u64;
    }
    Ok(())
}

fn read_events(path: &str) -> io::Result<()> {
    let text = std::fs::read_to_string(path)?;
    for event in Parser::new_from_str(&text) {
        std::hint::black_box(event.map_err(io::Error::other)?);
    }
    Ok(())
}
