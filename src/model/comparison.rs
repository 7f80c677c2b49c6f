//! What differs between two generated files.
