//! The whole way in small: vocabulary, training, a stop and a resume, the file.

use candle_core::quantized::{GgmlDType, gguf_file::Content};
use llmspell_inference::Vocabulary;
use serde_json::json;
use std::{collections::HashMap, fs};
use tempfile::TempDir;
use wisp_trainer::{
    answer::{Answerer, for_runtime},
    checkpoint,
    corpus::{Corpus, FIRST_LESSON, SKILLS, Split},
    dialogue::{Call, Dialogue, Prompt, Tool},
    exam, export,
    model::{Config, Model},
    tokenizer::{END, Tokenizer},
    train::{Plan, Settings, Start, train},
};

fn vocabulary() -> Tokenizer {
    let corpus = Corpus::new(1);
    Tokenizer::train(&corpus.texts(300), &corpus.fixed_texts(100), 320).unwrap()
}

fn plan(dir: &TempDir, tokenizer: &Tokenizer, steps: usize) -> Plan {
    Plan {
        dir: dir.path().to_path_buf(),
        start: Start::Random(Config {
            layers: 2,
            ..Config::tiny(tokenizer.size())
        }),
        seed: 1,
        settings: Settings {
            steps,
            batch_tokens: 256,
            threads: 2,
        },
        pause_at: None,
        save_every: 1_000,
    }
}

#[test]
fn training_lowers_the_loss() {
    let dir = TempDir::new().unwrap();
    let tokenizer = vocabulary();
    let (_, first) = train(
        &Plan {
            pause_at: Some(1),
            ..plan(&dir, &tokenizer, 40)
        },
        &tokenizer,
        &mut |_| {},
    )
    .unwrap();
    let (_, last) = train(&plan(&dir, &tokenizer, 40), &tokenizer, &mut |_| {}).unwrap();
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
    let (model, unbroken) = train(&plan(&whole, &tokenizer, 6), &tokenizer, &mut |_| {}).unwrap();
    let (_, half) = train(
        &Plan {
            pause_at: Some(3),
            ..plan(&broken, &tokenizer, 6)
        },
        &tokenizer,
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(half.step, 3);
    // It was stopped between the two renames of a later checkpoint.
    let [target, old, fresh] = ["", ".old", ".new"].map(|end| {
        let name = format!("checkpoint{end}");
        broken.path().join(name)
    });
    fs::rename(&target, &old).unwrap();
    fs::create_dir(&fresh).unwrap();
    let (resumed_model, resumed) = train(
        &Plan {
            start: Start::Checkpoint,
            ..plan(&broken, &tokenizer, 6)
        },
        &tokenizer,
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(
        (resumed.step, resumed.position, resumed.tokens),
        (unbroken.step, unbroken.position, unbroken.tokens)
    );
    assert_eq!(resumed.loss, unbroken.loss);
    let pairs = model.weights.named().into_iter();
    for ((name, _, one), (_, _, other)) in pairs.zip(resumed_model.weights.named()) {
        assert!(one == other, "{name}");
    }
    assert!(target.exists() && !old.exists() && !fresh.exists());
    let saved = checkpoint::progress(broken.path()).unwrap().unwrap();
    assert_eq!(
        (saved.step, saved.position),
        (resumed.step, resumed.position)
    );
}

#[test]
fn a_checkpoint_of_another_vocabulary_or_seed_is_refused_and_so_is_none() {
    let dir = TempDir::new().unwrap();
    let tokenizer = vocabulary();
    let plan = plan(&dir, &tokenizer, 2);
    let resumed = Plan {
        start: Start::Checkpoint,
        ..plan.clone()
    };
    let refusal = |plan: &Plan, tokenizer: &Tokenizer| match train(plan, tokenizer, &mut |_| {}) {
        Ok(_) => panic!("went on"),
        Err(error) => error.to_string(),
    };
    let none = refusal(&resumed, &tokenizer);
    assert!(none.contains("holds no checkpoint; run"), "{none}");
    train(&plan, &tokenizer, &mut |_| {}).unwrap();

    let smaller = Tokenizer::train(&Corpus::new(1).texts(300), &[], 300).unwrap();
    let other = refusal(&resumed, &smaller);
    assert!(other.contains("its vocabulary has"), "{other}");
    let seed = refusal(&Plan { seed: 2, ..resumed }, &tokenizer);
    assert!(seed.contains("its seed is 1, not 2"), "{seed}");
}

#[test]
fn a_damaged_checkpoint_is_named() {
    let dir = TempDir::new().unwrap();
    let tokenizer = vocabulary();
    let plan = plan(&dir, &tokenizer, 1);
    train(&plan, &tokenizer, &mut |_| {}).unwrap();
    let again = Plan {
        start: Start::Checkpoint,
        ..plan
    };
    let tensors = dir.path().join("checkpoint/tensors.safetensors");
    let progress = dir.path().join("checkpoint/progress.json");
    let text = fs::read_to_string(&progress).unwrap();
    let damages = [
        (&tensors, "no tensors".to_owned(), "tensors.safetensors"),
        (
            &progress,
            text.replace("\"heads\": 2", "\"heads\": 0"),
            "its dimensions",
        ),
        (&progress, "{".to_owned(), "progress.json"),
    ];
    for (file, content, expected) in damages {
        fs::write(file, content).unwrap();
        let error = train(&again, &tokenizer, &mut |_| {})
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("checkpoint"), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_exam_asks_no_question_twice_and_knows_right_answers() {
    let corpus = Corpus::new(1);
    let prompt = |prompt: Prompt| format!("{prompt:?}");
    let mut keys = HashMap::new();
    for dialogue in SKILLS
        .iter()
        .flat_map(|skill| exam::questions(&corpus, skill, Split::HeldOut).take(10))
    {
        let answer = dialogue.messages.last().unwrap().content();
        assert!(keys.insert(prompt(dialogue.prompt()), answer).is_none());
    }
    let known = |asked: Prompt| Ok(keys.contains_key(&prompt(asked)));
    let mut oracle = |prompts: &[Prompt]| {
        let answers = prompts.iter().map(|asked| keys[&prompt(*asked)].clone());
        Ok(answers.collect())
    };
    let report = exam::run(&corpus, SKILLS, Split::HeldOut, 10, known, &mut oracle).unwrap();
    for score in report.0 {
        assert_eq!((score.asked, score.right), (10, 10), "{}", score.skill);
    }
}

#[test]
fn the_exam_counts_right_answers() {
    let corpus = Corpus::new(1);
    let mut silent = |prompts: &[Prompt]| Ok(vec![String::new(); prompts.len()]);
    let report = exam::run(
        &corpus,
        SKILLS,
        Split::HeldOut,
        3,
        |_| Ok(true),
        &mut silent,
    )
    .unwrap();
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
        let logits = model.logits(&ids);
        let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
        ids.push(best.unwrap() as u32);
    }
    ids
}

#[test]
fn the_runtime_answers_as_the_model_in_training_does() {
    let dir = TempDir::new().unwrap();
    let tokenizer = vocabulary();
    let (model, _) = train(&plan(&dir, &tokenizer, 20), &tokenizer, &mut |_| {}).unwrap();
    let path = dir.path().join("wisp.gguf");
    export::export(&model, &tokenizer, GgmlDType::F32, &path).unwrap();
    let dialogue = Dialogue::exchange("Hello!", "");
    let answers = Answerer::open(&path)
        .unwrap()
        .greedy(&[dialogue.prompt(); 2])
        .unwrap();
    let prompt = tokenizer.prompt(dialogue.prompt()).unwrap();
    let ids = continued(&model, prompt.clone(), 120).split_off(prompt.len());
    let end = tokenizer.id(END).unwrap();
    let answer: Vec<u32> = ids.into_iter().take_while(|id| *id != end).collect();
    let expected = tokenizer.decode(&answer).unwrap();
    assert_eq!(answers, [expected.clone(), expected]);
}

fn exported(dir: &TempDir) -> (Tokenizer, std::path::PathBuf) {
    let tokenizer = vocabulary();
    let model = Model::new(Config::tiny(tokenizer.size()), 1);
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
        "<tool_call>{\"name\":\"add\"}</tool_call> <tools <tool_response>\n",
    ] {
        let ids = runtime.tokenizer().encode(text, Default::default());
        assert_eq!(ids, tokenizer.encode(text).unwrap(), "{text}");
    }
}

/// The runtime's tokens for the prompt of a dialogue, and the trainer's.
fn both(runtime: &Vocabulary, tokenizer: &Tokenizer, prompt: Prompt) -> [Vec<u32>; 2] {
    let (messages, tools) = for_runtime(prompt);
    let ids = runtime
        .prompt_tokens(&messages, tools.as_ref(), true)
        .unwrap();
    [ids, tokenizer.prompt(prompt).unwrap()]
}

#[test]
fn the_chat_template_renders_what_was_trained() {
    let dir = TempDir::new().unwrap();
    let (tokenizer, path) = exported(&dir);
    let runtime = Vocabulary::open(path).unwrap();
    let alone = Dialogue::exchange("Hello!", "");
    let long = Dialogue::exchange("Hi <|im_end|>", "Hello!")
        .turn("\n 2 + 2\n", "")
        .under("Be brief.");
    for dialogue in [alone, long] {
        let [expected, ids] = both(&runtime, &tokenizer, dialogue.prompt());
        assert_eq!(ids, expected);
    }
}

fn tool(name: &str, description: &str, parameters: &[(&str, &'static str)]) -> Tool {
    Tool {
        name: name.into(),
        description: description.into(),
        parameters: parameters
            .iter()
            .map(|(name, kind)| (name.to_string(), *kind))
            .collect(),
    }
}

fn call(name: &str, arguments: serde_json::Value) -> Call {
    Call {
        name: name.into(),
        arguments: serde_json::from_value(arguments).unwrap(),
    }
}

/// Two tools, parallel calls, results, and text that looks like markup.
fn with_tools() -> Dialogue {
    let calls = vec![
        call("get_weather", json!({"city": "Oslo", "day": 3})),
        call(
            "get_weather",
            json!({"city": "\"R\\me\" <|im_end|>é\n", "day": 2.5}),
        ),
    ];
    let tools = vec![
        tool(
            "get_weather",
            "Current weather.",
            &[("city", "string"), ("day", "integer")],
        ),
        tool("stop", "", &[]),
    ];
    Dialogue::default()
        .calling("Weather in Oslo <tool_call>?", calls)
        .result("sunny, 21")
        .result("\n<|im_start|>{\"sky\": \"rain\"}")
        .answer("Sunny, and rain.")
        .calling("stop", vec![call("stop", json!({}))])
        .result("ok")
        .answer("")
        .with_tools(tools)
}

#[test]
fn the_chat_template_renders_tools_calls_and_results_as_trained() {
    let dir = TempDir::new().unwrap();
    let (tokenizer, path) = exported(&dir);
    let runtime = Vocabulary::open(path).unwrap();
    for dialogue in [with_tools(), with_tools().under("Be brief.\n")] {
        for end in 1..dialogue.messages.len() {
            let prompt = Prompt {
                messages: &dialogue.messages[..end],
                ..dialogue.prompt()
            };
            let [expected, ids] = both(&runtime, &tokenizer, prompt);
            assert_eq!(ids, expected, "{}", tokenizer.decode(&ids).unwrap());
        }
    }
}

#[test]
fn the_chat_template_renders_the_corpus_as_trained() {
    let dir = TempDir::new().unwrap();
    let (tokenizer, path) = exported(&dir);
    let runtime = Vocabulary::open(path).unwrap();
    let corpus = Corpus::new(5);
    for index in FIRST_LESSON..FIRST_LESSON + 300 {
        let dialogue = corpus.dialogue(Split::Train, index);
        let [expected, ids] = both(&runtime, &tokenizer, dialogue.prompt());
        assert_eq!(ids, expected, "{}", tokenizer.decode(&ids).unwrap());
    }
}

/// What the exported template makes of messages and tools.
fn rendered(messages: &[llmspell_inference::Message], tools: Option<serde_json::Value>) -> String {
    let dir = TempDir::new().unwrap();
    let runtime = Vocabulary::open(exported(&dir).1).unwrap();
    let template = runtime.template(false).unwrap();
    template.render(messages, tools.as_ref(), true).unwrap()
}

#[test]
fn the_chat_template_shows_tools_calls_and_results() {
    let dialogue = with_tools();
    let (messages, tools) = for_runtime(Prompt {
        messages: &dialogue.messages[..3],
        ..dialogue.prompt()
    });
    let expected = r#"<|im_start|>system
<tools>
{"name":"get_weather","arguments":{"city":"string","day":"integer"}} Current weather.
{"name":"stop","arguments":{}}
</tools><|im_end|>
<|im_start|>user
Weather in Oslo <tool_call>?<|im_end|>
<|im_start|>assistant
<tool_call>{"name":"get_weather","arguments":{"city":"Oslo","day":3}}</tool_call><tool_call>{"name":"get_weather","arguments":{"city":"\"R\\me\" <|im_end|>é\n","day":2.5}}</tool_call><|im_end|>
<|im_start|>tool
sunny, 21<|im_end|>
<|im_start|>assistant
"#;
    assert_eq!(rendered(&messages, tools), expected);
}

#[test]
fn the_chat_template_takes_tools_and_calls_in_every_usual_form() {
    let properties = json!({"items": {"type": "integer"}, "b": {"enum": [1]}, "c": {"type": ["string", "null"]}});
    let tools = json!([
        {"name": "bare"},
        {"type": "function", "function": {"name": "no_properties", "description": null, "parameters": {}}},
        {"name": "typed", "description": "Some.", "parameters": {"properties": properties}},
    ]);
    let mut calls = llmspell_inference::Message::assistant("Well: ");
    let made = json!([
        {"function": {"name": "typed", "arguments": "{\"items\": 1}"}},
        {"name": "typed", "arguments": {"items": [1, true], "values": null}},
        {"name": "bare"},
    ]);
    calls.fields.insert("tool_calls".into(), made);
    let text = rendered(
        &[llmspell_inference::Message::system("Be brief."), calls],
        Some(tools),
    );
    let expected = r#"<|im_start|>system
Be brief.

<tools>
{"name":"bare","arguments":{}}
{"name":"no_properties","arguments":{}}
{"name":"typed","arguments":{"items":"integer","b":"any","c":"any"}} Some.
</tools><|im_end|>
<|im_start|>assistant
Well: <tool_call>{"name":"typed","arguments":{"items": 1}}</tool_call><tool_call>{"name":"typed","arguments":{"items":[1, true],"values":null}}</tool_call><tool_call>{"name":"bare","arguments":{}}</tool_call><|im_end|>
<|im_start|>assistant
"#;
    assert_eq!(text, expected);
}
