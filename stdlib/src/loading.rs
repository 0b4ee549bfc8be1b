//! How models are kept in memory: options that `LocalLLM` and `Agent` share.

use std::time::Duration;

use llmspell_core::spec::Ty;
use llmspell_core::{FromValue, Mismatch, Value, api};
use llmspell_models::{CacheType, KeepAlive, Loading, Overflow};

/// How the model is loaded and kept.
#[api(options)]
#[derive(Debug, Clone, Default)]
pub struct LoadingOptions {
    /// How many tokens prompt and answer may have together, the answer's last one not counted. Unless told, as
    /// many as the latest `LocalLLM.load` was told, else as `context_size` of the configuration says, else as
    /// many as the model was made for, or as there is memory for where that is less.
    context_size: Option<usize>,
    /// How many seconds the model stays loaded after its last use: 0 unloads it at once, a negative number
    /// never. Unless anyone says, it stays until another model needs its memory.
    keep_alive: Option<Seconds>,
    /// How the model remembers tokens; `"q8_0"` takes half of the memory of `"f16"`, which is the default,
    /// and is less exact. All who use a model at the same time must agree.
    cache_type: Option<CacheTypeName>,
}

impl LoadingOptions {
    /// These options where they are set, `fallback` elsewhere.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            context_size: self.context_size.or(fallback.context_size),
            keep_alive: self.keep_alive.or(fallback.keep_alive),
            cache_type: self.cache_type.or(fallback.cache_type),
        }
    }
}

impl From<LoadingOptions> for Loading {
    fn from(options: LoadingOptions) -> Self {
        Self {
            context_size: options.context_size,
            keep_alive: options.keep_alive.map(|Seconds(keep_alive)| keep_alive),
            cache_type: options.cache_type.map(Into::into),
        }
    }
}

/// How long a model stays loaded, given in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(KeepAlive);

impl FromValue for Seconds {
    const TY: Ty = Ty::Number;

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        let seconds = f64::from_value(value)?;
        if seconds < 0.0 {
            return Ok(Self(KeepAlive::Forever));
        }
        let length = Duration::try_from_secs_f64(seconds);
        let length = length.map_err(|_| Mismatch::new("number of seconds", seconds.to_string()))?;
        Ok(Self(KeepAlive::For(length)))
    }
}

/// What a model's memory of tokens is made of.
#[api(choice)]
#[derive(Debug, Clone, Copy)]
pub enum CacheTypeName {
    F16,
    Q8_0,
    F32,
}

impl From<CacheTypeName> for CacheType {
    fn from(name: CacheTypeName) -> Self {
        match name {
            CacheTypeName::F16 => Self::F16,
            CacheTypeName::Q8_0 => Self::Q8_0,
            CacheTypeName::F32 => Self::F32,
        }
    }
}

impl From<CacheType> for CacheTypeName {
    fn from(kind: CacheType) -> Self {
        match kind {
            CacheType::F16 => Self::F16,
            CacheType::Q8_0 => Self::Q8_0,
            CacheType::F32 => Self::F32,
        }
    }
}

/// What to do with a conversation that is too long.
#[api(choice)]
#[derive(Debug, Clone, Copy)]
pub enum OnOverflow {
    Error,
    DropOldest,
}

impl From<OnOverflow> for Overflow {
    fn from(choice: OnOverflow) -> Self {
        match choice {
            OnOverflow::Error => Self::Error,
            OnOverflow::DropOldest => Self::DropOldest,
        }
    }
}
