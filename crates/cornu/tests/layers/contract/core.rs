//! The basic layers.

use cornu::DType;
use cornu::constraints::NonNeg;
use cornu::layers::{Dense, InputLayer};
use cornu::regularizers::L2;

use super::{Case, case, params};

pub fn cases() -> Vec<Case> {
    vec![
        case(|| Dense::new(3), &[&[4, 5]], params(18)),
        case(|| Dense::new(2).activation("tanh").use_bias(false), &[&[2, 3, 4]], params(8)),
        case(
            || Dense::new(2).kernel_constraint(NonNeg {}).bias_regularizer(L2 { l2: 0.1 }),
            &[&[3, 2]],
            params(6),
        ),
        case(
            || InputLayer::new(vec![None, Some(2), Some(3)], DType::F32),
            &[&[2, 2, 3]],
            params(0),
        ),
    ]
}
