//! Tries mutants with the cases of `tests/access`. `tests/mutation/run` adds this file to a copy of the sources.
//!
//! ```text
//! runner FIRST LAST
//! ```
//!
//! One line for each mutant when it begins (`begin`), and one with what became of it: `killed` by a case, `survived`, or `unreached`
//! if no case runs what it changes. A mutant that takes too long ends the program: begin again with the next one.

#![allow(clippy::all, clippy::pedantic, unused, missing_docs, reason = "a program of the tests")]

#[path = "../tests/support/pair.rs"]
mod pair;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deploy_roles::mutant::{ID, RECORD, SEEN};
use pair::{Accounts, accounts, said};

/// So many times what a case takes without a mutant, and at least [`LEAST`].
const TOO_LONG: u32 = 20;
const LEAST: Duration = Duration::from_secs(2);

struct Case {
    name: String,
    old: String,
    new: String,
    expected: String,
    accounts: Accounts,
    takes: Duration,
    reaches: Vec<bool>,
    kills: usize,
}

/// When the current case must be done, in milliseconds since the start; 0 for no case.
static UNTIL: AtomicU64 = AtomicU64::new(0);

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().unwrap());
    let (first, last): (u32, u32) = (arguments.next().unwrap(), arguments.next().unwrap());
    let start = Instant::now();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(50));
            let until = UNTIL.load(Ordering::Relaxed);
            if until != 0 && start.elapsed().as_millis() as u64 > until {
                println!("{}\tkilled\ttook too long", ID.load(Ordering::Relaxed));
                std::process::exit(3);
            }
        }
    });
    let mut cases = read();
    std::panic::set_hook(Box::new(|_| {}));
    for mutant in first..=last {
        println!("{mutant}\tbegin\t");
        ID.store(mutant, Ordering::Relaxed);
        cases.sort_by_key(|case| (std::cmp::Reverse(case.kills), case.takes));
        let mut became = "unreached";
        let mut by = String::new();
        for case in cases.iter_mut().filter(|case| case.reaches[mutant as usize]) {
            became = "survived";
            let until = start.elapsed() + LEAST.max(case.takes * TOO_LONG);
            UNTIL.store(until.as_millis() as u64, Ordering::Relaxed);
            let found = catch_unwind(AssertUnwindSafe(|| said(&case.old, &case.new, &case.accounts)));
            UNTIL.store(0, Ordering::Relaxed);
            if found.ok().as_ref() != Some(&case.expected) {
                (became, by) = ("killed", case.name.clone());
                case.kills += 1;
                break;
            }
        }
        println!("{mutant}\t{became}\t{by}");
    }
}

/// The cases, each tried without a mutant.
fn read() -> Vec<Case> {
    let folders = std::fs::read_dir("tests/access").unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = folders.filter(|path| path.join("new.yml").exists()).collect();
    folders.sort();
    let cases = folders.iter().map(|folder| {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let (old, new, accounts) = (read("old.yml"), read("new.yml"), accounts(folder));
        SEEN.iter().for_each(|seen| seen.store(false, Ordering::Relaxed));
        ID.store(RECORD, Ordering::Relaxed);
        let begin = Instant::now();
        let expected = said(&old, &new, &accounts);
        let takes = begin.elapsed();
        assert_eq!(expected, read("expected.txt"), "{}", folder.display());
        Case {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            reaches: SEEN.iter().map(|seen| seen.load(Ordering::Relaxed)).collect(),
            kills: 0,
            old,
            new,
            expected,
            accounts,
            takes,
        }
    });
    cases.collect()
}
