//! Random values.

use cornu_graph::ops::{Operation, Random};
use cornu_graph::{DType, Error, Result};

use crate::plan::{Args, Kernel};
use crate::random::{fill_f32, fill_f64};
use crate::runtime::Pool;
use crate::simd::{AnyIsa, isa};

/// Random values from a key.
pub(crate) struct Filling {
    op: Random,
    isa: AnyIsa,
}

impl Filling {
    /// Binds the values that `op` describes.
    pub fn new(op: &Random) -> Result<Filling> {
        Ok(Filling { op: op.clone(), isa: isa()? })
    }
}

impl Kernel for Filling {
    fn label(&self) -> String {
        self.op.name().replace('_', " ")
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let &[seed, stream] = args.input::<i64>(0)? else {
            return Err(Error::Backend("plan: a random step without a key of two words".into()));
        };
        let (distribution, key) = (self.op.distribution, [seed, stream]);
        match self.op.spec.dtype {
            DType::F64 => fill_f64(distribution, key, pool, args.output(0)?),
            _ => fill_f32(distribution, key, pool, self.isa, args.output(0)?),
        }
        Ok(())
    }
}
