//! The arguments of a case, by NumPy's names.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(transparent)]
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// An argument that the case must have.
    ///
    /// # Panics
    /// When it has not, or has another type: the two programs do not fit.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> T {
        self.find(name).unwrap_or_else(|| {
            panic!("argument {name} is missing or of another type: {:?}", self.0)
        })
    }

    /// An argument that the case may have.
    pub fn find<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.0.get(name).and_then(|v| serde_json::from_value(v.clone()).ok())
    }

    pub fn axis(&self) -> isize {
        self.get("axis")
    }

    pub fn axes(&self) -> Vec<isize> {
        self.find("axis").or_else(|| self.find("axes")).unwrap_or_default()
    }

    pub fn keepdims(&self) -> bool {
        self.find("keepdims").unwrap_or(false)
    }
}
