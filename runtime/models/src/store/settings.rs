//! Where models are kept, and where they come from.

use std::path::PathBuf;

use crate::folders;
use crate::transfer::{Token, TransferSettings};

/// Where models are kept, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// `None` if none is configured and no home is known: then nothing can be pulled.
    pub directory: Option<PathBuf>,
    /// Which one is got, and found, where a name leaves it open.
    pub default_quantization: String,
    /// The server that models come from.
    pub endpoint: String,
    /// Sent to the endpoint alone.
    pub token: Option<Token>,
    /// The cache of other Hugging Face programs, which is looked at and never written to.
    pub hub_cache: Option<PathBuf>,
    pub transfer: TransferSettings,
}

/// What the environment says: `XDG_DATA_HOME`, `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_CACHE` and `HF_HOME`.
/// Source: the environment variables of `huggingface_hub`.
impl Default for StoreSettings {
    fn default() -> Self {
        let home = hub_home();
        let cache = variable("HF_HUB_CACHE").map(PathBuf::from);
        Self {
            directory: folders::data().map(|folder| folder.join("models")),
            default_quantization: "Q4_K_M".to_owned(),
            endpoint: variable("HF_ENDPOINT").unwrap_or("https://huggingface.co".to_owned()),
            token: token(home.as_ref()),
            hub_cache: cache.or_else(|| Some(home?.join("hub"))),
            transfer: TransferSettings::default(),
        }
    }
}

fn hub_home() -> Option<PathBuf> {
    let named = variable("HF_HOME").map(PathBuf::from);
    let cache = || variable("XDG_CACHE_HOME").map(|cache| PathBuf::from(cache).join("huggingface"));
    let at_home = || Some(std::env::home_dir()?.join(".cache/huggingface"));
    named.or_else(cache).or_else(at_home)
}

fn token(home: Option<&PathBuf>) -> Option<Token> {
    let file = variable("HF_TOKEN_PATH").map(PathBuf::from);
    let file = file.or_else(|| Some(home?.join("token")));
    let from_file = || std::fs::read_to_string(file?).ok();
    Token::new(&variable("HF_TOKEN").or_else(from_file)?)
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var(name).ok()?;
    (!value.trim().is_empty()).then(|| value.trim().to_owned())
}
