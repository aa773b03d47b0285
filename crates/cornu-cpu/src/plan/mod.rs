//! Plans: steps in order, memory with offsets, and what runs them.

mod describe;
mod execute;
mod kernel;
mod memory;
mod program;
mod schedule;

pub(crate) use execute::{Arenas, Plan};
pub(crate) use kernel::{Args, Kernel, Number, Slice, Slot};
pub(crate) use memory::{Stretch, arrange, layout};
pub(crate) use program::{Origin, Program, Step, Target, Value, ValueId};
pub(crate) use schedule::schedule;
