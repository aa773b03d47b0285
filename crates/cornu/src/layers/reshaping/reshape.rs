//! Another shape.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::{Context, Layer, one};
use crate::{Error, Result};

/// The same values under another shape; one size may be -1, which stands for what is left.
///
/// Input: `(batch, …)`; output: `(batch, *target_shape)`.
///
/// ```
/// use cornu::layers::{Input, LayerExt, Reshape};
/// let y = Reshape::new([7, -1, 2]).apply(Input([98]))?;
/// assert_eq!(y.shape(), [None, Some(7), Some(7), Some(2)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reshape {
    target_shape: Vec<i64>,
}

impl Reshape {
    /// A layer with a target shape, without the batch.
    pub fn new(target_shape: impl Into<Vec<i64>>) -> Self {
        Reshape { target_shape: target_shape.into() }
    }

    /// The target with its -1 replaced, for samples of `count` values.
    fn resolve(&self, count: usize) -> Result<Vec<usize>> {
        let target = &self.target_shape;
        let wrong = |rule: String| {
            Err(Error::invalid("Reshape", "target_shape", rule, format!("target_shape={target:?}")))
        };
        if target.iter().any(|&d| d < -1) || target.iter().filter(|&&d| d == -1).count() > 1 {
            return wrong("must hold sizes, and -1 at most once".into());
        }
        let sizes = target.iter().filter_map(|&d| usize::try_from(d).ok());
        let known = sizes.clone().try_fold(1, usize::checked_mul);
        let open = target.contains(&-1);
        match known {
            Some(known) if known == count && !open => Ok(sizes.collect()),
            Some(known) if open && known > 0 && count.is_multiple_of(known) => {
                let size = |&d: &i64| usize::try_from(d).unwrap_or(count / known);
                Ok(target.iter().map(size).collect())
            }
            _ => wrong(format!("must have the {count} values of a sample")),
        }
    }
}

impl Layer for Reshape {
    fn class_name(&self) -> &str {
        "Reshape"
    }

    fn config(&self) -> Result<Config> {
        to_config("Reshape", self)
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = one("Reshape", inputs)?;
        let (batch, rest) = x.shape().split_first().unwrap_or((&1, &[]));
        let mut shape = vec![*batch];
        shape.extend(self.resolve(rest.iter().product())?);
        Ok(vec![ops::reshape(x, &shape)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_one_stands_for_what_is_left() {
        assert_eq!(Reshape::new([2, -1]).resolve(6).unwrap(), [2, 3]);
        assert_eq!(Reshape::new([]).resolve(1).unwrap(), [0usize; 0]);
        for bad in [vec![-1, -1], vec![4, -1], vec![-2, 3], vec![5], vec![0, -1], vec![i64::MAX, 3]]
        {
            let error = Reshape::new(bad).resolve(6).unwrap_err().to_string();
            assert!(error.starts_with("Reshape: `target_shape` must h"), "{error}");
        }
    }
}
