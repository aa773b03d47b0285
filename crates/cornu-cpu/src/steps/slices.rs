//! Several steps on one part of the rows after another, so that what they hand on stays in the cache.

use cornu_graph::{DType, Result};

use crate::plan::{Args, Kernel, Slot};
use crate::runtime::Pool;
use crate::scratch::with_scratch;
use crate::simd::Real;

/// Steps that run part by part; each part is one task.
pub(crate) struct Slices {
    /// The number of parts.
    pub parts: usize,
    /// The steps on a part, in order.
    pub stages: Vec<Stage>,
    /// Bytes of what a part keeps to itself.
    pub local: usize,
    /// Bytes of the results that are added up, of all parts.
    pub partial: usize,
    /// What is added up.
    pub sums: Vec<Sum>,
}

/// A kernel for a part and its operands.
pub(crate) struct Stage {
    pub kernel: Box<dyn Kernel>,
    pub inputs: Vec<Operand>,
    pub outputs: Vec<Operand>,
}

/// An operand of a stage: part `i` has `count` elements, `offset + i * step` bytes from its base.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operand {
    pub base: Base,
    pub offset: usize,
    pub step: usize,
    pub count: usize,
    pub dtype: DType,
}

/// What an address counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// An input of the whole.
    Input(usize),
    /// An output of the whole.
    Output(usize),
    /// Memory of the part.
    Local,
    /// Results to be added up.
    Partial,
}

/// An output whose elements are sums over the parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sum {
    /// The output's number.
    pub output: usize,
    /// Where the results of the parts lie one after another, in bytes.
    pub offset: usize,
}

/// The operands of a run, which all threads share.
struct Frame<'a, 'b> {
    slices: &'a Slices,
    args: &'a Args<'b>,
    partial: *mut u8,
}

// SAFETY: threads write to different parts of the outputs and of the partial results, and only read
// inputs; who makes a frame has that memory for itself while it is in use.
unsafe impl Sync for Frame<'_, '_> {}

impl Frame<'_, '_> {
    fn slot(&self, operand: &Operand, part: usize, local: *mut u8) -> Slot {
        let base = match operand.base {
            Base::Input(k) => self.args.input_slot(k).start,
            Base::Output(k) => self.args.output_slot(k).start,
            Base::Local => local,
            Base::Partial => self.partial,
        };
        let start = base.wrapping_add(operand.offset + part * operand.step);
        Slot { start, count: operand.count, dtype: operand.dtype }
    }

    /// Runs all stages on one part.
    fn part(&self, pool: &Pool, part: usize) -> Result<()> {
        with_scratch(self.slices.local.div_ceil(size_of::<f64>()), |local: &mut [f64]| {
            let local = local.as_mut_ptr().cast::<u8>();
            let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
            for stage in &self.slices.stages {
                inputs.clear();
                outputs.clear();
                inputs.extend(stage.inputs.iter().map(|o| self.slot(o, part, local)));
                outputs.extend(stage.outputs.iter().map(|o| self.slot(o, part, local)));
                // SAFETY: a part of an operand lies inside it (`slices.rs` cuts operands into as many equal
                // parts as there are), and inside the scratch for what is local or partial, which is
                // initialised. Values that live at one time lie apart, but for an output in the
                // place of an input that the kernel lets it replace; parts of different tasks are disjoint.
                let mut args = unsafe { Args::new(&inputs, &outputs) };
                stage.kernel.run(pool, &mut args)?;
            }
            Ok(())
        })
    }
}

impl Slices {
    /// Adds the results of the parts up, in their order.
    fn add<T: Real>(&self, sum: &Sum, out: Slot, partial: *const u8) {
        // SAFETY: the output has `count` elements of its dtype, and the partial results are as many for each
        // part, one after another from `offset` on; every task has ended.
        let (out, values) = unsafe {
            let start = partial.add(sum.offset).cast::<T>();
            (
                std::slice::from_raw_parts_mut(out.start.cast::<T>(), out.count),
                std::slice::from_raw_parts(start, out.count * self.parts),
            )
        };
        let (first, rest) = values.split_at(out.len());
        out.copy_from_slice(first);
        for values in rest.chunks_exact(out.len()) {
            out.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
        }
    }
}

impl Kernel for Slices {
    fn label(&self) -> String {
        let labels: Vec<String> = self.stages.iter().map(|s| s.kernel.label()).collect();
        format!("{} × [{}]", self.parts, labels.join(" | "))
    }

    fn flops(&self) -> u64 {
        self.stages.iter().map(|s| s.kernel.flops()).sum::<u64>() * self.parts as u64
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        with_scratch(self.partial.div_ceil(size_of::<f64>()), |partial: &mut [f64]| {
            let partial = partial.as_mut_ptr().cast::<u8>();
            let frame = Frame { slices: self, args, partial };
            pool.try_parallel_for(self.parts, |part| {
                let frame = &frame;
                frame.part(pool, part)
            })?;
            for sum in &self.sums {
                let out = args.output_slot(sum.output);
                match out.dtype {
                    DType::F64 => self.add::<f64>(sum, out, partial),
                    _ => self.add::<f32>(sum, out, partial),
                }
            }
            Ok(())
        })
    }
}
