//! Decoding tokens one by one into whole characters.

use super::Tokenizer;
use crate::Error;

/// Holds the bytes of a character that is not complete yet.
#[derive(Debug, Default)]
pub struct Detokenizer {
    pending: Vec<u8>,
}

impl Detokenizer {
    /// Adds a token; returns the text that is complete now, perhaps none. Control tokens leave
    /// nothing.
    pub fn push(&mut self, tokenizer: &Tokenizer, id: u32) -> Result<String, Error> {
        tokenizer.push_bytes(id, true, &mut self.pending)?;
        Ok(self.take_complete())
    }

    /// Ends the text: an incomplete character becomes U+FFFD.
    pub fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.pending);
        String::from_utf8_lossy(&rest).into_owned()
    }

    fn take_complete(&mut self) -> String {
        let complete = complete_length(&self.pending);
        let rest = self.pending.split_off(complete);
        let complete = std::mem::replace(&mut self.pending, rest);
        String::from_utf8_lossy(&complete).into_owned()
    }
}

/// The length without a trailing start of a character; bytes that can never become one count as
/// complete.
fn complete_length(bytes: &[u8]) -> usize {
    let mut position = 0;
    loop {
        match std::str::from_utf8(&bytes[position..]) {
            Ok(_) => return bytes.len(),
            Err(error) => match error.error_len() {
                None => return position + error.valid_up_to(),
                Some(bad) => position += error.valid_up_to() + bad,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::complete_length;

    #[test]
    fn only_an_unfinished_character_at_the_end_waits() {
        let snowman = "☃".as_bytes();
        assert_eq!(complete_length(b"ab"), 2);
        assert_eq!(complete_length(&snowman[..2]), 0);
        assert_eq!(
            complete_length(&[b"a".as_slice(), &snowman[..1]].concat()),
            1
        );
        assert_eq!(complete_length(b"\xff\xfe"), 2);
        assert_eq!(complete_length(b"\xffa\xe2\x98"), 2);
    }
}
