//! Where models are kept, where they come from, and how they are transferred.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::folders;

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

impl StoreSettings {
    /// No folder at all: nothing is found, nothing can be pulled.
    pub fn nowhere() -> Self {
        Self {
            directory: None,
            hub_cache: None,
            token: None,
            ..Self::default()
        }
    }
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

/// How files are transferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferSettings {
    /// Connections for one file.
    pub connections: usize,
    /// Bytes from which on a file comes over several connections.
    pub large: u64,
    /// Bytes after which what has come is noted, so that it outlives the process.
    pub journal_step: u64,
    pub connect_timeout: Duration,
    /// How long a server may send nothing.
    pub idle_timeout: Duration,
    /// Attempts in a row that bring nothing, after which a transfer fails.
    pub attempts: u32,
    /// The wait after the first failure; it doubles with each one that follows.
    pub first_wait: Duration,
    /// The longest wait, also where the server asks for a longer one: then the transfer fails.
    pub longest_wait: Duration,
    /// How often progress is told.
    pub tell_every: Duration,
}

impl Default for TransferSettings {
    fn default() -> Self {
        Self {
            connections: 4,
            large: 64 << 20,
            journal_step: 8 << 20,
            connect_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(30),
            attempts: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
            tell_every: Duration::from_millis(100),
        }
    }
}

/// What proves to a server who asks. It is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token; `None` if nothing but spaces is left of the text.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    #[cfg(feature = "candle")]
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
