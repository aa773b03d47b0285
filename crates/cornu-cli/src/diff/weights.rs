//! Differences between the weights of two files.

use std::fmt;

use cornu::saving::Contents;
use cornu::{Array, DType};
use serde::Serialize;

/// A weight that differs.
#[derive(Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Keras's path: `layers/dense/vars/0`.
    path: String,
    /// What it is called, where that is known: `dense/kernel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "difference")]
enum What {
    OnlyLeft,
    OnlyRight,
    Shape {
        left: Vec<usize>,
        right: Vec<usize>,
    },
    Dtype {
        left: &'static str,
        right: &'static str,
    },
    /// How many values differ, and by how much at most: as numbers, and relative to the larger of the two.
    Values {
        count: usize,
        of: usize,
        max_absolute: f64,
        max_relative: f64,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "weight {}", self.path)?;
        if let Some(name) = &self.name {
            write!(f, " ({name})")?;
        }
        match &self.what {
            What::OnlyLeft => f.write_str(": only on the left"),
            What::OnlyRight => f.write_str(": only on the right"),
            What::Shape { left, right } => write!(f, ": shape {left:?} | {right:?}"),
            What::Dtype { left, right } => write!(f, ": dtype {left} | {right}"),
            What::Values { count, of, max_absolute, max_relative } => write!(
                f,
                ": {count} of {of} values, by {max_absolute:.3e} at most, relative {max_relative:.3e}"
            ),
        }
    }
}

/// All differences of weights, missing ones first.
pub fn compare(left: &Contents, right: &Contents, tolerance: f64) -> Vec<Difference> {
    let difference = |path: &String, what: What| {
        let name = left.names.get(path).or_else(|| right.names.get(path)).cloned();
        Difference { path: path.clone(), name, what }
    };
    let missing = |from: &Contents, path: &&String| !from.weights.contains_key(*path);
    let only_left = left.weights.keys().filter(|p| missing(right, p));
    let only_right = right.weights.keys().filter(|p| missing(left, p));
    let mut out: Vec<Difference> = only_left.map(|p| difference(p, What::OnlyLeft)).collect();
    out.extend(only_right.map(|p| difference(p, What::OnlyRight)));
    for (path, l) in &left.weights {
        let what = right.weights.get(path).and_then(|r| of_arrays(l, r, tolerance));
        out.extend(what.map(|what| difference(path, what)));
    }
    out
}

fn of_arrays(left: &Array, right: &Array, tolerance: f64) -> Option<What> {
    if left.shape() != right.shape() {
        return Some(What::Shape { left: left.shape().to_vec(), right: right.shape().to_vec() });
    }
    if left.dtype() != right.dtype() {
        return Some(What::Dtype { left: left.dtype().name(), right: right.dtype().name() });
    }
    let (mut count, mut max_absolute, mut max_relative) = (0, 0.0f64, 0.0f64);
    for (size, distance) in distances(left, right) {
        if distance > tolerance * size.max(1.0) {
            count += 1;
            max_absolute = max_absolute.max(distance);
            // Nothing is far from infinity but what is not infinite.
            let relative = if distance.is_finite() { distance / size } else { distance };
            max_relative = max_relative.max(relative);
        }
    }
    (count > 0).then_some(What::Values { count, of: left.len(), max_absolute, max_relative })
}

/// For each pair of values the larger size and the distance; NaN equals NaN, and is infinitely far from all else.
fn distances(left: &Array, right: &Array) -> Vec<(f64, f64)> {
    if left.dtype() == DType::I64 {
        let pair = |(l, r): (i64, i64)| {
            (l.unsigned_abs().max(r.unsigned_abs()) as f64, l.abs_diff(r) as f64)
        };
        return left.to_vec::<i64>().into_iter().zip(right.to_vec::<i64>()).map(pair).collect();
    }
    let pair = |(l, r): (f64, f64)| {
        let distance = if l == r || l.is_nan() && r.is_nan() {
            0.0
        } else if l.is_finite() && r.is_finite() {
            (l - r).abs()
        } else {
            f64::INFINITY
        };
        // An infinite value would make every distance from it tolerable.
        (if distance.is_finite() { l.abs().max(r.abs()) } else { 1.0 }, distance)
    };
    left.to_vec::<f64>().into_iter().zip(right.to_vec::<f64>()).map(pair).collect()
}
