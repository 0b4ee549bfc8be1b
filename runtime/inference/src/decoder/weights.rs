//! A model's weights, immutable and shared by all its sequences.

use std::collections::HashSet;

use candle_core::Device;

use super::candle::{self, Matrix, Vector};
use super::descriptor::Descriptor;
use super::rope::Frequencies;
use crate::Error;
use crate::gguf::File;

pub(crate) struct Weights<M, V> {
    pub embedding: M,
    pub layers: Vec<Layer<M, V>>,
    pub norm: V,
    /// `None`: the embedding serves as output too.
    pub output: Option<M>,
    pub frequencies: Frequencies,
}

pub(crate) struct Layer<M, V> {
    pub attention_norm: V,
    pub query: M,
    pub key: M,
    pub value: M,
    pub output: M,
    pub feed_forward_norm: V,
    pub gate: M,
    pub up: M,
    pub down: M,
}

impl Weights<Matrix, Vector> {
    /// `loaded` is called with the bytes of each tensor that has been loaded.
    pub fn load(
        file: &File,
        shape: &Descriptor,
        device: &Device,
        loaded: &mut dyn FnMut(usize),
    ) -> Result<Self, Error> {
        let mut loader = Loader {
            file,
            device,
            loaded,
            used: HashSet::new(),
        };
        let embedding = loader.matrix("token_embd.weight", [shape.vocabulary, shape.hidden])?;
        let layers = (0..shape.layers)
            .map(|index| Layer::load(&mut loader, shape, index))
            .collect::<Result<_, _>>()?;
        let output = match file.header.tensors.contains_key("output.weight") {
            true => Some(loader.matrix("output.weight", [shape.vocabulary, shape.hidden])?),
            false => None,
        };
        let weights = Self {
            embedding,
            layers,
            norm: loader.vector("output_norm.weight", shape.hidden)?,
            output,
            frequencies: loader.frequencies(shape)?,
        };
        loader.check_all_used()?;
        Ok(weights)
    }
}

impl Layer<Matrix, Vector> {
    fn load(loader: &mut Loader, shape: &Descriptor, index: usize) -> Result<Self, Error> {
        let name = |suffix: &str| format!("blk.{index}.{suffix}.weight");
        let (hidden, wide) = (shape.hidden, shape.feed_forward);
        let queries = shape.heads * shape.head_dim;
        let keys = shape.kv_heads * shape.head_dim;
        Ok(Self {
            attention_norm: loader.vector(&name("attn_norm"), hidden)?,
            query: loader.matrix(&name("attn_q"), [queries, hidden])?,
            key: loader.matrix(&name("attn_k"), [keys, hidden])?,
            value: loader.matrix(&name("attn_v"), [keys, hidden])?,
            output: loader.matrix(&name("attn_output"), [hidden, queries])?,
            feed_forward_norm: loader.vector(&name("ffn_norm"), hidden)?,
            gate: loader.matrix(&name("ffn_gate"), [wide, hidden])?,
            up: loader.matrix(&name("ffn_up"), [wide, hidden])?,
            down: loader.matrix(&name("ffn_down"), [hidden, wide])?,
        })
    }
}

struct Loader<'a> {
    file: &'a File,
    device: &'a Device,
    loaded: &'a mut dyn FnMut(usize),
    used: HashSet<String>,
}

impl Loader<'_> {
    /// A tensor that the decoder leaves out, such as a bias, would change every answer.
    fn check_all_used(&self) -> Result<(), Error> {
        // Old files carry the rotary frequencies once per layer; they follow from the metadata.
        let needless = |name: &str| name.ends_with("attn_rot_embd.weight");
        let mut names = self.file.header.tensors.keys();
        match names.find(|name| !self.used.contains(*name) && !needless(name)) {
            None => Ok(()),
            Some(name) => Err(Error::UnexpectedTensor {
                file: self.file.name.clone(),
                tensor: name.clone(),
            }),
        }
    }

    fn matrix(&mut self, name: &str, shape: [usize; 2]) -> Result<Matrix, Error> {
        self.used.insert(name.to_owned());
        let tensor = self.file.tensor(name, &shape, self.device)?;
        (self.loaded)(tensor.storage_size_in_bytes());
        candle::matrix(tensor)
    }

    fn vector(&mut self, name: &str, width: usize) -> Result<Vector, Error> {
        self.used.insert(name.to_owned());
        let tensor = self.file.tensor(name, &[width], self.device)?;
        (self.loaded)(tensor.storage_size_in_bytes());
        candle::vector(tensor)
    }

    fn frequencies(&mut self, shape: &Descriptor) -> Result<Frequencies, Error> {
        const NAME: &str = "rope_freqs.weight";
        self.used.insert(NAME.to_owned());
        let pairs = [shape.rope.dims / 2];
        let tensor = self.file.optional_tensor(NAME, &pairs, self.device)?;
        let factors = tensor.map(candle::vector).transpose()?;
        let factors = factors
            .map(|factors| factors.to_vec1::<f32>())
            .transpose()?;
        Ok(Frequencies::new(&shape.rope, factors.as_deref()))
    }
}
