//! Chores of the repository: `cargo xtask gen`, `cargo xtask tiny-model PATH`.

mod generate;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use llmspell_inference::testing::TinyLlama;

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
}

fn main() -> ExitCode {
    let done = match Chore::parse() {
        Chore::Gen { check } => generate::files(&root(), check),
        Chore::TinyModel { path } => tiny_model(&path),
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

/// The repository's root, two folders above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2);
    root.expect("the crate lies two folders below the root")
        .to_owned()
}
