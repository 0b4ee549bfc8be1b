//! The files of synthetic models: made once, in the cache folder.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use llmspell_inference::gguf::Writer;
use llmspell_inference::synthetic::{self, Quantization, Shape};

use super::Stage;
use crate::{Error, folders};

/// The file of a synthetic model; made now unless it is there and whole.
pub fn file(
    shape: &Shape,
    quantization: Quantization,
    observe: &mut dyn FnMut(Stage) -> ControlFlow<()>,
) -> Result<PathBuf, Error> {
    let folder = folders::cache()?.join("synthetic");
    let unusable = |source| Error::CacheFolder {
        path: folder.clone(),
        source,
    };
    std::fs::create_dir_all(&folder).map_err(unusable)?;
    let path = folder.join(format!("{}-{}.gguf", shape.name, quantization.name()));
    let lock = File::create(path.with_extension("lock")).map_err(unusable)?;
    if lock.try_lock().is_err() {
        let _ = observe(Stage::Waiting);
        lock.lock().map_err(unusable)?;
    }
    let writer = synthetic::writer(shape, quantization);
    // What cannot be read is made again, or says then why it cannot be written.
    if !writer.is_at(&path).unwrap_or(false) {
        remove_leftovers(&path).map_err(unusable)?;
        make(&writer, &path, observe)?;
    }
    Ok(path)
}

/// A damaged file, and those of processes that were killed while they made it: nobody else is making it
/// now, for the lock is ours.
fn remove_leftovers(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(());
    };
    let name = name.to_string_lossy();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&*name) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn make(
    writer: &Writer,
    path: &Path,
    observe: &mut dyn FnMut(Stage) -> ControlFlow<()>,
) -> Result<(), Error> {
    let total = writer.size();
    let folder = path.parent().unwrap_or(path);
    if let Some(free) = folders::free_bytes(folder).filter(|free| *free < total) {
        return Err(Error::NoSpace {
            path: folder.to_owned(),
            needed: total / 1_000_000,
            free: free / 1_000_000,
        });
    }
    Ok(writer.write_with(path, |written| observe(Stage::Making { written, total }))?)
}
