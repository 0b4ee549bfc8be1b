//! Where a GGUF comes from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;
use crate::mmap::Mapped;

/// A GGUF file on disk or in memory.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file. It is memory-mapped; replacing it by renaming is safe, truncating it in place while
    /// it is open is not.
    Path(PathBuf),
    /// A file compiled into the binary; `name` stands for it in errors.
    Bytes { name: String, bytes: &'static [u8] },
    /// A file in memory.
    Memory { name: String, bytes: Arc<[u8]> },
}

impl From<PathBuf> for Source {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl Source {
    /// The name that errors use.
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Bytes { name, .. } | Self::Memory { name, .. } => name.clone(),
        }
    }

    pub(crate) fn load(&self) -> Result<Bytes, Error> {
        let bytes = match self {
            Self::Path(path) => map(path)?,
            Self::Bytes { bytes, .. } => Bytes::Static(bytes),
            Self::Memory { bytes, .. } => Bytes::Shared(Arc::clone(bytes)),
        };
        if bytes.is_empty() {
            return Err(Error::EmptyFile { file: self.name() });
        }
        Ok(bytes)
    }
}

/// A file's content.
pub(crate) enum Bytes {
    Mapped(Mapped),
    Static(&'static [u8]),
    Shared(Arc<[u8]>),
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(mapped) => mapped,
            Self::Static(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

fn map(path: &Path) -> Result<Bytes, Error> {
    let file = path.display().to_string();
    let unreadable = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => Error::NotFound { file: file.clone() },
        _ => Error::Unreadable {
            file: file.clone(),
            source,
        },
    };
    let kind = std::fs::metadata(path).map_err(unreadable)?;
    if kind.is_dir() {
        return Err(Error::IsDirectory { file });
    }
    // Mapping zero bytes is an error on some systems; `load` reports the empty file.
    if kind.len() == 0 {
        return Ok(Bytes::Static(&[]));
    }
    let opened = std::fs::File::open(path).map_err(unreadable)?;
    Mapped::new(&opened).map(Bytes::Mapped).map_err(unreadable)
}
