//! Running sums.

use cornu_graph::ops::CumSum;
use cornu_graph::{DType, Result, Spec};

use crate::cumulative::{CumulativeSum, Summable};
use crate::plan::{Args, Kernel, Number};
use crate::runtime::Pool;

/// A bound running sum.
pub(crate) struct Cumulating {
    sums: CumulativeSum,
    dtype: DType,
    label: String,
}

impl Cumulating {
    /// Binds the running sums of `x`.
    pub fn new(op: &CumSum, x: &Spec) -> Result<Cumulating> {
        let sums = CumulativeSum::new(&x.shape, op.axis, op.reverse)?;
        let label = format!("cumsum of {:?} along {}", x.shape, op.axis);
        Ok(Cumulating { sums, dtype: x.dtype, label })
    }

    fn compute<T: Summable + Number>(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let x = args.input::<T>(0)?;
        self.sums.run(pool, x, args.output::<T>(0)?)
    }
}

impl Kernel for Cumulating {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        for_dtype!(self.dtype, T => self.compute::<T>(pool, args))
    }
}
