//! What is found, what is passed over, and that it is right.

mod differential;
mod oracle;
