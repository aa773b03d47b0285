//! What a model from a file may use while it is put together: a config of a few bytes can ask for a billion units,
//! or nest models so that their layers are called a billion times.

use std::cell::Cell;

use cornu_graph::DType;

use super::traits::show;
use crate::{Error, Result};

#[derive(Clone, Copy)]
struct Budget {
    bytes: u64,
    calls: u64,
}

thread_local! {
    static BUDGET: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Runs `make` with at most so many bytes of weights and calls of layers in this thread.
pub(crate) fn within<R>(bytes: u64, calls: u64, make: impl FnOnce() -> R) -> R {
    struct Reset(Option<Budget>);
    impl Drop for Reset {
        fn drop(&mut self) {
            BUDGET.set(self.0);
        }
    }
    let _outer = Reset(BUDGET.replace(Some(Budget { bytes, calls })));
    make()
}

/// Whether a model from a file is put together, whose weights get their values from there.
pub(super) fn is_loading() -> bool {
    BUDGET.get().is_some()
}

/// Takes the bytes of a weight or a table from the budget, if there is one.
pub(crate) fn spend_bytes(name: &str, shape: &[usize], dtype: DType) -> Result<()> {
    let Some(budget) = BUDGET.get() else { return Ok(()) };
    let count = shape.iter().try_fold(dtype.size(), |n, &size| n.checked_mul(size));
    match count.and_then(|n| budget.bytes.checked_sub(n as u64)) {
        Some(bytes) => BUDGET.set(Some(Budget { bytes, ..budget })),
        None => {
            let shape = show(&shape.iter().map(|&n| Some(n)).collect::<Vec<_>>());
            let reason = format!(
                "would have the shape {shape}, more than a file of this size can hold; Load::max_bytes raises the limit"
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
