//! Which quantization a file's name says.

/// The quantization in a file's name, such as `Q4_K_M` in `model-q4_k_m-00001-of-00002.gguf`, in capital
/// letters; else the one in its folder's name.
pub fn of(path: &str) -> Option<String> {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    in_text(super::shards::stem(stem)).or_else(|| in_text(folders))
}

/// The last part of a text that is a quantization, and what stands before it, as in `7b-q8_0`.
pub fn split(text: &str) -> Option<(&str, String)> {
    let (rest, last) = text.rsplit_once('-')?;
    is_one(last).then(|| (rest, last.to_ascii_uppercase()))
}

fn in_text(text: &str) -> Option<String> {
    let part = text.rsplit(['-', '.', '/']).find(|part| is_one(part));
    part.map(str::to_ascii_uppercase)
}

/// Whether a word has the form of llama.cpp's names: `Q4_K_M`, `IQ2_XXS`, `F16`, `BF16`, `MXFP4`.
fn is_one(word: &str) -> bool {
    let word = word.to_ascii_uppercase();
    let numbered = word.strip_prefix("IQ").or_else(|| word.strip_prefix("TQ"));
    let numbered = numbered.or_else(|| word.strip_prefix('Q'));
    match numbered {
        Some(rest) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            rest.starts_with(|c: char| c.is_ascii_digit())
                && rest.chars().all(plain)
                && rest.chars().nth(1).is_none_or(|c| c == '_')
        }
        None => matches!(
            word.as_str(),
            "F16" | "F32" | "BF16" | "FP16" | "FP32" | "MXFP4"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_say_their_quantization() {
        let cases = [
            ("Llama-3.2-3B-Instruct-Q4_K_M.gguf", Some("Q4_K_M")),
            ("tinyllama-1.1b-chat-v1.0.Q8_0.gguf", Some("Q8_0")),
            (
                "qwen2.5-7b-instruct-q5_k_m-00001-of-00002.gguf",
                Some("Q5_K_M"),
            ),
            ("Phi-3-mini-4k-instruct-q4.gguf", Some("Q4")),
            ("Phi-3-mini-4k-instruct-fp16.gguf", Some("FP16")),
            ("Q6_K/model-00001-of-00009.gguf", Some("Q6_K")),
            ("gemma-3-1b-it-UD-IQ2_XXS.gguf", Some("IQ2_XXS")),
            ("bge-small-en-v1.5-f16.gguf", Some("F16")),
            ("Qwen3-30B-A3B.gguf", None),
            ("model.gguf", None),
            ("q.gguf", None),
        ];
        for (name, expected) in cases {
            assert_eq!(of(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_variant_may_end_in_a_quantization() {
        assert_eq!(split("7b-q8_0"), Some(("7b", "Q8_0".to_owned())));
        assert_eq!(split("30b-a3b"), None);
        assert_eq!(split("7b"), None);
    }
}
