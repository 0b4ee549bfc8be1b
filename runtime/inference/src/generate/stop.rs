//! Stop strings in streamed text.

/// Finds stop strings in text that arrives in parts and never lets part of one through. The one that
/// ends first counts, of several that end together the longest; how the text is cut does not matter.
pub(crate) struct StopMatcher {
    stops: Vec<Stop>,
    /// Text that may still become a stop string.
    held: String,
}

/// What may be shown, and whether a stop string ended the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    pub text: String,
    pub stopped: bool,
}

impl StopMatcher {
    /// The stops must not be empty.
    pub fn new(stops: Vec<String>) -> Self {
        Self {
            stops: stops.into_iter().map(Stop::new).collect(),
            held: String::new(),
        }
    }

    pub fn push(&mut self, text: &str) -> Checked {
        let before = self.held.len();
        self.held.push_str(text);
        for (index, byte) in text.bytes().enumerate() {
            if let Some(length) = self.longest_completed(byte) {
                self.held.truncate(before + index + 1 - length);
                return Checked {
                    text: std::mem::take(&mut self.held),
                    stopped: true,
                };
            }
        }
        let possible = self.stops.iter().map(|stop| stop.matched).max();
        let held = self.held.split_off(self.held.len() - possible.unwrap_or(0));
        Checked {
            text: std::mem::replace(&mut self.held, held),
            stopped: false,
        }
    }

    /// The length of the longest stop that ends with this byte.
    fn longest_completed(&mut self, byte: u8) -> Option<usize> {
        let completed = |stop: &mut Stop| stop.push(byte).then_some(stop.text.len());
        self.stops.iter_mut().filter_map(completed).max()
    }

    /// What is still held when the text ends otherwise.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// A stop string that is looked for byte by byte. Source: Knuth, Morris and Pratt, "Fast Pattern
/// Matching in Strings", 1977.
struct Stop {
    text: Vec<u8>,
    /// How many bytes of it the text now ends with.
    matched: usize,
    /// By number of bytes: the next smaller number that those end with too.
    shorter: Vec<usize>,
}

impl Stop {
    fn new(text: String) -> Self {
        let text = text.into_bytes();
        let mut stop = Self {
            shorter: vec![0; text.len()],
            text,
            matched: 0,
        };
        for length in 1..stop.text.len() {
            stop.shorter[length] = stop.matched;
            stop.push(stop.text[length]);
        }
        stop.matched = 0;
        stop
    }

    /// Whether it ends with this byte, which must be the last one then.
    fn push(&mut self, byte: u8) -> bool {
        while self.text[self.matched] != byte {
            if self.matched == 0 {
                return false;
            }
            self.matched = self.shorter[self.matched];
        }
        self.matched += 1;
        self.matched == self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts that come through, and whether a stop ended them.
    fn matched(stops: &[String], parts: &[&str]) -> (Vec<String>, bool) {
        let mut matcher = StopMatcher::new(stops.to_vec());
        let mut shown = Vec::new();
        for part in parts {
            let checked = matcher.push(part);
            shown.push(checked.text);
            if checked.stopped {
                return (shown, true);
            }
        }
        shown.push(matcher.finish());
        (shown, false)
    }

    fn check(stops: &[&str], parts: &[&str], expect: &[&str], stopped: bool) {
        let stops: Vec<String> = stops.iter().map(|s| (*s).to_owned()).collect();
        let (shown, ended) = matched(&stops, parts);
        assert_eq!(shown, expect);
        assert_eq!(ended, stopped);
    }

    #[test]
    fn text_before_a_stop_comes_through_and_nothing_of_the_stop() {
        check(&["END"], &["one EN", "D two"], &["one ", ""], true);
        check(&["END"], &["one END two"], &["one "], true);
    }

    #[test]
    fn a_false_start_comes_through_later() {
        check(
            &["END"],
            &["one E", "N", "ergy"],
            &["one ", "", "ENergy", ""],
            false,
        );
        check(&["END"], &["one EN"], &["one ", "EN"], false);
    }

    #[test]
    fn the_first_to_end_of_several_stops_counts() {
        check(&["cd", "bcd"], &["abc", "d"], &["a", ""], true);
        check(&["x", "aab"], &["aa", "ab"], &["", "a"], true);
        check(&["abcdef", "cd"], &["abcdef"], &["ab"], true);
    }

    #[test]
    fn stops_may_hold_any_characters() {
        check(&["é☃"], &["aé", "☃b"], &["a", ""], true);
    }

    /// Where the first stop to end begins, found by looking at every place of the whole text.
    fn naive<'a>(stops: &[String], text: &'a str) -> (&'a str, bool) {
        let ends = (1..=text.len()).filter(|&end| text.is_char_boundary(end));
        for end in ends {
            let ending = stops.iter().filter(|stop| text[..end].ends_with(*stop));
            if let Some(longest) = ending.map(String::len).max() {
                return (&text[..end - longest], true);
            }
        }
        (text, false)
    }

    #[test]
    fn any_stops_in_any_pieces_give_what_a_search_of_the_whole_text_gives() {
        let mut state = 7u64;
        let mut below = move |limit: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % limit
        };
        let (mut ended, mut held) = (0, 0);
        for _ in 0..20_000 {
            let mut word = |longest: usize| -> String {
                let length = below(longest) + 1;
                (0..length)
                    .map(|_| ['a', 'b', 'é', '☃'][below(4)])
                    .collect()
            };
            let stops: Vec<String> = (0..3).map(|_| word(5)).collect();
            let text = word(30);
            let mut parts = Vec::new();
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let characters = below(4) + 1;
                let cut = rest
                    .char_indices()
                    .nth(characters)
                    .map_or(rest.len(), |(at, _)| at);
                let (part, after) = rest.split_at(cut);
                parts.push(part);
                rest = after;
            }
            let (shown, stopped) = matched(&stops, &parts);
            let (expect, ends) = naive(&stops, &text);
            assert_eq!(
                (shown.concat().as_str(), stopped),
                (expect, ends),
                "{stops:?} in {parts:?}"
            );
            ended += usize::from(ends);
            held += usize::from(shown.iter().any(String::is_empty));
        }
        assert!(ended > 1_000 && held > 1_000, "{ended} {held}");
    }
}
