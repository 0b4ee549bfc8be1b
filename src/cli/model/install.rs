//! `model install-ollama`: says what it will do, asks, and does it.

use futures_executor::block_on;
use llmspell_models::ollama::{Installation, Installer, on_path};
use llmspell_models::{Error, PullProgress};
use serde_json::json;

use super::ask::{Ended, Tell, follow};
use super::pull::{View, stopped};
use super::{confirm, show};
use crate::cli::{App, tell};

/// `llmspell model install-ollama`
pub fn run(app: &App, yes: bool, force: bool) -> u8 {
    match on_path("ollama") {
        Some(program) if !force => there(app, &program.display().to_string()),
        _ => match Installer::new().and_then(|installer| block_on(installer.plan())) {
            Ok(plan) => go(app, plan, yes),
            Err(Error::NoOllamaFor(system)) => by_hand(app, &system),
            Err(error) => app.fail(error.to_string(), 1),
        },
    }
}

fn there(app: &App, program: &str) -> u8 {
    match app.json {
        true => show_json(app, "there", Some(program)),
        false => app.show(&format!(
            "{program} is there already; `llmspell model install-ollama --force` installs another one\n"
        )),
    }
}

/// What to do where no archive can simply be unpacked.
fn by_hand(app: &App, system: &str) -> u8 {
    match app.json {
        true => show_json(app, "by_hand", None),
        false => app.show(&format!(
            "Ollama has no archive for {system} that llmspell could unpack.\n\
             Get it from https://ollama.com/download and start it; llmspell then finds it by itself.\n"
        )),
    }
}

fn go(app: &App, plan: Installation, yes: bool) -> u8 {
    match app.json {
        true => app.reporter.note(&describe(&plan)),
        false => tell(&describe(&plan)),
    }
    match yes.then_some(true).or_else(|| confirm("Install it?")) {
        Some(true) => install(app, plan),
        Some(false) => app.fail("nothing was installed".to_owned(), 1),
        None => app.fail(
            "there is no terminal to ask on: `llmspell model install-ollama --yes` does not ask"
                .to_owned(),
            2,
        ),
    }
}

fn describe(plan: &Installation) -> String {
    let size = plan.size.map(|size| format!(" ({})", show::size(size)));
    let replaced = if plan.folder.exists() {
        ", in the place of what is there"
    } else {
        ""
    };
    let link = match plan.link_is_taken() {
        true => format!("leaves    {} as it is", plan.link.display()),
        false => format!("links     {} to it", plan.link.display()),
    };
    format!(
        "This installs Ollama:\n  \
           downloads {}{}\n  \
           verifies  its sha256, {}\n  \
           unpacks   it to {}{replaced}\n  \
           {link}\n",
        plan.source(),
        size.unwrap_or_default(),
        plan.sha256,
        plan.folder.display(),
    )
}

fn install(app: &App, plan: Installation) -> u8 {
    let (mut view, started) = (View::new(app.json), plan.clone());
    let installed = follow(
        move |tell| forward(started, tell),
        |progress| view.show(progress),
    );
    view.clear();
    match installed {
        Ok(_) => done(app, &plan),
        Err(ended) => stopped(app, ended),
    }
}

fn forward(plan: Installation, tell: &Tell<'_, PullProgress>) {
    let mut pull = match plan.start() {
        Ok(pull) => pull,
        Err(error) => {
            tell(Err(error));
            return;
        }
    };
    while let Some(progress) = block_on(pull.next()) {
        if !tell(progress) {
            return;
        }
    }
}

fn done(app: &App, plan: &Installation) -> u8 {
    let Some(program) = plan.program().map(|program| program.display().to_string()) else {
        return Ended::Failed(Error::Ended("the installation")).tell(app);
    };
    match app.json {
        true => show_json(app, "installed", Some(&program)),
        false => app.show(&format!(
            "{program} is installed.\n\
             Start it with `{program} serve`, or set providers.ollama.options.auto_start = true{}.\n",
            path_hint(plan)
        )),
    }
}

/// What `auto_start` needs besides.
fn path_hint(plan: &Installation) -> String {
    match (on_path("ollama"), plan.link.parent()) {
        (None, Some(folder)) => format!(" and put {} on PATH", folder.display()),
        _ => String::new(),
    }
}

/// One line, as progress has.
fn show_json(app: &App, status: &str, program: Option<&str>) -> u8 {
    app.show(&format!(
        "{}\n",
        json!({ "status": status, "program": program })
    ))
}
