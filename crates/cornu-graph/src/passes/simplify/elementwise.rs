//! Arithmetic, element by element.

use super::add;
use crate::ops::{
    Binary, BinaryKind, Broadcast, Cast, Compare, CompareKind, Logical, LogicalKind, Op, Reshape,
    Select, Unary, UnaryKind,
};
use crate::passes::rewrite::Rewriter;
use crate::{Array, DType, NodeId, Result, broadcast_shapes};

type Found = Result<Option<NodeId>>;

/// The input of a negation.
fn negated(out: &Rewriter, id: NodeId) -> Option<NodeId> {
    match out.op(id) {
        Op::Unary(Unary(UnaryKind::Neg)) => Some(out.input(id)),
        _ => None,
    }
}

fn apply(out: &mut Rewriter, kind: UnaryKind, x: NodeId) -> Found {
    add(out, Unary(kind), &[x]).map(Some)
}

fn combine(out: &mut Rewriter, kind: BinaryKind, a: NodeId, b: NodeId) -> Found {
    add(out, Binary(kind), &[a, b]).map(Some)
}

/// A number of the dtype and shape of `like`.
fn number(out: &mut Rewriter, like: NodeId, value: f64) -> Result<NodeId> {
    let spec = out.spec(like).clone();
    out.fill(Array::scalar_of(spec.dtype, value), &spec.shape)
}

pub(super) fn unary(out: &mut Rewriter, op: Unary, inputs: &[NodeId]) -> Found {
    use UnaryKind::*;
    let x = inputs[0];
    let inner = out.op(x).clone();
    let below = || out.input(x);
    match (op.0, inner) {
        (Neg, Op::Unary(Unary(Neg))) | (Not, Op::Unary(Unary(Not))) => Ok(Some(below())),
        (Neg, Op::Binary(Binary(BinaryKind::Sub))) => {
            let [a, b] = [out.node(x).inputs[0], out.node(x).inputs[1]];
            combine(out, BinaryKind::Sub, b, a)
        }
        (Abs, Op::Unary(Unary(Abs))) => Ok(Some(x)),
        (Abs, _) if out.spec(x).dtype == DType::U8 => Ok(Some(x)),
        (Abs | Square, Op::Unary(Unary(Neg))) | (Square, Op::Unary(Unary(Abs))) => {
            let below = below();
            apply(out, op.0, below)
        }
        (Reciprocal, Op::Unary(Unary(Sqrt))) => {
            let below = below();
            apply(out, Rsqrt, below)
        }
        (Not, Op::Compare(Compare(kind @ (CompareKind::Eq | CompareKind::Ne)))) => {
            // The orders have no opposite: NaN is neither less nor greater nor equal.
            let opposite = if kind == CompareKind::Eq { CompareKind::Ne } else { CompareKind::Eq };
            let pair = out.node(x).inputs.clone();
            add(out, Compare(opposite), &pair).map(Some)
        }
        _ => hoist(out, &op.into(), inputs),
    }
}

pub(super) fn binary(out: &mut Rewriter, op: Binary, inputs: &[NodeId]) -> Found {
    use BinaryKind::*;
    let (a, b) = (inputs[0], inputs[1]);
    let dtype = out.spec(a).dtype;
    let (left, right) = (out.number(a), out.number(b));
    // What commutes has its number on the right, and else the older node on the left.
    if matches!(op.0, Add | Mul) && right.is_none() && (left.is_some() || a > b) {
        return combine(out, op.0, b, a);
    }
    let signed = dtype != DType::Bool;
    let found = match (op.0, left, right) {
        (Add | Sub, _, Some(0.0)) => Some(a),
        (Mul | Div, _, Some(1.0)) => Some(a),
        (Pow, _, Some(1.0)) => Some(a),
        (FloorDiv, _, Some(1.0)) if dtype.is_integer() => Some(a),
        (Max | Min, ..) if a == b => Some(a),
        _ => None,
    };
    if found.is_some() {
        return Ok(found);
    }
    match (op.0, left, right) {
        (Mul | Div, _, Some(-1.0)) if signed => return apply(out, UnaryKind::Neg, a),
        (Sub, Some(0.0), _) => return apply(out, UnaryKind::Neg, b),
        (Mul, ..) if a == b && signed => return apply(out, UnaryKind::Square, a),
        (Div, _, Some(n)) if reciprocal_is_exact(n, dtype) => {
            let factor = number(out, b, 1.0 / n)?;
            return combine(out, Mul, a, factor);
        }
        (Div, Some(1.0), _) => return apply(out, UnaryKind::Reciprocal, b),
        (Pow, _, Some(n)) => {
            if let Some(id) = power(out, a, n)? {
                return Ok(Some(id));
            }
        }
        _ => {}
    }
    let (minus_a, minus_b) = (negated(out, a), negated(out, b));
    match (op.0, minus_a, minus_b) {
        (Mul | Div, Some(a), Some(b)) => return combine(out, op.0, a, b),
        (Add, _, Some(b)) => return combine(out, Sub, a, b),
        (Add, Some(a), None) => return combine(out, Sub, b, a),
        (Sub, _, Some(b)) => return combine(out, Add, a, b),
        (Mul | Div, Some(a), None) if right.is_some() && dtype.is_float() => {
            let factor = number(out, b, -right.unwrap_or_default())?;
            return combine(out, op.0, a, factor);
        }
        _ => {}
    }
    hoist(out, &op.into(), inputs)
}

/// Whether a division by `n` can be a multiplication: for powers of two both are exact.
fn reciprocal_is_exact(n: f64, dtype: DType) -> bool {
    let normal = match dtype {
        DType::F32 => (n as f32).is_normal() && (1.0 / n as f32).is_normal(),
        DType::F64 => n.is_normal() && (1.0 / n).is_normal(),
        _ => false,
    };
    const MANTISSA: u64 = (1 << 52) - 1;
    normal && n.to_bits() & MANTISSA == 0
}

/// `x` to a power that has a cheaper name.
fn power(out: &mut Rewriter, x: NodeId, n: f64) -> Found {
    let float = out.spec(x).dtype.is_float();
    match n {
        0.0 => number(out, x, 1.0).map(Some),
        2.0 => apply(out, UnaryKind::Square, x),
        3.0 => {
            let square = add(out, Unary(UnaryKind::Square), &[x])?;
            combine(out, BinaryKind::Mul, x, square)
        }
        0.5 if float => apply(out, UnaryKind::Sqrt, x),
        -0.5 if float => apply(out, UnaryKind::Rsqrt, x),
        -1.0 if float => apply(out, UnaryKind::Reciprocal, x),
        _ => Ok(None),
    }
}

pub(super) fn logical(out: &mut Rewriter, op: Logical, inputs: &[NodeId]) -> Found {
    use LogicalKind::*;
    let (a, b) = (inputs[0], inputs[1]);
    let truth = |id| out.number(id).map(|n| n != 0.0);
    let found = match (op.0, truth(a), truth(b)) {
        (And, _, Some(true)) | (Or | Xor, _, Some(false)) => Some(a),
        (And, Some(true), _) | (Or | Xor, Some(false), _) => Some(b),
        // The constant itself decides.
        (And, _, Some(false)) | (Or, _, Some(true)) => Some(b),
        (And, Some(false), _) | (Or, Some(true), _) => Some(a),
        (And | Or, ..) if a == b => Some(a),
        _ => None,
    };
    match found {
        Some(id) => Ok(Some(id)),
        None => hoist(out, &op.into(), inputs),
    }
}

pub(super) fn select(out: &mut Rewriter, inputs: &[NodeId]) -> Found {
    let (condition, a, b) = (inputs[0], inputs[1], inputs[2]);
    if let Some(truth) = out.number(condition) {
        return Ok(Some(if truth != 0.0 { a } else { b }));
    }
    if a == b {
        return Ok(Some(a));
    }
    if let Op::Unary(Unary(UnaryKind::Not)) = out.op(condition) {
        let condition = out.input(condition);
        return add(out, Select, &[condition, b, a]).map(Some);
    }
    hoist(out, &Select.into(), inputs)
}

/// Whether every value of `from` is one of `to`.
fn lossless(from: DType, to: DType) -> bool {
    use DType::*;
    match (from, to) {
        (I32 | I64, F32) | (I64, F64) => false,
        _ => from <= to,
    }
}

pub(super) fn cast(out: &mut Rewriter, op: Cast, x: NodeId) -> Found {
    let (middle, to) = (out.spec(x).dtype, op.dtype);
    if middle == to {
        return Ok(Some(x));
    }
    if let Op::Cast(_) = out.op(x) {
        let below = out.input(x);
        let from = out.spec(below).dtype;
        // Integers wrap into smaller integers where floats saturate.
        let wraps = from.is_integer() && middle.is_float() && to.is_integer();
        if lossless(from, middle) && (!wraps || lossless(from, to)) {
            return add(out, op, &[below]).map(Some);
        }
    }
    hoist(out, &op.into(), &[x])
}

/// Arithmetic on reshaped values is done before the reshaping, where that is the same for all: the
/// reshaping then meets the next movement and merges with it.
fn reshaped(out: &mut Rewriter, op: &Op, inputs: &[NodeId]) -> Found {
    let mut from: Option<&[usize]> = None;
    for &id in inputs.iter().filter(|&&id| out.uniform(id).is_none()) {
        if !matches!(out.op(id), Op::Reshape(_)) {
            return Ok(None);
        }
        let shape = out.shape(out.input(id));
        if **from.get_or_insert(shape) != *shape {
            return Ok(None);
        }
    }
    let Some(from) = from.map(<[usize]>::to_vec) else { return Ok(None) };
    let shape = out.shape(inputs[0]).to_vec();
    let mut arguments = Vec::with_capacity(inputs.len());
    for &id in inputs {
        arguments.push(match out.uniform(id).cloned() {
            Some(value) => out.fill(value, &from)?,
            None => out.input(id),
        });
    }
    let result = add(out, op.clone(), &arguments)?;
    add(out, Reshape { shape }, &[result]).map(Some)
}

/// Arithmetic on repeated values is done before the repetition.
pub(super) fn hoist(out: &mut Rewriter, op: &Op, inputs: &[NodeId]) -> Found {
    if let Some(found) = reshaped(out, op, inputs)? {
        return Ok(Some(found));
    }
    let shape = out.shape(inputs[0]).to_vec();
    let mut small = Vec::new();
    for &id in inputs {
        if out.uniform(id).is_some() {
            continue;
        }
        if !matches!(out.op(id), Op::Broadcast(_)) {
            return Ok(None);
        }
        small = broadcast_shapes("pass", &small, out.shape(out.input(id)))?;
    }
    let count = |s: &[usize]| s.iter().product::<usize>();
    if count(&small) >= count(&shape) {
        return Ok(None);
    }
    let mut arguments = Vec::with_capacity(inputs.len());
    for &id in inputs {
        arguments.push(match out.uniform(id).cloned() {
            Some(value) => out.fill(value, &small)?,
            None => {
                let source = out.input(id);
                add(out, Broadcast { shape: small.clone() }, &[source])?
            }
        });
    }
    let result = add(out, op.clone(), &arguments)?;
    add(out, Broadcast { shape }, &[result]).map(Some)
}
