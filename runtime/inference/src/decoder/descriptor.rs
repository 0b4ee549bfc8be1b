//! A model's shape, as data.

use crate::Error;
use crate::gguf::File;

/// Which elements of a head a rotation pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RopeKind {
    /// Neighbours: 0 with 1, 2 with 3. Llama's GGUF weights are permuted for it.
    Interleaved,
}

/// What all files of an architecture have in common.
struct Architecture {
    name: &'static str,
    rope: RopeKind,
}

const ARCHITECTURES: &[Architecture] = &[Architecture {
    name: "llama",
    rope: RopeKind::Interleaved,
}];

/// Everything about a model that the decoder has to know besides its weights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Descriptor {
    pub layers: usize,
    pub hidden: usize,
    pub feed_forward: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub vocabulary: usize,
    /// Tokens the model was trained for.
    pub context_length: usize,
    pub norm_eps: f32,
    pub rope: Rope,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rope {
    pub kind: RopeKind,
    pub base: f32,
    /// Elements of a head that rotate, from its start.
    pub dims: usize,
    /// Positions are divided by this (linear scaling); 1 leaves them.
    pub divisor: f32,
}

/// No published model comes near; keeps hostile headers from asking for absurd loops.
const MAX_LAYERS: usize = 4096;

impl Descriptor {
    pub fn read(file: &File) -> Result<Self, Error> {
        let name = file.architecture()?;
        let architecture = find(file, name)?;
        let key = |suffix: &str| format!("{name}.{suffix}");
        let positive = |suffix: &str| match file.count(&key(suffix))? {
            0 => Err(file.malformed(&key(suffix), "is 0")),
            count => Ok(count),
        };
        let hidden = positive("embedding_length")?;
        let heads = positive("attention.head_count")?;
        let kv_heads = match file.optional_count(&key("attention.head_count_kv"))? {
            Some(count) => count,
            None => heads,
        };
        if kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
            let reason = format!("{kv_heads} does not divide {heads} heads");
            return Err(file.malformed(&key("attention.head_count_kv"), reason));
        }
        let layers = positive("block_count")?;
        if layers > MAX_LAYERS {
            return Err(file.malformed(&key("block_count"), format!("{layers} is too many")));
        }
        let head_dim = head_dim(file, &key("attention.key_length"), hidden, heads)?;
        check_experts(file, &key("expert_count"))?;
        Ok(Self {
            layers,
            hidden,
            feed_forward: positive("feed_forward_length")?,
            heads,
            kv_heads,
            head_dim,
            vocabulary: vocabulary(file)?,
            context_length: positive("context_length")?,
            norm_eps: norm_eps(file, &key("attention.layer_norm_rms_epsilon"))?,
            rope: rope(file, name, architecture.rope, head_dim)?,
        })
    }
}

fn find(file: &File, name: &str) -> Result<&'static Architecture, Error> {
    let found = ARCHITECTURES.iter().find(|known| known.name == name);
    found.ok_or_else(|| Error::UnsupportedArchitecture {
        file: file.name.clone(),
        architecture: name.to_owned(),
        supported: ARCHITECTURES
            .iter()
            .map(|known| known.name)
            .collect::<Vec<_>>()
            .join(", "),
    })
}

fn head_dim(file: &File, key: &str, hidden: usize, heads: usize) -> Result<usize, Error> {
    let head_dim = match file.optional_count(key)? {
        Some(dim) => dim,
        None if hidden.is_multiple_of(heads) => hidden / heads,
        None => {
            let reason = format!("is missing, and {heads} heads do not divide {hidden}");
            return Err(file.malformed(key, reason));
        }
    };
    if head_dim == 0 || !head_dim.is_multiple_of(2) || head_dim.checked_mul(heads).is_none() {
        return Err(file.malformed(key, format!("{head_dim} is not a usable head size")));
    }
    Ok(head_dim)
}

/// The rows of the embedding table, which the tokenizer may not exceed.
fn vocabulary(file: &File) -> Result<usize, Error> {
    let table = file.header.tensors.get("token_embd.weight");
    match table.map(|table| table.dims.as_slice()) {
        Some(&[rows, _]) => Ok(rows),
        Some(other) => Err(Error::TensorShape {
            file: file.name.clone(),
            tensor: "token_embd.weight".to_owned(),
            expected: vec![0, 0],
            found: other.to_vec(),
        }),
        None => Err(Error::MissingTensor {
            file: file.name.clone(),
            tensor: "token_embd.weight".to_owned(),
        }),
    }
}

fn norm_eps(file: &File, key: &str) -> Result<f32, Error> {
    let eps = file.float(key)?;
    if !eps.is_finite() || eps < 0.0 {
        return Err(file.malformed(key, format!("{eps} is not a small positive number")));
    }
    Ok(eps)
}

fn rope(file: &File, name: &str, kind: RopeKind, head_dim: usize) -> Result<Rope, Error> {
    let key = |suffix: &str| format!("{name}.rope.{suffix}");
    let positive = |suffix: &str, default: f32| {
        let value = file.optional_float(&key(suffix))?.unwrap_or(default);
        if value.is_finite() && value > 0.0 {
            return Ok(value);
        }
        Err(file.malformed(&key(suffix), format!("{value} is not a positive number")))
    };
    let dims = file.optional_count(&key("dimension_count"))?;
    let dims = dims.unwrap_or(head_dim);
    if dims != head_dim {
        let reason = format!("{dims} differs from the head size {head_dim}");
        return Err(file.malformed(&key("dimension_count"), reason));
    }
    Ok(Rope {
        kind,
        base: positive("freq_base", 10_000.0)?,
        dims,
        divisor: scaling(file, &key("scaling.type"), positive("scaling.factor", 1.0)?)?,
    })
}

/// Llama 3 scales through the tensor `rope_freqs` instead and names no type here.
fn scaling(file: &File, key: &str, factor: f32) -> Result<f32, Error> {
    match file.optional_string(key)? {
        None | Some("none") => Ok(1.0),
        Some("linear") => Ok(factor),
        Some(other) => {
            let reason = format!("`{other}` is not supported, `linear` is");
            Err(file.malformed(key, reason))
        }
    }
}

fn check_experts(file: &File, key: &str) -> Result<(), Error> {
    match file.optional_count(key)? {
        None | Some(0) => Ok(()),
        Some(experts) => {
            let reason = format!("{experts} experts, which is not supported yet");
            Err(file.malformed(key, reason))
        }
    }
}
