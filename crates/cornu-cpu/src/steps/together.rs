//! Several element-wise passes as one list of pieces.

use std::ops::Range;

use cornu_graph::Result;

use crate::map::TILE;
use crate::plan::{Args, Kernel, Slot};
use crate::runtime::Pool;

/// The elements of a piece: whole tiles, and small enough that the operands of a piece fit into a first-level
/// or second-level cache.
const PIECE: usize = 8 * TILE;

/// Kernels whose elements are independent of each other, run side by side.
pub(crate) struct Together {
    members: Vec<Member>,
    /// Parts of members, by rising member; each is a kernel's number and a range of its elements.
    pieces: Vec<(usize, Range<usize>)>,
    /// Ranges of pieces of about one size.
    tasks: Vec<Range<usize>>,
}

struct Member {
    kernel: Box<dyn Kernel>,
    inputs: Range<usize>,
    outputs: Range<usize>,
}

impl Together {
    /// Kernels with the numbers of their inputs and outputs, which follow each other.
    pub fn new(kernels: Vec<(Box<dyn Kernel>, usize, usize)>) -> Together {
        let (mut inputs, mut outputs) = (0, 0);
        let (mut members, mut pieces) = (Vec::new(), Vec::new());
        for (kernel, ins, outs) in kernels {
            let elements = kernel.elements().unwrap_or(0);
            let starts = (0..elements).step_by(PIECE);
            let number = members.len();
            pieces.extend(starts.map(|at| (number, at..elements.min(at + PIECE))));
            let (ins, outs) = (inputs..inputs + ins, outputs..outputs + outs);
            (inputs, outputs) = (ins.end, outs.end);
            members.push(Member { kernel, inputs: ins, outputs: outs });
        }
        let (mut tasks, mut first, mut size) = (Vec::new(), 0, 0);
        for (i, (_, elements)) in pieces.iter().enumerate() {
            size += elements.len();
            if size >= PIECE || i + 1 == pieces.len() {
                tasks.push(first..i + 1);
                (first, size) = (i + 1, 0);
            }
        }
        Together { members, pieces, tasks }
    }

    fn member_of(&self, input: usize) -> Option<&Member> {
        self.members.iter().find(|m| m.inputs.contains(&input))
    }
}

impl Kernel for Together {
    fn label(&self) -> String {
        let longest = self.members.iter().max_by_key(|m| m.kernel.elements());
        let label = longest.map_or(String::new(), |m| m.kernel.label());
        format!("{} updates: {label}", self.members.len())
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        self.member_of(input).is_some_and(|m| {
            m.outputs.contains(&output)
                && m.kernel.in_place(input - m.inputs.start, output - m.outputs.start)
        })
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let (inputs, outputs) = args.slots();
        let shared = Shared { inputs, outputs };
        pool.try_parallel_for(self.tasks.len(), |task| {
            let shared = &shared;
            for (member, elements) in &self.pieces[self.tasks[task].clone()] {
                let member = &self.members[*member];
                let inputs = &shared.inputs[member.inputs.clone()];
                let outputs = &shared.outputs[member.outputs.clone()];
                // SAFETY: a member's operands are operands of the whole, which `run` may use; two members share
                // no output, and pieces of one member are different elements, which `run_part` keeps apart.
                let args = unsafe { Args::new(inputs, outputs) };
                member.kernel.run_part(elements.clone(), &args)?;
            }
            Ok(())
        })
    }
}

/// The operands of a run, which all threads share.
pub(super) struct Shared<'a> {
    pub inputs: &'a [Slot],
    pub outputs: &'a [Slot],
}

// SAFETY: the addresses are of memory that the run may use; threads write different elements of the outputs and
// read of what others write only the elements that they write themselves.
unsafe impl Sync for Shared<'_> {}
