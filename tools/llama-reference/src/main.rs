//! What llama.cpp says, as fixtures that the tests of llmspell compare with.

use clap::Parser;
use llama_cpp_2::{
    context::params::{KvCacheType, LlamaContextParams},
    llama_backend::LlamaBackend,
    llama_batch::LlamaBatch,
    model::{LlamaModel, params::LlamaModelParams},
    token::LlamaToken,
};
use serde::{Deserialize, Serialize};
use std::{error::Error, fs, num::NonZeroU32, path::PathBuf, process::ExitCode};

/// Continues prompts with llama.cpp, always by the likeliest token.
#[derive(Parser)]
struct Cli {
    /// The GGUF file
    model: PathBuf,
    /// A JSON list of prompts, rendered by the chat template
    prompts: PathBuf,
    /// The file to write: a JSON list of prompts with their tokens and the tokens that follow
    output: PathBuf,
    /// Tokens to generate at most, the one that ends the answer included
    #[arg(long, default_value_t = 64)]
    tokens: usize,
}

/// One prompt and its continuation.
#[derive(Serialize, Deserialize)]
struct Answer {
    /// The text, with markup.
    prompt: String,
    /// The text as llama.cpp's tokenizer cuts it, markup recognized.
    prompt_tokens: Vec<i32>,
    /// The likeliest continuation; its last token ends the answer, unless the limit cut it.
    tokens: Vec<i32>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("llama-reference: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), Box<dyn Error>> {
    let prompts: Vec<String> = serde_json::from_slice(&fs::read(&cli.prompts)?)?;
    let mut backend = LlamaBackend::init()?;
    backend.void_logs();
    let model = LlamaModel::load_from_file(&backend, &cli.model, &LlamaModelParams::default())?;
    let answer = |prompt: String| answer(&backend, &model, prompt, cli.tokens);
    let answers: Vec<Answer> = prompts.into_iter().map(answer).collect::<Result<_, _>>()?;
    let mut json = serde_json::to_string(&answers)?.replace("},{", "},\n{"); // one line each
    json.push('\n');
    fs::write(&cli.output, json)?;
    println!("{} answers in {}", answers.len(), cli.output.display());
    Ok(())
}

fn answer(
    backend: &LlamaBackend,
    model: &LlamaModel,
    prompt: String,
    limit: usize,
) -> Result<Answer, Box<dyn Error>> {
    // The cache in F32: the answers are compared token by token.
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(model.n_ctx_train()))
        .with_type_k(KvCacheType::F32)
        .with_type_v(KvCacheType::F32);
    let mut context = model.new_context(backend, params)?;
    let read = model.vocab().tokenize(prompt.as_bytes(), false, true);
    let mut batch = LlamaBatch::new(read.len().max(1), 1);
    batch.add_sequence(&read, 0, false)?;
    let mut tokens: Vec<LlamaToken> = Vec::new();
    loop {
        context.decode(&mut batch)?;
        let next = likeliest(context.get_logits_ith(batch.n_tokens() - 1));
        tokens.push(next);
        if model.vocab().is_eog(next) || tokens.len() == limit {
            break;
        }
        batch.clear();
        batch.add(next, (read.len() + tokens.len() - 1) as i32, &[0], true)?;
    }
    let ids = |tokens: Vec<LlamaToken>| tokens.into_iter().map(|token| token.0).collect();
    Ok(Answer {
        prompt,
        prompt_tokens: ids(read),
        tokens: ids(tokens),
    })
}

fn likeliest(logits: &[f32]) -> LlamaToken {
    let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
    LlamaToken(best.unwrap_or_default() as i32)
}
