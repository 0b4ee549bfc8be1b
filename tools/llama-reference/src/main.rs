//! What llama.cpp says, as fixtures that the tests of llmspell compare with.

mod greedy;
mod logits;

use clap::{Parser, Subcommand};
use llama_cpp_2::{
    context::{
        LlamaContext,
        params::{KvCacheType, LlamaContextParams},
    },
    llama_backend::LlamaBackend,
    model::{LlamaModel, params::LlamaModelParams},
    token::LlamaToken,
};
use serde::de::DeserializeOwned;
use std::{
    error::Error,
    fmt::Display,
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
    process::ExitCode,
};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Asks llama.cpp and writes down what it says.
#[derive(Parser)]
struct Cli {
    /// Show what llama.cpp logs
    #[arg(long, global = true)]
    log: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Continue prompts, always by the likeliest token
    Greedy {
        /// The GGUF file
        model: PathBuf,
        /// A JSON list of prompts, rendered by the chat template
        prompts: PathBuf,
        /// The file to write: a JSON list of prompts with their tokens and the tokens that follow
        output: PathBuf,
        /// Tokens to generate at most, the one that ends the answer included
        #[arg(long, default_value_t = 64)]
        tokens: usize,
    },
    /// Write the logits of a prompt and of the likeliest tokens after it
    Logits {
        /// A folder of GGUF files with the prompt's tokens in prompt.json (`cargo xtask variants`)
        models: PathBuf,
        /// The folder to write to: for each model the logits of all steps, as little-endian f32
        output: PathBuf,
        /// Tokens to generate after the prompt
        #[arg(long, default_value_t = 8)]
        tokens: usize,
    },
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

fn run(cli: &Cli) -> Result<()> {
    let mut backend = LlamaBackend::init()?;
    if !cli.log {
        backend.void_logs();
    }
    match &cli.command {
        Command::Greedy {
            model,
            prompts,
            output,
            tokens,
        } => greedy::write(&backend, &load(&backend, model)?, prompts, output, *tokens),
        Command::Logits {
            models,
            output,
            tokens,
        } => logits::write(&backend, models, output, *tokens),
    }
}

/// Names the file that an error is about; made for `map_err`.
fn at<E: Display>(path: &Path) -> impl Fn(E) -> String {
    move |error| format!("{}: {error}", path.display())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read(path).map_err(at(path))?;
    Ok(serde_json::from_slice(&text).map_err(at(path))?)
}

fn load(backend: &LlamaBackend, path: &Path) -> Result<LlamaModel> {
    let model = LlamaModel::load_from_file(backend, path, &LlamaModelParams::default());
    Ok(model.map_err(at(path))?)
}

/// A context of the model's own size with its cache in F32, without flash attention, on one thread:
/// answers are compared number by number, and the models are small. Q8_0 weights stay as they are, so
/// llama.cpp rounds activations to Q8_0 before it multiplies.
fn context<'a>(backend: &LlamaBackend, model: &'a LlamaModel) -> Result<LlamaContext<'a>> {
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(model.n_ctx_train()))
        .with_flash_attention_policy(llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_DISABLED)
        .with_type_k(KvCacheType::F32)
        .with_type_v(KvCacheType::F32)
        .with_n_threads(1)
        .with_n_threads_batch(1);
    Ok(model.new_context(backend, params)?)
}

fn likeliest(logits: &[f32]) -> LlamaToken {
    let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
    LlamaToken(best.unwrap_or_default() as i32)
}
