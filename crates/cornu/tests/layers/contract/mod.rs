//! The contract test of every layer: one table of cases per category.

use cornu::layers::{LayerRef, class_names};
use cornu::testing::{CheckOptions, check_layer};
use cornu::{DType, Result};

mod activation;
mod convolution;
mod core;
mod merging;
mod normalization;
mod pooling;
mod preprocessing;
mod regularization;
mod reshaping;

/// One layer with its arguments and inputs.
pub struct Case {
    class_name: String,
    arguments: String,
    check: Box<dyn Fn() -> Result<()>>,
}

/// A case with `float32` inputs of these shapes.
pub fn case<L: Into<LayerRef> + 'static>(
    make: impl Fn() -> L + 'static,
    inputs: &[&[usize]],
    options: CheckOptions,
) -> Case {
    let inputs: Vec<(&[usize], DType)> = inputs.iter().map(|&s| (s, DType::F32)).collect();
    typed_case(make, &inputs, options)
}

/// A case with inputs of any dtype.
pub fn typed_case<L: Into<LayerRef> + 'static>(
    make: impl Fn() -> L + 'static,
    inputs: &[(&[usize], DType)],
    options: CheckOptions,
) -> Case {
    let layer: LayerRef = make().into();
    let inputs: Vec<(Vec<usize>, DType)> = inputs.iter().map(|(s, d)| (s.to_vec(), *d)).collect();
    let config = layer.layer().config();
    Case {
        class_name: layer.class_name(),
        arguments: format!("{config:?} on {inputs:?}"),
        check: Box::new(move || {
            let inputs: Vec<(&[usize], DType)> = inputs.iter().map(|(s, d)| (&s[..], *d)).collect();
            check_layer(&make, &inputs, options.clone())
        }),
    }
}

/// Options that expect a number of values in the weights.
pub fn params(count: usize) -> CheckOptions {
    CheckOptions { params: Some(count), ..Default::default() }
}

fn run(cases: Vec<Case>) {
    let failed = cases.iter().filter_map(|case| {
        let error = (case.check)().err()?;
        Some(format!("{} {}:\n  {error}", case.class_name, case.arguments))
    });
    let failed: Vec<String> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

macro_rules! categories {
    ($($category:ident),* $(,)?) => {
        $(#[test]
        fn $category() {
            run($category::cases());
        })*

        #[test]
        fn every_layer_has_a_case() {
            let covered: Vec<Case> = [$($category::cases()),*].into_iter().flatten().collect();
            let missing: Vec<&str> = class_names()
                .into_iter()
                .filter(|name| !covered.iter().any(|case| case.class_name == *name))
                .collect();
            assert!(missing.is_empty(), "no contract test for {missing:?}");
        }
    };
}

categories! {
    activation,
    convolution,
    core,
    merging,
    normalization,
    pooling,
    preprocessing,
    regularization,
    reshaping,
}
