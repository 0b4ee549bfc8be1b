//! Made-up vocabularies of the sizes of real ones, which encode and decode any text.

use crate::gguf::Writer;
use crate::tokenizer::byte_alphabet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// Like Llama 2's: 32,000 pieces.
    SentencePiece,
    /// Like Llama 3's: 128,256 tokens, 256 of them control tokens.
    BytePairs,
}

/// The numbers of `tokenizer.ggml.token_type`.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const BYTE: i32 = 6;

/// How TinyLlama's chat model was tuned.
const ZEPHYR: &str = "{% for message in messages %}\
    {{ '<|' + message.role + '|>\\n' + message.content + eos_token + '\\n' }}\
    {% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}";

const LLAMA_3: &str = "{{ bos_token }}{% for message in messages %}\
    {{ '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' }}\
    {{ message.content | trim }}{{ '<|eot_id|>' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

/// The control tokens of Llama 3.1 that have a meaning, counted from the first control token.
const LLAMA_3_CONTROL: &[(usize, &str)] = &[
    (0, "<|begin_of_text|>"),
    (1, "<|end_of_text|>"),
    (4, "<|finetune_right_pad_id|>"),
    (6, "<|start_header_id|>"),
    (7, "<|end_header_id|>"),
    (8, "<|eom_id|>"),
    (9, "<|eot_id|>"),
    (10, "<|python_tag|>"),
];

impl Vocabulary {
    pub fn size(self) -> usize {
        match self {
            Self::SentencePiece => 32_000,
            Self::BytePairs => 128_256,
        }
    }

    pub fn add_to(self, writer: Writer) -> Writer {
        match self {
            Self::SentencePiece => self.sentence_piece(writer),
            Self::BytePairs => self.byte_pairs(writer),
        }
    }

    fn sentence_piece(self, writer: Writer) -> Writer {
        let mut tokens: Vec<String> = ["<unk>", "<s>", "</s>"].map(str::to_owned).to_vec();
        tokens.extend((0..=255u8).map(|byte| format!("<0x{byte:02X}>")));
        let mut types = vec![UNKNOWN, CONTROL, CONTROL];
        types.resize(tokens.len(), BYTE);
        tokens.extend(('!'..='~').map(String::from));
        tokens.push("\u{2581}".to_owned());
        let missing = self.size() - tokens.len();
        tokens.extend(words('\u{2581}').take(missing));
        types.resize(tokens.len(), NORMAL);
        // The earlier a piece, the sooner it is merged.
        let scores: Vec<f32> = (0..tokens.len()).map(|id| -(id as f32)).collect();
        writer
            .metadata("tokenizer.ggml.model", "llama")
            .metadata("tokenizer.ggml.tokens", tokens)
            .metadata("tokenizer.ggml.scores", scores)
            .metadata("tokenizer.ggml.token_type", types)
            .metadata("tokenizer.ggml.unknown_token_id", 0u32)
            .metadata("tokenizer.ggml.bos_token_id", 1u32)
            .metadata("tokenizer.ggml.eos_token_id", 2u32)
            .metadata("tokenizer.chat_template", ZEPHYR)
    }

    fn byte_pairs(self, writer: Writer) -> Writer {
        let control = self.size() - 256;
        let mut tokens: Vec<String> = byte_alphabet().map(String::from).collect();
        let words: Vec<String> = words('Ġ').take(control - tokens.len()).collect();
        let merges: Vec<String> = words.iter().map(|word| merge(word)).collect();
        tokens.extend(words);
        let mut types = vec![NORMAL; tokens.len()];
        tokens.extend((0..256).map(llama_3_control));
        types.resize(tokens.len(), CONTROL);
        writer
            .metadata("tokenizer.ggml.model", "gpt2")
            .metadata("tokenizer.ggml.pre", "llama-bpe")
            .metadata("tokenizer.ggml.tokens", tokens)
            .metadata("tokenizer.ggml.token_type", types)
            .metadata("tokenizer.ggml.merges", merges)
            .metadata("tokenizer.ggml.bos_token_id", control as u32)
            .metadata("tokenizer.ggml.eos_token_id", control as u32 + 9)
            .metadata("tokenizer.chat_template", LLAMA_3)
    }
}

fn llama_3_control(number: usize) -> String {
    let known = LLAMA_3_CONTROL.iter().find(|(at, _)| *at == number);
    known.map_or_else(
        || format!("<|reserved_special_token_{number}|>"),
        |(_, name)| (*name).to_owned(),
    )
}

/// Words of the letters a to z, the shortest first, each also behind a space; single letters only so.
/// Each begins with an earlier one or a single character, and has one more letter.
fn words(space: char) -> impl Iterator<Item = String> {
    let of_length = move |length: u32| {
        (0..26usize.pow(length)).flat_map(move |number| {
            let letter = |place| char::from(b'a' + (number / 26usize.pow(place) % 26) as u8);
            let word: String = (0..length).rev().map(letter).collect();
            let behind_space = format!("{space}{word}");
            let alone = (length > 1).then_some(word);
            alone.into_iter().chain([behind_space])
        })
    };
    (1..).flat_map(of_length)
}

/// What a word is merged from: all but its last letter, and that.
fn merge(word: &str) -> String {
    let (start, last) = word.split_at(word.len() - 1);
    format!("{start} {last}")
}
