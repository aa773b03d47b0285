//! A loss that is a function of one's own.

use cornu_graph::Tensor;

use super::Loss;
use crate::Result;
use crate::config::{Config, Object};

/// A named function of targets and predictions as a loss.
pub struct FunctionLoss<F> {
    name: String,
    function: F,
}

impl<F: Fn(&Tensor, &Tensor) -> Tensor + Send + Sync> FunctionLoss<F> {
    /// A loss from a function that gives one value per sample (or per position).
    pub fn new(name: &str, function: F) -> Self {
        FunctionLoss { name: name.into(), function }
    }
}

impl<F: Fn(&Tensor, &Tensor) -> Tensor + Send + Sync> Object for FunctionLoss<F> {
    fn class_name(&self) -> &str {
        &self.name
    }
    fn config(&self) -> Result<Config> {
        Ok(Config::new())
    }
}

impl<F: Fn(&Tensor, &Tensor) -> Tensor + Send + Sync> Loss for FunctionLoss<F> {
    fn call(&self, y_true: &Tensor, y_pred: &Tensor) -> Tensor {
        (self.function)(y_true, y_pred)
    }
}
