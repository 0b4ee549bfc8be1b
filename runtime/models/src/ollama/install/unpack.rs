//! From a verified archive to a folder, and a link to the program in it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Error, folders};

/// Unpacks an archive into a folder, which has all of it or is left as it was.
pub fn unpack(archive: &Path, folder: &Path) -> Result<(), Error> {
    let new = folder.with_extension("new");
    let at = |source| Error::OllamaFolder {
        path: folder.to_owned(),
        source,
    };
    remove(&new).map_err(at)?; // of one that was interrupted
    std::fs::create_dir(&new).map_err(at)?;
    let unpacked = extract(archive, &new);
    let placed = unpacked.and_then(|()| replace(folder, &new).map_err(at));
    if placed.is_err() {
        let _ = remove(&new); // the error of before says more
    }
    placed
}

/// The system's `tar` tells by itself how an archive is compressed.
fn extract(archive: &Path, folder: &Path) -> Result<(), Error> {
    let failed = |reason| Error::Unpack {
        archive: archive.to_owned(),
        reason,
    };
    let mut tar = Command::new("tar");
    tar.arg("-xf").arg(archive).arg("-C").arg(folder);
    let output = tar.stdin(Stdio::null()).output();
    let output = output.map_err(|error| failed(format!("`tar` cannot be run: {error}")))?;
    if !output.status.success() {
        return Err(failed(problem(&String::from_utf8_lossy(&output.stderr))));
    }
    match program(folder) {
        Some(_) => Ok(()),
        None => Err(failed("it has no program `ollama`".to_owned())),
    }
}

/// What `tar` says, on one line, and what to do where that is known.
fn problem(said: &str) -> String {
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    match said.contains("zstd") {
        true => format!("{said} (install `zstd` first)"),
        false => said,
    }
}

/// Puts a folder in the place of another.
fn replace(folder: &Path, new: &Path) -> io::Result<()> {
    let old = folder.with_extension("old");
    remove(&old)?;
    match std::fs::rename(folder, &old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Err(error) = std::fs::rename(new, folder) {
        let _ = std::fs::rename(&old, folder); // the error of before says more
        return Err(error);
    }
    let _ = remove(&old); // the next installation removes it
    folders::sync(folder.parent().unwrap_or(folder))
}

fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The program below a folder; the archives for macOS have it at their top.
pub fn program(folder: &Path) -> Option<PathBuf> {
    let places = ["bin/ollama", "ollama"].map(|place| folder.join(place));
    places.into_iter().find(|path| path.is_file())
}

/// Makes a link to the program of a folder unless something of its name is there.
pub fn link(folder: &Path, link: &Path) -> Result<(), Error> {
    let (Some(program), Err(_)) = (program(folder), link.symlink_metadata()) else {
        return Ok(());
    };
    let made = std::fs::create_dir_all(link.parent().unwrap_or(link))
        .and_then(|()| symlink(&program, link));
    made.map_err(|source| Error::OllamaFolder {
        path: link.to_owned(),
        source,
    })
}

#[cfg(unix)]
fn symlink(program: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(program, link)
}

/// No release is unpacked here.
#[cfg(not(unix))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
