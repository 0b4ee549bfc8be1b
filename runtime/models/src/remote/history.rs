//! A conversation, as rig writes it for every provider.

use rig_core::message::{
    AssistantContent, AssistantMessage, CallId, Message, ToolFunction, ToolName, ToolResult,
    ToolResultContent, UserContent,
};
use serde_json::Value;

use super::image;
use super::turns::Turns;
use crate::{Error, Message as Given, ToolCall};

/// A conversation as rig has it.
pub async fn history(messages: Vec<Given>, turns: &Turns) -> Result<Vec<Message>, Error> {
    let mut history = History {
        turns,
        written: Vec::new(),
        open: Vec::new(),
    };
    for message in messages {
        history.add(message).await?;
    }
    Ok(history.written)
}

struct History<'a> {
    turns: &'a Turns,
    written: Vec<Message>,
    /// Calls that no result has answered so far.
    open: Vec<Call>,
}

struct Call {
    id: CallId,
    name: ToolName,
}

impl History<'_> {
    async fn add(&mut self, message: Given) -> Result<(), Error> {
        match message.role.as_str() {
            "system" => self.written.push(Message::system(message.content)),
            "user" => {
                let content = user(message).await?;
                self.written.push(Message::User { content });
            }
            "assistant" => self.assistant(message)?,
            "tool" => self.result(message)?,
            role => return Err(unfit("a role system, user, assistant or tool", role)),
        }
        Ok(())
    }

    fn assistant(&mut self, message: Given) -> Result<(), Error> {
        let turn = match self.turns.find(&message.content, &message.tool_calls) {
            Some(turn) => turn,
            None => self.rebuilt(message)?,
        };
        self.open.extend(turn.tool_calls().map(|call| Call {
            id: call.id.clone(),
            name: call.function.name.clone(),
        }));
        self.written.push(Message::Assistant(turn));
        Ok(())
    }

    /// A turn of which only the text and the calls are known. What the model thought is left out: providers take
    /// it from themselves only, signed.
    fn rebuilt(&self, message: Given) -> Result<AssistantMessage, Error> {
        let mut content = Vec::new();
        if !message.content.is_empty() {
            content.push(AssistantContent::text(message.content));
        }
        for (at, call) in message.tool_calls.into_iter().enumerate() {
            content.push(self.call(at, call)?);
        }
        Ok(AssistantMessage::new(content))
    }

    fn call(&self, at: usize, call: ToolCall) -> Result<AssistantContent, Error> {
        // A model without such ids made the call.
        let invented = || format!("call_{}_{at}", self.written.len());
        let id = call.id.filter(|id| !id.is_empty()).unwrap_or_else(invented);
        let function = ToolFunction::new(named(call.name)?, Value::Object(call.arguments));
        let call = rig_core::message::ToolCall::new(CallId::from_wire(id), function);
        Ok(AssistantContent::ToolCall(call))
    }

    /// A result goes to the call that it names, or to the first open one of its tool.
    fn result(&mut self, message: Given) -> Result<(), Error> {
        let id = message.tool_call_id.as_deref();
        let tool = message.tool_name.as_deref();
        let place = self.open.iter().position(|call| match (id, tool) {
            (Some(id), _) => call.id.wire() == id,
            (None, Some(tool)) => call.name == *tool,
            (None, None) => true,
        });
        let Some(place) = place else {
            let got = format!("one of {}", id.or(tool).unwrap_or("an unnamed tool"));
            return Err(unfit(
                "a tool's result to answer an open call before it",
                &got,
            ));
        };
        let call = self.open.remove(place);
        self.answer(ToolResult {
            call: call.id,
            name: call.name,
            content: vec![ToolResultContent::text(message.content)],
            is_error: false,
        });
        Ok(())
    }

    /// Results of one turn belong into one message.
    fn answer(&mut self, result: ToolResult) {
        let result = UserContent::ToolResult(result);
        match self.written.last_mut() {
            Some(Message::User { content })
                if matches!(content.last(), Some(UserContent::ToolResult(_))) =>
            {
                content.push(result);
            }
            _ => self.written.push(Message::User {
                content: vec![result],
            }),
        }
    }
}

async fn user(message: Given) -> Result<Vec<UserContent>, Error> {
    let mut content = Vec::new();
    for picture in message.images {
        content.push(image::sent(picture).await?);
    }
    if !message.content.is_empty() || content.is_empty() {
        content.push(UserContent::text(message.content));
    }
    Ok(content)
}

/// A tool's name.
pub fn named(name: String) -> Result<ToolName, Error> {
    ToolName::new(name).map_err(|_| Error::Option {
        parameter: "tools",
        expected: "a tool's name".to_owned(),
        value: "an empty one".to_owned(),
    })
}

fn unfit(expected: &str, value: &str) -> Error {
    Error::Option {
        parameter: "messages",
        expected: expected.to_owned(),
        value: value.to_owned(),
    }
}
