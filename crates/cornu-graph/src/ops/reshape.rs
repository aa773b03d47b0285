//! The same elements under another shape.

use crate::ops::{Operation, Vjp, arity};
use crate::{Array, Error, Result, Spec, Tensor, element_count, normalize_axes};

/// The same elements in row-major order under another shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// The result's shape.
    pub shape: Vec<usize>,
}

impl Operation for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        if element_count(self.name(), &self.shape)? != x.count() {
            return Err(Error::invalid(
                self.name(),
                "shape",
                format!("must have the {} elements of {:?}", x.count(), x.shape),
                format!("shape={:?}", self.shape),
            ));
        }
        Ok(Spec { shape: self.shape.clone(), dtype: x.dtype })
    }
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(reshape(vjp.dy, vjp.inputs[0].shape()))])
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        inputs[0].clone().reshape(&spec.shape)
    }
}

/// An integer that can stand in a shape, where -1 is the size that the others leave.
pub trait Size: Copy + std::fmt::Debug {
    /// The size, or `None` if it is negative or too large.
    fn size(self) -> Option<usize>;
    /// Whether this is -1.
    fn is_open(self) -> bool;
}

macro_rules! sizes {
    ($($t:ty)*) => {
        $(impl Size for $t {
            fn size(self) -> Option<usize> {
                usize::try_from(self).ok()
            }
            fn is_open(self) -> bool {
                i64::try_from(self) == Ok(-1)
            }
        })*
    };
}

sizes! { usize isize i32 i64 }

/// A shape of `count` elements from one that may hold a single -1.
fn close<S: Size>(shape: &[S], count: usize) -> Result<Vec<usize>> {
    let wrong = |rule: &str| {
        let received = format!("shape={shape:?} for {count} elements");
        Error::invalid("reshape", "shape", rule, received)
    };
    let mut open = None;
    let mut sizes = Vec::with_capacity(shape.len());
    for (i, s) in shape.iter().enumerate() {
        match s.size() {
            Some(size) => sizes.push(size),
            None if s.is_open() && open.is_none() => {
                open = Some(i);
                sizes.push(1);
            }
            None => return Err(wrong("must hold sizes and at most one -1")),
        }
    }
    if let Some(i) = open {
        let rest = element_count("reshape", &sizes)?;
        match count.checked_rem(rest) {
            Some(0) => sizes[i] = count / rest,
            _ => return Err(wrong("must leave a whole size for -1")),
        }
    }
    Ok(sizes)
}

/// The elements of `x` in row-major order under another shape, in which one size may be -1: what the
/// others leave.
///
/// ```
/// use cornu_graph::{DType, ops};
/// let x = ops::zeros(&[2, 6], DType::F32);
/// assert_eq!(ops::reshape(&x, &[3, -1]).shape(), [3, 4]);
/// ```
pub fn reshape<S: Size>(x: &Tensor, shape: &[S]) -> Tensor {
    Tensor::compose(&[x], || {
        let shape = close(shape, x.count())?;
        if x.shape() == shape {
            return Ok(x.clone());
        }
        Ok(Tensor::apply(Reshape { shape }, &[x]))
    })
}

/// The elements of `x` in row-major order along one axis.
pub fn ravel(x: &Tensor) -> Tensor {
    Tensor::compose(&[x], || Ok(reshape(x, &[x.count()])))
}

/// One axis or several: `-1`, `[0, 2]`, `&list`.
pub trait Axes {
    /// The axes as a list.
    fn list(&self) -> &[isize];
}

impl Axes for isize {
    fn list(&self) -> &[isize] {
        std::slice::from_ref(self)
    }
}

impl<const N: usize> Axes for [isize; N] {
    fn list(&self) -> &[isize] {
        self
    }
}

impl<T: AsRef<[isize]> + ?Sized> Axes for &T {
    fn list(&self) -> &[isize] {
        (*self).as_ref()
    }
}

/// `x` with new axes of size 1 at `axis`, one or several (counted in the result).
pub fn expand_dims(x: &Tensor, axis: impl Axes) -> Tensor {
    Tensor::compose(&[x], || {
        let axes = axis.list();
        if axes.is_empty() {
            return Ok(x.clone());
        }
        let rank = x.ndim() + axes.len();
        let new = normalize_axes("expand_dims", axes, rank)?;
        let mut old = x.shape().iter();
        let size = |i| if new.contains(&i) { Some(1) } else { old.next().copied() };
        let shape: Vec<usize> = (0..rank).filter_map(size).collect();
        Ok(reshape(x, &shape))
    })
}

/// `x` without axes of size 1: the given ones, or all if `axes` is empty.
pub fn squeeze(x: &Tensor, axes: &[isize]) -> Tensor {
    Tensor::compose(&[x], || {
        let chosen = normalize_axes("squeeze", axes, x.ndim())?;
        if let Some(&bad) = chosen.iter().find(|&&a| !axes.is_empty() && x.shape()[a] != 1) {
            return Err(Error::invalid(
                "squeeze",
                "axes",
                "must name axes of size 1",
                format!("axis {bad} of {:?}", x.shape()),
            ));
        }
        let kept = |(i, d): (usize, &usize)| (*d != 1 || !chosen.contains(&i)).then_some(*d);
        let shape: Vec<usize> = x.shape().iter().enumerate().filter_map(kept).collect();
        Ok(reshape(x, &shape))
    })
}

/// `x` with axes of size 1 before its own, so that it has one at least.
pub fn atleast_1d(x: &Tensor) -> Tensor {
    Tensor::compose(&[x], || Ok(if x.ndim() == 0 { reshape(x, &[1]) } else { x.clone() }))
}

/// `x` with axes of size 1 before its own, so that it has two at least.
pub fn atleast_2d(x: &Tensor) -> Tensor {
    Tensor::compose(&[x], || match x.ndim() {
        0 | 1 => Ok(reshape(x, &[1, x.count()])),
        _ => Ok(x.clone()),
    })
}

/// `x` with axes of size 1, so that it has three at least: a vector lies along the middle one, a matrix
/// along the first two.
pub fn atleast_3d(x: &Tensor) -> Tensor {
    Tensor::compose(&[x], || match *x.shape() {
        [] => Ok(reshape(x, &[1, 1, 1])),
        [n] => Ok(reshape(x, &[1, n, 1])),
        [n, m] => Ok(reshape(x, &[n, m, 1])),
        _ => Ok(x.clone()),
    })
}
