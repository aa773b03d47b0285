//! Layers that normalize.

use cornu::layers::{
    BatchNormalization, GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization,
};
use cornu::regularizers::L2;
use cornu::testing::CheckOptions;

use super::{Case, case, params};

/// Batch normalization: two moving statistics per feature, and other outputs in training.
fn batch(params: usize, features: usize) -> CheckOptions {
    CheckOptions {
        params: Some(params),
        non_trainable_params: 2 * features,
        training_differs: true,
        ..Default::default()
    }
}

pub fn cases() -> Vec<Case> {
    vec![
        case(BatchNormalization::new, &[&[4, 3]], batch(12, 3)),
        case(
            || BatchNormalization::new().axis(1).momentum(0.8).epsilon(1e-5).scale(false),
            &[&[2, 2, 3]],
            batch(6, 2),
        ),
        case(
            || BatchNormalization::new().center(false).gamma_regularizer(L2 { l2: 0.1 }),
            &[&[2, 2, 2, 2]],
            batch(6, 2),
        ),
        case(LayerNormalization::new, &[&[3, 4]], params(8)),
        case(|| LayerNormalization::new().axis([-1, 1]).scale(false), &[&[2, 3, 2]], params(6)),
        case(|| LayerNormalization::new().axis(1).center(false), &[&[2, 3, 2]], params(3)),
        case(|| LayerNormalization::new().rms_scaling(true), &[&[2, 3]], params(3)),
        case(|| GroupNormalization::new().groups(2), &[&[2, 2, 2, 4]], params(8)),
        case(|| GroupNormalization::new().groups(-1).axis(1), &[&[2, 3, 4]], params(6)),
        case(
            || GroupNormalization::new().groups(1).center(false).scale(false),
            &[&[2, 3, 2]],
            params(0),
        ),
        case(RMSNormalization::new, &[&[3, 4]], params(4)),
        case(|| RMSNormalization::new().axis([1, 2]).epsilon(1e-3), &[&[2, 3, 2]], params(6)),
        case(UnitNormalization::new, &[&[3, 4]], params(0)),
        case(|| UnitNormalization::new().axis([1, 2]), &[&[2, 3, 2]], params(0)),
    ]
}
