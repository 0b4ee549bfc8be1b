//! Starting an answer.

use rig_core::completion::{
    CompletionRequest, Media, Message, OnUnsupported, Place, ReplayTarget, ToolDefinition,
};
use rig_core::driver::Model;
use rig_core::message::UserContent;
use rig_core::operation::Completion;
use rig_core::schemars::Schema;
use rig_core::streaming::CompletionStream;
use rig_core::wire::{Encoded, Wire, WireFrame};
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::history::{history, named};
use super::options::{self, Fields};
use super::settings::RemoteKind;
use super::tap::{Seen, Tap};
use super::think::thinking;
use super::turns::Turns;
use crate::{Error, Prompt, Request, Tool};

/// The most tokens of an answer by Anthropic, which wants a number, of models that rig does not know.
const ANSWER: u64 = 4096;

/// What is asked, as rig has it.
pub async fn asked(
    endpoint: &Endpoint,
    model: &str,
    request: Request,
    turns: &Turns,
) -> Result<CompletionRequest, Error> {
    let Prompt::Chat(messages) = request.prompt else {
        return Err(Error::Cannot {
            model: format!("{}/{model}", endpoint.name),
            backend: endpoint.name.clone(),
            what: "continue raw text; give it a conversation",
        });
    };
    let sampling = &request.sampling;
    let mut fields = options::fields(endpoint.kind, sampling, &request.stop);
    let mut asked = CompletionRequest::from(history(messages, turns).await?)
        .temperature(sampling.temperature)
        .max_tokens(request.max_tokens.map(|most| most as u64))
        .tools(tools(request.tools)?)
        .on_unsupported(OnUnsupported::Error);
    if endpoint.kind != RemoteKind::OpenAiCompatible {
        asked.options.top_p = sampling.top_p;
        asked.options.seed = sampling.seed;
        asked.options.stop = request.stop;
    }
    let thinking = thinking(endpoint, model, request.think);
    asked.options.reasoning = thinking.reasoning;
    for (name, value) in thinking.fields {
        fields.merge(name, value);
    }
    if let Some(format) = request.format {
        asked = shaped(endpoint, asked, &mut fields, format)?;
    }
    Ok(asked.additional_params(fields.into_value()))
}

fn tools(tools: Vec<Tool>) -> Result<Vec<ToolDefinition>, Error> {
    let definition = |tool: Tool| {
        let name = named(tool.name)?;
        Ok(ToolDefinition::new(name, tool.description, tool.parameters))
    };
    tools.into_iter().map(definition).collect()
}

/// Asks for JSON, of a schema or of any shape.
fn shaped(
    endpoint: &Endpoint,
    asked: CompletionRequest,
    fields: &mut Fields,
    format: Value,
) -> Result<CompletionRequest, Error> {
    let unfit = |expected: &str| Error::Option {
        parameter: "format",
        expected: expected.to_owned(),
        value: format.to_string(),
    };
    match (endpoint.kind, &format) {
        (RemoteKind::Gemini, Value::Bool(true)) => {
            fields.merge(
                "generationConfig",
                json!({ "responseMimeType": "application/json" }),
            );
        }
        (_, Value::Bool(true)) => {
            fields.merge("response_format", json!({ "type": "json_object" }));
        }
        // Rig makes every property required, which OpenAI insists on and others do not.
        (RemoteKind::OpenAiCompatible, Value::Object(_)) => {
            let schema = json!({ "name": "answer", "strict": true, "schema": format });
            fields.merge(
                "response_format",
                json!({ "type": "json_schema", "json_schema": schema }),
            );
        }
        (_, Value::Object(_)) => {
            let schema = Schema::try_from(format).expect("an object is a schema");
            return Ok(asked.output_schema(schema));
        }
        _ => return Err(unfit("a JSON schema, or true for any JSON")),
    }
    Ok(asked)
}

/// Opens the answer; nothing is sent before it is first polled.
pub fn open(
    endpoint: &Endpoint,
    model: &str,
    asked: CompletionRequest,
    seen: Option<Seen>,
) -> Result<CompletionStream, Error> {
    match endpoint.kind {
        RemoteKind::OpenAi | RemoteKind::OpenAiCompatible => {
            stream(endpoint, endpoint.openai().chat(model), asked, seen)
        }
        RemoteKind::Anthropic => {
            let mut messages = endpoint.anthropic().completion(model);
            messages.wire.default_max_tokens.get_or_insert(ANSWER);
            stream(endpoint, messages, asked, seen)
        }
        RemoteKind::Gemini => stream(endpoint, endpoint.gemini().completion(model), asked, seen),
    }
}

fn stream<W>(
    endpoint: &Endpoint,
    model: Model<W>,
    asked: CompletionRequest,
    seen: Option<Seen>,
) -> Result<CompletionStream, Error>
where
    W: Wire<Op = Completion, Payload = Encoded, Frame = WireFrame> + ReplayTarget,
{
    sees(endpoint, &model.wire, &asked)?;
    let tap = Tap {
        http: model.transport,
        seen,
    };
    let stream = Model::new(model.wire, tap).stream(asked);
    stream.map_err(|error| endpoint.failure(&error))
}

/// Whether the model takes the images; rig would put a remark in their place.
fn sees(
    endpoint: &Endpoint,
    wire: &impl ReplayTarget,
    asked: &CompletionRequest,
) -> Result<(), Error> {
    let parts = asked.chat_history.iter().flat_map(|message| match message {
        Message::User { content } => content.as_slice(),
        _ => &[],
    });
    for part in parts {
        let UserContent::Image(image) = part else {
            continue;
        };
        if !wire.accepts(wire.model()).user_images {
            return Err(Error::Cannot {
                model: format!("{}/{}", endpoint.name, wire.model()),
                backend: endpoint.name.clone(),
                what: "show images to this model",
            });
        }
        if !wire.encodes(wire.model(), Media::Image(image, Place::User)) {
            return Err(Error::Image {
                image: format!("one of type {:?}", image.media_type),
                problem: format!(
                    "{} does not read this type; PNG and JPEG it does",
                    endpoint.name
                ),
            });
        }
    }
    Ok(())
}
