//! Axes in another order.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::{Error, Result};

/// The axes of a sample in another order; they count from 1, as in Keras.
///
/// ```
/// use cornu::layers::{Input, LayerExt, Permute};
/// assert_eq!(Permute::new([2, 1]).apply(Input([10, 64]))?.shape(), [None, Some(64), Some(10)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permute {
    dims: Vec<usize>,
}

impl Permute {
    /// A layer whose output's axis `i` is the input's axis `dims[i]`.
    pub fn new(dims: impl Into<Vec<usize>>) -> Self {
        Permute { dims: dims.into() }
    }
}

impl Layer for Permute {
    fn class_name(&self) -> &str {
        "Permute"
    }

    fn config(&self) -> Result<Config> {
        to_config("Permute", self)
    }

    fn build(&mut self, inputs: &[Shape], _: &mut Weights) -> Result<()> {
        let mut sorted = self.dims.clone();
        sorted.sort_unstable();
        let rank = inputs.first().map_or(0, |s| s.len().saturating_sub(1));
        if !sorted.iter().copied().eq(1..=rank) {
            let rule = format!("must order the axes 1 to {rank} of a sample");
            return Err(Error::invalid("Permute", "dims", rule, format!("dims={:?}", self.dims)));
        }
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let axes: Vec<isize> =
            std::iter::once(0).chain(self.dims.iter().map(|&d| d as isize)).collect();
        Ok(vec![ops::transpose(one("Permute", inputs)?, &axes)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Input, LayerExt};

    #[test]
    fn dims_must_be_a_permutation() {
        for dims in [vec![0, 1], vec![1], vec![1, 3], vec![2, 2], vec![]] {
            let error = Permute::new(dims).apply(Input([2, 3])).unwrap_err().to_string();
            assert!(error.contains("must order the axes 1 to 2"), "{error}");
        }
    }
}
