//! Laws that hold for layers with any arguments.

use cornu::layers::*;
use cornu::models::Model;
use cornu::{Array, Result};
use proptest::prelude::*;

/// A layer of images, by number, with small arguments.
fn image_layer(kind: u8, a: usize, b: usize) -> LayerRef {
    let padding = if b.is_multiple_of(2) { "same" } else { "valid" };
    let (size, stride) = (1 + a % 3, 1 + b % 2);
    match kind % 14 {
        0 => Conv2D::new(1 + a, size).strides(stride).padding(padding).into(),
        1 => Conv2D::new(2, [size, 1 + b]).dilation_rate(1 + a % 2).padding(padding).into(),
        2 => Conv2DTranspose::new(1 + b, size).strides(stride).padding(padding).into(),
        3 => DepthwiseConv2D::new(size).padding(padding).into(),
        4 => MaxPooling2D::new(size).padding(padding).into(),
        5 => AveragePooling2D::new([1 + b, size]).padding(padding).into(),
        6 => BatchNormalization::new().into(),
        7 => LayerNormalization::new().into(),
        8 => ZeroPadding2D::new([a % 2, b]).into(),
        9 => UpSampling2D::new([1 + a % 2, 1 + b % 2]).into(),
        10 => Cropping2D::new([a % 2, b % 2]).into(),
        11 => Permute::new([2, 1, 3]).into(),
        12 => Dropout::new(0.5).into(),
        _ => LeakyReLU::new().into(),
    }
}

/// What ends a stack: rows of numbers.
fn last_layers(kind: u8) -> Vec<LayerRef> {
    match kind % 3 {
        0 => vec![Flatten::new().into(), Dense::new(3).activation("tanh").into()],
        1 => vec![GlobalAveragePooling2D::new().into(), Dense::new(2).use_bias(false).into()],
        _ => vec![GlobalMaxPooling2D::new().into()],
    }
}

fn ramp(shape: &[usize]) -> Array {
    let count: usize = shape.iter().product();
    let value = |i: usize| ((i * 37 % 101) as f32 - 50.0) / 50.0;
    Array::new(shape, (0..count).map(value).collect()).unwrap()
}

/// The stack as a model; a layer that does not fit the image before it is left out.
fn stack(size: [usize; 3], layers: &[(u8, usize, usize)], last: u8) -> Result<Model> {
    let x = Input(size);
    let mut h = x.clone();
    for &(kind, a, b) in layers {
        h = image_layer(kind, a, b).apply(&h).unwrap_or(h);
    }
    for layer in last_layers(last) {
        h = layer.apply(&h)?;
    }
    Model::new(&x, &h)
}

/// Where windows of `window` cells, `stride` apart, start in a line of `length`: none reaches out of it.
fn places(length: usize, window: usize, stride: usize) -> Vec<usize> {
    (0..length).step_by(stride).filter(|start| start + window <= length).collect()
}

/// The line with Keras's padding for `"same"`: as little as lets a window stand for each stride, the odd cell
/// at the end. Gives the cells before and the length.
fn same_padding(length: usize, window: usize, stride: usize) -> (usize, usize) {
    let count = (0..length).step_by(stride).count();
    let mut padded = length;
    while places(padded, window, stride).len() < count {
        padded += 1;
    }
    ((padded - length) / 2, padded)
}

/// The convolution of a line with a kernel, by its definition.
fn convolve(x: &[f64], w: &[f64], stride: usize, dilation: usize, same: bool) -> Vec<f64> {
    let window = (w.len() - 1) * dilation + 1;
    let (before, length) = if same { same_padding(x.len(), window, stride) } else { (0, x.len()) };
    let cell = |i: usize| i.checked_sub(before).and_then(|i| x.get(i)).copied().unwrap_or(0.0);
    let sum =
        |start: usize| w.iter().enumerate().map(|(k, w)| w * cell(start + k * dilation)).sum();
    places(length, window, stride).into_iter().map(sum).collect()
}

/// The layer's output for a line of one channel.
fn on_line(layer: LayerRef, x: &[f64], weights: &[f64]) -> Result<(Option<usize>, Vec<f64>)> {
    let line = Input([x.len(), 1]);
    let y = layer.apply(&line)?;
    if let Some(kernel) = layer.weights().first() {
        let shape = kernel.variable.shape().to_vec();
        let values = weights.iter().map(|&w| w as f32).collect();
        kernel.variable.assign(Array::new::<f32>(&shape, values)?)?;
    }
    let x = Array::new(&[1, x.len(), 1], x.iter().map(|&x| x as f32).collect())?;
    let out = Model::new(&line, &y)?.predict(&x, 1)?.remove(0);
    Ok((y.shape()[1], out.to_vec()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn stacks_give_the_shape_that_they_promise_and_come_back_from_files(
        size in [1usize..9, 1..9, 1..4],
        layers in prop::collection::vec((any::<u8>(), 0usize..3, 0usize..3), 0..5),
        last in any::<u8>(),
        rows in 1usize..4,
    ) {
        let Ok(model) = stack(size, &layers, last) else {
            // Only what has no cells left cannot end.
            return Ok(());
        };
        let x = ramp(&[rows, size[0], size[1], size[2]]);
        let y = model.predict(&x, 2).unwrap().remove(0);
        let promised = model.outputs()[0].shape().to_vec();
        prop_assert_eq!(promised[0], None);
        let given: Vec<Option<usize>> = y.shape()[1..].iter().map(|&d| Some(d)).collect();
        prop_assert_eq!(&promised[1..], &given[..]);
        prop_assert_eq!(y.shape()[0], rows);

        let folder = std::env::temp_dir();
        let path = folder.join(format!("cornu-properties-{}.keras", std::process::id()));
        model.save(&path).unwrap();
        let again = cornu::saving::load_model(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        prop_assert_eq!(again.predict(&x, 2).unwrap().remove(0), y);
        prop_assert_eq!(again.to_config().unwrap(), model.to_config().unwrap());
        prop_assert_eq!(again.summary(), model.summary());
    }

    #[test]
    fn convolutions_and_poolings_are_those_of_the_definition(
        x in prop::collection::vec(-4i8..5, 1..14),
        w in prop::collection::vec(-3i8..4, 1..5),
        stride in 1usize..4,
        dilation in 1usize..4,
        same in any::<bool>(),
    ) {
        let (x, w): (Vec<f64>, Vec<f64>) =
            (x.into_iter().map(f64::from).collect(), w.into_iter().map(f64::from).collect());
        let padding = if same { "same" } else { "valid" };
        // Keras has strides or dilation, not both.
        for (stride, dilation) in [(stride, 1), (1, dilation)] {
            let layer = Conv1D::new(1, w.len()).strides(stride).dilation_rate(dilation);
            let layer = layer.padding(padding).use_bias(false);
            let want = convolve(&x, &w, stride, dilation, same);
            match on_line(layer.into(), &x, &w) {
                Ok((promised, found)) => {
                    prop_assert_eq!(promised, Some(want.len()));
                    prop_assert_eq!(found, want);
                }
                Err(error) => prop_assert!(want.is_empty(), "{error}"),
            }
        }
        let layer = MaxPooling1D::new(w.len()).strides(stride).padding(padding);
        let (before, length) =
            if same { same_padding(x.len(), w.len(), stride) } else { (0, x.len()) };
        let cell = |i: usize| i.checked_sub(before).and_then(|i| x.get(i)).copied();
        let largest = |start: usize| (start..start + w.len()).filter_map(cell).fold(f64::MIN, f64::max);
        let want: Vec<f64> = places(length, w.len(), stride).into_iter().map(largest).collect();
        match on_line(layer.into(), &x, &[]) {
            Ok((promised, found)) => {
                prop_assert_eq!(promised, Some(want.len()));
                prop_assert_eq!(found, want);
            }
            Err(error) => prop_assert!(want.is_empty(), "{error}"),
        }
    }
}
