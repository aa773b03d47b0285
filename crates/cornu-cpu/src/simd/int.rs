//! What vectors of integers, and masks, can do.

use super::Vector;
use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Shl, Shr, Sub};

/// The result of a comparison, lane by lane.
pub trait Mask:
    Copy + Send + Sync + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self>
{
    /// Whether any lane is set.
    fn any(self) -> bool;
}

/// Vectors of integers. Sums wrap; shifts by less than the width, to the right with zeros.
pub trait Int:
    Vector
    + Add<Output = Self>
    + Sub<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
    + Not<Output = Self>
    + Shl<u32, Output = Self>
    + Shr<u32, Output = Self>
{
    /// The result of a comparison.
    type Mask: Mask;
    /// `self == b`
    fn eq(self, b: Self) -> Self::Mask;
    /// `a` where the mask is set, `b` elsewhere.
    fn select(mask: Self::Mask, a: Self, b: Self) -> Self;
}

/// What only 32-bit integers can do.
pub trait Int32: Int<Elem = u32> {
    /// The product of unsigned lanes, its (high, low) halves.
    fn mul_wide(self, b: Self) -> (Self, Self);

    /// Writes `LANES` values at `p`, past the caches where the processor can: for what will not be read again soon.
    /// Call [`end_streams`](super::end_streams) before the memory is touched in any other way.
    ///
    /// # Safety
    /// `p` must be aligned to the size of the vector and valid for writing `LANES` values.
    #[inline(always)]
    unsafe fn stream_ptr(self, p: *mut u32) {
        // SAFETY: the caller's promise.
        unsafe { self.store_ptr(p) }
    }
}
