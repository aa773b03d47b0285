//! Running a plan: locks, the arena, one step after another.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use cornu_graph::{Array, DType, Element, Error, Executable, Result, Spec, Variable};

use super::memory::{Layout, Place};
use super::{Args, Kernel, Origin, Program, Slot, ValueId};
use crate::profile::{self, StepInfo, Time};
use crate::runtime::{Arena, Pool, advise_huge_pages, budget};

/// Arenas that no run uses now. Plans share them, so that a training plan, its twin for the last batch and
/// the evaluation plan need the memory of the largest, and runs on two threads have one each.
#[derive(Debug, Default)]
pub(crate) struct Arenas(Mutex<Vec<Arena>>);

impl Arenas {
    /// An arena of so many bytes; `beside`: what the run takes beside it.
    fn take(&self, bytes: usize, beside: usize) -> Result<Arena> {
        let mut arenas = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let largest = (0..arenas.len()).max_by_key(|&i| arenas[i].len());
        let mut arena = largest.map(|i| arenas.swap_remove(i)).unwrap_or_default();
        drop(arenas);
        budget::check(bytes.saturating_sub(arena.len()).saturating_add(beside))?;
        arena.reserve(bytes)?;
        Ok(arena)
    }

    fn give(&self, arena: Arena) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(arena);
    }
}

/// A compiled graph.
pub(crate) struct Plan {
    /// The steps, in order.
    pub(super) steps: Vec<PlacedStep>,
    /// What is copied to variables at the end.
    pub(super) copies: Vec<(Operand, usize)>,
    pub(super) variables: Vec<Variable>,
    pub(super) updated: Vec<bool>,
    pub(super) inputs: Vec<Spec>,
    pub(super) outputs: Vec<Spec>,
    pub(super) constants: Vec<Arc<Array>>,
    pub(super) bytes: usize,
    /// The arena's size if nothing were used twice.
    pub(super) bytes_unshared: usize,
    pub(super) taken_over: usize,
    /// The graph's nodes before and after the passes.
    pub(super) nodes: (usize, usize),
    pub(super) compile_time: Duration,
    /// The steps as a profile shows them, made when they are first asked for.
    info: OnceLock<Arc<[StepInfo]>>,
    pool: Arc<Pool>,
    arenas: Arc<Arenas>,
}

/// A step whose operands have places.
pub(super) struct PlacedStep {
    pub kernel: Box<dyn Kernel>,
    pub inputs: Vec<Operand>,
    pub outputs: Vec<Operand>,
    pub specs: Vec<Spec>,
}

/// A value at its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operand {
    pub id: ValueId,
    pub base: Base,
    pub count: usize,
    pub dtype: DType,
}

impl Operand {
    /// The number of bytes.
    pub fn bytes(&self) -> usize {
        self.count * self.dtype.size()
    }
}

/// What an operand's address counts from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Base {
    Arena(usize),
    Input(usize),
    Constant(usize),
    Variable(usize),
    Output(usize),
}

/// The addresses of one run.
struct Frame {
    arena: *mut u8,
    inputs: Vec<*mut u8>,
    variables: Vec<*mut u8>,
    outputs: Vec<*mut u8>,
}

enum Guard<'a> {
    Read(RwLockReadGuard<'a, Array>),
    Write(RwLockWriteGuard<'a, Array>),
}

impl Plan {
    /// Puts an ordered and laid-out program together.
    pub fn new(
        program: Program,
        order: &[usize],
        layout: Layout,
        nodes: (usize, usize),
        pool: Arc<Pool>,
        arenas: Arc<Arenas>,
    ) -> Plan {
        let mut constants = Vec::new();
        let mut operands = Vec::with_capacity(program.values.len());
        for (i, value) in program.values.iter().enumerate() {
            let base = match (layout.places[i], &value.origin) {
                (Place::Arena(offset), _) => Base::Arena(offset),
                (Place::Input(k), _) => Base::Input(k),
                (Place::Variable(k), _) => Base::Variable(k),
                (Place::Output(k), _) => Base::Output(k),
                (Place::Constant, origin) => {
                    if let Origin::Constant(array) = origin {
                        constants.push(Arc::clone(array));
                    }
                    Base::Constant(constants.len().saturating_sub(1))
                }
            };
            let id = ValueId(i);
            operands.push(Operand { id, base, count: value.count, dtype: value.dtype });
        }
        let at = |ids: &[ValueId]| ids.iter().map(|id| operands[id.0]).collect::<Vec<_>>();
        let mut steps: Vec<Option<super::Step>> = program.steps.into_iter().map(Some).collect();
        let ordered = order.iter().filter_map(|&i| {
            steps[i].take().map(|step| PlacedStep {
                inputs: at(&step.inputs),
                outputs: at(&step.outputs),
                kernel: step.kernel,
                specs: step.specs,
            })
        });
        Plan {
            steps: ordered.collect(),
            copies: layout.copies.iter().map(|(id, place)| (operands[id.0], *place)).collect(),
            variables: program.variables,
            updated: program.updated,
            inputs: program.inputs,
            outputs: program.outputs,
            constants,
            bytes: layout.bytes,
            bytes_unshared: layout.sum(),
            taken_over: layout.taken_over,
            nodes,
            compile_time: Duration::ZERO,
            info: OnceLock::new(),
            pool,
            arenas,
        }
    }

    /// Notes how long compiling took, for the plan's table.
    pub fn set_compile_time(&mut self, time: Duration) {
        self.compile_time = time;
    }

    fn check(&self, inputs: &[&Array]) -> Result<()> {
        let fits = |(s, a): (&Spec, &&Array)| s.shape == a.shape() && s.dtype == a.dtype();
        if inputs.len() == self.inputs.len() && self.inputs.iter().zip(inputs).all(fits) {
            return Ok(());
        }
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        Err(Error::invalid(
            "run",
            "inputs",
            format!("must be {}", list(self.inputs.iter().map(|s| s.to_string()).collect())),
            list(inputs.iter().map(|a| format!("{}{:?}", a.dtype(), a.shape())).collect()),
        ))
    }

    /// Holds all variables, in the order of their ids: two runs cannot wait for each other.
    fn lock(&self) -> Vec<Guard<'_>> {
        let pairs = self.variables.iter().zip(&self.updated);
        pairs
            .map(|(v, &updated)| match updated {
                true => Guard::Write(v.lock_mut()),
                false => Guard::Read(v.lock()),
            })
            .collect()
    }

    /// The address of a variable's elements.
    fn variable(variable: &Variable, guard: &mut Guard) -> Result<*mut u8> {
        let (len, dtype, start) = match guard {
            Guard::Read(array) => (array.len(), array.dtype(), address(array).cast_mut()),
            Guard::Write(array) => (array.len(), array.dtype(), address_mut(array)),
        };
        // Kernels trust this, so it is checked even though `Variable::lock_mut` demands it.
        if len != variable.count() || dtype != variable.dtype() {
            return Err(Error::Backend(format!(
                "{variable:?} holds {len} elements of {dtype}: its value was replaced in place"
            )));
        }
        Ok(start)
    }

    /// Runs all steps; notes in `times`, if there is such a list, what each takes.
    ///
    /// # Safety
    /// The frame's addresses must be those of this plan's arena, inputs, variables (locked; those that are
    /// updated for writing) and outputs, with the sizes and types that the plan was made for.
    unsafe fn steps(&self, frame: &Frame, mut times: Option<&mut Vec<Time>>) -> Result<()> {
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for step in &self.steps {
            inputs.clear();
            outputs.clear();
            inputs.extend(step.inputs.iter().map(|o| self.slot(frame, o)));
            outputs.extend(step.outputs.iter().map(|o| self.slot(frame, o)));
            // SAFETY: addresses and sizes are right by this function's contract. The layout (verified by
            // `Layout::is_disjoint`) keeps what lives at one time apart, but for in-place outputs, which
            // the kernel allowed; a variable is written only by a step that is the last, or after the
            // last, to read its old value.
            let mut args = unsafe { Args::new(&inputs, &outputs) };
            let start = times.is_some().then(Instant::now);
            step.kernel.run(&self.pool, &mut args)?;
            if let (Some(start), Some(times)) = (start, times.as_deref_mut()) {
                times.push(Time { start, time: start.elapsed() });
            }
        }
        for (from, place) in &self.copies {
            let (from, to) = (self.slot(frame, from), frame.variables[*place]);
            // SAFETY: a value bound for a variable has its count and dtype, and lies in the arena, apart
            // from the variable.
            unsafe { std::ptr::copy_nonoverlapping(from.start, to, from.bytes()) };
        }
        Ok(())
    }

    fn slot(&self, frame: &Frame, operand: &Operand) -> Slot {
        let start = match operand.base {
            // In range: the arena has `self.bytes` bytes, and the layout lies within them.
            Base::Arena(offset) => frame.arena.wrapping_add(offset),
            Base::Input(k) => frame.inputs[k],
            Base::Constant(k) => address(&self.constants[k]).cast_mut(),
            Base::Variable(k) => frame.variables[k],
            Base::Output(k) => frame.outputs[k],
        };
        Slot { start, count: operand.count, dtype: operand.dtype }
    }
}

impl Executable for Plan {
    fn run(&self, inputs: &[&Array]) -> Result<Vec<Array>> {
        self.check(inputs)?;
        let mut timer = profile::timer(self.steps.len());
        let results = self.outputs.iter().map(|s| s.count().saturating_mul(s.dtype.size()));
        let arena = self.arenas.take(self.bytes, results.fold(0, usize::saturating_add))?;
        let mut outputs = self.outputs.iter().map(output).collect::<Result<Vec<_>>>()?;
        let mut guards = self.lock();
        let pairs = self.variables.iter().zip(&mut guards);
        let frame = Frame {
            arena: arena.as_mut_ptr(),
            inputs: inputs.iter().map(|a| address(a).cast_mut()).collect(),
            variables: pairs.map(|(v, g)| Plan::variable(v, g)).collect::<Result<_>>()?,
            outputs: outputs.iter_mut().map(address_mut).collect(),
        };
        // SAFETY: the inputs were checked, the variables are locked and were checked, the outputs are made
        // to their specs, and the arena is this run's own and large enough.
        let run = unsafe { self.steps(&frame, timer.as_mut().map(|t| &mut t.steps)) };
        drop(guards);
        self.arenas.give(arena);
        if let Some(timer) = timer {
            timer.keep(Arc::clone(self.info.get_or_init(|| self.describe_steps())));
        }
        run.map(|()| outputs)
    }

    fn describe(&self) -> String {
        self.table()
    }
}

/// An array for a result, which the steps overwrite whole.
fn output(spec: &Spec) -> Result<Array> {
    let mut array = Array::unspecified(&spec.shape, spec.dtype)?;
    advise_huge_pages(address_mut(&mut array), array.len() * spec.dtype.size());
    Ok(array)
}

fn address(array: &Array) -> *const u8 {
    cornu_graph::with_dtype!(array.dtype(), T => {
        <T as Element>::slice(array.data()).map_or(std::ptr::null(), |s| s.as_ptr().cast())
    })
}

fn address_mut(array: &mut Array) -> *mut u8 {
    cornu_graph::with_dtype!(array.dtype(), T => {
        <T as Element>::slice_mut(array.data_mut())
            .map_or(std::ptr::null_mut(), |s| s.as_mut_ptr().cast())
    })
}
