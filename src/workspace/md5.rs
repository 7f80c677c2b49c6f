//! The MD5 digest of bytes, as OrgFormation's `!MD5File` writes it.
//!
//! In: bytes. Out: 32 hexadecimal digits. Refuses nothing. Nothing relies on it for safety: it is what
//! another program makes of a file (RFC 1321).

/// By how much the words of each round are rotated, in turn.
const ROTATIONS: [[u32; 4]; 4] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];

/// The first 32 bits after the point of the sine of each step.
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a,
    0xa830_4613, 0xfd46_9501, 0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be,
    0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821, 0xf61e_2562, 0xc040_b340,
    0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8,
    0x676f_02d9, 0x8d2a_4c8a, 0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c,
    0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70, 0x289b_7ec6, 0xeaa1_27fa,
    0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92,
    0xffef_f47d, 0x8584_5dd1, 0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1,
    0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// The digest of `bytes`.
pub(crate) fn md5(bytes: &[u8]) -> String {
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize((bytes.len() + 9).next_multiple_of(64) - 8, 0);
    let bits = u64::try_from(bytes.len())
        .unwrap_or(u64::MAX)
        .wrapping_mul(8);
    padded.extend(bits.to_le_bytes());
    let state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let state = padded.chunks_exact(64).fold(state, with_block);
    // In hexadecimal, the first byte comes first.
    let [first, second, third, fourth] = state.map(u32::swap_bytes);
    format!("{first:08x}{second:08x}{third:08x}{fourth:08x}")
}

/// The state after a block of 64 bytes.
fn with_block(before: [u32; 4], block: &[u8]) -> [u32; 4] {
    let words = block.chunks_exact(4).map(|word| {
        let bytes = word.iter().rev();
        bytes.fold(0, |word, byte| word << 8 | u32::from(*byte))
    });
    let words: Vec<u32> = words.collect();
    let mut state = before;
    for (step, sine) in SINES.into_iter().enumerate() {
        let [a, b, c, d] = state;
        let round = step / 16;
        let (mixed, at) = match round {
            0 => ((b & c) | (!b & d), step),
            1 => ((d & b) | (!d & c), 5 * step + 1),
            2 => (b ^ c ^ d, 3 * step + 5),
            _ => (c ^ (b | !d), 7 * step),
        };
        let word = words.get(at % 16).copied().unwrap_or_default();
        let rotations = ROTATIONS.get(round).and_then(|round| round.get(step % 4));
        let sum = [mixed, sine, word].into_iter().fold(a, u32::wrapping_add);
        let rotated = sum.rotate_left(rotations.copied().unwrap_or_default());
        state = [d, b.wrapping_add(rotated), b, c];
    }
    let mut sums = before
        .into_iter()
        .zip(state)
        .map(|(own, new)| own.wrapping_add(new));
    std::array::from_fn(|_| sums.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::md5;

    #[test]
    fn the_digests_of_the_rfc() {
        for (text, digest) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            assert_eq!(md5(text.as_bytes()), digest, "{text}");
        }
    }

    #[test]
    fn every_length_around_a_block_has_a_digest_of_its_own() {
        let digests: Vec<String> = (50..140).map(|length| md5(&vec![b'x'; length])).collect();
        let all: std::collections::HashSet<&String> = digests.iter().collect();
        assert_eq!(all.len(), digests.len());
    }
}
