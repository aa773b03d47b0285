//! Initializers that scale their variance with the shape.

use cornu_graph::{Array, DType, normalize_axis};
use serde::{Deserialize, Serialize};

use super::Initializer;
use crate::{Error, Eval, Result, object, random};

object!(VarianceScaling);

/// Which size the variance is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanMode {
    /// The number of inputs.
    FanIn,
    /// The number of outputs.
    FanOut,
    /// The mean of both.
    FanAvg,
}

/// How values are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScalingDistribution {
    /// Normal, without what is farther from the mean than two standard deviations.
    #[serde(alias = "normal")]
    TruncatedNormal,
    /// Normal.
    UntruncatedNormal,
    /// Uniform.
    Uniform,
}

/// Values of variance `scale / n`, where `n` is the number of inputs, of outputs, or the mean of both.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VarianceScaling {
    /// Default 1.
    pub scale: f64,
    /// Default: the number of inputs.
    pub mode: FanMode,
    /// Default: truncated normal.
    pub distribution: ScalingDistribution,
    /// The seed; `None` takes the next one of the thread's stream.
    pub seed: Option<u64>,
    /// The axes that count as inputs; both or none of the two. Default: the last but one and those before.
    pub input_axes: Option<Vec<isize>>,
    /// The axes that count as outputs. Default: the last and those before the last but one.
    pub output_axes: Option<Vec<isize>>,
}

impl Default for VarianceScaling {
    fn default() -> Self {
        VarianceScaling {
            scale: 1.0,
            mode: FanMode::FanIn,
            distribution: ScalingDistribution::TruncatedNormal,
            seed: None,
            input_axes: None,
            output_axes: None,
        }
    }
}

impl Initializer for VarianceScaling {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        if self.scale.is_nan() || self.scale <= 0.0 {
            return Err(Error::invalid("VarianceScaling", "scale", "must be positive", self.scale));
        }
        let (inputs, outputs) = fans(shape, &self.input_axes, &self.output_axes)?;
        let fan = match self.mode {
            FanMode::FanIn => inputs,
            FanMode::FanOut => outputs,
            FanMode::FanAvg => (inputs + outputs) / 2.0,
        };
        let variance = self.scale / fan.max(1.0);
        match self.distribution {
            ScalingDistribution::Uniform => {
                let limit = (3.0 * variance).sqrt();
                random::uniform(shape, -limit, limit, dtype, self.seed).array()
            }
            ScalingDistribution::UntruncatedNormal => {
                random::normal(shape, 0.0, variance.sqrt(), dtype, self.seed).array()
            }
            ScalingDistribution::TruncatedNormal => {
                // What a standard normal law has left as deviation when its tails are cut off at ±2.
                const LEFT: f64 = 0.879_625_661_034_239_8;
                random::truncated_normal(shape, 0.0, variance.sqrt() / LEFT, dtype, self.seed)
                    .array()
            }
        }
    }
}

macro_rules! scaled {
    ($($(#[$doc:meta])* $type:ident $scale:literal $mode:ident $distribution:ident;)*) => {
        object!($($type),*);

        $($(#[$doc])*
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $type {
            /// The seed; `None` takes the next one of the thread's stream.
            pub seed: Option<u64>,
            /// The axes that count as inputs; both or none of the two. Default: see [`VarianceScaling`].
            pub input_axes: Option<Vec<isize>>,
            /// The axes that count as outputs. Default: see [`VarianceScaling`].
            pub output_axes: Option<Vec<isize>>,
        }

        impl Initializer for $type {
            fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
                let scaling = VarianceScaling {
                    scale: $scale,
                    mode: FanMode::$mode,
                    distribution: ScalingDistribution::$distribution,
                    seed: self.seed,
                    input_axes: self.input_axes.clone(),
                    output_axes: self.output_axes.clone(),
                };
                scaling.call(shape, dtype)
            }
        })*
    };
}

scaled! {
    /// Uniform in `±√(6 / (inputs + outputs))` (Glorot and Bengio, 2010): the default of most kernels.
    GlorotUniform 1.0 FanAvg Uniform;
    /// Truncated normal of variance `2 / (inputs + outputs)` (Glorot and Bengio, 2010).
    GlorotNormal 1.0 FanAvg TruncatedNormal;
    /// Uniform in `±√(6 / inputs)` (He et al., 2015).
    HeUniform 2.0 FanIn Uniform;
    /// Truncated normal of variance `2 / inputs` (He et al., 2015).
    HeNormal 2.0 FanIn TruncatedNormal;
    /// Uniform in `±√(3 / inputs)` (LeCun et al., 1998).
    LecunUniform 1.0 FanIn Uniform;
    /// Truncated normal of variance `1 / inputs` (LeCun et al., 1998).
    LecunNormal 1.0 FanIn TruncatedNormal;
}

/// How many inputs and outputs a unit has: the sizes of the given axes or, by default, of the last two,
/// each times the receptive field before them.
///
/// # Errors
/// When the shape lacks a given axis.
pub(crate) fn fans(
    shape: &[usize],
    input_axes: &Option<Vec<isize>>,
    output_axes: &Option<Vec<isize>>,
) -> Result<(f64, f64)> {
    if let (Some(inputs), Some(outputs)) = (input_axes, output_axes) {
        let size = |axes: &[isize]| -> Result<f64> {
            let size = |&axis| normalize_axis("initializer", axis, shape.len()).map(|a| shape[a]);
            Ok(axes.iter().map(size).product::<cornu_graph::Result<usize>>()? as f64)
        };
        return Ok((size(inputs)?, size(outputs)?));
    }
    Ok(match *shape {
        [] => (1.0, 1.0),
        [n] => (n as f64, n as f64),
        [ref field @ .., inputs, outputs] => {
            let field = field.iter().product::<usize>() as f64;
            (field * inputs as f64, field * outputs as f64)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fans_follow_the_axes() {
        assert_eq!(fans(&[3, 3, 16, 32], &None, &None).unwrap(), (144.0, 288.0));
        let (inputs, outputs) = (Some(vec![0, -1]), Some(vec![1, 2]));
        assert_eq!(fans(&[2, 3, 4, 5], &inputs, &outputs).unwrap(), (10.0, 12.0));
        assert!(fans(&[2, 3], &Some(vec![2]), &Some(vec![0])).is_err());
    }
}
