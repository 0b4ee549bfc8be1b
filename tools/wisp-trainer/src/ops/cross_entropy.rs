use super::{copy, softmax, values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// The mean of `-log softmax(logits)[target]` over rows: `[n, vocab] -> []`.
pub struct CrossEntropy {
    /// The right token of each row.
    pub targets: Vec<u32>,
}

impl CustomOp1 for CrossEntropy {
    fn name(&self) -> &'static str {
        "cross-entropy"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, vocab) = layout.shape().dims2()?;
        let losses: Vec<f32> = values(logits, layout)?
            .par_chunks(vocab)
            .zip(&self.targets)
            .map(|(row, &target)| softmax(&mut row.to_vec()) - row[target as usize])
            .collect();
        let mean = losses.iter().sum::<f32>() / n as f32;
        Ok((CpuStorage::F32(vec![mean]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _loss: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (n, vocab) = logits.dims2()?;
        let factor = grad.to_scalar::<f32>()? / n as f32;
        let mut rows = copy(logits)?;
        rows.par_chunks_mut(vocab)
            .zip(&self.targets)
            .for_each(|(row, &target)| {
                softmax(row);
                row[target as usize] -= 1.0;
                row.iter_mut().for_each(|value| *value *= factor);
            });
        Ok(Some(Tensor::from_vec(rows, (n, vocab), logits.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_match_finite_differences() {
        super::super::check::gradient((3, 5), |x| {
            x.apply_op1(CrossEntropy {
                targets: vec![4, 0, 2],
            })
        });
    }
}
