//! `Agent`: a model with a role and a memory.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use llmspell_core::spec::Ty;
use llmspell_core::{Cx, Error, FromValue, Mismatch, Value, api};
use llmspell_models::{Message, Prompt, Request};

use crate::answering::{AnsweringOptions, Picture};
use crate::asking::ChatMessage;
use crate::generation::{Answer, Reply, Stream, models, problem};
use crate::loading::{LoadingOptions, OnOverflow};
use crate::sampling::SamplingOptions;

/// Agents of a script.
pub struct Agents;

/// A model with a role and a memory of the conversation.
#[api(namespace = "Agent")]
impl Agents {
    /// A new agent. Its model is loaded when it first answers.
    ///
    /// ```lua
    /// local agent = Agent.create({ system_prompt = "You are Ada.", temperature = 0 })
    /// print(agent:execute("Who are you?").text)
    /// ```
    /// ```rhai
    /// let agent = Agent.create(#{ system_prompt: "You are Ada.", temperature: 0 });
    /// print(agent.execute("Who are you?").text);
    /// ```
    async fn create(cx: &Cx, options: Option<AgentOptions>) -> Result<Rc<Agent>, Error> {
        let options = options.unwrap_or_default();
        let mut agent = Agent {
            shown: options.model.clone(),
            options,
            history: Rc::default(),
        };
        let turn = TurnOptions::default();
        let user = turn.message();
        let request = agent.request(turn, &user);
        let models = models(cx)?;
        let checked = cx.external(models.check(&request)).await;
        let answering = checked.map_err(problem("Agent.create"))?;
        agent.shown = answering.or(agent.shown);
        Ok(Rc::new(agent))
    }
}

/// What an agent is made of.
#[api(options)]
#[derive(Clone, Default)]
pub struct AgentOptions {
    /// The model's name or the path of a GGUF file.
    model: Option<String>,
    /// What the agent is called when it is printed.
    name: Option<String>,
    /// The role: what the model is told before the conversation.
    system_prompt: Option<String>,
    /// Whether it remembers the conversation; true unless told.
    memory: Option<bool>,
    /// What to do when the conversation is too long for the context: `"error"`, or `"drop_oldest"`, which
    /// leaves the oldest turns out of the prompt; `metadata.dropped_messages` tells how many messages.
    on_overflow: Option<OnOverflow>,
    #[api(include)]
    answering: AnsweringOptions,
    #[api(include)]
    loading: LoadingOptions,
    #[api(include)]
    sampling: SamplingOptions,
}

/// A model with a role and a memory.
pub struct Agent {
    /// The model that answers, unless it is the default one and has to be pulled first.
    shown: Option<String>,
    options: AgentOptions,
    history: Rc<RefCell<Vec<Message>>>,
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let model = self.shown.as_deref().unwrap_or("the default model");
        match &self.options.name {
            Some(name) => write!(f, "Agent({name}, {model})"),
            None => write!(f, "Agent({model})"),
        }
    }
}

/// An agent, as `Agent.create` returns it.
///
/// Calls that run at the same time on one agent do not see each other's turn.
#[api(handle = "Agent")]
impl Agent {
    /// Answers a text. Given a table, `text` is the text and the other fields override the agent's
    /// options for this turn.
    ///
    /// ```lua
    /// local agent = Agent.create({ temperature = 0 })
    /// local reply = agent:execute({ text = "Hello!", max_tokens = 8 })
    /// print(reply.text, reply.metadata.tokens.total)
    /// ```
    /// ```rhai
    /// let agent = Agent.create(#{ temperature: 0 });
    /// let reply = agent.execute(#{ text: "Hello!", max_tokens: 8 });
    /// print(`${reply.text} ${reply.metadata.tokens.total}`);
    /// ```
    async fn execute(&self, cx: &Cx, input: Turn) -> Result<Reply, Error> {
        let user = input.0.message();
        let answer = Answer::start(cx, "Agent:execute", self.request(input.0, &user)).await?;
        let reply = answer.finish(cx).await?;
        self.remember(user)(&reply.text);
        Ok(reply)
    }

    /// Answers a text in chunks, as the model writes it. The turn is remembered once the last
    /// chunk has been read.
    ///
    /// ```lua
    /// local agent = Agent.create({ temperature = 0 })
    /// for chunk in agent:execute_streaming("Hello!") do
    ///   if chunk.content.type == "text" then Console.write(chunk.content.text) end
    /// end
    /// ```
    /// ```rhai
    /// let agent = Agent.create(#{ temperature: 0 });
    /// for chunk in agent.execute_streaming("Hello!") {
    ///     if chunk.content.type == "text" { Console.write(chunk.content.text); }
    /// }
    /// ```
    async fn execute_streaming(&self, cx: &Cx, input: Turn) -> Result<Rc<Stream>, Error> {
        let (user, call) = (input.0.message(), "Agent:execute_streaming");
        let answer = Answer::start(cx, call, self.request(input.0, &user)).await?;
        Ok(Stream::new(answer, Some(Box::new(self.remember(user)))))
    }

    /// The conversation so far, without the system prompt.
    ///
    /// ```lua
    /// local agent = Agent.create({ temperature = 0 })
    /// agent:execute("Hello!")
    /// assert(agent:history()[1].content == "Hello!")
    /// ```
    /// ```rhai
    /// let agent = Agent.create(#{ temperature: 0 });
    /// agent.execute("Hello!");
    /// if agent.history()[0].content != "Hello!" { throw "forgotten" }
    /// ```
    fn history(&self) -> Vec<ChatMessage> {
        self.history
            .borrow()
            .iter()
            .map(ChatMessage::from)
            .collect()
    }

    /// Forgets the conversation.
    ///
    /// ```lua
    /// local agent = Agent.create()
    /// agent:reset()
    /// assert(#agent:history() == 0)
    /// ```
    /// ```rhai
    /// let agent = Agent.create();
    /// agent.reset();
    /// if agent.history().len() != 0 { throw "still remembered" }
    /// ```
    fn reset(&self) {
        self.history.borrow_mut().clear();
    }

    /// A new agent with the same options and a copy of the conversation, which from here on goes its own
    /// way. What the model has computed of it is shared, so the copy costs nothing.
    ///
    /// ```lua
    /// local agent = Agent.create({ temperature = 0 })
    /// agent:execute("Hello!")
    /// local other = agent:fork()
    /// other:execute("How are you?")
    /// assert(#agent:history() == 2 and #other:history() == 4)
    /// ```
    /// ```rhai
    /// let agent = Agent.create(#{ temperature: 0 });
    /// agent.execute("Hello!");
    /// let other = agent.fork();
    /// other.execute("How are you?");
    /// if agent.history().len() != 2 || other.history().len() != 4 { throw "not two agents" }
    /// ```
    fn fork(&self) -> Rc<Agent> {
        Rc::new(Agent {
            shown: self.shown.clone(),
            options: self.options.clone(),
            history: Rc::new(RefCell::new(self.history.borrow().clone())),
        })
    }
}

impl Agent {
    fn request(&self, input: TurnOptions, user: &Message) -> Request {
        let system = self.options.system_prompt.iter();
        let mut messages: Vec<_> = system.map(|text| Message::new("system", text)).collect();
        messages.extend(self.history.borrow().iter().cloned());
        messages.push(user.clone());
        let options = &self.options;
        let sampling = input.sampling.or(options.sampling.clone());
        let on_overflow = input.on_overflow.or(options.on_overflow);
        let answering = input.answering.or(options.answering.clone());
        answering.within(Request {
            loading: input.loading.or(options.loading.clone()).into(),
            on_overflow: on_overflow.map(Into::into).unwrap_or_default(),
            ..sampling.request(options.model.clone(), Prompt::Chat(messages))
        })
    }

    /// Adds a turn to the history once its answer is there.
    fn remember(&self, user: Message) -> impl FnOnce(&str) + use<> {
        let memory = self.options.memory.unwrap_or(true);
        let history = self.history.clone();
        move |answer| {
            if memory {
                let answer = Message::new("assistant", answer);
                history.borrow_mut().extend([user, answer]);
            }
        }
    }
}

/// A turn of a conversation, with options for it alone.
#[api(options)]
#[derive(Default)]
pub struct TurnOptions {
    /// What the user says.
    text: String,
    /// What the user shows: paths of pictures, or their content. Not in process.
    images: Option<Vec<Picture>>,
    /// What to do when the conversation is too long for the context: `"error"` or `"drop_oldest"`.
    on_overflow: Option<OnOverflow>,
    #[api(include)]
    answering: AnsweringOptions,
    #[api(include)]
    loading: LoadingOptions,
    #[api(include)]
    sampling: SamplingOptions,
}

impl TurnOptions {
    /// What the user says and shows.
    fn message(&self) -> Message {
        let images = self.images.iter().flatten();
        Message {
            images: images.map(|Picture(image)| image.clone()).collect(),
            ..Message::new("user", &self.text)
        }
    }
}

/// What an agent answers: a text, or [`TurnOptions`].
pub struct Turn(TurnOptions);

impl FromValue for Turn {
    const TY: Ty = Ty::Either(&[Ty::Str, Ty::Record(&TurnOptions::SPEC)]);

    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Str(text) => Ok(Self(TurnOptions {
                text,
                ..TurnOptions::default()
            })),
            Value::Map(_) => TurnOptions::from_value(value).map(Self),
            other => Err(Mismatch::new(Self::TY, other.kind())),
        }
    }
}
