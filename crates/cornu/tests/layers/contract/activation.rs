//! Activation layers.

use cornu::layers::{Activation, ELU, LeakyReLU, PReLU, ReLU, Softmax};

use super::{Case, case, params};

pub fn cases() -> Vec<Case> {
    vec![
        case(ReLU::new, &[&[3, 4]], params(0)),
        case(
            || ReLU::new().max_value(0.5).negative_slope(0.1).threshold(0.2),
            &[&[2, 3, 4]],
            params(0),
        ),
        case(|| Activation::new("mish"), &[&[3, 4]], params(0)),
        case(|| Activation::new("glu"), &[&[3, 4]], params(0)),
        case(|| Activation::new("sparsemax"), &[&[3, 4]], params(0)),
        case(|| ELU::new().alpha(0.4), &[&[3, 4]], params(0)),
        case(LeakyReLU::new, &[&[2, 3, 4]], params(0)),
        case(PReLU::new, &[&[2, 3, 4]], params(12)),
        case(|| PReLU::new().shared_axes([1, 2]), &[&[2, 3, 2, 4]], params(4)),
        case(|| PReLU::new().shared_axes(-1), &[&[2, 3, 4]], params(3)),
        case(Softmax::new, &[&[3, 4]], params(0)),
        case(|| Softmax::new().axis([1, 2]), &[&[2, 3, 4]], params(0)),
    ]
}
