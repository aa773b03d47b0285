//! Memory that is allocated once and used again.

use std::alloc::{Layout, alloc, dealloc};
use std::cell::RefCell;
use std::ptr::NonNull;

use cornu_graph::{Error, Result};

use super::budget;

/// A cache line, and the width of the widest vector.
const LINE: usize = 64;
/// The size of a huge page.
const HUGE: usize = 2 << 20;
/// From this size on, huge pages pay.
const HUGE_FROM: usize = 4 << 20;

/// A number type for which every bit pattern is a value.
///
/// # Safety
/// Implement it only for such types, of alignment at most 64, without padding.
pub unsafe trait Pod: Copy + Send + Sync + 'static {}

macro_rules! pod {
    ($($t:ty)*) => {
        $(
            // SAFETY: every bit pattern is a value of a plain number type.
            unsafe impl Pod for $t {}
        )*
    };
}
pod!(u8 i8 u16 u32 i32 u64 i64 f32 f64);

/// A buffer of bytes, aligned to 64 (to huge pages from 4 MiB on), zero at first, freed on drop.
///
/// Fresh memory costs a page fault per page, often more than the arithmetic on it: keep an arena and
/// use it again.
///
/// ```
/// use cornu_cpu::runtime::Arena;
/// let mut arena = Arena::new(1024)?;
/// arena.slice_mut::<f32>(10)?.fill(1.0);
/// arena.reserve(100)?; // fits already: nothing happens
/// assert_eq!(arena.slice_mut::<f32>(256)?[9], 1.0);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
#[derive(Debug)]
pub struct Arena {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the arena owns its memory, and `&Arena` gives only its address and size.
unsafe impl Send for Arena {}
// SAFETY: as for `Send`.
unsafe impl Sync for Arena {}

impl Default for Arena {
    fn default() -> Self {
        Arena::EMPTY
    }
}

impl Arena {
    /// An arena of no bytes, which allocates nothing.
    pub const EMPTY: Arena = Arena {
        // The address is never read; it is only aligned like every other arena's.
        start: NonNull::without_provenance(std::num::NonZeroUsize::new(LINE).unwrap()),
        layout: match Layout::from_size_align(0, LINE) {
            Ok(layout) => layout,
            Err(_) => unreachable!(),
        },
    };

    /// An arena of at least `bytes` bytes, all zero.
    ///
    /// # Errors
    /// When the size is more than a process can address, or the system does not give it.
    pub fn new(bytes: usize) -> Result<Arena> {
        if bytes == 0 {
            return Ok(Arena::EMPTY);
        }
        let align = if bytes >= HUGE_FROM { HUGE } else { LINE };
        let layout = bytes
            .checked_next_multiple_of(align)
            .and_then(|size| Layout::from_size_align(size, align).ok())
            .ok_or_else(|| {
                Error::invalid("Arena", "bytes", "must fit in the address space", bytes)
            })?;
        // SAFETY: the layout's size is not zero.
        let Some(start) = NonNull::new(unsafe { alloc(layout) }) else {
            return Err(budget::refused(layout.size()));
        };
        advise_huge_pages(start.as_ptr(), layout.size());
        // SAFETY: `start` is valid for `layout.size()` bytes. Written after the advice, so that the
        // first touch already makes huge pages.
        unsafe { start.write_bytes(0, layout.size()) };
        Ok(Arena { start, layout })
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.layout.size()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Grows to at least `bytes` bytes; the contents are lost (and zero) if it has to grow.
    ///
    /// # Errors
    /// As [`Arena::new`].
    pub fn reserve(&mut self, bytes: usize) -> Result<()> {
        if bytes > self.len() {
            // The old memory goes first, so that both are never held at once.
            *self = Arena::EMPTY;
            *self = Arena::new(bytes)?;
        }
        Ok(())
    }

    /// The address of the first byte; valid until the arena grows or is dropped.
    pub fn as_mut_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The first `len` elements of type `T`; grows if there are fewer (see [`Arena::reserve`]).
    ///
    /// # Errors
    /// As [`Arena::new`].
    pub fn slice_mut<T: Pod>(&mut self, len: usize) -> Result<&mut [T]> {
        let bytes = len
            .checked_mul(size_of::<T>())
            .ok_or_else(|| Error::invalid("Arena", "len", "must fit in the address space", len))?;
        self.reserve(bytes)?;
        // SAFETY: the first `bytes` bytes are allocated and initialised, aligned to 64 or more, every
        // bit pattern is a `T`, and `&mut self` makes the borrow the only one.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.start.cast::<T>().as_ptr(), len) })
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if self.layout.size() != 0 {
            // SAFETY: allocated in `new` with this layout.
            unsafe { dealloc(self.start.as_ptr(), self.layout) };
        }
    }
}

thread_local! {
    /// Arenas not in use; the last one returned is the first one taken.
    static FREE: RefCell<Vec<Arena>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with an arena of this thread, which later calls use again. Its contents are unspecified
/// (but initialised). Calls may be nested.
pub fn with_arena<R>(work: impl FnOnce(&mut Arena) -> R) -> R {
    let mut arena = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    let result = work(&mut arena);
    FREE.with_borrow_mut(|free| free.push(arena));
    result
}

/// Asks for huge pages in a part of memory that is large enough for them to pay; only those that lie in it whole.
#[cfg(target_os = "linux")]
pub(crate) fn advise_huge_pages(start: *mut u8, size: usize) {
    let skipped = start.align_offset(HUGE);
    let whole = size.saturating_sub(skipped) / HUGE * HUGE;
    if size >= HUGE_FROM && whole > 0 {
        // SAFETY: the advice changes neither contents nor validity of any memory, whatever the range is; advice
        // that is not taken changes nothing.
        unsafe { libc::madvise(start.wrapping_add(skipped).cast(), whole, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn advise_huge_pages(_: *mut u8, _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arenas_are_aligned_and_zero() {
        for bytes in [1, 64, 1000, HUGE_FROM, HUGE_FROM + 1] {
            let mut arena = Arena::new(bytes).unwrap();
            assert!(arena.len() >= bytes);
            let align = if bytes >= HUGE_FROM { HUGE } else { LINE };
            assert_eq!(arena.as_mut_ptr() as usize % align, 0);
            assert!(arena.slice_mut::<u8>(bytes).unwrap().iter().all(|&b| b == 0));
        }
    }

    #[test]
    fn an_arena_keeps_its_memory_until_it_must_grow() {
        let mut arena = Arena::default();
        assert!(arena.is_empty() && arena.slice_mut::<f64>(0).unwrap().is_empty());
        arena.slice_mut::<f64>(8).unwrap().fill(3.0);
        let address = arena.as_mut_ptr();
        assert_eq!(arena.slice_mut::<f64>(3).unwrap(), [3.0; 3]);
        assert_eq!(arena.as_mut_ptr(), address);
        assert_eq!(arena.slice_mut::<f64>(100).unwrap()[..8], [0.0; 8]);
    }

    #[test]
    fn nested_arenas_are_apart_and_used_again() {
        let places = || {
            with_arena(|a| {
                a.slice_mut::<u8>(100).unwrap().fill(1);
                let inner = with_arena(|b| {
                    b.slice_mut::<u8>(100).unwrap().fill(2);
                    b.as_mut_ptr() as usize
                });
                assert!(a.slice_mut::<u8>(100).unwrap().iter().all(|&v| v == 1));
                (a.as_mut_ptr() as usize, inner)
            })
        };
        assert_eq!(places(), places());
    }

    #[test]
    fn impossible_sizes_are_errors() {
        assert!(Arena::new(usize::MAX).is_err());
        assert!(Arena::default().slice_mut::<f64>(usize::MAX / 4).is_err());
    }
}
