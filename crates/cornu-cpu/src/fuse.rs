//! Which nodes run together: element-wise chains become groups, each one pass over memory.

mod recompute;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use cornu_graph::ops::Op;
use cornu_graph::{Array, DType, Graph, NodeId};

/// The most nodes in a group: beyond it, the values in flight no longer fit the first-level cache.
const MAX_GROUP: usize = 160;

/// What is lowered at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A node on its own.
    Node(NodeId),
    /// Element-wise nodes of one shape (but for axes of size 1), each after its operands.
    Group {
        /// All nodes.
        nodes: Vec<NodeId>,
        /// Those that others read.
        outputs: Vec<NodeId>,
    },
}

/// What an operand of an element-wise node comes from, seen through views and broadcasts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// One known element at every place.
    Scalar(Arc<Array>),
    /// The index along an axis (of those that are not of size 1).
    Index { axis: usize, dtype: DType },
    /// A node's value, with a stride for every axis that is not of size 1.
    Value { node: NodeId, strides: Vec<isize> },
}

/// What the fusion does with an op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Computes elements one by one.
    Element,
    /// Costs nothing inside a group, so every group that reads it has its own.
    Free,
    /// The same memory under another name.
    View,
    /// Anything else.
    Other,
}

fn kind(graph: &Graph, id: NodeId) -> Kind {
    let node = graph.node(id);
    match &node.op {
        Op::Unary(_) | Op::Compare(_) | Op::Logical(_) | Op::Select(_) | Op::Cast(_) => {
            Kind::Element
        }
        Op::Binary(binary) if binary.0.has(node.spec.dtype) => Kind::Element,
        Op::Broadcast(_) | Op::Iota(_) => Kind::Free,
        Op::Reshape(_) | Op::StopGradient(_) => Kind::View,
        _ => Kind::Other,
    }
}

/// The sizes of a shape that are not 1: the iteration space of an element-wise node.
pub(crate) fn squeezed(shape: &[usize]) -> Vec<usize> {
    shape.iter().copied().filter(|&d| d != 1).collect()
}

/// The only element of a node that is the same constant everywhere.
fn scalar(graph: &Graph, mut id: NodeId) -> Option<Arc<Array>> {
    loop {
        let node = graph.node(id);
        match &node.op {
            Op::Constant(c) if c.0.len() == 1 => return Some(Arc::clone(&c.0)),
            Op::Broadcast(_) | Op::Reshape(_) | Op::StopGradient(_) => id = node.inputs[0],
            _ => return None,
        }
    }
}

/// Follows a node to where its elements are.
pub(crate) fn source(graph: &Graph, id: NodeId) -> Source {
    if let Some(value) = scalar(graph, id) {
        return Source::Scalar(value);
    }
    let large =
        |shape: &[usize]| -> Vec<usize> { (0..shape.len()).filter(|&i| shape[i] != 1).collect() };
    let mut at = id;
    // For every axis of the iteration space: the axis of `at` that it walks, if any.
    let mut axes: Vec<Option<usize>> =
        large(&graph.node(id).spec.shape).into_iter().map(Some).collect();
    loop {
        let node = graph.node(at);
        let shape = &node.spec.shape;
        match &node.op {
            Op::Broadcast(_) => {
                let from = &graph.node(node.inputs[0]).spec.shape;
                let added = shape.len() - from.len();
                let inner = |axis: usize| axis.checked_sub(added).filter(|&i| from[i] != 1);
                axes.iter_mut().for_each(|axis| *axis = axis.and_then(inner));
                at = node.inputs[0];
            }
            Op::StopGradient(_) => at = node.inputs[0],
            Op::Reshape(_) => {
                let from = &graph.node(node.inputs[0]).spec.shape;
                if squeezed(from) != squeezed(shape) {
                    break;
                }
                let (old, new) = (large(shape), large(from));
                let moved = |axis: usize| old.iter().position(|&i| i == axis).map(|k| new[k]);
                axes.iter_mut().for_each(|axis| *axis = axis.and_then(moved));
                at = node.inputs[0];
            }
            Op::Iota(iota) => {
                return match axes.iter().position(|&axis| axis == Some(iota.axis)) {
                    Some(axis) => Source::Index { axis, dtype: iota.spec.dtype },
                    // The axis is broadcast, so it has one place: number 0.
                    None => Source::Scalar(Arc::new(Array::scalar_of(iota.spec.dtype, 0.0))),
                };
            }
            _ => break,
        }
    }
    let own = cornu_graph::strides(&graph.node(at).spec.shape);
    let strides = axes.into_iter().map(|axis| axis.map_or(0, |i| own[i] as isize)).collect();
    Source::Value { node: at, strides }
}

/// Whether strides are those of a row-major array with these (squeezed) sizes.
pub(crate) fn is_direct(strides: &[isize], sizes: &[usize]) -> bool {
    cornu_graph::strides(sizes).iter().zip(strides).all(|(&a, &b)| a as isize == b)
}

/// The nodes that outputs and updates need, in units, each after those that it reads.
pub(crate) fn fuse(graph: &Graph) -> Vec<Unit> {
    let mut fusion = Fusion::new(graph);
    for i in 0..graph.nodes.len() {
        if fusion.live[i] && fusion.kinds[i] == Kind::Element {
            for producer in fusion.partners(i) {
                fusion.merge(producer, i);
            }
        }
    }
    fusion.units()
}

struct Fusion<'g> {
    graph: &'g Graph,
    kinds: Vec<Kind>,
    /// The nodes whose values each node reads, seen through what costs nothing.
    reads: Vec<Vec<usize>>,
    readers: Vec<Vec<usize>>,
    live: Vec<bool>,
    roots: Vec<bool>,
    /// The group of every node, and the members of every group (first those of one node each).
    group: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl<'g> Fusion<'g> {
    fn new(graph: &'g Graph) -> Self {
        let n = graph.nodes.len();
        let kinds: Vec<Kind> = (0..n).map(|i| kind(graph, NodeId(i))).collect();
        let value = |id: NodeId| match source(graph, id) {
            Source::Value { node, .. } => Some(node.0),
            _ => None,
        };
        let reads = |i: usize| -> Vec<usize> {
            let inputs = &graph.nodes[i].inputs;
            match kinds[i] {
                Kind::Element => inputs.iter().filter_map(|&id| value(id)).collect(),
                Kind::Free => value(NodeId(i)).into_iter().filter(|&j| j != i).collect(),
                Kind::View | Kind::Other => inputs.iter().map(|id| id.0).collect(),
            }
        };
        let reads: Vec<Vec<usize>> = (0..n).map(reads).collect();
        let mut roots = vec![false; n];
        for id in graph.outputs.iter().chain(graph.updates.iter().map(|u| &u.value)) {
            roots[id.0] = true;
        }
        let mut live = roots.clone();
        let mut readers = vec![Vec::new(); n];
        for i in (0..n).rev() {
            if live[i] {
                for &j in &reads[i] {
                    live[j] = true;
                    readers[j].push(i);
                }
            }
        }
        let group = (0..n).collect();
        let members = (0..n).map(|i| vec![i]).collect();
        Fusion { graph, kinds, reads, readers, live, roots, group, members }
    }

    /// The element-wise nodes whose values node `i` reads element by element.
    fn partners(&self, i: usize) -> BTreeSet<usize> {
        let sizes = squeezed(&self.graph.nodes[i].spec.shape);
        let partner = |&id: &NodeId| match source(self.graph, id) {
            Source::Value { node, strides }
                if self.kinds[node.0] == Kind::Element
                    && is_direct(&strides, &sizes)
                    && squeezed(&self.graph.node(node).spec.shape) == sizes =>
            {
                Some(node.0)
            }
            _ => None,
        };
        self.graph.nodes[i].inputs.iter().filter_map(partner).collect()
    }

    /// Makes one group of a reader's and what it reads, unless that would close a cycle.
    fn merge(&mut self, producer: usize, reader: usize) {
        let (a, b) = (self.group[producer], self.group[reader]);
        let size = self.members[a].len() + self.members[b].len();
        if a == b || size > MAX_GROUP || self.leads_around(a, b) {
            return;
        }
        let (small, large) =
            if self.members[a].len() < self.members[b].len() { (a, b) } else { (b, a) };
        let moved = std::mem::take(&mut self.members[small]);
        moved.iter().for_each(|&m| self.group[m] = large);
        self.members[large].extend(moved);
    }

    /// Whether a path leads from group `a` to group `b` through a third.
    fn leads_around(&self, a: usize, b: usize) -> bool {
        let readers = |g: usize| self.members[g].iter().flat_map(|&m| &self.readers[m]);
        if readers(a).all(|&r| [a, b].contains(&self.group[r])) {
            return false;
        }
        let mut seen = vec![false; self.group.len()];
        seen[a] = true;
        let mut stack = vec![a];
        while let Some(group) = stack.pop() {
            for &reader in readers(group) {
                let next = self.group[reader];
                if next == b {
                    if group != a {
                        return true;
                    }
                } else if !std::mem::replace(&mut seen[next], true) {
                    stack.push(next);
                }
            }
        }
        false
    }

    /// The groups in an order in which they can be computed; among those that can, the one whose nodes
    /// come first in the graph.
    fn units(mut self) -> Vec<Unit> {
        let n = self.graph.nodes.len();
        self.members.iter_mut().for_each(|m| m.sort_unstable());
        let (computed, stored) = self.computed();
        let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); n];
        let mut pending = vec![0usize; n];
        for (g, nodes) in computed.iter().enumerate() {
            let read = nodes.iter().flat_map(|&m| &self.reads[m]);
            let read = read.filter(|r| !nodes.contains(r)).map(|&r| self.group[r]);
            let inputs: BTreeSet<usize> = read.collect();
            pending[g] = inputs.len();
            inputs.into_iter().for_each(|other| {
                after[other].insert(g);
            });
        }
        let first = |g: usize| Reverse((self.members[g][0], g));
        let mut ready: BinaryHeap<_> =
            (0..n).filter(|&g| !computed[g].is_empty() && pending[g] == 0).map(first).collect();
        let mut units = Vec::new();
        while let Some(Reverse((_, g))) = ready.pop() {
            units.push(self.unit(g, &computed[g], &stored));
            for &next in &after[g] {
                pending[next] -= 1;
                if pending[next] == 0 {
                    ready.push(first(next));
                }
            }
        }
        units
    }

    /// What each group computes, its own nodes and others' again, and which nodes some other group reads.
    fn computed(&self) -> (Vec<BTreeSet<usize>>, Vec<bool>) {
        let again = self.recomputed();
        let own = |g: usize| self.members[g].iter().copied().filter(|&m| self.live[m]);
        let mut computed: Vec<BTreeSet<usize>> =
            (0..again.len()).map(|g| own(g).chain(again[g].iter().copied()).collect()).collect();
        loop {
            let mut stored = self.roots.clone();
            for nodes in &computed {
                let read = nodes.iter().flat_map(|&m| &self.reads[m]);
                read.filter(|r| !nodes.contains(r)).for_each(|&r| stored[r] = true);
            }
            // What all readers compute again may be needed by nobody now.
            let mut changed = false;
            for (g, nodes) in computed.iter_mut().enumerate() {
                let mut needed = BTreeSet::new();
                for &m in nodes.iter().rev() {
                    let own = self.group[m] == g && stored[m];
                    if own || needed.iter().any(|&n: &usize| self.reads[n].contains(&m)) {
                        needed.insert(m);
                    }
                }
                changed |= needed.len() < nodes.len();
                *nodes = needed;
            }
            if !changed {
                return (computed, stored);
            }
        }
    }

    fn unit(&self, g: usize, computed: &BTreeSet<usize>, stored: &[bool]) -> Unit {
        let members = &self.members[g];
        match self.kinds[members[0]] {
            Kind::Element | Kind::Free => Unit::Group {
                nodes: computed.iter().map(|&m| NodeId(m)).collect(),
                outputs: members.iter().filter(|&&m| stored[m]).map(|&m| NodeId(m)).collect(),
            },
            Kind::View | Kind::Other => Unit::Node(NodeId(members[0])),
        }
    }
}

#[cfg(test)]
mod tests {
    use cornu_graph::{Result, Tensor, Variable, ops};

    use super::*;

    fn groups(graph: &Graph) -> Vec<(usize, usize)> {
        let size = |unit: Unit| match unit {
            Unit::Group { nodes, outputs } => Some((nodes.len(), outputs.len())),
            Unit::Node(_) => None,
        };
        fuse(graph).into_iter().filter_map(size).collect()
    }

    fn input(shape: &[usize]) -> Tensor {
        Tensor::input(shape, DType::F32)
    }

    #[test]
    fn an_optimizer_update_is_one_group() -> Result<()> {
        let zeros = || Array::zeros(&[4, 5], DType::F32);
        let [p, m, v] = [zeros()?, zeros()?, zeros()?].map(|a| Variable::new("x", a));
        let g = input(&[4, 5]);
        let m_next = m.read() * 0.9 + &g * 0.1;
        let v_next = v.read() * 0.99 + ops::square(&g) * 0.01;
        let p_next = p.read() - &m_next / (ops::sqrt(&v_next) + 1e-7);
        let graph = Graph::trace(&[g], &[], &[(p, p_next), (m, m_next), (v, v_next)])?;
        let found = groups(&graph);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1, 3);
        Ok(())
    }

    #[test]
    fn a_path_through_another_op_keeps_groups_apart() -> Result<()> {
        let x = input(&[4, 4]);
        let e = ops::exp(&x);
        let y = &e / ops::sum(&e, &[1], true);
        let z = ops::matmul(&y, &y) + &y;
        let graph = Graph::trace(&[x], &[z], &[])?;
        // exp | sum | the quotient | matmul | the sum: each is read by what comes between.
        assert_eq!(groups(&graph), [(1, 1), (1, 1), (1, 1)]);
        Ok(())
    }

    #[test]
    fn broadcasts_and_counters_join_every_reader() -> Result<()> {
        let (x, bias) = (input(&[4, 5]), input(&[5]));
        let h = ops::relu(&(&x + &bias));
        let index = ops::iota(&[4, 5], 1, DType::F32);
        let y = ops::sin(&(ops::transpose(&h, &[]) + ops::transpose(&index, &[])));
        let graph = Graph::trace(&[x, bias], &[y, h * &index], &[])?;
        let units = fuse(&graph);
        // Only the transposition needs the counter in memory; it alone, without operands.
        let fills = units.iter().filter(|u| {
            matches!(u, Unit::Group { nodes, .. } if matches!(graph.node(nodes[0]).op, Op::Iota(_)))
        });
        assert_eq!(fills.count(), 1);
        let broadcast = |u: &Unit| match u {
            Unit::Node(id) => matches!(graph.node(*id).op, Op::Broadcast(_)),
            Unit::Group { nodes, .. } => matches!(graph.node(nodes[0]).op, Op::Broadcast(_)),
        };
        assert!(!units.iter().any(broadcast));
        Ok(())
    }

    #[test]
    fn sources_are_seen_through_views() -> Result<()> {
        let x = input(&[3, 1, 4]);
        let view = ops::broadcast_to(&ops::reshape(&x, &[1, 3, 4]), &[2, 3, 4]);
        let number = ops::broadcast_to(&Tensor::scalar(2f32), &[2, 3, 4]);
        let index = ops::broadcast_to(&ops::iota(&[4], 0, DType::I32), &[2, 3, 4]);
        let graph = Graph::trace(&[x], &[view, number, index], &[])?;
        let id = |k: usize| graph.outputs[k];
        let Source::Value { node, strides } = source(&graph, id(0)) else { unreachable!() };
        assert_eq!((node, strides), (graph.inputs[0], vec![0, 4, 1]));
        assert_eq!(source(&graph, id(1)), Source::Scalar(Arc::new(Array::scalar(2f32))));
        assert_eq!(source(&graph, id(2)), Source::Index { axis: 2, dtype: DType::I32 });
        Ok(())
    }

    #[test]
    fn units_come_after_what_they_read() -> Result<()> {
        let x = input(&[6, 6]);
        let mut h = x.clone();
        for i in 0..6 {
            let s = ops::sum(&h, &[0], true);
            h = ops::tanh(&(&h - s)) + ops::square(&h) * f64::from(i);
            h = ops::matmul(&h, &h) * &h;
        }
        let graph = Graph::trace(&[x], &[h], &[])?;
        let mut done = std::collections::HashSet::new();
        for unit in fuse(&graph) {
            let (nodes, outputs) = match unit {
                Unit::Node(id) => (vec![id], vec![id]),
                Unit::Group { nodes, outputs } => (nodes, outputs),
            };
            for id in &nodes {
                for input in &graph.node(*id).inputs {
                    if let Source::Value { node, .. } = source(&graph, *input) {
                        assert!(done.contains(&node) || nodes.contains(&node));
                    }
                }
            }
            done.extend(outputs);
        }
        Ok(())
    }
}
