//! `model pull`: a bar on a terminal, lines elsewhere, or JSON lines.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use llmspell_models::{ModelReply, ModelRequest, PullProgress, PullStatus};

use super::ask::{Ended, ask};
use super::show;
use crate::cli::{App, Output, tell};

/// `llmspell model pull MODEL`
pub fn run(app: &App, request: ModelRequest) -> u8 {
    let mut view = View::new(app.json);
    let pulled = ask(app, request, |reply| {
        if let ModelReply::Progress(progress) = reply {
            view.show(progress);
        }
    });
    view.clear();
    match pulled {
        Ok(_) if app.json => 0,
        Ok(ModelReply::Progress(progress)) => {
            let size = show::size(progress.total_bytes.unwrap_or(progress.completed_bytes));
            app.show(&format!("{} is there ({size})\n", progress.model_id))
        }
        Ok(_) => 0,
        Err(ended) => stopped(app, ended),
    }
}

/// Says why something did not come whole, and gives the exit code.
pub fn stopped(app: &App, ended: Ended) -> u8 {
    match ended {
        Ended::Interrupted => {
            app.reporter
                .note("stopped; what came so far is kept, and the same command goes on from there");
            130
        }
        ended => ended.tell(app),
    }
}

/// How progress is shown.
pub enum View {
    Bar(ProgressBar),
    /// What was told last: the status, and how many tenths.
    Lines(Option<(PullStatus, Option<String>, u64)>),
    Json(Output),
}

impl View {
    pub fn new(json: bool) -> Self {
        match json {
            true => Self::Json(Output::new()),
            false if std::io::stderr().is_terminal() => Self::Bar(bar()),
            false => Self::Lines(None),
        }
    }

    pub fn show(&mut self, progress: &PullProgress) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(progress.total_bytes.unwrap_or(0));
                bar.set_position(progress.completed_bytes);
                let item = progress.item.as_deref().unwrap_or(&progress.model_id);
                bar.set_message(format!("{} {item}", progress.status));
            }
            Self::Lines(told) => {
                let tenths = progress.percent_complete as u64 / 10;
                let now = Some((progress.status, progress.item.clone(), tenths));
                if *told != now {
                    tell(&format!("{}\n", line(progress)));
                    *told = now;
                }
            }
            Self::Json(out) => {
                let line =
                    serde_json::to_string(progress).expect("progress has nothing that JSON lacks");
                // A closed pipe ends the process, and nothing else can be told about it.
                let _ = writeln!(out, "{line}").and_then(|()| out.flush());
            }
        }
    }

    pub fn clear(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    const SHAPE: &str =
        "{msg} [{bar:24}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta} left";
    let style = ProgressStyle::with_template(SHAPE).expect("the template is well-formed");
    ProgressBar::new(0).with_style(style.progress_chars("#>-"))
}

fn line(progress: &PullProgress) -> String {
    let item = progress.item.as_deref().unwrap_or(&progress.model_id);
    let status = progress.status;
    match progress.total_bytes {
        Some(total) if status == PullStatus::Downloading => format!(
            "{status} {item}: {:.0} % of {}, {}/s",
            progress.percent_complete,
            show::size(total),
            show::size(progress.bytes_per_second as u64),
        ),
        _ => format!("{status} {item}"),
    }
}
