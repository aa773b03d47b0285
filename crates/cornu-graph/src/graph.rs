//! The flat form of a computation: what passes rewrite and backends compile.

use std::collections::{HashMap, HashSet};

use crate::ops::{Op, Operation};
use crate::{Array, Error, Result, Spec, Tensor, Variable};

/// The index of a node in [`Graph::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub usize);

/// An op with its inputs; they come earlier in the graph.
#[derive(Debug, Clone)]
pub struct Node {
    /// What is computed.
    pub op: Op,
    /// What it reads.
    pub inputs: Vec<NodeId>,
    /// The result's shape and dtype.
    pub spec: Spec,
}

/// A variable and the node whose value it takes when the run ends.
#[derive(Debug, Clone)]
pub struct Update {
    /// The variable.
    pub variable: Variable,
    /// Its next value.
    pub value: NodeId,
}

/// A computation as a list of nodes, each after its inputs.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The nodes, in an order in which they can be computed.
    pub nodes: Vec<Node>,
    /// The input nodes, in the order in which [`crate::Executable::run`] takes them.
    pub inputs: Vec<NodeId>,
    /// The nodes whose values are returned.
    pub outputs: Vec<NodeId>,
    /// The variables that change.
    pub updates: Vec<Update>,
}

impl Graph {
    /// Flattens what leads to `outputs` and `updates`.
    ///
    /// `inputs` are tensors made by [`Tensor::input`]; one that nothing reads is kept as an argument.
    ///
    /// # Errors
    /// The first error that a tensor carries; an input that was not listed, or listed twice; two
    /// updates of one variable; an update whose spec is not its variable's.
    pub fn trace(
        inputs: &[Tensor],
        outputs: &[Tensor],
        updates: &[(Variable, Tensor)],
    ) -> Result<Graph> {
        let mut roots = inputs.to_vec();
        roots.extend_from_slice(outputs);
        roots.extend(updates.iter().map(|(_, value)| value.clone()));
        let mut graph = Graph::default();
        let mut ids = HashMap::new();
        let listed: HashSet<u64> = inputs.iter().map(Tensor::id).collect();
        for tensor in Tensor::topological(&roots)? {
            let Some(op) = tensor.op() else { continue };
            if matches!(op, Op::Input(_)) && !listed.contains(&tensor.id()) {
                return Err(Error::invalid(
                    "Graph::trace",
                    "inputs",
                    "must list every input that the outputs read",
                    format!("{} inputs without {}", inputs.len(), tensor.spec()),
                ));
            }
            let node_inputs = tensor.inputs().iter().map(|t| ids[&t.id()]).collect();
            let id = graph.push(op.clone(), node_inputs, tensor.spec().clone());
            ids.insert(tensor.id(), id);
        }
        graph.inputs = inputs.iter().map(|t| ids[&t.id()]).collect();
        graph.outputs = outputs.iter().map(|t| ids[&t.id()]).collect();
        let mut updated = HashSet::new();
        for (variable, value) in updates {
            let fits = value.shape() == variable.shape() && value.dtype() == variable.dtype();
            if !fits || !updated.insert(variable.id()) {
                return Err(Error::invalid(
                    "Graph::trace",
                    "updates",
                    format!("must update {variable:?} once, with its own shape and dtype"),
                    value.spec(),
                ));
            }
            graph.updates.push(Update { variable: variable.clone(), value: ids[&value.id()] });
        }
        graph.verify()?;
        Ok(graph)
    }

    /// Appends a node.
    pub fn push(&mut self, op: Op, inputs: Vec<NodeId>, spec: Spec) -> NodeId {
        self.nodes.push(Node { op, inputs, spec });
        NodeId(self.nodes.len() - 1)
    }

    /// Whether both have the same ops on the same inputs, the same roots and updates.
    pub(crate) fn same_structure(&self, other: &Graph) -> bool {
        let alike = |(a, b): (&Node, &Node)| a.inputs == b.inputs && a.op == b.op;
        let update = |(a, b): (&Update, &Update)| a.value == b.value && a.variable == b.variable;
        self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(alike)
            && (&self.inputs, &self.outputs) == (&other.inputs, &other.outputs)
            && self.updates.len() == other.updates.len()
            && self.updates.iter().zip(&other.updates).all(update)
    }

    /// The node with an id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Checks that every node comes after its inputs, that every spec is what its op infers, and that
    /// inputs are input nodes. Passes call it on their result in debug builds.
    ///
    /// # Errors
    /// What is wrong, with the node's number.
    pub fn verify(&self) -> Result<()> {
        let roots = self.outputs.iter().chain(self.updates.iter().map(|u| &u.value));
        if let Some(id) = roots.chain(&self.inputs).find(|id| id.0 >= self.nodes.len()) {
            return Err(Error::Backend(format!("graph: root %{} does not exist", id.0)));
        }
        let wrong = |i: usize, what: &str| {
            Err(Error::Backend(format!("graph: node %{i} ({}) {what}", self.nodes[i].op.name())))
        };
        for (i, node) in self.nodes.iter().enumerate() {
            if node.inputs.iter().any(|&NodeId(j)| j >= i) {
                return wrong(i, "reads a node that comes after it");
            }
            let specs: Vec<&Spec> = node.inputs.iter().map(|&j| &self.node(j).spec).collect();
            crate::element_count(node.op.name(), &node.spec.shape)?;
            if node.op.infer(&specs)? != node.spec {
                return wrong(i, "has another spec than its op infers");
            }
        }
        let mut updated = HashSet::new();
        for update in &self.updates {
            let (spec, variable) = (&self.node(update.value).spec, &update.variable);
            let fits = spec.shape == variable.shape() && spec.dtype == variable.dtype();
            if !fits || !updated.insert(variable.id()) {
                return wrong(update.value.0, "does not fit its variable, or is its second update");
            }
        }
        let mut seen = HashSet::new();
        for &id in &self.inputs {
            if !matches!(self.node(id).op, Op::Input(_)) || !seen.insert(id) {
                return wrong(id.0, "is listed as an input but is none, or is listed twice");
            }
        }
        Ok(())
    }

    /// Runs the graph with the ops' scalar reference evaluations, as the oracle of the tests: no speed,
    /// no fusion, every value in its own array. Variables are read and updated.
    ///
    /// # Errors
    /// When the inputs do not fit or an op refuses its data.
    pub fn evaluate(&self, inputs: &[&Array]) -> Result<Vec<Array>> {
        self.verify()?;
        self.check_inputs(inputs)?;
        let mut values: Vec<Array> = Vec::with_capacity(self.nodes.len());
        for (i, node) in self.nodes.iter().enumerate() {
            let value = match &node.op {
                Op::Input(_) => match self.inputs.iter().position(|id| id.0 == i) {
                    Some(k) => inputs[k].clone(),
                    None => return Err(Error::Backend(format!("graph: input %{i} is not fed"))),
                },
                op => {
                    let args: Vec<&Array> = node.inputs.iter().map(|id| &values[id.0]).collect();
                    op.evaluate(&args, &node.spec)?
                }
            };
            values.push(value);
        }
        for update in &self.updates {
            update.variable.assign(values[update.value.0].clone())?;
        }
        Ok(self.outputs.iter().map(|id| values[id.0].clone()).collect())
    }

    /// Checks the arrays that a run is given against the graph's inputs.
    ///
    /// # Errors
    /// When their number, a shape or a dtype differs.
    pub fn check_inputs(&self, inputs: &[&Array]) -> Result<()> {
        let expected: Vec<&Spec> = self.inputs.iter().map(|&id| &self.node(id).spec).collect();
        let fits = |spec: &Spec, a: &Array| spec.shape == a.shape() && spec.dtype == a.dtype();
        if expected.len() == inputs.len() && expected.iter().zip(inputs).all(|(s, a)| fits(s, a)) {
            return Ok(());
        }
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        Err(Error::invalid(
            "run",
            "inputs",
            format!("must be {}", list(expected.iter().map(|s| s.to_string()).collect())),
            list(inputs.iter().map(|a| format!("{}{:?}", a.dtype(), a.shape())).collect()),
        ))
    }
}
