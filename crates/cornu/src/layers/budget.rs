//! What a model from a config may use while it is put together: a config of a few bytes can ask for a billion units,
//! or nest models so that their layers are called a billion times.

use std::cell::Cell;

use cornu_graph::DType;

use super::traits::show;
use crate::{Error, Result};

/// What is left.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
    /// Bytes of weights and of tables.
    pub bytes: u64,
    /// Calls of layers.
    pub calls: u64,
    /// Whether the weights get their values from a file, so that no initializer runs.
    pub filled: bool,
}

thread_local! {
    static BUDGET: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Runs `make` within a budget in this thread.
pub(crate) fn within<R>(budget: Budget, make: impl FnOnce() -> R) -> R {
    struct Reset(Option<Budget>);
    impl Drop for Reset {
        fn drop(&mut self) {
            BUDGET.set(self.0);
        }
    }
    let _outer = Reset(BUDGET.replace(Some(budget)));
    make()
}

/// Whether weights are made that get their values from a file.
pub(super) fn is_filled() -> bool {
    BUDGET.get().is_some_and(|budget| budget.filled)
}

/// Takes the bytes of a weight or a table from the budget, if there is one.
pub(crate) fn spend_bytes(name: &str, shape: &[usize], dtype: DType) -> Result<()> {
    let Some(budget) = BUDGET.get() else { return Ok(()) };
    let count = shape.iter().try_fold(dtype.size(), |n, &size| n.checked_mul(size));
    match count.and_then(|n| budget.bytes.checked_sub(n as u64)) {
        Some(bytes) => BUDGET.set(Some(Budget { bytes, ..budget })),
        None => {
            let shape = show(&shape.iter().map(|&n| Some(n)).collect::<Vec<_>>());
            let left = budget.bytes;
            let reason = format!(
                "would have the shape {shape}, of the bytes that a model may take {left} are left; Load::max_bytes raises the limit"
            );
            return Err(Error::format(format!("{name:?}"), reason));
        }
    }
    Ok(())
}

/// Takes calls, or other parts of a graph, from the budget, if there is one.
pub(crate) fn spend_calls(name: &str, count: usize) -> Result<()> {
    let Some(budget) = BUDGET.get() else { return Ok(()) };
    let calls = budget.calls.checked_sub(count as u64).ok_or_else(|| {
        let reason = "the model calls its layers too often; Load::max_calls raises the limit";
        Error::format(format!("layer {name:?}"), reason)
    })?;
    BUDGET.set(Some(Budget { calls, ..budget }));
    Ok(())
}
