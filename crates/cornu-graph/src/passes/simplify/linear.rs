//! Matrix products and convolutions.

use super::add;
use crate::ops::{Conv, MatMul, Op};
use crate::passes::rewrite::Rewriter;
use crate::{NodeId, Result};

type Found = Result<Option<NodeId>>;

/// The input of a transposition that swaps the last two axes and no others.
fn swapped(out: &Rewriter, id: NodeId) -> Option<NodeId> {
    let Op::Transpose(t) = out.op(id) else { return None };
    let head = t.axes.len().checked_sub(2)?;
    t.axes[..head].iter().copied().eq(0..head).then(|| out.input(id))
}

/// Transposed factors are read transposed.
pub(super) fn matmul(out: &mut Rewriter, op: &MatMul, inputs: &[NodeId]) -> Found {
    let mut op = op.clone();
    let (a, b) = (swapped(out, inputs[0]), swapped(out, inputs[1]));
    if a.is_none() && b.is_none() {
        return Ok(None);
    }
    op.transpose_a ^= a.is_some();
    op.transpose_b ^= b.is_some();
    add(out, op, &[a.unwrap_or(inputs[0]), b.unwrap_or(inputs[1])]).map(Some)
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
