//! Layers that move values without changing them.

use cornu::DType;
use cornu::layers::{
    Cropping1D, Cropping2D, Cropping3D, Flatten, Permute, RepeatVector, Reshape, UpSampling2D,
    ZeroPadding1D, ZeroPadding2D, ZeroPadding3D,
};
use cornu::testing::CheckOptions;

use super::{Case, case, params, typed_case};

const IMAGES: &[&[usize]] = &[&[2, 3, 4, 2]];
const VOLUMES: &[&[usize]] = &[&[2, 3, 2, 3, 1]];

pub fn cases() -> Vec<Case> {
    vec![
        case(Flatten::new, IMAGES, params(0)),
        case(|| Flatten::new().data_format("channels_first"), IMAGES, params(0)),
        case(Flatten::new, &[&[3]], params(0)),
        case(|| Reshape::new([4, -1]), IMAGES, params(0)),
        case(|| Reshape::new([2, 3]), &[&[2, 6]], params(0)),
        typed_case(
            || Reshape::new([-1]),
            &[(&[2, 2, 3], DType::I32)],
            CheckOptions { gradients: false, int_limit: 9, ..params(0) },
        ),
        case(|| Permute::new([3, 1, 2]), IMAGES, params(0)),
        case(|| RepeatVector::new(3), &[&[2, 4]], params(0)),
        case(|| UpSampling2D::new((2, 3)), IMAGES, params(0)),
        case(|| UpSampling2D::new((2, 3)).interpolation("bilinear"), IMAGES, params(0)),
        case(
            || UpSampling2D::new(2).interpolation("bilinear").data_format("channels_first"),
            IMAGES,
            params(0),
        ),
        case(|| ZeroPadding2D::new(((1, 0), (2, 3))), IMAGES, params(0)),
        case(|| ZeroPadding2D::new([1, 2]).data_format("channels_first"), IMAGES, params(0)),
        case(|| ZeroPadding1D::new((1, 2)), &[&[2, 3, 2]], params(0)),
        case(|| ZeroPadding3D::new(1), VOLUMES, params(0)),
        case(|| Cropping2D::new(((1, 0), (2, 1))), IMAGES, params(0)),
        case(|| Cropping2D::new((1, 0)).data_format("channels_first"), IMAGES, params(0)),
        case(|| Cropping1D::new((1, 0)), &[&[2, 3, 2]], params(0)),
        case(|| Cropping3D::new([(1, 0), (0, 0), (1, 1)]), VOLUMES, params(0)),
    ]
}
