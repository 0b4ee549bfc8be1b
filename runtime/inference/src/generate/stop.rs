//! Stop strings in streamed text.

/// Finds stop strings in text that arrives in parts and never lets part of one through.
pub(crate) struct StopMatcher {
    stops: Vec<String>,
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
            stops,
            held: String::new(),
        }
    }

    pub fn push(&mut self, text: &str) -> Checked {
        self.held.push_str(text);
        let first = self
            .stops
            .iter()
            .filter_map(|stop| self.held.find(stop.as_str()))
            .min();
        if let Some(start) = first {
            self.held.truncate(start);
            return Checked {
                text: std::mem::take(&mut self.held),
                stopped: true,
            };
        }
        let held = self.held.split_off(self.held.len() - self.possible_start());
        Checked {
            text: std::mem::replace(&mut self.held, held),
            stopped: false,
        }
    }

    /// What is still held when the text ends otherwise.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// The length of the longest end of the held text that begins a stop string.
    fn possible_start(&self) -> usize {
        let begins = |stop: &String| {
            let ends = stop.char_indices().map(|(i, _)| i).skip(1);
            ends.filter(|&end| self.held.ends_with(&stop[..end])).max()
        };
        self.stops.iter().filter_map(begins).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts that come through, and whether a stop ended them.
    fn check(stops: &[&str], parts: &[&str], expect: &[&str], stopped: bool) {
        let mut matcher = StopMatcher::new(stops.iter().map(|s| (*s).to_owned()).collect());
        let mut shown = Vec::new();
        let mut ended = false;
        for part in parts {
            let checked = matcher.push(part);
            shown.push(checked.text);
            ended |= checked.stopped;
            if ended {
                break;
            }
        }
        if !ended {
            shown.push(matcher.finish());
        }
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
    fn the_earliest_of_several_stops_counts() {
        check(&["cd", "bcd"], &["abc", "d"], &["a", ""], true);
        check(&["x", "aab"], &["aa", "ab"], &["", "a"], true);
    }

    #[test]
    fn stops_may_hold_any_characters() {
        check(&["é☃"], &["aé", "☃b"], &["a", ""], true);
    }
}
