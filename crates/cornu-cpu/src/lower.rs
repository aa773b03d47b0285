//! From graph to program: the one place that binds every op to machine code.

use std::collections::HashMap;

use cornu_graph::ops::{self, ConvParams, Op};
use cornu_graph::{Error, Graph, NodeId, Result, Spec};

use crate::fuse::{Unit, fuse};
use crate::plan::{Kernel, Origin, Program, Target, ValueId};
use crate::steps::{
    ArgReducing, Convolution, Copy, Cumulating, Direction, Filling, Indexing, Moving, Ordering,
    Pooling, Product, Reducing, Reference, map,
};

/// Binds what outputs and updates need.
pub(crate) fn lower(graph: &Graph) -> Result<Program> {
    let mut lowering = Lowering::new(graph);
    for unit in fuse(graph) {
        match unit {
            Unit::Node(id) => {
                let value = lowering.node(id)?;
                lowering.values[id.0] = Some(value);
            }
            Unit::Group { nodes, outputs } => lowering.group(&nodes, &outputs)?,
        }
    }
    lowering.roots()?;
    Ok(lowering.program)
}

struct Lowering<'g> {
    graph: &'g Graph,
    program: Program,
    /// The value of every node that was lowered.
    values: Vec<Option<ValueId>>,
    /// The place in [`Program::variables`] of every variable, by id.
    places: HashMap<u64, usize>,
    /// The value that stands for each variable before the run.
    old: HashMap<usize, ValueId>,
}

impl<'g> Lowering<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut variables: Vec<_> = graph.updates.iter().map(|u| u.variable.clone()).collect();
        variables.extend(graph.nodes.iter().filter_map(|node| match &node.op {
            Op::Parameter(p) => Some(p.0.clone()),
            _ => None,
        }));
        variables.sort_by_key(|v| v.id());
        variables.dedup();
        let spec = |id: &NodeId| graph.node(*id).spec.clone();
        let places = variables.iter().enumerate().map(|(i, v)| (v.id(), i)).collect();
        let program = Program {
            updated: vec![false; variables.len()],
            variables,
            inputs: graph.inputs.iter().map(spec).collect(),
            outputs: graph.outputs.iter().map(spec).collect(),
            ..Program::default()
        };
        let values = vec![None; graph.nodes.len()];
        Lowering { graph, program, values, places, old: HashMap::new() }
    }

    fn value(&self, id: NodeId) -> Result<ValueId> {
        self.values[id.0]
            .ok_or_else(|| Error::Backend(format!("plan: node %{} is read too early", id.0)))
    }

    fn inputs(&self, id: NodeId) -> Result<Vec<ValueId>> {
        self.graph.node(id).inputs.iter().map(|&i| self.value(i)).collect()
    }

    /// Lowers one node.
    fn node(&mut self, id: NodeId) -> Result<ValueId> {
        let graph = self.graph;
        let node = graph.node(id);
        let input = |i: usize| &graph.node(node.inputs[i]).spec;
        let shape = |i: usize| &input(i).shape[..];
        Ok(match &node.op {
            Op::Input(_) => {
                let place = self.graph.inputs.iter().position(|&i| i == id).ok_or_else(|| {
                    Error::Backend(format!("plan: input %{} is not listed", id.0))
                })?;
                self.program.value(&node.spec, Origin::Input(place))
            }
            Op::Parameter(p) => {
                let place = self.places[&p.0.id()];
                match self.old.get(&place) {
                    Some(&value) => value,
                    None => {
                        let value = self.program.value(&node.spec, Origin::Variable(place));
                        self.old.insert(place, value);
                        value
                    }
                }
            }
            Op::Constant(c) => self.program.value(&node.spec, Origin::Constant(c.0.clone())),
            Op::Reshape(_) | Op::StopGradient(_) => self.inputs(id)?[0],
            Op::MatMul(op) => self.single(id, Box::new(Product::new(op, input(0), input(1))?))?,
            Op::Conv(op) => {
                let shapes = [shape(0), shape(1), &node.spec.shape];
                self.convolution(id, &op.0, Direction::Forward, shapes)?
            }
            Op::ConvInputGrad(op) => {
                let shapes = [&node.spec.shape, shape(1), shape(0)];
                self.convolution(id, &op.params, Direction::Image, shapes)?
            }
            Op::ConvFilterGrad(op) => {
                let shapes = [shape(0), &node.spec.shape, shape(1)];
                self.convolution(id, &op.params, Direction::Filter, shapes)?
            }
            Op::Reduce(op) => self.single(id, Box::new(Reducing::new(op, input(0))?))?,
            Op::ArgReduce(op) => self.single(id, Box::new(ArgReducing::new(op, input(0))?))?,
            Op::CumSum(op) => self.single(id, Box::new(Cumulating::new(op, input(0))?))?,
            Op::ArgSort(op) => self.single(id, Box::new(Ordering::new(op, input(0))?))?,
            Op::Pool(op) => self.pooling(id, op, false, [shape(0), &node.spec.shape])?,
            Op::PoolGrad(op) => {
                let dy = shape(node.inputs.len() - 1);
                self.pooling(id, &op.pool, true, [&node.spec.shape, dy])?
            }
            Op::Transpose(op) => self.single(id, Box::new(Moving::transpose(op, input(0))?))?,
            Op::Flip(op) => self.single(id, Box::new(Moving::flip(op, input(0))?))?,
            Op::Slice(op) => self.single(id, Box::new(Moving::slice(op, input(0), &node.spec)?))?,
            Op::Pad(op) => self.single(id, Box::new(Moving::pad(op, input(0))?))?,
            Op::Concatenate(op) => {
                let inputs: Vec<&Spec> = (0..node.inputs.len()).map(input).collect();
                self.single(id, Box::new(Moving::concatenate(op, &inputs, &node.spec)?))?
            }
            Op::Gather(op) => {
                self.single(id, Box::new(Indexing::gather(op, input(0), input(1))?))?
            }
            Op::ScatterAdd(op) => {
                self.single(id, Box::new(Indexing::scatter(op, input(1), &node.spec)?))?
            }
            Op::Random(op) => self.single(id, Box::new(Filling::new(op)?))?,
            // Groups hold those of them that the element-wise machine knows.
            Op::Iota(_)
            | Op::Unary(_)
            | Op::Binary(_)
            | Op::Compare(_)
            | Op::Logical(_)
            | Op::Select(_)
            | Op::Cast(_)
            | Op::Broadcast(_)
            | Op::RandomVariate(_)
            | Op::Custom(_) => self.reference(id)?,
        })
    }

    /// Lowers element-wise nodes that run in one pass.
    fn group(&mut self, nodes: &[NodeId], outputs: &[NodeId]) -> Result<()> {
        let bound = map::bind(self.graph, nodes, outputs, |id| self.value(id))?;
        let inputs = bound.inputs.iter().map(|&id| self.value(id)).collect::<Result<Vec<_>>>()?;
        let specs = outputs.iter().map(|&id| self.graph.node(id).spec.clone()).collect();
        let values = self.program.step(Box::new(bound.kernel), inputs, specs);
        for (&id, value) in outputs.iter().zip(values) {
            self.values[id.0] = Some(value);
        }
        Ok(())
    }

    /// Binds a convolution of an image, a kernel and a result of these shapes.
    fn convolution(
        &mut self,
        id: NodeId,
        params: &ConvParams,
        direction: Direction,
        shapes: [&[usize]; 3],
    ) -> Result<ValueId> {
        let dtype = self.graph.node(id).spec.dtype;
        let Some(kernel) = Convolution::new(params, direction, shapes, dtype)? else {
            return self.reference(id);
        };
        let mut inputs = self.inputs(id)?;
        if let Some((pack, len)) = kernel.pack() {
            let spec = Spec { shape: vec![len], dtype };
            inputs[1] = self.program.step(Box::new(pack), vec![inputs[1]], vec![spec])[0];
        }
        let spec = self.graph.node(id).spec.clone();
        Ok(self.program.step(Box::new(kernel), inputs, vec![spec])[0])
    }

    /// Binds the pooling of an image to a result of these shapes, or its gradient.
    fn pooling(
        &mut self,
        id: NodeId,
        op: &ops::Pool,
        gradient: bool,
        shapes: [&[usize]; 2],
    ) -> Result<ValueId> {
        let dtype = self.graph.node(id).spec.dtype;
        match Pooling::new(op, gradient, shapes, dtype)? {
            Some(kernel) => self.single(id, Box::new(kernel)),
            None => self.reference(id),
        }
    }

    /// Binds a node to its op's own evaluation.
    fn reference(&mut self, id: NodeId) -> Result<ValueId> {
        let node = self.graph.node(id);
        let kernel = Reference {
            op: node.op.clone(),
            inputs: node.inputs.iter().map(|&i| self.graph.node(i).spec.clone()).collect(),
            output: node.spec.clone(),
        };
        self.single(id, Box::new(kernel))
    }

    /// A step that computes one node from the node's inputs.
    fn single(&mut self, id: NodeId, kernel: Box<dyn Kernel>) -> Result<ValueId> {
        let inputs = self.inputs(id)?;
        let spec = self.graph.node(id).spec.clone();
        Ok(self.program.step(kernel, inputs, vec![spec])[0])
    }

    /// Gives updates and outputs their targets. What is no step's fresh result, or has a target already,
    /// is copied.
    fn roots(&mut self) -> Result<()> {
        for update in &self.graph.updates {
            let place = self.places[&update.variable.id()];
            let value = self.value(update.value)?;
            if self.old.get(&place) == Some(&value) {
                continue;
            }
            self.program.updated[place] = true;
            self.target(value, update.value, Target::Variable(place));
        }
        for (k, &id) in self.graph.outputs.iter().enumerate() {
            self.target(self.value(id)?, id, Target::Output(k));
        }
        Ok(())
    }

    fn target(&mut self, value: ValueId, id: NodeId, target: Target) {
        let free =
            self.program.producer(value).is_some() && self.program.get(value).target.is_none();
        let value = if free {
            value
        } else {
            let spec: Spec = self.graph.node(id).spec.clone();
            self.program.step(Box::new(Copy(spec.clone())), vec![value], vec![spec])[0]
        };
        self.program.values[value.0].target = Some(target);
    }
}
