//! The whole way in small: vocabulary, training, a stop and a resume, the file.

use candle_core::quantized::{GgmlDType, gguf_file::Content};
use llmspell_inference::Vocabulary;
use serde_json::json;
use tempfile::TempDir;
use wisp_trainer::{
    answer::{Answerer, for_runtime},
    checkpoint,
    corpus::{Corpus, Split},
    dialogue::{Dialogue, Message},
    exam, export,
    model::{Config, Model},
    tokenizer::{END, Tokenizer},
    train::{Length, Plan, train},
};

fn vocabulary() -> Tokenizer {
    Tokenizer::train(&Corpus::new(1).texts(300), 320).unwrap()
}

fn plan(dir: &TempDir, steps: usize) -> Plan {
    Plan {
        dir: dir.path().to_path_buf(),
        config: Config::tiny(320),
        seed: 1,
        batch_tokens: 256,
        rate: 1e-2,
        length: Length::Steps(steps),
        pause_at: None,
        resume: false,
        save_every: 1_000,
        report_every: 0,
    }
}

#[test]
fn training_lowers_the_loss() {
    let dir = TempDir::new().unwrap();
    let tokenizer = vocabulary();
    let (_, first) = train(
        &Plan {
            pause_at: Some(1),
            ..plan(&dir, 40)
        },
        &tokenizer,
    )
    .unwrap();
    let (_, last) = train(&plan(&dir, 40), &tokenizer).unwrap();
    assert!(
        last.loss < first.loss - 1.0,
        "{} is not well below {}",
        last.loss,
        first.loss
    );
}

#[test]
fn a_resumed_run_ends_where_an_unbroken_one_does() {
    let (whole, broken) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let tokenizer = vocabulary();
    let (_, unbroken) = train(&plan(&whole, 6), &tokenizer).unwrap();
    let (_, half) = train(
        &Plan {
            pause_at: Some(3),
            ..plan(&broken, 6)
        },
        &tokenizer,
    )
    .unwrap();
    assert_eq!(half.step, 3);
    let (_, resumed) = train(
        &Plan {
            resume: true,
            ..plan(&broken, 6)
        },
        &tokenizer,
    )
    .unwrap();
    assert_eq!(
        (resumed.step, resumed.position, resumed.tokens),
        (unbroken.step, unbroken.position, unbroken.tokens)
    );
    // Threads add up in another order each time, so the last digits differ.
    assert!(
        (resumed.loss - unbroken.loss).abs() < 1e-3,
        "{} {}",
        resumed.loss,
        unbroken.loss
    );
    assert_eq!(checkpoint::progress(broken.path()).unwrap(), Some(resumed));
}

#[test]
fn the_exam_counts_right_answers() {
    let corpus = Corpus::new(1);
    let mut silent = |prompts: &[&[Message]]| Ok(vec![String::new(); prompts.len()]);
    let report = exam::run(&corpus, Split::HeldOut, 3, &mut silent).unwrap();
    assert!(
        report
            .0
            .iter()
            .all(|score| score.asked == 3 && score.right == 0)
    );
    assert_eq!(
        report
            .0
            .iter()
            .map(|score| score.mistakes.len())
            .sum::<usize>(),
        3 * report.0.len()
    );
    assert!(
        report.to_string().contains("| facts | 3 | 0 | 0% |"),
        "{report}"
    );
}

/// What the model in training would say after `prompt`, without any cache.
fn continued(model: &Model, mut ids: Vec<u32>, count: usize) -> Vec<u32> {
    for _ in 0..count {
        let last = ids.len() as u32 - 1;
        let whole = 0..ids.len();
        let logits = model
            .forward(&ids, std::slice::from_ref(&whole), &[last])
            .unwrap();
        ids.push(logits.argmax(1).unwrap().to_vec1().unwrap()[0]);
    }
    ids
}

#[test]
fn the_runtime_answers_as_the_model_in_training_does() {
    let dir = TempDir::new().unwrap();
    let tokenizer = vocabulary();
    let (model, _) = train(&plan(&dir, 20), &tokenizer).unwrap();
    let path = dir.path().join("wisp.gguf");
    export::export(&model, &tokenizer, GgmlDType::F32, &path).unwrap();
    let dialogue = Dialogue::exchange("Hello!", "");
    let messages = &dialogue.messages[..1];
    let answers = Answerer::open(&path)
        .unwrap()
        .greedy(&[messages; 2])
        .unwrap();
    let prompt = tokenizer.prompt(messages).unwrap();
    let ids = continued(&model, prompt.clone(), 80).split_off(prompt.len());
    let end = tokenizer.id(END).unwrap();
    let answer: Vec<u32> = ids.into_iter().take_while(|id| *id != end).collect();
    let expected = tokenizer.decode(&answer).unwrap();
    assert_eq!(answers, [expected.clone(), expected]);
}

fn exported(dir: &TempDir) -> (Tokenizer, std::path::PathBuf) {
    let tokenizer = vocabulary();
    let model = Model::new(Config::tiny(tokenizer.size()), 1).unwrap();
    let path = dir.path().join("wisp.gguf");
    export::export(&model, &tokenizer, GgmlDType::Q8_0, &path).unwrap();
    (tokenizer, path)
}

#[test]
fn the_file_holds_what_a_llama_needs() {
    let dir = TempDir::new().unwrap();
    let (tokenizer, path) = exported(&dir);
    let file = Content::read(&mut std::fs::File::open(path).unwrap()).unwrap();
    let names = [
        "token_embd",
        "output_norm",
        "blk.0.attn_norm",
        "blk.0.attn_q",
        "blk.0.attn_k",
        "blk.0.attn_v",
        "blk.0.attn_output",
        "blk.0.ffn_norm",
        "blk.0.ffn_gate",
        "blk.0.ffn_up",
        "blk.0.ffn_down",
    ];
    for name in names {
        let tensor = &file.tensor_infos[&format!("{name}.weight")];
        let norm = name.ends_with("norm");
        assert_eq!(
            tensor.ggml_dtype,
            if norm {
                GgmlDType::F32
            } else {
                GgmlDType::Q8_0
            }
        );
    }
    assert_eq!(file.tensor_infos.len(), names.len());
    assert_eq!(
        file.tensor_infos["token_embd.weight"].shape.dims(),
        [tokenizer.size(), 32]
    );
}

#[test]
fn the_runtime_encodes_as_the_trainer_does() {
    let dir = TempDir::new().unwrap();
    let (tokenizer, path) = exported(&dir);
    let runtime = Vocabulary::open(path).unwrap();
    for text in [
        "What is 12 + 7?",
        "  two  spaces\n\nlines ",
        "Ünïcödé 🎈 it's",
        "user\n",
        "<|im_end|>",
    ] {
        let ids = runtime.tokenizer().encode(text, Default::default());
        assert_eq!(ids, tokenizer.encode(text).unwrap(), "{text}");
    }
}

#[test]
fn the_chat_template_renders_what_was_trained() {
    let dir = TempDir::new().unwrap();
    let (tokenizer, path) = exported(&dir);
    let runtime = Vocabulary::open(path).unwrap();
    let alone = Dialogue::exchange("Hello!", "").messages;
    let long = Dialogue::exchange("Hi <|im_end|>", "Hello!")
        .turn("2 + 2\n", "")
        .under("Be brief.");
    for messages in [&alone[..1], &long.messages[..4]] {
        let ids = runtime
            .prompt_tokens(&for_runtime(messages), None, true)
            .unwrap();
        assert_eq!(ids, tokenizer.prompt(messages).unwrap());
    }
}

#[test]
fn the_chat_template_shows_tools_calls_and_results() {
    let dir = TempDir::new().unwrap();
    let (_, path) = exported(&dir);
    let runtime = Vocabulary::open(path).unwrap();
    let tools = json!([{"type": "function", "function": {"name": "add", "parameters": {}}}]);
    let mut call = llmspell_inference::Message::assistant("");
    let calls = json!([{"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}]);
    call.fields.insert("tool_calls".into(), calls);
    let result = llmspell_inference::Message::new("tool", "2");
    let messages = [llmspell_inference::Message::user("add"), call, result];
    let text = runtime
        .template()
        .unwrap()
        .render(&messages, Some(&tools), true)
        .unwrap();
    assert!(
        text.starts_with("<|im_start|>system\nTools:\n<tools>\n{\"name\": \"add\""),
        "{text}"
    );
    let turns = "<|im_start|>assistant\n<tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 1}}\
                 </tool_call><|im_end|>\n<|im_start|>tool\n<tool_response>2</tool_response><|im_end|>\n\
                 <|im_start|>assistant\n";
    assert!(text.ends_with(turns), "{text}");
}
