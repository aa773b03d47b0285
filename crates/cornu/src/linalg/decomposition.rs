//! What decompositions of batches of matrices have in common.

use std::sync::Arc;

use cornu_graph::ops::{
    Operation, Vjp, broadcast_to, cast, custom, reshape, slice_axis, transpose,
};
use cornu_graph::{Array, DType, Error, Result, Spec, Tensor, broadcast_shapes, element_count};

/// A function of matrices, for one item of a batch. It may have several results: they are computed together.
pub(super) trait Decomposition: std::fmt::Debug + Send + Sync + 'static {
    /// The function's name in messages.
    fn name(&self) -> &'static str;

    /// The shapes of the results for inputs of these rows and columns.
    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>>;

    /// The results; or the rule that the first input breaks.
    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome;

    /// The gradients with respect to the inputs, for the whole batch.
    fn gradient(&self, slopes: &Slopes) -> Result<Vec<Option<Tensor>>>;
}

pub(super) type Outcome = std::result::Result<Vec<Vec<f64>>, &'static str>;

/// What a gradient is computed from.
pub(super) struct Slopes<'a> {
    pub inputs: &'a [Tensor],
    pub results: Vec<Tensor>,
    /// The gradients of the target with respect to the results.
    pub slopes: Vec<Tensor>,
}

/// A decomposition as an op. Its result holds the results of an item one after the other in the last axis.
#[derive(Debug)]
struct Packed<D>(D);

fn sizes<'a>(shapes: impl Iterator<Item = &'a [usize]>) -> Vec<[usize; 2]> {
    shapes.map(|s| [s[s.len() - 2], s[s.len() - 1]]).collect()
}

fn batch(shape: &[usize]) -> &[usize] {
    &shape[..shape.len() - 2]
}

impl<D: Decomposition> Packed<D> {
    /// The results of an item of the batch, by name, out of the last axis.
    fn unpack(&self, inputs: &[&Tensor], packed: &Tensor) -> Vec<Tensor> {
        let shapes = self.0.results(&sizes(inputs.iter().map(|t| t.shape())));
        let mut at = 0;
        let part = |shape: Vec<usize>| {
            let start = at;
            at += shape.iter().product::<usize>();
            let part = slice_axis(packed, -1, start, at);
            reshape(&part, &[batch(inputs[0].shape()), &shape].concat())
        };
        shapes.into_iter().map(part).collect()
    }
}

impl<D: Decomposition> Operation for Packed<D> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn infer(&self, inputs: &[&Spec]) -> Result<Spec> {
        let first = inputs[0];
        let alike = |s: &&Spec| s.shape.len() >= 2 && s.dtype.is_float() && s.dtype == first.dtype;
        if !inputs.iter().all(alike)
            || inputs.iter().any(|s| batch(&s.shape) != batch(&first.shape))
        {
            let rule = "must be batches of matrices of one floating-point type";
            let received: Vec<String> = inputs.iter().map(|s| s.to_string()).collect();
            return Err(Error::invalid(self.name(), "inputs", rule, received.join(" and ")));
        }
        let mut total = 0usize;
        for shape in self.0.results(&sizes(inputs.iter().map(|s| &s.shape[..]))) {
            total = total.saturating_add(element_count(self.name(), &shape)?);
        }
        Ok(Spec::new([batch(&first.shape), &[total]].concat(), first.dtype))
    }

    fn gradient(&self, vjp: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let inputs: Vec<&Tensor> = vjp.inputs.iter().collect();
        self.0.gradient(&Slopes {
            inputs: vjp.inputs,
            results: self.unpack(&inputs, vjp.output),
            slopes: self.unpack(&inputs, vjp.dy),
        })
    }

    fn evaluate(&self, inputs: &[&Array], spec: &Spec) -> Result<Array> {
        let sizes = sizes(inputs.iter().map(|a| a.shape()));
        let values: Vec<Vec<f64>> = inputs.iter().map(|a| a.to_vec()).collect();
        let count: usize = batch(inputs[0].shape()).iter().product();
        let mut out = Vec::with_capacity(spec.count());
        for item in 0..count {
            let matrices = values.iter().zip(&sizes);
            let matrices: Vec<&[f64]> =
                matrices.map(|(v, [m, n])| &v[item * m * n..(item + 1) * m * n]).collect();
            let results = self.0.compute(&matrices, &sizes).map_err(|rule| {
                let which = if count == 1 { String::new() } else { format!("matrix {item} of ") };
                Error::invalid(self.name(), "a", rule, format!("{which}{}", inputs[0].spec()))
            })?;
            out.extend(results.into_iter().flatten());
        }
        Ok(Array::new(&spec.shape, out)?.cast(spec.dtype))
    }
}

/// Applies a decomposition to tensors of one floating-point type and batch; one tensor for each result.
pub(super) fn decompose<D: Decomposition>(
    decomposition: D,
    inputs: &[&Tensor],
) -> Result<Vec<Tensor>> {
    let op = Arc::new(Packed(decomposition));
    let packed = custom(op.clone(), inputs);
    packed.check()?;
    Ok(op.unpack(inputs, &packed))
}

/// The first of the results.
pub(super) fn decompose_one<D: Decomposition>(
    decomposition: D,
    inputs: &[&Tensor],
) -> Result<Tensor> {
    let mut results = decompose(decomposition, inputs)?;
    Ok(results.swap_remove(0))
}

/// `N` results of a body that may fail; its error becomes theirs.
pub(super) fn several<const N: usize>(
    inputs: &[&Tensor],
    body: impl FnOnce() -> Result<Vec<Tensor>>,
) -> [Tensor; N] {
    let failed = inputs.iter().find_map(|t| t.check().err());
    let results = failed.map_or_else(body, Err).and_then(|results| {
        let wrong = |r: Vec<Tensor>| Error::Backend(format!("{} results, not {N}", r.len()));
        <[Tensor; N]>::try_from(results).map_err(wrong)
    });
    results.unwrap_or_else(|error| std::array::from_fn(|_| Tensor::error(error.clone())))
}

/// The tensor as floating-point matrices.
pub(super) fn matrices(name: &str, a: &Tensor) -> Result<Tensor> {
    if a.ndim() < 2 {
        return Err(Error::invalid(name, "a", "must have at least two axes", a.spec()));
    }
    Ok(cast(a, a.dtype().to_float()))
}

/// The tensor as floating-point square matrices.
pub(super) fn square_matrices(name: &str, a: &Tensor) -> Result<Tensor> {
    let matrices = matrices(name, a)?;
    match matrices.shape() {
        [.., m, n] if m == n => Ok(matrices),
        _ => Err(Error::invalid(name, "a", "must be square matrices", a.spec())),
    }
}

/// Two tensors of matrices in their common type and batch.
pub(super) fn together(name: &str, a: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor)> {
    let dtype = a.dtype().promote(b.dtype());
    let common = broadcast_shapes(name, batch(a.shape()), batch(b.shape()))?;
    let full = |t: &Tensor| {
        let tail = &t.shape()[t.ndim() - 2..];
        broadcast_to(&cast(t, dtype), &[&common[..], tail].concat())
    };
    Ok((full(a), full(b)))
}

/// The matrices with rows and columns exchanged.
pub(super) fn transposed(a: &Tensor) -> Tensor {
    Tensor::compose(&[a], || {
        let mut axes: Vec<isize> = (0..a.ndim() as isize).collect();
        let last = axes.len().saturating_sub(2);
        axes[last..].reverse();
        Ok(transpose(a, &axes))
    })
}

/// A constant matrix with `element(row, column)`.
pub(super) fn matrix(
    [m, n]: [usize; 2],
    dtype: DType,
    element: impl Fn(usize, usize) -> f64,
) -> Tensor {
    let elements = (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| element(i, j));
    match Array::new(&[m, n], elements.collect::<Vec<f64>>()) {
        Ok(array) => array.cast(dtype).into(),
        Err(error) => Tensor::error(error),
    }
}

/// The identity of `n` rows.
pub(super) fn identity(n: usize, dtype: DType) -> Tensor {
    matrix([n, n], dtype, |i, j| f64::from(i == j))
}

/// Ones on the diagonal and below (`lower`) or above.
pub(super) fn triangle(n: usize, dtype: DType, lower: bool) -> Tensor {
    matrix([n, n], dtype, |i, j| f64::from(if lower { i >= j } else { i <= j }))
}

/// The gradient of a function of symmetric matrices that reads the lower triangle alone, from the one of a function
/// that reads both halves: `s + sᵀ` below the diagonal, `s` on it.
pub(super) fn lower_gradient(s: &Tensor) -> Tensor {
    Tensor::compose(&[s], || {
        let n = s.shape()[s.ndim() - 1];
        let weights = matrix([n, n], s.dtype(), |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        });
        Ok((s + transposed(s)) * weights)
    })
}

/// `1 / x`, and 0 where `x` is 0.
pub(super) fn safe_reciprocal(x: &Tensor) -> Tensor {
    use cornu_graph::ops::{equal, ones_like, reciprocal, where_, zeros_like};
    let zero = equal(x, &zeros_like(x));
    where_(&zero, &zeros_like(x), &reciprocal(&where_(&zero, &ones_like(x), x)))
}
