//! An axis argument: one axis or several.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// One axis or a list of axes; negative ones count from the end.
///
/// ```
/// use cornu::layers::Axes;
/// assert_eq!(Axes::from(-1), Axes::One(-1));
/// assert_eq!(Axes::from([1, 2]), Axes::Many(vec![1, 2]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Axes {
    /// One axis.
    One(isize),
    /// Several.
    Many(Vec<isize>),
}

impl Axes {
    /// The axes as they were given.
    pub fn list(&self) -> &[isize] {
        match self {
            Axes::One(axis) => std::slice::from_ref(axis),
            Axes::Many(axes) => axes,
        }
    }

    /// The axes of a tensor of some rank, counted from the front and sorted.
    ///
    /// # Errors
    /// When there are none, or one does not exist or is named twice; `layer` is named in the message.
    pub fn resolve(&self, layer: &str, rank: usize) -> Result<Vec<usize>> {
        if self.list().is_empty() {
            return Err(Error::invalid(layer, "axis", "must name at least one axis", "axis=[]"));
        }
        Ok(cornu_graph::normalize_axes(layer, self.list(), rank)?)
    }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Axes::One(axis)
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Axes::Many(axes.to_vec())
    }
}

impl From<Vec<isize>> for Axes {
    fn from(axes: Vec<isize>) -> Self {
        Axes::Many(axes)
    }
}
