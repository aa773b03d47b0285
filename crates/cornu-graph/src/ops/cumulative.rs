//! Sums and products of the elements up to each place along an axis.

use crate::ops::{
    Operation, Vjp, arity, attribute, cast, check_axis, isnan, multiply, ones_like, pad,
    slice_axis, where_, zeros_like,
};
use crate::{Array, DType, Error, Result, Spec, Tensor, normalize_axis};

/// The sums of the elements up to each place along an axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CumSum {
    /// The axis.
    pub axis: usize,
    /// Whether the sums are of the elements from each place on.
    pub reverse: bool,
}

impl Operation for CumSum {
    fn name(&self) -> &'static str {
        "cumsum"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        check_axis(self.name(), self.axis, x.shape.len())?;
        if x.dtype == DType::Bool {
            return Err(Error::invalid(self.name(), "dtype", "must be a numeric type", x.dtype));
        }
        Ok(x.clone())
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let back = CumSum { axis: self.axis, reverse: !self.reverse };
        Ok(vec![Some(Tensor::apply(back, &[vjp.dy]))])
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("axis", &self.axis), attribute("reverse", &self.reverse)]
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let size = spec.shape[self.axis];
        let inner: usize = spec.shape[self.axis + 1..].iter().product();
        // Every place, and the one before it that it continues.
        let steps = (0..spec.count()).filter_map(|p| {
            let p = if self.reverse { spec.count() - 1 - p } else { p };
            let i = p / inner % size;
            let first = i == if self.reverse { size - 1 } else { 0 };
            (!first).then(|| (p, if self.reverse { p + inner } else { p - inner }))
        });
        if spec.dtype.is_integer() {
            let mut sums = inputs[0].to_vec::<i64>();
            steps.for_each(|(p, before)| sums[p] = sums[p].wrapping_add(sums[before]));
            return Ok(Array::new(&spec.shape, sums)?.cast(spec.dtype));
        }
        let mut sums = inputs[0].to_vec::<f64>();
        steps.for_each(|(p, before)| sums[p] += sums[before]);
        Ok(Array::new(&spec.shape, sums)?.cast(spec.dtype))
    }
}

/// The sums of the elements up to each place along `axis`; `bool` counts as `int32`.
pub fn cumsum(x: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let axis = normalize_axis("cumsum", axis, x.ndim())?;
        let x = if x.dtype() == DType::Bool { cast(x, DType::I32) } else { x.clone() };
        Ok(Tensor::apply(CumSum { axis, reverse: false }, &[&x]))
    })
}

/// The products of the elements up to each place along `axis`; `bool` counts as `int32`.
///
/// By doubling steps (Hillis and Steele, 1986): log2(n) element-wise products, so that gradients are right
/// where elements are 0 too.
pub fn cumprod(x: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let at = normalize_axis("cumprod", axis, x.ndim())?;
        let size = x.shape()[at];
        let mut y = if x.dtype() == DType::Bool { cast(x, DType::I32) } else { x.clone() };
        let mut step = 1;
        while step < size {
            let mut padding = vec![(0, 0); x.ndim()];
            padding[at] = (step, 0);
            y = multiply(&y, &pad(&slice_axis(&y, axis, 0, size - step), &padding, 1.0));
            step *= 2;
        }
        Ok(y)
    })
}

/// [`cumsum`] with NaN as 0.
pub fn nancumsum(x: &Tensor, axis: isize) -> Tensor {
    cumsum(&where_(&isnan(x), &zeros_like(x), x), axis)
}

/// [`cumprod`] with NaN as 1.
pub fn nancumprod(x: &Tensor, axis: isize) -> Tensor {
    cumprod(&where_(&isnan(x), &ones_like(x), x), axis)
}
