//! Memory of large arrays that are gone, kept for the next ones.
//!
//! Fresh memory costs a page fault per page, which for element-wise work is more than the arithmetic. So the
//! elements of a large [`Array`](crate::Array) that is dropped stay allocated, up to a limit, and
//! [`Array::unspecified`](crate::Array::unspecified) takes them up again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{DType, Data, Element};

/// Smaller arrays are left to the allocator, which keeps such memory itself.
const LARGE: usize = 128 << 10;

/// How many are kept at most, so that the search for one stays short.
const COUNT: usize = 32;

/// How many bytes are kept at most if nobody says otherwise: 128 MiB.
const LIMIT: usize = 128 << 20;

struct Kept {
    /// The oldest first.
    buffers: VecDeque<Data>,
    bytes: usize,
    limit: usize,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept { buffers: VecDeque::new(), bytes: 0, limit: LIMIT });

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    /// Takes out what is too much, to be freed without the lock.
    fn overflow(&mut self) -> Vec<Data> {
        let mut gone = Vec::new();
        while self.bytes > self.limit || self.buffers.len() > COUNT {
            let Some(oldest) = self.buffers.pop_front() else { break };
            self.bytes -= oldest.capacity_bytes();
            gone.push(oldest);
        }
        gone
    }
}

/// Sets how many bytes of dropped arrays are kept for later ones; 0 keeps nothing. Default: 128 MiB.
///
/// What is kept beyond the limit is freed, the oldest first.
///
/// ```
/// use cornu_graph::{Array, DType, memory};
/// drop(Array::zeros(&[1 << 20], DType::F32)?);
/// assert_eq!(memory::kept_bytes(), 4 << 20);
/// memory::release();
/// assert_eq!(memory::kept_bytes(), 0);
/// memory::set_limit(0);
/// drop(Array::zeros(&[1 << 20], DType::F32)?);
/// assert_eq!(memory::kept_bytes(), 0);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn set_limit(bytes: usize) {
    let gone = {
        let mut kept = kept();
        kept.limit = bytes;
        kept.overflow()
    };
    drop(gone);
}

/// Frees the memory of dropped arrays that is kept for later ones.
pub fn release() {
    let buffers = {
        let mut kept = kept();
        kept.bytes = 0;
        std::mem::take(&mut kept.buffers)
    };
    drop(buffers);
}

/// How many bytes of dropped arrays are kept for later ones.
pub fn kept_bytes() -> usize {
    kept().bytes
}

/// Keeps the memory of an array that is gone, if it is large.
pub(super) fn give(data: &mut Data) {
    let bytes = data.capacity_bytes();
    if bytes < LARGE {
        return;
    }
    let gone = {
        let mut kept = kept();
        if bytes > kept.limit {
            return;
        }
        kept.bytes += bytes;
        kept.buffers.push_back(std::mem::replace(data, Data::U8(Vec::new())));
        kept.overflow()
    };
    drop(gone);
}

/// Elements of any value in memory that was kept, if there is some of the right size: no more than twice what
/// is needed.
pub(super) fn take(dtype: DType, count: usize) -> Option<Data> {
    let bytes = count * dtype.size();
    if bytes < LARGE {
        return None;
    }
    let mut data = {
        let mut kept = kept();
        let sizes = kept.buffers.iter().enumerate().filter(|(_, data)| data.dtype() == dtype);
        let fits = |size: usize| bytes <= size && size / 2 <= bytes;
        let sizes = sizes.map(|(i, data)| (data.capacity_bytes(), i));
        let (size, i) = sizes.filter(|(size, _)| fits(*size)).min()?;
        kept.bytes -= size;
        kept.buffers.remove(i)?
    };
    crate::with_dtype!(dtype, T => {
        // Within the capacity: nothing moves.
        T::vec_mut(&mut data)?.resize(count, T::default());
    });
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Array;

    /// One test, as the memory is the process's: others drop no arrays of this type and size.
    #[test]
    fn large_arrays_leave_their_memory_to_the_next() {
        const ELEMENTS: usize = 1 << 20;
        let address = |a: &Array| a.as_slice::<i64>().unwrap().as_ptr();
        let first = Array::full(&[ELEMENTS], 7i64).unwrap();
        let place = address(&first);
        drop(first);
        let smaller = Array::unspecified(&[2, ELEMENTS / 4], DType::I64).unwrap();
        assert_eq!((address(&smaller), smaller.shape()), (place, &[2, ELEMENTS / 4][..]));
        drop(smaller);
        // Too small for a third of it, and of another type: left alone.
        let other = Array::unspecified(&[ELEMENTS / 3], DType::I64).unwrap();
        assert_ne!(address(&other), place);
        assert_eq!(other.as_slice::<i64>().unwrap(), vec![0; ELEMENTS / 3]);
        Array::unspecified(&[ELEMENTS], DType::F64).unwrap();
        // Grown again: what the smaller one cut off is new.
        let again = Array::unspecified(&[ELEMENTS], DType::I64).unwrap();
        assert_eq!(address(&again), place);
        assert_eq!(again.as_slice::<i64>().unwrap()[ELEMENTS / 2 - 1..][..2], [7, 0]);
        // A vector that was taken out is not kept.
        let values = again.into_vec::<i64>();
        assert_ne!(address(&Array::unspecified(&[ELEMENTS], DType::I64).unwrap()), place);
        assert_eq!(values.len(), ELEMENTS);
        release();
        let small = Array::zeros(&[1000], DType::I64).unwrap();
        drop(small);
        let many: Vec<_> =
            (0..20).map(|_| Array::zeros(&[ELEMENTS], DType::I64).unwrap()).collect();
        drop(many);
        assert!(kept_bytes() <= LIMIT && kept_bytes() > LIMIT / 2);
        set_limit(20 << 20);
        assert!(kept_bytes() <= 20 << 20);
        set_limit(LIMIT);
        drop(Array::zeros(&[LIMIT], DType::I64).unwrap());
        assert!(kept_bytes() <= LIMIT);
    }
}
