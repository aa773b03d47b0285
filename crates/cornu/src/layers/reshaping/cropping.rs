//! Images without their borders.

use cornu_graph::{Tensor, ops};
use serde::{Deserialize, Serialize};

use crate::config::{Config, to_config};
use crate::layers::spatial::image_shape;
use crate::layers::{Context, Layer, Shape, Weights, one};
use crate::nn::{DataFormat, Size, Spatial};
use crate::{Error, Result};

/// Images without their borders along the spatial axes of `S`: [`Cropping1D`], [`Cropping2D`],
/// [`Cropping3D`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct Cropping<S: Spatial> {
    cropping: S::Sides,
    data_format: DataFormat,
}

/// Images without their borders.
///
/// Input: `(batch, height, width, channels)`; output: the same with
/// `height - top - bottom` and `width - left - right`, which must leave a cell.
///
/// ```
/// use cornu::layers::{Cropping2D, Input, LayerExt};
/// let y = Cropping2D::new(((1, 0), (2, 1))).apply(Input([8, 8, 1]))?;
/// assert_eq!(y.shape(), [None, Some(7), Some(5), Some(1)]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub type Cropping2D = Cropping<Size<2>>;

/// [`Cropping2D`] along one axis: `(batch, steps, channels)`; channels last only, as in Keras.
pub type Cropping1D = Cropping<Size<1>>;

/// [`Cropping2D`] along three axes: `(batch, depth, height, width, channels)`.
pub type Cropping3D = Cropping<Size<3>>;

impl<S: Spatial> Default for Cropping<S> {
    fn default() -> Self {
        // Keras's defaults differ by rank.
        Cropping::new(if S::RANK == 2 { 0 } else { 1 })
    }
}

impl<S: Spatial> Cropping<S> {
    /// How many cells are cut on all sides (`1`), per axis (`[1, 2]`), or before and after per axis
    /// (`((1, 0), (2, 3))`: top, bottom, left, right).
    pub fn new(cropping: impl Into<S::Sides>) -> Self {
        Cropping { cropping: cropping.into(), data_format: DataFormat::ChannelsLast }
    }

    crate::layer_arguments! {
        /// `"channels_last"` or `"channels_first"`. Default: `"channels_last"`.
        data_format: DataFormat;
    }
}

impl<S: Spatial> Layer for Cropping<S> {
    fn class_name(&self) -> &str {
        match S::RANK {
            1 => "Cropping1D",
            2 => "Cropping2D",
            _ => "Cropping3D",
        }
    }

    fn config(&self) -> Result<Config> {
        let mut config = to_config(self.class_name(), self)?;
        if S::RANK == 1 {
            config.shift_remove("data_format");
        }
        Ok(config)
    }

    fn build(&mut self, inputs: &[Shape], _: &mut Weights) -> Result<()> {
        let name = self.class_name();
        if S::RANK == 1 && self.data_format == DataFormat::ChannelsFirst {
            let (rule, received) = ("must be channels_last", self.data_format.name());
            return Err(Error::invalid(name, "data_format", rule, received));
        }
        image_shape(name, inputs, S::RANK, &self.data_format)?;
        Ok(())
    }

    fn call(&self, inputs: &[Tensor], _: &mut Context) -> Result<Vec<Tensor>> {
        let x = one(self.class_name(), inputs)?;
        let first = if self.data_format == DataFormat::ChannelsFirst { 2 } else { 1 };
        let (mut start, mut stop) = (vec![0; x.ndim()], x.shape().to_vec());
        for (axis, &(before, after)) in (first..).zip(self.cropping.iter()) {
            let cut = before.saturating_add(after);
            if cut >= stop[axis] {
                let rule = "must leave at least one cell";
                let received = format!("cropping={:?} for {:?}", self.cropping, x.shape());
                return Err(Error::invalid(self.class_name(), "cropping", rule, received));
            }
            start[axis] = before;
            stop[axis] -= after;
        }
        Ok(vec![ops::slice(x, &start, &stop, &vec![1; x.ndim()])])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Input, LayerExt};

    #[test]
    fn something_must_be_left() {
        let error = Cropping2D::new((1, 2)).apply(Input([4, 4, 1])).unwrap_err().to_string();
        assert!(error.contains("must leave at least one cell"), "{error}");
        let error = Cropping1D::new((1, 0)).data_format("channels_first").apply(Input([4, 4]));
        assert!(error.unwrap_err().to_string().contains("must be channels_last"));
    }
}
