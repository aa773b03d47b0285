//! What the training commands draw.

use std::path::Path;

use cornu::models::History;
use cornu::plot::{self, Series};
use cornu::{Array, Result};

/// The curves of a value and of its validation, over the epochs.
pub fn curves(history: &History, name: &str, title: &str, path: &Path) -> Result<()> {
    let mut series = vec![Series::by_epoch("training", history.get(name))];
    let validation = history.get(&format!("val_{name}"));
    if !validation.is_empty() {
        series.push(Series::by_epoch("validation", validation));
    }
    let draw = if has_outliers(&series) { plot::semilogy } else { plot::lines };
    draw(title, "epoch", name, &series)?.save(path)
}

/// Whether a few values, such as the loss of a wild first epoch, would flatten all others to a line.
fn has_outliers(series: &[Series]) -> bool {
    let mut values: Vec<f64> = series.iter().flat_map(|s| s.ys.iter().copied()).collect();
    values.sort_by(f64::total_cmp);
    let (first, middle) = (values.first(), values.get(values.len() / 2));
    match (first, middle, values.last()) {
        (Some(&least), Some(middle), Some(&most)) => least > 0.0 && most > 10.0 * middle,
        _ => false,
    }
}

/// Pictures above and what became of them below, in pairs of rows.
pub fn pairs(originals: &Array, copies: &Array, columns: usize) -> Result<Array> {
    let (originals, copies) = (originals.to_vec::<f32>(), copies.clone());
    let shape = copies.shape().to_vec();
    let size: usize = shape[1..].iter().product();
    let copies = copies.to_vec::<f32>();
    let rows = (shape[0] / columns).max(1);
    let mut values = Vec::with_capacity(2 * originals.len());
    for row in 0..rows {
        let range = row * columns * size..((row + 1) * columns * size).min(originals.len());
        values.extend_from_slice(&originals[range.clone()]);
        values.extend_from_slice(&copies[range]);
    }
    let mut shape = shape;
    shape[0] = values.len() / size;
    Ok(Array::new(&shape, values)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_calls_for_a_logarithmic_axis() {
        let curves = |ys: &[f64]| [Series::by_epoch("training", ys)];
        assert!(has_outliers(&curves(&[72.0, 0.3, 0.25, 0.2])));
        assert!(!has_outliers(&curves(&[0.9, 0.5, 0.3, 0.2])));
        // No logarithm for these, and nothing to compare.
        assert!(!has_outliers(&curves(&[72.0, 0.3, 0.0, -0.2])));
        assert!(!has_outliers(&[]));
    }
}
