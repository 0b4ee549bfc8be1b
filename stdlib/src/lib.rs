//! The script API of llmspell, declared once for every language: one file per module.

mod channel;
mod console;
mod json;
pub mod log;
mod task;
mod time;

use llmspell_core::Registry;
use llmspell_core::spec::{GlobalSpec, Ty};

/// Every namespace, handle and global that scripts see.
pub fn registry() -> Registry {
    Registry {
        namespaces: vec![
            channel::Channels::SPEC,
            console::Terminal::SPEC,
            json::JsonText::SPEC,
            log::Logger::SPEC,
            task::Tasks::SPEC,
            time::Time::SPEC,
        ],
        handles: vec![channel::Channel::SPEC, task::TaskHandle::SPEC],
        globals: vec![GlobalSpec {
            name: "ARGS",
            doc: "The arguments after `--` on the command line, a list of strings.",
            ty: Ty::List(&Ty::Str),
        }],
    }
}
