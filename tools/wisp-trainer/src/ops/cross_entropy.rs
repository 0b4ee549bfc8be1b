use super::{Matrix, softmax, values_mut};

/// The sum of `-weight * log softmax(logits)[target]` over rows of `logits: [n, vocab]`.
pub struct CrossEntropy<'a> {
    /// The right token of each row and how much the row counts.
    pub targets: &'a [(u32, f32)],
}

impl CrossEntropy<'_> {
    /// The loss and the gradient of `logits`.
    pub fn loss_and_gradient(&self, mut logits: Matrix) -> (f64, Matrix) {
        let vocab = logits.ncols();
        let mut loss = 0.0;
        let rows = values_mut(&mut logits).chunks_exact_mut(vocab);
        for (row, &(target, weight)) in rows.zip(self.targets) {
            let score = row[target as usize];
            loss += f64::from(weight * (softmax(row) - score));
            row[target as usize] -= 1.0;
            row.iter_mut().for_each(|value| *value *= weight);
        }
        (loss, logits)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    #[test]
    fn gradients_match_finite_differences() {
        let op = CrossEntropy {
            targets: &[(4, 1.0), (0, 0.5), (2, 2.0)],
        };
        let loss = |x: &Matrix| op.loss_and_gradient(x.clone()).0 as f32;
        check::gradient(
            &check::random((3, 5), 3),
            |x| Matrix::from_elem((1, 1), loss(x)),
            |x, grad| op.loss_and_gradient(x.clone()).1 * grad[(0, 0)],
        );
    }
}
