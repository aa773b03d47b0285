//! State that outlives a run: weights, moving averages, optimizer slots, seeds.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::ops::Parameter;
use crate::{Array, DType, Error, Result, Tensor};

/// A named value that graphs read and update; clones share it.
#[derive(Clone)]
pub struct Variable(Arc<Inner>);

struct Inner {
    id: u64,
    name: String,
    shape: Vec<usize>,
    dtype: DType,
    value: RwLock<Array>,
    version: AtomicU64,
}

impl Variable {
    /// A variable with its first value; shape and dtype are fixed from here on.
    pub fn new(name: impl Into<String>, value: Array) -> Variable {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Variable(Arc::new(Inner {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
            shape: value.shape().to_vec(),
            dtype: value.dtype(),
            value: RwLock::new(value),
            version: AtomicU64::new(0),
        }))
    }

    /// A number that identifies the variable in this process.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The name, as Keras shows it: `"kernel"`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The sizes of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// The number of elements.
    pub fn count(&self) -> usize {
        self.0.shape.iter().product()
    }

    /// A copy of the value.
    pub fn value(&self) -> Array {
        self.lock().clone()
    }

    /// Replaces the value.
    ///
    /// # Errors
    /// When the shape or the dtype differs from the variable's.
    pub fn assign(&self, value: Array) -> Result<()> {
        if value.shape() != self.shape() || value.dtype() != self.dtype() {
            return Err(Error::invalid(
                "Variable::assign",
                "value",
                format!("must be {}{:?} as `{}` is", self.dtype(), self.shape(), self.name()),
                format!("{}{:?}", value.dtype(), value.shape()),
            ));
        }
        *self.lock_mut() = value;
        Ok(())
    }

    /// The tensor that reads the value when the graph runs.
    pub fn read(&self) -> Tensor {
        Tensor::apply(Parameter(self.clone()), &[])
    }

    /// Grows with every change of the value: what was derived from an older one is stale.
    pub fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    /// Holds the value for reading.
    pub fn lock(&self) -> RwLockReadGuard<'_, Array> {
        self.0.value.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Holds the value for changing its elements, and raises the version.
    ///
    /// The array's shape and dtype must stay what they are: backends rely on it.
    pub fn lock_mut(&self) -> RwLockWriteGuard<'_, Array> {
        let guard = self.0.value.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.0.version.fetch_add(1, Ordering::Release);
        guard
    }
}

impl PartialEq for Variable {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Variable {}

impl Hash for Variable {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Variable({}, {}{:?})", self.name(), self.dtype(), self.shape())
    }
}
