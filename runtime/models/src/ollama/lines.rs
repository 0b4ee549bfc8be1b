//! What a server streams: JSON objects, one a line.

use std::time::Duration;

use reqwest::Response;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use crate::Error;
use crate::ollama::problems::{innermost, said};
use crate::ollama::server::Server;

/// A line that is longer is none.
const LONGEST: usize = 16 << 20;

/// How long the end of a body may take after its last line. Whoever waits for it can use the connection again.
const FAREWELL: Duration = Duration::from_millis(100);

/// The lines of an answer.
pub struct Lines {
    pub server: Server,
    response: Response,
    /// What came and is not read yet. A character may be cut anywhere, a line is not.
    buffer: Vec<u8>,
    /// So much of it has no end of a line.
    searched: usize,
}

impl Lines {
    pub fn new(server: Server, response: Response) -> Self {
        Self {
            server,
            response,
            buffer: Vec::new(),
            searched: 0,
        }
    }

    /// The next object; `None` at the end. An object that reports an error is one.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        let Some(line) = self.line().await? else {
            return Ok(None);
        };
        let value: Value = serde_json::from_slice(&line).map_err(|error| {
            let line = String::from_utf8_lossy(&line[..line.len().min(80)]).into_owned();
            self.server
                .broken(format!("\"{line}\" is no JSON: {error}"))
        })?;
        if let Some(reason) = said(&value) {
            return Err(self.server.failed(reason));
        }
        let object = serde_json::from_value(value);
        object.map(Some).map_err(|error| {
            let problem = format!("a line is not what Ollama documents: {error}");
            self.server.broken(problem)
        })
    }

    /// Reads what follows the last line, if it comes soon.
    pub async fn finish(&mut self) {
        let rest = async { while let Ok(Some(_)) = self.response.chunk().await {} };
        // Without it, the connection is closed instead of used again.
        let _ = timeout(FAREWELL, rest).await;
    }

    /// The next line that is not blank; what stands at the end counts as one.
    async fn line(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            while let Some(line) = self.take_line() {
                if !line.trim_ascii().is_empty() {
                    return Ok(Some(line));
                }
            }
            if !self.read().await? {
                let rest = std::mem::take(&mut self.buffer);
                return Ok(Some(rest).filter(|rest| !rest.trim_ascii().is_empty()));
            }
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        let unread = &self.buffer[self.searched..];
        let Some(end) = unread.iter().position(|&byte| byte == b'\n') else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = std::mem::take(&mut self.searched) + end;
        Some(self.buffer.drain(..=end).collect())
    }

    /// Waits for more; `false` at the end.
    async fn read(&mut self) -> Result<bool, Error> {
        if self.buffer.len() > LONGEST {
            return Err(self.server.broken("a line of more than 16 MiB is none"));
        }
        let chunk = timeout(self.server.timeout, self.response.chunk()).await;
        let chunk = chunk.map_err(|_| self.server.silent())?;
        match chunk.map_err(|error| self.server.broken(innermost(&error)))? {
            Some(bytes) => self.buffer.extend_from_slice(&bytes),
            None => return Ok(false),
        }
        Ok(true)
    }
}
