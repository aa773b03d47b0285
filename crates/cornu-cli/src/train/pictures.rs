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
    plot::lines(title, "epoch", name, &series)?.save(path)
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
