//! How much two sets have in common.

use std::collections::HashSet;
use std::hash::Hash;

use cornu_graph::{DType, Tensor, ops};

fn sizes<T: Eq + Hash>(
    a: impl IntoIterator<Item = T>,
    b: impl IntoIterator<Item = T>,
) -> (f64, f64, f64) {
    let (a, b): (HashSet<T>, HashSet<T>) = (a.into_iter().collect(), b.into_iter().collect());
    (a.intersection(&b).count() as f64, a.len() as f64, b.len() as f64)
}

/// Jaccard's index of two sets: the size of their intersection over that of their union; 1 for two empty sets.
///
/// An element that occurs several times counts once. The elements of an array are `array.to_vec::<i64>()`.
///
/// ```
/// use cornu::boxes::jaccard;
/// assert_eq!(jaccard([1, 2, 3], [2, 3, 4, 4]), 0.5);
/// ```
pub fn jaccard<T: Eq + Hash>(
    a: impl IntoIterator<Item = T>,
    b: impl IntoIterator<Item = T>,
) -> f64 {
    let (both, a, b) = sizes(a, b);
    if a + b == 0.0 { 1.0 } else { both / (a + b - both) }
}

/// Dice's coefficient of two sets: twice the size of their intersection over the sum of their sizes; 1 for two empty sets.
pub fn dice<T: Eq + Hash>(a: impl IntoIterator<Item = T>, b: impl IntoIterator<Item = T>) -> f64 {
    let (both, a, b) = sizes(a, b);
    if a + b == 0.0 { 1.0 } else { 2.0 * both / (a + b) }
}

/// Jaccard's index of two masks over `axes` (all if empty): how many elements are true in both, over how many are true
/// in either; 1 where none is.
///
/// Shapes broadcast; numbers count as true unless 0. The result is `float32`, without the axes. A mask has no slope: for
/// training take [`losses::Dice`](crate::losses::Dice) or [`losses::Tversky`](crate::losses::Tversky).
pub fn mask_jaccard(a: &Tensor, b: &Tensor, axes: &[isize]) -> Tensor {
    Tensor::compose(&[a, b], || {
        let count = |x: &Tensor| ops::cast(&ops::sum(x, axes, false), DType::F32);
        Ok(share(&count(&ops::logical_and(a, b)), &count(&ops::logical_or(a, b))))
    })
}

/// Dice's coefficient of two masks over `axes` (all if empty); see [`mask_jaccard`].
pub fn mask_dice(a: &Tensor, b: &Tensor, axes: &[isize]) -> Tensor {
    Tensor::compose(&[a, b], || {
        let count = |x: &Tensor| ops::cast(&ops::sum(x, axes, false), DType::F32);
        let both = count(&ops::logical_and(a, b));
        // Elements of one mask alone count once, those of both twice.
        Ok(share(&(&both * 2.0), &(count(&ops::logical_or(a, b)) + &both)))
    })
}

/// `part / whole`, and 1 where the whole is nothing.
fn share(part: &Tensor, whole: &Tensor) -> Tensor {
    let none = ops::equal(whole, &ops::zeros_like(whole));
    let one = ops::ones_like(whole);
    ops::where_(&none, &one, &(part / ops::where_(&none, &one, whole)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, Eval};

    #[test]
    fn sets_of_anything() {
        assert_eq!(jaccard(["a", "b"], ["b", "c", "b"]), 1.0 / 3.0);
        assert_eq!(dice(vec![1, 2], vec![2, 3, 4]), 2.0 / 5.0);
        assert_eq!([jaccard([0; 0], []), dice([0; 0], []), jaccard([1], [])], [1.0, 1.0, 0.0]);
    }

    #[test]
    fn masks_by_row_and_in_all() {
        let mask = |bits: [u8; 6]| {
            let values = bits.map(|b| b != 0).to_vec();
            Tensor::from(Array::new(&[2, 3], values).unwrap())
        };
        let (a, b) = (mask([1, 1, 0, 0, 0, 0]), mask([0, 1, 1, 0, 0, 0]));
        let value = |t: Tensor| t.array().unwrap().to_vec::<f32>();
        assert_eq!(value(mask_jaccard(&a, &b, &[1])), [1.0 / 3.0, 1.0]);
        assert_eq!(value(mask_dice(&a, &b, &[-1])), [0.5, 1.0]);
        assert_eq!(value(mask_jaccard(&a, &b, &[])), [1.0 / 3.0]);
        // Numbers other than 0 are true, and shapes broadcast.
        let row = Tensor::from(Array::new(&[3], vec![2f32, 0.0, -1.0]).unwrap());
        assert_eq!(value(mask_dice(&a, &row, &[1])), [0.5, 0.0]);
        assert!(mask_dice(&a, &Tensor::scalar(1f32), &[2]).check().is_err());
    }
}
