//! Comparing a file's digest.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::meter::Meter;
use super::part::disk_error;
use crate::Error;

/// Bytes that are read before others get their turn.
const SLICE: u64 = 32 << 20;

/// A file's digest in lower-case hexadecimal digits.
pub async fn sha256(path: &Path, meter: &Meter<'_>) -> Result<String, Error> {
    let at = |source| disk_error(path, source);
    let mut file = File::open(path).map_err(at)?;
    let mut hasher = Sha256::new();
    loop {
        // In slices, so that it ends soon when nobody waits for it any more.
        let work = tokio::task::spawn_blocking(move || {
            let read = std::io::copy(&mut file.by_ref().take(SLICE), &mut hasher);
            (file, hasher, read)
        });
        let read;
        (file, hasher, read) = work.await.map_err(|_| Error::Ended("a digest"))?;
        match read.map_err(at)? {
            0 => return Ok(format!("{:x}", hasher.finalize())),
            read => meter.add(read),
        }
    }
}
