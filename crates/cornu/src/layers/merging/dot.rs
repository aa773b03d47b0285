//! Products of vectors, sample by sample.

use cornu_graph::{Tensor, normalize_axis, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::{Axes, Context, Layer};
use crate::losses::EPSILON;
use crate::{Error, Result};

/// The sum of products of two inputs along one axis of each, sample by sample.
///
/// Inputs: `(batch, …)` twice. Output: the other axes of the first, then those of the second, or
/// `(batch, 1)` where none are left.
///
/// ```
/// use cornu::layers::{Dot, Input, LayerExt};
/// let y = Dot::new([2, 1]).apply([&Input([3, 4]), &Input([4, 5])])?;
/// assert_eq!(y.shape(), [None, Some(3), Some(5)]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dot {
    axes: Axes,
    #[serde(default)]
    normalize: bool,
}

impl Dot {
    /// Along an axis of both inputs, or one of each.
    pub fn new(axes: impl Into<Axes>) -> Self {
        Dot { axes: axes.into(), normalize: false }
    }

    crate::layer_arguments! {
        /// Whether the vectors are first made of length 1: then the products are cosines. Default: false.
        normalize: bool;
    }

    /// The axis of each input.
    fn resolve(&self, a: &Tensor, b: &Tensor) -> Result<(usize, usize)> {
        let (first, second) = match self.axes.list() {
            [both] => (*both, *both),
            [first, second] => (*first, *second),
            axes => {
                return Err(Error::invalid(
                    "Dot",
                    "axes",
                    "must be one or two",
                    format!("{axes:?}"),
                ));
            }
        };
        let (i, j) =
            (normalize_axis("Dot", first, a.ndim())?, normalize_axis("Dot", second, b.ndim())?);
        if i == 0 || j == 0 || a.shape()[i] != b.shape()[j] || a.shape()[0] != b.shape()[0] {
            let rule = "must name axes of one size, not the batch";
            let received = format!("{:?} of {} and {}", self.axes.list(), a.spec(), b.spec());
            return Err(Error::invalid("Dot", "axes", rule, received));
        }
        Ok((i, j))
    }
}

impl Layer for Dot {
    fn class_name(&self) -> &str {
        "Dot"
    }

    fn config(&self) -> Result<Config> {
        to_config("Dot", self)
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let [a, b] = inputs else {
            let received = format!("{} inputs", inputs.len());
            return Err(Error::invalid("Dot", "inputs", "must be exactly two", received));
        };
        let (i, j) = self.resolve(a, b)?;
        let unit = |x: &Tensor, axis: usize| {
            if !self.normalize {
                return x.clone();
            }
            let norm = ops::sqrt(&ops::sum(&ops::square(x), &[axis as isize], true));
            x / ops::maximum(&norm, &ops::number_like(&norm, EPSILON))
        };
        let (a, b) = (unit(a, i), unit(b, j));
        let rest =
            |x: &Tensor, axis: usize| (1..x.ndim()).filter(|&k| k != axis).collect::<Vec<_>>();
        let (rest_a, rest_b) = (rest(&a, i), rest(&b, j));
        let sizes =
            |x: &Tensor, axes: &[usize]| axes.iter().map(|&k| x.shape()[k]).collect::<Vec<_>>();
        let (sizes_a, sizes_b) = (sizes(&a, &rest_a), sizes(&b, &rest_b));
        let (batch, inner) = (a.shape()[0], a.shape()[i]);
        let order = |before: &[usize], after: &[usize]| -> Vec<isize> {
            std::iter::once(&0).chain(before).chain(after).map(|&k| k as isize).collect()
        };
        let rows = ops::transpose(&a, &order(&rest_a, &[i]));
        let rows = ops::reshape(&rows, &[batch, sizes_a.iter().product(), inner]);
        let columns = ops::transpose(&b, &order(&[j], &rest_b));
        let columns = ops::reshape(&columns, &[batch, inner, sizes_b.iter().product()]);
        let mut shape = [&[batch], &sizes_a[..], &sizes_b[..]].concat();
        if shape.len() == 1 {
            shape.push(1);
        }
        Ok(vec![ops::reshape(&ops::matmul(&rows, &columns), &shape)])
    }
}
