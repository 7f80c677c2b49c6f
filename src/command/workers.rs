//! Work on many templates, on all processors.
//!
//! In: jobs that do not depend on each other. Out: their results, in the order of the jobs. Refuses
//! nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc;
use std::thread;

use crate::processors;

/// The least jobs for which threads pay off: each thread of `expand` compiles the partials again.
const LEAST_JOBS: usize = 6;

/// Calls `work` for each of `jobs`, on as many threads as there are processors, and `then` with what it
/// returned, in the order of the jobs, on the calling thread. With few jobs, there is only that thread.
///
/// # Errors
///
/// The first error of `then`, in the order of the jobs. Jobs that are being worked on are finished, and the
/// others are left out.
pub(super) fn in_order<J: Send, R: Send>(
    jobs: Vec<J>,
    work: impl Fn(J) -> R + Sync,
    then: impl FnMut(R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let processors = processors::count();
    if jobs.len() < LEAST_JOBS || processors == 1 {
        return jobs.into_iter().map(work).try_for_each(then);
    }
    on_threads(jobs, processors, work, then)
}

fn on_threads<J: Send, R: Send>(
    jobs: Vec<J>,
    threads: usize,
    work: impl Fn(J) -> R + Sync,
    mut then: impl FnMut(R) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let count = jobs.len();
    let waiting = Mutex::new(jobs.into_iter().enumerate());
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads.min(count) {
            let sender = sender.clone();
            let (waiting, work) = (&waiting, &work);
            scope.spawn(move || {
                // A job that panics stops the run when the scope ends; nobody listens after an error.
                while let Some((at, job)) = next(waiting) {
                    if sender.send((at, work(job))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut at = 0;
        for (number, result) in receiver {
            early.insert(number, result);
            while let Some(result) = early.remove(&at) {
                then(result)?;
                at += 1;
            }
        }
        Ok(())
    })
}

/// The next job, unless another thread panicked.
fn next<J>(waiting: &Mutex<impl Iterator<Item = J>>) -> Option<J> {
    waiting.lock().ok()?.next()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::{in_order, on_threads};

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let jobs: Vec<u64> = (0..100).collect();
        let order = Mutex::new(Vec::new());
        let mut results = Vec::new();
        let work = |job: u64| {
            // The first jobs are the slowest.
            std::thread::sleep(Duration::from_micros(100 - job));
            if let Ok(mut order) = order.lock() {
                order.push(std::thread::current().id());
            }
            job * 2
        };
        let outcome = on_threads(jobs, 4, work, |result| {
            results.push(result);
            Ok(())
        });
        assert!(outcome.is_ok());
        assert_eq!(results, (0..100).map(|job| job * 2).collect::<Vec<_>>());
        let threads: std::collections::HashSet<_> =
            order.into_inner().unwrap_or_default().into_iter().collect();
        assert!(threads.len() > 1, "one thread did all");
    }

    #[test]
    fn the_first_error_in_the_order_of_the_jobs_counts() {
        for count in [3, 50] {
            let mut seen = Vec::new();
            let outcome = in_order(
                (0..count).collect(),
                |job: usize| job,
                |job| {
                    seen.push(job);
                    anyhow::ensure!(job != 2, "job {job}");
                    Ok(())
                },
            );
            assert_eq!(
                outcome.map_err(|error| error.to_string()),
                Err("job 2".into())
            );
            assert_eq!(seen, [0, 1, 2]);
        }
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_job_that_panics_stops_the_run() {
        let work = |job: usize| {
            assert!(job != 7, "as this test wants");
            job
        };
        let _ = on_threads((0..20).collect(), 2, work, |_| Ok(()));
    }
}
