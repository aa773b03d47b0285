//! Working memory of kernels: buffers that belong to a thread and are used again by its next kernel.

use crate::runtime::Arena;
use crate::simd::Real;
use std::cell::RefCell;

thread_local! {
    /// Buffers not in use. The last one returned is the first one taken, so that a kernel that nests
    /// its buffers in the same order each time finds each as large as it left it.
    static FREE: RefCell<Vec<Arena>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with `len` values of scratch, whose contents are unspecified. Calls may be nested.
pub(crate) fn with_scratch<T: Real, R>(len: usize, work: impl FnOnce(&mut [T]) -> R) -> R {
    let mut buffer = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.reserve(len * size_of::<T>()).expect("kernels use less scratch than memory");
    // SAFETY: the buffer has at least `len` values' bytes, all initialised, aligned to 64; `Real` is f32
    // or f64, for which every bit pattern is a value; `buffer` is not used while the slice lives.
    let values = unsafe { std::slice::from_raw_parts_mut(buffer.as_mut_ptr().cast::<T>(), len) };
    let result = work(values);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_buffers_are_apart_and_used_again() {
        let places = || {
            with_scratch(100, |a: &mut [f32]| {
                a.fill(1.0);
                with_scratch(50, |b: &mut [f64]| {
                    b.fill(2.0);
                    assert!(a.iter().all(|&x| x == 1.0));
                    assert_eq!(b.as_ptr() as usize % 64, 0);
                    (a.as_ptr() as usize, b.as_ptr() as usize)
                })
            })
        };
        assert_eq!(places(), places());
    }
}
