//! Where files are kept.

use std::path::PathBuf;

use crate::Error;

/// The folder for what can be made again. Source: the XDG Base Directory Specification, which asks to
/// ignore paths that are not absolute.
pub(crate) fn cache() -> Result<PathBuf, Error> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let named = named.filter(|path| path.is_absolute());
    let at_home = || Some(std::env::home_dir()?.join(".cache"));
    let folder = named.or_else(at_home).ok_or(Error::NoCacheFolder)?;
    Ok(folder.join("llmspell"))
}
