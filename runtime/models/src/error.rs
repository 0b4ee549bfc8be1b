//! The crate's one error type.

use std::fmt;
use std::path::PathBuf;

use crate::config::Problems;
use crate::request::CacheType;

/// Why a model cannot be found, loaded or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("model name \"{name}\": {problem}")]
    Name { name: String, problem: String },
    #[error("no model \"{model}\" {place}{hint}")]
    NotFound {
        model: String,
        /// Such as "is installed".
        place: String,
        /// What to do, from its separator on.
        hint: String,
    },
    #[error("{problem}{tried}")]
    NoFallback {
        problem: Box<Error>,
        /// Why each fallback is none either, from its separator on.
        tried: String,
    },
    #[error(
        "{parameter}: {backend} has no such option{}",
        if *backend == "candle" { "; models of Ollama and of remote providers may have it" } else { "" }
    )]
    NotHere {
        parameter: &'static str,
        backend: String,
    },
    #[error("{model}: {backend} cannot {what}")]
    Cannot {
        model: String,
        backend: String,
        what: &'static str,
    },
    #[error("model \"{model}\": no backend \"{backend}\" is set up{hint}")]
    NoSuchBackend {
        model: String,
        backend: String,
        hint: String,
    },
    #[error("{server} does not answer: {reason}{hint}")]
    Unreachable {
        server: String,
        reason: String,
        hint: String,
    },
    #[error("{server} answers with status {status}: {reason}{hint}")]
    ServerRefused {
        server: String,
        /// Of HTTP.
        status: u16,
        reason: String,
        hint: String,
    },
    #[error("{server} reports: {reason}")]
    ServerFailed { server: String, reason: String },
    #[error("{server} gave no whole answer: {reason}")]
    BrokenAnswer { server: String, reason: String },
    #[error("{server} has been silent for {seconds} s{hint}")]
    Silent {
        server: String,
        seconds: f64,
        hint: String,
    },
    #[error(
        "server address \"{url}\": {problem}; correct OLLAMA_HOST or base_url, an example is \"http://127.0.0.1:11434\""
    )]
    Address { url: String, problem: String },
    #[error("{path}: the picture cannot be read: {source}")]
    Picture {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{provider} needs a key: set the environment variable {variable}")]
    NoKey { provider: String, variable: String },
    #[error("{provider} {what}: {message}{hint}")]
    Provider {
        provider: String,
        /// What it did, such as "refused the request (400)".
        what: String,
        /// In its own words.
        message: String,
        /// What to do, from its separator on.
        hint: String,
    },
    #[error("{option}: {model} of {provider} does not take it: {reason}")]
    NotOfModel {
        option: String,
        model: String,
        provider: String,
        reason: String,
    },
    #[error("[providers.{provider}] {key}: {problem}")]
    Setting {
        provider: String,
        key: &'static str,
        problem: String,
    },
    #[error(
        "base_url: {asked} is another server than {configured}, and the key of {provider} goes to that one \
         only; set the other one up as a provider of its own"
    )]
    ForeignServer {
        asked: String,
        configured: String,
        provider: String,
    },
    #[error("images: {image} cannot be sent: {problem}")]
    Image { image: String, problem: String },
    #[error("a backend \"{0}\" is there already; register yours under another name")]
    BackendExists(String),
    #[error("{0} ended early. This is a bug, please report it")]
    Ended(&'static str),
    #[error("requests to servers cannot be made: {0}")]
    Network(String),
    #[error("{parameter}: expected {expected}, got {value}")]
    Option {
        parameter: &'static str,
        expected: String,
        value: String,
    },
    #[cfg(feature = "candle")]
    #[error(transparent)]
    Inference(#[from] llmspell_inference::Error),
    #[cfg(feature = "candle")]
    #[error(transparent)]
    Loading(std::sync::Arc<Error>),
    #[error(
        "the model needs {} of memory; models may use {}, of which {} are in use: {}take a smaller model or \
         context_size, or raise memory_budget",
        Size(*needed), Size(*budget), Size(*used),
        if *used > 0 { "unload another, " } else { "" }
    )]
    MemoryFull { needed: u64, budget: u64, used: u64 },
    #[error(
        "{model} is loaded with cache_type \"{loaded}\", asked for is \"{asked}\": unload it first"
    )]
    CacheType {
        model: String,
        loaded: CacheType,
        asked: CacheType,
    },
    #[error("{0}")]
    Configuration(Problems),
    #[error("the thread that loads models cannot be started: {0}")]
    Thread(std::io::Error),
    #[error("loading the model failed: its thread ended early. This is a bug, please report it")]
    LoaderEnded,
    #[error(
        "a prompt of {prompt} tokens and {generate} generated ones do not fit into the model's context of {context} tokens; ask for fewer"
    )]
    BenchTooLong {
        prompt: usize,
        generate: usize,
        context: usize,
    },
    #[error("no folder for a cache is known; set XDG_CACHE_HOME")]
    NoCacheFolder,
    #[error("{path}: cannot be used as a cache: {source}; set XDG_CACHE_HOME to another folder")]
    CacheFolder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{path}: {needed} MB are needed and {free} MB are free; make room, or set XDG_CACHE_HOME to a folder on another disk"
    )]
    NoSpace {
        path: PathBuf,
        needed: u64,
        free: u64,
    },
    #[error(
        "no folder for models is known; set XDG_DATA_HOME, or `model_directory` in the configuration"
    )]
    NoModelFolder,
    #[error(
        "{path}: models cannot be kept there: {source}; make the folder writable, or set `model_directory` to another one"
    )]
    StoreFolder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}: {source}")]
    StoreFile {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "{path}: {needed} MB are needed and {free} MB are free; make room, or set `model_directory` to a folder on another disk"
    )]
    StoreFull {
        path: PathBuf,
        needed: u64,
        free: u64,
    },
    #[error("{path}: the disk is full; what has come is kept, make room and pull again to go on")]
    DiskFull { path: PathBuf },
    #[error(
        "{path}: the record of an installed model is damaged: {reason}; pull the model again, its files are kept"
    )]
    Record { path: PathBuf, reason: String },
    #[error("{url}: {reason}")]
    Transfer { url: String, reason: String },
    #[error("{url}: the server refuses with status {status}{hint}")]
    Refused {
        url: String,
        status: u16,
        /// What it means and what to do, from its separator on.
        hint: String,
    },
    #[error(
        "{file}: what came has another sha256 than the server announced, so it was deleted; pull it again"
    )]
    Digest { file: PathBuf },
    #[error("HF_TOKEN: the token has characters that no request can carry; copy it again")]
    Token,
    #[error(
        "\"{0}\" is no address of a server; give one such as \"https://huggingface.co\" as HF_ENDPOINT"
    )]
    Endpoint(String),
    #[error(
        "{repository}: the server names a file {name:?}, which would lie outside of its folder; nothing was downloaded"
    )]
    HostileName { repository: String, name: String },
    #[error("{model}: there is no {wanted} of it; there {}", Choice(known))]
    NoSuchQuantization {
        model: String,
        wanted: String,
        known: Vec<String>,
    },
    #[error("\"{model}\" can be {}; say which", known.join(" or "))]
    Ambiguous { model: String, known: Vec<String> },
    #[error(
        "{model} is loaded for contexts of at most {loaded} tokens, since it computes longer ones otherwise; for {asked}, \
         unload it first"
    )]
    ShortContext {
        model: String,
        loaded: usize,
        asked: usize,
    },
    #[error("{model} is loaded: unload it first")]
    InUse { model: String },
    #[error("{model} is being downloaded; wait until that has ended")]
    BeingPulled { model: String },
    #[error(
        "{model} lies in the cache of Hugging Face, which other programs use too; delete {path} to remove it"
    )]
    NotOurs { model: String, path: PathBuf },
    #[error("{0}: there is no Ollama to download for it; see https://ollama.com/download")]
    NoOllamaFor(String),
    #[error(
        "{list}: it names no {wanted}, so there is no release of Ollama for this machine that could be verified; \
         see https://ollama.com/download"
    )]
    NoRelease { list: String, wanted: String },
    #[error(
        "{asset}: its sha256 is {found} and the release says {expected}, so it was deleted and nothing was \
         installed; try again, perhaps a new release has just come out"
    )]
    ReleaseDigest {
        asset: String,
        expected: String,
        found: String,
    },
    #[error(
        "{archive}: it cannot be unpacked: {reason}; it is kept, so that trying again does not download it"
    )]
    Unpack { archive: PathBuf, reason: String },
    #[error("no folder for Ollama is known; set HOME, or XDG_DATA_HOME")]
    NoOllamaFolder,
    #[error("{path}: Ollama cannot be installed there: {source}")]
    OllamaFolder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "LLMSPELL_OLLAMA_RELEASES: \"{0}\" is no address; give one such as \"https://example.org/ollama\""
    )]
    ReleaseAddress(String),
    #[error("the catalogue is damaged: {0}. This is a bug, please report it")]
    Catalogue(String),
    #[error("this build runs no embedded models; build it with the cargo feature `candle`")]
    NoBackend,
}

/// What there is to choose from.
struct Choice<'a>(&'a [String]);

impl fmt::Display for Choice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("is no GGUF file at all"),
            [one] => write!(f, "is {one}"),
            several => write!(f, "are {}", several.join(", ")),
        }
    }
}

/// Bytes as people read them.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 as f64 {
            bytes if bytes < 1e6 => write!(f, "{:.0} KB", bytes / 1e3),
            bytes if bytes < 1e9 => write!(f, "{:.1} MB", bytes / 1e6),
            bytes => write!(f, "{:.1} GB", bytes / 1e9),
        }
    }
}
