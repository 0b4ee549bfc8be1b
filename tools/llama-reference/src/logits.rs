//! Logits, step by step.

use crate::{Result, at, context, likeliest, load, read_json};
use llama_cpp_2::{
    llama_backend::LlamaBackend, llama_batch::LlamaBatch, model::LlamaModel, token::LlamaToken,
};
use std::{ffi::OsStr, fs, path::Path};

/// Writes the logits of every GGUF file in `models`.
pub fn write(backend: &LlamaBackend, models: &Path, output: &Path, tokens: usize) -> Result<()> {
    let prompt: Vec<i32> = read_json(&models.join("prompt.json"))?;
    let prompt: Vec<LlamaToken> = prompt.into_iter().map(LlamaToken).collect();
    fs::create_dir_all(output).map_err(at(output))?;
    let mut found = false;
    for entry in fs::read_dir(models).map_err(at(models))? {
        let path = entry?.path();
        if path.extension() != Some(OsStr::new("gguf")) {
            continue;
        }
        found = true;
        let logits = logits(backend, &load(backend, &path)?, &prompt, tokens)?;
        let deviation = deviation(&logits);
        let bytes: Vec<u8> = logits
            .iter()
            .flat_map(|logit| logit.to_le_bytes())
            .collect();
        let name = path.with_extension("f32");
        let written = output.join(name.file_name().unwrap_or_default());
        fs::write(&written, bytes).map_err(at(&written))?;
        println!("{}: standard deviation {deviation:.2}", path.display());
    }
    match found {
        true => Ok(()),
        false => Err(format!("{} holds no GGUF file", models.display()).into()),
    }
}

/// The logits after the prompt and after each of the likeliest tokens that follow.
fn logits(
    backend: &LlamaBackend,
    model: &LlamaModel,
    prompt: &[LlamaToken],
    tokens: usize,
) -> Result<Vec<f32>> {
    let mut context = context(backend, model)?;
    let mut batch = LlamaBatch::new(prompt.len(), 1);
    batch.add_sequence(prompt, 0, false)?;
    let mut all = Vec::new();
    for step in 0..=tokens {
        context.decode(&mut batch)?;
        let logits = context.get_logits_ith(batch.n_tokens() - 1);
        let next = likeliest(logits);
        all.extend_from_slice(logits);
        batch.clear();
        batch.add(next, (prompt.len() + step) as i32, &[0], true)?;
    }
    Ok(all)
}

fn deviation(values: &[f32]) -> f32 {
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    let square = |value: &f32| (value - mean).powi(2);
    (values.iter().map(square).sum::<f32>() / values.len() as f32).sqrt()
}
