//! Arrays and tensors from Rust's own values: `Tensor::from([[1.0, 2.0], [3.0, 4.0]])`.

use crate::{Array, Element, Tensor};

impl<T: Element> From<T> for Array {
    fn from(value: T) -> Array {
        Array::scalar(value)
    }
}

impl<T: Element> From<Vec<T>> for Array {
    fn from(values: Vec<T>) -> Array {
        Array { shape: vec![values.len()], data: T::wrap(values) }
    }
}

impl<T: Element> From<&[T]> for Array {
    fn from(values: &[T]) -> Array {
        values.to_vec().into()
    }
}

impl<T: Element, const N: usize> From<[T; N]> for Array {
    fn from(values: [T; N]) -> Array {
        values.to_vec().into()
    }
}

impl<T: Element, const N: usize, const M: usize> From<[[T; M]; N]> for Array {
    fn from(rows: [[T; M]; N]) -> Array {
        Array { shape: vec![N, M], data: T::wrap(rows.as_flattened().to_vec()) }
    }
}

impl<T: Element, const N: usize, const M: usize, const L: usize> From<[[[T; L]; M]; N]> for Array {
    fn from(blocks: [[[T; L]; M]; N]) -> Array {
        let values = blocks.as_flattened().as_flattened().to_vec();
        Array { shape: vec![N, M, L], data: T::wrap(values) }
    }
}

macro_rules! tensor_from {
    ($([$($generics:tt)*] $from:ty),* $(,)?) => {
        $(impl<T: Element $($generics)*> From<$from> for Tensor {
            fn from(values: $from) -> Tensor {
                Array::from(values).into()
            }
        })*
    };
}

tensor_from! {
    [] T,
    [] Vec<T>,
    [] &[T],
    [, const N: usize] [T; N],
    [, const N: usize, const M: usize] [[T; M]; N],
    [, const N: usize, const M: usize, const L: usize] [[[T; L]; M]; N],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;

    #[test]
    fn nesting_is_the_shape() {
        assert_eq!(Array::from(2i64).spec().to_string(), Array::scalar(2i64).spec().to_string());
        assert_eq!(Array::from([1.0, 2.0, 3.0]).shape(), [3]);
        assert_eq!(Array::from([[1u8, 2, 3], [4, 5, 6]]).to_vec::<u8>(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(Array::from([[[true; 4]; 3]; 2]).shape(), [2, 3, 4]);
        assert_eq!(Array::from([[0f32; 0]; 5]).shape(), [5, 0]);
        assert_eq!(Tensor::from(vec![1f32, 2.0]).dtype(), DType::F32);
        assert_eq!(Tensor::from(&[1i32, 2][..]).shape(), [2]);
    }
}
