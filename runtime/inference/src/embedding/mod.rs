//! Vectors for texts, by encoders of BERT's architecture.
//!
//! Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers", 2018; Reimers and Gurevych,
//! "Sentence-BERT", 2019.

mod bert;
mod config;
mod folder;
mod gguf;
mod kind;
mod safetensors;
mod shape;
mod words;

use candle_core::Tensor;

use crate::gguf::File;
use crate::{Error, Source, Threads};
use bert::Bert;
use shape::{Pooling, Shape};
use words::Words;

pub(crate) use folder::{Folder, is_folder};
pub(crate) use kind::is_encoder;

/// A model that makes vectors of texts, loaded. Its weights are kept as 32-bit floats.
pub struct Embedder {
    file: String,
    words: Words,
    bert: Bert,
    pooling: Pooling,
    threads: Threads,
}

/// Vectors for texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One for each text, in order, each of length 1.
    pub vectors: Vec<Vec<f32>>,
    /// Of all texts, those included that stand at a text's ends.
    pub tokens: usize,
}

/// Weights by the names that GGUF has for them.
trait Weights {
    /// A tensor of 32-bit floats that has this shape.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, Error>;

    /// The first dimension of a tensor.
    fn rows(&self, name: &str) -> Result<usize, Error>;
}

impl Embedder {
    /// Loads a GGUF, or a folder with `model.safetensors`, `config.json` and `tokenizer.json`, which the path of
    /// its weights stands for too.
    pub fn open(source: impl Into<Source>, threads: Threads) -> Result<Self, Error> {
        let source = source.into();
        match &source {
            Source::Path(path) if is_folder(path) => Self::read_folder(&Folder::of(path), threads),
            _ => Self::read_gguf(&File::open(&source)?, threads),
        }
    }

    fn read_folder(folder: &Folder, threads: Threads) -> Result<Self, Error> {
        let (shape, pooling) = (folder.shape()?, folder.pooling()?);
        let words = Words::of_folder(folder)?;
        let bytes = folder.weights()?;
        let weights = folder.tensors(&bytes)?;
        Ok(Self {
            file: folder.name(),
            words,
            bert: Bert::load(&shape, &weights)?,
            pooling,
            threads,
        })
    }

    fn read_gguf(file: &File, threads: Threads) -> Result<Self, Error> {
        kind::check(file)?;
        let shape = Shape::of_gguf(file)?;
        Ok(Self {
            file: file.name.clone(),
            words: Words::of_gguf(file)?,
            pooling: Pooling::of_gguf(file)?,
            bert: Bert::load(&shape, file)?,
            threads,
        })
    }

    /// A vector for each text. It does not depend on the other texts.
    pub fn embed(&self, texts: &[String]) -> Result<Embedded, Error> {
        let tokens = self.tokens(texts)?;
        let vectors = tokens.iter().map(|tokens| self.vector(tokens));
        Ok(Embedded {
            vectors: vectors.collect::<Result<_, _>>()?,
            tokens: tokens.iter().map(Vec::len).sum(),
        })
    }

    /// The token ids of each text.
    ///
    /// # Errors
    /// [`Error::TextTooLong`] if a text has more than the model reads.
    pub fn tokens(&self, texts: &[String]) -> Result<Vec<Vec<u32>>, Error> {
        let numbered = texts.iter().enumerate();
        numbered
            .map(|(number, text)| {
                let tokens = self.words.encode(text)?;
                match tokens.len() > self.context_size() {
                    true => Err(Error::TextTooLong {
                        text: number + 1,
                        tokens: tokens.len(),
                        context_size: self.context_size(),
                    }),
                    false => Ok(tokens),
                }
            })
            .collect()
    }

    /// The vector of a text's tokens, of length 1.
    pub fn vector(&self, tokens: &[u32]) -> Result<Vec<f32>, Error> {
        if tokens.is_empty() {
            return Err(Error::EmptyPrompt);
        }
        let vector = self.threads.run(|| {
            let states = self.bert.forward(tokens)?;
            self.pooling.apply(&states)
        })?;
        normalized(vector).ok_or_else(|| Error::NoVector {
            file: self.file.clone(),
        })
    }

    /// How many tokens a text may have, those included that stand at its ends.
    pub fn context_size(&self) -> usize {
        self.bert.context_size()
    }
}

/// The vector of the same direction and length 1, if it has one.
fn normalized(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let square = |x: &f32| f64::from(*x) * f64::from(*x);
    let length = vector.iter().map(square).sum::<f64>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return None;
    }
    for x in &mut vector {
        *x = (f64::from(*x) / length) as f32;
    }
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn a_vector_without_a_length_has_no_direction() {
        for odd in [[0.0, 0.0], [f32::NAN, 1.0], [f32::INFINITY, 1.0]] {
            assert_eq!(normalized(odd.to_vec()), None);
        }
        assert_eq!(normalized(vec![3.0, 4.0]), Some(vec![0.6, 0.8]));
    }
}
