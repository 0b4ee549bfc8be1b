//! Getting a model: what Ollama tells while it downloads.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use futures_util::stream::iter;
use ollama_rs::models::pull::PullModelStatus;
use serde_json::json;
use tokio::sync::mpsc::Sender;

use crate::Error;
use crate::name::ModelName;
use crate::ollama::library;
use crate::ollama::lines::Lines;
use crate::ollama::options::unfit;
use crate::ollama::server::Server;
use crate::ollama::stream;
use crate::pull::{Pull, PullOptions, PullProgress, PullStatus};

/// How far back the rate looks.
const OF_LATE: Duration = Duration::from_secs(2);

/// Starts to get a model, unless it is there.
pub async fn pull(server: Server, name: ModelName, options: PullOptions) -> Result<Pull, Error> {
    if let Some(quantization) = options.quantization {
        let instead =
            "none: for Ollama it is part of the name, as in \"llama3.1:8b-instruct-q4_K_M\"";
        return Err(unfit("quantization", instead, quantization));
    }
    if !options.force {
        match library::info(&server, &name).await {
            Ok(entry) => return Ok(there(name.model(), entry.size_bytes)),
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let model = name.model();
    let body = json!({ "model": model, "stream": true });
    let response = server.open("/api/pull", &model, &body).await;
    let response = response.map_err(|error| explained(error, &model))?;
    let lines = Lines::new(server, response);
    Ok(Pull::new(stream::sent(|progress| {
        follow(lines, model, progress)
    })?))
}

fn there(model: String, bytes: u64) -> Pull {
    let mut progress = Progress::new(model);
    progress.layers.insert(String::new(), (bytes, bytes));
    let complete = progress.report(PullStatus::Complete, None);
    Pull::new(iter([Ok(complete)]))
}

async fn follow(
    mut lines: Lines,
    model: String,
    progress: Sender<PullProgress>,
) -> Result<(), Error> {
    let mut seen = Progress::new(model);
    loop {
        let told = lines.next::<PullModelStatus>().await;
        let Some(told) = told.map_err(|error| explained(error, &seen.model))? else {
            break;
        };
        let report = seen.take(told);
        let complete = report.status == PullStatus::Complete;
        if progress.send(report).await.is_err() || complete {
            return Ok(());
        }
    }
    Err(lines
        .server
        .broken("it ended without saying that the model is there; pull again to go on"))
}

/// A model that does not exist is reported after the status 200 by some versions, and by others at once.
fn explained(error: Error, model: &str) -> Error {
    match error {
        Error::ServerFailed { reason, .. } | Error::ServerRefused { reason, .. }
            if reason.contains("file does not exist") =>
        {
            Error::NotFound {
                model: model.to_owned(),
                place: "can be downloaded by Ollama".to_owned(),
                hint: format!(" ({reason}); names are at https://ollama.com/library"),
            }
        }
        other => other,
    }
}

/// How far a download is.
struct Progress {
    model: String,
    /// Of each layer: the bytes that are there and all of them.
    layers: BTreeMap<String, (u64, u64)>,
    /// What came since this download began, from time to time.
    samples: VecDeque<(Instant, u64)>,
    transferred: u64,
}

impl Progress {
    fn new(model: String) -> Self {
        Self {
            model,
            layers: BTreeMap::new(),
            samples: VecDeque::new(),
            transferred: 0,
        }
    }

    fn take(&mut self, told: PullModelStatus) -> PullProgress {
        let status = self.status(&told);
        if let (Some(digest), Some(total)) = (&told.digest, told.total) {
            let completed = told.completed.unwrap_or(0).min(total);
            let before = self.layers.insert(digest.clone(), (completed, total));
            // What a layer has when it is first told of was there before.
            let before = before.map_or(completed, |(before, _)| before);
            self.transferred += completed.saturating_sub(before);
        }
        self.report(status, Some(told.digest.unwrap_or(told.message)))
    }

    fn status(&self, told: &PullModelStatus) -> PullStatus {
        let begins = |word| told.message.starts_with(word);
        match () {
            () if told.message == "success" => PullStatus::Complete,
            () if told.digest.is_some() => PullStatus::Downloading,
            () if begins("verifying") || begins("writing") || begins("removing") => {
                PullStatus::Verifying
            }
            () => PullStatus::Resolving,
        }
    }

    fn report(&mut self, status: PullStatus, item: Option<String>) -> PullProgress {
        let sum = |of: fn(&(u64, u64)) -> u64| self.layers.values().map(of).sum::<u64>();
        let (completed, total) = (sum(|layer| layer.0), sum(|layer| layer.1));
        let complete = status == PullStatus::Complete;
        PullProgress {
            model_id: library::listed_name(&self.model),
            status,
            item: item.filter(|_| !complete),
            completed_bytes: completed,
            total_bytes: Some(total).filter(|&total| total > 0),
            percent_complete: match total {
                _ if complete => 100.0,
                0 => 0.0,
                total => completed as f64 / total as f64 * 100.0,
            },
            bytes_per_second: self.rate(Instant::now()),
        }
    }

    fn rate(&mut self, now: Instant) -> f64 {
        self.samples.push_back((now, self.transferred));
        let old = |sample: &(Instant, u64)| now.duration_since(sample.0) > OF_LATE;
        while self.samples.len() > 2 && self.samples.front().is_some_and(old) {
            self.samples.pop_front();
        }
        let (since, before) = self.samples[0];
        let seconds = now.duration_since(since).as_secs_f64();
        match self.transferred - before {
            0 => 0.0,
            bytes => bytes as f64 / seconds.max(f64::EPSILON),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_counts_what_came_of_late_and_not_what_was_there() {
        let mut progress = Progress::new("m".to_owned());
        let layer = |completed| PullModelStatus {
            message: "pulling a".to_owned(),
            digest: Some("sha256:a".to_owned()),
            total: Some(1000),
            completed: Some(completed),
        };
        assert_eq!(progress.take(layer(600)).bytes_per_second, 0.0);
        progress.take(layer(800));
        assert_eq!(progress.transferred, 200);
        let start = progress.samples[0].0;
        assert_eq!(progress.rate(start + Duration::from_secs(1)), 200.0);
        assert_eq!(progress.rate(start + Duration::from_secs(60)), 0.0);
    }
}
