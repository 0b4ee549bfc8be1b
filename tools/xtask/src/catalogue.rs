//! Whether the files of the catalogue of models are where it says.

use std::error::Error;

use llmspell_models::catalogue::{Catalogue, Entry, File};
use llmspell_models::{Error as ModelError, StoreSettings};

/// How much a size may differ from the one in the catalogue, which is rounded: a hundredth, and 0.01 GB.
const TOLERANCE: (f64, f64) = (0.01, 0.01);

/// Asks the server for every file; says which are not there, and which have another size.
pub fn check() -> Result<(), Box<dyn Error>> {
    let settings = StoreSettings::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (mut wrong, mut total) = (0, 0);
    for entry in Catalogue::bundled()?.entries() {
        for file in entry.files() {
            total += 1;
            if let Some(problem) = runtime.block_on(problem(entry, file, &settings))? {
                println!("{}: {}: {problem}", entry.name, file.file);
                wrong += 1;
            }
        }
    }
    match wrong {
        0 => println!("all {total} files are there"),
        _ => return Err(format!("{wrong} of {total} files are not as the catalogue says").into()),
    }
    Ok(())
}

/// What is wrong of a file. Without a network nothing can be said of any file, which is an error.
async fn problem(
    entry: &Entry,
    file: &File,
    settings: &StoreSettings,
) -> Result<Option<String>, Box<dyn Error>> {
    match entry.probe(file, settings).await {
        Ok(Some(size)) => Ok(differs(file.size_gb, size)),
        Ok(None) => Ok(None),
        Err(ModelError::Transfer { url, reason }) => Err(format!(
            "the server cannot be reached, so nothing more is checked: {url}: {reason}"
        )
        .into()),
        Err(error) => Ok(Some(error.to_string())),
    }
}

fn differs(known: Option<f64>, bytes: u64) -> Option<String> {
    let (known, found) = (known?, bytes as f64 / 1e9);
    let (part, least) = TOLERANCE;
    let differs = (known - found).abs() > (found * part).max(least);
    differs.then(|| format!("has {found:.3} GB, not {known}"))
}
