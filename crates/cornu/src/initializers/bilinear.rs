//! Kernels that interpolate.

use cornu_graph::{Array, DType};
use serde::{Deserialize, Serialize};

use super::Initializer;
use crate::{Error, Result, object};

object!(Bilinear);

/// Kernels `(height, width, channels, channels)` that make a transposed convolution start as bilinear
/// upsampling (Long et al., 2015, "Fully convolutional networks for semantic segmentation").
///
/// With strides `s`, a kernel of `2 s - s % 2` and padding `"same"`, a `Conv2DTranspose` without bias then
/// gives what `UpSampling2D` with `interpolation="bilinear"` gives, but for the borders, where it fades to 0.
/// Each channel is stretched for itself. Not part of Keras; its files name it as a custom object there.
///
/// ```
/// use cornu::{DType, initializers::{Bilinear, Initializer}};
/// let kernel = Bilinear {}.call(&[4, 1, 1, 1], DType::F32)?;
/// assert_eq!(kernel.to_vec::<f32>(), [0.25, 0.75, 0.75, 0.25]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bilinear {}

/// The hat function of a kernel's size: 1 at its centre, falling to 0 one `factor` away, sampled at the
/// taps. A single tap is 1, so that axes that are not stretched stay as they are.
fn taps(size: usize) -> Vec<f64> {
    let factor = size.div_ceil(2) as f64;
    let centre = (size as f64 - 1.0) / 2.0;
    (0..size).map(|i| 1.0 - (i as f64 - centre).abs() / factor).collect()
}

impl Initializer for Bilinear {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        let [height, width, filters, channels] = *shape else {
            let rule = "must be (height, width, filters, channels)";
            return Err(Error::invalid("Bilinear", "shape", rule, format!("shape={shape:?}")));
        };
        if filters != channels || !dtype.is_float() {
            let rule = "must have as many filters as channels, and a floating-point dtype";
            return Err(Error::invalid("Bilinear", "shape", rule, format!("{dtype}{shape:?}")));
        }
        let mut values = Array::zeros(shape, DType::F64)?;
        let data = values.as_slice_mut::<f64>()?;
        let (rows, columns) = (taps(height), taps(width));
        let weights = rows.iter().flat_map(|r| columns.iter().map(move |c| r * c));
        for (tap, weight) in data.chunks_mut((filters * channels).max(1)).zip(weights) {
            // The diagonal: filter c reads channel c.
            tap.iter_mut().step_by(channels + 1).for_each(|v| *v = weight);
        }
        Ok(values.cast(dtype))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eval;
    use crate::layers::{Context, Conv2DTranspose, LayerExt, UpSampling2D};
    use cornu_graph::Tensor;

    fn run(layer: &crate::layers::LayerRef, x: &Array) -> Array {
        let y = layer.trace(&[Tensor::from(x)], &mut Context::new(false)).unwrap();
        y[0].array().unwrap()
    }

    #[test]
    fn a_transposed_convolution_starts_as_bilinear_upsampling() {
        let (height, width, channels) = (4, 5, 2);
        let noise: Vec<f32> =
            (0..height * width * channels).map(|i| (i as f32 * 0.618_034).fract()).collect();
        let x = Array::new(&[1, height, width, channels], noise).unwrap();
        for stride in 1..=5 {
            let layer = Conv2DTranspose::new(channels, 2 * stride - stride % 2)
                .strides(stride)
                .padding("same")
                .use_bias(false)
                .kernel_initializer(Bilinear {})
                .shared();
            let (found, expected) = (
                run(&layer, &x),
                run(&UpSampling2D::new(stride).interpolation("bilinear").shared(), &x),
            );
            assert_eq!(found.shape(), expected.shape());
            let (rows, columns) = (height * stride, width * stride);
            let (found, expected) = (found.to_vec::<f32>(), expected.to_vec::<f32>());
            // Between the outer pixels' centres.
            let edge = stride / 2;
            let mut compared = 0;
            for i in edge..rows - edge {
                for j in edge..columns - edge {
                    for c in 0..channels {
                        let at = (i * columns + j) * channels + c;
                        assert!((found[at] - expected[at]).abs() < 1e-5, "{stride} {i} {j} {c}");
                        compared += 1;
                    }
                }
            }
            assert!(compared >= (height - 1) * (width - 1) * stride * stride * channels);
        }
    }

    #[test]
    fn a_ramp_stays_a_ramp() {
        let ramp: Vec<f32> = (0..30).map(|i| (i / 6) as f32 + 10.0 * (i % 6) as f32).collect();
        let x = Array::new(&[1, 5, 6, 1], ramp).unwrap();
        let layer = Conv2DTranspose::new(1, 4)
            .strides(2)
            .padding("same")
            .kernel_initializer("bilinear")
            .shared();
        let y = run(&layer, &x).to_vec::<f32>();
        for i in 1..9 {
            for j in 1..11 {
                let place = |k: usize| (k as f32 + 0.5) / 2.0 - 0.5;
                let expected = place(i) + 10.0 * place(j);
                assert!((y[i * 12 + j] - expected).abs() < 1e-4, "{i} {j}: {}", y[i * 12 + j]);
            }
        }
    }

    #[test]
    fn shapes_that_cannot_interpolate_are_refused() {
        for shape in [&[3, 3, 2][..], &[3, 3, 1, 2]] {
            let error = Bilinear {}.call(shape, DType::F32).unwrap_err().to_string();
            assert!(error.starts_with("Bilinear: `shape` must"), "{error}");
        }
    }
}
