//! What a callback remembers.

use std::collections::BTreeMap;

use cornu_graph::Array;

use crate::{Error, Result};

/// What a callback remembers, as arrays by name: see [`Callback::state`](super::Callback::state).
///
/// ```
/// use cornu::callbacks::State;
/// let mut state = State::default();
/// state.set("best", 0.25);
/// state.set("wait", 3.0);
/// assert_eq!(state.get("best")?, Some(0.25));
/// assert_eq!((state.count("wait")?, state.get("worst")?), (3, None));
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State(BTreeMap<String, Array>);

impl State {
    /// Sets a number; none is the same as no name.
    pub fn set(&mut self, name: &str, value: impl Into<Option<f64>>) {
        if let Some(value) = value.into() {
            self.set_array(name, Array::scalar(value));
        }
    }

    /// Sets an array.
    pub fn set_array(&mut self, name: &str, array: Array) {
        self.0.insert(name.into(), array);
    }

    /// The number under a name, if there is one.
    ///
    /// # Errors
    /// When it is an array of several.
    pub fn get(&self, name: &str) -> Result<Option<f64>> {
        self.0.get(name).map(|array| Ok(array.item()?)).transpose()
    }

    /// The array under a name, if there is one.
    pub fn array(&self, name: &str) -> Option<&Array> {
        self.0.get(name)
    }

    /// The whole number under a name.
    ///
    /// # Errors
    /// When there is none.
    pub fn count(&self, name: &str) -> Result<usize> {
        let value = self.get(name)?;
        let whole = value.filter(|v| *v >= 0.0 && v.fract() == 0.0 && *v < 2f64.powi(53));
        whole.map(|v| v as usize).ok_or_else(|| {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let reason =
                format!("must hold a whole number {name:?}; there is {}", known.join(", "));
            Error::format("state", reason)
        })
    }

    /// The arrays by name.
    pub fn into_arrays(self) -> BTreeMap<String, Array> {
        self.0
    }
}

impl From<BTreeMap<String, Array>> for State {
    fn from(arrays: BTreeMap<String, Array>) -> Self {
        State(arrays)
    }
}
