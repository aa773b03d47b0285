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
/// Whole numbers, such as what is drawn from a binomial distribution, are better shown by [`counts`]: a bar each.
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
    draw(FUNCTION, title, x_label, &rows, Scale::Linear)
}

/// How often each whole number occurs: a bar over every number, 960 x 640 pixels.
///
/// - `title`, `x_label`: words around the picture; "" for none. The y axis counts values.
/// - `values`: at least one. Where they lie further apart than 500, a bar stands for 2, 5, 10, … numbers.
///
/// # Errors
/// When there are no values.
///
/// ```
/// use cornu::plot;
/// plot::counts("Ten throws of a die", "eyes", &[3, 1, 6, 6, 2, 4, 3, 3, 5, 1])?;
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn counts(title: &str, x_label: &str, values: &[i64]) -> Result<Image> {
    const FUNCTION: &str = "plot::counts";
    let (Some(&low), Some(&high)) = (values.iter().min(), values.iter().max()) else {
        return Err(Error::invalid(FUNCTION, "values", "must hold at least one value", "none"));
    };
    let width = round_width(low.abs_diff(high));
    // Bars begin at multiples of their width.
    let first = i128::from(low).div_euclid(width);
    let last = i128::from(high).div_euclid(width);
    let mut rows: Vec<[f64; 3]> = (first..=last)
        .map(|bar| {
            let left = (bar * width) as f64 - 0.5;
            [left, left + width as f64, 0.0]
        })
        .collect();
    for &value in values {
        rows[(i128::from(value).div_euclid(width) - first) as usize][2] += 1.0;
    }
    draw(FUNCTION, title, x_label, &rows, Scale::Whole)
}

/// The least of 1, 2, 5, 10, 20, … by which so wide a range has at most about 500 bars.
fn round_width(range: u64) -> i128 {
    let mut unit = 1;
    loop {
        for width in [unit, 2 * unit, 5 * unit] {
            if i128::from(range) / width < 500 {
                return width;
            }
        }
        unit *= 10;
    }
}

/// Draws rows of (left edge, right edge, count).
fn draw(
    function: &str,
    title: &str,
    x_label: &str,
    rows: &[[f64; 3]],
    scale: Scale,
) -> Result<Image> {
    // A bar alone has as much room on both sides.
    let alone = if let [[left, right, _]] = rows { right - left } else { 0.0 };
    let x = Axis::around(rows.iter().flat_map(|r| [r[0] - alone, r[1] + alone]), scale, 12);
    let highest = rows.iter().fold(1.0, |m, r| f64::max(m, r[2]));
    let y = Axis::linear(0.0, highest * 1.04, Scale::Whole, 8);
    let words = Words { title, x: x_label, y: "count" };
    let mut chart = Chart::new(function, (960.0, 640.0), &words, (x, y), Legend::Above, &[])?;
    let floor = chart.y_at(0.0);
    for [left, right, count] in rows {
        let (left, right, top) = (chart.x_at(*left), chart.x_at(*right), chart.y_at(*count));
        // Slivers of white keep bars apart, where there is room for them.
        let gap = if right - left > 4.0 { 0.5 } else { 0.0 };
        chart.canvas.rectangle(left + gap, top, right - left - 2.0 * gap, floor - top, color(0));
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
    fn bars_of_whole_numbers_stand_over_them() {
        // Bars over 2, 3 and 5: the middles of their columns lie as the numbers do.
        let image = counts("t", "x", &[2, 3, 3, 5]).unwrap();
        let bar = |x: usize| image.pixel(x, 550) == Some(&color(0)[..]);
        let edges: Vec<usize> = (1..image.width).filter(|&x| bar(x) != bar(x - 1)).collect();
        let middles: Vec<f64> = edges.chunks(2).map(|e| (e[0] + e[1]) as f64 / 2.0).collect();
        assert_eq!(middles.len(), 3, "{edges:?}");
        let (step, gap) = (middles[1] - middles[0], middles[2] - middles[1]);
        assert!(step > 150.0 && (gap - 2.0 * step).abs() < 2.0, "{middles:?}");
    }

    #[test]
    fn bars_are_never_too_many() {
        let width = |range| round_width(range);
        assert_eq!([0, 499, 500, 999, 1000, 2499, 2500].map(width), [1, 1, 2, 2, 5, 5, 10]);
        for values in [&[i64::MIN, i64::MAX][..], &[-7], &[i64::MAX], &[-3, 900]] {
            assert_eq!(counts("t", "x", values).unwrap().width, 960);
        }
        assert!(counts("t", "x", &[]).is_err());
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
