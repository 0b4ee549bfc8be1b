//! The script API of llmspell, declared once for every language: one file per module.

mod time;

use llmspell_core::Registry;

/// Every namespace, handle and global that scripts see.
pub fn registry() -> Registry {
    Registry {
        namespaces: vec![time::Time::SPEC],
        handles: vec![],
        globals: vec![],
    }
}
