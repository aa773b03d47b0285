//! Medians and quantiles, with and without NaN.

use crate::ops::{
    broadcast_to, cast, ceil, equal, floor, isnan, less, logical_not, maximum, minimum,
    number_like, reshape, rint, slice_axis, sort, stack, sum, take_along_axis, transpose, where_,
    with_ones, zeros_like,
};
use crate::{Array, DType, Error, Result, Tensor, normalize_axes};

/// What stands for a quantile that falls between two elements: NumPy's `method`.
///
/// ```
/// use cornu_graph::{Tensor, ops, ops::QuantileMethod, testing::value};
/// let x = Tensor::from([4.0, 1.0, 3.0, 2.0]);
/// let quarters = ops::quantile(&x, [0.25, 0.75], &[], QuantileMethod::Linear, false);
/// assert_eq!(value(&quarters)?.to_vec::<f64>(), [1.75, 3.25]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum QuantileMethod {
    /// The point between them in proportion.
    #[default]
    Linear,
    /// The lower one.
    Lower,
    /// The higher one.
    Higher,
    /// The point halfway.
    Midpoint,
    /// The nearer one; halfway, the one with an even index.
    Nearest,
}

impl QuantileMethod {
    /// The index below place `at`, and the part of the way from there to the next that counts.
    fn place(self, at: &Tensor) -> (Tensor, Tensor) {
        let low = floor(at);
        let part = at - &low;
        let part = match self {
            QuantileMethod::Linear => part,
            QuantileMethod::Lower => zeros_like(at),
            QuantileMethod::Higher => ceil(&part),
            QuantileMethod::Midpoint => ceil(&part) * 0.5,
            QuantileMethod::Nearest => rint(at) - &low,
        };
        (low, part)
    }
}

/// The point at `part` of the way from `a` to `b`, counted from the nearer end, so that it is exact at both
/// (NumPy's rule).
fn between(a: &Tensor, b: &Tensor, part: &Tensor) -> Tensor {
    let way = b - a;
    let near = less(part, &number_like(part, 0.5));
    let point = where_(&near, &(a + &way * part), &(b - &way * (1.0 - part)));
    // At an element, even where the distance to the next is infinite.
    let point = where_(&equal(part, &number_like(part, 1.0)), b, &point);
    where_(&equal(part, &zeros_like(part)), a, &point)
}

/// The elements along `axes` (all if empty) as one last axis, floating-point, and the shape of the result.
fn rows(name: &str, x: &Tensor, axes: &[isize], keepdims: bool) -> Result<(Tensor, Vec<usize>)> {
    let axes = normalize_axes(name, axes, x.ndim())?;
    let kept: Vec<usize> = (0..x.ndim()).filter(|i| !axes.contains(i)).collect();
    let order: Vec<isize> = kept.iter().chain(&axes).map(|&i| i as isize).collect();
    let mut shape: Vec<usize> = kept.iter().map(|&i| x.shape()[i]).collect();
    let result = if keepdims { with_ones(x.shape(), &axes) } else { shape.clone() };
    shape.push(axes.iter().map(|&i| x.shape()[i]).product());
    let moved = cast(&transpose(x, &order), x.dtype().to_float());
    Ok((reshape(&moved, &shape), result))
}

/// One function of the family: its name, what the largest `q` is, whether NaN counts as missing.
struct Family {
    name: &'static str,
    whole: f64,
    skips_nan: bool,
}

impl Family {
    /// `q` in `[0, 1]`.
    fn fractions(&self, q: &Array) -> Result<Vec<f64>> {
        let values: Vec<f64> = q.to_vec();
        if q.ndim() > 1 || values.iter().any(|v| !(0.0..=self.whole).contains(v)) {
            let rule = format!("must be a number in [0, {}], or a list of them", self.whole);
            return Err(Error::invalid(self.name, "q", rule, format!("{values:?}")));
        }
        Ok(values.into_iter().map(|v| v / self.whole).collect())
    }

    /// The elements around every fraction, joined by `join(low, high, part of the way)`.
    fn compute(
        &self,
        x: &Tensor,
        q: &Array,
        axes: &[isize],
        method: QuantileMethod,
        keepdims: bool,
        join: impl Fn(&Tensor, &Tensor, &Tensor) -> Tensor,
    ) -> Tensor {
        Tensor::compose(&[x], || {
            let fractions = self.fractions(q)?;
            let (x, shape) = rows(self.name, x, axes, keepdims)?;
            let count = x.shape()[x.ndim() - 1];
            let sorted = sort(&x, -1, false);
            // The last index: of all elements, or of the numbers, after which NaN is sorted.
            let end = if self.skips_nan {
                let numbers = sum(&logical_not(&isnan(&x)), &[-1], true);
                cast(&maximum(&(&numbers - 1.0), &zeros_like(&numbers)), DType::F64)
            } else {
                let mut one = x.shape().to_vec();
                one[x.ndim() - 1] = 1;
                super::full(&one, count.saturating_sub(1) as f64)
            };
            let at = |fraction: f64| {
                if count == 0 {
                    return broadcast_to(&number_like(&x, f64::NAN), &shape);
                }
                let (low, part) = method.place(&(&end * fraction));
                let high = minimum(&(&low + 1.0), &end);
                let element = |i: &Tensor| take_along_axis(&sorted, &cast(i, DType::I64), -1);
                let mut value = join(&element(&low), &element(&high), &cast(&part, x.dtype()));
                if !self.skips_nan {
                    let top = slice_axis(&sorted, -1, count - 1, count);
                    value = where_(&isnan(&top), &top, &value);
                }
                reshape(&value, &shape)
            };
            let results: Vec<Tensor> = fractions.into_iter().map(at).collect();
            Ok(match results.first() {
                Some(only) if q.ndim() == 0 => only.clone(),
                Some(_) => stack(&results, 0),
                None => super::zeros(&[&[0], &shape[..]].concat(), x.dtype()),
            })
        })
    }

    fn median(&self, x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
        let mean = |a: &Tensor, b: &Tensor, part: &Tensor| {
            let first = equal(part, &zeros_like(part));
            where_(&first, a, &((a + b) / 2.0))
        };
        self.compute(x, &0.5.into(), axes, QuantileMethod::Linear, keepdims, mean)
    }
}

macro_rules! medians {
    ($($function:ident $skips_nan:literal $doc:literal;)*) => {$(
        #[doc = $doc]
        ///
        /// Integers become `float32`; the median of nothing is NaN.
        pub fn $function(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
            let family = Family { name: stringify!($function), whole: 1.0, skips_nan: $skips_nan };
            family.median(x, axes, keepdims)
        }
    )*};
}

medians! {
    median false "The middle element over `axes` (all if empty), or the mean of the two in the middle; NaN wins.";
    nanmedian true "The middle number over `axes` (all if empty), or the mean of the two in the middle.";
}

macro_rules! quantiles {
    ($($function:ident $whole:literal $skips_nan:literal $doc:literal;)*) => {$(
        #[doc = $doc]
        ///
        /// `q` is one number, or a list, whose results are stacked along a new first axis. Integers become
        /// `float32`; quantiles of nothing are NaN.
        pub fn $function(
            x: &Tensor,
            q: impl Into<Array>,
            axes: &[isize],
            method: QuantileMethod,
            keepdims: bool,
        ) -> Tensor {
            let family = Family { name: stringify!($function), whole: $whole, skips_nan: $skips_nan };
            family.compute(x, &q.into(), axes, method, keepdims, between)
        }
    )*};
}

quantiles! {
    quantile 1.0 false "The element below which the part `q` (0 to 1) of the elements over `axes` (all if empty) lies; NaN wins.";
    percentile 100.0 false "The element below which `q` percent of the elements over `axes` (all if empty) lie; NaN wins.";
    nanquantile 1.0 true "The number below which the part `q` (0 to 1) of the numbers over `axes` (all if empty) lies.";
    nanpercentile 100.0 true "The number below which `q` percent of the numbers over `axes` (all if empty) lie.";
}
