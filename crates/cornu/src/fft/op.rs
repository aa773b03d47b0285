//! The one op: a complex transform along the last axis.

use std::sync::Arc;

use cornu_graph::ops::{Operation, Vjp, custom, reshape, slice_axis};
use cornu_graph::{Array, Error, Result, Spec, Tensor};
use cornu_numeric::Direction;

/// The transform of a real and an imaginary part, which the result holds along a new first axis.
#[derive(Debug)]
struct Fourier {
    direction: Direction,
    scale: f64,
}

impl Operation for Fourier {
    fn name(&self) -> &'static str {
        match self.direction {
            Direction::Forward => "fft",
            Direction::Inverse => "ifft",
        }
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        match inputs {
            [real, imag] if real == imag && real.dtype.is_float() && !real.shape.is_empty() => {
                Ok(Spec::new([&[2], &real.shape[..]].concat(), real.dtype))
            }
            _ => {
                let rule =
                    "must be a real and an imaginary part of one shape and floating-point type";
                let received: Vec<String> = inputs.iter().map(|s| s.to_string()).collect();
                Err(Error::invalid(self.name(), "inputs", rule, received.join(" and ")))
            }
        }
    }

    /// The transform is linear, its matrix `F` symmetric: the adjoint is the conjugate of `F`, the other direction.
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let direction = match self.direction {
            Direction::Forward => Direction::Inverse,
            Direction::Inverse => Direction::Forward,
        };
        let (dr, di) = parts(vjp.dy);
        let (dr, di) = transform(&dr, &di, direction, self.scale);
        Ok(vec![Some(dr), Some(di)])
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let n = spec.shape[spec.shape.len() - 1];
        let (real, imag) = (inputs[0].to_vec::<f64>(), inputs[1].to_vec::<f64>());
        let (mut values, imag) = cornu_numeric::fourier(&real, &imag, n, self.direction);
        values.extend(imag);
        values.iter_mut().for_each(|v| *v *= self.scale);
        Ok(Array::new(&spec.shape, values)?.cast(spec.dtype))
    }
}

/// The real and imaginary parts out of the first axis.
fn parts(both: &Tensor) -> (Tensor, Tensor) {
    let part = |i: usize| {
        Tensor::compose(&[both], || Ok(reshape(&slice_axis(both, 0, i, i + 1), &both.shape()[1..])))
    };
    (part(0), part(1))
}

/// The transform along the last axis, times `scale`.
pub(super) fn transform(
    real: &Tensor,
    imag: &Tensor,
    direction: Direction,
    scale: f64,
) -> (Tensor, Tensor) {
    parts(&custom(Arc::new(Fourier { direction, scale }), &[real, imag]))
}
