//! Looking for files below a folder.

use std::io;
use std::path::{Path, PathBuf};

/// Deeper than this lie no files of ours.
const DEEPEST: usize = 8;

/// The files below a folder that have a name of a kind, sorted; none if there is no such folder. Folders that
/// are links are left alone, since they may lead in a circle, and so are those below it that may not be read.
pub fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![(folder.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && depth > 0 => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true if depth < DEEPEST => folders.push((entry.path(), depth + 1)),
                true => {}
                false if entry.file_name().to_str().is_some_and(&wanted) => {
                    found.push(entry.path())
                }
                false => {}
            }
        }
    }
    found.sort();
    Ok(found)
}
