//! A model's shape, as data.

use super::architecture::{Architecture, Gate, HeadNorms, Norms, RopeKind, find};
use super::keys::Keys;
use crate::Error;
use crate::gguf::File;

/// Everything about a model that the decoder has to know besides its weights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Descriptor {
    pub layers: usize,
    pub hidden: usize,
    /// Width inside the feed-forward block, of each expert where there are experts.
    pub feed_forward: usize,
    pub experts: Option<Experts>,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub vocabulary: usize,
    /// Tokens the model was trained for.
    pub context_length: usize,
    pub norms: Norms,
    pub head_norms: HeadNorms,
    pub norm_eps: f32,
    pub gate: Gate,
    pub fused: bool,
    pub rope: Rope,
    pub window: Option<Window>,
    pub unrotated_every: Option<usize>,
    /// Factors of the embeddings, of what a block adds, and of attention scores.
    pub embedding_scale: f32,
    pub residual_scale: f32,
    pub attention_scale: f32,
    /// Scores are squeezed between minus and plus this.
    pub attention_cap: Option<f32>,
    /// The factor of logits, and what they are squeezed by.
    pub logit_scale: f32,
    pub logit_cap: Option<f32>,
}

/// A mixture of experts, of which each token uses a few.
///
/// Source: Jiang et al., "Mixtral of Experts", 2024.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Experts {
    pub count: usize,
    pub used: usize,
}

/// Layers that look back only so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    /// Tokens that a token sees, itself included.
    pub size: usize,
    /// Each layer of this many that comes last sees everything.
    pub global_every: usize,
    /// The rotary base of layers with a window.
    pub base: f32,
    /// Whether their positions are scaled as the others' are.
    pub scaled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rope {
    pub kind: RopeKind,
    pub base: f32,
    /// Elements of a head that rotate, from its start.
    pub dims: usize,
    pub scaling: Scaling,
    /// The factor of all rotated queries and keys.
    pub magnitude: f32,
    /// Tokens the model was trained for before its context was extended.
    pub original_context: usize,
}

/// How a longer context is squeezed into the positions that were trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scaling {
    /// Not at all, or by the factors that a tensor gives for each pair (Llama 3, Phi 3).
    None,
    /// Positions are divided by the factor.
    Linear { factor: f32 },
    /// Slow pairs are divided by the factor, fast ones are not. Source: Peng et al., "YaRN: Efficient
    /// Context Window Extension of Large Language Models", 2023.
    Yarn {
        factor: f32,
        beta_fast: f32,
        beta_slow: f32,
    },
}

/// No published model comes near; keeps hostile headers from asking for absurd loops.
const MAX_LAYERS: usize = 4096;
const MAX_EXPERTS: usize = 1024;
const MAX_HEADS: usize = 1 << 10;
const MAX_HEAD: usize = 1 << 16;
impl Descriptor {
    pub fn read(file: &File) -> Result<Self, Error> {
        let architecture = find(file, file.architecture()?)?;
        let keys = Keys {
            file,
            prefix: architecture.name,
        };
        let hidden = keys.positive("embedding_length")?;
        let heads = keys.positive("attention.head_count")?;
        if heads > MAX_HEADS {
            return Err(keys.malformed("attention.head_count", format!("{heads} is too many")));
        }
        let kv_heads = kv_heads(&keys, heads)?;
        let layers = keys.positive("block_count")?;
        if layers > MAX_LAYERS {
            return Err(keys.malformed("block_count", format!("{layers} is too many")));
        }
        let head_dim = head_dim(&keys, hidden, heads)?;
        let experts = experts(&keys)?;
        let context_length = keys.positive("context_length")?;
        let rope = rope(&keys, architecture.rope, head_dim, context_length)?;
        let switched = keys.optional_bool("rope.scaling.finetuned")?;
        let rotates = !architecture.rotation_switch || switched != Some(false);
        Ok(Self {
            layers,
            hidden,
            feed_forward: feed_forward(&keys, experts.is_some())?,
            experts,
            heads,
            kv_heads,
            head_dim,
            vocabulary: vocabulary(file)?,
            context_length,
            norms: architecture.norms,
            head_norms: architecture.head_norms,
            norm_eps: norm_eps(&keys)?,
            gate: architecture.gate,
            fused: architecture.fused,
            window: window(&keys, architecture, &rope)?,
            rope,
            unrotated_every: if rotates {
                architecture.unrotated_every
            } else {
                Some(1)
            },
            embedding_scale: match architecture.scaled_embedding {
                true => (hidden as f32).sqrt(),
                false => keys.factor("embedding_scale", 1.0)?,
            },
            residual_scale: keys.factor("residual_scale", 1.0)?,
            attention_scale: attention_scale(
                &keys,
                architecture,
                [layers, hidden / heads, head_dim],
            )?,
            attention_cap: keys.cap("attn_logit_softcapping")?,
            logit_scale: 1.0 / keys.factor("logit_scale", 1.0)?,
            logit_cap: keys.cap("final_logit_softcapping")?,
        })
    }

    /// What attention of layer `index` looks back on: `None` is everything.
    pub fn window_of(&self, index: usize) -> Option<&Window> {
        let window = self.window.as_ref()?;
        (!(index + 1).is_multiple_of(window.global_every)).then_some(window)
    }

    /// Whether layer `index` rotates queries and keys.
    pub fn rotates(&self, index: usize) -> bool {
        self.unrotated_every
            .is_none_or(|every| !(index + 1).is_multiple_of(every))
    }
}

fn kv_heads(keys: &Keys, heads: usize) -> Result<usize, Error> {
    const KEY: &str = "attention.head_count_kv";
    let kv_heads = keys.optional_count(KEY)?.unwrap_or(heads);
    if kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
        let reason = format!("{kv_heads} does not divide {heads} heads");
        return Err(keys.malformed(KEY, reason));
    }
    Ok(kv_heads)
}

fn head_dim(keys: &Keys, hidden: usize, heads: usize) -> Result<usize, Error> {
    const KEY: &str = "attention.key_length";
    let head_dim = match keys.optional_count(KEY)? {
        Some(dim) => dim,
        None if hidden.is_multiple_of(heads) => hidden / heads,
        None => {
            let reason = format!("is missing, and {heads} heads do not divide {hidden}");
            return Err(keys.malformed(KEY, reason));
        }
    };
    if head_dim == 0 || !head_dim.is_multiple_of(2) || head_dim > MAX_HEAD {
        return Err(keys.malformed(KEY, format!("{head_dim} is not a usable head size")));
    }
    const VALUES: &str = "attention.value_length";
    if keys
        .optional_count(VALUES)?
        .is_some_and(|dim| dim != head_dim)
    {
        let reason = format!("differs from {KEY}, which is {head_dim}");
        return Err(keys.malformed(VALUES, reason));
    }
    Ok(head_dim)
}

fn experts(keys: &Keys) -> Result<Option<Experts>, Error> {
    let count = keys.optional_count("expert_count")?.unwrap_or(0);
    if count == 0 {
        return Ok(None);
    }
    if count > MAX_EXPERTS {
        return Err(keys.malformed("expert_count", format!("{count} is too many")));
    }
    let used = keys.positive("expert_used_count")?;
    if used > count {
        let reason = format!("{used} of {count} experts");
        return Err(keys.malformed("expert_used_count", reason));
    }
    Ok(Some(Experts { count, used }))
}

fn feed_forward(keys: &Keys, experts: bool) -> Result<usize, Error> {
    const EXPERT: &str = "expert_feed_forward_length";
    if experts && keys.optional_count(EXPERT)?.is_some() {
        return keys.positive(EXPERT);
    }
    keys.positive("feed_forward_length")
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

fn norm_eps(keys: &Keys) -> Result<f32, Error> {
    const KEY: &str = "attention.layer_norm_rms_epsilon";
    let eps = keys.file.float(&keys.key(KEY))?;
    if !eps.is_finite() || eps < 0.0 {
        return Err(keys.malformed(KEY, format!("{eps} is not a small positive number")));
    }
    Ok(eps)
}

fn attention_scale(
    keys: &Keys,
    architecture: &Architecture,
    [layers, width, head_dim]: [usize; 3],
) -> Result<f32, Error> {
    let size = match architecture.wide_scale_at {
        Some(wide) if wide == layers => width,
        _ => head_dim,
    };
    keys.factor("attention.scale", 1.0 / (size as f32).sqrt())
}

fn window(keys: &Keys, architecture: &Architecture, rope: &Rope) -> Result<Option<Window>, Error> {
    const SIZE: &str = "attention.sliding_window";
    let Some(rule) = &architecture.window else {
        return Ok(None); // Phi 3 and Mistral name a window that their makers' own code does not use.
    };
    let size = match keys.optional_count(SIZE)? {
        Some(0) => None,
        Some(size) => Some(size),
        None => rule.size,
    };
    let Some(size) = size else { return Ok(None) };
    const PATTERN: &str = "attention.sliding_window_pattern";
    let global_every = keys.period(PATTERN)?.unwrap_or(rule.global_every);
    if global_every == 0 {
        return Err(keys.malformed(PATTERN, "is 0"));
    }
    let base = rule.base.unwrap_or(rope.base);
    Ok(Some(Window {
        size,
        global_every,
        base: keys.factor("rope.freq_base_swa", base)?,
        scaled: rule.scaled,
    }))
}

fn rope(
    keys: &Keys,
    kind: RopeKind,
    head_dim: usize,
    context_length: usize,
) -> Result<Rope, Error> {
    const DIMS: &str = "rope.dimension_count";
    let dims = keys.optional_count(DIMS)?.unwrap_or(head_dim);
    if dims == 0 || dims > head_dim || !dims.is_multiple_of(2) {
        let reason = format!("{dims} is not an even part of the head size {head_dim}");
        return Err(keys.malformed(DIMS, reason));
    }
    let scaling = scaling(keys)?;
    let magnitude = match scaling {
        Scaling::Yarn { factor, .. } if factor > 1.0 => 1.0 + 0.1 * factor.ln(),
        _ => 1.0,
    };
    let original = keys.optional_count("rope.scaling.original_context_length")?;
    Ok(Rope {
        kind,
        base: keys.factor("rope.freq_base", 10_000.0)?,
        dims,
        scaling,
        magnitude: magnitude * keys.factor("rope.scaling.attn_factor", 1.0)?,
        original_context: original.unwrap_or(context_length),
    })
}

/// As llama.cpp has it: who names a factor and no type means `linear`, old files name it otherwise, and 0 is none.
/// Llama 3 and Phi 3 scale through tensors instead; the former names no type, the latter `longrope`.
fn scaling(keys: &Keys) -> Result<Scaling, Error> {
    const TYPE: &str = "rope.scaling.type";
    let factor = match keys.cap("rope.scaling.factor")? {
        None => keys.cap("rope.scale_linear")?.unwrap_or(1.0),
        Some(factor) => factor,
    };
    match keys.file.optional_string(&keys.key(TYPE))? {
        None if factor == 1.0 => Ok(Scaling::None),
        Some("none" | "longrope") => Ok(Scaling::None),
        None | Some("linear") => Ok(Scaling::Linear { factor }),
        Some("yarn") => Ok(Scaling::Yarn {
            factor,
            beta_fast: keys.factor("rope.scaling.yarn_beta_fast", 32.0)?,
            beta_slow: keys.factor("rope.scaling.yarn_beta_slow", 1.0)?,
        }),
        Some(other) => {
            let reason = format!("`{other}` is not supported; linear, yarn and longrope are");
            Err(keys.malformed(TYPE, reason))
        }
    }
}
