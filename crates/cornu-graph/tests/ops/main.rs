//! The ops against expectations that were worked out by other means than the ops' own code.

mod arbitrary;
mod axes;
mod creation;
mod gradients;
mod indexing;
mod joining;
mod kernels;
mod numpy;
mod products;
mod shapes;
mod values;

use cornu_graph::{Array, Tensor, testing::value};

/// A double array.
fn f(shape: &[usize], values: &[f64]) -> Array {
    Array::new(shape, values.to_vec()).unwrap()
}

/// A double array of distinct values in (-1, 1) without a pattern.
fn mixed(shape: &[usize]) -> Array {
    let at = |i: usize| ((i as f64 * 0.618_033_988_75 + 0.137) % 1.0) * 2.0 - 1.0;
    f(shape, &(0..shape.iter().product()).map(at).collect::<Vec<_>>())
}

/// 0, 1, 2, … in the given shape.
fn counted(shape: &[usize]) -> Tensor {
    f(shape, &(0..shape.iter().product()).map(|i| i as f64).collect::<Vec<_>>()).into()
}

/// The value of a tensor of constants.
fn get(tensor: &Tensor) -> Array {
    value(tensor).unwrap()
}

/// The value's elements as doubles, after a check of its shape.
fn elements(tensor: &Tensor, shape: &[usize]) -> Vec<f64> {
    let array = get(tensor);
    assert_eq!(array.shape(), shape);
    assert_eq!(tensor.shape(), shape);
    array.to_vec()
}

/// The message of the error that a tensor carries or that its evaluation gives.
fn message(tensor: &Tensor) -> String {
    value(tensor).unwrap_err().to_string()
}
