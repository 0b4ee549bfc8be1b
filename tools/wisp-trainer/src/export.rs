//! The trained model as a GGUF file: quantized matrices, norms in F32, vocabulary and chat template;
//! and back.

use crate::{
    error::{Error, Result},
    model::{Config, Kind, Model},
    ops::{Matrix, tensor},
    tokenizer::{CONTROL, END, END_OF_TEXT, Tokenizer, USER_DEFINED},
};
use candle_core::{
    Device, Tensor,
    quantized::{
        GgmlDType,
        gguf_file::{Content, Value},
    },
};
use llmspell_inference::gguf::Writer;
use std::{collections::HashSet, fs::File, path::Path};

const TEMPLATE: &str = include_str!("chat_template.jinja");

/// Writes the model to `path`, with matrices of type `matrices`, and returns the file's size in bytes.
pub fn export(
    model: &Model,
    tokenizer: &Tokenizer,
    matrices: GgmlDType,
    path: &Path,
) -> Result<u64> {
    let writer = hyper_parameters(Writer::new(), model);
    let writer = vocabulary(writer, tokenizer)?;
    weights(writer, model, matrices)?.write_to(path)?;
    Ok(std::fs::metadata(path).map_err(Error::file(path))?.len())
}

fn hyper_parameters(writer: Writer, model: &Model) -> Writer {
    let config = &model.config;
    writer
        .metadata("general.architecture", "llama")
        .metadata("general.name", "wisp")
        .metadata(
            "general.description",
            "The tiny demonstration model that ships inside llmspell",
        )
        .metadata("general.license", "MIT OR Apache-2.0")
        .metadata("general.quantization_version", 2u32)
        .metadata("general.parameter_count", model.weights.size() as u64)
        .metadata("llama.context_length", config.context as u32)
        .metadata("llama.embedding_length", config.dim as u32)
        .metadata("llama.block_count", config.layers as u32)
        .metadata("llama.feed_forward_length", config.ffn as u32)
        .metadata("llama.attention.head_count", config.heads as u32)
        .metadata("llama.attention.head_count_kv", config.heads as u32)
        .metadata("llama.attention.layer_norm_rms_epsilon", config.norm_eps)
        .metadata(
            "llama.rope.dimension_count",
            (config.dim / config.heads) as u32,
        )
        .metadata("llama.rope.freq_base", config.rope_base)
        .metadata("llama.vocab_size", config.vocab_size as u32)
}

fn vocabulary(writer: Writer, tokenizer: &Tokenizer) -> Result<Writer> {
    let tokens = tokenizer.tokens();
    let types: Vec<i32> = tokens.iter().map(|token| token_type(token)).collect();
    Ok(writer
        .metadata("tokenizer.ggml.model", "gpt2")
        .metadata("tokenizer.ggml.pre", "qwen2")
        .metadata("tokenizer.ggml.tokens", tokens)
        .metadata("tokenizer.ggml.token_type", types)
        .metadata("tokenizer.ggml.merges", tokenizer.merges()?)
        .metadata("tokenizer.ggml.bos_token_id", tokenizer.id(END_OF_TEXT)?)
        .metadata("tokenizer.ggml.eos_token_id", tokenizer.id(END)?)
        .metadata("tokenizer.ggml.eot_token_id", tokenizer.id(END)?)
        .metadata(
            "tokenizer.ggml.padding_token_id",
            tokenizer.id(END_OF_TEXT)?,
        )
        .metadata("tokenizer.ggml.add_bos_token", false)
        .metadata("tokenizer.chat_template", TEMPLATE))
}

/// The type numbers of the file format.
fn token_type(token: &str) -> i32 {
    match token {
        token if CONTROL.contains(&token) => 3,
        token if USER_DEFINED.contains(&token) => 4,
        _ => 1,
    }
}

fn weights(mut writer: Writer, model: &Model, matrices: GgmlDType) -> Result<Writer> {
    for (name, kind, matrix) in model.weights.named() {
        let tensor = tensor(matrix)?;
        if kind == Kind::Norm {
            writer = writer.tensor(
                format!("{name}.weight"),
                &tensor.squeeze(0)?,
                GgmlDType::F32,
            )?;
            continue;
        }
        for (name, tensor) in parts(&name, &tensor)? {
            writer = writer.tensor(format!("{name}.weight"), &tensor, matrices)?;
        }
    }
    Ok(writer)
}

/// Splits the matrices that are one in training and several in the file.
fn parts(name: &str, tensor: &Tensor) -> Result<Vec<(String, Tensor)>> {
    let names = part_names(name);
    let pieces = tensor.chunk(names.len(), 0)?;
    // A quantizer reads a tensor's storage from its start, so each piece needs its own.
    let named = names
        .into_iter()
        .zip(pieces)
        .map(|(part, piece)| Ok((part, piece.force_contiguous()?)));
    named.collect()
}

/// What the file calls the parts of a matrix, without `.weight`.
fn part_names(name: &str) -> Vec<String> {
    let parts: &[&str] = match name.rsplit('.').next() {
        Some("attn_qkv") => &["attn_q", "attn_k", "attn_v"],
        Some("ffn_gate_up") => &["ffn_gate", "ffn_up"],
        _ => return vec![name.to_string()],
    };
    let block = &name[..name.rfind('.').expect("a layer's tensor has a prefix")];
    let names = parts.iter().map(|part| format!("{block}.{part}"));
    names.collect()
}

/// The vocabulary and the model of a file that `export` wrote, to be trained further. Weights come back
/// as the quantization left them.
pub fn import(path: &Path) -> Result<(Tokenizer, Model)> {
    let mut file = File::open(path).map_err(Error::file(path))?;
    read(&mut file).map_err(|reason| Error::Foreign {
        path: path.into(),
        reason,
    })
}

fn read(file: &mut File) -> Result<(Tokenizer, Model), String> {
    let said = |error: candle_core::Error| error.to_string();
    let content = Content::read(file).map_err(said)?;
    let (tokens, merges) = (
        texts(&content, "tokenizer.ggml.tokens")?,
        texts(&content, "tokenizer.ggml.merges")?,
    );
    let count = tokens.len();
    let tokenizer = Tokenizer::from_merges(tokens, merges).map_err(|error| error.to_string())?;
    if tokenizer.size() != count {
        return Err(format!(
            "{count} tokens make a vocabulary of {}",
            tokenizer.size()
        ));
    }
    let config = dimensions(&content, count)?;
    let mut model = Model::new(config, 0);
    let mut left: HashSet<&String> = content.tensor_infos.keys().collect();
    let names = model.weights.named().into_iter().map(|(name, ..)| name);
    let names: Vec<String> = names.collect();
    for (name, matrix) in names.iter().zip(model.weights.matrices_mut()) {
        let parts = part_names(name);
        let shape = [matrix.nrows() / parts.len(), matrix.ncols()];
        let mut values = Vec::new();
        for part in parts {
            let part = format!("{part}.weight");
            let tensor = content.tensor(file, &part, &Device::Cpu).map_err(said)?;
            let dims = tensor.shape().dims();
            // A norm has one dimension in the file.
            if dims != shape && [&[1], dims].concat() != shape {
                return Err(format!("{part} has the shape {dims:?}, not {shape:?}"));
            }
            let tensor = tensor.dequantize(&Device::Cpu).map_err(said)?;
            let tensor = tensor.flatten_all().map_err(said)?;
            values.extend(tensor.to_vec1::<f32>().map_err(said)?);
            left.remove(&part);
        }
        *matrix = Matrix::from_shape_vec(matrix.dim(), values).expect("shapes were compared");
    }
    match left.into_iter().min() {
        Some(name) => Err(format!("it has a tensor more, {name}")),
        None => Ok((tokenizer, model)),
    }
}

fn value<'a>(content: &'a Content, key: &str) -> Result<&'a Value, String> {
    let value = content.metadata.get(key);
    value.ok_or_else(|| format!("it has no {key}"))
}

fn texts(content: &Content, key: &str) -> Result<Vec<String>, String> {
    let wrong = |error: candle_core::Error| format!("{key}: {error}");
    let list = value(content, key)?.to_vec().map_err(wrong)?;
    let texts = list.iter().map(|text| text.to_string().cloned());
    texts.collect::<Result<_, _>>().map_err(wrong)
}

/// The dimensions that a file tells, when they are those of a model that can be trained here.
fn dimensions(content: &Content, vocab_size: usize) -> Result<Config, String> {
    let wrong = |key: &str| {
        let key = key.to_string();
        move |error: candle_core::Error| format!("{key}: {error}")
    };
    for (key, ours) in [
        ("general.architecture", "llama"),
        ("tokenizer.ggml.pre", "qwen2"),
    ] {
        let theirs = value(content, key)?.to_string().map_err(wrong(key))?;
        if theirs != ours {
            return Err(format!("{key} is {theirs}, not {ours}"));
        }
    }
    let size = |key: &str| -> Result<usize, String> {
        let size = value(content, key)?.to_u32().map_err(wrong(key))?;
        Ok(size as usize)
    };
    let number = |key: &str| value(content, key)?.to_f32().map_err(wrong(key));
    let config = Config {
        vocab_size,
        dim: size("llama.embedding_length")?,
        layers: size("llama.block_count")?,
        heads: size("llama.attention.head_count")?,
        ffn: size("llama.feed_forward_length")?,
        context: size("llama.context_length")?,
        rope_base: number("llama.rope.freq_base")?,
        norm_eps: number("llama.attention.layer_norm_rms_epsilon")?,
    };
    let same_heads = size("llama.attention.head_count_kv")? == config.heads;
    match same_heads && config.is_trainable() {
        true => Ok(config),
        false => Err(format!("{config:?} is no model of this trainer")),
    }
}
