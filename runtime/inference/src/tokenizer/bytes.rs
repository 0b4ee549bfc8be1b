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

/// The characters that stand for bytes which do not stand for themselves, from U+0100 on.
static OTHERS: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..=255).filter(|&byte| !stands_for_itself(byte)).collect());

fn byte_of(c: char) -> Option<u8> {
    match u8::try_from(c) {
        Ok(byte) => stands_for_itself(byte).then_some(byte),
        Err(_) => OTHERS.get((u32::from(c) - 0x100) as usize).copied(),
    }
}
