//! Fused element-wise chains: many element-wise ops in one pass over memory.
//!
//! A [`Program`] is a list of instructions; [`Map::new`] compiles it for one shape and one layout of
//! its inputs, [`Map::run`] runs it. The iteration space is cut into tiles of [`TILE`] elements that stay
//! in the first-level cache; within a tile every instruction is one vectorised loop. So only the
//! program's inputs and outputs touch memory.
//!
//! - `layout.rs` merges axes and finds out how each input is laid out against the output;
//! - `compile.rs` checks the program, drops what no output needs, moves what is the same for all
//!   elements out of the loop and gives the other registers tile buffers that are used again;
//! - `chain.rs` makes one instruction of some frequent chains;
//! - `run.rs` walks the tiles on all threads;
//! - `step.rs` and `lanes.rs` are the loops.

mod chain;
mod compile;
mod lanes;
mod layout;
mod run;
mod step;

use cornu_graph::ops::{BinaryKind, CompareKind, LogicalKind, UnaryKind};
use cornu_graph::{Array, DType};

pub use compile::Map;

/// Elements per tile.
pub const TILE: usize = 1024;

/// Elements per innermost loop: a fixed number, so that the compiler unrolls it without a remainder.
const STRIP: usize = 64;

/// The value that an instruction computes: the instruction's index in the program.
pub type Register = usize;

/// One step of a [`Program`]; its operands are registers of earlier steps.
#[derive(Debug, Clone, PartialEq)]
pub enum Instr {
    /// The program's input with this index.
    Input(usize),
    /// The only element of an array, at every place.
    Const(Array),
    /// The index along an axis of the iteration shape.
    Iota {
        /// The axis.
        axis: usize,
        /// The dtype of the index.
        dtype: DType,
    },
    /// A function of one value.
    Unary(UnaryKind, Register),
    /// A function of two values of one dtype.
    Binary(BinaryKind, Register, Register),
    /// A comparison of two values of one dtype.
    Compare(CompareKind, Register, Register),
    /// Logic on two `bool` values.
    Logical(LogicalKind, Register, Register),
    /// The second where the first (`bool`) is true, else the third.
    Select(Register, Register, Register),
    /// The value in another dtype.
    Cast(DType, Register),
}

/// An element-wise computation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Program {
    /// The steps, operands before their uses.
    pub instrs: Vec<Instr>,
    /// The registers that are stored, one per output.
    pub outputs: Vec<Register>,
}

impl Program {
    /// Appends a step and returns its register.
    pub fn push(&mut self, instr: Instr) -> Register {
        self.instrs.push(instr);
        self.instrs.len() - 1
    }
}

/// How an input of a [`Map`] lies in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// The dtype.
    pub dtype: DType,
    /// For every axis of the iteration shape, the distance in elements between neighbours; 0 where the
    /// input is broadcast.
    pub strides: Vec<isize>,
}

impl Operand {
    /// A row-major array of shape `shape`, broadcast to the iteration shape `to` (aligned at the right).
    ///
    /// ```
    /// use cornu_cpu::map::Operand;
    /// use cornu_graph::DType;
    /// let bias = Operand::broadcast(DType::F32, &[3], &[2, 3]);
    /// assert_eq!(bias.strides, [0, 1]);
    /// ```
    pub fn broadcast(dtype: DType, shape: &[usize], to: &[usize]) -> Operand {
        let own = cornu_graph::strides(shape);
        let missing = to.len().saturating_sub(shape.len());
        let stride = |axis: usize| match axis.checked_sub(missing) {
            Some(i) if shape[i] != 1 => own[i] as isize,
            _ => 0,
        };
        Operand { dtype, strides: (0..to.len()).map(stride).collect() }
    }
}

#[cfg(test)]
mod tests;
