//! `model`: which models there are, getting and deleting them.

mod ask;
#[cfg(all(feature = "candle", feature = "ollama"))]
mod install;
mod pull;
mod show;
mod table;

use std::io::{IsTerminal, Write};

use clap::{Args, Subcommand, ValueEnum};
use futures_executor::block_on;
use llmspell_models::{LocalBackend, ModelReply, ModelRequest, PullOptions};

use super::App;
use ask::{Ended, ask};

pub const EXAMPLES: &str = "\
Examples:
  llmspell model list                         what is there
  llmspell model available --recommended      what could be got
  llmspell model pull llama3.2:3b             get it; interrupted, it goes on where it was
  llmspell model pull hf:owner/repo:Q4_K_M    any GGUF repository on Hugging Face
  llmspell model pull ollama/llama3.2:3b      let the Ollama server get it
  llmspell model remove llama3.2:3b
  llmspell model install-ollama               says what it will do, and asks";

#[derive(Args)]
pub struct ModelArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The models that are there
    List {
        /// Only those of one backend
        #[arg(long, value_enum)]
        backend: Option<BackendName>,
    },
    /// Get a model, unless it is there
    Pull {
        /// Such as llama3.2:3b, hf:owner/repo:Q4_K_M or ollama/phi3:3.8b
        model: String,
        /// Such as Q4_K_M
        #[arg(long, value_name = "QUANT")]
        quantization: Option<String>,
        /// Get it again even if it is there
        #[arg(long)]
        force: bool,
    },
    /// Delete a model that was pulled
    Remove {
        /// The model
        model: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// What is known of a model
    Info {
        /// The model, or the path of a GGUF file
        model: String,
    },
    /// Models that could be got
    Available {
        /// Only those for one backend
        #[arg(long, value_enum)]
        backend: Option<BackendName>,
        /// Only those that most people are well served with
        #[arg(long)]
        recommended: bool,
    },
    /// The state of the backends
    Status,
    /// Download Ollama itself, verify it, and put it into your own folders
    #[cfg(all(feature = "candle", feature = "ollama"))]
    InstallOllama {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
        /// Install it even if there is one
        #[arg(long)]
        force: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum BackendName {
    Candle,
    Ollama,
}

impl From<BackendName> for LocalBackend {
    fn from(name: BackendName) -> Self {
        match name {
            BackendName::Candle => Self::Candle,
            BackendName::Ollama => Self::Ollama,
        }
    }
}

/// `llmspell model …`
pub fn run(app: &App, args: ModelArgs) -> u8 {
    match args.command {
        Command::List { backend } => {
            let backend = backend.map(Into::into);
            answer(app, ModelRequest::List { backend })
        }
        Command::Pull {
            model,
            quantization,
            force,
        } => {
            let options = PullOptions {
                quantization,
                force,
            };
            pull::run(app, ModelRequest::Pull { model, options })
        }
        Command::Remove { model, yes } => remove(app, model, yes),
        Command::Info { model } => answer(app, ModelRequest::Info { model }),
        Command::Available {
            backend,
            recommended,
        } => {
            let backend = backend.map(Into::into);
            answer(
                app,
                ModelRequest::Available {
                    backend,
                    recommended,
                },
            )
        }
        Command::Status => answer(app, ModelRequest::Status),
        #[cfg(all(feature = "candle", feature = "ollama"))]
        Command::InstallOllama { yes, force } => install::run(app, yes, force),
    }
}

/// Asks, and shows the last reply.
fn answer(app: &App, request: ModelRequest) -> u8 {
    let reply = ask(app, request, |_| {});
    if let Ok(ModelReply::Models {
        passed_over: Some(problem),
        ..
    }) = &reply
    {
        app.reporter.note(problem);
    }
    match reply {
        Ok(reply) if app.json => app.show(&format!("{:#}\n", show::json(&reply))),
        Ok(reply) => app.show(&show::reply(&reply, app.verbose)),
        Err(ended) => ended.tell(app),
    }
}

fn remove(app: &App, model: String, yes: bool) -> u8 {
    if !yes && let Err(code) = agreed(app, &model) {
        return code;
    }
    let request = ModelRequest::Remove {
        model: model.clone(),
    };
    match ask(app, request, |_| {}) {
        Ok(_) if app.json => app.show(&format!("{:#}\n", serde_json::json!({ "removed": model }))),
        Ok(_) => app.show(&format!("{model} is deleted\n")),
        Err(ended) => ended.tell(app),
    }
}

/// Asks whether a model is to be deleted. Of one that is not there, or of which that cannot be told, it says so
/// and asks nothing.
fn agreed(app: &App, model: &str) -> Result<(), u8> {
    let models = app.models(None)?;
    if let Err(error) = block_on(models.removable(model)) {
        return Err(Ended::Failed(error).tell(app));
    }
    match confirm(&format!("Delete {model}?")) {
        Some(true) => Ok(()),
        Some(false) => Err(app.fail("nothing was deleted".to_owned(), 1)),
        None => Err(app.fail(
            format!(
                "there is no terminal to ask on: `llmspell model remove {model} --yes` does not ask"
            ),
            2,
        )),
    }
}

/// Asks the person at the terminal, if there is one.
fn confirm(question: &str) -> Option<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    let mut err = std::io::stderr().lock();
    // Without a terminal there is nobody to ask, which was looked at above.
    let _ = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    Some(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

impl Ended {
    /// Says why there is no answer, and gives the exit code.
    fn tell(self, app: &App) -> u8 {
        match self {
            Ended::Failed(error @ llmspell_models::Error::Name { .. }) => {
                app.fail(error.to_string(), 2)
            }
            Ended::Failed(error) => app.fail(error.to_string(), 1),
            Ended::Told(code) => code,
            Ended::Interrupted => app.fail("interrupted".to_owned(), 130),
        }
    }
}
