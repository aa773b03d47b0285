//! The best of boxes that overlap.

use std::cmp::Ordering;

use cornu_graph::{Array, Tensor};

use super::BoxFormat;
use super::format::edges;
use crate::{Error, Result, evaluate};

/// Non-maximum suppression: takes boxes by falling score, each unless it overlaps one taken before too much.
///
/// Of equal scores the earlier box comes first, so that the choice is always the same. The time grows with the number of
/// boxes times that of the chosen ones.
///
/// ```
/// use cornu::{Array, boxes::NonMaxSuppression};
/// let boxes = Array::new(&[3, 4], vec![0f32, 0.0, 2.0, 2.0, 0.0, 0.0, 2.0, 1.9, 5.0, 5.0, 6.0, 6.0])?;
/// let scores = Array::new(&[3], vec![0.8f32, 0.9, 0.3])?;
/// let chosen = NonMaxSuppression::new().run(&boxes, &scores, None)?;
/// assert_eq!(chosen.indices, [1, 2]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NonMaxSuppression {
    iou_threshold: f64,
    score_threshold: f64,
    max_output_size: usize,
    soft_sigma: f64,
    format: BoxFormat,
}

/// The chosen boxes, the best first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// Their places among the boxes.
    pub indices: Vec<usize>,
    /// Their scores: as given, or as they were lowered.
    pub scores: Vec<f64>,
}

impl Default for NonMaxSuppression {
    fn default() -> Self {
        NonMaxSuppression {
            iou_threshold: 0.5,
            score_threshold: f64::NEG_INFINITY,
            max_output_size: usize::MAX,
            soft_sigma: 0.0,
            format: BoxFormat::Xyxy,
        }
    }
}

impl NonMaxSuppression {
    /// The defaults: each two boxes may share half of their union.
    pub fn new() -> Self {
        NonMaxSuppression::default()
    }

    crate::layer_arguments! {
        /// The intersection over union up to which a box stays beside a better one, in `[0, 1]`. Default 0.5.
        iou_threshold: f64;
        /// The score above which a box counts. Default: all count but those whose score is NaN.
        score_threshold: f64;
        /// How many boxes are chosen at most. Default: no limit.
        max_output_size: usize;
        /// With a number above 0 no box is dropped for its overlap, whatever the threshold; each better one
        /// multiplies its score by `exp(-iou² / (2 · sigma))` instead (Bodla et al., 2017). Default 0: no.
        soft_sigma: f64;
        /// What the boxes' numbers are. Default: left, top, right, bottom.
        format: BoxFormat;
    }

    /// Chooses among boxes.
    ///
    /// `boxes`: `[n, 4]`; `scores`: `[n]`; `groups`: `[n]` integers, of which only equal ones suppress each other: classes,
    /// or `image · classes + class` for a batch.
    ///
    /// # Errors
    /// When a shape or a setting is not as described.
    pub fn run(&self, boxes: &Array, scores: &Array, groups: Option<&Array>) -> Result<Selection> {
        let error = |argument: &str, rule: &str, received: String| {
            Err(Error::invalid("NonMaxSuppression", argument, rule, received))
        };
        if !(0.0..=1.0).contains(&self.iou_threshold) {
            return error("iou_threshold", "must be in [0, 1]", self.iou_threshold.to_string());
        }
        if self.score_threshold.is_nan() {
            return error("score_threshold", "must be a number", "NaN".into());
        }
        if !(self.soft_sigma >= 0.0 && self.soft_sigma.is_finite()) {
            return error("soft_sigma", "must be a number from 0 on", self.soft_sigma.to_string());
        }
        let [count, 4] = boxes.shape()[..] else {
            return error("boxes", "must have the shape [n, 4]", format!("{:?}", boxes.shape()));
        };
        for (name, array) in [("scores", Some(scores)), ("groups", groups)] {
            if let Some(array) = array
                && array.shape() != [count]
            {
                let rule = format!("must have the shape [{count}]");
                return error(name, &rule, format!("{:?}", array.shape()));
            }
        }
        if groups.is_some_and(|g| !g.dtype().is_integer()) {
            return error(
                "groups",
                "must be integers",
                groups.map_or_else(String::new, |g| g.dtype().to_string()),
            );
        }
        if count == 0 {
            return Ok(Selection::default());
        }
        let corners = evaluate(&edges(&Tensor::from(boxes), self.format)?)?;
        let corners: Vec<Vec<f64>> = corners.iter().map(Array::to_vec).collect();
        let boxes = (0..count).map(|i| std::array::from_fn(|k| corners[k][i])).collect::<Vec<_>>();
        let groups = groups.map_or_else(|| vec![0; count], Array::to_vec::<i64>);
        Ok(self.choose(&boxes, scores.to_vec(), &groups))
    }

    fn choose(&self, boxes: &[[f64; 4]], mut scores: Vec<f64>, groups: &[i64]) -> Selection {
        let least = self.score_threshold;
        let counts = |score: f64| score > least || (score == least && least == f64::NEG_INFINITY);
        let mut open: Vec<usize> = (0..boxes.len()).filter(|&i| counts(scores[i])).collect();
        // The best comes last, where it is taken from; of equals, the earlier box.
        let order = |scores: &[f64], a: usize, b: usize| {
            scores[a].partial_cmp(&scores[b]).unwrap_or(Ordering::Equal).then(b.cmp(&a))
        };
        open.sort_by(|&a, &b| order(&scores, a, b));
        let mut chosen = Selection::default();
        while chosen.indices.len() < self.max_output_size {
            let Some(best) = open.pop() else { break };
            chosen.indices.push(best);
            chosen.scores.push(scores[best]);
            let mut lowered = false;
            open.retain(|&i| {
                if groups[i] != groups[best] {
                    return true;
                }
                let iou = iou(&boxes[i], &boxes[best]);
                if self.soft_sigma == 0.0 {
                    return iou <= self.iou_threshold;
                }
                if iou > 0.0 {
                    scores[i] *= (-iou * iou / (2.0 * self.soft_sigma)).exp();
                    lowered = true;
                }
                counts(scores[i])
            });
            if lowered {
                open.sort_by(|&a, &b| order(&scores, a, b));
            }
        }
        chosen
    }
}

/// Intersection over union of two boxes by their edges; 0 if the union is empty.
fn iou(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let area = |left: f64, top: f64, right: f64, bottom: f64| {
        (right - left).max(0.0) * (bottom - top).max(0.0)
    };
    let both = area(a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3]));
    let union = area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]) - both;
    if union > 0.0 { both / union } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(
        settings: &NonMaxSuppression,
        boxes: &[[f32; 4]],
        scores: &[f32],
        groups: Option<&[i32]>,
    ) -> Result<Selection> {
        let groups = groups.map(|g| Array::new(&[g.len()], g.to_vec()).unwrap());
        let boxes = Array::new(&[boxes.len(), 4], boxes.concat())?;
        settings.run(&boxes, &Array::new(&[scores.len()], scores.to_vec())?, groups.as_ref())
    }

    const SQUARES: [[f32; 4]; 4] =
        [[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0], [0.0, 1.0, 2.0, 3.0], [9.0, 9.0, 9.0, 9.0]];

    #[test]
    fn ties_go_to_the_earlier_box() {
        let scores = [0.5, 0.5, 0.5, 0.5];
        let all = NonMaxSuppression::new();
        assert_eq!(run(&all, &SQUARES, &scores, None).unwrap().indices, [0, 2, 3]);
        // A third is the overlap of the first and third: at the threshold, both stay.
        let third = all.clone().iou_threshold(1.0 / 3.0 + 1e-9);
        assert_eq!(run(&third, &SQUARES, &scores, None).unwrap().indices, [0, 2, 3]);
        let strict = all.clone().iou_threshold(0.3);
        assert_eq!(run(&strict, &SQUARES, &scores, None).unwrap().indices, [0, 3]);
        assert_eq!(
            run(&all.max_output_size(1usize), &SQUARES, &scores, None).unwrap().indices,
            [0]
        );
    }

    #[test]
    fn groups_do_not_see_each_other() {
        let found =
            run(&NonMaxSuppression::new(), &SQUARES, &[0.1, 0.4, 0.2, 0.3], Some(&[1, 2, 1, 2]));
        assert_eq!(found.unwrap().indices, [1, 3, 2, 0]);
        let same = run(&NonMaxSuppression::new(), &SQUARES, &[0.1, 0.4, 0.2, 0.3], Some(&[7; 4]));
        assert_eq!(same.unwrap().indices, [1, 3, 2]);
    }

    #[test]
    fn odd_scores_and_empty_lists() {
        let all = NonMaxSuppression::new().iou_threshold(1.0);
        let scores = [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, 0.0];
        assert_eq!(run(&all, &SQUARES, &scores, None).unwrap().indices, [2, 3, 1]);
        let some = all.clone().score_threshold(0.0);
        assert_eq!(run(&some, &SQUARES, &scores, None).unwrap().indices, [2]);
        assert_eq!(run(&all, &[], &[], None).unwrap(), Selection::default());
    }

    #[test]
    fn errors_name_argument_and_value() {
        let error = |settings: NonMaxSuppression, scores: &[f32], groups: Option<&[i32]>| {
            run(&settings, &SQUARES, scores, groups).unwrap_err().to_string()
        };
        let (all, scores) = (NonMaxSuppression::new(), [0.0; 4]);
        assert!(error(all.clone().iou_threshold(1.5), &scores, None).contains("1.5"));
        assert!(error(all.clone().soft_sigma(-1.0), &scores, None).contains("soft_sigma"));
        assert!(
            error(all.clone().score_threshold(f64::NAN), &scores, None).contains("score_threshold")
        );
        assert!(error(all.clone(), &[0.0; 3], None).contains("[4]"));
        assert!(error(all, &scores, Some(&[1])).contains("groups"));
    }
}
