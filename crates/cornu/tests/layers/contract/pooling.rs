//! Pooling.

use cornu::layers::{
    AveragePooling1D, AveragePooling2D, AveragePooling3D, GlobalAveragePooling1D,
    GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D,
    GlobalMaxPooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D,
};

use super::{Case, case, params};

const IMAGES: &[&[usize]] = &[&[2, 4, 5, 2]];
const SERIES: &[&[usize]] = &[&[2, 5, 3]];
const VOLUMES: &[&[usize]] = &[&[2, 3, 2, 4, 2]];

pub fn cases() -> Vec<Case> {
    vec![
        case(|| MaxPooling2D::new(2), IMAGES, params(0)),
        case(|| MaxPooling2D::new((3, 2)).strides((2, 1)).padding("same"), IMAGES, params(0)),
        case(|| MaxPooling2D::new(2).data_format("channels_first"), &[&[2, 2, 4, 3]], params(0)),
        case(|| AveragePooling2D::new(2), IMAGES, params(0)),
        case(|| AveragePooling2D::new(3).strides(2).padding("same"), IMAGES, params(0)),
        case(
            || AveragePooling2D::new(2).padding("same").data_format("channels_first"),
            &[&[2, 2, 3, 5]],
            params(0),
        ),
        case(|| MaxPooling1D::new(2).strides(1), SERIES, params(0)),
        case(|| AveragePooling1D::new(2).padding("same"), SERIES, params(0)),
        case(|| MaxPooling3D::new([2, 1, 2]), VOLUMES, params(0)),
        case(|| AveragePooling3D::new(2).padding("same"), VOLUMES, params(0)),
        case(GlobalAveragePooling2D::new, IMAGES, params(0)),
        case(|| GlobalAveragePooling2D::new().keepdims(true), IMAGES, params(0)),
        case(|| GlobalAveragePooling2D::new().data_format("channels_first"), IMAGES, params(0)),
        case(GlobalMaxPooling2D::new, IMAGES, params(0)),
        case(
            || GlobalMaxPooling2D::new().keepdims(true).data_format("channels_first"),
            IMAGES,
            params(0),
        ),
        case(GlobalAveragePooling1D::new, SERIES, params(0)),
        case(GlobalMaxPooling1D::new, SERIES, params(0)),
        case(GlobalAveragePooling3D::new, VOLUMES, params(0)),
        case(GlobalMaxPooling3D::new, VOLUMES, params(0)),
    ]
}
