//! The walk that passes share: a new graph grown node by node from an old one.

use crate::ops::{Broadcast, Constant, Op, Operation};
use crate::{Array, Error, Graph, Node, NodeId, Result, Spec, Update};

/// A graph that grows.
pub(super) struct Rewriter {
    graph: Graph,
    /// How deep rules are nested in each other; see [`super::simplify`].
    pub depth: usize,
}

impl Rewriter {
    pub fn node(&self, id: NodeId) -> &Node {
        self.graph.node(id)
    }

    pub fn op(&self, id: NodeId) -> &Op {
        &self.node(id).op
    }

    pub fn spec(&self, id: NodeId) -> &Spec {
        &self.node(id).spec
    }

    pub fn shape(&self, id: NodeId) -> &[usize] {
        &self.spec(id).shape
    }

    /// The only input of a node with one.
    pub fn input(&self, id: NodeId) -> NodeId {
        self.node(id).inputs[0]
    }

    /// Appends a node.
    pub fn push(&mut self, op: Op, inputs: &[NodeId]) -> Result<NodeId> {
        let specs: Vec<&Spec> = inputs.iter().map(|&i| self.spec(i)).collect();
        let spec = op.infer(&specs)?;
        Ok(self.graph.push(op, inputs.to_vec(), spec))
    }

    /// The one value of a constant, or of a constant that is repeated.
    pub fn uniform(&self, id: NodeId) -> Option<&Array> {
        let id = if matches!(self.op(id), Op::Broadcast(_)) { self.input(id) } else { id };
        match self.op(id) {
            Op::Constant(c) if c.0.len() == 1 => Some(&c.0),
            _ => None,
        }
    }

    /// [`Rewriter::uniform`] as a double.
    pub fn number(&self, id: NodeId) -> Option<f64> {
        self.uniform(id).and_then(|a| a.item().ok())
    }

    /// Appends a constant of rank 0, repeated to a shape.
    pub fn fill(&mut self, value: Array, shape: &[usize]) -> Result<NodeId> {
        let scalar = Constant(std::sync::Arc::new(value.reshape(&[])?));
        let scalar = self.push(scalar.into(), &[])?;
        if shape.is_empty() {
            return Ok(scalar);
        }
        self.push(Broadcast { shape: shape.to_vec() }.into(), &[scalar])
    }
}

/// Grows a new graph: `each` appends what stands for a node of the old one, given its new inputs.
/// Input nodes stay as they are.
pub(super) fn rebuild(
    graph: Graph,
    mut each: impl FnMut(&mut Rewriter, Op, &[NodeId], &Spec) -> Result<NodeId>,
) -> Result<Graph> {
    let mut out = Rewriter { graph: Graph::default(), depth: 0 };
    let mut places: Vec<NodeId> = Vec::with_capacity(graph.nodes.len());
    for (i, node) in graph.nodes.into_iter().enumerate() {
        let inputs: Vec<NodeId> = node.inputs.iter().map(|id| places[id.0]).collect();
        let id = match node.op {
            op @ Op::Input(_) => out.graph.push(op, inputs, node.spec.clone()),
            op => each(&mut out, op, &inputs, &node.spec)?,
        };
        if *out.spec(id) != node.spec {
            return Err(Error::Backend(format!(
                "pass: node %{i} was {} and became {}",
                node.spec,
                out.spec(id)
            )));
        }
        places.push(id);
    }
    let mut result = out.graph;
    let at = |id: &NodeId| places[id.0];
    result.inputs = graph.inputs.iter().map(at).collect();
    result.outputs = graph.outputs.iter().map(at).collect();
    result.updates = graph
        .updates
        .into_iter()
        .map(|u| Update { value: places[u.value.0], variable: u.variable })
        .collect();
    checked(result)
}

/// The graph, verified in debug builds.
pub(super) fn checked(graph: Graph) -> Result<Graph> {
    if cfg!(debug_assertions) {
        graph.verify()?;
    }
    Ok(graph)
}
