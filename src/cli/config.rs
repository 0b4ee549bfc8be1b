//! `config`: what is configured, and who set it.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use llmspell_core::Sources;
use llmspell_models::Config;
use llmspell_models::config::{ConfigEntry, Environment, Search};
use serde_json::{Map, Value, json};

use super::App;
use super::run::read_script;

pub const EXAMPLES: &str = "\
Examples:
  llmspell config show
  llmspell config show projects/bot/bot.lua
  llmspell config show --json --set default_model=llama3.2:3b";

#[derive(Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Show every key, its value, and where that comes from
    #[command(after_help = EXAMPLES)]
    Show {
        /// The script to show the configuration of [default: any in this folder]
        script: Option<PathBuf>,
    },
}

/// `llmspell config`
pub fn run(app: &App, args: &ConfigArgs) -> u8 {
    let ConfigCommand::Show { script } = &args.command;
    if let Some(script) = script
        && let Err(problem) = read_script(script)
    {
        return app.fail(problem, 1);
    }
    let config = match app.config(script.as_deref()) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match app.json {
        true => app.show(&format!("{:#}\n", as_json(config.entries()))),
        false => app.show(&as_lines(config.entries())),
    }
}

impl App {
    /// The configuration for a script, or without one for this folder; otherwise shows what is wrong with it
    /// and gives the exit code.
    pub fn config(&self, script: Option<&Path>) -> Result<Config, u8> {
        let search = Search {
            script_folder: script.and_then(Path::parent).map(Path::to_owned),
            explicit_file: self.config_file.clone(),
            environment: Environment::of_process(),
            flags: self.settings.clone(),
        };
        Config::load(&search).map_err(|error| match error {
            llmspell_models::Error::Configuration(problems) => {
                let sources = Sources::default();
                problems
                    .texts()
                    .for_each(|(name, text)| sources.add(name, text));
                let show = |problem| self.reporter.report(problem, &sources);
                problems.diagnostics().iter().for_each(show);
                2
            }
            other => self.fail(other.to_string(), 2),
        })
    }
}

/// Lines of TOML, aligned, the origin as a comment. A key that is not set is a comment itself.
fn as_lines(entries: &[ConfigEntry]) -> String {
    let shown: Vec<[String; 3]> = entries.iter().map(line).collect();
    let width = |column: usize| {
        let widths = shown.iter().map(|cells| cells[column].chars().count());
        // One long list would push all origins out of sight.
        widths.filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let (keys, values) = (width(0), width(1));
    let aligned =
        |[key, value, origin]: &[String; 3]| format!("{key:keys$} = {value:values$}  # {origin}\n");
    shown.iter().map(aligned).collect()
}

/// A key, its value as TOML, and its origin.
fn line(entry: &ConfigEntry) -> [String; 3] {
    let state = match entry.variable_is_set {
        Some(true) => " (the variable is set)",
        Some(false) => " (the variable is not set)",
        None => "",
    };
    match &entry.value {
        Value::Null => [
            format!("# {}", entry.key),
            String::new(),
            "not set".to_owned(),
        ],
        // Strings, numbers and lists of JSON are TOML as well.
        value => [
            entry.key.clone(),
            value.to_string(),
            format!("{}{state}", entry.origin),
        ],
    }
}

/// `{key: {value, origin}}`, and of a variable with a secret whether it is set.
fn as_json(entries: &[ConfigEntry]) -> Value {
    let value = |entry: &ConfigEntry| {
        let mut shown = json!({ "value": entry.value, "origin": entry.origin });
        if let Some(set) = entry.variable_is_set {
            shown["variable_is_set"] = set.into();
        }
        (entry.key.clone(), shown)
    };
    entries.iter().map(value).collect::<Map<_, _>>().into()
}
