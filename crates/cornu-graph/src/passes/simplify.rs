//! Algebra.

mod elementwise;
mod linear;
mod movement;
mod reduction;

use super::rewrite::{Rewriter, rebuild};
use crate::ops::Op;
use crate::{Graph, NodeId, Result};

/// Rules may build nodes to which rules apply; past this depth nodes stay as they are, so that no graph
/// can exhaust the stack.
const DEPTH: usize = 48;

/// Replaces nodes by cheaper ones that compute the same: neutral elements, merged movements,
/// transpositions inside matrix products, arithmetic on repeated values before the repetition.
///
/// # Errors
/// None that a verified graph gives.
pub fn simplify(graph: Graph) -> Result<Graph> {
    rebuild(graph, |out, op, inputs, _| add(out, op, inputs))
}

/// Appends a node, or what a rule finds for it.
fn add(out: &mut Rewriter, op: impl Into<Op>, inputs: &[NodeId]) -> Result<NodeId> {
    let op = op.into();
    if out.depth < DEPTH {
        out.depth += 1;
        let found = rule(out, &op, inputs);
        out.depth -= 1;
        if let Some(id) = found? {
            return Ok(id);
        }
    }
    out.push(op, inputs)
}

fn rule(out: &mut Rewriter, op: &Op, inputs: &[NodeId]) -> Result<Option<NodeId>> {
    match op {
        Op::StopGradient(_) => Ok(Some(inputs[0])),
        Op::Unary(op) => elementwise::unary(out, *op, inputs),
        Op::Binary(op) => elementwise::binary(out, *op, inputs),
        Op::Logical(op) => elementwise::logical(out, *op, inputs),
        Op::Compare(_) => elementwise::hoist(out, op, inputs),
        Op::Select(_) => elementwise::select(out, inputs),
        Op::Cast(op) => elementwise::cast(out, *op, inputs[0]),
        Op::Broadcast(op) => movement::broadcast(out, op, inputs[0]),
        Op::Reshape(op) => movement::reshape(out, op, inputs[0]),
        Op::Transpose(op) => movement::transpose(out, op, inputs[0]),
        Op::Slice(op) => movement::slice(out, op, inputs[0]),
        Op::Pad(op) => movement::pad(out, op, inputs[0]),
        Op::Flip(op) => movement::flip(out, op, inputs[0]),
        Op::Concatenate(op) => movement::concatenate(out, op, inputs),
        Op::Reduce(op) => reduction::reduce(out, op, inputs[0]),
        Op::MatMul(op) => linear::matmul(out, op, inputs),
        Op::Conv(op) => linear::conv(out, op, inputs),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use crate::ops::*;
    use crate::passes::optimize;
    use crate::{DType, Graph, Tensor};

    fn input(shape: &[usize]) -> Tensor {
        Tensor::input(shape, DType::F32)
    }

    /// The names of the ops that are left of `y`, without inputs.
    fn left(y: &Tensor) -> Vec<&'static str> {
        let all = Tensor::topological(std::slice::from_ref(y)).unwrap();
        let is_input = |t: &&Tensor| matches!(t.op(), Some(Op::Input(_)));
        let inputs: Vec<Tensor> = all.iter().filter(is_input).cloned().collect();
        let graph = Graph::trace(&inputs, std::slice::from_ref(y), &[]).unwrap();
        let graph = optimize(graph).unwrap();
        let ops = graph.nodes.iter().filter(|n| !matches!(n.op, Op::Input(_)));
        ops.map(|n| n.op.name()).collect()
    }

    const NOTHING: [&str; 0] = [];

    #[test]
    fn neutral_elements_vanish() {
        let x = input(&[2, 3]);
        let c = |n: f64| number_like(&x, n);
        let truth = greater(&x, &c(0.5));
        for y in [
            &x * 1.0 + 0.0,
            0.0 + (1.0 * &x),
            (&x - 0.0) / 1.0,
            -(-&x),
            power_number(&x, 1.0),
            stop_gradient(&x),
            maximum(&x, &x),
            where_(&truth, &x, &x),
            where_(&Tensor::scalar(true), &x, &c(7.0)),
            cast(&cast(&x, DType::F64), DType::F32),
            transpose(&transpose(&x, &[]), &[]),
            reshape(&reshape(&x, &[6]), &[2, 3]),
            flip(&flip(&x, &[1]), &[1]),
            slice(&x, &[0, 0], &[2, 3], &[1, 1]),
            pad(&x, &[(0, 0); 2], 1.0),
            slice(&pad(&x, &[(1, 2), (0, 1)], 0.0), &[1, 0], &[3, 3], &[1, 1]),
            slice_axis(&concatenate(&[&x * 2.0, x.clone()], 0), 0, 2, 4),
            concatenate(std::slice::from_ref(&x), 1),
            sum(&expand_dims(&x, 1), &[1], false),
            x.clone() + ones_like(&x) * 0.0,
        ] {
            assert_eq!(left(&y), NOTHING, "{y:?}");
        }
        assert_eq!(left(&logical_and(&truth, &Tensor::scalar(true))), left(&truth));
        assert_eq!(left(&logical_not(&logical_not(&truth))), left(&truth));
    }

    #[test]
    fn names_become_cheaper() {
        let x = input(&[4]);
        assert_eq!(left(&power_number(&x, 2.0)), ["square"]);
        assert_eq!(left(&(&x * &x)), ["square"]);
        assert_eq!(left(&power_number(&x, 0.5)), ["sqrt"]);
        assert_eq!(left(&power_number(&x, -0.5)), ["rsqrt"]);
        assert_eq!(left(&(1.0 / sqrt(&x))), ["rsqrt"]);
        assert_eq!(left(&(&x * -1.0)), ["negative"]);
        assert_eq!(left(&(0.0 - &x)), ["negative"]);
        assert_eq!(left(&(&x + -exp(&x))), ["exp", "subtract"]);
        assert_eq!(left(&(&x / 8.0)), ["constant", "broadcast_to", "multiply"]);
        assert_eq!(left(&(&x / 3.0)), ["constant", "broadcast_to", "divide"]);
        assert_eq!(left(&logical_not(&equal(&x, &exp(&x)))), ["exp", "not_equal"]);
        // NaN is neither less nor greater or equal.
        assert_eq!(left(&logical_not(&less(&x, &exp(&x)))), ["exp", "less", "logical_not"]);
        // 0 · inf is NaN, and so is inf - inf.
        assert_eq!(left(&(&x * 0.0)), ["constant", "broadcast_to", "multiply"]);
        assert_eq!(left(&(&x - &x)), ["subtract"]);
        // Integers wrap where floats saturate; not all of them are floats.
        let i = Tensor::input(&[4], DType::I32);
        assert_eq!(left(&cast(&cast(&i, DType::F64), DType::U8)), ["cast", "cast"]);
        assert_eq!(left(&cast(&cast(&i, DType::F32), DType::I32)), ["cast", "cast"]);
        assert_eq!(left(&cast(&cast(&i, DType::I64), DType::U8)), ["cast"]);
    }

    #[test]
    fn movements_merge() {
        let x = input(&[4, 1, 6]);
        assert_eq!(left(&transpose(&x, &[1, 0, 2])), ["reshape"]);
        let y = input(&[2, 3, 4]);
        assert_eq!(left(&transpose(&transpose(&y, &[2, 1, 0]), &[1, 0, 2])), ["transpose"]);
        let wide = broadcast_to(&broadcast_to(&x, &[4, 3, 6]), &[2, 4, 3, 6]);
        assert_eq!(left(&wide), ["broadcast_to"]);
        assert_eq!(left(&broadcast_to(&expand_dims(&x, 0), &[2, 4, 1, 6])), ["broadcast_to"]);
        let part =
            slice(&slice(&x, &[1, 0, 0], &[4, 1, 6], &[2, 1, 2]), &[1, 0, 1], &[2, 1, 3], &[1; 3]);
        assert_eq!(left(&part), ["slice"]);
        assert_eq!(left(&flip(&flip(&x, &[0]), &[0, 1])), NOTHING);
        let nothing = slice_axis(&x, 0, 1, 1);
        let joined = concatenate(&[x.clone(), nothing, &x * 2.0], 0);
        assert_eq!(left(&joined), ["constant", "broadcast_to", "multiply", "concatenate"]);
        assert_eq!(left(&exp(&broadcast_to(&x, &[4, 5, 6]))), ["exp", "broadcast_to"]);
        let row = input(&[6]);
        let outer = broadcast_to(&x, &[4, 5, 6]) * broadcast_to(&row, &[4, 5, 6]);
        assert_eq!(left(&outer), ["broadcast_to", "multiply", "broadcast_to"]);
    }

    #[test]
    fn numbers_are_computed_ahead() {
        let y = full(&[3, 4], 2.0) * full(&[3, 4], 3.0) + full(&[3, 4], 1.0);
        assert_eq!(left(&transpose(&y, &[])), ["constant", "broadcast_to"]);
        assert_eq!(left(&sum(&y, &[], false)), ["constant"]);
        assert_eq!(left(&max(&y, &[0], false)), ["constant", "broadcast_to"]);
        // Equal numbers are shared.
        let x = input(&[3]);
        let y = (&x + 2.0) * (&x - 2.0);
        assert_eq!(left(&y), ["constant", "broadcast_to", "add", "subtract", "multiply"]);
    }

    #[test]
    fn reductions_of_repetitions_and_movements() {
        let x = input(&[4]);
        let wide = broadcast_to(&x, &[5, 4]);
        assert_eq!(left(&sum(&wide, &[0], false)), ["constant", "broadcast_to", "multiply"]);
        assert_eq!(left(&max(&wide, &[0], false)), NOTHING);
        assert_eq!(left(&sum(&wide, &[1], false)), ["broadcast_to", "sum"]);
        let y = input(&[2, 3, 4]);
        assert_eq!(left(&sum(&transpose(&y, &[]), &[0], false)), ["sum", "transpose"]);
        assert_eq!(left(&sum(&transpose(&y, &[1, 0, 2]), &[2, 0], false)), ["sum"]);
        assert_eq!(left(&sum(&reshape(&transpose(&y, &[]), &[24]), &[], false)), ["sum"]);
    }

    #[test]
    fn products_read_transposed_and_convolutions_pad() {
        let (a, b) = (input(&[3, 4]), input(&[3, 5]));
        assert_eq!(left(&matmul(&transpose(&a, &[]), &b)), ["matmul"]);
        assert_eq!(left(&transpose(&matmul(&transpose(&a, &[]), &b), &[])), ["matmul"]);
        let (column, row) = (input(&[64, 1]), input(&[1, 64]));
        assert_eq!(left(&matmul(&column, &row)), ["broadcast_to", "broadcast_to", "multiply"]);
        let two = left(&matmul(&transpose(&input(&[2, 64]), &[]), &input(&[2, 64])));
        assert!(two.contains(&"add") && !two.contains(&"matmul"), "{two:?}");
        let x = input(&[1, 5, 5, 2]);
        let w = input(&[3, 3, 2, 4]);
        let params = ConvParams {
            strides: vec![1, 2],
            padding: vec![(0, 1), (0, 0)],
            dilation: vec![1, 1],
            groups: 1,
        };
        let padded = |value| pad(&x, &[(0, 0), (1, 0), (2, 3), (0, 0)], value);
        assert_eq!(left(&conv(&padded(0.0), &w, &params)), ["conv"]);
        assert_eq!(left(&conv(&padded(1.0), &w, &params)), ["pad", "conv"]);
    }

    #[test]
    fn deep_nests_do_not_exhaust_the_stack() {
        let x = input(&[4]);
        let mut y = x.clone();
        for _ in 0..3_000 {
            y = concatenate(&[y, x.clone()], 0);
        }
        assert!(!left(&slice_axis(&y, 0, 1, 3)).is_empty());
    }
}
