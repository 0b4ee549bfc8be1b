//! How files are transferred, and with which access.

use std::fmt;
use std::time::Duration;

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
    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
