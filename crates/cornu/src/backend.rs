//! The engine that runs what this crate builds, and the evaluation of single tensors.

use std::sync::{Arc, OnceLock, RwLock};

use cornu_cpu::Cpu;
use cornu_graph::{Array, Backend, Graph, Tensor};

use crate::Result;

type Slot = RwLock<Option<Arc<dyn Backend>>>;

fn slot() -> &'static Slot {
    static SLOT: OnceLock<Slot> = OnceLock::new();
    SLOT.get_or_init(Slot::default)
}

/// The engine in use: this machine's processor, unless [`set_backend`] says otherwise.
///
/// # Errors
/// When `CORNU_NUM_THREADS` or `CORNU_ISA` has a value that the engine does not know.
pub fn backend() -> Result<Arc<dyn Backend>> {
    let chosen = slot().read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
    match chosen {
        Some(backend) => Ok(backend),
        None => Ok(Arc::new(Cpu::shared()?.clone())),
    }
}

/// Runs everything that is compiled from now on with another engine.
pub fn set_backend(backend: Arc<dyn Backend>) {
    *slot().write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(backend);
}

/// The values of tensors that depend on no input.
///
/// # Errors
/// The first error that a tensor carries, or what the engine says.
pub fn evaluate(tensors: &[Tensor]) -> Result<Vec<Array>> {
    Ok(backend()?.compile(&Graph::trace(&[], tensors, &[])?)?.run(&[])?)
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
