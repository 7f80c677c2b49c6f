//! Data that is part of the program, packed.
//!
//! In: raw DEFLATE streams that a `make.py` wrote. Out: their texts.

/// The text of packed data. The data is part of the program, and tests read all of it, so that a
/// broken stream, which gives an empty text, never ships.
pub(super) fn unpack(packed: &[u8]) -> String {
    let bytes = miniz_oxide::inflate::decompress_to_vec(packed).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
