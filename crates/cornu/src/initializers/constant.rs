//! Initializers that draw nothing.

use cornu_graph::{Array, DType};
use serde::{Deserialize, Serialize};

use super::Initializer;
use crate::{Result, object};

object!(Constant, Ones, Zeros);

/// All zeros.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Zeros {}

/// All ones.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ones {}

impl Initializer for Zeros {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        Ok(Array::zeros(shape, dtype)?)
    }
}

impl Initializer for Ones {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        Ok(cornu_graph::with_dtype!(dtype, T => {
            Array::full(shape, <T as cornu_graph::Element>::from_f64(1.0))
        })?)
    }
}

/// One value everywhere.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constant {
    /// Default 0.
    pub value: f64,
}

impl Initializer for Constant {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Array> {
        Ok(cornu_graph::with_dtype!(dtype, T => {
            Array::full(shape, <T as cornu_graph::Element>::from_f64(self.value))
        })?)
    }
}
