//! Activation layers.

use cornu::layers::ReLU;

use super::{Case, case, params};

pub fn cases() -> Vec<Case> {
    vec![
        case(ReLU::new, &[&[3, 4]], params(0)),
        case(
            || ReLU::new().max_value(0.5).negative_slope(0.1).threshold(0.2),
            &[&[2, 3, 4]],
            params(0),
        ),
    ]
}
