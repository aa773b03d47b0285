//! What this machine can do at most: the two limits of the roofline model.
//!
//! A kernel that does `f` operations on `b` bytes takes at least `max(f / flops, b / bandwidth)` seconds
//! (Williams, Waterman, Patterson: Roofline, Communications of the ACM 52(4), 2009).

use std::hint::black_box;
use std::time::{Duration, Instant};

use cornu_graph::Result;

use crate::runtime::Pool;
use crate::simd::{Float, Isa, Kernel, Vector, isa};

/// Multiplications per lane and call of [`Peak`].
const ROUNDS: usize = 20_000;

/// Accumulators: enough to hide the latency of a multiplication.
const SUMS: usize = 12;

/// The elements of the arrays that are copied: 64 MiB each, more than caches hold.
const COPIED: usize = 16 << 20;

/// How long each limit is measured.
const BUDGET: Duration = Duration::from_millis(150);

/// The limits of some threads together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Roofline {
    /// Additions and multiplications of `f32` per second.
    pub flops: f64,
    /// Bytes read and written per second, by a copy of memory that no cache holds.
    pub bandwidth: f64,
}

impl Roofline {
    /// Measures for a third of a second with `threads` threads and the instruction set in use.
    ///
    /// # Errors
    /// When `threads` is 0 or too large, the system starts no more threads, or `CORNU_ISA` names an unknown
    /// instruction set.
    pub fn measure(threads: usize) -> Result<Roofline> {
        let (isa, pool) = (isa()?, Pool::new(threads)?);
        // Several chunks per thread: one that is disturbed leaves its share to the others.
        let chunks = 8 * threads;
        let best = best_of(|| {
            pool.parallel_for(chunks, |_| {
                black_box(isa.run(Peak(ROUNDS)));
            });
        });
        let operations = 2 * chunks * ROUNDS * SUMS * isa.run(Lanes);
        let flops = operations as f64 / best;

        let (from, mut to) = (vec![1f32; COPIED], vec![0f32; COPIED]);
        let block = COPIED / chunks + 1;
        let best = best_of(|| {
            pool.parallel_chunks(&mut to, block, |i, part| {
                part.copy_from_slice(&from[i * block..][..part.len()]);
            });
        });
        black_box(&to);
        Ok(Roofline { flops, bandwidth: (2 * COPIED * size_of::<f32>()) as f64 / best })
    }

    /// The seconds that so many operations on so many bytes take at least.
    pub fn bound(&self, flops: u64, bytes: usize) -> f64 {
        (flops as f64 / self.flops).max(bytes as f64 / self.bandwidth)
    }
}

/// The shortest of at least three calls, in seconds.
fn best_of(mut call: impl FnMut()) -> f64 {
    let (begin, mut best, mut calls) = (Instant::now(), f64::INFINITY, 0);
    while calls < 3 || begin.elapsed() < BUDGET {
        let start = Instant::now();
        call();
        best = best.min(start.elapsed().as_secs_f64());
        calls += 1;
    }
    best.max(f64::MIN_POSITIVE)
}

/// Nothing but multiplications and additions in registers.
struct Peak(usize);

impl Kernel for Peak {
    type Output = f32;
    #[inline(always)]
    fn run<S: Isa>(self, s: S) -> f32 {
        let (a, b) = (S::F32::splat(s, 0.999), S::F32::splat(s, black_box(0.001)));
        let mut sums = [b; SUMS];
        for _ in 0..self.0 {
            for sum in &mut sums {
                *sum = sum.mul_add(a, b);
            }
        }
        sums.iter().fold(0.0, |total, sum| total + sum.reduce_sum())
    }
}

struct Lanes;

impl Kernel for Lanes {
    type Output = usize;
    #[inline(always)]
    fn run<S: Isa>(self, _: S) -> usize {
        S::F32::LANES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_a_processor() {
        let roofline = Roofline::measure(1).unwrap();
        assert!((1e8..1e15).contains(&roofline.flops), "{roofline:?}");
        assert!((1e7..1e13).contains(&roofline.bandwidth), "{roofline:?}");
        let limits = Roofline { flops: 100.0, bandwidth: 10.0 };
        assert_eq!(limits.bound(200, 5), 2.0);
        assert_eq!(limits.bound(200, 50), 5.0);
        assert!(Roofline::measure(0).is_err());
    }
}
