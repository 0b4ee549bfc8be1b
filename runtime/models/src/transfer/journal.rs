//! What of a file has come, noted so that it outlives the process.
//!
//! The first line says of which version, as JSON; each further one is a range of bytes, `FIRST-END`. Lines are
//! only ever added, so a process that is killed leaves at worst a last line that is cut off, which counts as
//! nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;

use super::remote::Remote;

/// Ranges of bytes, sorted and apart from each other.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Ranges(Vec<Range<u64>>);

impl Ranges {
    pub fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let at = self.0.partition_point(|other| other.end < range.start);
        let mut merged = range;
        while let Some(other) = self.0.get(at).filter(|other| other.start <= merged.end) {
            merged = merged.start.min(other.start)..merged.end.max(other.end);
            self.0.remove(at);
        }
        self.0.insert(at, merged);
    }

    /// How many bytes they have.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// What lies between them, up to a size.
    pub fn missing(&self, size: u64) -> Vec<Range<u64>> {
        let starts = std::iter::once(0).chain(self.0.iter().map(|range| range.end));
        let ends = self.0.iter().map(|range| range.start).chain([size]);
        let gaps = starts.zip(ends).map(|(start, end)| start..end);
        gaps.filter(|gap| !gap.is_empty()).collect()
    }
}

/// The journal of a file under way.
pub struct Journal {
    file: File,
    done: Ranges,
}

impl Journal {
    /// Goes on with the journal of this version, or begins one.
    pub fn open(path: &Path, remote: &Remote) -> io::Result<Self> {
        let old = std::fs::read(path).unwrap_or_default();
        let old = String::from_utf8_lossy(&old);
        match read(&old, remote) {
            Some(done) => {
                let mut file = OpenOptions::new().append(true).open(path)?;
                if !old.ends_with('\n') {
                    file.write_all(b"\n")?;
                }
                Ok(Self { file, done })
            }
            None => Self::begin(path, remote),
        }
    }

    /// A journal of nothing.
    pub fn begin(path: &Path, remote: &Remote) -> io::Result<Self> {
        let mut file = File::create(path)?;
        let line = format!("{}\n", serde_json::to_string(remote)?);
        file.write_all(line.as_bytes())?;
        Ok(Self {
            file,
            done: Ranges::default(),
        })
    }

    /// Notes bytes that have been written.
    pub fn note(&mut self, range: Range<u64>) -> io::Result<()> {
        self.file
            .write_all(format!("{}-{}\n", range.start, range.end).as_bytes())?;
        self.done.insert(range);
        Ok(())
    }

    pub fn done(&self) -> &Ranges {
        &self.done
    }
}

/// What a journal says, if it is about this version.
fn read(text: &str, remote: &Remote) -> Option<Ranges> {
    // Whether two files are the same version can only be told by size and ETag.
    let size = remote.size.filter(|_| remote.is_known())?;
    let (whole, _cut) = text.rsplit_once('\n')?;
    let mut lines = whole.lines();
    let of: Remote = serde_json::from_str(lines.next()?).ok()?;
    if of != *remote {
        return None;
    }
    let mut done = Ranges::default();
    lines
        .filter_map(|line| range(line, size))
        .for_each(|range| done.insert(range));
    Some(done)
}

fn range(line: &str, size: u64) -> Option<Range<u64>> {
    let (start, end) = line.split_once('-')?;
    let range = start.parse().ok()?..end.parse().ok()?;
    (range.end <= size).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(etag: &str) -> Remote {
        Remote {
            size: Some(100),
            etag: Some(etag.to_owned()),
        }
    }

    #[test]
    fn ranges_are_merged_and_leave_gaps() {
        let mut ranges = Ranges::default();
        for range in [10..20, 40..50, 20..25, 45..60, 0..5, 7..7] {
            ranges.insert(range);
        }
        assert_eq!(ranges.0, [0..5, 10..25, 40..60]);
        assert_eq!(ranges.bytes(), 40);
        assert_eq!(ranges.missing(100), [5..10, 25..40, 60..100]);
        ranges.insert(3..100);
        assert_eq!((ranges.0.len(), ranges.missing(100).len()), (1, 0));
    }

    #[test]
    fn a_journal_goes_on_where_it_was_even_if_its_last_line_is_cut_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.journal");
        let mut journal = Journal::open(&path, &remote("one")).expect("begun");
        journal.note(0..10).expect("noted");
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(b"10-9"))
            .expect("written");
        let mut journal = Journal::open(&path, &remote("one")).expect("read");
        assert_eq!(
            journal.done().missing(100),
            std::slice::from_ref(&(10..100))
        );
        journal.note(50..60).expect("noted");
        let journal = Journal::open(&path, &remote("one")).expect("read");
        assert_eq!(journal.done().missing(100), [10..50, 60..100]);
    }

    #[test]
    fn a_journal_of_another_version_or_of_nonsense_counts_for_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.journal");
        let mut journal = Journal::open(&path, &remote("one")).expect("begun");
        journal.note(0..10).expect("noted");
        for (text, of) in [
            (None, remote("two")),
            (Some("\0\u{ff}nonsense\n1-2\n"), remote("one")),
            (Some(""), remote("one")),
        ] {
            if let Some(text) = text {
                std::fs::write(&path, text).expect("written");
            }
            let journal = Journal::open(&path, &of).expect("begun anew");
            assert_eq!(journal.done().bytes(), 0);
        }
        let text = format!(
            "{}\n5-3\n0-101\n-\n7-9\n",
            serde_json::to_string(&remote("x")).expect("JSON")
        );
        std::fs::write(&path, text).expect("written");
        let journal = Journal::open(&path, &remote("x")).expect("read");
        assert_eq!(
            journal.done().bytes(),
            2,
            "ranges that make no sense are left out"
        );
    }
}
