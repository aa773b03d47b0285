//! What tests of ops, layers and backends share: values by the reference evaluation, and gradients checked
//! against finite differences.

use crate::ops;
use crate::{
    Array, Backend, Element, Error, Executable, Graph, Interpreter, Result, Tensor, Variable,
    gradients,
};

/// The value of a tensor that depends on constants and variables alone, by the reference evaluation.
///
/// # Errors
/// When the tensor carries an error, depends on an input, or an op refuses its data.
pub fn value(tensor: &Tensor) -> Result<Array> {
    let outputs = Graph::trace(&[], std::slice::from_ref(tensor), &[])?.evaluate(&[])?;
    outputs.into_iter().next().ok_or_else(|| Error::Backend("graph: gave no output".into()))
}

/// How a gradient is compared with central finite differences.
#[derive(Clone, Copy)]
pub struct GradientCheck<'a> {
    /// What runs the graphs; the [`Interpreter`] by default.
    pub backend: &'a dyn Backend,
    /// Variables of which the gradient is checked too; none by default.
    pub variables: &'a [Variable],
    /// How far an element is moved, relative to `max(1, |element|)`; 1e-5 by default.
    pub step: f64,
    /// The largest difference allowed, relative to `max(1, |slope|)`; 1e-6 by default.
    pub tolerance: f64,
}

impl Default for GradientCheck<'_> {
    fn default() -> Self {
        GradientCheck { backend: &Interpreter, variables: &[], step: 1e-5, tolerance: 1e-6 }
    }
}

/// Weights of mixed sign and size, so that errors in different elements cannot cancel.
fn weighted_sum(y: &Tensor) -> Tensor {
    Tensor::compose(&[y], || {
        let weight = |i: usize| {
            let hash = (i as u32).wrapping_add(1).wrapping_mul(0x9E37_79B9);
            let size = 0.5 + f64::from(hash >> 8) / 16_777_216.0;
            if hash & 64 == 0 { size } else { -size }
        };
        let weights = Array::new(y.shape(), (0..y.count()).map(weight).collect())?;
        Ok(ops::sum(&(y * Tensor::from(weights.cast(y.dtype()))), &[], false))
    })
}

impl GradientCheck<'_> {
    /// Compares the gradients of `f`, its output reduced to a scalar by fixed weights, with finite
    /// differences, for every element of the floating-point `inputs` and of the variables.
    ///
    /// # Errors
    /// When a slope differs, naming the input and the element; when `f` fails.
    pub fn run(&self, f: impl Fn(&[Tensor]) -> Tensor, inputs: &[Array]) -> Result<()> {
        let arguments: Vec<Tensor> =
            inputs.iter().map(|a| Tensor::input(a.shape(), a.dtype())).collect();
        let target = weighted_sum(&f(&arguments));
        let mut sources = arguments.clone();
        sources.extend(self.variables.iter().map(Variable::read));
        let slopes = gradients(&target, &sources)?;
        let mut values = inputs.to_vec();
        values.extend(self.variables.iter().map(Variable::value));

        let compile =
            |outputs: &[Tensor]| self.backend.compile(&Graph::trace(&arguments, outputs, &[])?);
        let found = compile(&slopes)?.run(&inputs.iter().collect::<Vec<_>>())?;
        let loss = compile(&[target])?;
        for (k, (slope, value)) in found.iter().zip(&values).enumerate() {
            if !value.dtype().is_float() {
                continue;
            }
            let slope = slope.to_vec::<f64>();
            for (i, x) in value.to_vec::<f64>().into_iter().enumerate() {
                let step = self.step * x.abs().max(1.0);
                // Single precision moves by a rounded step.
                let held = |x: f64| Array::scalar_of(value.dtype(), x).item();
                let (right, left) = (held(x + step)?, held(x - step)?);
                let above = self.loss_at(&*loss, inputs, k, i, right)?;
                let below = self.loss_at(&*loss, inputs, k, i, left)?;
                let expected = (above - below) / (right - left);
                let error = (slope[i] - expected).abs();
                let agrees = error <= self.tolerance * expected.abs().max(1.0);
                if !agrees {
                    let what = match k.checked_sub(inputs.len()) {
                        Some(v) => format!("variable `{}`", self.variables[v].name()),
                        None => format!("input {k}"),
                    };
                    return Err(Error::invalid(
                        "check_gradient",
                        "f",
                        format!("must have slope {expected:e} at element {i} of {what}"),
                        format!("{:e}", slope[i]),
                    ));
                }
            }
        }
        Ok(())
    }

    /// The loss with element `i` of input or variable `k` replaced by `x`.
    fn loss_at(
        &self,
        loss: &dyn Executable,
        inputs: &[Array],
        k: usize,
        i: usize,
        x: f64,
    ) -> Result<f64> {
        let moved = |array: &Array| -> Result<Array> {
            let mut array = array.clone();
            crate::with_dtype!(array.dtype(), T => array.as_slice_mut::<T>()?[i] = T::from_f64(x));
            Ok(array)
        };
        let run = |inputs: &[&Array]| {
            let outputs = loss.run(inputs)?;
            outputs.first().map_or_else(|| Err(Error::Backend("no output".into())), Array::item)
        };
        let mut arguments: Vec<&Array> = inputs.iter().collect();
        let Some(v) = k.checked_sub(inputs.len()) else {
            let moved = moved(&inputs[k])?;
            arguments[k] = &moved;
            return run(&arguments);
        };
        let before = self.variables[v].value();
        self.variables[v].assign(moved(&before)?)?;
        let result = run(&arguments);
        self.variables[v].assign(before)?;
        result
    }
}

/// Compares the gradients of `f` with finite differences: [`GradientCheck::run`] with its defaults.
///
/// ```
/// use cornu_graph::{Array, ops, testing::check_gradient};
/// let x = Array::new(&[3], vec![0.5, -1.0, 2.0])?;
/// check_gradient(|x| ops::sin(&x[0]), &[x.clone()])?;
/// assert!(check_gradient(|x| ops::stop_gradient(&x[0]), &[x]).is_err());
/// # Ok::<(), cornu_graph::Error>(())
/// ```
///
/// # Errors
/// When a slope differs, naming the input and the element; when `f` fails.
pub fn check_gradient(f: impl Fn(&[Tensor]) -> Tensor, inputs: &[Array]) -> Result<()> {
    GradientCheck::default().run(f, inputs)
}

/// Compares the gradients of `f`, and the gradients of these gradients, with finite differences.
///
/// # Errors
/// When a slope differs, naming the input and the element; when `f` fails.
pub fn check_gradient_twice(f: impl Fn(&[Tensor]) -> Tensor, inputs: &[Array]) -> Result<()> {
    check_gradient(&f, inputs)?;
    for k in (0..inputs.len()).filter(|&k| inputs[k].dtype().is_float()) {
        let slope = |x: &[Tensor]| match gradients(&weighted_sum(&f(x)), &x[k..=k]) {
            Ok(mut slopes) => slopes.swap_remove(0),
            Err(error) => Tensor::error(error),
        };
        check_gradient(slope, inputs)?;
    }
    Ok(())
}
