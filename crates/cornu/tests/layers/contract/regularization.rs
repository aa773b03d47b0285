//! Layers that draw noise or add penalties.

use cornu::layers::{
    ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise,
    SpatialDropout1D, SpatialDropout2D, SpatialDropout3D,
};
use cornu::testing::CheckOptions;

use super::{Case, case, params};

/// No weights, and other outputs in training.
fn noise() -> CheckOptions {
    CheckOptions { training_differs: true, ..params(0) }
}

pub fn cases() -> Vec<Case> {
    vec![
        case(|| Dropout::new(0.4).seed(1), &[&[3, 4]], noise()),
        case(|| Dropout::new(0.5).noise_shape([None, Some(1)]).seed(2), &[&[4, 3]], noise()),
        case(|| Dropout::new(1.0), &[&[3, 4]], noise()),
        case(|| Dropout::new(0.0), &[&[3, 4]], params(0)),
        case(|| AlphaDropout::new(0.4).seed(3), &[&[3, 4]], noise()),
        case(|| GaussianNoise::new(0.1).seed(4), &[&[3, 4]], noise()),
        case(|| GaussianDropout::new(0.2).seed(5), &[&[3, 4]], noise()),
        case(|| SpatialDropout1D::new(0.5).seed(6), &[&[2, 3, 4]], noise()),
        case(|| SpatialDropout2D::new(0.5).seed(7), &[&[2, 2, 3, 4]], noise()),
        case(|| SpatialDropout3D::new(0.5).seed(8), &[&[2, 2, 1, 3, 4]], noise()),
        case(|| ActivityRegularization::new().l1(0.1).l2(0.2), &[&[3, 4]], params(0)),
    ]
}
