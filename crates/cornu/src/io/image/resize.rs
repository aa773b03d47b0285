//! Pictures in another size.

use cornu_graph::Array;

use crate::{Error, Result};

/// Resizes a `uint8` image `[height, width, channels]` with a triangle filter: bilinear where it grows, and
/// widened to the area that a pixel covers where it shrinks. Pixel centres are at half-integers. Height and width
/// change on their own: a picture of another shape is stretched.
///
/// # Errors
/// When the image has another type or shape, or a size is 0.
pub fn resize(image: &Array, size: (usize, usize)) -> Result<Array> {
    let wrong = |argument: &str, rule: &str, received: String| {
        Err(Error::invalid("io::image::resize", argument, rule, received))
    };
    let &[height, width, channels] = image.shape() else {
        return wrong("image", "must have three axes", format!("shape={:?}", image.shape()));
    };
    if size.0 == 0 || size.1 == 0 || size.0.saturating_mul(size.1) > (1 << 28) {
        return wrong("size", "must be from 1x1 to 2^28 pixels", format!("{}x{}", size.0, size.1));
    }
    if image.is_empty() {
        return wrong("image", "must have pixels", format!("shape={:?}", image.shape()));
    }
    if (height, width) == size {
        return Ok(image.clone());
    }
    let from = image.as_slice::<u8>()?;
    // Rows first, then columns: the filter is a product of two.
    let (rows, columns) = (weights(height, size.0), weights(width, size.1));
    let mut out = Vec::with_capacity(size.0 * size.1 * channels);
    let mut tall = vec![0f32; width * channels];
    for (first, row) in &rows {
        tall.fill(0.0);
        let sources = from[first * tall.len()..].chunks(tall.len());
        for (weight, source) in row.iter().zip(sources) {
            for (t, &s) in tall.iter_mut().zip(source) {
                *t += weight * f32::from(s);
            }
        }
        for (first, column) in &columns {
            for c in 0..channels {
                let sum: f32 = column
                    .iter()
                    .enumerate()
                    .map(|(k, &weight)| weight * tall[(first + k) * channels + c])
                    .sum();
                out.push(sum.round() as u8);
            }
        }
    }
    Ok(Array::new(&[size.0, size.1, channels], out)?)
}

/// For each of `to` outputs, the first of `from` inputs that it sees and the weights from there.
fn weights(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f64 / to as f64;
    let reach = scale.max(1.0);
    (0..to)
        .map(|i| {
            let centre = (i as f64 + 0.5) * scale;
            let first = (centre - reach).floor().max(0.0) as usize;
            let last = ((centre + reach).ceil() as usize).min(from);
            let raw: Vec<f64> = (first..last)
                .map(|j| (1.0 - ((j as f64 + 0.5 - centre) / reach).abs()).max(0.0))
                .collect();
            let sum: f64 = raw.iter().sum();
            (first, raw.iter().map(|w| (w / sum) as f32).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resizing_keeps_means_and_interpolates_linearly() {
        let image = Array::new(&[1, 2, 1], vec![0u8, 100]).unwrap();
        // Centres of four pixels over two: 0.25 and 0.75 lie between the centres 0.5 and 1.5 as below.
        let wide = resize(&image, (1, 4)).unwrap();
        assert_eq!(wide.as_slice::<u8>().unwrap(), [0, 25, 75, 100]);
        assert_eq!(resize(&image, (1, 1)).unwrap().as_slice::<u8>().unwrap(), [50]);
        assert!(resize(&image, (0, 1)).is_err());
    }
}
