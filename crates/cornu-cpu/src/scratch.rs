//! Working memory of kernels: buffers that belong to a thread and are used again by its next kernel.

use crate::simd::Real;
use std::cell::RefCell;

/// One cache line: what scratch is made of, so that it is aligned for every vector.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

thread_local! {
    /// Buffers not in use. The last one returned is the first one taken, so that a kernel that nests
    /// its buffers in the same order each time finds each as large as it left it.
    static FREE: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with `len` values of scratch, whose contents are unspecified. Calls may be nested.
pub(crate) fn with_scratch<T: Real, R>(len: usize, work: impl FnOnce(&mut [T]) -> R) -> R {
    let mut lines = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    let needed = (len * size_of::<T>()).div_ceil(size_of::<Line>());
    if lines.len() < needed {
        // The old contents are worth nothing: a fresh buffer spares copying them.
        lines = vec![Line([0; 64]); needed];
    }
    // SAFETY: the buffer has at least `len` values' bytes, all initialised, aligned to 64; `Real` is f32
    // or f64, for which every bit pattern is a value; `lines` is not used while the slice lives.
    let values = unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast::<T>(), len) };
    let result = work(values);
    FREE.with_borrow_mut(|free| free.push(lines));
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
