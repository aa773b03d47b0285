//! Layers that join inputs.

use cornu::layers::{Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract};

use super::{Case, case, params};

pub fn cases() -> Vec<Case> {
    let pair: &[&[usize]] = &[&[2, 3, 4], &[2, 3, 4]];
    vec![
        case(Add::new, pair, params(0)),
        case(Add::new, &[&[2, 3], &[2, 3], &[2, 1]], params(0)),
        case(Add::new, &[&[2, 4], &[2, 3, 4]], params(0)),
        case(Subtract::new, pair, params(0)),
        case(Multiply::new, pair, params(0)),
        case(Average::new, pair, params(0)),
        case(Maximum::new, pair, params(0)),
        case(Minimum::new, pair, params(0)),
        case(Concatenate::new, &[&[2, 3], &[2, 1], &[2, 2]], params(0)),
        case(|| Concatenate::new().axis(1), &[&[2, 3, 2], &[2, 1, 2]], params(0)),
        case(|| Dot::new(1), &[&[2, 4], &[2, 4]], params(0)),
        case(|| Dot::new([2, 1]).normalize(true), &[&[2, 3, 4], &[2, 4, 2]], params(0)),
    ]
}
