//! Convolutions.

use cornu::constraints::NonNeg;
use cornu::layers::{
    Conv1D, Conv1DTranspose, Conv2D, Conv2DTranspose, Conv3D, Conv3DTranspose, DepthwiseConv1D,
    DepthwiseConv2D,
};
use cornu::regularizers::L2;

use super::{Case, case, params};

pub fn cases() -> Vec<Case> {
    vec![
        case(|| Conv2D::new(3, 3), &[&[2, 5, 4, 2]], params(57)),
        case(
            || Conv2D::new(2, [2, 3]).strides((2, 1)).padding("same").activation("tanh"),
            &[&[2, 5, 4, 1]],
            params(14),
        ),
        case(
            || Conv2D::new(4, 2).groups(2).use_bias(false).data_format("channels_first"),
            &[&[2, 4, 3, 3]],
            params(32),
        ),
        case(
            || {
                Conv2D::new(2, 2)
                    .dilation_rate(2)
                    .kernel_constraint(NonNeg {})
                    .kernel_regularizer(L2 { l2: 0.1 })
                    .activity_regularizer(L2 { l2: 0.01 })
            },
            &[&[2, 4, 4, 1]],
            params(10),
        ),
        case(|| Conv1D::new(2, 3).padding("causal"), &[&[2, 5, 2]], params(14)),
        case(|| Conv3D::new(2, 2).strides(2).padding("same"), &[&[2, 3, 2, 3, 1]], params(18)),
        case(
            || Conv2DTranspose::new(2, 3).strides(2).padding("same"),
            &[&[2, 2, 3, 2]],
            params(38),
        ),
        case(
            || Conv2DTranspose::new(2, 2).strides(3).activation("sigmoid"),
            &[&[2, 2, 2, 1]],
            params(10),
        ),
        case(
            || {
                Conv2DTranspose::new(1, (3, 2))
                    .strides((2, 1))
                    .output_padding((1, 0))
                    .use_bias(false)
                    .data_format("channels_first")
                    .kernel_regularizer(L2 { l2: 0.1 })
            },
            &[&[2, 2, 2, 3]],
            params(12),
        ),
        case(|| Conv2DTranspose::new(1, 2).dilation_rate(2), &[&[2, 3, 2, 1]], params(5)),
        case(|| Conv1DTranspose::new(2, 3).strides(2), &[&[2, 3, 2]], params(14)),
        case(|| Conv3DTranspose::new(1, 2).strides(2), &[&[2, 2, 1, 2, 2]], params(17)),
        case(|| DepthwiseConv2D::new(2), &[&[2, 3, 4, 3]], params(15)),
        case(
            || {
                DepthwiseConv2D::new(3)
                    .depth_multiplier(2)
                    .strides(2)
                    .padding("same")
                    .activation("tanh")
            },
            &[&[2, 4, 3, 2]],
            params(40),
        ),
        case(
            || {
                DepthwiseConv2D::new(2)
                    .data_format("channels_first")
                    .depthwise_constraint(NonNeg {})
            },
            &[&[2, 2, 3, 3]],
            params(10),
        ),
        case(|| DepthwiseConv1D::new(2).use_bias(false), &[&[2, 4, 3]], params(6)),
    ]
}
