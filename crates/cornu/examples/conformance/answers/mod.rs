//! What Cornu answers to the cases of `tools/conformance`.

mod arguments;
mod arithmetic;
mod linear;
mod reductions;
mod shapes;
mod statistics;
mod streams;

use std::collections::BTreeMap;

use cornu::{Array, Eval, Result, Tensor};
use serde::Deserialize;

use arguments::Arguments;

/// A case, as `conformance.py` writes it.
#[derive(Deserialize)]
pub struct Case {
    /// The function, with its module.
    pub function: String,
    /// The names of its tensors.
    inputs: Vec<String>,
    /// Its other arguments, by NumPy's names.
    arguments: Arguments,
}

impl Case {
    /// What the function gives.
    ///
    /// # Panics
    /// When the inputs are not there or no family knows the function: the two programs do not fit.
    pub fn answer(&self, arrays: &BTreeMap<String, Array>) -> Result<Vec<Array>> {
        let inputs: Vec<Tensor> = self.inputs.iter().map(|name| (&arrays[name]).into()).collect();
        let answer =
            FAMILIES.iter().find_map(|family| family(&self.function, &inputs, &self.arguments));
        answer.unwrap_or_else(|| panic!("no function {:?}", self.function))
    }
}

/// What a family of functions answers; `None` if it does not know the function.
type Answer = Option<Result<Vec<Array>>>;
type Family = fn(function: &str, inputs: &[Tensor], arguments: &Arguments) -> Answer;

const FAMILIES: [Family; 6] = [
    arithmetic::answer,
    reductions::answer,
    shapes::answer,
    linear::answer,
    statistics::answer,
    streams::answer,
];

/// The values of tensors, or the first error among them.
fn values(tensors: impl IntoIterator<Item = Tensor>) -> Result<Vec<Array>> {
    tensors.into_iter().map(|t| t.array()).collect()
}
