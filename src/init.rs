//! A starting setup from an organization, or the example organization.
//!
//! In: an [`Organization`](crate::organization::Organization), and what else is in the repository. Out:
//! the texts of the files that begin to use the tool there, and a guess at what they say, with the
//! reason of each guess. Refuses nothing itself: its rules are for the command, which reads the disk.

pub mod ci;
pub mod example;
pub mod facts;
pub mod guess;
pub mod packages;
pub mod pieces;
pub mod region;
pub mod rules;
pub mod tasks_files;
mod words;
