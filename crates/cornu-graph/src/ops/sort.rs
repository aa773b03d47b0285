//! The order of elements along an axis, and what follows from it.

use crate::ops::{Operation, Vjp, arity, check_axis, take_along_axis};
use crate::{Array, DType, Element, Error, Result, Spec, Tensor, normalize_axis};

/// The indices (`int32`) that sort the elements along an axis: stable, NaN last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArgSort {
    /// The axis.
    pub axis: usize,
    /// Whether the largest comes first. Equal elements keep their order either way.
    pub descending: bool,
}

impl Operation for ArgSort {
    fn name(&self) -> &'static str {
        "argsort"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let [x] = arity(self.name(), inputs)?;
        check_axis(self.name(), self.axis, x.shape.len())?;
        if x.shape[self.axis] > i32::MAX as usize {
            let rule = "must have no more elements along the axis than int32 counts";
            return Err(Error::invalid(self.name(), "x", rule, x));
        }
        Ok(Spec::new(x.shape.clone(), DType::I32))
    }

    fn gradient(&self, _: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let size = spec.shape[self.axis];
        let inner: usize = spec.shape[self.axis + 1..].iter().product();
        let outer: usize = spec.shape[..self.axis].iter().product();
        crate::with_dtype!(inputs[0].dtype(), T => {
            let x = inputs[0].as_slice::<T>()?;
            let mut out = vec![0i32; spec.count()];
            let mut order: Vec<usize> = Vec::with_capacity(size);
            for row in 0..outer * inner {
                let start = row / inner * size * inner + row % inner;
                let value = |i: usize| x[start + i * inner];
                order.clear();
                order.extend(0..size);
                order.sort_by(|&a, &b| compare(value(a), value(b), self.descending));
                for (i, &place) in order.iter().enumerate() {
                    out[start + i * inner] = place as i32;
                }
            }
            Array::new(&spec.shape, out)
        })
    }
}

/// The order of two elements; NaN comes after all else in both directions.
fn compare<T: Element + PartialOrd>(a: T, b: T, descending: bool) -> std::cmp::Ordering {
    let order = if descending { b.partial_cmp(&a) } else { a.partial_cmp(&b) };
    order.unwrap_or_else(|| a.to_f64().is_nan().cmp(&b.to_f64().is_nan()))
}

/// The indices (`int32`) that sort `x` along `axis`: stable, NaN last.
pub fn argsort(x: &Tensor, axis: isize, descending: bool) -> Tensor {
    Tensor::compose(&[x], || {
        let axis = normalize_axis("argsort", axis, x.ndim())?;
        Ok(Tensor::apply(ArgSort { axis, descending }, &[x]))
    })
}

/// The elements of `x` in order along `axis`; NaN last. Gradients flow to where the elements came from.
pub fn sort(x: &Tensor, axis: isize, descending: bool) -> Tensor {
    take_along_axis(x, &argsort(x, axis, descending), axis)
}

/// The `k` largest elements along the last axis in falling order, and their indices (`int32`); of equal
/// elements the first ones, NaN after all else.
pub fn top_k(x: &Tensor, k: usize) -> (Tensor, Tensor) {
    let indices = Tensor::compose(&[x], || {
        let size = x.shape().last().copied().unwrap_or(0);
        if x.ndim() == 0 || k > size {
            let rule = format!("must not be above the size of the last axis of {}", x.spec());
            return Err(Error::invalid("top_k", "k", rule, k));
        }
        Ok(super::slice_axis(&argsort(x, -1, true), -1, 0, k))
    });
    (take_along_axis(x, &indices, -1), indices)
}

/// The elements of `x` along `axis`, those before place `kth` not above it and those after not below: a sort
/// does that, and is what this is.
pub fn partition(x: &Tensor, kth: isize, axis: isize) -> Tensor {
    take_along_axis(x, &argpartition(x, kth, axis), axis)
}

/// The indices (`int32`) that [`partition`] the elements of `x` along `axis`.
pub fn argpartition(x: &Tensor, kth: isize, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let axis = normalize_axis("argpartition", axis, x.ndim())?;
        let size = x.shape()[axis] as isize;
        if !(-size..size).contains(&kth) {
            let rule = format!("must be in [-{size}, {size}) for axis {axis}");
            return Err(Error::invalid("argpartition", "kth", rule, kth));
        }
        Ok(argsort(x, axis as isize, false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Graph, gradients};

    fn value(t: &Tensor) -> Vec<f64> {
        let graph = Graph::trace(&[], std::slice::from_ref(t), &[]).unwrap();
        graph.evaluate(&[]).unwrap()[0].to_vec()
    }

    fn tensor(shape: &[usize], values: Vec<f64>) -> Tensor {
        Array::new(shape, values).unwrap().into()
    }

    #[test]
    fn sorts_along_any_axis_both_ways() {
        let x = tensor(&[2, 3], vec![3.0, 1.0, 2.0, 0.0, 5.0, 4.0]);
        assert_eq!(value(&sort(&x, -1, false)), [1.0, 2.0, 3.0, 0.0, 4.0, 5.0]);
        assert_eq!(value(&sort(&x, 0, true)), [3.0, 5.0, 4.0, 0.0, 1.0, 2.0]);
        assert_eq!(value(&argsort(&x, 1, true)), [0.0, 2.0, 1.0, 1.0, 2.0, 0.0]);
    }

    #[test]
    fn is_stable_with_nan_last_both_ways() {
        let x = tensor(&[5], vec![1.0, f64::NAN, 0.0, 1.0, 0.0]);
        assert_eq!(value(&argsort(&x, 0, false)), [2.0, 4.0, 0.0, 3.0, 1.0]);
        assert_eq!(value(&argsort(&x, 0, true)), [0.0, 3.0, 2.0, 4.0, 1.0]);
    }

    #[test]
    fn gradient_of_sort_returns_to_the_source() {
        let x = tensor(&[3, 2], vec![3.0, 9.0, 1.0, 8.0, 2.0, 7.0]);
        let weights = tensor(&[3, 2], vec![10.0, 1.0, 20.0, 2.0, 30.0, 3.0]);
        let total = super::super::sum(&(sort(&x, 0, false) * weights), &[], false);
        let slopes = gradients(&total, &[x]).unwrap();
        assert_eq!(value(&slopes[0]), [30.0, 3.0, 10.0, 2.0, 20.0, 1.0]);
    }

    #[test]
    fn wrong_axes_and_shapes_are_errors() {
        let x = tensor(&[2, 2], vec![0.0; 4]);
        assert!(argsort(&x, 2, false).check().is_err());
        let indices = Tensor::from(Array::new(&[3, 1], vec![0i32; 3]).unwrap());
        assert!(take_along_axis(&x, &indices, 1).check().is_err());
    }
}
