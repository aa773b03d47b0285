//! A weight's update by a gradient that is a matrix product: every few rows of the product are used up while the
//! cache has them, and the weight's other values are brought there meanwhile.

use std::ops::Range;

use cornu_graph::{DType, Result};

use super::together::Shared;
use crate::gemm::{Gemm, gemm_rows};
use crate::plan::{Args, Kernel, Slot};
use crate::runtime::Pool;
use crate::simd::{AnyIsa, isa};

/// A product in single precision, and an element-wise pass of which it is an input.
pub(crate) struct Descent {
    product: Box<dyn Kernel>,
    spec: Gemm,
    isa: AnyIsa,
    update: Box<dyn Kernel>,
    /// The input of `update` that the product is.
    gradient: usize,
}

impl Descent {
    /// The inputs are the product's and then those of `update` without number `gradient`; the outputs are those of
    /// `update`.
    pub fn new(
        product: Box<dyn Kernel>,
        spec: Gemm,
        update: Box<dyn Kernel>,
        gradient: usize,
    ) -> Result<Descent> {
        Ok(Descent { product, spec, isa: isa()?, update, gradient })
    }

    /// Updates what these rows of the product belong to.
    fn update(&self, shared: &Shared, rows: Range<usize>, values: &mut [f32]) -> Result<()> {
        let Gemm { m, n, .. } = self.spec;
        // The address for which the first of the rows lies at its place in the whole product.
        let start = values.as_mut_ptr().wrapping_sub(rows.start * n).cast();
        let mut inputs = shared.inputs.to_vec();
        inputs.insert(self.gradient, Slot { start, count: m * n, dtype: DType::F32 });
        // SAFETY: the operands are those of the step, which `run` may use, and the rows of the product, of which
        // `run_part` reads only these; rows are handed out once, so no two threads use the same elements.
        let args = unsafe { Args::new(&inputs, shared.outputs) };
        self.update.run_part(rows.start * n..rows.end * n, &args)
    }
}

impl Kernel for Descent {
    fn label(&self) -> String {
        format!("{} → {}", self.product.label(), self.update.label())
    }

    fn flops(&self) -> u64 {
        self.product.flops()
    }

    fn in_place(&self, input: usize, output: usize) -> bool {
        let input = input.checked_sub(2).map(|i| i + usize::from(i >= self.gradient));
        input.is_some_and(|input| self.update.in_place(input, output))
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let (a, b) = (args.input::<f32>(0)?, args.input::<f32>(1)?);
        let (inputs, outputs) = args.slots();
        let shared = Shared { inputs: &inputs[2..], outputs };
        let large =
            |slot: &&Slot| slot.count == self.spec.m * self.spec.n && slot.dtype == DType::F32;
        let large = shared.inputs.iter().filter(large);
        let beside: Vec<*const f32> = large.map(|slot| slot.start.cast_const().cast()).collect();
        let take = |rows: Range<usize>, values: &mut [f32]| self.update(&shared, rows, values);
        gemm_rows(self.isa, pool, &self.spec, a, b, &beside, take)
    }
}
