//! Counts of values in equally wide buckets, as TensorBoard's histograms hold them.

/// TensorBoard draws 30 buckets unless told otherwise.
const BUCKETS: usize = 30;

/// Rows of (left edge, right edge, count). The last bucket includes its right edge. Values that are
/// not finite are left out: they have no place on the axis. No values give no rows, equal values
/// one bucket of width 1 around them.
pub(super) fn buckets(values: &[f64]) -> Vec<[f64; 3]> {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return Vec::new();
    }
    let width = high / BUCKETS as f64 - low / BUCKETS as f64;
    if width < f64::MIN_POSITIVE {
        return vec![[low - 0.5, low + 0.5, finite().count() as f64]];
    }
    // The first and the last edge are exact, and no product leaves the range of a double.
    let edge = |i: usize| {
        let part = i as f64 / BUCKETS as f64;
        low * (1.0 - part) + high * part
    };
    let mut rows: Vec<[f64; 3]> = (0..BUCKETS).map(|i| [edge(i), edge(i + 1), 0.0]).collect();
    for value in finite() {
        let bucket = (value / width - low / width) as usize;
        rows[bucket.min(BUCKETS - 1)][2] += 1.0;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_land_in_their_buckets() {
        let values: Vec<f64> = (0..=240).map(|i| f64::from(i) / 8.0).collect();
        let rows = buckets(&values);
        assert_eq!(rows.len(), 30);
        assert_eq!(rows[0], [0.0, 1.0, 8.0]);
        // The last bucket holds its right edge too.
        assert_eq!(rows[29], [29.0, 30.0, 9.0]);
        assert_eq!(rows.iter().map(|r| r[2]).sum::<f64>(), 241.0);
    }

    #[test]
    fn degenerate_values_have_a_histogram() {
        assert_eq!(buckets(&[]), Vec::<[f64; 3]>::new());
        assert_eq!(buckets(&[f64::NAN]), Vec::<[f64; 3]>::new());
        assert_eq!(buckets(&[2.0, 2.0, f64::INFINITY]), [[1.5, 2.5, 2.0]]);
        let wide = buckets(&[-f64::MAX, 0.0, f64::MAX]);
        assert_eq!(wide.iter().map(|r| r[2]).sum::<f64>(), 3.0);
        assert!(wide.iter().flatten().all(|v| v.is_finite()));
        let tiny = buckets(&[1.0, 1.0 + f64::EPSILON]);
        assert_eq!(tiny.iter().map(|r| r[2]).sum::<f64>(), 2.0);
    }
}
