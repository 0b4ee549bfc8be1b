//! The byte alphabet of byte-level BPE: each byte is one printable character.
//!
//! Source: the GPT-2 encoder. Printable Latin-1 bytes stand for themselves, the other 68 bytes for
//! the characters from U+0100 on, in order.

use std::sync::LazyLock;

static CHARS: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut next = 0x100;
    std::array::from_fn(|byte| {
        let byte = byte as u8;
        if stands_for_itself(byte) {
            return char::from(byte);
        }
        next += 1;
        char::from_u32(next - 1).expect("U+0100 to U+0143 are characters")
    })
});

fn stands_for_itself(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

/// The character of a byte.
pub(crate) fn char_of(byte: u8) -> char {
    CHARS[usize::from(byte)]
}

/// The characters of all bytes, in the bytes' order: the base vocabulary of byte-level BPE.
pub fn alphabet() -> impl Iterator<Item = char> {
    (0..=255).map(char_of)
}

/// Appends the bytes that a token spells. A character outside the alphabet stands for itself.
pub(crate) fn unmap(piece: &str, out: &mut Vec<u8>) {
    for c in piece.chars() {
        match byte_of(c) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn byte_of(c: char) -> Option<u8> {
    match u8::try_from(c) {
        Ok(byte) if stands_for_itself(byte) => Some(byte),
        _ => (0..=255u8).find(|&byte| CHARS[usize::from(byte)] == c),
    }
}
