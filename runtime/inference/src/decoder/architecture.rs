//! What is known of each architecture that a file may name.

use crate::Error;
use crate::gguf::File;

/// Which elements of a head a rotation pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RopeKind {
    /// Neighbours: 0 with 1, 2 with 3. Llama's GGUF weights are permuted for it.
    Interleaved,
    /// The first half with the second: 0 with n / 2, 1 with n / 2 + 1.
    Halves,
}

/// Where a block normalizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Norms {
    /// What goes into attention and feed-forward.
    Before,
    /// What comes out of them.
    After,
    /// Both.
    Around,
}

/// How queries and keys are normalized before they rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadNorms {
    None,
    /// Each head by itself.
    Each,
    /// All heads together.
    Together,
}

/// The function that opens the feed-forward gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Silu,
    /// In its approximation by tanh.
    Gelu,
}

/// What all files of an architecture have in common.
pub(super) struct Architecture {
    pub name: &'static str,
    pub rope: RopeKind,
    pub norms: Norms,
    pub head_norms: HeadNorms,
    pub gate: Gate,
    /// Query, key and value are one matrix, gate and up another.
    pub fused: bool,
    /// Embeddings are multiplied by the square root of their width.
    pub scaled_embedding: bool,
    pub window: Option<WindowRule>,
    /// Each layer of this many that comes last does not rotate.
    pub unrotated_every: Option<usize>,
    /// Whether `rope.scaling.finetuned = false` says that no layer rotates; elsewhere it says nothing.
    pub rotation_switch: bool,
    /// The number of layers at which the attention scale follows the width instead of the head size.
    pub wide_scale_at: Option<usize>,
}

/// Which layers look back only so far, where the file does not say otherwise.
pub(super) struct WindowRule {
    /// In tokens; without one, a file that names none has no windows.
    pub size: Option<usize>,
    /// Each layer of this many that comes last sees everything.
    pub global_every: usize,
    /// The rotary base of layers with a window; `None`: the same as the others'.
    pub base: Option<f32>,
    /// Whether their positions are scaled for a longer context as the others' are.
    pub scaled: bool,
}

const LLAMA: Architecture = Architecture {
    name: "llama",
    rope: RopeKind::Interleaved,
    norms: Norms::Before,
    head_norms: HeadNorms::None,
    gate: Gate::Silu,
    fused: false,
    scaled_embedding: false,
    window: None,
    unrotated_every: None,
    rotation_switch: false,
    wide_scale_at: None,
};

const QWEN2: Architecture = Architecture {
    name: "qwen2",
    rope: RopeKind::Halves,
    ..LLAMA
};

const GEMMA2: Architecture = Architecture {
    name: "gemma2",
    rope: RopeKind::Halves,
    norms: Norms::Around,
    gate: Gate::Gelu,
    scaled_embedding: true,
    window: Some(WindowRule {
        size: Some(4096),
        global_every: 2,
        base: None,
        scaled: true,
    }),
    wide_scale_at: Some(46),
    ..LLAMA
};

/// Mistral and Mixtral files call themselves llama.
const ARCHITECTURES: &[Architecture] = &[
    LLAMA,
    QWEN2,
    GEMMA2,
    Architecture {
        name: "gemma3",
        head_norms: HeadNorms::Each,
        window: Some(WindowRule {
            size: None,
            global_every: 6,
            base: Some(10_000.0),
            scaled: false,
        }),
        wide_scale_at: Some(62),
        ..GEMMA2
    },
    Architecture {
        name: "granite",
        rotation_switch: true,
        ..LLAMA
    },
    Architecture {
        name: "olmo2",
        norms: Norms::After,
        head_norms: HeadNorms::Together,
        window: Some(WindowRule {
            size: None,
            global_every: 4,
            base: None,
            scaled: false,
        }),
        ..QWEN2
    },
    Architecture {
        name: "phi3",
        fused: true,
        ..QWEN2
    },
    Architecture {
        name: "qwen3",
        head_norms: HeadNorms::Each,
        ..QWEN2
    },
    Architecture {
        name: "qwen3moe",
        head_norms: HeadNorms::Each,
        ..QWEN2
    },
    Architecture {
        name: "smollm3",
        unrotated_every: Some(4),
        ..LLAMA
    },
];

/// Whether models of an architecture can be computed.
pub(crate) fn decodes(architecture: &str) -> bool {
    ARCHITECTURES.iter().any(|known| known.name == architecture)
}

/// What is known of the architecture `name`, which `file` has.
pub(super) fn find(file: &File, name: &str) -> Result<&'static Architecture, Error> {
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
