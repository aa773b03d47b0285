//! Pooling and its gradients.

use cornu_graph::ops::{Pool as PoolOp, PoolKind};
use cornu_graph::{DType, Result};

use crate::plan::{Args, Kernel, Number, Slice};
use crate::pool2d::{Pool2d, PoolShape};
use crate::runtime::Pool;
use crate::simd::{Real, isa};

/// A bound pooling or its gradient.
pub(crate) struct Pooling {
    pooling: Pool2d,
    kind: PoolKind,
    gradient: bool,
    dtype: DType,
    label: String,
}

impl Pooling {
    /// Binds the pooling of `x` to `y`, or its gradient; nothing where the kernels have no code for it: more
    /// than two spatial axes, or a size of 0.
    pub fn new(
        op: &PoolOp,
        gradient: bool,
        [x, y]: [&[usize]; 2],
        dtype: DType,
    ) -> Result<Option<Pooling>> {
        let spatial = x.len() - 2;
        if spatial > 2 || x.contains(&0) || y.contains(&0) {
            return Ok(None);
        }
        // A missing height is one of 1.
        let pair = |values: &[usize], missing: usize| match values {
            [width] => [missing, *width],
            values => [values[0], values[1]],
        };
        let [in_h, in_w] = pair(&x[1..=spatial], 1);
        let [out_h, out_w] = pair(&y[1..=spatial], 1);
        let (low, high): (Vec<usize>, Vec<usize>) = op.padding.iter().copied().unzip();
        let shape = PoolShape {
            batch: x[0],
            in_h,
            in_w,
            channels: x[spatial + 1],
            out_h,
            out_w,
            window: pair(&op.window, 1),
            stride: pair(&op.strides, 1),
            pad_lo: pair(&low, 0),
            pad_hi: pair(&high, 0),
        };
        let kind = if op.kind == PoolKind::Max { "max" } else { "sum" };
        let what = if gradient { " gradient" } else { "" };
        let label = format!("{kind} pooling{what} {:?}, strides {:?}", op.window, op.strides);
        let pooling = Pool2d::new(isa()?, shape)?;
        Ok(Some(Pooling { pooling, kind: op.kind, gradient, dtype, label }))
    }

    fn compute<T: Real + Number>(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let first = args.input::<T>(0)?;
        match (self.kind, self.gradient) {
            (PoolKind::Max, false) => self.pooling.max(pool, first, args.output::<T>(0)?),
            (PoolKind::Sum, false) => self.pooling.sum(pool, first, args.output::<T>(0)?),
            (PoolKind::Max, true) => {
                let dy = args.input::<T>(1)?;
                self.pooling.max_grad(pool, first, dy, args.output::<T>(0)?)
            }
            (PoolKind::Sum, true) => self.pooling.sum_grad(pool, first, args.output::<T>(0)?),
        }
    }
}

impl Kernel for Pooling {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn rows(&self) -> Option<usize> {
        Some(self.pooling.shape().batch)
    }

    fn slice(&self, parts: usize) -> Option<Slice> {
        let shape = *self.pooling.shape();
        if !shape.batch.is_multiple_of(parts) {
            return None;
        }
        let part = PoolShape { batch: shape.batch / parts, ..shape };
        let (x, y) = (part.input_len(), part.output_len());
        let steps = match (self.kind, self.gradient) {
            (_, false) => vec![x],
            (PoolKind::Sum, true) => vec![y],
            (PoolKind::Max, true) => vec![x, y],
        };
        let pooling = Pool2d::new(isa().ok()?, part).ok()?;
        let kernel = Pooling { pooling, label: self.label.clone(), ..*self };
        Some(Slice { kernel: Box::new(kernel), steps, sums: false })
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        match self.dtype {
            DType::F64 => self.compute::<f64>(pool, args),
            _ => self.compute::<f32>(pool, args),
        }
    }
}
