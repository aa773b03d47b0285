//! Nodes that nothing needs.

use super::rewrite::checked;
use crate::{Graph, NodeId, Result};

/// Drops the nodes that no output and no update depends on; inputs stay.
///
/// # Errors
/// None that a verified graph gives.
pub fn dead(mut graph: Graph) -> Result<Graph> {
    let mut needed = vec![false; graph.nodes.len()];
    let roots = graph.outputs.iter().chain(graph.updates.iter().map(|u| &u.value));
    roots.chain(&graph.inputs).for_each(|id| needed[id.0] = true);
    for i in (0..needed.len()).rev() {
        if needed[i] {
            graph.nodes[i].inputs.iter().for_each(|id| needed[id.0] = true);
        }
    }
    if needed.iter().all(|&n| n) {
        return Ok(graph);
    }
    let mut next = 0;
    let places: Vec<NodeId> = needed
        .iter()
        .map(|&n| {
            let place = NodeId(next);
            next += usize::from(n);
            place
        })
        .collect();
    let mut keep = needed.iter();
    graph.nodes.retain(|_| keep.next().is_some_and(|&n| n));
    let renumber = |id: &mut NodeId| *id = places[id.0];
    graph.nodes.iter_mut().flat_map(|n| &mut n.inputs).for_each(renumber);
    graph.inputs.iter_mut().chain(&mut graph.outputs).for_each(renumber);
    graph.updates.iter_mut().for_each(|u| renumber(&mut u.value));
    checked(graph)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, DType, Tensor, Variable, ops};

    #[test]
    fn keeps_inputs_and_what_updates_need() {
        let (x, unused) = (Tensor::input(&[2], DType::F32), Tensor::input(&[3], DType::F32));
        let v = Variable::new("v", Array::zeros(&[2], DType::F32).unwrap());
        let y = ops::exp(&x);
        let z = ops::sin(&y);
        let mut graph =
            Graph::trace(&[unused, x], &[ops::cos(&z), y], &[(v.clone(), v.read() + z)]).unwrap();
        graph.outputs.remove(0);
        assert_eq!(graph.nodes.len(), 7);
        let graph = dead(graph).unwrap();
        assert_eq!(graph.nodes.len(), 6);
        let zeros = |n: usize| Array::zeros(&[n], DType::F32).unwrap();
        let y = graph.evaluate(&[&zeros(3), &zeros(2)]).unwrap();
        assert_eq!(y[0].as_slice::<f32>().unwrap(), [1.0, 1.0]);
        assert_eq!(v.value().as_slice::<f32>().unwrap(), [1f32.sin(); 2]);
    }
}
