//! Words that Rhai refuses as names.

use rhai::Engine;

/// Whether Rhai refuses `word` as the name of a method, of a field, or takes it for itself.
pub fn is_reserved(word: &str) -> bool {
    // Rhai handles these itself, whatever the receiver has registered.
    const OWN: [&str; 4] = ["call", "curry", "is_shared", "type_of"];
    if OWN.contains(&word) {
        return true;
    }
    let mut engine = Engine::new_raw();
    engine.disable_symbol("eval");
    let uses = [
        format!("x.{word}()"),
        format!("x.{word}"),
        format!("#{{{word}: 1}}"),
    ];
    uses.iter().any(|text| engine.compile(text).is_err())
}

#[cfg(test)]
mod tests {
    use super::is_reserved;

    #[test]
    fn keywords_and_words_rhai_keeps_for_later_are_reserved() {
        for word in ["spawn", "yield", "await", "go", "thread", "sync", "async"] {
            assert!(is_reserved(word), "{word}");
        }
        for word in [
            "match", "new", "use", "with", "shared", "call", "fn", "eval",
        ] {
            assert!(is_reserved(word), "{word}");
        }
        for word in ["start", "join", "sleep", "create", "next", "text", "type"] {
            assert!(!is_reserved(word), "{word}");
        }
    }
}
