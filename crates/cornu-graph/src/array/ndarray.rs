//! Arrays to and from the crate `ndarray`, without a copy where the layout allows it.

use ndarray::{ArrayBase, ArrayView, ArrayViewD, Dimension, OwnedRepr};

use crate::{Array, Element, Error, Result};

/// Moves the elements of an array in standard layout; copies those of another.
impl<T: Element, D: Dimension> From<ndarray::Array<T, D>> for Array {
    fn from(array: ndarray::Array<T, D>) -> Array {
        if !array.is_standard_layout() {
            return array.view().into();
        }
        let (shape, count) = (array.shape().to_vec(), array.len());
        let (mut values, offset) = array.into_raw_vec_and_offset();
        // A part of a larger array still owns all of it.
        values.drain(..offset.unwrap_or(0));
        values.truncate(count);
        Array { shape, data: T::wrap(values) }
    }
}

/// Copies the elements.
impl<T: Element, D: Dimension> From<ArrayView<'_, T, D>> for Array {
    fn from(view: ArrayView<'_, T, D>) -> Array {
        let values = match view.as_slice() {
            Some(values) => values.to_vec(),
            None => view.iter().copied().collect(),
        };
        Array { shape: view.shape().to_vec(), data: T::wrap(values) }
    }
}

fn wrong_shape(name: &str, array: &Array, e: &ndarray::ShapeError) -> Error {
    Error::invalid(name, "shape", format!("must suit the target: {e}"), array.spec())
}

/// Moves the elements.
///
/// Fails when the elements have another type than `T`, or the array another number of axes than `D`.
impl<T: Element, D: Dimension> TryFrom<Array> for ArrayBase<OwnedRepr<T>, D> {
    type Error = Error;

    fn try_from(array: Array) -> Result<Self> {
        array.as_slice::<T>()?;
        // Asked before the elements move away.
        array
            .view::<T>()?
            .into_dimensionality::<D>()
            .map_err(|e| wrong_shape("ndarray", &array, &e))?;
        let shape = array.shape.clone();
        let wrong = |e: ndarray::ShapeError| Error::Backend(format!("ndarray: {e}"));
        let dynamic =
            ndarray::ArrayD::from_shape_vec(shape, array.into_vec::<T>()).map_err(wrong)?;
        dynamic.into_dimensionality().map_err(wrong)
    }
}

/// Borrows the elements.
///
/// Fails when the elements have another type than `T`, or the array another number of axes than `D`.
impl<'a, T: Element, D: Dimension> TryFrom<&'a Array> for ArrayView<'a, T, D> {
    type Error = Error;

    fn try_from(array: &'a Array) -> Result<Self> {
        let view = array.view::<T>()?.into_dimensionality();
        view.map_err(|e| wrong_shape("ndarray", array, &e))
    }
}

impl Array {
    /// The elements as a view of the crate `ndarray`, which borrows them.
    ///
    /// ```
    /// use cornu_graph::Array;
    /// let a = Array::from([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(a.view::<f64>()?.t()[[0, 1]], 3.0);
    /// let moved: ndarray::Array2<f64> = a.try_into()?;
    /// assert_eq!(Array::from(moved.row(1)), Array::from([3.0, 4.0]));
    /// # Ok::<(), cornu_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the elements have another type.
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        ArrayViewD::from_shape(&self.shape[..], self.as_slice::<T>()?)
            .map_err(|e| wrong_shape("Array::view", self, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, ArrayView1, ArrayView2, Axis, Slice, arr0, arr2};

    #[test]
    fn contiguous_arrays_move() -> Result<()> {
        let values = arr2(&[[1f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let at = values.as_ptr();
        let array = Array::from(values);
        assert_eq!(array.shape(), [2, 3]);
        assert_eq!(array.as_slice::<f32>()?.as_ptr(), at);
        let back: Array2<f32> = array.try_into()?;
        assert_eq!(back.as_ptr(), at);
        assert_eq!(back[[1, 0]], 4.0);
        Ok(())
    }

    #[test]
    fn views_borrow() -> Result<()> {
        let array = Array::from([[1i64, 2], [3, 4]]);
        let view = ArrayView2::<i64>::try_from(&array)?;
        assert_eq!(view.as_ptr(), array.as_slice::<i64>()?.as_ptr());
        assert_eq!(view.sum_axis(Axis(0)).to_vec(), [4, 6]);
        assert_eq!(Array::from(view.t()), Array::from([[1i64, 3], [2, 4]]));
        Ok(())
    }

    #[test]
    fn other_layouts_are_copied_in_order() -> Result<()> {
        let matrix = arr2(&[[1, 2, 3], [4, 5, 6]]);
        assert_eq!(
            Array::from(matrix.clone().reversed_axes()),
            Array::from([[1, 4], [2, 5], [3, 6]])
        );
        let columns = matrix.slice_axis(Axis(1), Slice::new(0, None, 2));
        assert_eq!(Array::from(columns), Array::from([[1, 3], [4, 6]]));
        // A part of an array in place starts late in the memory that it owns, or ends early.
        for (row, expected) in [(1, [[4, 5, 6]]), (0, [[1, 2, 3]])] {
            let mut part = matrix.clone();
            part.slice_axis_inplace(Axis(0), Slice::from(row..row + 1));
            assert_eq!(Array::from(part), Array::from(expected));
        }
        let mut turned = matrix;
        turned.invert_axis(Axis(0));
        assert_eq!(Array::from(turned), Array::from([[4, 5, 6], [1, 2, 3]]));
        assert_eq!(Array::from(arr0(true)), Array::scalar(true));
        assert_eq!(Array::from(Array2::<u8>::zeros((0, 3))).shape(), [0, 3]);
        let empty: Array2<u8> = Array::zeros(&[0, 3], crate::DType::U8)?.try_into()?;
        assert_eq!(empty.dim(), (0, 3));
        Ok(())
    }

    #[test]
    fn other_types_and_ranks_are_errors() {
        let array = Array::from([1.0, 2.0]);
        let e = ArrayView1::<f32>::try_from(&array).unwrap_err().to_string();
        assert!(e.contains("`dtype` must be float32 here. Received: float64"), "{e}");
        let e = Array2::<f64>::try_from(array).unwrap_err().to_string();
        assert!(e.contains("`shape` must suit the target") && e.contains("float64[2]"), "{e}");
    }
}
