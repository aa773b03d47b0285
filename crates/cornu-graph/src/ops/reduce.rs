//! Sums, products, extremes and their places.

use crate::ops::{
    Operation, Vjp, arity, attribute, broadcast_to, cast, check_axis, equal, multiply, reshape,
    unravel, where_,
};
use crate::{Array, DType, Element, Error, Result, Spec, Tensor, normalize_axes, normalize_axis};

/// What is taken of the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReduceKind {
    /// The sum.
    Sum,
    /// The product.
    Prod,
    /// The largest; NaN wins. On `bool`: whether any is true.
    Max,
    /// The smallest; NaN wins. On `bool`: whether all are true.
    Min,
}

/// One value of all elements along some axes; the axes disappear.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reduce {
    /// What is taken.
    pub kind: ReduceKind,
    /// The axes, sorted.
    pub axes: Vec<usize>,
}

/// The index (`int32`) of the first extreme along an axis; the axis disappears.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArgReduce {
    /// [`ReduceKind::Max`] or [`ReduceKind::Min`].
    pub kind: ReduceKind,
    /// The axis.
    pub axis: usize,
}

impl Reduce {
    fn kept(&self, shape: &[usize]) -> Vec<usize> {
        let kept = |(i, &d): (usize, &usize)| (!self.axes.contains(&i)).then_some(d);
        shape.iter().enumerate().filter_map(kept).collect()
    }
}

/// `shape` with ones at `axes`.
pub(crate) fn with_ones(shape: &[usize], axes: &[usize]) -> Vec<usize> {
    shape.iter().enumerate().map(|(i, &d)| if axes.contains(&i) { 1 } else { d }).collect()
}

/// Whether `new` wins over `old`; NaN wins over all but NaN.
fn wins(kind: ReduceKind, new: f64, old: f64) -> bool {
    let better = if kind == ReduceKind::Max { new > old } else { new < old };
    better || (new.is_nan() && !old.is_nan())
}

impl Operation for Reduce {
    fn name(&self) -> &'static str {
        match self.kind {
            ReduceKind::Sum => "sum",
            ReduceKind::Prod => "prod",
            ReduceKind::Max => "max",
            ReduceKind::Min => "min",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        let rank = x.shape.len();
        let sorted = self.axes.windows(2).all(|w| w[0] < w[1]);
        if !sorted || self.axes.last().is_some_and(|&a| a >= rank) {
            return Err(Error::invalid(
                self.name(),
                "axes",
                format!("must be distinct axes of {:?}", x.shape),
                format!("axes={:?}", self.axes),
            ));
        }
        let extreme = matches!(self.kind, ReduceKind::Max | ReduceKind::Min);
        if extreme && self.axes.iter().any(|&a| x.shape[a] == 0) && x.dtype != DType::Bool {
            return Err(Error::invalid(self.name(), "x", "must not be empty along the axes", x));
        }
        if !extreme && x.dtype == DType::Bool {
            return Err(Error::invalid(self.name(), "dtype", "must be a numeric type", x.dtype));
        }
        Ok(Spec { shape: self.kept(&x.shape), dtype: x.dtype })
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, y, dy) = (&vjp.inputs[0], vjp.output, vjp.dy);
        let ones = with_ones(x.shape(), &self.axes);
        let spread = |t: &Tensor| broadcast_to(&reshape(t, &ones), x.shape());
        let axes: Vec<isize> = self.axes.iter().map(|&a| a as isize).collect();
        let total = |t: &Tensor| if axes.is_empty() { t.clone() } else { sum(t, &axes, false) };
        let dx = match self.kind {
            ReduceKind::Sum => spread(dy),
            ReduceKind::Max | ReduceKind::Min => {
                // Ties share the gradient, as in JAX.
                let hit = cast(&equal(x, &spread(y)), x.dtype());
                let share = dy / total(&hit);
                hit * spread(&share)
            }
            ReduceKind::Prod => {
                // The product of the others, which a division would lose where an element is 0.
                let zero = equal(x, &super::zeros_like(x));
                let rest = where_(&zero, &super::ones_like(x), x);
                let rest_product = spread(&Tensor::apply(self.clone(), &[&rest]));
                let zeros = spread(&total(&cast(&zero, x.dtype())));
                let none = super::zeros_like(x);
                let without_zero = where_(&equal(&zeros, &none), &(&rest_product / &rest), &none);
                let alone = multiply(&cast(&zero, x.dtype()), &rest_product);
                let one = super::ones_like(x);
                spread(dy) * (without_zero + where_(&equal(&zeros, &one), &alone, &none))
            }
        };
        Ok(vec![Some(dx)])
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("axes", &self.axes)]
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let from = inputs[0].shape();
        let mut index = vec![0; from.len()];
        let mut place = |p: usize| {
            unravel(p, from, &mut index);
            let kept = index.iter().zip(from).enumerate().filter(|(i, _)| !self.axes.contains(i));
            kept.fold(0, |q, (_, (&i, &d))| q * d + i)
        };
        if spec.dtype.is_integer() && matches!(self.kind, ReduceKind::Sum | ReduceKind::Prod) {
            let start = i64::from(self.kind == ReduceKind::Prod);
            let mut out = vec![start; spec.count()];
            for (p, v) in inputs[0].to_vec::<i64>().into_iter().enumerate() {
                let o = &mut out[place(p)];
                *o = if start == 0 { o.wrapping_add(v) } else { o.wrapping_mul(v) };
            }
            return Ok(Array::new(&spec.shape, out)?.cast(spec.dtype));
        }
        if spec.dtype == DType::I64 {
            let largest = self.kind == ReduceKind::Max;
            let mut out = vec![if largest { i64::MIN } else { i64::MAX }; spec.count()];
            for (p, v) in inputs[0].to_vec::<i64>().into_iter().enumerate() {
                let o = &mut out[place(p)];
                *o = if largest { v.max(*o) } else { v.min(*o) };
            }
            return Array::new(&spec.shape, out);
        }
        let start = match self.kind {
            ReduceKind::Sum => 0.0,
            ReduceKind::Prod => 1.0,
            ReduceKind::Max if spec.dtype == DType::Bool => 0.0,
            ReduceKind::Max => f64::NEG_INFINITY,
            ReduceKind::Min => f64::INFINITY,
        };
        let mut out = vec![start; spec.count()];
        for (p, v) in inputs[0].to_vec::<f64>().into_iter().enumerate() {
            let o = &mut out[place(p)];
            match self.kind {
                ReduceKind::Sum => *o += v,
                ReduceKind::Prod => *o *= v,
                kind if wins(kind, v, *o) => *o = v,
                _ => {}
            }
        }
        Ok(Array::new(&spec.shape, out)?.cast(spec.dtype))
    }
}

impl Operation for ArgReduce {
    fn name(&self) -> &'static str {
        if self.kind == ReduceKind::Min { "argmin" } else { "argmax" }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        check_axis(self.name(), self.axis, x.shape.len())?;
        if x.shape[self.axis] == 0 {
            return Err(Error::invalid(self.name(), "x", "must not be empty along the axis", x));
        }
        if x.shape[self.axis] > i32::MAX as usize {
            let rule =
                "must have at most 2147483647 elements along the axis, as their places are int32";
            return Err(Error::invalid(self.name(), "x", rule, x));
        }
        if !matches!(self.kind, ReduceKind::Max | ReduceKind::Min) {
            return Err(Error::invalid(
                "argreduce",
                "kind",
                "must be Max or Min",
                format!("{:?}", self.kind),
            ));
        }
        let mut shape = x.shape.clone();
        shape.remove(self.axis);
        Ok(Spec::new(shape, DType::I32))
    }

    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("axis", &self.axis)]
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let from = inputs[0].shape();
        let inner: usize = from[self.axis + 1..].iter().product();
        let size = from[self.axis];
        crate::with_dtype!(inputs[0].dtype(), T => {
            let x = inputs[0].as_slice::<T>()?;
            let place = |p: usize| {
                let start = p / inner * size * inner + p % inner;
                let value = |i: usize| x[start + i * inner].to_f64();
                let best = |b: usize, i: usize| if wins(self.kind, value(i), value(b)) { i } else { b };
                (1..size).fold(0, best) as i32
            };
            Array::new(&spec.shape, (0..spec.count()).map(place).collect::<Vec<i32>>())
        })
    }
}

fn reduce(kind: ReduceKind, x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    Tensor::compose(&[x], || {
        let axes = normalize_axes("reduce", axes, x.ndim())?;
        let shape = with_ones(x.shape(), &axes);
        let y = Tensor::apply(Reduce { kind, axes }, &[x]);
        Ok(if keepdims { reshape(&y, &shape) } else { y })
    })
}

/// `x` as it is summed: types that a few elements would overflow count as wider ones. Keras sums `uint8` in `uint32`,
/// which `int64` holds.
fn wide(x: &Tensor) -> Tensor {
    match x.dtype() {
        DType::Bool => cast(x, DType::I32),
        DType::U8 => cast(x, DType::I64),
        DType::I32 | DType::I64 | DType::F32 | DType::F64 => x.clone(),
    }
}

/// The sum over `axes` (all if empty), 0 of nothing; `bool` counts as `int32`, `uint8` as `int64`.
pub fn sum(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    reduce(ReduceKind::Sum, &wide(x), axes, keepdims)
}

/// The product over `axes` (all if empty), 1 of nothing; `bool` and `uint8` count as `int32`.
pub fn prod(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    reduce(ReduceKind::Prod, &wide(x), axes, keepdims)
}

/// The largest element over `axes` (all if empty); NaN wins, and no elements are an error.
pub fn max(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    reduce(ReduceKind::Max, x, axes, keepdims)
}

/// The smallest element over `axes` (all if empty); NaN wins, and no elements are an error.
pub fn min(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    reduce(ReduceKind::Min, x, axes, keepdims)
}

/// Whether any element over `axes` (all if empty) is true.
pub fn any(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    reduce(ReduceKind::Max, &cast(x, DType::Bool), axes, keepdims)
}

/// Whether all elements over `axes` (all if empty) are true.
pub fn all(x: &Tensor, axes: &[isize], keepdims: bool) -> Tensor {
    reduce(ReduceKind::Min, &cast(x, DType::Bool), axes, keepdims)
}

/// The index (`int32`) of the first largest element along `axis`; the first NaN, if there is one.
pub fn argmax(x: &Tensor, axis: isize) -> Tensor {
    arg_reduce(ReduceKind::Max, x, axis)
}

/// The index (`int32`) of the first smallest element along `axis`; the first NaN, if there is one.
pub fn argmin(x: &Tensor, axis: isize) -> Tensor {
    arg_reduce(ReduceKind::Min, x, axis)
}

fn arg_reduce(kind: ReduceKind, x: &Tensor, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let axis = normalize_axis("argmax", axis, x.ndim())?;
        Ok(Tensor::apply(ArgReduce { kind, axis }, &[x]))
    })
}
