//! The order of elements.

use cornu_graph::ops::ArgSort;
use cornu_graph::{DType, Result, Spec};

use crate::plan::{Args, Kernel, Number};
use crate::runtime::Pool;
use crate::sort::{ArgSorting, Sortable};

/// A bound search for the order of elements.
pub(crate) struct Ordering {
    sorting: ArgSorting,
    dtype: DType,
    label: String,
}

impl Ordering {
    /// Binds the sorting of `x`.
    pub fn new(op: &ArgSort, x: &Spec) -> Result<Ordering> {
        let sorting = ArgSorting::new(&x.shape, op.axis, op.descending)?;
        let label = format!("argsort of {:?} along {}", x.shape, op.axis);
        Ok(Ordering { sorting, dtype: x.dtype, label })
    }

    fn compute<T: Sortable + Number>(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let x = args.input::<T>(0)?;
        self.sorting.run(pool, x, args.output::<i32>(0)?)
    }
}

impl Kernel for Ordering {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        for_dtype!(self.dtype, T => self.compute::<T>(pool, args))
    }
}
