//! Fused element-wise nodes: one pass over memory.

use std::collections::HashMap;
use std::ops::Range;

use cornu_graph::ops::{BinaryKind, Op, Operation};
use cornu_graph::{Array, Data, Error, Graph, NodeId, Result};

use crate::fuse::{Source, is_direct, source, squeezed};
use crate::map::{Instr, Map, Operand, Program, Register};
use crate::plan::{Args, Kernel, Slice};
use crate::runtime::Pool;
use crate::simd::{AnyIsa, isa};

/// A group of element-wise nodes as a compiled [`Map`].
pub(crate) struct Elementwise {
    map: Map,
    isa: AnyIsa,
    label: String,
    /// For every input: the size of its elements if it is walked in order.
    direct: Vec<Option<usize>>,
    /// The size of every output's elements.
    sizes: Vec<usize>,
}

/// A group that is bound, and the nodes whose values it reads.
pub(crate) struct Bound {
    pub kernel: Elementwise,
    pub inputs: Vec<NodeId>,
}

/// Binds a group; `value` names a node's value, so that two views of one memory become one input.
pub(crate) fn bind<V: std::hash::Hash + Eq>(
    graph: &Graph,
    nodes: &[NodeId],
    outputs: &[NodeId],
    value: impl Fn(NodeId) -> Result<V>,
) -> Result<Bound> {
    let sizes = squeezed(&graph.node(outputs[0]).spec.shape);
    let mut builder = Builder {
        graph,
        value,
        program: Program::default(),
        registers: HashMap::new(),
        loaded: HashMap::new(),
        inputs: Vec::new(),
        operands: Vec::new(),
        names: Vec::new(),
    };
    for &id in nodes {
        builder.node(id)?;
    }
    for id in outputs {
        builder.program.outputs.push(builder.registers[id]);
    }
    let Builder { program, inputs, operands, names, .. } = builder;
    let map = Map::new(&program, &sizes, &operands)?;
    let direct = |o: &Operand| is_direct(&o.strides, &sizes).then_some(o.dtype.size());
    let kernel = Elementwise {
        map,
        isa: isa()?,
        label: label(&names),
        direct: operands.iter().map(direct).collect(),
        sizes: outputs.iter().map(|&id| graph.node(id).spec.dtype.size()).collect(),
    };
    Ok(Bound { kernel, inputs })
}

/// The names of the fused functions; of many, the first ones.
fn label(names: &[&str]) -> String {
    const SHOWN: usize = 6;
    match names {
        [] => "fill".into(),
        _ if names.len() <= SHOWN + 1 => names.join("·"),
        _ => format!("{}·… ({} functions)", names[..SHOWN].join("·"), names.len()),
    }
}

struct Builder<'g, V, F> {
    graph: &'g Graph,
    value: F,
    program: Program,
    registers: HashMap<NodeId, Register>,
    loaded: HashMap<(V, Vec<isize>), Register>,
    inputs: Vec<NodeId>,
    operands: Vec<Operand>,
    names: Vec<&'static str>,
}

impl<V: std::hash::Hash + Eq, F: Fn(NodeId) -> Result<V>> Builder<'_, V, F> {
    fn node(&mut self, id: NodeId) -> Result<()> {
        let node = self.graph.node(id);
        let mut args = [0; 3];
        let register = match &node.op {
            // Alone in its group: the elements themselves.
            Op::Broadcast(_) | Op::Iota(_) => self.operand(id)?,
            op => {
                for (arg, &input) in args.iter_mut().zip(&node.inputs) {
                    *arg = self.operand(input)?;
                }
                let [a, b, c] = args;
                self.names.push(op.name());
                let instr = match op {
                    Op::Unary(op) => Instr::Unary(op.0, a),
                    Op::Binary(op) => match self.inverse(b).filter(|_| op.0 == BinaryKind::Div) {
                        // Exact, and many times as fast.
                        Some(inverse) => {
                            let inverse = self.once(Instr::Const(Array::scalar(inverse)));
                            Instr::Binary(BinaryKind::Mul, a, inverse)
                        }
                        None => Instr::Binary(op.0, a, b),
                    },
                    Op::Compare(op) => Instr::Compare(op.0, a, b),
                    Op::Logical(op) => Instr::Logical(op.0, a, b),
                    Op::Select(_) => Instr::Select(a, b, c),
                    Op::Cast(op) => Instr::Cast(op.dtype, a),
                    other => {
                        let text = format!("plan: {} is not element-wise", other.name());
                        return Err(Error::Backend(text));
                    }
                };
                self.program.push(instr)
            }
        };
        self.registers.insert(id, register);
        Ok(())
    }

    /// The register that holds what node `id` has at each place.
    fn operand(&mut self, id: NodeId) -> Result<Register> {
        match source(self.graph, id) {
            Source::Scalar(value) => Ok(self.once(Instr::Const((*value).clone()))),
            Source::Index { axis, dtype } => Ok(self.once(Instr::Iota { axis, dtype })),
            Source::Value { node, strides } => {
                if let Some(&register) = self.registers.get(&node) {
                    return Ok(register);
                }
                let key = ((self.value)(node)?, strides.clone());
                if let Some(&register) = self.loaded.get(&key) {
                    return Ok(register);
                }
                let dtype = self.graph.node(node).spec.dtype;
                let register = self.program.push(Instr::Input(self.inputs.len()));
                self.inputs.push(node);
                self.operands.push(Operand { dtype, strides });
                self.loaded.insert(key, register);
                Ok(register)
            }
        }
    }

    /// One over a register's constant, if that is a power of two: then a product with it is the quotient, exactly.
    fn inverse(&self, register: Register) -> Option<f32> {
        let Instr::Const(value) = &self.program.instrs[register] else { return None };
        let Data::F32(values) = value.data() else { return None };
        let inverse = 1.0 / values[0];
        let powers = values[0].to_bits() << 9 == 0 && inverse.to_bits() << 9 == 0;
        (powers && values[0].is_normal() && inverse.is_normal()).then_some(inverse)
    }

    /// An instruction without operands, unless the program has it.
    fn once(&mut self, instr: Instr) -> Register {
        match self.program.instrs.iter().position(|i| *i == instr) {
            Some(register) => register,
            None => self.program.push(instr),
        }
    }
}

impl Kernel for Elementwise {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        self.direct[input] == Some(self.sizes[output])
    }

    fn slice(&self, parts: usize) -> Option<Slice> {
        let (map, steps) = self.map.slice(parts)?;
        let (isa, label) = (self.isa, self.label.clone());
        let (direct, sizes) = (self.direct.clone(), self.sizes.clone());
        let kernel = Elementwise { map, isa, label, direct, sizes };
        Some(Slice { kernel: Box::new(kernel), steps, sums: false })
    }

    fn elements(&self) -> Option<usize> {
        Some(self.map.elements())
    }

    fn run_part(&self, elements: Range<usize>, args: &Args) -> Result<()> {
        with_addresses(args, |inputs, outputs| {
            // SAFETY: as in `run`; other threads compute other elements.
            unsafe { self.map.run_part(self.isa, inputs, outputs, elements) }
        })
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        with_addresses(args, |inputs, outputs| {
            // SAFETY: the operands were bound with the graph's shapes, so strides stay inside them and outputs
            // have the iteration's size; the plan lets an output lie on an input only where `in_place` says
            // so: the input is row-major, not broadcast, and its elements have the same size.
            unsafe { self.map.run(pool, self.isa, inputs, outputs) }
        })
    }
}

/// Calls `work` with the addresses of the inputs and of the outputs, which are allocated only if they are many.
fn with_addresses<R>(args: &Args, work: impl FnOnce(&[*const u8], &[*mut u8]) -> R) -> R {
    const FEW: usize = 16;
    let (from, to) = args.slots();
    let (mut inputs, mut outputs) = ([std::ptr::null(); FEW], [std::ptr::null_mut(); FEW]);
    if from.len() > FEW || to.len() > FEW {
        let inputs: Vec<*const u8> = from.iter().map(|slot| slot.start.cast_const()).collect();
        let outputs: Vec<*mut u8> = to.iter().map(|slot| slot.start).collect();
        return work(&inputs, &outputs);
    }
    inputs.iter_mut().zip(from).for_each(|(input, slot)| *input = slot.start.cast_const());
    outputs.iter_mut().zip(to).for_each(|(output, slot)| *output = slot.start);
    work(&inputs[..from.len()], &outputs[..to.len()])
}
