//! The decomposition `P A = L U`.

use cornu_graph::ops::cast;
use cornu_graph::{DType, Error, Result, Tensor};

use super::decomposition::{Decomposition, Outcome, Slopes, decompose, matrices, several};

#[derive(Debug)]
struct LuFactor;

impl Decomposition for LuFactor {
    fn name(&self) -> &'static str {
        "lu_factor"
    }

    fn results(&self, sizes: &[[usize; 2]]) -> Vec<Vec<usize>> {
        let [m, n] = sizes[0];
        vec![vec![m, n], vec![m.min(n)]]
    }

    fn compute(&self, inputs: &[&[f64]], sizes: &[[usize; 2]]) -> Outcome {
        let [m, n] = sizes[0];
        let lu = cornu_numeric::lu(inputs[0], m, n);
        let swaps = lu.swaps(m.min(n)).into_iter().map(|s| s as f64).collect();
        Ok(vec![lu.packed, swaps])
    }

    fn gradient(&self, _: &Slopes) -> Result<Vec<Option<Tensor>>> {
        Err(Error::NotDifferentiable {
            op: self.name().into(),
            reason: ": solve, inv and det are differentiable".into(),
        })
    }
}

/// The decomposition with partial pivoting: `(lu, pivots)`.
///
/// `lu`, of the shape of `a`, holds `U`, and below its diagonal `L` without its diagonal of ones. `pivots` (`int32`)
/// says, as in LAPACK counted from 0, that row `i` was exchanged with row `pivots[i]`. Not differentiable.
pub fn lu_factor(a: &Tensor) -> (Tensor, Tensor) {
    let [lu, pivots] = several(&[a], || decompose(LuFactor, &[&matrices("lu_factor", a)?]));
    (lu, cast(&pivots, DType::I32))
}
