//! Matrix products.

use cornu_graph::ops::MatMul;
use cornu_graph::{DType, Result, Spec};

use crate::gemm::{Gemm, gemm, gemm_int};
use crate::plan::{Args, Kernel};
use crate::runtime::Pool;
use crate::simd::{AnyIsa, isa};

/// A product, or a batch of them.
pub(crate) struct Product {
    spec: Gemm,
    dtype: DType,
    isa: AnyIsa,
}

impl Product {
    /// Binds the product of operands with these specs.
    pub fn new(op: &MatMul, a: &Spec, b: &Spec) -> Result<Product> {
        let (m, k, n) = op.sizes(&a.shape, &b.shape);
        let mut spec = Gemm::new(m, n, k);
        if op.transpose_a {
            spec = spec.transpose_a();
        }
        if op.transpose_b {
            spec = spec.transpose_b();
        }
        let batch = a.shape[..a.shape.len() - 2].iter().product();
        if batch != 1 {
            spec = spec.batched(batch);
        }
        Ok(Product { spec, dtype: a.dtype, isa: isa()? })
    }
}

impl Kernel for Product {
    fn label(&self) -> String {
        let Gemm { m, n, k, a, b, batch, .. } = &self.spec;
        let flag = |t: bool| if t { "ᵀ" } else { "" };
        let times = if *batch == 1 { String::new() } else { format!("{batch} × ") };
        format!("matmul {times}({m}, {k}){} @ ({k}, {n}){}", flag(a.transposed), flag(b.transposed))
    }

    fn flops(&self) -> u64 {
        [self.spec.batch, self.spec.m, self.spec.n, self.spec.k]
            .iter()
            .fold(2, |p, &d| p.saturating_mul(d as u64))
    }

    fn product(&self) -> Option<Gemm> {
        (self.dtype == DType::F32).then_some(self.spec)
    }

    fn run(&self, pool: &Pool, args: &mut Args) -> Result<()> {
        let (isa, spec) = (self.isa, &self.spec);
        match self.dtype {
            DType::F32 => {
                let (a, b) = (args.input::<f32>(0)?, args.input::<f32>(1)?);
                gemm(isa, pool, spec, a, b, None, args.output::<f32>(0)?)
            }
            DType::F64 => {
                let (a, b) = (args.input::<f64>(0)?, args.input::<f64>(1)?);
                gemm(isa, pool, spec, a, b, None, args.output::<f64>(0)?)
            }
            DType::I32 => {
                let (a, b) = (args.input::<i32>(0)?, args.input::<i32>(1)?);
                gemm_int(isa, pool, spec, a, b, args.output::<i32>(0)?)
            }
            DType::I64 => {
                let (a, b) = (args.input::<i64>(0)?, args.input::<i64>(1)?);
                gemm_int(isa, pool, spec, a, b, args.output::<i64>(0)?)
            }
            DType::U8 | DType::Bool => {
                let (a, b) = (args.input::<u8>(0)?, args.input::<u8>(1)?);
                gemm_int(isa, pool, spec, a, b, args.output::<u8>(0)?)
            }
        }
    }
}
