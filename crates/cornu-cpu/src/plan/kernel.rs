//! What a step of a plan runs, and the memory that it is handed.

use std::ops::Range;

use cornu_graph::{Array, DType, Data, Element, Error, Result};

use crate::gemm::Gemm;
use crate::runtime::{Pod, Pool};

/// Machine code bound to one step's shapes and parameters.
pub(crate) trait Kernel: Send + Sync {
    /// The kernel and its parameters, in words for people.
    fn label(&self) -> String;

    /// Additions and multiplications of one run, for the plan's table.
    fn flops(&self) -> u64 {
        0
    }

    /// Whether output `output` may lie exactly where input `input` lies.
    fn in_place(&self, input: usize, output: usize) -> bool {
        let _ = (input, output);
        false
    }

    /// The rows that the work could be cut into, where the kernel knows: the size of a batch.
    fn rows(&self) -> Option<usize> {
        None
    }

    /// The same work on one of `parts` equal parts of its rows, if it can be cut so.
    fn slice(&self, parts: usize) -> Option<Slice> {
        let _ = parts;
        None
    }

    /// The matrix product in single precision that the work is, if it is one.
    fn product(&self) -> Option<Gemm> {
        None
    }

    /// The number of elements of the work, if any of them can be computed without the others.
    fn elements(&self) -> Option<usize> {
        None
    }

    /// Computes some of the elements on this thread, while others may compute other elements. Only for kernels with
    /// [`Kernel::elements`].
    fn run_part(&self, elements: Range<usize>, args: &Args) -> Result<()> {
        let _ = args;
        Err(Error::Backend(format!("plan: {} has no elements {elements:?}", self.label())))
    }

    /// Runs.
    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()>;
}

/// A kernel for one of several equal parts of the rows of another.
pub(crate) struct Slice {
    /// The machine code for a part.
    pub kernel: Box<dyn Kernel>,
    /// For every input, the elements from one part's to the next's; 0 where all parts read the same.
    pub steps: Vec<usize>,
    /// Whether the results of the parts are to be added up. If not, each gives its part of the rows.
    pub sums: bool,
}

/// One operand of a step while a plan runs: typed memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    /// The first element.
    pub start: *mut u8,
    /// The number of elements.
    pub count: usize,
    /// Their type.
    pub dtype: DType,
}

/// The operands of a step.
pub(crate) struct Args<'a> {
    inputs: &'a [Slot],
    outputs: &'a [Slot],
}

impl<'a> Args<'a> {
    /// Operands from their parts.
    ///
    /// # Safety
    /// Every slot's memory must be valid for `count` elements of `dtype` (or for those that [`Kernel::run_part`] is
    /// asked for, if nothing else is called) while the result lives: inputs and outputs initialised, outputs for writing too, aligned for the type. An output overlaps
    /// no other slot but an input that the kernel allows it to replace ([`Kernel::in_place`]), and nobody
    /// else touches the memory meanwhile.
    pub unsafe fn new(inputs: &'a [Slot], outputs: &'a [Slot]) -> Args<'a> {
        Args { inputs, outputs }
    }

    /// The memory of all inputs and of all outputs.
    pub fn slots(&self) -> (&'a [Slot], &'a [Slot]) {
        (self.inputs, self.outputs)
    }

    /// The memory of an input, for kernels that may work in place.
    pub fn input_slot(&self, i: usize) -> Slot {
        self.inputs[i]
    }

    /// The memory of an output, for kernels that may work in place.
    pub fn output_slot(&self, i: usize) -> Slot {
        self.outputs[i]
    }

    /// The elements of an input. Only for kernels that never work in place.
    ///
    /// # Errors
    /// When the input has another type: the plan was bound wrongly.
    pub fn input<T: Number>(&self, i: usize) -> Result<&'a [T]> {
        let slot = self.inputs[i];
        slot.check::<T>()?;
        // SAFETY: valid and initialised for `count` elements of this type by the contract of `new`; no
        // output overlaps it, since the kernel does not work in place.
        Ok(unsafe { std::slice::from_raw_parts(slot.start.cast(), slot.count) })
    }

    /// The elements of an output, to be written. Only for kernels that never work in place.
    ///
    /// # Errors
    /// When the output has another type: the plan was bound wrongly.
    pub fn output<T: Number>(&mut self, i: usize) -> Result<&mut [T]> {
        let slot = self.outputs[i];
        slot.check::<T>()?;
        // SAFETY: valid and initialised for `count` elements of this type by the contract of `new`, which
        // also says that nothing overlaps it; the borrow of `self` keeps a second one away.
        Ok(unsafe { std::slice::from_raw_parts_mut(slot.start.cast(), slot.count) })
    }

    /// A copy of an input, under a shape.
    pub fn array(&self, i: usize, shape: &[usize]) -> Result<Array> {
        let slot = self.inputs[i];
        let data = match slot.dtype {
            DType::Bool => Data::Bool(self.input::<u8>(i)?.iter().map(|&b| b != 0).collect()),
            DType::U8 => Data::U8(self.input(i)?.to_vec()),
            DType::I32 => Data::I32(self.input(i)?.to_vec()),
            DType::I64 => Data::I64(self.input(i)?.to_vec()),
            DType::F32 => Data::F32(self.input(i)?.to_vec()),
            DType::F64 => Data::F64(self.input(i)?.to_vec()),
        };
        Array::from_data(shape, data)
    }

    /// Copies an array into an output.
    pub fn store(&mut self, i: usize, array: &Array) -> Result<()> {
        let slot = self.outputs[i];
        if array.len() != slot.count || array.dtype() != slot.dtype {
            return Err(Error::Backend(format!(
                "plan: a step gave {}{:?} where {} elements of {} are due",
                array.dtype(),
                array.shape(),
                slot.count,
                slot.dtype
            )));
        }
        cornu_graph::with_dtype!(array.dtype(), T => {
            let from = <T as Element>::slice(array.data()).unwrap_or_default();
            // SAFETY: the output is valid for `count` elements of `dtype`, both of which agree with the
            // array's (checked above), and an array's memory is its own.
            unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), slot.start.cast(), from.len()) };
        });
        Ok(())
    }
}

impl Slot {
    /// The number of bytes.
    pub fn bytes(&self) -> usize {
        self.count * self.dtype.size()
    }

    fn check<T: Number>(&self) -> Result<()> {
        if T::fits(self.dtype) {
            return Ok(());
        }
        Err(Error::Backend(format!("plan: a step bound to other types reads {}", self.dtype)))
    }
}

/// A type that operands can be viewed as: `u8` stands for `bool` too.
pub(crate) trait Number: Pod {
    /// Whether memory that holds `dtype` can be viewed as this type.
    fn fits(dtype: DType) -> bool;
}

macro_rules! numbers {
    ($($t:ty: $($dtype:ident)|+;)*) => {
        $(impl Number for $t {
            fn fits(dtype: DType) -> bool {
                matches!(dtype, $(DType::$dtype)|+)
            }
        })*
    };
}
numbers! {
    u8: Bool | U8;
    i32: I32;
    i64: I64;
    f32: F32;
    f64: F64;
}
