//! Sums, products, extremes and their places.

use cornu_graph::ops::{ArgReduce, Operation, Reduce, ReduceKind};
use cornu_graph::{DType, Result, Spec};

use crate::plan::{Args, Kernel, Number, Slice};
use crate::reduce::{ArgReduction, Reducible, Reduction};
use crate::runtime::Pool;
use crate::simd::{AnyIsa, isa};

/// A bound reduction.
pub(crate) struct Reducing {
    reduction: Reduction,
    op: Reduce,
    x: Spec,
    isa: AnyIsa,
}

impl Reducing {
    /// Binds a reduction of `x`.
    pub fn new(op: &Reduce, x: &Spec) -> Result<Reducing> {
        let reduction = Reduction::new(op.kind, &x.shape, &op.axes)?;
        Ok(Reducing { reduction, op: op.clone(), x: x.clone(), isa: isa()? })
    }

    fn compute<T: Reducible + Number>(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let x = args.input::<T>(0)?;
        self.reduction.run(pool, self.isa, x, args.output::<T>(0)?)
    }
}

impl Kernel for Reducing {
    fn label(&self) -> String {
        format!("{} of {:?} over {:?}", self.op.name(), self.x.shape, self.op.axes)
    }

    fn rows(&self) -> Option<usize> {
        self.x.shape.first().copied()
    }

    fn slice(&self, parts: usize) -> Option<Slice> {
        let sums = self.op.axes.contains(&0);
        let rows = self.rows().filter(|rows| rows.is_multiple_of(parts))?;
        if sums && !(self.op.kind == ReduceKind::Sum && self.x.dtype.is_float()) {
            return None;
        }
        let mut x = self.x.clone();
        x.shape[0] = rows / parts;
        let steps = vec![x.count()];
        let kernel = Reducing::new(&self.op, &x).ok()?;
        Some(Slice { kernel: Box::new(kernel), steps, sums })
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        for_dtype!(self.x.dtype, T => self.compute::<T>(pool, args))
    }
}

/// A bound search for the place of an extreme.
pub(crate) struct ArgReducing {
    reduction: ArgReduction,
    dtype: DType,
    isa: AnyIsa,
    label: String,
}

impl ArgReducing {
    /// Binds a search in `x`.
    pub fn new(op: &ArgReduce, x: &Spec) -> Result<ArgReducing> {
        let reduction = ArgReduction::new(op.kind, &x.shape, op.axis)?;
        let label = format!("{} of {:?} over {}", op.name(), x.shape, op.axis);
        Ok(ArgReducing { reduction, dtype: x.dtype, isa: isa()?, label })
    }

    fn compute<T: Reducible + Number>(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let x = args.input::<T>(0)?;
        self.reduction.run(pool, self.isa, x, args.output::<i32>(0)?)
    }
}

impl Kernel for ArgReducing {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        for_dtype!(self.dtype, T => self.compute::<T>(pool, args))
    }
}
