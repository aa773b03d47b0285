//! Values that are cheaper to compute again than to keep.
//!
//! What the backward pass needs of a forward group, a sum with a bias before an activation for example, is often a
//! few cheap functions of something that is in memory anyway. Then every group that reads it computes it for
//! itself, and it is never written.

use std::collections::BTreeSet;

use cornu_graph::NodeId;
use cornu_graph::ops::{BinaryKind, Op, UnaryKind};

use super::{Fusion, Kind, MAX_GROUP, Source, is_direct, source, squeezed};

/// The most functions that are computed again for one value.
const MAX_FUNCTIONS: usize = 4;
/// Smaller values stay in a cache.
const MIN_COUNT: usize = 1 << 14;
/// By how much what is read besides the one large operand must be smaller than the value.
const SMALL: usize = 16;

/// What has to be computed to have a value again, and what that reads.
#[derive(Default)]
struct Recipe {
    functions: BTreeSet<usize>,
    operands: BTreeSet<usize>,
}

impl Fusion<'_> {
    /// For every group, the nodes of other groups that it computes again.
    pub(super) fn recomputed(&self) -> Vec<BTreeSet<usize>> {
        let n = self.graph.nodes.len();
        let mut again = vec![BTreeSet::new(); n];
        // Values that a recipe reads stay in memory.
        let mut pinned = vec![false; n];
        for v in 0..n {
            let groups = self.reading_groups(v);
            let worth = self.live[v] && !self.roots[v] && !pinned[v] && !groups.is_empty();
            if !worth || self.kinds[v] != Kind::Element || self.count(v) < MIN_COUNT {
                continue;
            }
            let mut recipe = Recipe::default();
            if !self.add(v, &again, &mut recipe) || !self.gains(v, &recipe) {
                continue;
            }
            let fits = |&g: &usize| {
                self.members[g].len() + again[g].len() + recipe.functions.len() <= MAX_GROUP
                    && again[g].is_disjoint(&recipe.operands)
                    && self.reads_in_place(g, &recipe.functions)
            };
            if groups.iter().all(fits) {
                groups.iter().for_each(|&g| again[g].extend(&recipe.functions));
                recipe.operands.iter().for_each(|&r| pinned[r] = true);
            }
        }
        again
    }

    /// The other groups that read a node.
    fn reading_groups(&self, v: usize) -> BTreeSet<usize> {
        let groups = self.readers[v].iter().map(|&reader| self.group[reader]);
        groups.filter(|&g| g != self.group[v]).collect()
    }

    fn count(&self, i: usize) -> usize {
        self.graph.nodes[i].spec.count()
    }

    /// Adds a function and those before it, back to what is in memory.
    fn add(&self, v: usize, again: &[BTreeSet<usize>], recipe: &mut Recipe) -> bool {
        recipe.functions.insert(v);
        if recipe.functions.len() > MAX_FUNCTIONS || !self.is_cheap(v) {
            return false;
        }
        let partners = self.partners(v);
        self.reads[v].iter().all(|&r| {
            let stored = match self.kinds[r] {
                Kind::Element => {
                    self.roots[r] || self.reading_groups(r).iter().any(|&g| !again[g].contains(&r))
                }
                Kind::Free => false,
                Kind::View | Kind::Other => true,
            };
            if stored {
                recipe.operands.insert(r);
            }
            let direct = partners.contains(&r);
            stored || (direct && (recipe.functions.contains(&r) || self.add(r, again, recipe)))
        })
    }

    fn is_cheap(&self, i: usize) -> bool {
        let node = &self.graph.nodes[i];
        match &node.op {
            Op::Unary(op) => matches!(op.0, UnaryKind::Neg | UnaryKind::Abs | UnaryKind::Square),
            Op::Binary(op) => matches!(
                op.0,
                BinaryKind::Add
                    | BinaryKind::Sub
                    | BinaryKind::Mul
                    | BinaryKind::Max
                    | BinaryKind::Min
            ),
            Op::Compare(_) | Op::Logical(_) | Op::Select(_) => true,
            _ => false,
        }
    }

    /// Whether reading the operands costs less than writing and reading the value.
    fn gains(&self, v: usize, recipe: &Recipe) -> bool {
        let bytes = |i: usize| self.count(i) * self.graph.nodes[i].spec.dtype.size();
        let mut large = recipe.operands.iter().filter(|&&r| bytes(r) * SMALL > bytes(v));
        large.next().is_none_or(|&r| bytes(r) <= bytes(v)) && large.next().is_none()
    }

    /// Whether the nodes of a group read these ones element by element.
    fn reads_in_place(&self, g: usize, nodes: &BTreeSet<usize>) -> bool {
        self.members[g].iter().all(|&m| {
            let node = &self.graph.nodes[m];
            let sizes = squeezed(&node.spec.shape);
            self.kinds[m] == Kind::Element
                && node.inputs.iter().all(|&id| match source(self.graph, id) {
                    Source::Value { node: NodeId(r), strides } => {
                        !nodes.contains(&r)
                            || (is_direct(&strides, &sizes)
                                && squeezed(&self.graph.nodes[r].spec.shape) == sizes)
                    }
                    _ => true,
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use cornu_graph::{Array, Backend, DType, Graph, Result, Tensor, ops};

    use crate::Cpu;
    use crate::fuse::{Unit, fuse};

    /// The values that groups write.
    fn written(graph: &Graph) -> usize {
        let outputs = |unit: Unit| match unit {
            Unit::Group { outputs, .. } => outputs.len(),
            Unit::Node(_) => 0,
        };
        fuse(graph).into_iter().map(outputs).sum()
    }

    fn input(shape: &[usize]) -> Tensor {
        Tensor::input(shape, DType::F32)
    }

    fn same_as_the_interpreter(graph: &Graph) -> Result<()> {
        let values = |shape: &[usize], k: usize| {
            let count = shape.iter().product();
            Array::new(shape, (0..count).map(|i| ((i * 7 + k) % 23) as f32 / 23.0 - 0.4).collect())
        };
        let ids = graph.inputs.iter().enumerate();
        let inputs: Vec<Array> =
            ids.map(|(k, &id)| values(&graph.node(id).spec.shape, k)).collect::<Result<_>>()?;
        let inputs: Vec<&Array> = inputs.iter().collect();
        let got = Cpu::new(2)?.compile(graph)?.run(&inputs)?;
        for (got, want) in got.iter().zip(graph.evaluate(&inputs)?) {
            let (got, want) = (got.to_vec::<f64>(), want.to_vec::<f64>());
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-5 * b.abs().max(1.0);
            assert!(got.iter().zip(&want).all(near));
        }
        Ok(())
    }

    #[test]
    fn a_sum_with_a_bias_is_computed_again() -> Result<()> {
        let [x, w, b] = [&[256, 64][..], &[64, 64], &[64]].map(input);
        let h = ops::matmul(&x, &w) + &b;
        let y = &h * ops::erf(&h);
        let z = ops::tanh(&(ops::matmul(&y, &w) + &h));
        let graph = Graph::trace(&[x, w, b], &[y, z], &[])?;
        assert_eq!(written(&graph), 2);
        same_as_the_interpreter(&graph)
    }

    #[test]
    fn normalised_values_are_computed_again() -> Result<()> {
        let x = input(&[512, 64]);
        let mean = ops::mean(&x, &[0], true);
        let centred = &x - &mean;
        let scale = ops::rsqrt(&(ops::mean(&ops::square(&centred), &[0], true) + 1e-3));
        let y = ops::sigmoid(&(&centred * &scale));
        let z = ops::sum(&(&y * &centred * &scale), &[0], true) * (&centred * &scale);
        let graph = Graph::trace(&[x], &[y, z], &[])?;
        same_as_the_interpreter(&graph)?;
        // Not the centred values: mean, squares, scale, y, products, z.
        assert_eq!(written(&graph), 6);
        Ok(())
    }

    #[test]
    fn what_costs_as_much_to_read_is_kept() -> Result<()> {
        let [x, w] = [&[256, 64][..], &[64, 64]].map(input);
        // Two large operands.
        let h = ops::matmul(&x, &w) + &x;
        let y = ops::erf(&h);
        let z = ops::matmul(&y, &w) * &h;
        let graph = Graph::trace(&[x.clone(), w.clone()], &[y, z], &[])?;
        assert_eq!(written(&graph), 3);
        same_as_the_interpreter(&graph)?;
        // A costly function.
        let h = ops::exp(&ops::matmul(&x, &w));
        let y = ops::erf(&h);
        let z = ops::matmul(&y, &w) * &h;
        let graph = Graph::trace(&[x, w], &[y, z], &[])?;
        assert_eq!(written(&graph), 3);
        same_as_the_interpreter(&graph)
    }
}
