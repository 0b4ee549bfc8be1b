//! Generating from tiny models: the same text alone and in company, cancelled, stopped, streamed.

use std::time::Duration;

use llmspell_inference::gguf::Writer;
use llmspell_inference::testing::TinyLlama;
use llmspell_inference::tokenizer::EncodeOptions;
use llmspell_inference::{
    Error, Event, Finish, FinishReason, Generation, Model, ModelInfo, Options, Request, Sampling,
    Source,
};

fn source(writer: &Writer) -> Source {
    Source::Bytes {
        name: "tiny.gguf".to_owned(),
        bytes: writer.to_bytes().expect("a tiny model").leak(),
    }
}

fn open(shape: &TinyLlama) -> Model {
    let writer = shape.writer().expect("a tiny model");
    Model::open(source(&writer), &Options::default(), |_| {}).expect("the model opens")
}

fn tiny() -> Model {
    open(&TinyLlama::default())
}

fn request(model: &Model, text: &str) -> Request {
    let tokenizer = model.vocabulary().tokenizer();
    Request {
        prompt: tokenizer.encode(text, EncodeOptions::default()),
        sampling: Sampling {
            temperature: 1.0,
            seed: Some(5),
            ..Sampling::default()
        },
        max_tokens: Some(40),
        ..Request::default()
    }
}

fn finish(mut generation: Generation) -> (String, Finish) {
    let mut text = String::new();
    loop {
        match generation
            .blocking_next()
            .expect("a last event")
            .expect("no error")
        {
            Event::Text(part) => {
                assert!(!part.is_empty());
                text.push_str(&part);
            }
            Event::Logprobs(_) => {}
            Event::Done(finish) => {
                assert!(generation.blocking_next().is_none());
                return (text, finish);
            }
        }
    }
}

fn text(model: &Model, request: Request) -> String {
    finish(model.generate(request).expect("a valid request")).0
}

#[test]
fn a_model_generates_from_a_file_and_from_bytes_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.gguf");
    let writer = TinyLlama::default().writer().expect("a tiny model");
    writer.write_to(&path).expect("written");
    let mut loaded = Vec::new();
    let options = Options::default();
    let from_file = Model::open(path.as_path(), &options, |p| loaded.push(p)).expect("it opens");
    let last = loaded.last().expect("progress was reported");
    assert_eq!(last.loaded_bytes, last.total_bytes);
    let from_bytes = tiny();
    let expect = text(&from_bytes, request(&from_bytes, "Once upon a time"));
    assert_eq!(
        text(&from_file, request(&from_file, "Once upon a time")),
        expect
    );
    assert!(!expect.is_empty());
}

#[test]
fn what_a_model_says_about_itself_needs_no_weights() {
    let writer = TinyLlama::default().writer().expect("a tiny model");
    let info = ModelInfo::read(source(&writer)).expect("a header");
    assert_eq!(info.architecture, "llama");
    assert_eq!(info.name.as_deref(), Some("tiny"));
    assert_eq!(info.quantization, "F32");
    assert_eq!(info.context_length, 512);
    assert_eq!(info.vocabulary_size, 259);
    assert_eq!(
        info.parameters,
        259 * 64 + 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 96 * 64 + 128) + 64
    );
    assert_eq!(info.template, "chatml");
    assert_eq!(
        info.size_bytes,
        writer.to_bytes().expect("bytes").len() as u64
    );
}

#[test]
fn a_sequence_gives_the_same_text_alone_and_beside_others() {
    let model = tiny();
    let long = "A long prompt. ".repeat(12);
    let requests = || {
        let greedy = Request {
            sampling: Sampling::greedy(),
            ..request(&model, "one")
        };
        [
            request(&model, "one"),
            request(&model, &long),
            greedy,
            request(&model, "three"),
        ]
    };
    let alone: Vec<_> = requests().into_iter().map(|r| text(&model, r)).collect();
    let running: Vec<_> = requests().map(|r| model.generate(r).expect("valid")).into();
    let together: Vec<_> = running.into_iter().map(|g| finish(g).0).collect();
    assert_eq!(together, alone);
    assert_ne!(alone[0], alone[3]);
}

#[test]
fn usage_and_reason_are_reported() {
    let model = tiny();
    let (_, finish) = finish(model.generate(request(&model, "four")).expect("valid"));
    assert_eq!(finish.prompt_tokens, 4);
    assert_eq!(finish.cached_tokens, 0);
    let expected = match finish.completion_tokens {
        40 => FinishReason::Length,
        _ => FinishReason::Stop,
    };
    assert_eq!(finish.reason, expected);
    assert!(finish.timings.first_token > Duration::ZERO);
    assert!(finish.timings.total >= finish.timings.first_token);
}

#[test]
fn a_full_context_ends_with_length() {
    let model = open(&TinyLlama {
        context_length: 10,
        ..TinyLlama::default()
    });
    let unlimited = Request {
        max_tokens: None,
        sampling: Sampling::greedy(),
        ..request(&model, "12345678")
    };
    let (_, finish) = finish(model.generate(unlimited).expect("valid"));
    assert_eq!(finish.reason, FinishReason::Length);
    assert_eq!(finish.completion_tokens, 3);
}

#[test]
fn impossible_requests_are_typed_errors() {
    let model = open(&TinyLlama {
        context_length: 4,
        ..TinyLlama::default()
    });
    assert!(matches!(
        model.generate(request(&model, "12345")).err(),
        Some(Error::PromptTooLong {
            prompt_tokens: 5,
            context_size: 4
        })
    ));
    assert!(matches!(
        model.generate(request(&model, "")).err(),
        Some(Error::EmptyPrompt)
    ));
    let unknown = Request {
        prompt: vec![259],
        ..Request::default()
    };
    assert!(matches!(
        model.generate(unknown).err(),
        Some(Error::UnknownToken {
            token: 259,
            vocabulary: 259
        })
    ));
    let hot = Request {
        sampling: Sampling {
            temperature: f32::NAN,
            ..Sampling::default()
        },
        ..request(&model, "1")
    };
    assert!(matches!(
        model.generate(hot).err(),
        Some(Error::OutOfRange {
            parameter: "temperature",
            ..
        })
    ));
}

#[test]
fn a_stop_string_ends_the_text_before_it() {
    let model = tiny();
    let whole = text(&model, request(&model, "stop here"));
    let middle: Vec<_> = whole.chars().skip(5).take(2).collect();
    let stop: String = middle.into_iter().collect();
    let stopped = Request {
        stop: vec![stop.clone()],
        ..request(&model, "stop here")
    };
    let (text, finish) = finish(model.generate(stopped).expect("valid"));
    assert_eq!(finish.reason, FinishReason::Stop);
    assert_eq!(text, whole[..whole.find(&stop).expect("it is in there")]);
}

#[test]
fn a_dropped_generation_leaves_the_others_alone() {
    let model = tiny();
    let expect = text(&model, request(&model, "stays"));
    let stays = model.generate(request(&model, "stays")).expect("valid");
    let mut goes = model.generate(request(&model, "goes")).expect("valid");
    goes.blocking_next();
    drop(goes);
    assert_eq!(finish(stays).0, expect);
}

#[test]
fn a_reader_that_does_not_read_stalls_nobody() {
    let model = tiny();
    let endless = Request {
        max_tokens: Some(300),
        ..request(&model, "unread")
    };
    let unread = model.generate(endless.clone()).expect("valid");
    for _ in 0..3 {
        text(&model, request(&model, "read"));
    }
    let expect = text(&model, endless);
    assert_eq!(finish(unread).0, expect);
}

#[test]
fn what_runs_finishes_after_the_model_is_dropped() {
    let model = tiny();
    let expect = text(&model, request(&model, "goes on"));
    let generation = model.generate(request(&model, "goes on")).expect("valid");
    drop(model);
    assert_eq!(finish(generation).0, expect);
}

#[test]
fn weights_that_are_not_numbers_are_an_error_of_the_sequence() {
    use candle_core::quantized::GgmlDType;
    use candle_core::{Device, Tensor};
    let broken = Tensor::full(f32::NAN, 64, &Device::Cpu).expect("a tensor");
    let writer = TinyLlama::default().writer().expect("a tiny model");
    let writer = writer
        .without_tensor("output_norm.weight")
        .tensor("output_norm.weight", &broken, GgmlDType::F32)
        .expect("a tensor");
    let model = Model::open(source(&writer), &Options::default(), |_| {}).expect("it opens");
    let mut generation = model.generate(request(&model, "x")).expect("valid");
    let event = generation.blocking_next().expect("an event");
    assert!(matches!(event, Err(Error::NonFiniteLogits)));
    assert!(generation.blocking_next().is_none());
}

#[test]
fn a_tensor_that_the_decoder_would_leave_out_is_refused() {
    use candle_core::quantized::GgmlDType;
    use candle_core::{Device, Tensor};
    let scale = Tensor::zeros(64, candle_core::DType::F32, &Device::Cpu).expect("a tensor");
    let writer = TinyLlama::default().writer().expect("a tiny model");
    let writer = writer
        .tensor("blk.0.attn_q.scale", &scale, GgmlDType::F32)
        .expect("a tensor");
    let opened = Model::open(source(&writer), &Options::default(), |_| {});
    let error = opened.map(drop).expect_err("it has a scale").to_string();
    assert!(error.contains("blk.0.attn_q.scale"), "{error}");
}

#[test]
fn every_quantization_candle_knows_generates() {
    use candle_core::quantized::GgmlDType::*;
    for dtype in [
        F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K,
    ] {
        let shape = TinyLlama {
            layers: 1,
            hidden: 256,
            feed_forward: 256,
            tied: false,
            dtype,
            ..TinyLlama::default()
        };
        let model = open(&shape);
        let few = Request {
            max_tokens: Some(3),
            ..request(&model, "quantized weights")
        };
        let (_, finish) = finish(model.generate(few).expect("valid"));
        assert!(finish.completion_tokens > 0, "{dtype:?}");
    }
}

#[test]
fn streamed_text_is_whole_characters() {
    // A model of random weights emits arbitrary bytes; each event must still be a `String`, and all
    // together what decoding at once gives.
    let model = tiny();
    let (text, finish) = finish(model.generate(request(&model, "☃é")).expect("valid"));
    assert!(finish.completion_tokens > 0);
    assert!(
        text.contains('\u{FFFD}'),
        "random bytes are not all UTF-8: {text:?}"
    );
}

#[test]
fn other_architectures_are_refused_by_name() {
    let writer = TinyLlama::default().writer().expect("a tiny model");
    let writer = writer.metadata("general.architecture", "mamba");
    let error = Model::open(source(&writer), &Options::default(), |_| {}).err();
    let error = error.expect("refused");
    assert!(matches!(error, Error::UnsupportedArchitecture { .. }));
    let refusal = "tiny.gguf: architecture `mamba` is not supported; supported are: llama, ";
    assert!(error.to_string().starts_with(refusal), "{error}");
}

#[test]
fn the_api_crosses_threads() {
    fn check<T: Send + Sync>() {}
    check::<Model>();
    check::<llmspell_inference::Vocabulary>();
    check::<Error>();
    fn sends<T: Send>() {}
    sends::<Generation>();
}
