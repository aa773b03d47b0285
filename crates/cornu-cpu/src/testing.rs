//! Memory for tests of kernels: what is read or written behind its end ends the process.

use std::ops::{Deref, DerefMut};

/// Values whose last byte is the last of a page, before one that nobody may touch.
pub(crate) struct Guarded<T> {
    #[cfg(target_os = "linux")]
    map: (*mut libc::c_void, usize),
    #[cfg(target_os = "linux")]
    start: *mut T,
    #[cfg(target_os = "linux")]
    len: usize,
    /// Elsewhere they lie anywhere.
    #[cfg(not(target_os = "linux"))]
    values: Vec<T>,
}

#[cfg(target_os = "linux")]
impl<T: Copy> Guarded<T> {
    /// A copy of `values`.
    pub fn new(values: &[T]) -> Self {
        // A multiple of the page of every machine.
        const PAGE: usize = 64 << 10;
        let bytes = size_of_val(values);
        let inside = bytes.next_multiple_of(PAGE);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping, of which the last pages are then closed; both calls are checked. `inside - bytes` is a
        // multiple of the alignment, as sizes are, so the values fit exactly before them.
        unsafe {
            let map = libc::mmap(
                std::ptr::null_mut(),
                inside + PAGE,
                libc::PROT_READ | libc::PROT_WRITE,
                flags,
                -1,
                0,
            );
            assert!(map != libc::MAP_FAILED);
            assert_eq!(libc::mprotect(map.add(inside), PAGE, libc::PROT_NONE), 0);
            let start = map.add(inside - bytes).cast::<T>();
            start.copy_from_nonoverlapping(values.as_ptr(), values.len());
            Guarded { map: (map, inside + PAGE), start, len: values.len() }
        }
    }
}

#[cfg(target_os = "linux")]
impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's own, and nobody borrows it any more.
        unsafe { libc::munmap(self.map.0, self.map.1) };
    }
}

#[cfg(not(target_os = "linux"))]
impl<T: Copy> Guarded<T> {
    /// A copy of `values`.
    pub fn new(values: &[T]) -> Self {
        Guarded { values: values.to_vec() }
    }
}

impl<T> Deref for Guarded<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        #[cfg(target_os = "linux")]
        // SAFETY: `new` wrote so many values there, and the mapping lives as long as `self`.
        return unsafe { std::slice::from_raw_parts(self.start, self.len) };
        #[cfg(not(target_os = "linux"))]
        return &self.values;
    }
}

impl<T> DerefMut for Guarded<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        #[cfg(target_os = "linux")]
        // SAFETY: as for `deref`; `self` is borrowed mutably.
        return unsafe { std::slice::from_raw_parts_mut(self.start, self.len) };
        #[cfg(not(target_os = "linux"))]
        return &mut self.values;
    }
}
