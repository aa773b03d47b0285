//! A mutable slice whose disjoint parts several threads write at once.

use std::marker::PhantomData;
use std::ops::Range;

/// A mutable slice that a parallel loop may split by itself.
///
/// Where every chunk of the loop owns one contiguous block of the slice,
/// [`Pool::parallel_chunks`](super::Pool::parallel_chunks) is safe and simpler.
#[derive(Debug, Clone, Copy)]
pub struct SharedSlice<'a, T> {
    start: *mut T,
    len: usize,
    borrow: PhantomData<&'a mut [T]>,
}

// SAFETY: the only access is `slice`, whose caller promises that parts in use at one time are
// disjoint; sending disjoint `&mut [T]` to other threads needs `T: Send`.
unsafe impl<T: Send> Sync for SharedSlice<'_, T> {}
// SAFETY: as for `Sync`.
unsafe impl<T: Send> Send for SharedSlice<'_, T> {}

impl<'a, T> SharedSlice<'a, T> {
    /// Borrows `slice` for as long as the result lives.
    pub fn new(slice: &'a mut [T]) -> Self {
        SharedSlice { start: slice.as_mut_ptr(), len: slice.len(), borrow: PhantomData }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements in `range`, to change.
    ///
    /// # Safety
    /// No two parts that overlap may be in use at the same time, whichever thread asked for them.
    ///
    /// # Panics
    /// When the range leaves the slice.
    #[allow(clippy::mut_from_ref)] // Disjointness is the caller's promise.
    #[inline]
    pub unsafe fn slice(&self, range: Range<usize>) -> &'a mut [T] {
        assert!(
            range.start <= range.end && range.end <= self.len,
            "{range:?} leaves a slice of {} elements",
            self.len
        );
        // SAFETY: the range lies in the borrowed slice (checked above), which outlives `'a`, and the
        // caller promises that no overlapping part is in use.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }

    /// The address of the first element.
    pub fn as_mut_ptr(&self) -> *mut T {
        self.start
    }
}
