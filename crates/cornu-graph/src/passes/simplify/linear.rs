//! Matrix products and convolutions.

use super::add;
use crate::ops::{Binary, BinaryKind, Broadcast, Conv, MatMul, Op, Reshape, Slice};
use crate::passes::rewrite::Rewriter;
use crate::{Error, NodeId, Result};

type Found = Result<Option<NodeId>>;

/// The input of a transposition that swaps the last two axes and no others.
fn swapped(out: &Rewriter, id: NodeId) -> Option<NodeId> {
    let Op::Transpose(t) = out.op(id) else { return None };
    let head = t.axes.len().checked_sub(2)?;
    t.axes[..head].iter().copied().eq(0..head).then(|| out.input(id))
}

/// Sums of at most so many products are left to element-wise code, which can do what comes after as well.
const FEW: usize = 2;
/// Results of fewer elements are not worth its steps.
const MANY: usize = 1 << 12;

/// Transposed factors are read transposed; sums of one or two products are element-wise.
pub(super) fn matmul(out: &mut Rewriter, op: &MatMul, inputs: &[NodeId]) -> Found {
    let mut op = op.clone();
    let (a, b) = (swapped(out, inputs[0]), swapped(out, inputs[1]));
    if a.is_none() && b.is_none() {
        let (a, b) = (out.shape(inputs[0]), out.shape(inputs[1]));
        let (m, k, n) = op.sizes(a, b);
        let few = a.len() == 2 && (1..=FEW).contains(&k) && m > 1 && n > 1 && m * n >= MANY;
        return match few && !out.spec(inputs[0]).dtype.is_integer() {
            true => products(out, &op, inputs, [m, k, n]).map(Some),
            false => Ok(None),
        };
    }
    op.transpose_a ^= a.is_some();
    op.transpose_b ^= b.is_some();
    add(out, op, &[a.unwrap_or(inputs[0]), b.unwrap_or(inputs[1])]).map(Some)
}

/// The product of a column and a row for every `k`, added up.
fn products(
    out: &mut Rewriter,
    op: &MatMul,
    inputs: &[NodeId],
    [m, k, n]: [usize; 3],
) -> Result<NodeId> {
    let mut sum = None;
    for i in 0..k {
        let mut factor = |input: NodeId, axis: usize, shape: [usize; 2]| {
            let (mut start, mut stop) = (vec![0; 2], out.shape(input).to_vec());
            (start[axis], stop[axis]) = (i, i + 1);
            let part = add(out, Slice { start, stop, step: vec![1; 2] }, &[input])?;
            let part = add(out, Reshape { shape: shape.to_vec() }, &[part])?;
            add(out, Broadcast { shape: vec![m, n] }, &[part])
        };
        let column = factor(inputs[0], usize::from(!op.transpose_a), [m, 1])?;
        let row = factor(inputs[1], usize::from(op.transpose_b), [1, n])?;
        let product = add(out, Binary(BinaryKind::Mul), &[column, row])?;
        sum = Some(match sum {
            Some(sum) => add(out, Binary(BinaryKind::Add), &[sum, product])?,
            None => product,
        });
    }
    sum.ok_or_else(|| Error::invalid("matmul", "inputs", "must have an inner size", k))
}

/// Zeros around the image become the convolution's own padding.
pub(super) fn conv(out: &mut Rewriter, op: &Conv, inputs: &[NodeId]) -> Found {
    let Op::Pad(pad) = out.op(inputs[0]) else { return Ok(None) };
    let last = pad.low.len() - 1;
    let plain = f64::from_bits(pad.value) == 0.0
        && pad.interior.iter().all(|&n| n == 0)
        && [0, last].iter().all(|&i| pad.low[i] == 0 && pad.high[i] == 0);
    if !plain {
        return Ok(None);
    }
    let mut op = op.clone();
    for (i, (before, after)) in op.0.padding.iter_mut().enumerate() {
        *before += pad.low[i + 1];
        *after += pad.high[i + 1];
    }
    let image = out.input(inputs[0]);
    add(out, op, &[image, inputs[1]]).map(Some)
}
