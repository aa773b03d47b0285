//! From a program to steps on tile buffers.

use cornu_graph::{Array, DType, Data, Error, Result, element_count};

use super::chain;
use super::layout::Layout;
use super::step::{MAX_ARGS, StepOp};
use super::{Instr, Operand, Program, Register, STRIP, TILE};
use crate::runtime::Arena;

/// A program compiled for one iteration shape and one layout of its inputs.
///
/// ```
/// use cornu_cpu::{map::{Instr, Map, Operand, Program}, runtime::Pool, simd};
/// use cornu_graph::{DType, ops::{BinaryKind, UnaryKind}};
///
/// let mut p = Program::default();
/// let x = p.push(Instr::Input(0));
/// let b = p.push(Instr::Input(1));
/// let sum = p.push(Instr::Binary(BinaryKind::Add, x, b));
/// let y = p.push(Instr::Unary(UnaryKind::Square, sum));
/// p.outputs.push(y);
/// let inputs = [
///     Operand::broadcast(DType::F32, &[2, 2], &[2, 2]),
///     Operand::broadcast(DType::F32, &[2], &[2, 2]),
/// ];
/// let map = Map::new(&p, &[2, 2], &inputs)?;
///
/// let (x, bias, mut y) = ([1f32, 2.0, 3.0, 4.0], [1f32, -1.0], [0f32; 4]);
/// // SAFETY: the arrays have the dtypes and the elements that the operands say.
/// unsafe {
///     let inputs = [x.as_ptr().cast(), bias.as_ptr().cast()];
///     map.run(&Pool::new(1)?, simd::isa()?, &inputs, &[y.as_mut_ptr().cast()])?;
/// }
/// assert_eq!(y, [4.0, 1.0, 16.0, 9.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug)]
pub struct Map {
    /// Elements of the iteration space.
    pub(super) count: usize,
    pub(super) inputs: usize,
    /// The indices that `Instr::Iota` counts, read like inputs behind the program's own.
    pub(super) tables: Vec<Arena>,
    pub(super) registers: Vec<Buffer>,
    /// Done once per block of tiles, on one strip: what is the same for all elements, and the
    /// repetition of periodic inputs.
    pub(super) prologue: Vec<Action>,
    /// Done once per tile.
    pub(super) body: Vec<Action>,
    pub(super) outputs: Vec<Output>,
    /// Bytes that a thread needs.
    pub(super) scratch: usize,
}

/// Where a register's value is kept: at byte `offset` of a thread's scratch memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buffer {
    pub offset: usize,
    /// One strip for all places.
    pub uniform: bool,
}

/// An output: the register that is stored, and the size of its elements.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub register: Register,
    pub size: usize,
    pub dtype: DType,
    /// Whether the step that computes the register may write to the output at once.
    pub direct: bool,
    /// Whether that step may write past the caches: it can, and no other reads the register.
    pub streams: bool,
    /// The inputs whose memory that step may write to, since none reads them later.
    pub replaces: Vec<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Action {
    /// A constant, as bytes.
    Fill { register: Register, bits: [u8; 8], size: usize },
    /// An input, or a table if `source` is beyond the inputs. With `copy` it is read into the buffer even
    /// where its own memory would do: an output may take that memory's place.
    Load { register: Register, source: usize, size: usize, layout: Layout, copy: bool },
    /// An op; the result may be written to this output at once.
    Compute { register: Register, op: StepOp, args: [Register; MAX_ARGS], output: Option<usize> },
}

impl Action {
    fn register(&self) -> Register {
        match *self {
            Action::Fill { register, .. }
            | Action::Load { register, .. }
            | Action::Compute { register, .. } => register,
        }
    }
}

/// What is known of a register before buffers are given out.
struct Value {
    dtype: DType,
    uniform: bool,
    needed: bool,
}

fn invalid(argument: &str, rule: impl Into<String>, received: impl std::fmt::Display) -> Error {
    Error::invalid("Map", argument, rule, received)
}

impl Map {
    /// Compiles `program` for the iteration shape `shape` with inputs that lie as `inputs` says.
    ///
    /// # Errors
    /// When a step uses a later register, a missing input, operands whose dtypes do not fit, or an op
    /// that its dtype does not have; when an operand has not as many strides as `shape` has axes.
    pub fn new(program: &Program, shape: &[usize], inputs: &[Operand]) -> Result<Map> {
        let count = element_count("Map", shape)?;
        if let Some(bad) = inputs.iter().find(|o| o.strides.len() != shape.len()) {
            let rule = format!("must have one stride per axis of {shape:?}");
            return Err(invalid("inputs", rule, format!("{:?}", bad.strides)));
        }
        let mut compiler = Compiler { shape, inputs, values: Vec::new(), tables: Vec::new() };
        let mut actions = Vec::with_capacity(program.instrs.len());
        for instr in &program.instrs {
            actions.push(compiler.step(instr)?);
        }
        let mut values = compiler.values;
        for &r in &program.outputs {
            let last = values.len();
            values.get_mut(r).ok_or_else(|| wrong_register(r, last))?.needed = true;
        }
        chain::join(&mut actions, &program.outputs);
        for action in actions.iter().rev().filter_map(|a| match a {
            Action::Compute { register, args, .. } => Some((*register, args)),
            _ => None,
        }) {
            if values[action.0].needed {
                action.1.iter().for_each(|&a| values[a].needed = true);
            }
        }
        let actions: Vec<Action> =
            actions.into_iter().filter(|a| values[a.register()].needed).collect();
        let (registers, scratch) = place(&values, &actions, &program.outputs);
        let mut outputs: Vec<Output> = Vec::with_capacity(program.outputs.len());
        for &register in &program.outputs {
            let dtype = values[register].dtype;
            outputs.push(Output {
                register,
                dtype,
                size: dtype.size(),
                direct: false,
                streams: false,
                replaces: Vec::new(),
            });
        }
        let mut read = vec![false; values.len()];
        for action in &actions {
            if let Action::Compute { args, .. } = action {
                args.iter().for_each(|&a| read[a] = true);
            }
        }
        let (mut prologue, mut body) = (Vec::new(), Vec::new());
        for mut action in actions {
            let stored = program.outputs.iter().position(|&r| r == action.register());
            if values[action.register()].uniform {
                prologue.push(action);
                continue;
            }
            match &mut action {
                Action::Compute { register, op, output, .. } => {
                    *output = stored;
                    if let Some(k) = stored {
                        outputs[k].direct = true;
                        let once = program.outputs.iter().filter(|r| *r == register).count() == 1;
                        outputs[k].streams = op.streams() && once && !read[*register];
                    }
                }
                Action::Load { copy, .. } => *copy = stored.is_some(),
                Action::Fill { .. } => {}
            }
            if is_periodic(&action) {
                prologue.push(action.clone());
            }
            body.push(action);
        }
        let end = |i| body.iter().rposition(|a| reads(a, i, &body)).map_or(0, |last| last + 1);
        let ends: Vec<usize> = (0..inputs.len()).map(end).collect();
        for (at, action) in body.iter().enumerate() {
            if let Action::Compute { op, output: Some(k), .. } = action {
                let begin = at + usize::from(matches!(op, StepOp::Chain(_)));
                outputs[*k].replaces = (0..inputs.len()).filter(|&i| ends[i] <= begin).collect();
            }
        }
        let tables = compiler.tables;
        Ok(Map { count, inputs: inputs.len(), tables, registers, prologue, body, outputs, scratch })
    }

    /// The same program for one of `parts` equal parts of the elements, and for every input the elements
    /// from one part's to the next's, 0 where all read the same. Nothing if an input cannot be cut so.
    pub(crate) fn slice(&self, parts: usize) -> Option<(Map, Vec<usize>)> {
        if !self.tables.is_empty() || !self.count.is_multiple_of(parts) {
            return None;
        }
        let count = self.count / parts;
        let mut steps = vec![0; self.inputs];
        for action in self.prologue.iter().chain(&self.body) {
            if let Action::Load { source, layout, .. } = action {
                steps[*source] = layout.step(count, parts)?;
            }
        }
        let map = Map {
            count,
            inputs: self.inputs,
            tables: Vec::new(),
            registers: self.registers.clone(),
            prologue: self.prologue.clone(),
            body: self.body.clone(),
            outputs: self.outputs.clone(),
            scratch: self.scratch,
        };
        Some((map, steps))
    }

    /// The dtype of every output.
    pub fn output_dtypes(&self) -> impl Iterator<Item = DType> {
        self.outputs.iter().map(|o| o.dtype)
    }
}

/// Whether an action reads an input, itself or through a register.
fn reads(action: &Action, input: usize, body: &[Action]) -> bool {
    let loads = |action: &Action| matches!(action, Action::Load { source, .. } if *source == input);
    match action {
        Action::Compute { args, .. } => {
            body.iter().any(|a| loads(a) && args.contains(&a.register()))
        }
        action => loads(action),
    }
}

fn is_periodic(action: &Action) -> bool {
    matches!(action, Action::Load { layout: Layout::Periodic(_), .. })
}

fn wrong_register(r: Register, count: usize) -> Error {
    invalid("program", format!("must use registers below {count} here"), format!("register {r}"))
}

struct Compiler<'a> {
    shape: &'a [usize],
    inputs: &'a [Operand],
    values: Vec<Value>,
    tables: Vec<Arena>,
}

impl Compiler<'_> {
    fn dtype(&self, r: Register) -> Result<DType> {
        self.values.get(r).map(|v| v.dtype).ok_or_else(|| wrong_register(r, self.values.len()))
    }

    /// The dtype that both registers have.
    fn common(&self, a: Register, b: Register) -> Result<DType> {
        let (x, y) = (self.dtype(a)?, self.dtype(b)?);
        if x == y {
            Ok(x)
        } else {
            Err(invalid("program", "must have operands of one dtype", format!("{x} and {y}")))
        }
    }

    fn expect_bool(&self, r: Register) -> Result<()> {
        match self.dtype(r)? {
            DType::Bool => Ok(()),
            other => Err(invalid("program", "must have bool operands of logic", other)),
        }
    }

    /// Checks one instruction, records its value and turns it into an action.
    fn step(&mut self, instr: &Instr) -> Result<Action> {
        let register = self.values.len();
        let (dtype, op, args) = match *instr {
            Instr::Input(i) => {
                let operand = self.inputs.get(i).ok_or_else(|| {
                    let rule = format!("must use inputs below {}", self.inputs.len());
                    invalid("program", rule, format!("input {i}"))
                })?;
                let layout = Layout::of(self.shape, &operand.strides);
                return Ok(self.load(i, operand.dtype, layout));
            }
            Instr::Iota { axis, dtype } => return self.iota(axis, dtype),
            Instr::Const(ref value) => {
                let (bits, size) = scalar_bits(value)?;
                self.values.push(Value { dtype: value.dtype(), uniform: true, needed: false });
                return Ok(Action::Fill { register, bits, size });
            }
            Instr::Unary(kind, x) => {
                let dtype = self.dtype(x)?;
                use cornu_graph::ops::UnaryKind::*;
                let result = if matches!(kind, IsNan | IsInf | IsFinite | SignBit) {
                    DType::Bool
                } else {
                    dtype
                };
                (result, StepOp::Unary(kind, dtype), [x; 3])
            }
            Instr::Binary(kind, a, b) => {
                let dtype = self.common(a, b)?;
                (dtype, StepOp::Binary(kind, dtype), [a, b, b])
            }
            Instr::Compare(kind, a, b) => {
                (DType::Bool, StepOp::Compare(kind, self.common(a, b)?), [a, b, b])
            }
            Instr::Logical(kind, a, b) => {
                self.expect_bool(a)?;
                self.expect_bool(b)?;
                (DType::Bool, StepOp::Logical(kind), [a, b, b])
            }
            Instr::Select(condition, a, b) => {
                self.expect_bool(condition)?;
                let dtype = self.common(a, b)?;
                (dtype, StepOp::Select(dtype.size()), [condition, a, b])
            }
            Instr::Cast(to, x) => (to, StepOp::Cast(self.dtype(x)?, to), [x; 3]),
        };
        if !op.is_supported() {
            return Err(invalid(
                "program",
                "must apply ops to dtypes that have them",
                format!("{instr:?} of {op:?}"),
            ));
        }
        let args: [Register; MAX_ARGS] = std::array::from_fn(|i| args[i.min(2)]);
        let uniform = args.iter().all(|&a| self.values[a].uniform);
        self.values.push(Value { dtype, uniform, needed: false });
        Ok(Action::Compute { register, op, args, output: None })
    }

    fn load(&mut self, source: usize, dtype: DType, layout: Layout) -> Action {
        let register = self.values.len();
        self.values.push(Value { dtype, uniform: layout == Layout::Uniform, needed: false });
        Action::Load { register, source, size: dtype.size(), layout, copy: false }
    }

    /// An index is an input that varies along one axis only.
    fn iota(&mut self, axis: usize, dtype: DType) -> Result<Action> {
        let &size = self.shape.get(axis).ok_or_else(|| {
            invalid(
                "program",
                format!("must count an axis of {:?}", self.shape),
                format!("axis {axis}"),
            )
        })?;
        let mut table = Arena::new(size.saturating_mul(dtype.size()))?;
        match dtype {
            DType::Bool => {
                // Places from 1 on are true.
                table.slice_mut::<u8>(size)?.iter_mut().skip(1).for_each(|v| *v = 1);
            }
            DType::U8 => fill_counting(table.slice_mut(size)?, |i| i.min(255) as u8),
            DType::I32 => fill_counting(table.slice_mut(size)?, |i| i as i32),
            DType::I64 => fill_counting(table.slice_mut(size)?, |i| i as i64),
            DType::F32 => fill_counting(table.slice_mut(size)?, |i| i as f32),
            DType::F64 => fill_counting(table.slice_mut(size)?, |i| i as f64),
        }
        self.tables.push(table);
        let mut strides = vec![0; self.shape.len()];
        strides[axis] = 1;
        let source = self.inputs.len() + self.tables.len() - 1;
        Ok(self.load(source, dtype, Layout::of(self.shape, &strides)))
    }
}

fn fill_counting<T>(table: &mut [T], value: impl Fn(usize) -> T) {
    table.iter_mut().enumerate().for_each(|(i, v)| *v = value(i));
}

/// The bytes of an array's only element, and their number.
fn scalar_bits(value: &Array) -> Result<([u8; 8], usize)> {
    let missing = || invalid("program", "must have constants of one element", format!("{value:?}"));
    if value.len() != 1 {
        return Err(missing());
    }
    let mut bits = [0; 8];
    let mut put = |bytes: &[u8]| {
        bits[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    };
    let size = match value.data() {
        Data::Bool(v) => put(&[u8::from(v[0])]),
        Data::U8(v) => put(&[v[0]]),
        Data::I32(v) => put(&v[0].to_ne_bytes()),
        Data::I64(v) => put(&v[0].to_ne_bytes()),
        Data::F32(v) => put(&v[0].to_ne_bytes()),
        Data::F64(v) => put(&v[0].to_ne_bytes()),
    };
    Ok((bits, size))
}

/// Gives every needed register a place in scratch memory: uniform and periodic ones their own, the others
/// a tile buffer that is free again after the last use. Returns the bytes needed, too.
fn place(values: &[Value], actions: &[Action], outputs: &[Register]) -> (Vec<Buffer>, usize) {
    let mut last_use: Vec<usize> = vec![0; values.len()];
    for (i, action) in actions.iter().enumerate() {
        if let Action::Compute { args, .. } = action {
            args.iter().for_each(|&a| last_use[a] = i);
        }
    }
    outputs.iter().for_each(|&r| last_use[r] = usize::MAX);

    let mut end = 0;
    let mut take = |bytes: usize| {
        let offset = end;
        end += bytes.next_multiple_of(64);
        offset
    };
    let mut registers = vec![Buffer { offset: 0, uniform: false }; values.len()];
    // Free tile buffers by the logarithm of the element size; the last one freed is the warmest.
    let mut free: [Vec<usize>; 4] = Default::default();
    for (i, action) in actions.iter().enumerate() {
        let r = action.register();
        let size = values[r].dtype.size();
        registers[r].uniform = values[r].uniform;
        registers[r].offset = if values[r].uniform {
            take(STRIP * size)
        } else if let Action::Load { layout: Layout::Periodic(period), .. } = action {
            take((TILE + period) * size)
        } else {
            free[size.ilog2() as usize].pop().unwrap_or_else(|| take(TILE * size))
        };
        if let Action::Compute { args, .. } = action {
            // Only now, so that the result shares no buffer with an operand.
            for (j, &a) in args.iter().enumerate() {
                let tile = !values[a].uniform
                    && !actions.iter().any(|x| x.register() == a && is_periodic(x));
                if tile && last_use[a] == i && !args[..j].contains(&a) {
                    free[values[a].dtype.size().ilog2() as usize].push(registers[a].offset);
                }
            }
        }
    }
    (registers, end)
}
