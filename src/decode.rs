//! Trees to typed data: arguments, organizations, plain values.

pub mod arguments;
