//! Chat templates: messages to the prompt text that a model was trained on.

mod guard;
mod json;
mod python;

pub(crate) use guard::Guard;

use jiff::civil::DateTime;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{AutoEscape, Environment, Error as Failure, ErrorKind, Value, context};

use crate::{Error, Message};

/// Instructions of the template's virtual machine for one rendering. Real templates need some
/// thousands for a conversation of ordinary length, and the count grows with the messages.
const FUEL: u64 = 20_000_000;
const NAME: &str = "chat_template";

/// A compiled chat template in the Jinja dialect of model files.
pub struct Template {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

impl Template {
    /// Compiles a template. `bos` and `eos` are the texts that it sees as `bos_token` and
    /// `eos_token`.
    pub fn new(source: &str, bos: &str, eos: &str) -> Result<Self, Error> {
        let mut environment = environment();
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|error| failed(&error))?;
        Ok(Self {
            environment,
            bos: bos.to_owned(),
            eos: eos.to_owned(),
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
        let strftime_now = move |format: &str| {
            jiff::fmt::strtime::format(format, now).map_err(|error| {
                Failure::new(
                    ErrorKind::InvalidOperation,
                    format!("strftime_now: {error}"),
                )
            })
        };
        template
            .render(context! {
                messages => Value::from(Serde(messages)),
                tools => tools.map(|tools| Value::from(Serde(tools))),
                add_generation_prompt,
                bos_token => self.bos.as_str(),
                eos_token => self.eos.as_str(),
                strftime_now => Value::from_function(strftime_now),
            })
            .map_err(|error| failed(&error))
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build().expect("the default delimiters differ"));
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.set_formatter(python::format);
    environment.add_filter("tojson", json::tojson);
    environment.add_filter("string", |value: &Value| python::text(value));
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
