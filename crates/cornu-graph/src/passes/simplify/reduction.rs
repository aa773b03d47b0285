//! Sums and extremes.

use super::add;
use crate::ops::{Binary, BinaryKind, Broadcast, Op, Reduce, ReduceKind, Reshape, Transpose};
use crate::passes::rewrite::Rewriter;
use crate::{Array, NodeId, Result};

type Found = Result<Option<NodeId>>;

pub(super) fn reduce(out: &mut Rewriter, op: &Reduce, x: NodeId) -> Found {
    let from = out.shape(x).to_vec();
    let left: Vec<usize> = (0..from.len()).filter(|i| !op.axes.contains(i)).collect();
    let shape: Vec<usize> = left.iter().map(|&i| from[i]).collect();
    if op.axes.iter().all(|&a| from[a] == 1) {
        return add(out, Reshape { shape }, &[x]).map(Some);
    }
    match out.op(x).clone() {
        Op::Broadcast(_) => repeated(out, op, x, &shape),
        Op::Reshape(_) | Op::Flip(_) if left.is_empty() => {
            let below = out.input(x);
            let axes = (0..out.shape(below).len()).collect();
            add(out, Reduce { kind: op.kind, axes }, &[below]).map(Some)
        }
        Op::Transpose(moved) => {
            let mut axes: Vec<usize> = op.axes.iter().map(|&a| moved.axes[a]).collect();
            axes.sort_unstable();
            let below = out.input(x);
            let small = add(out, Reduce { kind: op.kind, axes }, &[below])?;
            // The axes that are left, in the order in which the transposition has them.
            let order: Vec<usize> = left.iter().map(|&i| moved.axes[i]).collect();
            let place = |&a: &usize| order.iter().filter(|&&b| b < a).count();
            add(out, Transpose { axes: order.iter().map(place).collect() }, &[small]).map(Some)
        }
        _ => Ok(None),
    }
}

/// Along axes on which values only repeat, a sum is a product and an extreme is the value.
fn repeated(out: &mut Rewriter, op: &Reduce, x: NodeId, shape: &[usize]) -> Found {
    let source = out.input(x);
    let (from, to) = (out.shape(source).to_vec(), out.shape(x).to_vec());
    let added = to.len() - from.len();
    let size = |axis: usize| axis.checked_sub(added).map_or(1, |i| from[i]);
    if op.axes.iter().any(|&a| size(a) != 1 || to[a] == 0) {
        return Ok(None);
    }
    let times: usize = op.axes.iter().map(|&a| to[a]).product();
    let kept: Vec<usize> = (0..to.len()).filter(|a| !op.axes.contains(a)).map(size).collect();
    let value = add(out, Reshape { shape: kept }, &[source])?;
    let value = add(out, Broadcast { shape: shape.to_vec() }, &[value])?;
    match op.kind {
        ReduceKind::Max | ReduceKind::Min => Ok(Some(value)),
        ReduceKind::Sum => {
            let dtype = out.spec(x).dtype;
            let times = out.fill(Array::scalar(times as i64).cast(dtype), shape)?;
            add(out, Binary(BinaryKind::Mul), &[value, times]).map(Some)
        }
        ReduceKind::Prod => Ok(None),
    }
}
