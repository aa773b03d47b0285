//! Distributions of values.

use super::Image;
use super::axis::{Axis, Scale};
use super::canvas::color;
use super::chart::{Chart, Legend, Words};
use crate::{Error, Result};

/// The distribution of values as bars, 960 x 640 pixels.
///
/// - `title`, `x_label`: words around the picture; "" for none. The y axis counts values.
/// - `values`: at least one. Those that are not finite are left out.
/// - `bars`: how many equally wide bars to draw, 1 to 500. Equal values make a single bar.
///
/// # Errors
/// When there are no values, or `bars` is out of its range.
///
/// ```
/// use cornu::plot;
/// let weights: Vec<f64> = (0..1000).map(|i| (f64::from(i) * 0.1).sin()).collect();
/// plot::histogram("Weights", "value", &weights, 30)?;
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn histogram(title: &str, x_label: &str, values: &[f64], bars: usize) -> Result<Image> {
    const FUNCTION: &str = "plot::histogram";
    if values.is_empty() {
        return Err(Error::invalid(FUNCTION, "values", "must hold at least one value", "none"));
    }
    if !(1..=500).contains(&bars) {
        return Err(Error::invalid(FUNCTION, "bars", "must be from 1 to 500", bars));
    }
    let shown: Vec<f64> = values.iter().copied().filter(|&v| Scale::Linear.shows(v)).collect();
    let rows = buckets(&shown, bars);
    let x = Axis::around(rows.iter().flat_map(|r| [r[0], r[1]]), Scale::Linear, 10);
    let highest = rows.iter().fold(1.0, |m, r| f64::max(m, r[2]));
    let y = Axis::linear(0.0, highest * 1.04, Scale::Whole, 8);
    let words = Words { title, x: x_label, y: "count" };
    let mut chart = Chart::new(FUNCTION, (960.0, 640.0), &words, (x, y), Legend::Above, &[])?;
    let floor = chart.y_at(0.0);
    for [left, right, count] in &rows {
        let (left, right, top) = (chart.x_at(*left), chart.x_at(*right), chart.y_at(*count));
        // A sliver of white keeps bars apart, where there is room for it.
        let gap = if right - left > 4.0 { 1.0 } else { 0.0 };
        chart.canvas.rectangle(left, top, right - left - gap, floor - top, color(0));
    }
    if rows.is_empty() {
        chart.note("no finite values to draw");
    }
    chart.finish()
}

/// Counts of values in `count` equally wide buckets: rows of (left edge, right edge, count). The last bucket includes its right edge. Values that are
/// not finite are left out: they have no place on the axis. No values give no rows, equal values
/// one bucket of width 1 around them.
pub(crate) fn buckets(values: &[f64], count: usize) -> Vec<[f64; 3]> {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return Vec::new();
    }
    let width = high / count as f64 - low / count as f64;
    if width < f64::MIN_POSITIVE {
        return vec![[low - 0.5, low + 0.5, finite().count() as f64]];
    }
    // The first and the last edge are exact, and no product leaves the range of a double.
    let edge = |i: usize| {
        let part = i as f64 / count as f64;
        low * (1.0 - part) + high * part
    };
    let mut rows: Vec<[f64; 3]> = (0..count).map(|i| [edge(i), edge(i + 1), 0.0]).collect();
    for value in finite() {
        let bucket = (value / width - low / width) as usize;
        rows[bucket.min(count - 1)][2] += 1.0;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_land_in_their_buckets() {
        let values: Vec<f64> = (0..=240).map(|i| f64::from(i) / 8.0).collect();
        let rows = buckets(&values, 30);
        assert_eq!(rows.len(), 30);
        assert_eq!(rows[0], [0.0, 1.0, 8.0]);
        // The last bucket holds its right edge too.
        assert_eq!(rows[29], [29.0, 30.0, 9.0]);
        assert_eq!(rows.iter().map(|r| r[2]).sum::<f64>(), 241.0);
    }

    #[test]
    fn degenerate_values_have_a_histogram() {
        assert_eq!(buckets(&[], 9), Vec::<[f64; 3]>::new());
        assert_eq!(buckets(&[f64::NAN], 9), Vec::<[f64; 3]>::new());
        assert_eq!(buckets(&[2.0, 2.0, f64::INFINITY], 9), [[1.5, 2.5, 2.0]]);
        let wide = buckets(&[-f64::MAX, 0.0, f64::MAX], 30);
        assert_eq!(wide.iter().map(|r| r[2]).sum::<f64>(), 3.0);
        assert!(wide.iter().flatten().all(|v| v.is_finite()));
        let tiny = buckets(&[1.0, 1.0 + f64::EPSILON], 30);
        assert_eq!(tiny.iter().map(|r| r[2]).sum::<f64>(), 2.0);
    }

    #[test]
    fn bars_are_as_high_as_their_counts() {
        // Three values in the first of two bars, one in the second.
        let image = histogram("t", "x", &[0.0, 0.1, 0.2, 1.0], 2).unwrap();
        let height = |x: usize| {
            let bar = |y: &usize| image.pixel(x, *y) == Some(&color(0)[..]);
            (0..image.height).filter(bar).count() as f64
        };
        let (left, right) = (height(300), height(700));
        assert!(left > 300.0 && (left / right - 3.0).abs() < 0.05, "{left} {right}");
    }

    #[test]
    fn degenerate_histograms_are_drawn_or_errors() {
        for value in [0.0, 5.0, f64::NAN, f64::INFINITY, f64::MAX, 1e-320] {
            assert_eq!(histogram("t", "x", &[value], 500).unwrap().width, 960);
        }
        assert!(histogram("t", "x", &[], 10).is_err());
        assert!(histogram("t", "x", &[1.0], 0).is_err());
        assert!(histogram("t", "x", &[1.0], 501).is_err());
    }
}
