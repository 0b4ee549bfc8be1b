//! The script API of llmspell, declared once for every language: one file per module.

mod agent;
mod answering;
mod asking;
mod channel;
mod console;
mod conversation;
mod embedding;
pub mod generation;
mod json;
mod line;
mod loading;
mod local_llm;
pub mod log;
mod logprobs;
mod pulling;
mod sampling;
mod source;
mod state;
mod task;
mod time;
mod vocabulary;

use llmspell_core::Registry;
use llmspell_core::spec::{GlobalSpec, Ty};

/// Every namespace, handle and global that scripts see.
pub fn registry() -> Registry {
    Registry {
        namespaces: vec![
            agent::Agents::SPEC,
            channel::Channels::SPEC,
            console::Terminal::SPEC,
            json::JsonText::SPEC,
            local_llm::LocalLlm::SPEC,
            log::Logger::SPEC,
            task::Tasks::SPEC,
            time::Time::SPEC,
        ],
        handles: vec![
            agent::Agent::SPEC,
            channel::Channel::SPEC,
            generation::Stream::SPEC,
            pulling::PullStream::SPEC,
            task::TaskHandle::SPEC,
        ],
        globals: vec![GlobalSpec {
            name: "ARGS",
            doc: "The arguments after `--` on the command line, a list of strings.",
            ty: Ty::List(&Ty::Str),
        }],
    }
}
