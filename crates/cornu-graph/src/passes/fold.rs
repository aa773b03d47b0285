//! Constants computed ahead.

use std::sync::Arc;

use super::rewrite::rebuild;
use crate::ops::{Constant, Op, Operation};
use crate::{Array, Graph, Result, Spec};

/// Results up to this size are kept as constants.
const RESULT_BYTES: usize = 1 << 10;
/// The reference evaluation is too slow for more.
const INPUT_BYTES: usize = 1 << 14;

/// Replaces nodes whose inputs are small constants by their value, if that is small too.
///
/// Repetitions stay: machine code repeats a number for free. So do custom ops, and ops that refuse their
/// data: their error belongs to the run.
///
/// # Errors
/// None that a verified graph gives.
pub fn fold(graph: Graph) -> Result<Graph> {
    rebuild(graph, |out, op, inputs, spec| {
        let constants: Option<Vec<Arc<Array>>> =
            inputs.iter().map(|&id| constant(out.op(id))).collect();
        let value = constants.and_then(|c| value(&op, &c, spec));
        match value {
            Some(value) => out.push(Constant(Arc::new(value)).into(), &[]),
            None => out.push(op, inputs),
        }
    })
}

fn constant(op: &Op) -> Option<Arc<Array>> {
    match op {
        Op::Constant(c) => Some(c.0.clone()),
        _ => None,
    }
}

fn value(op: &Op, inputs: &[Arc<Array>], spec: &Spec) -> Option<Array> {
    let bytes = |count: usize, d: crate::DType| count.saturating_mul(d.size());
    let read = inputs.iter().fold(0usize, |n, a| n.saturating_add(bytes(a.len(), a.dtype())));
    let foldable = !inputs.is_empty()
        && !matches!(op, Op::Broadcast(_) | Op::Custom(_))
        && bytes(spec.count(), spec.dtype) <= RESULT_BYTES
        && read <= INPUT_BYTES;
    let inputs: Vec<&Array> = inputs.iter().map(|a| &**a).collect();
    // An op that refuses its data is left to do so when it runs.
    foldable.then(|| op.evaluate(&inputs, spec).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::super::dead;
    use super::*;
    use crate::{DType, Tensor, ops};

    fn folded(y: &Tensor) -> Graph {
        dead(fold(Graph::trace(&[], std::slice::from_ref(y), &[]).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn small_constants_fold_and_repetitions_stay() {
        let v = Tensor::from(Array::new(&[3], vec![1f32, 2.0, 3.0]).unwrap());
        let y = ops::transpose(&ops::reshape(&ops::cast(&v, DType::F64), &[3, 1]), &[]);
        let graph = folded(&y);
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!(graph.evaluate(&[]).unwrap()[0].as_slice::<f64>().unwrap(), [1.0, 2.0, 3.0]);
        let graph = folded(&ops::broadcast_to(&ops::sin(&Tensor::scalar(1.0)), &[2, 2]));
        assert_eq!(graph.nodes.len(), 2);
        let big = Tensor::from(Array::zeros(&[1000], DType::F32).unwrap());
        assert_eq!(folded(&ops::sin(&big)).nodes.len(), 2);
        assert_eq!(folded(&ops::sum(&big, &[], false)).nodes.len(), 1);
    }

    #[test]
    fn errors_are_left_to_the_run() {
        let v = Tensor::from(Array::new(&[3], vec![1f32, 2.0, 3.0]).unwrap());
        let graph = folded(&ops::take(&v, &Tensor::scalar(7i32), 0));
        assert_eq!(graph.nodes.len(), 3);
        assert!(graph.evaluate(&[]).is_err());
    }
}
