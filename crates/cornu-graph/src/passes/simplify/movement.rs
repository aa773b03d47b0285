//! Elements that move without changing.

use super::add;
use crate::ops::{Broadcast, Concatenate, Flip, Op, Pad, Reshape, Slice, Transpose};
use crate::passes::rewrite::Rewriter;
use crate::{NodeId, Result};

type Found = Result<Option<NodeId>>;

/// A repeated number keeps nothing of a movement but its shape.
fn refill(out: &mut Rewriter, x: NodeId, shape: &[usize]) -> Found {
    match out.uniform(x).cloned() {
        Some(value) => out.fill(value, shape).map(Some),
        None => Ok(None),
    }
}

pub(super) fn broadcast(out: &mut Rewriter, op: &Broadcast, x: NodeId) -> Found {
    if out.shape(x) == op.shape {
        return Ok(Some(x));
    }
    if out.uniform(x).is_none() && out.spec(x).count() == op.shape.iter().product() {
        // New axes alone; elements stay in order.
        return add(out, Reshape { shape: op.shape.clone() }, &[x]).map(Some);
    }
    let below = match out.op(x) {
        Op::Broadcast(_) => Some(out.input(x)),
        // Leading ones are what a repetition adds by itself.
        Op::Reshape(r) => {
            let from = out.shape(out.input(x));
            let added = r.shape.len().checked_sub(from.len());
            let leading = added
                .is_some_and(|n| r.shape[n..] == *from && r.shape[..n].iter().all(|&d| d == 1));
            leading.then(|| out.input(x))
        }
        _ => None,
    };
    match below {
        Some(below) => add(out, op.clone(), &[below]).map(Some),
        None if !out.shape(x).is_empty() => refill(out, x, &op.shape),
        None => Ok(None),
    }
}

pub(super) fn reshape(out: &mut Rewriter, op: &Reshape, x: NodeId) -> Found {
    if out.shape(x) == op.shape {
        return Ok(Some(x));
    }
    if let Op::Reshape(_) = out.op(x) {
        let below = out.input(x);
        return add(out, op.clone(), &[below]).map(Some);
    }
    refill(out, x, &op.shape)
}

pub(super) fn transpose(out: &mut Rewriter, op: &Transpose, x: NodeId) -> Found {
    if op.axes.iter().copied().eq(0..op.axes.len()) {
        return Ok(Some(x));
    }
    let shape: Vec<usize> = op.axes.iter().map(|&a| out.shape(x)[a]).collect();
    // Elements keep their order if the axes longer than 1 do.
    let long: Vec<usize> = op.axes.iter().copied().filter(|&a| out.shape(x)[a] != 1).collect();
    if long.is_sorted() {
        return add(out, Reshape { shape }, &[x]).map(Some);
    }
    match out.op(x).clone() {
        Op::Transpose(inner) => {
            let axes = op.axes.iter().map(|&a| inner.axes[a]).collect();
            let below = out.input(x);
            add(out, Transpose { axes }, &[below]).map(Some)
        }
        Op::MatMul(mut product) => {
            // (A B)ᵀ = Bᵀ Aᵀ
            let (rank, axes) = (op.axes.len(), &op.axes);
            let swaps = axes[..rank - 2].iter().copied().eq(0..rank - 2);
            if !swaps {
                return Ok(None);
            }
            let (a, b) = (out.node(x).inputs[0], out.node(x).inputs[1]);
            let (ta, tb) = (product.transpose_a, product.transpose_b);
            product.transpose_a = !tb;
            product.transpose_b = !ta;
            add(out, product, &[b, a]).map(Some)
        }
        _ => refill(out, x, &shape),
    }
}

pub(super) fn slice(out: &mut Rewriter, op: &Slice, x: NodeId) -> Found {
    let from = out.shape(x).to_vec();
    let size = |i: usize| (op.stop[i] - op.start[i]).div_ceil(op.step[i]);
    let shape: Vec<usize> = (0..from.len()).map(size).collect();
    if shape == from {
        return Ok(Some(x));
    }
    if shape.contains(&0) {
        return Ok(None);
    }
    match out.op(x).clone() {
        Op::Slice(inner) => {
            let mut merged = op.clone();
            for (i, n) in shape.iter().enumerate() {
                merged.start[i] = inner.start[i] + op.start[i] * inner.step[i];
                // A single element needs no step, and the product could overflow.
                merged.step[i] = if *n == 1 { 1 } else { op.step[i] * inner.step[i] };
                merged.stop[i] = merged.start[i] + (n - 1) * merged.step[i] + 1;
            }
            let below = out.input(x);
            add(out, merged, &[below]).map(Some)
        }
        Op::Concatenate(joined) => within_a_part(out, op, x, joined.axis),
        Op::Pad(pad) => {
            let below = out.input(x);
            let inside = |i: usize| {
                pad.interior[i] == 0
                    && op.start[i] >= pad.low[i]
                    && op.stop[i] <= pad.low[i] + out.shape(below)[i]
            };
            if !(0..from.len()).all(inside) {
                return refill(out, x, &shape);
            }
            let mut moved = op.clone();
            for i in 0..from.len() {
                moved.start[i] -= pad.low[i];
                moved.stop[i] -= pad.low[i];
            }
            add(out, moved, &[below]).map(Some)
        }
        _ => refill(out, x, &shape),
    }
}

/// A slice of a concatenation that needs one of the parts alone.
fn within_a_part(out: &mut Rewriter, op: &Slice, x: NodeId, axis: usize) -> Found {
    let parts = out.node(x).inputs.clone();
    let mut first = 0;
    for part in parts {
        let end = first + out.shape(part)[axis];
        if op.start[axis] >= first && op.stop[axis] <= end {
            let mut moved = op.clone();
            moved.start[axis] -= first;
            moved.stop[axis] -= first;
            return add(out, moved, &[part]).map(Some);
        }
        first = end;
    }
    Ok(None)
}

pub(super) fn pad(out: &mut Rewriter, op: &Pad, x: NodeId) -> Found {
    let nothing = |v: &[usize]| v.iter().all(|&n| n == 0);
    let between = out.shape(x).iter().zip(&op.interior).all(|(&d, &n)| n == 0 || d <= 1);
    Ok((nothing(&op.low) && nothing(&op.high) && between).then_some(x))
}

pub(super) fn flip(out: &mut Rewriter, op: &Flip, x: NodeId) -> Found {
    let axes: Vec<usize> = op.axes.iter().copied().filter(|&a| out.shape(x)[a] > 1).collect();
    if axes.is_empty() {
        return Ok(Some(x));
    }
    if axes != op.axes {
        return add(out, Flip { axes }, &[x]).map(Some);
    }
    match out.op(x) {
        Op::Flip(inner) if *inner == *op => Ok(Some(out.input(x))),
        _ => {
            let shape = out.shape(x).to_vec();
            refill(out, x, &shape)
        }
    }
}

pub(super) fn concatenate(out: &mut Rewriter, op: &Concatenate, inputs: &[NodeId]) -> Found {
    if let [only] = inputs {
        return Ok(Some(*only));
    }
    let filled = |id: &&NodeId| out.shape(**id)[op.axis] > 0;
    let parts: Vec<NodeId> = inputs.iter().filter(filled).copied().collect();
    if parts.is_empty() || parts.len() == inputs.len() {
        return Ok(None);
    }
    add(out, op.clone(), &parts).map(Some)
}
