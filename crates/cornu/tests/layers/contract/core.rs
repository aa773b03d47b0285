//! The basic layers.

use cornu::DType;
use cornu::constraints::NonNeg;
use cornu::layers::{Dense, Embedding, Identity, InputLayer, Lambda, one, register_lambda};
use cornu::regularizers::L2;

use cornu::testing::CheckOptions;

use super::{Case, case, params, typed_case};

pub fn cases() -> Vec<Case> {
    register_lambda("halve", |inputs, _| Ok(vec![one("halve", inputs)? * 0.5]));
    vec![
        typed_case(
            || Embedding::new(9, 3),
            &[(&[2, 4], DType::I32)],
            CheckOptions { int_limit: 9, ..params(27) },
        ),
        case(Identity::new, &[&[2, 3]], params(0)),
        case(|| Lambda::map("halve", |x| x * 0.5), &[&[2, 3]], params(0)),
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
