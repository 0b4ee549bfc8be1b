//! Chores of the repository: `cargo xtask gen`, `cargo xtask tiny-model PATH`, `cargo xtask variants DIR`,
//! `cargo xtask catalogue-check`.

mod catalogue;
mod generate;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use llmspell_inference::testing::{self, TinyLlama};

/// Chores of the repository
#[derive(Parser)]
enum Chore {
    /// Write the files that are generated from the script API's specs
    Gen {
        /// Change nothing; fail if a file is out of date
        #[arg(long)]
        check: bool,
    },
    /// Write a tiny llama with random weights, for tests
    TinyModel { path: PathBuf },
    /// Write a tiny model of each kind that the decoder knows, and the prompt to try them with, for
    /// tools/llama-reference
    Variants { dir: PathBuf },
    /// Ask Hugging Face, or HF_ENDPOINT, whether every file of the catalogue is there; needs a network
    CatalogueCheck,
}

fn main() -> ExitCode {
    let done = match Chore::parse() {
        Chore::Gen { check } => generate::files(&root(), check),
        Chore::TinyModel { path } => tiny_model(&path),
        Chore::Variants { dir } => variants(&dir),
        Chore::CatalogueCheck => catalogue::check(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tiny_model(path: &Path) -> Result<(), Box<dyn Error>> {
    TinyLlama::default().writer()?.write_to(path)?;
    Ok(())
}

fn variants(dir: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(dir)?;
    for name in testing::VARIANTS {
        testing::variant(name)?.write_to(dir.join(format!("{name}.gguf")))?;
    }
    let prompt = format!("{:?}\n", testing::variant_prompt()); // numbers: the same in JSON
    std::fs::write(dir.join("prompt.json"), prompt)?;
    Ok(())
}

/// The repository's root, two folders above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2);
    root.expect("the crate lies two folders below the root")
        .to_owned()
}
