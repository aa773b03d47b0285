//! Layers that prepare data.

use cornu::Array;
use cornu::layers::{Normalization, Rescaling};

use cornu::testing::CheckOptions;

use super::{Case, case, params};

fn adapted() -> Normalization {
    let data = Array::new(&[3, 2], vec![1f32, 5.0, 2.0, 3.0, 6.0, 4.0]).unwrap();
    Normalization::new().adapt(&data).unwrap()
}

/// Mean, variance and count, none of them trained.
fn statistics() -> CheckOptions {
    CheckOptions { non_trainable_params: 5, ..params(5) }
}

pub fn cases() -> Vec<Case> {
    vec![
        case(|| Rescaling::new(0.5).offset(-1.0), &[&[2, 3]], params(0)),
        case(|| Rescaling::new([1.0, 2.0, 3.0]), &[&[2, 3]], params(0)),
        case(adapted, &[&[3, 2]], statistics()),
        case(|| adapted().invert(true), &[&[3, 2]], statistics()),
        case(|| Normalization::new().axis([]).mean(1.0).variance(4.0), &[&[3, 2]], params(0)),
    ]
}
