//! Tokenizers of tiny vocabularies, as files bring them.

use llmspell_inference::gguf::Writer;
use llmspell_inference::testing::byte_vocabulary;
use llmspell_inference::tokenizer::EncodeOptions;
use llmspell_inference::{Error, Source, Vocabulary};

const PLAIN: EncodeOptions = EncodeOptions {
    add_special: false,
    special: false,
};
const ADD: EncodeOptions = EncodeOptions {
    add_special: true,
    special: false,
};
const MARKUP: EncodeOptions = EncodeOptions {
    add_special: false,
    special: true,
};

fn open(writer: &Writer) -> Result<Vocabulary, Error> {
    Vocabulary::open(Source::Bytes {
        name: "v.gguf".to_owned(),
        bytes: writer.to_bytes().expect("bytes").leak(),
    })
}

/// Control tokens are those in brackets.
fn wordpiece(tokens: &[&str]) -> Writer {
    let types: Vec<i32> = tokens
        .iter()
        .map(|token| if token.starts_with('[') { 3 } else { 1 })
        .collect();
    let tokens: Vec<String> = tokens.iter().map(|&token| token.to_owned()).collect();
    Writer::new()
        .metadata("tokenizer.ggml.model", "bert")
        .metadata("tokenizer.ggml.tokens", tokens)
        .metadata("tokenizer.ggml.token_type", types)
        .metadata("tokenizer.ggml.unknown_token_id", 0u32)
        .metadata("tokenizer.ggml.cls_token_id", 1u32)
        .metadata("tokenizer.ggml.seperator_token_id", 2u32)
}

/// The same pieces in both spellings.
fn both_spellings() -> [Vocabulary; 2] {
    let marked_first = [
        "[UNK]", "[CLS]", "[SEP]", "▁play", "ing", "▁pla", "ed", "▁,", "▁a",
    ];
    let marked_rest = [
        "[UNK]", "[CLS]", "[SEP]", "play", "##ing", "pla", "##ed", ",", "a",
    ];
    [marked_first, marked_rest].map(|tokens| open(&wordpiece(&tokens)).expect("a vocabulary"))
}

fn check(vocabulary: &Vocabulary, options: EncodeOptions, text: &str, ids: &[u32]) {
    let actual = vocabulary.tokenizer().encode(text, options);
    assert_eq!(actual, ids, "{text:?}");
}

#[test]
fn a_word_is_its_longest_pieces_from_the_left() {
    for vocabulary in both_spellings() {
        check(&vocabulary, PLAIN, "Playing, PLAYED", &[3, 4, 7, 3, 6]);
        check(&vocabulary, PLAIN, "pláing a", &[5, 4, 8]);
        check(&vocabulary, PLAIN, "", &[]);
    }
}

#[test]
fn a_word_that_no_pieces_spell_is_unknown_as_a_whole() {
    for vocabulary in both_spellings() {
        check(&vocabulary, PLAIN, "playx a", &[0, 8]);
        check(&vocabulary, PLAIN, "ing", &[0]);
        check(&vocabulary, PLAIN, &format!("play{}", "ing".repeat(32)), &{
            let mut ids = vec![3];
            ids.extend([4; 32]);
            ids
        });
        check(
            &vocabulary,
            PLAIN,
            &format!("play{}", "ing".repeat(33)),
            &[0],
        );
    }
}

#[test]
fn cls_and_sep_enclose_a_text_unless_the_file_forbids() {
    for vocabulary in both_spellings() {
        check(&vocabulary, ADD, "a", &[1, 8, 2]);
        check(&vocabulary, MARKUP, "[CLS]a[SEP]", &[1, 8, 2]);
        check(&vocabulary, PLAIN, "[CLS]", &[0, 0, 0]);
    }
    let writer = wordpiece(&["[UNK]", "[CLS]", "[SEP]", "▁a"])
        .metadata("tokenizer.ggml.add_bos_token", false)
        .metadata("tokenizer.ggml.add_sep_token", false);
    check(&open(&writer).expect("a vocabulary"), ADD, "a", &[3]);
}

#[test]
fn words_are_joined_by_spaces_but_not_before_a_comma() {
    for vocabulary in both_spellings() {
        let decode = |ids: &[u32], skip| vocabulary.tokenizer().decode(ids, skip).expect("ids");
        assert_eq!(decode(&[1, 3, 4, 7, 3, 6, 2], true), "playing, played");
        assert_eq!(decode(&[3, 4, 8], false), "playing a");
        assert_eq!(decode(&[1, 8, 2], false), "[CLS] a[SEP]");
    }
}

#[test]
fn a_cased_vocabulary_keeps_case() {
    let writer = wordpiece(&["[UNK]", "[CLS]", "[SEP]", "▁A"])
        .metadata("tokenizer.ggml.normalizer.lowercase", false);
    let vocabulary = open(&writer).expect("a vocabulary");
    check(&vocabulary, PLAIN, "A a", &[3, 0]);
}

#[test]
fn user_defined_tokens_count_in_every_text_and_control_tokens_only_as_markup() {
    let tokens = ["[UNK]", "[CLS]", "[SEP]", "▁a", "<tool>", "<tool>s"];
    let writer = wordpiece(&tokens).metadata("tokenizer.ggml.token_type", vec![3, 3, 3, 1, 4, 4]);
    let vocabulary = open(&writer).expect("a vocabulary");
    check(
        &vocabulary,
        PLAIN,
        "a<tool>a<tool>s[SEP]",
        &[3, 4, 3, 5, 0, 0, 0],
    );
    check(&vocabulary, MARKUP, "a<tool>[SEP]", &[3, 4, 2]);
    assert_eq!(
        vocabulary.tokenizer().decode(&[3, 4], true).expect("ids"),
        "a<tool>"
    );
}

#[test]
fn byte_level_user_defined_tokens_are_their_own_text() {
    let mut tokens: Vec<String> = llmspell_inference::tokenizer::byte_alphabet()
        .map(String::from)
        .collect();
    tokens.extend(["<é é>", "<end>"].map(str::to_owned));
    let mut types = vec![1i32; 256];
    types.extend([4, 3]);
    let writer = byte_vocabulary(Writer::new())
        .metadata("tokenizer.ggml.tokens", tokens)
        .metadata("tokenizer.ggml.token_type", types)
        .metadata("tokenizer.ggml.eos_token_id", 257u32);
    let vocabulary = open(&writer).expect("a vocabulary");
    let (a, less) = (u32::from(b'a'), u32::from(b'<'));
    check(&vocabulary, PLAIN, "a<é é>a", &[a, 256, a]);
    assert_eq!(vocabulary.tokenizer().encode("<end>", PLAIN)[0], less);
    check(&vocabulary, MARKUP, "a<end>", &[a, 257]);
    assert_eq!(
        vocabulary.tokenizer().decode(&[a, 256], true).expect("ids"),
        "a<é é>"
    );
}

#[test]
fn some_kinds_begin_with_bos_where_the_file_does_not_say() {
    let kinds = [
        ("tekken", true),
        ("llama-bpe", true),
        ("gpt-2", false),
        ("falcon", false),
    ];
    for (kind, begins) in kinds {
        let writer = Writer::new()
            .metadata("tokenizer.ggml.model", "gpt2")
            .metadata("tokenizer.ggml.pre", kind)
            .metadata(
                "tokenizer.ggml.tokens",
                vec!["a".to_owned(), "<s>".to_owned()],
            )
            .metadata("tokenizer.ggml.token_type", vec![1i32, 3])
            .metadata("tokenizer.ggml.merges", Vec::<String>::new())
            .metadata("tokenizer.ggml.bos_token_id", 1u32);
        let ids: &[u32] = if begins { &[1, 0] } else { &[0] };
        check(&open(&writer).expect("a vocabulary"), ADD, "a", ids);
    }
}

#[test]
fn an_unknown_tokenizer_is_refused_by_name() {
    let writer = wordpiece(&["a"]).metadata("tokenizer.ggml.model", "rwkv");
    let Err(Error::UnsupportedTokenizer {
        kind, supported, ..
    }) = open(&writer)
    else {
        panic!("it opened");
    };
    assert_eq!(kind, "rwkv");
    assert!(supported.contains("bert"));
}

/// Characters and tokens of a SentencePiece vocabulary; tokens in `<…>` are control tokens.
fn sentencepiece(architecture: &str, tokens: &[&str]) -> Writer {
    let is_control = |token: &&str| token.starts_with('<') && token.ends_with('>');
    let types: Vec<i32> = tokens
        .iter()
        .map(|t| if is_control(t) { 3 } else { 1 })
        .collect();
    Writer::new()
        .metadata("general.architecture", architecture)
        .metadata("tokenizer.ggml.model", "llama")
        .metadata("tokenizer.ggml.tokens", tokens.to_vec())
        .metadata("tokenizer.ggml.token_type", types)
        .metadata("tokenizer.ggml.scores", vec![0f32; tokens.len()])
        .metadata("tokenizer.ggml.add_space_prefix", false)
}

#[test]
fn only_phi_3_markup_swallows_the_space_behind_it() {
    let tokens = ["<unk>", "<s>", "<|user|>", "a", "▁", "\n"];
    let phi3 = open(&sentencepiece("phi3", &tokens)).expect("a vocabulary");
    check(&phi3, MARKUP, "<|user|>\n a", &[2, 3]);
    check(&phi3, MARKUP, "<s> a<|user|>", &[1, 4, 3, 2]);
    let llama = open(&sentencepiece("llama", &tokens)).expect("a vocabulary");
    check(&llama, MARKUP, "<|user|>\n a", &[2, 5, 4, 3]);
}

#[test]
fn the_highest_score_merges_first_within_and_across_words() {
    let tokens = ["<unk>", "▁", "a", "b", "▁a", "ab", "a▁", "▁a▁"];
    let scores = [0f32, 0.0, 0.0, 0.0, -2.0, -1.0, -3.0, -4.0];
    let writer = |count: usize| {
        sentencepiece("llama", &tokens[..count])
            .metadata("tokenizer.ggml.scores", scores[..count].to_vec())
    };
    let words = open(&writer(6)).expect("a vocabulary");
    check(&words, PLAIN, " ab a a", &[1, 5, 4, 4]);
    let across = open(&writer(8)).expect("a vocabulary");
    check(&across, PLAIN, " a a", &[4, 4]);
    check(&across, PLAIN, "a b", &[6, 3]);
}

#[test]
fn a_token_that_ends_turns_is_markup_even_where_the_file_calls_it_text() {
    let tokens = ["<unk>", "<|im_end|>", "a"];
    let writer = sentencepiece("llama", &tokens);
    let vocabulary = open(&writer.metadata("tokenizer.ggml.token_type", vec![2i32, 4, 1]));
    let vocabulary = vocabulary.expect("a vocabulary");
    check(&vocabulary, MARKUP, "a<|im_end|>", &[2, 1]);
    assert!(
        !vocabulary
            .tokenizer()
            .encode("a<|im_end|>", PLAIN)
            .contains(&1)
    );
    assert!(vocabulary.tokenizer().is_end(1));
}

#[test]
fn a_word_of_any_length_takes_time_in_proportion() {
    let word = "a".repeat(1_000_000);
    for vocabulary in both_spellings() {
        check(&vocabulary, PLAIN, &word, &[0]);
    }
}
