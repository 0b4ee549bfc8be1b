//! Read-only memory mapping.

#![allow(unsafe_code)]

use std::fs::File;

use memmap2::Mmap;

pub(crate) struct Mapped(Mmap);

impl Mapped {
    pub(crate) fn new(file: &File) -> std::io::Result<Self> {
        // SAFETY: the map is private and read-only, and nothing in this process writes model files
        // in place (`gguf::Writer` renames a finished file). Another process that truncates the
        // file can still raise SIGBUS; `Source::Path` documents that.
        unsafe { Mmap::map(file) }.map(Self)
    }
}

impl std::ops::Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
