//! The state of a run on disk: `tensors.safetensors` (weights, moments), `tokenizer.json` and
//! `progress.json`, replaced together by renaming one folder, so that a run stopped at any moment can go
//! on.

use crate::{
    error::{Error, Result},
    model::{Config, Kind, Model, Weights},
    ops::{Matrix, tensor},
    optimizer::Moments,
    tokenizer::Tokenizer,
    train::Settings,
};
use candle_core::Device;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

/// How far a run has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The model's dimensions.
    pub config: Config,
    /// Seed of corpus and weights.
    pub seed: u64,
    /// How it is trained.
    #[serde(default)]
    pub settings: Settings,
    /// Steps done.
    pub step: usize,
    /// Next dialogue of the corpus.
    pub position: u64,
    /// Tokens seen.
    pub tokens: u64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// Mean loss of the last steps.
    pub loss: f64,
}

/// What a checkpoint consists of.
const FILES: [&str; 3] = ["tensors.safetensors", "tokenizer.json", "progress.json"];

fn folder(dir: &Path) -> PathBuf {
    dir.join("checkpoint")
}

/// Checks that a checkpoint under `dir` is of this size of vocabulary and seed.
pub fn fits(dir: &Path, saved: &Progress, vocab_size: usize, seed: u64) -> Result<()> {
    let reason = if saved.config.vocab_size != vocab_size {
        let tokens = saved.config.vocab_size;
        format!("its vocabulary has {tokens} tokens, not {vocab_size}")
    } else if saved.seed != seed {
        format!("its seed is {}, not {seed}", saved.seed)
    } else {
        return Ok(());
    };
    let path = folder(dir);
    Err(Error::Checkpoint { path, reason })
}

/// Writes a checkpoint under `dir`. At any moment a whole one is there for [`progress`], [`vocabulary`] and [`load`].
pub fn save(
    dir: &Path,
    tokenizer: &Tokenizer,
    model: &Model,
    moments: &Moments,
    progress: &Progress,
) -> Result<()> {
    let (target, fresh, old) = (
        folder(dir),
        dir.join("checkpoint.new"),
        dir.join("checkpoint.old"),
    );
    remove(&fresh)?;
    fs::create_dir_all(&fresh).map_err(Error::file(&fresh))?;
    let mut tensors = HashMap::new();
    let kinds = [
        ("", &model.weights),
        ("first.", &moments.first),
        ("second.", &moments.second),
    ];
    for (prefix, weights) in kinds {
        for (name, kind, matrix) in weights.named() {
            if has(prefix, kind) {
                tensors.insert(format!("{prefix}{name}"), tensor(matrix)?);
            }
        }
    }
    candle_core::safetensors::save(&tensors, fresh.join(FILES[0]))?;
    tokenizer.save(&fresh.join(FILES[1]))?;
    let path = fresh.join(FILES[2]);
    let json = serde_json::to_vec_pretty(progress).map_err(Error::json(&path))?;
    fs::write(&path, json).map_err(Error::file(&path))?;
    for file in FILES.map(|name| fresh.join(name)) {
        let written = File::open(&file).and_then(|file| file.sync_all());
        written.map_err(Error::file(&file))?;
    }
    // Without the one, the other is all that there is.
    if target.exists() {
        remove(&old)?;
        fs::rename(&target, &old).map_err(Error::file(&target))?;
    }
    fs::rename(&fresh, &target).map_err(Error::file(&target))?;
    remove(&old)
}

/// Whether there are such numbers of such a matrix: Muon has no second moment.
fn has(prefix: &str, kind: Kind) -> bool {
    !(prefix == "second." && matches!(kind, Kind::Linear(_)))
}

/// Reads the progress of the checkpoint under `dir`, if there is one.
pub fn progress(dir: &Path) -> Result<Option<Progress>> {
    let path = readable(dir).join(FILES[2]);
    if !path.exists() {
        return Ok(None);
    }
    let json = fs::read(&path).map_err(Error::file(&path))?;
    let progress: Progress = serde_json::from_slice(&json).map_err(Error::json(&path))?;
    match progress.config.is_trainable() {
        true => Ok(Some(progress)),
        false => Err(Error::Checkpoint {
            path,
            reason: "its dimensions are no model's".to_owned(),
        }),
    }
}

/// Reads the vocabulary of the checkpoint under `dir`.
pub fn vocabulary(dir: &Path) -> Result<Tokenizer> {
    Tokenizer::load(&readable(dir).join(FILES[1]))
}

/// Reads weights into `model` and returns the moments.
pub fn load(dir: &Path, model: &mut Model) -> Result<Moments> {
    let path = readable(dir);
    let damaged = |reason: String| Error::Checkpoint {
        path: path.clone(),
        reason,
    };
    let tensors = candle_core::safetensors::load(path.join(FILES[0]), &Device::Cpu)
        .map_err(|error| damaged(format!("{}: {error}", FILES[0])))?;
    let read = |prefix: &str, weights: &mut Weights| -> Result<()> {
        let named = weights.named().into_iter();
        let named: Vec<_> = named.map(|(name, kind, _)| (name, kind)).collect();
        for ((name, kind), matrix) in named.into_iter().zip(weights.matrices_mut()) {
            if !has(prefix, kind) {
                continue;
            }
            let name = format!("{prefix}{name}");
            let tensor = tensors
                .get(&name)
                .ok_or_else(|| damaged(format!("tensor {name} is missing")))?;
            let values = tensor.flatten_all().and_then(|all| all.to_vec1());
            let values = values.map_err(|error| damaged(format!("tensor {name}: {error}")))?;
            *matrix = Matrix::from_shape_vec(matrix.dim(), values)
                .map_err(|error| damaged(format!("tensor {name}: {error}")))?;
        }
        Ok(())
    };
    let mut moments = Moments::zero(&model.weights);
    read("", &mut model.weights)?;
    read("first.", &mut moments.first)?;
    read("second.", &mut moments.second)?;
    Ok(moments)
}

/// The whole checkpoint, or the former one when a run stopped between two renames.
fn readable(dir: &Path) -> PathBuf {
    let (target, old) = (folder(dir), dir.join("checkpoint.old"));
    if !target.exists() && old.exists() {
        old
    } else {
        target
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file(path)(error)),
        _ => Ok(()),
    }
}
