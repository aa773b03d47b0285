//! Tensors one after another along an axis.

use crate::ops::{
    Operation, Vjp, atleast_1d, atleast_2d, atleast_3d, attribute, cast, check_axis, expand_dims,
    ravel, reshape, slice_axis,
};
use crate::{Array, Error, Result, Spec, Tensor, normalize_axis};

/// The inputs one after another along an axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Concatenate {
    /// The axis.
    pub axis: usize,
}

impl Operation for Concatenate {
    fn name(&self) -> &'static str {
        "concatenate"
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let Some(&first) = inputs.first() else {
            return Err(Error::invalid(self.name(), "inputs", "must not be empty", "none"));
        };
        check_axis(self.name(), self.axis, first.shape.len())?;
        let mut spec = first.clone();
        for other in &inputs[1..] {
            let mut shape = other.shape.clone();
            let aligned = shape.len() == first.shape.len() && {
                shape[self.axis] = first.shape[self.axis];
                shape == first.shape && other.dtype == first.dtype
            };
            if !aligned {
                return Err(Error::invalid(
                    self.name(),
                    "inputs",
                    format!("must agree in dtype and in all axes but axis {}", self.axis),
                    inputs.iter().map(|s| s.to_string()).collect::<Vec<_>>().join(", "),
                ));
            }
            spec.shape[self.axis] = spec.shape[self.axis].saturating_add(other.shape[self.axis]);
        }
        Ok(spec)
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let mut start = 0;
        let mut part = |x: &Tensor| {
            let stop = start + x.shape()[self.axis];
            let grad = slice_axis(vjp.dy, self.axis as isize, start, stop);
            start = stop;
            Some(grad)
        };
        Ok(vjp.inputs.iter().map(&mut part).collect())
    }

    fn attributes(&self) -> Vec<(&'static str, String)> {
        vec![attribute("axis", &self.axis)]
    }
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let outer: usize = spec.shape[..self.axis].iter().product();
        let inner: usize = spec.shape[self.axis + 1..].iter().product();
        crate::with_dtype!(spec.dtype, T => {
            let mut out = Vec::with_capacity(spec.count());
            for o in 0..outer {
                for x in inputs {
                    let width = x.shape()[self.axis] * inner;
                    out.extend_from_slice(&x.as_slice::<T>()?[o * width..(o + 1) * width]);
                }
            }
            Array::new::<T>(&spec.shape, out)
        })
    }
}

/// The tensors one after another along `axis`; dtypes promote.
pub fn concatenate(tensors: &[Tensor], axis: isize) -> Tensor {
    let refs: Vec<&Tensor> = tensors.iter().collect();
    Tensor::compose(&refs, || {
        let Some(first) = tensors.first() else {
            return Err(Error::invalid("concatenate", "tensors", "must not be empty", "none"));
        };
        let axis = normalize_axis("concatenate", axis, first.ndim())?;
        let dtype = tensors.iter().fold(first.dtype(), |d, t| d.promote(t.dtype()));
        let cast: Vec<Tensor> = tensors.iter().map(|t| cast(t, dtype)).collect();
        Ok(Tensor::apply(Concatenate { axis }, &cast.iter().collect::<Vec<_>>()))
    })
}

/// The tensors, all of one shape, along a new axis.
pub fn stack(tensors: &[Tensor], axis: isize) -> Tensor {
    let expanded: Vec<Tensor> = tensors.iter().map(|t| expand_dims(t, axis)).collect();
    concatenate(&expanded, axis)
}

/// `x`, then `values`, along `axis`; NumPy's `axis=None` is `append(&ravel(x), &ravel(values), 0)`.
pub fn append(x: &Tensor, values: &Tensor, axis: isize) -> Tensor {
    concatenate(&[x.clone(), values.clone()], axis)
}

/// The tensors side by side: along axis 1, or along axis 0 if they are vectors or scalars.
pub fn hstack(tensors: &[Tensor]) -> Tensor {
    let vectors = tensors.first().is_some_and(|t| t.ndim() < 2);
    join(tensors, atleast_1d, if vectors { 0 } else { 1 })
}

/// The tensors on top of each other: along axis 0, where vectors and scalars count as rows.
pub fn vstack(tensors: &[Tensor]) -> Tensor {
    join(tensors, atleast_2d, 0)
}

/// The tensors behind each other: along axis 2, after [`atleast_3d`].
pub fn dstack(tensors: &[Tensor]) -> Tensor {
    join(tensors, atleast_3d, 2)
}

/// The tensors side by side, where vectors and scalars count as columns.
pub fn column_stack(tensors: &[Tensor]) -> Tensor {
    let column = |t: &Tensor| if t.ndim() < 2 { reshape(&ravel(t), &[-1, 1]) } else { t.clone() };
    join(tensors, column, 1)
}

fn join(tensors: &[Tensor], shaped: impl Fn(&Tensor) -> Tensor, axis: isize) -> Tensor {
    concatenate(&tensors.iter().map(shaped).collect::<Vec<_>>(), axis)
}
