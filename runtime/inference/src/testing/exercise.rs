//! Everything that can be done with a file that came from anywhere.

use crate::tokenizer::EncodeOptions;
use crate::{Error, Message, Model, ModelInfo, Options, Request, Source, Template, Vocabulary};

const TEXT: &str = "Hello, wörld! <|im_end|> 12345\n\n  \u{1F999} a\u{301}</s>";

/// Reads a file as a header, as a vocabulary and as a model, and uses what can be opened. Fuzzing calls it,
/// and a test with every file that fuzzing has found: whatever the bytes, nothing panics.
pub fn exercise(bytes: &[u8]) {
    let source = Source::Memory {
        name: "any.gguf".to_owned(),
        bytes: bytes.into(),
    };
    // Each ends in an error for most files; which one is tested elsewhere.
    let _ = ModelInfo::read(source.clone());
    if let Ok(vocabulary) = Vocabulary::open(source.clone()) {
        let _ = exercise_vocabulary(&vocabulary);
    }
    let options = Options {
        cache_bytes: Some(1 << 20),
        ..Options::default()
    };
    if let Ok(model) = Model::open(source, &options, |_| {}) {
        let _ = exercise_model(&model);
    }
}

fn exercise_vocabulary(vocabulary: &Vocabulary) -> Result<(), Error> {
    let tokenizer = vocabulary.tokenizer();
    for (add_special, special) in [(false, false), (true, true)] {
        let options = EncodeOptions {
            add_special,
            special,
        };
        let ids = tokenizer.encode(TEXT, options);
        tokenizer.decode(&ids, true)?;
        let mut stream = tokenizer.stream();
        for id in ids {
            stream.push(tokenizer, id)?;
        }
        stream.finish();
    }
    vocabulary.prompt_tokens(&conversation(), None, true)?;
    Ok(())
}

fn exercise_model(model: &Model) -> Result<(), Error> {
    let mut generation = model.generate(Request {
        prompt: vec![0, 1, 2],
        max_tokens: Some(2),
        ..Request::default()
    })?;
    while let Some(event) = generation.blocking_next() {
        event?;
    }
    Ok(())
}

/// Compiles a chat template and renders a conversation.
pub fn exercise_template(source: &str) {
    if let Ok(template) = Template::new(source, "<s>", "</s>") {
        // Most templates that are no templates end in an error.
        let _ = template.render(&conversation(), None, true);
    }
}

fn conversation() -> [Message; 3] {
    [
        Message::system("Be brief."),
        Message::user(TEXT),
        Message::assistant(""),
    ]
}
