//! Common subexpressions.

use std::collections::HashMap;
use std::hash::BuildHasher;

use super::rewrite::rebuild;
use crate::{Graph, NodeId, Result};

/// Computes once what several nodes compute: the same op on the same inputs.
///
/// Random values share too, as they follow from their key; custom ops only if they are one object.
///
/// # Errors
/// None that a verified graph gives.
pub fn common(graph: Graph) -> Result<Graph> {
    // By hash, to look a node up without a copy of its op.
    let mut seen: HashMap<u64, Vec<NodeId>> = HashMap::new();
    let state = std::hash::RandomState::new();
    rebuild(graph, |out, op, inputs, _| {
        let alike = seen.entry(state.hash_one((&op, inputs))).or_default();
        let same = |&&id: &&NodeId| out.node(id).inputs == inputs && *out.op(id) == op;
        if let Some(&id) = alike.iter().find(same) {
            return Ok(id);
        }
        let id = out.push(op, inputs)?;
        alike.push(id);
        Ok(id)
    })
}

#[cfg(test)]
mod tests {
    use super::super::dead;
    use super::*;
    use crate::ops::{self, Distribution};
    use crate::{Array, DType, Tensor};

    #[test]
    fn shares_equal_nodes_and_no_others() {
        let x = Tensor::input(&[2], DType::F32);
        let key = Tensor::from(Array::new(&[2], vec![1i64, 2]).unwrap());
        let noise = || ops::random(Distribution::Uniform, &key, &[2], DType::F32);
        let other = ops::random(Distribution::Normal, &key, &[2], DType::F32);
        let y = [
            ops::exp(&x) * 2.0 + noise(),
            ops::exp(&x) * 2.0 + noise(),
            ops::sin(&x) * 3.0 + other,
        ];
        let graph = Graph::trace(&[x], &y, &[]).unwrap();
        let n = graph.nodes.len();
        let graph = dead(common(graph).unwrap()).unwrap();
        // exp, 2.0, its repetition, the product, the noise and the sum.
        assert_eq!(graph.nodes.len(), n - 6);
        assert_eq!(graph.outputs[0], graph.outputs[1]);
        assert_ne!(graph.outputs[0], graph.outputs[2]);
    }

    #[test]
    fn tells_zeros_and_nans_apart() {
        let outputs = [0.0, -0.0, f64::NAN, f64::NAN].map(Tensor::scalar);
        let graph = common(Graph::trace(&[], &outputs, &[]).unwrap()).unwrap();
        assert_eq!(graph.nodes.len(), 3);
        let inputs = [Tensor::input(&[], DType::F32), Tensor::input(&[], DType::F32)];
        let graph = common(Graph::trace(&inputs, &inputs, &[]).unwrap()).unwrap();
        assert_eq!(graph.nodes.len(), 2);
    }
}
