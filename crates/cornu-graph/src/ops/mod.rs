//! The vocabulary of the graph: one file per op or tight family.
//!
//! A file holds everything about its op except machine code: the parameter struct, the rule for shape
//! and dtype, the gradient, the scalar reference evaluation, and the functions that a user calls.

use std::sync::Arc;

use crate::{Array, Error, Result, Spec, Tensor};

mod along_axis;
mod arithmetic;
mod axes;
mod binary;
mod broadcast;
mod cast;
mod compare;
mod concatenate;
mod conv;
mod correlate;
mod creation;
mod cumulative;
mod custom;
mod diagonal;
mod einsum;
mod elementary;
mod encoding;
mod gather;
mod get_item;
mod leaf;
mod matmul;
mod nan;
mod normalize;
mod pad;
mod pool;
mod products;
mod quantile;
mod random;
mod random_variate;
mod reduce;
mod repeat;
mod reshape;
mod scatter;
mod segment;
mod select;
mod slice;
mod softmax;
mod sort;
mod split;
mod statistics;
mod stop_gradient;
mod transpose;
mod unary;
mod windows;

pub use along_axis::*;
pub use arithmetic::*;
pub use axes::*;
pub use binary::*;
pub use broadcast::*;
pub use cast::*;
pub use compare::*;
pub use concatenate::*;
pub use conv::*;
pub use correlate::*;
pub use creation::*;
pub use cumulative::*;
pub use custom::*;
pub use diagonal::*;
pub use einsum::*;
pub use elementary::*;
pub use encoding::*;
pub use gather::*;
pub use get_item::*;
pub use leaf::*;
pub use matmul::*;
pub use nan::*;
pub use normalize::*;
pub use pad::*;
pub use pool::*;
pub use products::*;
pub use quantile::*;
pub use random::*;
pub use random_variate::*;
pub use reduce::*;
pub use repeat::*;
pub use reshape::*;
pub use scatter::*;
pub use segment::*;
pub use select::*;
pub use slice::*;
pub use softmax::*;
pub use sort::*;
pub use split::*;
pub use statistics::*;
pub use stop_gradient::*;
pub use transpose::*;
pub use unary::*;
pub use windows::*;

/// What every op knows of itself.
pub trait Operation {
    /// The op's name in messages and printed plans.
    fn name(&self) -> &'static str;

    /// The result's shape and dtype.
    ///
    /// # Errors
    /// When the inputs do not fit the op.
    fn infer(&self, inputs: &[&Spec]) -> Result<Spec>;

    /// The gradient for each input that needs one; `None` stands for zero.
    ///
    /// # Errors
    /// When the op is not differentiable in an input that needs a gradient.
    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>>;

    /// The parameters, by name, as printed graphs show them; none by default.
    fn attributes(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The value, computed element by element: slow, obvious, the oracle of the tests.
    ///
    /// # Errors
    /// When the data is refused (an index out of range).
    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array>;
}

/// What an op's gradient rule is given.
pub struct Vjp<'a> {
    /// The op's inputs.
    pub inputs: &'a [Tensor],
    /// The op's result.
    pub output: &'a Tensor,
    /// The gradient of the target with respect to the result.
    pub dy: &'a Tensor,
    /// Which inputs need a gradient.
    pub needs: &'a [bool],
}

impl Vjp<'_> {
    /// Checks that all parts fit `op` and each other, so that gradient rules can rely on it.
    fn check(&self, op: &Op) -> Result<()> {
        let specs: Vec<&Spec> = self.inputs.iter().map(|t| t.spec()).collect();
        op.expect(&specs, self.output.spec())?;
        if self.dy.spec() == self.output.spec() && self.needs.len() == self.inputs.len() {
            return Ok(());
        }
        let rule = format!("must be {} with {} needs", self.output.spec(), self.inputs.len());
        let received = format!("{} with {} needs", self.dy.spec(), self.needs.len());
        Err(Error::invalid(op.name(), "dy", rule, received))
    }
}

impl Op {
    /// Checks that inputs of these specs give a result of `spec`.
    fn expect(&self, inputs: &[&Spec], spec: &Spec) -> Result<()> {
        let inferred = self.infer(inputs)?;
        if inferred == *spec {
            return Ok(());
        }
        Err(Error::invalid(self.name(), "spec", format!("must be {inferred}"), spec))
    }
}

macro_rules! op_list {
    ($($op:ident),* $(,)?) => {
        /// Every op there is.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Op {
            $($op($op)),*
        }

        $(impl From<$op> for Op {
            fn from(op: $op) -> Op {
                Op::$op(op)
            }
        })*

        impl Operation for Op {
            fn name(&self) -> &'static str {
                match self { $(Op::$op(op) => op.name()),* }
            }
            fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
                match self { $(Op::$op(op) => op.infer(inputs)),* }
            }
            fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
                vjp.check(self)?;
                match self { $(Op::$op(op) => op.gradient(vjp)),* }
            }
            fn attributes(&self) -> Vec<(&'static str, String)> {
                match self { $(Op::$op(op) => op.attributes()),* }
            }
            fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
                let specs: Vec<Spec> = inputs.iter().map(|a| a.spec()).collect();
                self.expect(&specs.iter().collect::<Vec<_>>(), spec)?;
                crate::array::check_memory(self.name(), &spec.shape, spec.dtype)?;
                if spec.count() == 0 {
                    // Rules may loop over sizes beside the zero, which nothing bounds.
                    return Array::zeros(&spec.shape, spec.dtype);
                }
                let value = match self { $(Op::$op(op) => op.evaluate(inputs, spec)),* }?;
                if value.spec() == *spec {
                    return Ok(value);
                }
                let rule = format!("must be {spec}, as the op infers");
                Err(Error::invalid(self.name(), "value", rule, value.spec()))
            }
        }
    };
}

op_list! {
    Input, Parameter, Constant, Iota,
    Unary, Binary, Compare, Logical, Select, Cast,
    Broadcast, Reshape, Transpose, Slice, Pad, Concatenate, Flip,
    Reduce, ArgReduce, ArgSort, CumSum, Gather, ScatterAdd,
    MatMul, Conv, ConvInputGrad, ConvFilterGrad, Pool, PoolGrad,
    Random, RandomVariate, StopGradient, Custom,
}

/// Checks the number of inputs that an op received.
pub(crate) fn arity<'a, const N: usize>(name: &str, inputs: &[&'a Spec]) -> Result<[&'a Spec; N]> {
    inputs.try_into().map_err(|_| {
        Error::invalid(name, "inputs", format!("must be {N}"), format!("{} inputs", inputs.len()))
    })
}

/// Checks an axis that is already counted from the front.
pub(crate) fn check_axis(name: &str, axis: usize, rank: usize) -> Result<()> {
    if axis < rank {
        return Ok(());
    }
    Err(Error::invalid(
        name,
        "axis",
        format!("must be in [0, {rank}) for a tensor of rank {rank}"),
        format!("axis={axis}"),
    ))
}

/// A parameter for [`Operation::attributes`].
pub(crate) fn attribute(
    name: &'static str,
    value: &impl std::fmt::Debug,
) -> (&'static str, String) {
    (name, format!("{value:?}"))
}

/// The error of an op without a gradient.
pub(crate) fn no_gradient(op: &str, reason: &str) -> Error {
    Error::NotDifferentiable { op: op.into(), reason: reason.into() }
}

/// The multi-dimensional index of a row-major position.
pub(crate) fn unravel(mut position: usize, shape: &[usize], index: &mut [usize]) {
    for (i, &d) in index.iter_mut().zip(shape).rev() {
        *i = position % d;
        position /= d;
    }
}

/// The row-major position of a multi-dimensional index.
pub(crate) fn place_of(index: &[usize], shape: &[usize]) -> usize {
    index.iter().zip(shape).fold(0, |p, (&i, &d)| p * d + i)
}

/// An array whose element at each index of `spec` is the element of `source` at `from(index)`;
/// `None` gives the type's zero.
pub(crate) fn rearrange(
    source: &Array,
    spec: &Spec,
    mut from: impl FnMut(&[usize]) -> Option<usize>,
) -> Result<Array> {
    use crate::Element;
    let mut index = vec![0; spec.shape.len()];
    crate::with_dtype!(spec.dtype, T => {
        let values = source.as_slice::<T>()?;
        let out = (0..spec.count()).map(|p| {
            unravel(p, &spec.shape, &mut index);
            from(&index).map_or(<T as Element>::from_f64(0.0), |q| values[q])
        });
        Array::new::<T>(&spec.shape, out.collect())
    })
}

/// A constant behind shared ownership.
pub(crate) type SharedArray = Arc<Array>;
