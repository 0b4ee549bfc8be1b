//! The files: where they lie, and reading one.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use llmspell_core::Diagnostic;
use toml::de::DeTable;

use super::expand::Expander;
use super::layer::Layer;
use super::origin::Origin;
use super::problems::Problems;
use super::reader::Reader;

/// A project's file.
const PROJECT: &str = "llmspell.toml";
/// The largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// The nearest project's file, in `folder` or above it.
pub(super) fn project(folder: &Path) -> Option<PathBuf> {
    // Above `a/..` is not `a`.
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder
        .ancestors()
        .map(|folder| folder.join(PROJECT))
        .find(|path| path.is_file())
}

/// The folder that a file lies in.
pub(super) fn folder(file: &Path) -> PathBuf {
    file.parent().map(Path::to_owned).unwrap_or_default()
}

/// What a file sets. Whatever is wrong with it joins the problems.
pub(super) fn read(path: &Path, expand: &Expander<'_>, problems: &mut Problems) -> Layer {
    let name = path.display().to_string();
    let mut layer = Layer::default();
    let text = match text(path) {
        Ok(text) => text,
        Err(problem) => {
            problems.push(Diagnostic::new(format!("cannot read {name}: {problem}")));
            return layer;
        }
    };
    problems.text(&name, &text);
    let origin = |at: Range<usize>| place(&name, &text, at.start);
    match DeTable::parse(&text) {
        Ok(table) => {
            Reader::new(&text, &origin, expand, &mut layer, problems).table(&[], table.get_ref());
        }
        Err(error) => {
            let origin = origin(error.span().unwrap_or_default());
            problems.at(&origin, format!("this is not TOML: {}", error.message()));
        }
    }
    layer
}

fn text(path: &Path) -> Result<String, String> {
    if path.is_dir() {
        return Err("it is a folder".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| e.to_string())?;
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!(
            "it has more than {LARGEST} bytes, which no configuration needs"
        ));
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        format!("it is not UTF-8 text (at byte {at})")
    })
}

/// The place of a byte in a file.
fn place(name: &str, text: &str, at: usize) -> Origin {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    // Neither is beyond the largest file's bytes.
    Origin::File {
        name: name.to_owned(),
        line: before.matches('\n').count() as u32 + 1,
        column: line.chars().count() as u32 + 1,
    }
}
