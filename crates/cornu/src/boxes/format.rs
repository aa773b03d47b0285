//! What the four numbers of a box are.

use cornu_graph::{Error, Result, Tensor, ops};
use serde::{Deserialize, Serialize};

/// The order and meaning of a box's numbers, by Keras's names. `x` counts columns to the right, `y` rows downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoxFormat {
    /// Left, top, right, bottom.
    #[default]
    Xyxy,
    /// Top, left, bottom, right.
    Yxyx,
    /// Left, top, width, height.
    Xywh,
    /// Centre (x, y), width, height.
    CenterXywh,
    /// Centre (x, y), height, width.
    CenterYxhw,
    /// As `Xyxy`, in parts of the image's width and height.
    RelXyxy,
    /// As `Yxyx`, in parts of the image's height and width.
    RelYxyx,
    /// As `Xywh`, in parts of the image's width and height.
    RelXywh,
    /// As `CenterXywh`, in parts of the image's width and height.
    RelCenterXywh,
}

impl BoxFormat {
    /// Every format.
    pub const ALL: [BoxFormat; 9] = {
        use BoxFormat::*;
        [Xyxy, Yxyx, Xywh, CenterXywh, CenterYxhw, RelXyxy, RelYxyx, RelXywh, RelCenterXywh]
    };

    /// Whether the numbers are parts of the image's size.
    pub fn is_relative(self) -> bool {
        use BoxFormat::*;
        matches!(self, RelXyxy | RelYxyx | RelXywh | RelCenterXywh)
    }

    /// The format without the image's size.
    fn absolute(self) -> BoxFormat {
        match self {
            BoxFormat::RelXyxy => BoxFormat::Xyxy,
            BoxFormat::RelYxyx => BoxFormat::Yxyx,
            BoxFormat::RelXywh => BoxFormat::Xywh,
            BoxFormat::RelCenterXywh => BoxFormat::CenterXywh,
            other => other,
        }
    }
}

/// Four numbers, each of the shape of the boxes without their last axis.
pub(super) type Edges = [Tensor; 4];

/// Left, top, right and bottom of boxes, in the units of their format.
pub(super) fn edges(boxes: &Tensor, format: BoxFormat) -> Result<Edges> {
    boxes.check()?;
    if boxes.shape().last() != Some(&4) {
        let rule = "must have the shape [..., 4]";
        return Err(Error::invalid("boxes", "boxes", rule, format!("{:?}", boxes.shape())));
    }
    let boxes = ops::cast(boxes, boxes.dtype().to_float());
    let number = |i: usize| ops::squeeze(&ops::slice_axis(&boxes, -1, i, i + 1), &[-1]);
    let [a, b, c, d] = [number(0), number(1), number(2), number(3)];
    let around = |x: Tensor, y: Tensor, w: Tensor, h: Tensor| {
        let (w, h) = (w * 0.5, h * 0.5);
        [&x - &w, &y - &h, x + w, y + h]
    };
    Ok(match format.absolute() {
        BoxFormat::Yxyx => [b, a, d, c],
        BoxFormat::Xywh => [a.clone(), b.clone(), a + c, b + d],
        BoxFormat::CenterXywh => around(a, b, c, d),
        BoxFormat::CenterYxhw => around(b, a, d, c),
        _ => [a, b, c, d],
    })
}

/// Boxes in another format.
///
/// `boxes`: `[..., 4]`; integers become `float32`. `image`: height and width in pixels, needed between a relative format and
/// another. The result has the shape of `boxes`; gradients flow through it.
///
/// ```
/// use cornu::{Array, Eval, Tensor, boxes::{BoxFormat, convert_format}};
/// let corners = Tensor::from(Array::new(&[1, 4], vec![16f32, 32.0, 48.0, 96.0])?);
/// let relative = convert_format(&corners, BoxFormat::Xyxy, BoxFormat::RelXywh, Some([128.0, 64.0]));
/// assert_eq!(relative.array()?.to_vec::<f32>(), [0.25, 0.25, 0.5, 0.5]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn convert_format(
    boxes: &Tensor,
    source: BoxFormat,
    target: BoxFormat,
    image: Option<[f64; 2]>,
) -> Tensor {
    Tensor::compose(&[boxes], || {
        let [left, top, right, bottom] = edges(boxes, source)?;
        let [left, top, right, bottom] = match (source.is_relative(), target.is_relative()) {
            (true, false) => {
                let [h, w] = size(image)?;
                [left * w, top * h, right * w, bottom * h]
            }
            (false, true) => {
                let [h, w] = size(image)?;
                [left / w, top / h, right / w, bottom / h]
            }
            _ => [left, top, right, bottom],
        };
        let middle = |low: &Tensor, high: &Tensor| (low + high) * 0.5;
        let (w, h) = (&right - &left, &bottom - &top);
        let numbers = match target.absolute() {
            BoxFormat::Yxyx => [top, left, bottom, right],
            BoxFormat::Xywh => [left, top, w, h],
            BoxFormat::CenterXywh => [middle(&left, &right), middle(&top, &bottom), w, h],
            BoxFormat::CenterYxhw => [middle(&top, &bottom), middle(&left, &right), h, w],
            _ => [left, top, right, bottom],
        };
        Ok(ops::stack(&numbers, -1))
    })
}

fn size(image: Option<[f64; 2]>) -> Result<[f64; 2]> {
    image.filter(|size| size.iter().all(|s| s.is_finite() && *s > 0.0)).ok_or_else(|| {
        let rule = "must be a positive height and width between a relative and another format";
        Error::invalid("convert_format", "image", rule, format!("{image:?}"))
    })
}
