//! Hostile and damaged files: always an error that says what is wrong, never a panic.

use std::panic::catch_unwind;

use llmspell_inference::gguf::{Value, Writer};
use llmspell_inference::testing::TinyLlama;
use llmspell_inference::{Error, Message, Model, ModelInfo, Options, Source, Vocabulary};

fn tiny() -> Writer {
    let shape = TinyLlama {
        layers: 1,
        hidden: 8,
        heads: 2,
        kv_heads: 1,
        feed_forward: 8,
        ..TinyLlama::default()
    };
    shape.writer().expect("a tiny model")
}

fn open(bytes: &[u8]) -> Result<Model, Error> {
    let source = Source::Bytes {
        name: "x.gguf".to_owned(),
        bytes: bytes.to_vec().leak(),
    };
    Model::open(source, &Options::default(), |_| {})
}

fn refused(writer: &Writer) -> String {
    let opened = open(&writer.to_bytes().expect("bytes"));
    opened.err().expect("refused").to_string()
}

/// The length of everything before the tensor data.
fn header_length(writer: &Writer) -> usize {
    let bytes = writer.to_bytes().expect("bytes");
    let last = b"output_norm.weight";
    let name = bytes
        .windows(last.len())
        .position(|w| w == last)
        .expect("the last tensor");
    // Dimension count, one dimension, type, offset.
    name + last.len() + 4 + 8 + 4 + 8
}

#[test]
fn a_path_that_is_no_model_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = |path: &std::path::Path| ModelInfo::read(path).expect_err("refused");
    let missing = folder.path().join("missing.gguf");
    assert!(matches!(error(&missing), Error::NotFound { .. }));
    assert!(matches!(error(folder.path()), Error::IsDirectory { .. }));
    let path = folder.path().join("file.gguf");
    std::fs::write(&path, "").expect("written");
    assert!(matches!(error(&path), Error::EmptyFile { .. }));
    std::fs::write(&path, "<html>404</html>").expect("written");
    let text = error(&path).to_string();
    assert!(
        text.ends_with(r#"is not a GGUF file (it starts with "<htm"); convert the model to GGUF"#),
        "{text}"
    );
    std::fs::write(&path, "GGUF").expect("written");
    assert!(matches!(error(&path), Error::Truncated { .. }));
    let inside = path.join("inner.gguf");
    assert!(matches!(error(&inside), Error::Unreadable { .. }));
}

#[test]
fn every_prefix_of_a_file_is_an_error() {
    let writer = tiny();
    let bytes = writer.to_bytes().expect("bytes");
    // The padding behind the last tensor may go.
    let needed = bytes.len() - 31;
    let all: &'static [u8] = bytes.leak();
    let prefixes = (1..header_length(&writer)).chain((header_length(&writer)..needed).step_by(97));
    for length in prefixes {
        let source = Source::Bytes {
            name: "x.gguf".to_owned(),
            bytes: &all[..length],
        };
        let read = ModelInfo::read(source);
        assert!(
            matches!(read, Err(Error::Truncated { .. })),
            "{length}: {read:?}"
        );
    }
}

#[test]
fn no_changed_byte_of_the_header_makes_the_reader_panic() {
    let writer = tiny();
    let mut bytes = writer.to_bytes().expect("bytes");
    for position in 0..header_length(&writer) {
        let original = bytes[position];
        for changed in [original ^ 1, 0xFF] {
            bytes[position] = changed;
            let leaked: &'static [u8] = bytes.clone().leak();
            let source = || Source::Bytes {
                name: "x.gguf".to_owned(),
                bytes: leaked,
            };
            let read = catch_unwind(|| {
                let _ = ModelInfo::read(source());
                if changed != 0xFF {
                    let _ = Vocabulary::open(source());
                }
            });
            assert!(read.is_ok(), "byte {position} = {changed}");
        }
        bytes[position] = original;
    }
}

#[test]
fn versions_and_alignments_are_checked() {
    let mut bytes = tiny().to_bytes().expect("bytes");
    bytes[4] = 1;
    assert!(matches!(
        open(&bytes).err(),
        Some(Error::UnsupportedVersion { version: 1, .. })
    ));
    bytes[4] = 2;
    assert!(open(&bytes).is_ok());
    for bad in [0u32, 3, 48] {
        let text = refused(&tiny().metadata("general.alignment", bad));
        assert!(
            text.contains(&format!("general.alignment: {bad} is not a power of two")),
            "{text}"
        );
    }
    let text = refused(&tiny().metadata("general.alignment", "32"));
    assert!(
        text.contains("`general.alignment` is string, expected u32"),
        "{text}"
    );
}

#[test]
fn missing_and_mistyped_keys_are_named() {
    let text = refused(&tiny().without("llama.attention.head_count"));
    assert!(
        text.contains("metadata key `llama.attention.head_count` is missing"),
        "{text}"
    );
    let text = refused(&tiny().metadata("llama.block_count", "two"));
    assert!(
        text.contains("`llama.block_count` is string, expected a count"),
        "{text}"
    );
    let text = refused(&tiny().metadata("llama.attention.head_count", 0u32));
    assert!(text.contains("llama.attention.head_count`: is 0"), "{text}");
    let text = refused(&tiny().metadata("llama.attention.head_count_kv", 0u32));
    assert!(text.contains("0 does not divide 2 heads"), "{text}");
    let text = refused(&tiny().metadata("llama.attention.layer_norm_rms_epsilon", f32::NAN));
    assert!(text.contains("NaN"), "{text}");
    let text = refused(&tiny().metadata("llama.block_count", 2u32));
    assert!(
        text.contains("tensor `blk.1.attn_q.weight` is missing"),
        "{text}"
    );
    let text = refused(&tiny().metadata("llama.feed_forward_length", 16u32));
    assert!(
        text.contains("`blk.0.ffn_gate.weight` has shape [8, 8], expected [16, 8]"),
        "{text}"
    );
}

#[test]
fn damaged_vocabularies_are_errors() {
    let text = refused(&tiny().metadata("tokenizer.ggml.eos_token_id", 1_000_000u32));
    assert!(
        text.contains("token 1000000 is not among 259 tokens"),
        "{text}"
    );
    let text = refused(&tiny().metadata("tokenizer.ggml.token_type", vec![1i32]));
    assert!(text.contains("1 types for 259 tokens"), "{text}");
    let text = refused(&tiny().metadata("tokenizer.ggml.merges", vec!["ab"]));
    assert!(text.contains("merge 0 has no space"), "{text}");
    let text = refused(&tiny().metadata("tokenizer.ggml.model", "unigram"));
    assert!(
        text.contains("tokenizer `unigram` is not supported"),
        "{text}"
    );
    let text = refused(&tiny().metadata("tokenizer.ggml.pre", "martian"));
    assert!(
        text.contains("pre-tokenizer `martian` is not supported; supported are: default, gpt-2"),
        "{text}"
    );
}

/// A header with one tensor of the given dimensions, type and offset.
fn one_tensor(dims: &[u64], type_id: u32, offset: u64) -> Vec<u8> {
    listing(&[(b't', dims, type_id, offset)])
}

/// A header that lists tensors, and 256 bytes of data.
fn listing(tensors: &[(u8, &[u64], u32, u64)]) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend((tensors.len() as u64).to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    for (name, dims, type_id, offset) in tensors {
        bytes.extend(1u64.to_le_bytes());
        bytes.push(*name);
        bytes.extend((dims.len() as u32).to_le_bytes());
        dims.iter().for_each(|dim| bytes.extend(dim.to_le_bytes()));
        bytes.extend(type_id.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(32) + 256, 0);
    bytes
}

#[test]
fn tensors_may_touch_but_not_overlap() {
    let tensors =
        |second| -> [(u8, &[u64], u32, u64); 2] { [(b'a', &[8], 0, second), (b'b', &[16], 0, 0)] };
    let error = |second| {
        open(&listing(&tensors(second)))
            .err()
            .expect("refused")
            .to_string()
    };
    assert!(
        error(32).contains("tensor `b`: overlaps tensor `a`"),
        "{}",
        error(32)
    );
    assert!(error(0).contains("overlaps"), "{}", error(0));
    assert!(
        error(64).contains("`general.architecture` is missing"),
        "{}",
        error(64)
    );
}

#[test]
fn a_big_endian_file_says_so() {
    let mut bytes = tiny().to_bytes().expect("bytes");
    bytes[4..8].reverse();
    assert!(matches!(open(&bytes).err(), Some(Error::BigEndian { .. })));
}

#[test]
fn a_template_that_does_not_compile_is_an_error_only_where_it_is_used() {
    let writer = tiny().metadata("tokenizer.chat_template", "{% for %}");
    let model = open(&writer.to_bytes().expect("bytes")).expect("a model");
    let vocabulary = model.vocabulary();
    assert_eq!(vocabulary.tokenizer().encode("A", Default::default()), [65]);
    let prompt = vocabulary.prompt_tokens(&[Message::user("Hi")], None, true);
    assert!(matches!(prompt, Err(Error::Template { .. })));
}

#[test]
fn tensors_must_fit_their_type_and_the_file() {
    let error = |dims: &[u64], type_id, offset| {
        open(&one_tensor(dims, type_id, offset))
            .err()
            .expect("refused")
            .to_string()
    };
    assert!(error(&[1 << 33, 1 << 33], 0, 0).contains("overflow"));
    assert!(error(&[u64::MAX, u64::MAX, 2], 8, 0).contains("overflow"));
    assert!(error(&[0, 4], 0, 0).contains("do not fit"));
    assert!(error(&[33], 8, 0).contains("do not fit"));
    assert!(error(&[4], 0, 7).contains("offset 7 is not a multiple of 32"));
    assert!(error(&[4], 0, 1 << 40).contains("is truncated"));
    assert!(error(&[4], 0, u64::MAX - 31).contains("is truncated"));
    assert!(error(&[1 << 20], 0, 0).contains("needs 4194304 bytes"));
    assert!(error(&[], 0, 0).contains("has 0 dimensions"));
    assert!(error(&[1, 1, 1, 1, 1], 0, 0).contains("has 5 dimensions"));
    assert!(error(&[256], 23, 0).contains("type 23 (IQ4_XS), which is not supported"));
    assert!(error(&[256], 4711, 0).contains("type 4711 (unknown)"));
}

#[test]
fn counts_that_the_file_cannot_hold_are_refused_before_anything_is_allocated() {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(u64::MAX.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    assert!(matches!(open(&bytes).err(), Some(Error::Truncated { .. })));
    bytes[8..16].copy_from_slice(&0u64.to_le_bytes());
    bytes[16..24].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    assert!(matches!(open(&bytes).err(), Some(Error::Truncated { .. })));
}

#[test]
fn a_file_may_give_any_alignment_and_lie_anywhere_in_memory() {
    let bytes = tiny().to_bytes().expect("bytes");
    for shift in 0..8 {
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(&bytes);
        let leaked: &'static [u8] = shifted.leak();
        let source = Source::Bytes {
            name: "x.gguf".to_owned(),
            bytes: &leaked[shift..],
        };
        assert!(Model::open(source, &Options::default(), |_| {}).is_ok());
    }
}

#[test]
fn a_vocabulary_without_weights_tokenizes_and_does_not_generate() {
    let writer = llmspell_inference::testing::byte_vocabulary(Writer::new());
    let writer = writer.metadata("general.architecture", "llama");
    let bytes: &'static [u8] = writer.to_bytes().expect("bytes").leak();
    let source = Source::Bytes {
        name: "v.gguf".to_owned(),
        bytes,
    };
    let vocabulary = Vocabulary::open(source.clone()).expect("a vocabulary");
    assert_eq!(
        vocabulary.tokenizer().encode("AB", Default::default()),
        [65, 66]
    );
    assert_eq!(
        ModelInfo::read(source.clone())
            .expect("a header")
            .parameters,
        0
    );
    let opened = Model::open(source, &Options::default(), |_| {});
    assert!(matches!(opened.err(), Some(Error::VocabularyOnly { .. })));
}

#[test]
fn every_kind_of_value_survives_the_file() {
    let values: Vec<Value> = vec![
        7u8.into(),
        (-7i16).into(),
        7u64.into(),
        0.5f64.into(),
        true.into(),
        "text".into(),
        vec![1.5f32, -2.0].into(),
        vec!["a", ""].into(),
        vec![true, false].into(),
    ];
    for value in values {
        // A value of the wrong kind is reported by its kind: it was read back as what it was.
        let text = refused(&tiny().metadata("tokenizer.ggml.tokens", value.clone()));
        let expect = match &value {
            Value::Array(array)
                if array.len() == 2 && format!("{array:?}").starts_with("String") =>
            {
                "types for 2 tokens"
            }
            other => other.type_name(),
        };
        assert!(text.contains(expect), "{text}");
    }
}

#[test]
fn a_quantization_has_the_name_that_people_know_it_by() {
    use candle_core::quantized::GgmlDType::{self, *};
    let cases: &[(&[GgmlDType], &str)] = &[
        (&[F16, F16, F32], "F16"),
        (&[Q8_0, Q8_0], "Q8_0"),
        (&[Q4K, Q4K, Q6K], "Q4_K_M"),
        (&[Q4K, Q4K, Q5K], "Q4_K_S"),
        (&[Q5K, Q5K, Q6K], "Q5_K_M"),
        (&[Q5K, Q5K], "Q5_K_S"),
        (&[Q3K, Q3K, Q3K, Q4K, Q5K], "Q3_K_M"),
        (&[Q3K, Q3K, Q5K], "Q3_K_L"),
        (&[Q3K, Q3K], "Q3_K_S"),
        (&[Q2K, Q2K, Q3K], "Q2_K"),
        (&[Q6K], "Q6_K"),
        (&[], ""),
    ];
    for (types, expect) in cases {
        let writer = Writer::new().metadata("general.architecture", "llama");
        assert_eq!(
            quantization(matrices(writer, types, 256)),
            *expect,
            "{types:?}"
        );
    }
    // Rows that K-quants do not fit, beside some that they do, as in the smallest Qwen.
    let writer = Writer::new().metadata("general.architecture", "qwen2");
    let writer = matrices(writer, &[Q5_0, Q5_0, Q5_0, Q8_0], 96);
    let down =
        candle_core::Tensor::zeros((1, 256), candle_core::DType::F32, &candle_core::Device::Cpu);
    let writer = writer.tensor("blk.9.ffn_down.weight", &down.expect("zeros"), Q6K);
    assert_eq!(quantization(writer.expect("a tensor")), "Q4_K_M");
}

/// One layer for each type; the output and the embedding have other types.
fn matrices(writer: Writer, types: &[candle_core::quantized::GgmlDType], columns: usize) -> Writer {
    use candle_core::{DType, Device, Tensor, quantized::GgmlDType};
    let zeros = Tensor::zeros((2, columns), DType::F32, &Device::Cpu).expect("zeros");
    let layer = |writer: Writer, (index, dtype): (usize, &GgmlDType)| {
        let name = format!("blk.{index}.attn_v.weight");
        writer.tensor(name, &zeros, *dtype).expect("a tensor")
    };
    let writer = types.iter().enumerate().fold(writer, layer);
    if types.is_empty() {
        return writer;
    }
    writer
        .tensor("output.weight", &zeros, GgmlDType::F32)
        .expect("a tensor")
}

fn quantization(writer: Writer) -> String {
    let source = Source::Bytes {
        name: "q.gguf".to_owned(),
        bytes: writer.to_bytes().expect("bytes").leak(),
    };
    ModelInfo::read(source).expect("a header").quantization
}
