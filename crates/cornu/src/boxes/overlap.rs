//! How much two boxes overlap.

use std::f64::consts::PI;

use cornu_graph::{Error, Tensor, ops};
use serde::{Deserialize, Serialize};

use super::BoxFormat;
use super::format::{Edges, edges};

/// A measure of two boxes: 1 if they are the same.
///
/// Gradients flow through all of them; only the last three have one where the boxes do not touch. Relative formats are
/// measured as in an image of one by one: for the distances in `Diou` and `Ciou` convert to pixels first.
///
/// ```
/// use cornu::{Array, Eval, Tensor, boxes::{BoxFormat, Overlap}};
/// let a = Tensor::from(Array::new(&[1, 4], vec![0f32, 0.0, 2.0, 2.0])?);
/// let b = Tensor::from(Array::new(&[2, 4], vec![0f32, 0.0, 2.0, 2.0, 0.0, 1.0, 2.0, 3.0])?);
/// let iou = Overlap::Iou.matrix(&a, &b, BoxFormat::Xyxy).array()?;
/// assert_eq!(iou.shape(), [1, 2]);
/// assert_eq!(iou.to_vec::<f32>(), [1.0, 1.0 / 3.0]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// Intersection over union (Jaccard's index): from 0 to 1.
    Iou,
    /// Less the share of the smallest box around both that neither fills (Rezatofighi et al., 2019): from -1 to 1.
    #[default]
    Giou,
    /// Less the squared distance of the centres over the squared diagonal of the box around both (Zheng et al., 2020).
    Diou,
    /// As `Diou`, less a term of the difference in the ratio of the sides (Zheng et al., 2020). The term's weight is taken
    /// as a constant in gradients, as its authors do.
    Ciou,
}

impl Overlap {
    /// The overlap of each box of `a` with the box of `b` at the same place.
    ///
    /// `a`, `b`: `[..., 4]`; their shapes broadcast. The result has one value per pair: `[...]`.
    pub fn pairs(self, a: &Tensor, b: &Tensor, format: BoxFormat) -> Tensor {
        Tensor::compose(&[a, b], || Ok(self.of(edges(a, format)?, edges(b, format)?)))
    }

    /// The overlap of every box of `a` with every box of `b`.
    ///
    /// `a`: `[..., n, 4]`, `b`: `[..., m, 4]`. The result: `[..., n, m]`.
    pub fn matrix(self, a: &Tensor, b: &Tensor, format: BoxFormat) -> Tensor {
        Tensor::compose(&[a, b], || {
            for (name, boxes) in [("a", a), ("b", b)] {
                if boxes.ndim() < 2 {
                    let received = format!("{:?}", boxes.shape());
                    return Err(Error::invalid(
                        "Overlap",
                        name,
                        "must have the shape [..., n, 4]",
                        received,
                    ));
                }
            }
            Ok(self.pairs(&ops::expand_dims(a, -2), &ops::expand_dims(b, -3), format))
        })
    }

    fn of(self, a: Edges, b: Edges) -> Tensor {
        let (a, b) = (upright(a), upright(b));
        let size = |low: &Tensor, high: &Tensor| ops::relu(&(high - low));
        let area = |[left, top, right, bottom]: &Edges| size(left, right) * size(top, bottom);
        let both = area(&[
            ops::maximum(&a[0], &b[0]),
            ops::maximum(&a[1], &b[1]),
            ops::minimum(&a[2], &b[2]),
            ops::minimum(&a[3], &b[3]),
        ]);
        let union = area(&a) + area(&b) - &both;
        let iou = share(&both, &union);
        if self == Overlap::Iou {
            return iou;
        }
        let (low, high) =
            (|i: usize| ops::minimum(&a[i], &b[i]), |i: usize| ops::maximum(&a[i], &b[i]));
        let (width, height) = (high(2) - low(0), high(3) - low(1));
        if self == Overlap::Giou {
            let around = width * height;
            return iou - share(&(&around - union), &around);
        }
        let centre = |x: &Edges, i: usize| (&x[i] + &x[i + 2]) * 0.5;
        let apart = |i: usize| ops::square(&(centre(&a, i) - centre(&b, i)));
        let diagonal = ops::square(&width) + ops::square(&height);
        let diou = &iou - share(&(apart(0) + apart(1)), &diagonal);
        if self == Overlap::Diou {
            return diou;
        }
        // The angle of the diagonal; a box without height has a right one.
        let angle = |x: &Edges| {
            let (w, h) = (&x[2] - &x[0], &x[3] - &x[1]);
            ops::arctan(&(w / ops::maximum(&h, &ops::number_like(&h, 1e-7))))
        };
        let skew = ops::square(&(angle(&a) - angle(&b))) * (4.0 / (PI * PI));
        let weight = share(&skew, &(1.0 - iou + &skew));
        diou - ops::stop_gradient(&weight) * skew
    }
}

/// Boxes whose right and lower edges are not before the others: an inverted box becomes empty.
fn upright([left, top, right, bottom]: Edges) -> Edges {
    let (right, bottom) = (ops::maximum(&left, &right), ops::maximum(&top, &bottom));
    [left, top, right, bottom]
}

/// `part / whole`, and 0 where the whole is nothing.
fn share(part: &Tensor, whole: &Tensor) -> Tensor {
    let none = ops::less_equal(whole, &ops::zeros_like(whole));
    let quotient = part / ops::where_(&none, &ops::ones_like(whole), whole);
    ops::where_(&none, &ops::zeros_like(&quotient), &quotient)
}

#[cfg(test)]
mod tests {
    use cornu_graph::testing::check_gradient;

    use super::*;
    use crate::config::{Choice, deserialize_object, serialize_object};
    use crate::losses::{BoxOverlap, Loss};
    use crate::{Array, Eval};

    const ALL: [Overlap; 4] = [Overlap::Iou, Overlap::Giou, Overlap::Diou, Overlap::Ciou];

    fn boxes(rows: &[[f32; 4]]) -> Tensor {
        Array::new(&[rows.len(), 4], rows.concat()).unwrap().into()
    }

    fn values(overlap: Overlap, a: &[[f32; 4]], b: &[[f32; 4]]) -> Vec<f64> {
        overlap.pairs(&boxes(a), &boxes(b), BoxFormat::Xyxy).array().unwrap().to_vec()
    }

    fn near(got: &[f64], want: &[f64]) {
        let same = |(g, w): (&f64, &f64)| (g - w).abs() < 1e-6;
        assert!(got.len() == want.len() && got.iter().zip(want).all(same), "{got:?}, not {want:?}");
    }

    #[test]
    fn by_hand() {
        // The same box; halves that touch; boxes apart by one.
        let a = [[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 1.0, 1.0]];
        let b = [[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 2.0, 2.0], [2.0, 0.0, 3.0, 2.0]];
        near(&values(Overlap::Iou, &a, &b), &[1.0, 0.0, 0.0]);
        near(&values(Overlap::Giou, &a, &b), &[1.0, 0.0, -3.0 / 6.0]);
        near(&values(Overlap::Diou, &a, &b), &[1.0, -1.0 / 8.0, -4.25 / 13.0]);
        let skew = 4.0 / (PI * PI) * (1f64.atan() - 0.5f64.atan()).powi(2);
        let last = -4.25 / 13.0 - skew * skew / (1.0 + skew);
        near(&values(Overlap::Ciou, &a, &b), &[1.0, -1.0 / 8.0, last]);
    }

    #[test]
    fn degenerate_boxes_are_empty() {
        // A point and itself; a line in a box; an inverted box and a box.
        let a = [[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 2.0, 0.0], [2.0, 2.0, 0.0, 0.0]];
        let b = [[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 4.0, 4.0]];
        near(&values(Overlap::Iou, &a, &b), &[0.0, 0.0, 0.0]);
        near(&values(Overlap::Giou, &a, &b), &[0.0, 0.0, 0.0]);
        near(&values(Overlap::Diou, &a, &b), &[0.0, -1.0 / 8.0, 0.0]);
        assert!(values(Overlap::Ciou, &a, &b).iter().all(|v| v.is_finite()));
        let none = Overlap::Iou.matrix(&boxes(&[]), &boxes(&a), BoxFormat::Xyxy).array().unwrap();
        assert_eq!(none.shape(), [0, 3]);
        assert!(values(Overlap::Giou, &[[f32::NAN, 0.0, 1.0, 1.0]], &b[..1])[0].is_nan());
    }

    #[test]
    fn pairs_matrices_and_errors() {
        let a = boxes(&[[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 2.0, 3.0]]);
        let b = boxes(&[[0.0, 1.0, 2.0, 2.0]]);
        let pairs = Overlap::Giou.pairs(&a, &b, BoxFormat::Yxyx).array().unwrap();
        let matrix = Overlap::Giou.matrix(&a, &b, BoxFormat::Yxyx).array().unwrap();
        assert_eq!((pairs.shape(), matrix.shape()), (&[2][..], &[2, 1][..]));
        assert_eq!(pairs.to_vec::<f32>(), matrix.to_vec::<f32>());
        let narrow = Tensor::from(Array::zeros(&[2, 3], crate::DType::F32).unwrap());
        let error = Overlap::Iou.pairs(&narrow, &b, BoxFormat::Xyxy).check().unwrap_err();
        assert!(error.to_string().contains("[2, 3]"), "{error}");
        assert!(Overlap::Iou.matrix(&ops::squeeze(&b, &[0]), &a, BoxFormat::Xyxy).check().is_err());
    }

    #[test]
    fn gradients() {
        // Boxes that overlap, contain one another, and are apart.
        let a = [0.1, 0.2, 2.3, 2.1, 0.0, 0.0, 4.0, 3.0, 0.0, 0.1, 1.0, 1.3];
        let b = [0.7, 0.9, 3.1, 2.6, 1.0, 0.5, 2.0, 2.5, 2.0, 1.7, 3.5, 4.0];
        let inputs = [a, b].map(|v| Array::new(&[3, 4], v.to_vec()).unwrap());
        for overlap in [Overlap::Iou, Overlap::Giou, Overlap::Diou] {
            check_gradient(|x| overlap.pairs(&x[0], &x[1], BoxFormat::Xyxy), &inputs).unwrap();
        }
        check_gradient(|x| Overlap::Giou.pairs(&x[0], &x[1], BoxFormat::CenterXywh), &inputs)
            .unwrap();
        // The weight of the last term is a constant in gradients, so that of all boxes alone is finite and not 0.
        let x = Tensor::from(&inputs[0]);
        let ciou = Overlap::Ciou.pairs(&x, &Tensor::from(&inputs[1]), BoxFormat::Xyxy);
        let slope = crate::gradients(&ops::sum(&ciou, &[], false), &[x]).unwrap();
        let slope = slope[0].array().unwrap().to_vec::<f64>();
        assert!(
            slope.iter().all(|s| s.is_finite()) && slope[8..].iter().all(|s| *s != 0.0),
            "{slope:?}"
        );
        // Empty boxes have finite slopes, too.
        let point = boxes(&[[1.0, 1.0, 1.0, 1.0]]);
        for overlap in ALL {
            let sum = ops::sum(&overlap.pairs(&point, &point, BoxFormat::Xyxy), &[], false);
            let slope = crate::gradients(&sum, std::slice::from_ref(&point)).unwrap();
            let slope = slope[0].array().unwrap().to_vec::<f64>();
            assert!(slope.iter().all(|s| s.is_finite()), "{overlap:?} {slope:?}");
        }
    }

    #[test]
    fn as_a_loss() {
        let loss =
            BoxOverlap { overlap: Overlap::Diou, format: BoxFormat::Xywh, ..Default::default() };
        let dict = serialize_object::<dyn Loss>(&loss).unwrap();
        assert_eq!(dict["registered_name"], "Custom>BoxOverlap");
        let loss = deserialize_object::<dyn Loss>(&dict).unwrap();
        let (t, p) = (boxes(&[[0.0, 0.0, 1.0, 2.0]]), boxes(&[[1.0, 0.0, 1.0, 2.0]]));
        let value = loss.compute(&t, &p, None).array().unwrap().item().unwrap();
        assert!((value - 9.0 / 8.0).abs() < 1e-6, "{value}");
        assert!(Choice::<dyn Loss>::from("BoxOverlap").get().is_ok());
    }
}
