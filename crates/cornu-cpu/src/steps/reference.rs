//! The op's own scalar evaluation, for what has no kernel.

use cornu_graph::ops::{Op, Operation};
use cornu_graph::{Array, Error, Result, Spec};

use crate::plan::{Args, Kernel};
use crate::runtime::Pool;

/// Runs [`Operation::evaluate`] on copies of the operands. Slow, and it allocates: for the ops that users
/// write, and for types and ranks that no kernel knows.
pub(crate) struct Reference {
    /// The op.
    pub op: Op,
    /// What it reads.
    pub inputs: Vec<Spec>,
    /// What it gives.
    pub output: Spec,
}

impl Kernel for Reference {
    fn label(&self) -> String {
        format!("{} (reference)", self.op.name())
    }

    fn run(&self, _: &Pool, args: &mut Args) -> Result<()> {
        let inputs = self.inputs.iter().enumerate();
        let arrays =
            inputs.map(|(i, s)| args.array(i, &s.shape)).collect::<Result<Vec<Array>>>()?;
        let value = self.op.evaluate(&arrays.iter().collect::<Vec<_>>(), &self.output)?;
        if value.shape() != self.output.shape {
            return Err(Error::Backend(format!(
                "{} gave shape {:?} where its rule says {}",
                self.op.name(),
                value.shape(),
                self.output
            )));
        }
        args.store(0, &value)
    }
}
