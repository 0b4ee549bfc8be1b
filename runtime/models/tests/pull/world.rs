//! A store in a folder of its own, and what is done with it.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use llmspell_inference::gguf::Writer;
use llmspell_inference::testing::TinyLlama;
use llmspell_models::{
    Error, Event, Limits, ModelEntry, Models, Prompt, PullOptions, PullProgress, PullStatus,
    Request, StoreSettings, Token, TransferSettings,
};
use tempfile::TempDir;

use super::server::Server;

/// A tiny model that has other weights for each seed: about 250 KB.
pub fn writer(seed: u64) -> Writer {
    let model = TinyLlama {
        seed,
        ..TinyLlama::default()
    };
    model.writer().expect("a tiny model")
}

pub fn model(seed: u64) -> Vec<u8> {
    writer(seed).to_bytes().expect("a tiny model")
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread();
    { runtime }.build().expect("a runtime").block_on(future)
}

/// A server, a store, and the models over it.
pub struct World {
    pub server: Server,
    pub models: Models,
    pub settings: StoreSettings,
    folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other settings than the usual ones.
    pub fn with(change: impl FnOnce(&mut StoreSettings)) -> Self {
        let (server, folder) = (Server::start(), TempDir::new().expect("a folder"));
        let mut settings = settings(&server.endpoint(), folder.path());
        change(&mut settings);
        Self {
            models: Models::with_store(&Limits::default(), settings.clone()),
            server,
            settings,
            folder,
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where a file of a repository lies.
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder().join("models").join(file)
    }

    pub fn pull(&self, name: &str) -> Result<PullProgress, Error> {
        self.pull_with(name, PullOptions::default())
    }

    pub fn pull_with(&self, name: &str, options: PullOptions) -> Result<PullProgress, Error> {
        block_on(async { self.models.pull(name, options).await?.finish().await })
    }

    pub fn fails(&self, name: &str) -> String {
        self.pull(name).expect_err(name).to_string()
    }

    /// All that a pull tells.
    pub fn progress(&self, name: &str) -> Vec<PullProgress> {
        block_on(async {
            let mut pull = self
                .models
                .pull(name, PullOptions::default())
                .await
                .expect(name);
            let mut told = Vec::new();
            while let Some(progress) = pull.next().await {
                told.push(progress.expect(name));
            }
            told
        })
    }

    /// The installed models.
    pub fn list(&self) -> Vec<ModelEntry> {
        let all = block_on(self.models.list(None)).expect("a list");
        all.into_iter().filter(|entry| !entry.bundled).collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.list().into_iter().map(|entry| entry.name).collect()
    }

    pub fn remove(&self, name: &str) -> Result<(), Error> {
        block_on(self.models.remove(name))
    }

    /// What a model says.
    pub fn generate(&self, name: &str) -> Result<String, Error> {
        block_on(async {
            let prompt = Prompt::Raw("abcdefgh".to_owned());
            let mut request = Request::new(Some(name.to_owned()), prompt);
            request.max_tokens = Some(8);
            request.sampling.temperature = Some(0.0);
            let mut generation = self.models.generate(request).await?;
            let mut text = String::new();
            while let Some(event) = generation.next().await {
                if let Event::Text(part) = event? {
                    text += &part;
                }
            }
            Ok(text)
        })
    }

    /// The names of all files below the folder of models.
    pub fn files(&self) -> Vec<String> {
        let root = self.folder().join("models");
        let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.expect("the folder can be read").path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => {
                        let name = path.strip_prefix(&root).expect("it lies below");
                        found.push(name.to_string_lossy().into_owned());
                    }
                }
            }
        }
        found.sort();
        found
    }
}

/// A store that waits for nothing for long.
pub fn settings(endpoint: &str, folder: &Path) -> StoreSettings {
    StoreSettings {
        directory: Some(folder.join("models")),
        default_quantization: "Q4_K_M".to_owned(),
        endpoint: endpoint.to_owned(),
        token: Token::new("hf_secret"),
        hub_cache: Some(folder.join("hub")),
        transfer: TransferSettings {
            journal_step: 4096,
            attempts: 4,
            first_wait: Duration::from_millis(1),
            tell_every: Duration::ZERO,
            ..TransferSettings::default()
        },
    }
}

pub fn statuses(progress: &[PullProgress]) -> Vec<PullStatus> {
    let mut statuses: Vec<_> = progress.iter().map(|progress| progress.status).collect();
    statuses.dedup();
    statuses
}
