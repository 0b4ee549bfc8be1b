//! Messages and tools as Ollama's API writes them.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::request::{Image, Message, Tool, ToolCall};

/// A message: `Message` of `api/types.go`.
#[derive(Serialize)]
pub struct Sent {
    role: String,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<String>,
    /// In base64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<SentCall>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<String>,
}

#[derive(Serialize)]
struct SentCall {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    function: SentFunction,
}

#[derive(Serialize)]
struct SentFunction {
    name: String,
    arguments: Map<String, Value>,
}

/// The messages with their pictures, which are read on a thread that may wait for a disk.
pub async fn sent(messages: Vec<Message>) -> Result<Vec<Sent>, Error> {
    let write = || messages.into_iter().map(write).collect();
    tokio::task::spawn_blocking(write)
        .await
        .map_err(|_| Error::Ended("reading pictures"))?
}

fn write(message: Message) -> Result<Sent, Error> {
    let images = message.images.into_iter().map(picture);
    Ok(Sent {
        role: message.role,
        content: message.content,
        thinking: message.thinking,
        images: images.collect::<Result<_, _>>()?,
        tool_calls: message.tool_calls.into_iter().map(call).collect(),
        tool_name: message.tool_name,
        tool_call_id: message.tool_call_id,
    })
}

fn picture(image: Image) -> Result<String, Error> {
    let unreadable = |path: PathBuf| move |source| Error::Picture { path, source };
    match image {
        Image::Bytes(bytes) => Ok(STANDARD.encode(bytes)),
        Image::Path(path) => std::fs::read(&path)
            .map(|bytes| STANDARD.encode(bytes))
            .map_err(unreadable(path)),
    }
}

fn call(call: ToolCall) -> SentCall {
    SentCall {
        id: call.id,
        function: SentFunction {
            name: call.name,
            arguments: call.arguments,
        },
    }
}

/// A tool: `Tool` of `api/types.go`.
pub fn tool(tool: Tool) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    })
}
