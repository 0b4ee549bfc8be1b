use super::{copy, values};
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// `silu(gate) * up`, where a row of the input is gate and up side by side: `[n, 2 ffn] -> [n, ffn]`.
pub struct SwiGlu;

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

impl CustomOp1 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (n, double) = layout.shape().dims2()?;
        let ffn = double / 2;
        let mut y = vec![0f32; n * ffn];
        let x = values(x, layout)?;
        y.par_chunks_mut(ffn)
            .zip(x.par_chunks(double))
            .for_each(|(y, x)| {
                let (gate, up) = x.split_at(ffn);
                for i in 0..ffn {
                    y[i] = gate[i] * sigmoid(gate[i]) * up[i];
                }
            });
        Ok((CpuStorage::F32(y), Shape::from((n, ffn))))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (_, double) = x.dims2()?;
        let ffn = double / 2;
        let (mut xs, gs) = (copy(x)?, copy(grad)?);
        xs.par_chunks_mut(double)
            .zip(gs.par_chunks(ffn))
            .for_each(|(x, g)| {
                let (gate, up) = x.split_at_mut(ffn);
                for i in 0..ffn {
                    let open = sigmoid(gate[i]);
                    let silu = gate[i] * open;
                    let slope = open + silu * (1.0 - open);
                    gate[i] = g[i] * up[i] * slope;
                    up[i] = g[i] * silu;
                }
            });
        Ok(Some(Tensor::from_vec(xs, x.shape(), x.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_match_finite_differences() {
        super::super::check::gradient((3, 10), |x| x.apply_op1(SwiGlu));
    }
}
