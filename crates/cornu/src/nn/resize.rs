//! Larger images.

use cornu_graph::{Array, Error, Result, Tensor, normalize_axis, ops};

use super::arguments::afford;

/// Every element along an axis `times` times in a row.
pub fn repeat(x: &Tensor, times: usize, axis: isize) -> Tensor {
    Tensor::compose(&[x], || {
        let axis = normalize_axis("repeat", axis, x.ndim())?;
        let mut shape = x.shape().to_vec();
        shape.insert(axis + 1, 1);
        let apart = ops::reshape(x, &shape);
        shape[axis + 1] = times;
        let many = ops::broadcast_to(&apart, &shape);
        shape.remove(axis + 1);
        shape[axis] = shape[axis].saturating_mul(times);
        Ok(ops::reshape(&many, &shape))
    })
}

/// One axis stretched to `size` by linear interpolation between the centres of its cells, as
/// `keras.ops.image.resize` does; before the first and after the last centre their values go on.
///
/// ```
/// use cornu::{Array, Eval, Tensor, nn};
/// let x = Tensor::from(Array::new(&[2], vec![0f32, 4.0])?);
/// assert_eq!(nn::resize_bilinear(&x, 0, 4).array()?.to_vec::<f32>(), [0.0, 1.0, 3.0, 4.0]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn resize_bilinear(x: &Tensor, axis: isize, size: usize) -> Tensor {
    Tensor::compose(&[x], || {
        let axis = normalize_axis("resize", axis, x.ndim())?;
        let from = x.shape()[axis];
        if from == 0 {
            let received = format!("shape={:?}", x.shape());
            return Err(Error::invalid("resize", "x", "must have a cell on the axis", received));
        }
        afford("resize", size)?;
        let x = ops::cast(x, x.dtype().to_float());
        let (mut low, mut high, mut share) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..size {
            let place = (i as f64 + 0.5) * from as f64 / size as f64 - 0.5;
            let place = place.clamp(0.0, (from - 1) as f64);
            low.push(place.floor() as i32);
            high.push(place.ceil() as i32);
            share.push(place.fract());
        }
        let take = |at: Vec<i32>| -> Result<Tensor> {
            Ok(ops::take(&x, &Array::new(&[size], at)?.into(), axis as isize))
        };
        let mut shape = vec![1; x.ndim()];
        shape[axis] = size;
        let share = Tensor::from(Array::new(&shape, share)?.cast(x.dtype()));
        let low = take(low)?;
        Ok(&low + (take(high)? - &low) * share)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Eval;

    #[test]
    fn elements_repeat_in_place() {
        let x = Tensor::from(Array::new(&[2, 2], vec![1f32, 2.0, 3.0, 4.0]).unwrap());
        let along = |axis| repeat(&x, 2, axis).array().unwrap().to_vec::<f32>();
        assert_eq!(along(0), [1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0]);
        assert_eq!(along(1), [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]);
        assert!(repeat(&x, 2, 2).check().is_err());
    }

    #[test]
    fn a_ramp_stays_a_ramp_between_the_outer_centres() {
        let ramp: Vec<f32> = (0..5).map(|i| i as f32).collect();
        let x = Tensor::from(Array::new(&[1, 5], ramp).unwrap());
        let y = resize_bilinear(&x, 1, 15).array().unwrap().to_vec::<f32>();
        for (i, value) in y.iter().enumerate() {
            let expected = ((i as f32 + 0.5) / 3.0 - 0.5).clamp(0.0, 4.0);
            assert!((value - expected).abs() < 1e-6, "{i}: {value}");
        }
        let narrow = resize_bilinear(&x, 1, 1).array().unwrap().to_vec::<f32>();
        assert_eq!(narrow, [2.0]);
    }
}
