//! Continuations of prompts.

use crate::{Result, at, context, likeliest, read_json};
use llama_cpp_2::{
    llama_backend::LlamaBackend, llama_batch::LlamaBatch, model::LlamaModel, token::LlamaToken,
};
use serde::Serialize;
use std::{fs, path::Path};

/// One prompt and its continuation.
#[derive(Serialize)]
struct Answer {
    /// The text, with markup.
    prompt: String,
    /// The text as llama.cpp's tokenizer cuts it, markup recognized.
    prompt_tokens: Vec<i32>,
    /// The likeliest continuation; its last token ends the answer, unless the limit cut it.
    tokens: Vec<i32>,
}

/// Writes the continuations of all prompts.
pub fn write(
    backend: &LlamaBackend,
    model: &LlamaModel,
    prompts: &Path,
    output: &Path,
    limit: usize,
) -> Result<()> {
    let prompts: Vec<String> = read_json(prompts)?;
    let answer = |prompt| answer(backend, model, prompt, limit);
    let answers: Vec<Answer> = prompts.into_iter().map(answer).collect::<Result<_>>()?;
    let lines: Vec<String> = answers
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()?;
    fs::write(output, format!("[{}]\n", lines.join(",\n"))).map_err(at(output))?;
    println!("{} answers in {}", answers.len(), output.display());
    Ok(())
}

fn answer(
    backend: &LlamaBackend,
    model: &LlamaModel,
    prompt: String,
    limit: usize,
) -> Result<Answer> {
    let mut context = context(backend, model)?;
    let read = model.vocab().tokenize(prompt.as_bytes(), false, true);
    let room = (model.n_ctx_train() as usize).saturating_sub(read.len());
    if room == 0 {
        let reason = format!(
            "no room for an answer after {} tokens: {prompt}",
            read.len()
        );
        return Err(reason.into());
    }
    let mut batch = LlamaBatch::new(read.len().max(1), 1);
    batch.add_sequence(&read, 0, false)?;
    let mut tokens: Vec<LlamaToken> = Vec::new();
    loop {
        context.decode(&mut batch)?;
        let next = likeliest(context.get_logits_ith(batch.n_tokens() - 1));
        tokens.push(next);
        if model.vocab().is_eog(next) || tokens.len() == limit.min(room) {
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
