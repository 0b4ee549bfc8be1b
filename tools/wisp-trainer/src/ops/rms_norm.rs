use super::{add_scaled, copy, dot, values};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// `y = x / sqrt(mean(x^2) + eps) * weight`, over rows of `x: [n, dim]` with `weight: [dim]`.
pub struct RmsNorm {
    /// Keeps the division finite.
    pub eps: f32,
}

impl RmsNorm {
    fn scale(&self, row: &[f32]) -> f32 {
        1.0 / (dot(row, row) / row.len() as f32 + self.eps).sqrt()
    }
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight) = (values(x, x_layout)?, values(weight, weight_layout)?);
        let mut y = vec![0f32; x.len()];
        let dim = weight.len();
        y.par_chunks_mut(dim)
            .zip(x.par_chunks(dim))
            .for_each(|(y, x)| {
                let scale = self.scale(x);
                for i in 0..dim {
                    y[i] = x[i] * scale * weight[i];
                }
            });
        Ok((CpuStorage::F32(y), x_layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _y: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (xs, ws, mut gs) = (copy(x)?, copy(weight)?, copy(grad)?);
        let dim = ws.len();
        // Each row turns its slice of `gs` into the gradient of x and returns its share for the weight.
        let weight_grad = gs
            .par_chunks_mut(dim)
            .zip(xs.par_chunks(dim))
            .fold(
                || vec![0f32; dim],
                |mut sum, (g, x)| {
                    let scale = self.scale(x);
                    for i in 0..dim {
                        sum[i] += g[i] * x[i] * scale;
                        g[i] *= ws[i] * scale;
                    }
                    let pull = dot(g, x) * scale * scale / dim as f32;
                    add_scaled(g, -pull, x);
                    sum
                },
            )
            .reduce(
                || vec![0f32; dim],
                |mut a, b| {
                    add_scaled(&mut a, 1.0, &b);
                    a
                },
            );
        let device = x.device();
        Ok((
            Some(Tensor::from_vec(gs, x.shape(), device)?),
            Some(Tensor::from_vec(weight_grad, dim, device)?),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn gradients_match_finite_differences() {
        let weight = Tensor::new(&[0.5f32, 1.0, -2.0, 0.7], &Device::Cpu).unwrap();
        super::super::check::gradient((3, 4), |x| x.apply_op2(&weight, RmsNorm { eps: 1e-5 }));
        let x = Tensor::new(
            &[[0.5f32, 1.0, -2.0, 0.7], [1.0, 0.1, 0.3, 2.0]],
            &Device::Cpu,
        )
        .unwrap();
        super::super::check::gradient((1, 4), |weight| {
            x.apply_op2(&weight.flatten_all()?, RmsNorm { eps: 1e-5 })
        });
    }
}
