//! Tensors from numbers: filled, counted, spaced.

use std::sync::Arc;

use crate::ops::{
    CustomOp, Operation, Vjp, arity, broadcast_to, cast, custom, divide, equal, iota, less_equal,
    log, multiply, power, reshape, sign, subtract, where_,
};
use crate::{Array, DType, Element, Error, Result, Spec, Tensor};

/// A tensor in which every element is `value`.
pub fn full<T: Element>(shape: &[usize], value: T) -> Tensor {
    broadcast_to(&Tensor::scalar(value), shape)
}

/// A tensor of zeros.
pub fn zeros(shape: &[usize], dtype: DType) -> Tensor {
    broadcast_to(&Array::scalar_of(dtype, 0.0).into(), shape)
}

/// A tensor of ones.
pub fn ones(shape: &[usize], dtype: DType) -> Tensor {
    broadcast_to(&Array::scalar_of(dtype, 1.0).into(), shape)
}

/// A tensor whose elements are of no concern; they are zeros.
pub fn empty(shape: &[usize], dtype: DType) -> Tensor {
    zeros(shape, dtype)
}

/// Elements `value`, converted as [`cast`] does, with the shape and dtype of `x`.
pub fn full_like<T: Element>(x: &Tensor, value: T) -> Tensor {
    Tensor::compose(&[x], || {
        Ok(broadcast_to(&Array::scalar(value).cast(x.dtype()).into(), x.shape()))
    })
}

/// Zeros with the shape and dtype of `x`.
pub fn zeros_like(x: &Tensor) -> Tensor {
    full_like(x, 0u8)
}

/// Ones with the shape and dtype of `x`.
pub fn ones_like(x: &Tensor) -> Tensor {
    full_like(x, 1u8)
}

/// A tensor like `x` whose elements are of no concern; they are zeros.
pub fn empty_like(x: &Tensor) -> Tensor {
    zeros_like(x)
}

/// The row and the column of every place of an `n` by `m` matrix, both `int64`, the row moved by `k`.
fn places(n: usize, m: usize, k: isize) -> (Tensor, Tensor) {
    // Beyond the matrix, all diagonals are alike.
    let end = |size: usize| isize::try_from(size).unwrap_or(isize::MAX);
    let k = k.clamp(-end(n), end(m)) as i64;
    let at = |axis| iota(&[n, m], axis, DType::I64);
    (at(0) + Tensor::scalar(k), at(1))
}

/// An `n` by `m` matrix with ones on diagonal `k` (0 is the main one, above it is positive), else zeros.
pub fn eye(n: usize, m: usize, k: isize, dtype: DType) -> Tensor {
    let (row, column) = places(n, m, k);
    cast(&equal(&row, &column), dtype)
}

/// The `n` by `n` matrix with ones on the main diagonal, else zeros.
pub fn identity(n: usize, dtype: DType) -> Tensor {
    eye(n, n, 0, dtype)
}

/// An `n` by `m` matrix with ones on and below diagonal `k`, else zeros.
pub fn tri(n: usize, m: usize, k: isize, dtype: DType) -> Tensor {
    let (row, column) = places(n, m, k);
    cast(&less_equal(&column, &row), dtype)
}

/// How many steps of `step` there are from `start` to `stop`, by NumPy's rule.
fn steps<T: Element>(start: T, stop: T, step: T) -> Option<usize> {
    if T::DTYPE.is_float() {
        let count = ((stop.to_f64() - start.to_f64()) / step.to_f64()).ceil();
        // Beyond this, every shape is refused.
        let counted = step.to_f64() != 0.0 && count < isize::MAX as f64;
        return counted.then_some(count.max(0.0) as usize);
    }
    let exact = |v: T| i128::from(Array::scalar(v).to_vec::<i64>()[0]);
    let (distance, step) = (exact(stop) - exact(start), exact(step));
    if step == 0 {
        return None;
    }
    // The quotient of integers, rounded up.
    let count = -(-distance * step.signum()).div_euclid(step.abs());
    usize::try_from(count.max(0)).ok()
}

/// `start`, `start + step`, … up to `stop`, which is left out; the dtype is that of the numbers.
///
/// The length is ⌈(stop − start) / step⌉, computed in double precision for floating-point numbers as NumPy
/// does: where that quotient rounds up, the last element reaches `stop`.
///
/// ```
/// use cornu_graph::{ops, testing::value};
/// assert_eq!(value(&ops::arange(1, 7, 2))?.to_vec::<i32>(), [1, 3, 5]);
/// assert_eq!(value(&ops::arange(1f32, -1.0, -0.75))?.to_vec::<f32>(), [1.0, 0.25, -0.5]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
///
/// Errors when `step` is 0, a number is not finite, or the dtype is `bool`.
pub fn arange<T: Element>(start: T, stop: T, step: T) -> Tensor {
    let Some(count) = steps(start, stop, step).filter(|_| T::DTYPE != DType::Bool) else {
        return Tensor::error(Error::invalid(
            "arange",
            "start, stop, step",
            "must be finite numbers, with a step that is not 0",
            format!("{start:?}, {stop:?}, {step:?} of {}", T::DTYPE),
        ));
    };
    // NumPy's float step is what the first two elements differ by.
    let step = match T::DTYPE.is_float() {
        true => Tensor::scalar(start) + Tensor::scalar(step) - Tensor::scalar(start),
        false => Tensor::scalar(step),
    };
    iota(&[count], 0, T::DTYPE) * step + Tensor::scalar(start)
}

/// `num` evenly spaced numbers from `start` to `stop` (left out unless `endpoint`) along a new first axis.
///
/// `start` and `stop` are numbers or tensors; they broadcast, and integers count as `float32`.
///
/// ```
/// use cornu_graph::{ops, testing::value};
/// assert_eq!(value(&ops::linspace(0.0, 1.0, 5, true))?.to_vec::<f64>(), [0.0, 0.25, 0.5, 0.75, 1.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn linspace(
    start: impl Into<Tensor>,
    stop: impl Into<Tensor>,
    num: usize,
    endpoint: bool,
) -> Tensor {
    let (start, stop) = (start.into(), stop.into());
    Tensor::compose(&[&start, &stop], || {
        let (start, stop) = crate::ops::unify("linspace", &start, &stop, DType::to_float)?;
        let parts = if endpoint { num.saturating_sub(1) } else { num };
        let step = subtract(&stop, &start) / parts.max(1) as f64;
        let column = [&[num][..], &vec![1; start.ndim()]].concat();
        let at = iota(&column, 0, start.dtype());
        let y = multiply(&at, &step) + &start;
        if !endpoint || num < 2 {
            return Ok(y);
        }
        // Rounded steps may miss the end.
        Ok(where_(&equal(&iota(&column, 0, DType::I64), &Tensor::scalar(parts as i64)), &stop, &y))
    })
}

/// `base` to the powers of [`linspace`]: `num` numbers from `base^start` to `base^stop`.
pub fn logspace(
    start: impl Into<Tensor>,
    stop: impl Into<Tensor>,
    num: usize,
    endpoint: bool,
    base: f64,
) -> Tensor {
    let exponents = linspace(start, stop, num, endpoint);
    Tensor::compose(&[&exponents], || Ok(power(&full_like(&exponents, base), &exponents)))
}

/// An end of a geometric sequence: its input, in which a zero is refused.
#[derive(Debug)]
struct End;

impl Operation for End {
    fn name(&self) -> &'static str {
        "geomspace"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        Ok(x.clone())
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(vjp.dy.clone())])
    }

    fn evaluate(&self, inputs: &[&Array], _: &Spec) -> Result<Array> {
        if inputs[0].to_vec::<f64>().contains(&0.0) {
            return Err(Error::invalid(self.name(), "start, stop", "must not be 0", 0));
        }
        Ok(inputs[0].clone())
    }
}

/// `num` numbers from `start` to `stop` (left out unless `endpoint`), each the same multiple of the one
/// before, along a new first axis; NaN between ends of different signs. An end that is 0 is an error when it
/// is met.
pub fn geomspace(
    start: impl Into<Tensor>,
    stop: impl Into<Tensor>,
    num: usize,
    endpoint: bool,
) -> Tensor {
    let (start, stop) = (start.into(), stop.into());
    Tensor::compose(&[&start, &stop], || {
        let (start, stop) = crate::ops::unify("geomspace", &start, &stop, DType::to_float)?;
        let end: Arc<dyn CustomOp> = Arc::new(End);
        let (start, stop) = (custom(end.clone(), &[&start]), custom(end, &[&stop]));
        let side = sign(&start);
        let exponent = |t: &Tensor| log(&divide(t, &side));
        let exponents = linspace(exponent(&start), exponent(&stop), num, endpoint);
        let y = crate::ops::exp(&exponents) * &side;
        let column = [&[num][..], &vec![1; start.ndim()]].concat();
        let at = iota(&column, 0, DType::I64);
        let y = where_(&equal(&at, &Tensor::scalar(0i64)), &start, &y);
        if !endpoint || num < 2 {
            return Ok(y);
        }
        Ok(where_(&equal(&at, &Tensor::scalar(num as i64 - 1)), &stop, &y))
    })
}

/// The powers of a vector's elements as columns: `x^(n-1), …, x, 1`, or `1, x, …` if `increasing`.
///
/// `n` is the number of columns, the length of `x` in the square case of NumPy's default.
pub fn vander(x: &Tensor, n: usize, increasing: bool) -> Tensor {
    Tensor::compose(&[x], || {
        if x.ndim() != 1 {
            return Err(Error::invalid("vander", "x", "must be a vector", x.spec()));
        }
        let dtype = x.dtype().max(DType::I32);
        let column = reshape(&cast(x, dtype), &[x.count(), 1]);
        let up = iota(&[n], 0, dtype);
        let exponents = if increasing { up } else { crate::ops::flip(&up, &[0]) };
        Ok(power(&column, &exponents))
    })
}

/// In which order the first two axes of [`meshgrid`]'s results stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Indexing {
    /// As in a picture: the first vector varies along axis 1.
    #[default]
    Xy,
    /// As in a matrix: the first vector varies along axis 0.
    Ij,
}

/// For each of the vectors, its element at every place of the grid that they span.
///
/// The results have one axis per vector; tensors of other ranks count as their elements in a row.
pub fn meshgrid(vectors: &[Tensor], indexing: Indexing) -> Vec<Tensor> {
    let mut shape: Vec<usize> = vectors.iter().map(Tensor::count).collect();
    let mut axes: Vec<usize> = (0..shape.len()).collect();
    if indexing == Indexing::Xy && shape.len() > 1 {
        shape.swap(0, 1);
        axes.swap(0, 1);
    }
    let refs: Vec<&Tensor> = vectors.iter().collect();
    let spread = |(x, &axis): (&Tensor, &usize)| {
        let mut alone = vec![1; shape.len()];
        alone[axis] = x.count();
        Tensor::compose(&refs, || Ok(broadcast_to(&reshape(x, &alone), &shape)))
    };
    vectors.iter().zip(&axes).map(spread).collect()
}
