//! The engine that runs what this crate builds, and the evaluation of single tensors.

use std::sync::{Arc, OnceLock, RwLock};

use cornu_graph::{Array, Backend, Graph, Interpreter, Tensor};

use crate::Result;

fn slot() -> &'static RwLock<Arc<dyn Backend>> {
    static SLOT: OnceLock<RwLock<Arc<dyn Backend>>> = OnceLock::new();
    SLOT.get_or_init(|| RwLock::new(Arc::new(Interpreter)))
}

/// The engine in use.
pub fn backend() -> Arc<dyn Backend> {
    slot().read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
}

/// Runs everything that is compiled from now on with another engine.
pub fn set_backend(backend: Arc<dyn Backend>) {
    *slot().write().unwrap_or_else(|poisoned| poisoned.into_inner()) = backend;
}

/// The values of tensors that depend on no input.
///
/// # Errors
/// The first error that a tensor carries, or what the engine says.
pub fn evaluate(tensors: &[Tensor]) -> Result<Vec<Array>> {
    Ok(backend().compile(&Graph::trace(&[], tensors, &[])?)?.run(&[])?)
}

/// Asking a lazy tensor for its value.
pub trait Eval {
    /// The tensor's value.
    ///
    /// ```
    /// use cornu::{Eval, Tensor, ops};
    /// let x = Tensor::scalar(2.0f32);
    /// assert_eq!((&x * &x + 1.0).array()?.item()?, 5.0);
    /// # Ok::<(), cornu::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error that the tensor carries, or what the engine says.
    fn array(&self) -> Result<Array>;
}

impl Eval for Tensor {
    fn array(&self) -> Result<Array> {
        let mut values = evaluate(std::slice::from_ref(self))?;
        values.pop().ok_or_else(|| crate::Error::format("evaluate", "the engine gave no value"))
    }
}
