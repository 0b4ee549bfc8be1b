//! Models with random weights in the shape of real ones, to measure speed and memory with: no download,
//! and as much work for each token.

mod blocks;
mod layout;
mod shape;
mod vocabulary;

use std::io::Write;

use candle_core::quantized::GgmlDType;

use crate::gguf::Writer;
use crate::gguf::writer::Fill;

pub use layout::Quantization;
pub use shape::Shape;

/// The file of a shape. It is the same on every machine, and its weights are made as it is written.
pub fn writer(shape: &Shape, quantization: Quantization) -> Writer {
    let writer = shape
        .hyperparameters(Writer::new())
        .metadata("general.file_type", quantization.file_type())
        .metadata("general.quantization_version", 2u32);
    let mut tensors = Tensors {
        shape,
        quantization,
        seed: 0,
        writer: shape.vocabulary.add_to(writer),
    };
    tensors.add_all();
    tensors.writer
}

/// Adds one tensor after the other.
struct Tensors<'a> {
    shape: &'a Shape,
    quantization: Quantization,
    /// A number of its own for each tensor.
    seed: u64,
    writer: Writer,
}

impl Tensors<'_> {
    fn add_all(&mut self) {
        let shape = self.shape;
        let table = [shape.vocabulary.size(), shape.hidden];
        let (embedding, output) = (self.quantization.most(), self.quantization.output());
        // Rows of length 1 on average would make the first layers' input next to nothing.
        self.matrix("token_embd.weight", table, embedding, 1.0);
        for layer in 0..shape.layers {
            self.layer(layer);
        }
        self.ones("output_norm.weight", shape.hidden);
        self.linear("output.weight", table, output);
        if let Some(factors) = shape.rope_factors() {
            self.vector("rope_freqs.weight", &factors);
        }
    }

    fn layer(&mut self, layer: usize) {
        let shape = self.shape;
        let (hidden, wide) = (shape.hidden, shape.feed_forward);
        let keys = shape.head_dim() * shape.kv_heads;
        let most = self.quantization.most();
        let more = self.quantization.sensitive(layer, shape.layers);
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        self.ones(&name("attn_norm"), hidden);
        self.linear(&name("attn_q"), [hidden, hidden], most);
        self.linear(&name("attn_k"), [keys, hidden], most);
        self.linear(&name("attn_v"), [keys, hidden], more);
        self.linear(&name("attn_output"), [hidden, hidden], most);
        self.ones(&name("ffn_norm"), hidden);
        self.linear(&name("ffn_gate"), [wide, hidden], most);
        self.linear(&name("ffn_up"), [wide, hidden], most);
        self.linear(&name("ffn_down"), [hidden, wide], more);
    }

    /// A matrix `[out, in]` that keeps the size of what goes through it.
    fn linear(&mut self, name: &str, shape: [usize; 2], dtype: GgmlDType) {
        self.matrix(name, shape, dtype, 1.0 / (shape[1] as f32).sqrt());
    }

    fn matrix(&mut self, name: &str, shape: [usize; 2], dtype: GgmlDType, deviation: f32) {
        self.seed += 1;
        let fill = blocks::random(dtype, shape[0] * shape[1], deviation, self.seed);
        self.add(name, &shape, dtype, fill);
    }

    fn ones(&mut self, name: &str, width: usize) {
        self.vector(name, &vec![1.0; width]);
    }

    fn vector(&mut self, name: &str, values: &[f32]) {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let fill: Fill = Box::new(move |out: &mut dyn Write| out.write_all(&bytes));
        self.add(name, &[values.len()], GgmlDType::F32, fill);
    }

    fn add(&mut self, name: &str, shape: &[usize], dtype: GgmlDType, fill: Fill) {
        let writer = std::mem::take(&mut self.writer);
        self.writer = writer.streamed(name, shape, dtype, fill);
    }
}
