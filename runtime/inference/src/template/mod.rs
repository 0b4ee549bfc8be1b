//! Chat templates: messages to the prompt text that a model was trained on.

mod builtins;
mod guard;
mod json;
mod kind;
mod methods;
mod python;
mod source;

pub(crate) use guard::Guard;
pub(crate) use kind::kind;

use std::sync::OnceLock;

use jiff::civil::DateTime;
use jiff::fmt::strtime::{BrokenDownTime, Config};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{AutoEscape, Environment, Error as Failure, ErrorKind, Value, context};

use crate::{Error, Message};

/// Instructions of the template's virtual machine for one rendering; 64 bytes that it writes count as one.
/// Real templates need some thousands for a conversation of ordinary length, and the count grows with the
/// messages.
const FUEL: u64 = 4_000_000;
/// In bytes, of which the system gives only those that are used. Compiling recurses into expressions, and
/// dropping into values, as deep as [`source`]'s limit and the fuel allow.
const STACK: usize = 256 << 20;
const NAME: &str = "chat_template";

/// A compiled chat template in the Jinja dialect of model files.
pub struct Template {
    environment: Environment<'static>,
    bos: String,
    eos: String,
    /// Whether it writes what the system says.
    writes_system: OnceLock<bool>,
}

impl Template {
    /// Compiles a template. `bos` and `eos` are the texts that it sees as `bos_token` and
    /// `eos_token`.
    pub fn new(source: &str, bos: &str, eos: &str) -> Result<Self, Error> {
        let source = source::rewrite(source).map_err(|reason| Error::Template { reason })?;
        Ok(Self {
            environment: on_large_stack(|| compile(source))??,
            bos: bos.to_owned(),
            eos: eos.to_owned(),
            writes_system: OnceLock::new(),
        })
    }

    /// The prompt text. `tools` is a list of function declarations in JSON-schema form;
    /// `add_generation_prompt` opens the assistant's turn.
    pub fn render(
        &self,
        messages: &[Message],
        tools: Option<&serde_json::Value>,
        add_generation_prompt: bool,
    ) -> Result<String, Error> {
        let now = jiff::Zoned::now().datetime();
        self.render_at(messages, tools, add_generation_prompt, now)
    }

    /// Like [`Template::render`], with the local time that `strftime_now` reads.
    pub fn render_at(
        &self,
        messages: &[Message],
        tools: Option<&serde_json::Value>,
        add_generation_prompt: bool,
        now: DateTime,
    ) -> Result<String, Error> {
        let template = self
            .environment
            .get_template(NAME)
            .expect("`new` added the template");
        let strftime_now = move |format: &str| strftime(format, now);
        let render = || {
            template.render(context! {
                messages => Value::from(Serde(messages)),
                tools => tools.map(|tools| Value::from(Serde(tools))),
                documents => (),
                add_generation_prompt,
                bos_token => self.bos.as_str(),
                eos_token => self.eos.as_str(),
                strftime_now => Value::from_function(strftime_now),
            })
        };
        on_large_stack(|| render().map_err(|error| failed(&error)))?
    }
}

impl Template {
    /// Whether a system message is in the prompt; some templates refuse it, some say nothing and drop it.
    pub(crate) fn writes_system(&self) -> bool {
        const TEXT: &str = "An uncommon sentence.";
        let try_it = || {
            let messages = [Message::system(TEXT), Message::user("Hello!")];
            let rendered = self.render(&messages, None, true);
            rendered.is_ok_and(|prompt| prompt.contains(TEXT))
        };
        *self.writes_system.get_or_init(try_it)
    }
}

fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("llmspell-template".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(|source| Error::Thread { source })?;
        Ok(thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn compile(source: String) -> Result<Environment<'static>, Error> {
    let mut environment = environment();
    match environment.add_template_owned(NAME, source) {
        Ok(()) => Ok(environment),
        Err(error) => Err(failed(&error)),
    }
}

fn strftime(format: &str, now: DateTime) -> Result<String, Failure> {
    let config = Config::new().lenient(true); // What it does not know stays as it is, as in C.
    BrokenDownTime::from(now)
        .to_string_with_config(&config, format)
        .map_err(|error| methods::invalid(format!("strftime_now: {error}")))
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build().expect("the default delimiters differ"));
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    builtins::install(&mut environment);
    environment.add_function("raise_exception", raise_exception);
    environment
}

/// Marks an error that the template raised itself.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Raised(String);

fn raise_exception(message: String, _options: Kwargs) -> Result<Value, Failure> {
    let raised = Raised(message);
    Err(Failure::new(ErrorKind::InvalidOperation, "raise_exception").with_source(raised))
}

fn failed(error: &Failure) -> Error {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(current) = source {
        if let Some(Raised(reason)) = current.downcast_ref() {
            let reason = reason.clone();
            return Error::TemplateRaised { reason };
        }
        source = current.source();
    }
    Error::Template {
        reason: error.to_string(),
    }
}
