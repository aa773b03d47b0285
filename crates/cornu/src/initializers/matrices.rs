//! Initializers that make matrices with a structure.

use cornu_graph::{Array, DType};
use serde::{Deserialize, Serialize};

use super::Initializer;
use crate::{Error, Eval, Result, object, random};

object!(Identity, Orthogonal);

/// `gain` on the diagonal of a matrix, 0 elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// Default 1.
    pub gain: f64,
}

impl Default for Identity {
    fn default() -> Self {
        Identity { gain: 1.0 }
    }
}

impl Initializer for Identity {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        let [_, columns] = *shape else {
            return Err(Error::invalid(
                "Identity",
                "shape",
                "must be a matrix's",
                format!("{shape:?}"),
            ));
        };
        let mut matrix = Array::zeros(shape, DType::F64)?;
        let on = |i: &usize| i.is_multiple_of(columns + 1) && i / (columns + 1) < columns;
        for (_, value) in
            matrix.as_slice_mut::<f64>()?.iter_mut().enumerate().filter(|(i, _)| on(i))
        {
            *value = self.gain;
        }
        Ok(matrix.cast(dtype))
    }
}

/// Rows (or columns, whichever are fewer) at right angles, each as long as the gain (Saxe et al., 2014); axes before
/// the last count as one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Orthogonal {
    /// Default 1.
    pub gain: f64,
    /// The seed; `None` takes the next one of the thread's stream.
    pub seed: Option<u64>,
}

impl Default for Orthogonal {
    fn default() -> Self {
        Orthogonal { gain: 1.0, seed: None }
    }
}

impl Initializer for Orthogonal {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        let [before @ .., columns] = shape else {
            return Err(Error::invalid("Orthogonal", "shape", "must have two axes or more", "[]"));
        };
        if before.is_empty() {
            let rule = "must have two axes or more";
            return Err(Error::invalid("Orthogonal", "shape", rule, format!("{shape:?}")));
        }
        let (rows, columns) = (before.iter().product::<usize>(), *columns);
        let (short, long) = (rows.min(columns), rows.max(columns));
        let mut vectors = random::normal(&[short, long], 0.0, 1.0, DType::F64, self.seed)
            .array()?
            .into_vec::<f64>();
        orthonormalize(&mut vectors, long);
        let value = |i: usize| {
            let (row, column) = (i / columns, i % columns);
            let (vector, place) = if rows <= columns { (row, column) } else { (column, row) };
            self.gain * vectors[vector * long + place]
        };
        let values: Vec<f64> = (0..rows * columns).map(value).collect();
        Ok(Array::new(shape, values)?.cast(dtype))
    }
}

/// Gram and Schmidt's process on rows of a length; each row twice, which keeps the angles right to rounding.
fn orthonormalize(rows: &mut [f64], length: usize) {
    let count = rows.len() / length.max(1);
    for i in 0..count {
        let (done, rest) = rows.split_at_mut(i * length);
        let row = &mut rest[..length];
        for _ in 0..2 {
            for other in done.chunks(length) {
                let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
            }
        }
        let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm > 0.0 {
            row.iter_mut().for_each(|v| *v /= norm);
        }
    }
}
