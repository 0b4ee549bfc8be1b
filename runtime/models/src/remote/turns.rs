//! [`Turns`]: what models called, as their provider sent it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rig_core::message::AssistantMessage;

use crate::ToolCall;

/// How many turns are kept: those whose tools may still be at work.
const KEPT: usize = 1024;

/// The last turns that called tools. Some providers sign what a model thought before it called a tool, and want
/// it back with the results; [`crate::Message`] has no place for that.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<VecDeque<AssistantMessage>>>);

impl Turns {
    /// Keeps a turn if it called tools.
    pub fn keep(&self, turn: AssistantMessage) {
        if turn.tool_calls().next().is_none() {
            return;
        }
        let mut turns = self.lock();
        turns.truncate(KEPT - 1);
        turns.push_front(turn);
    }

    /// The turn that made exactly these calls and said this.
    pub fn find(&self, text: &str, calls: &[ToolCall]) -> Option<AssistantMessage> {
        let turns = self.lock();
        turns
            .iter()
            .find(|turn| is_same(turn, text, calls))
            .cloned()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<AssistantMessage>> {
        // Nothing that is done under the lock can be half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_same(turn: &AssistantMessage, text: &str, calls: &[ToolCall]) -> bool {
    use rig_core::message::AssistantContent::Text;
    let said = turn.content.iter().filter_map(|part| match part {
        Text(part) => Some(part.text.as_str()),
        _ => None,
    });
    let made = turn.tool_calls().map(|call| {
        let id = call.id.wire().into_owned();
        (
            Some(id),
            call.function.name.as_str(),
            &call.function.arguments,
        )
    });
    let asked = calls
        .iter()
        .map(|call| (call.id.clone(), call.name.as_str(), &call.arguments));
    !calls.is_empty() && made.eq(asked) && said.collect::<String>() == text
}
