//! [`Answer`]: an answer under way, as events.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use rig_core::completion::{CompletionResponse, FinishReason as Reason};
use rig_core::message::{AssistantContent, Message, ToolCall as Call};
use rig_core::streaming::{CompletionStream, Item, StreamEvent};

use super::endpoint::Endpoint;
use super::tap::Seen;
use super::turns::Turns;
use crate::network;
use crate::{Error, Event, Finish, FinishReason, Generation, ToolCall};

/// An answer under way.
pub struct Answer {
    pub endpoint: Endpoint,
    pub model: String,
    pub started: Instant,
    pub seen: Option<Seen>,
    pub turns: Turns,
    /// `None` after its end.
    stream: Option<CompletionStream>,
    /// Events to come, in order.
    ready: VecDeque<Event>,
    first_token: Option<Duration>,
}

impl Answer {
    pub fn new(
        endpoint: Endpoint,
        model: String,
        started: Instant,
        turns: Turns,
        (stream, seen): (CompletionStream, Option<Seen>),
    ) -> Self {
        Self {
            endpoint,
            model,
            started,
            seen,
            turns,
            stream: Some(stream),
            ready: VecDeque::new(),
            first_token: None,
        }
    }

    /// Waits for the first event, so that a request that is refused has no answer at all.
    pub async fn begin(self) -> Result<Generation, Error> {
        let Some((first, rest)) = self.step().await? else {
            return Err(Error::Ended("an answer"));
        };
        let first = stream::iter([Ok(first)]);
        // Between two events the answer lies here, and with it the connection: dropping it closes that.
        let rest = stream::try_unfold(rest, |answer| network::run(answer.step()));
        Ok(Generation::new(first.chain(rest)))
    }

    /// The next event, and the answer after it.
    async fn step(mut self) -> Result<Option<(Event, Self)>, Error> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some((event, self)));
            }
            let Some(stream) = &mut self.stream else {
                return Ok(None);
            };
            match stream.next().await {
                Some(Ok(item)) => self.take(item)?,
                Some(Err(error)) => return Err(self.endpoint.failure(&error)),
                None => self.end().await?,
            }
        }
    }

    fn take(&mut self, item: Item<StreamEvent>) -> Result<(), Error> {
        self.tell_logprobs();
        // What is unknown to rig is no part of the answer, such as a sign of life.
        let Item::Event(event) = item else {
            return Ok(());
        };
        match event {
            StreamEvent::Text { text, .. } if !text.is_empty() => self.push(Event::Text(text)),
            StreamEvent::Reasoning { text, .. } if !text.is_empty() => {
                self.push(Event::Thinking(text));
            }
            StreamEvent::End {
                content: AssistantContent::ToolCall(call),
                ..
            } => {
                let call = self.call(call)?;
                self.push(Event::ToolCall(call));
            }
            _ => {}
        }
        Ok(())
    }

    fn push(&mut self, event: Event) {
        self.first_token
            .get_or_insert_with(|| self.started.elapsed());
        self.ready.push_back(event);
    }

    fn tell_logprobs(&mut self) {
        let seen = self.seen.as_ref().map(Seen::take).unwrap_or_default();
        if !seen.is_empty() {
            self.push(Event::Logprobs(seen));
        }
    }

    fn call(&self, call: Call) -> Result<ToolCall, Error> {
        let name = call.function.name.as_str().to_owned();
        if let Some(text) = call.function.invalid_arguments {
            let what = format!("called {name} with arguments that are no JSON object");
            return Err(self
                .endpoint
                .error(&what, &text, "; ask again, or raise max_tokens"));
        }
        Ok(ToolCall {
            id: Some(call.id.wire().into_owned()),
            name,
            arguments: call.function.arguments,
        })
    }

    async fn end(&mut self) -> Result<(), Error> {
        self.tell_logprobs();
        let stream = self.stream.take().expect("an answer ends once");
        let response = stream.finish().await;
        let response = response.map_err(|error| self.endpoint.failure(&error))?;
        let finish = self.finish(&response)?;
        if let Some(Message::Assistant(turn)) = response.message() {
            self.turns.keep(turn);
        }
        self.ready.push_back(Event::Done(finish));
        Ok(())
    }

    fn finish(&self, response: &CompletionResponse) -> Result<Finish, Error> {
        let count = |tokens: Option<u64>| tokens.unwrap_or(0).try_into().unwrap_or(usize::MAX);
        let total = self.started.elapsed();
        Ok(Finish {
            model: format!("{}/{}", self.endpoint.name, self.model),
            provider: self.endpoint.name.clone(),
            reason: self.reason(response)?,
            prompt_tokens: count(response.usage.input_tokens),
            completion_tokens: count(response.usage.output_tokens),
            cached_tokens: count(response.usage.cached_input_tokens),
            context_size: None,
            dropped_messages: 0,
            first_token: self.first_token.unwrap_or(total),
            total,
            load_time: None,
        })
    }

    fn reason(&self, response: &CompletionResponse) -> Result<FinishReason, Error> {
        let refused = |why: &str| {
            let hint = "; ask in other words";
            Err(self.endpoint.error("refused to answer", why, hint))
        };
        if let Some(why) = &response.error {
            return refused(why);
        }
        match response.finish_reason() {
            Some(Reason::Stop) | None => Ok(FinishReason::Stop),
            Some(Reason::Length) => Ok(FinishReason::Length),
            Some(Reason::ToolCalls) => Ok(FinishReason::ToolCalls),
            Some(Reason::ContentFilter) => refused("its content filter struck"),
            Some(Reason::Other(reason)) => {
                Err(self.endpoint.error("stopped the answer", &reason, ""))
            }
            Some(other) => {
                Err(self
                    .endpoint
                    .error("stopped the answer", &format!("{other:?}"), ""))
            }
        }
    }
}
