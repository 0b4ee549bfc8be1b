//! Where files are kept.

#[cfg(feature = "candle")]
use std::path::Path;
use std::path::PathBuf;

#[cfg(feature = "candle")]
use crate::Error;

/// The folder for what can be made again. Source: the XDG Base Directory Specification, which asks to
/// ignore paths that are not absolute.
#[cfg(feature = "candle")]
pub(crate) fn cache() -> Result<PathBuf, Error> {
    let folder = base("XDG_CACHE_HOME", ".cache").ok_or(Error::NoCacheFolder)?;
    Ok(folder.join("llmspell"))
}

/// The folder for what people want to keep, by the same specification; `None` if no home is known.
pub(crate) fn data() -> Option<PathBuf> {
    Some(base("XDG_DATA_HOME", ".local/share")?.join("llmspell"))
}

/// The folder for what a program remembers from one run to the next, by the same specification; `None` if no home is
/// known.
pub fn state() -> Option<PathBuf> {
    Some(base("XDG_STATE_HOME", ".local/state")?.join("llmspell"))
}

fn base(variable: &str, at_home: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let named = named.filter(|path| path.is_absolute());
    named.or_else(|| Some(std::env::home_dir()?.join(at_home)))
}

/// The bytes that may still be written below a folder, where the system tells.
#[cfg(all(feature = "candle", unix))]
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    // The types differ between systems.
    let (blocks, size) = (disk.blocks_available() as u64, disk.fragment_size() as u64);
    blocks.checked_mul(size)
}

/// The bytes that may still be written below a folder, where the system tells.
#[cfg(all(feature = "candle", not(unix)))]
pub(crate) fn free_bytes(_: &Path) -> Option<u64> {
    None
}

/// Makes sure that the names in a folder outlive a power failure, where folders can be opened.
#[cfg(feature = "candle")]
pub(crate) fn sync(folder: &Path) -> std::io::Result<()> {
    match cfg!(unix) {
        true => std::fs::File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}
