//! Elements by index, and the reverse.

use crate::ops::{Operation, Vjp, arity, attribute, cast, check_axis, maximum, minimum, mod_};
use crate::{Array, DType, Error, Result, Spec, Tensor, normalize_axis};

/// Slices of the first input at the indices (second input) along an axis: the result's shape is the first
/// input's with the axis replaced by the shape of the indices. Negative indices count from the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gather {
    /// The axis.
    pub axis: usize,
}

/// Sums of slices of the first input at the indices (second input): the gradient of [`Gather`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScatterAdd {
    /// The axis of the result that the indices count.
    pub axis: usize,
    /// The size of that axis.
    pub size: usize,
}

fn check_indices(name: &str, indices: &Spec) -> Result<()> {
    if matches!(indices.dtype, DType::I32 | DType::I64) {
        return Ok(());
    }
    Err(Error::invalid(name, "indices", "must be int32 or int64", indices.dtype))
}

fn read_indices(name: &str, indices: &Array, size: usize) -> Result<Vec<usize>> {
    let place = |i: i64| {
        // Negative indices count from the end; no size is beyond i64.
        let at = if i < 0 { i + size as i64 } else { i };
        usize::try_from(at).ok().filter(|&u| u < size).ok_or_else(|| {
            Error::invalid(name, "indices", format!("must be in [-{size}, {size})"), i)
        })
    };
    indices.to_vec::<i64>().into_iter().map(place).collect()
}

impl Operation for Gather {
    fn name(&self) -> &'static str {
        "take"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x, indices] = arity(self.name(), inputs)?;
        check_axis(self.name(), self.axis, x.shape.len())?;
        check_indices(self.name(), indices)?;
        let mut shape = x.shape.clone();
        shape.splice(self.axis..=self.axis, indices.shape.iter().copied());
        Ok(Spec { shape, dtype: x.dtype })
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let op = ScatterAdd { axis: self.axis, size: vjp.inputs[0].shape()[self.axis] };
        Ok(vec![Some(Tensor::apply(op, &[vjp.dy, &vjp.inputs[1]])), None])
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("axis", &self.axis)]
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let from = inputs[0].shape();
        let indices = read_indices(self.name(), inputs[1], from[self.axis])?;
        let inner: usize = from[self.axis + 1..].iter().product();
        let outer: usize = from[..self.axis].iter().product();
        crate::with_dtype!(spec.dtype, T => {
            let x = inputs[0].as_slice::<T>()?;
            let mut out = Vec::with_capacity(spec.count());
            for o in 0..outer {
                for &i in &indices {
                    let start = (o * from[self.axis] + i) * inner;
                    out.extend_from_slice(&x[start..start + inner]);
                }
            }
            Array::new::<T>(&spec.shape, out)
        })
    }
}

impl Operation for ScatterAdd {
    fn name(&self) -> &'static str {
        "scatter_add"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [updates, indices] = arity(self.name(), inputs)?;
        check_indices(self.name(), indices)?;
        let end = self.axis.saturating_add(indices.shape.len());
        if updates.shape.get(self.axis..end) != Some(&indices.shape[..])
            || updates.dtype == DType::Bool
        {
            return Err(Error::invalid(
                self.name(),
                "updates",
                format!(
                    "must be numbers with the indices' shape {:?} at axis {}",
                    indices.shape, self.axis
                ),
                updates,
            ));
        }
        let mut shape = updates.shape.clone();
        shape.splice(self.axis..end, [self.size]);
        Ok(Spec { shape, dtype: updates.dtype })
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(Tensor::apply(Gather { axis: self.axis }, &[vjp.dy, &vjp.inputs[1]])), None])
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("axis", &self.axis)]
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let indices = read_indices(self.name(), inputs[1], self.size)?;
        let inner: usize = spec.shape[self.axis + 1..].iter().product();
        let outer: usize = spec.shape[..self.axis].iter().product();
        let each = |visit: &mut dyn FnMut(usize, usize)| {
            for o in 0..outer {
                for (k, &i) in indices.iter().enumerate() {
                    for j in 0..inner {
                        let from = (o * indices.len() + k) * inner + j;
                        visit((o * self.size + i) * inner + j, from);
                    }
                }
            }
        };
        if spec.dtype.is_integer() {
            let updates = inputs[0].to_vec::<i64>();
            let mut sums = vec![0i64; spec.count()];
            each(&mut |to, from| sums[to] = sums[to].wrapping_add(updates[from]));
            return Ok(Array::new(&spec.shape, sums)?.cast(spec.dtype));
        }
        let updates = inputs[0].to_vec::<f64>();
        let mut sums = vec![0f64; spec.count()];
        each(&mut |to, from| sums[to] += updates[from]);
        Ok(Array::new(&spec.shape, sums)?.cast(spec.dtype))
    }
}

/// What [`take_mode`] does with an index outside the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IndexMode {
    /// An error names it; negative indices count from the end.
    #[default]
    Raise,
    /// It starts anew from the other end.
    Wrap,
    /// It is the nearest index of the axis; negative ones are 0.
    Clip,
}

impl IndexMode {
    /// The indices that stand for `indices` on an axis of `size` elements.
    pub(super) fn places(self, indices: &Tensor, size: usize) -> Tensor {
        let size = Tensor::scalar(size as i64);
        match self {
            IndexMode::Raise => indices.clone(),
            IndexMode::Wrap => mod_(indices, &size),
            IndexMode::Clip => {
                minimum(&maximum(indices, &Tensor::scalar(0)), &(size - Tensor::scalar(1i64)))
            }
        }
    }
}

/// Integers and truth values as indices.
pub(crate) fn as_indices(function: &str, indices: &Tensor) -> Result<Tensor> {
    match indices.dtype() {
        DType::I32 | DType::I64 => Ok(indices.clone()),
        DType::Bool | DType::U8 => Ok(cast(indices, DType::I32)),
        _ => Err(Error::invalid(function, "indices", "must be integers", indices.spec())),
    }
}

/// Slices of `x` at integer `indices` along `axis`, which their shape replaces; negative indices count from
/// the end. NumPy's `axis=None` is `take(&ravel(x), indices, 0)`.
///
/// ```
/// use cornu_graph::{Tensor, ops, testing::value};
/// let y = ops::take(&Tensor::from([10, 20, 30]), &Tensor::from([[0, -1]]), 0);
/// assert_eq!(value(&y)?, [[10, 30]].into());
/// # Ok::<(), cornu_graph::Error>(())
/// ```
///
/// An index outside the axis is an error when it is met.
pub fn take(x: &Tensor, indices: &Tensor, axis: isize) -> Tensor {
    take_mode(x, indices, axis, IndexMode::Raise)
}

/// [`take`] with a choice of what happens to indices outside the axis.
pub fn take_mode(x: &Tensor, indices: &Tensor, axis: isize, mode: IndexMode) -> Tensor {
    Tensor::compose(&[x, indices], || {
        let axis = normalize_axis("take", axis, x.ndim())?;
        let indices = as_indices("take", indices)?;
        let indices = mode.places(&indices, x.shape()[axis]);
        Ok(Tensor::apply(Gather { axis }, &[x, &indices]))
    })
}
