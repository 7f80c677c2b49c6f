//! What is found, what is passed over, and that it is right.

mod decisions;
mod differential;
#[path = "../../tests/iam/oracle.rs"]
mod oracle;
mod witnesses;
