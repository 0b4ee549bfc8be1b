use super::{Matrix, add_scaled, dot, values, values_mut};

/// `y = x / sqrt(mean(x^2) + eps) * weight`, over rows of `x: [n, dim]` with `weight: [1, dim]`
/// (Zhang and Sennrich, 2019).
pub struct RmsNorm {
    /// Keeps the division finite.
    pub eps: f32,
}

impl RmsNorm {
    fn scale(&self, row: &[f32]) -> f32 {
        1.0 / (dot(row, row) / row.len() as f32 + self.eps).sqrt()
    }

    /// The normalized rows.
    pub fn forward(&self, x: &Matrix, weight: &Matrix) -> Matrix {
        let weight = values(weight);
        let mut y = x.clone();
        for row in values_mut(&mut y).chunks_exact_mut(weight.len()) {
            let scale = self.scale(row);
            for (value, weight) in row.iter_mut().zip(weight) {
                *value *= scale * weight;
            }
        }
        y
    }

    /// From the gradient of the output: the gradient of `x`, and that of the weight added to
    /// `weight_grad`.
    pub fn backward(
        &self,
        x: &Matrix,
        weight: &Matrix,
        mut grad: Matrix,
        weight_grad: &mut Matrix,
    ) -> Matrix {
        let (weight, sum) = (values(weight), values_mut(weight_grad));
        let dim = weight.len();
        let rows = values_mut(&mut grad).chunks_exact_mut(dim);
        for (g, x) in rows.zip(values(x).chunks_exact(dim)) {
            let scale = self.scale(x);
            for i in 0..dim {
                sum[i] += g[i] * x[i] * scale;
                g[i] *= weight[i] * scale;
            }
            let pull = dot(g, x) * scale * scale / dim as f32;
            add_scaled(g, -pull, x);
        }
        grad
    }
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    #[test]
    fn gradients_match_finite_differences() {
        let norm = RmsNorm { eps: 1e-5 };
        let (x, weight) = (check::random((3, 4), 3), check::random((1, 4), 4));
        check::gradient(
            &x,
            |x| norm.forward(x, &weight),
            |x, grad| norm.backward(x, &weight, grad.clone(), &mut Matrix::zeros((1, 4))),
        );
        check::gradient(
            &weight,
            |weight| norm.forward(&x, weight),
            |weight, grad| {
                let mut sum = Matrix::zeros((1, 4));
                norm.backward(&x, weight, grad.clone(), &mut sum);
                sum
            },
        );
    }
}
