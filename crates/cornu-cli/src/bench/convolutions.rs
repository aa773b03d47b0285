//! Every convolution of W1, W2 and W4 alone, in each direction.

use cornu_cpu::conv::{Conv, ConvShape};
use cornu_cpu::runtime::{Arena, Pool};
use cornu_cpu::simd::isa;
use serde::Deserialize;

use super::measure::{Metric, Stopwatch};
use crate::Failure;

/// The list, which `bench/compare` reads, too.
const LIST: &str = include_str!("convolutions.json");

/// A layer of one of the models.
#[derive(Debug, Deserialize)]
struct Layer {
    name: String,
    /// The numbers of pictures that it sees.
    batches: Vec<usize>,
    /// Height, width and channels of a picture.
    input: [usize; 3],
    filters: usize,
    kernel: usize,
    stride: usize,
    padding: Padding,
    transposed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Padding {
    Same,
    Valid,
}

impl Layer {
    /// The convolution; of a transposed layer, the one whose image gradient it is.
    fn shape(&self, batch: usize) -> ConvShape {
        let [h, w, c] = self.input;
        let (k, s) = (self.kernel, self.stride);
        // Of the larger picture, the zeros around it, and of the smaller one, its side. As in Keras, an odd
        // zero goes behind.
        let large = |n: usize| if self.transposed { n * s } else { n };
        let small = |n: usize| match (self.transposed, self.padding) {
            (true, _) => n,
            (false, Padding::Same) => n.div_ceil(s),
            (false, Padding::Valid) => (n - k) / s + 1,
        };
        let zeros = |n: usize| match self.padding {
            Padding::Same => ((small(n) - 1) * s + k).saturating_sub(large(n)),
            Padding::Valid => 0,
        };
        let (in_c, out_c) = if self.transposed { (self.filters, c) } else { (c, self.filters) };
        ConvShape {
            batch,
            in_h: large(h),
            in_w: large(w),
            in_c,
            out_h: small(h),
            out_w: small(w),
            out_c,
            k_h: k,
            k_w: k,
            stride: [s, s],
            pad_lo: [zeros(h) / 2, zeros(w) / 2],
            pad_hi: [zeros(h).div_ceil(2), zeros(w).div_ceil(2)],
            dilation: [1, 1],
            groups: 1,
        }
    }
}

/// Times the layers' kernels themselves: operands and results are there already.
pub fn directions(
    watch: &mut Stopwatch,
    batch: Option<usize>,
    threads: usize,
) -> Result<(), Failure> {
    let layers: Vec<Layer> = serde_json::from_str(LIST).map_err(Failure::run)?;
    let pool = Pool::new(threads).map_err(Failure::input)?;
    for layer in &layers {
        for &batch in batch.as_ref().map_or(&layer.batches[..], std::slice::from_ref) {
            time(watch, layer, batch, &pool)?;
        }
    }
    Ok(())
}

fn time(watch: &mut Stopwatch, layer: &Layer, batch: usize, pool: &Pool) -> Result<(), Failure> {
    let name = |direction: &str| format!("{}, {direction}", layer.name);
    let [forward, data, weights] = ["forward", "backward-data", "backward-weights"].map(name);
    if ![&forward, &data, &weights].iter().any(|name| watch.wants(name)) {
        return Ok(());
    }
    let shape = layer.shape(batch);
    let conv = isa().and_then(|isa| Conv::new(isa, shape)).map_err(Failure::run)?;
    let [image, kernel, result] = [shape.input_len(), shape.kernel_len(), shape.output_len()];
    let [mut x, mut w, mut y, mut out] = [(); 4].map(|()| Arena::EMPTY);
    let x = numbers(&mut x, image)?;
    let w = numbers(&mut w, kernel)?;
    let y = numbers(&mut y, result)?;
    let pixels = (batch * shape.out_h * shape.out_w) as f64;
    let flops = Some(2.0 * pixels * kernel as f64);
    // The forward direction of a transposed layer is the image gradient of its convolution.
    let [plain, gradient] = if layer.transposed { [&data, &forward] } else { [&forward, &data] };
    let metric = |name| Metric { name, batch_size: Some(batch), flops };
    let into = out.slice_mut::<f32>(result).map_err(Failure::run)?;
    let call = || conv.forward(pool, x, w, None, into).map_err(Failure::run);
    watch.time(metric(plain), call)?;
    let into = out.slice_mut::<f32>(image).map_err(Failure::run)?;
    let call = || conv.backward_data(pool, y, w, into).map_err(Failure::run);
    watch.time(metric(gradient), call)?;
    let into = out.slice_mut::<f32>(kernel).map_err(Failure::run)?;
    let call = || conv.backward_filter(pool, x, y, into).map_err(Failure::run);
    watch.time(metric(&weights), call)
}

/// Numbers from -0.5 to 0.5.
fn numbers(arena: &mut Arena, len: usize) -> Result<&[f32], Failure> {
    let values = arena.slice_mut::<f32>(len).map_err(Failure::run)?;
    for (i, value) in values.iter_mut().enumerate() {
        *value = (i as u32).wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 - 0.5;
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_keras_shapes() {
        let layers: Vec<Layer> = serde_json::from_str(LIST).unwrap();
        let shape = |name: &str| {
            let shape = layers.iter().find(|l| l.name == name).unwrap().shape(2);
            shape.check().unwrap();
            let sides = [shape.in_h, shape.in_c, shape.out_w, shape.out_c];
            (sides, [shape.pad_lo[0], shape.pad_hi[1]])
        };
        assert_eq!(shape("28x28x32-64 3x3/2 same"), ([28, 32, 14, 64], [0, 1]));
        let transposed = shape("transposed 14x14x64-32 3x3/2 same");
        assert_eq!(transposed, ([28, 32, 14, 64], [0, 1]));
        let transposed = shape("transposed 16x16x256-256 4x4/2 same");
        assert_eq!(transposed, ([32, 256, 16, 256], [1, 1]));
        assert_eq!(shape("30x30x128-128 4x4/2 valid"), ([30, 128, 14, 128], [0, 0]));
        for layer in &layers {
            layer.shape(1).check().unwrap();
        }
    }
}
