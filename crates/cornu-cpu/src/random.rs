//! Random values from counters: every element is a function of the key and its index alone, so any cut of
//! the work gives the same values.
//!
//! [`cornu_graph::ops::Random`] defines the values (Philox4x32-10 of Salmon et al., 2011, with Box and
//! Muller's transform). In single precision, 64 blocks are computed at a time with vectors.

use cornu_graph::ops::{Distribution, philox};

use crate::math::{self, Function};
use crate::runtime::Pool;
use crate::simd::{AnyIsa, Float, Int32, Isa, Kernel, MAX_LANES, Vector};

/// Blocks of four words that are computed together.
const BLOCKS: usize = 64;
/// Elements per piece of work, a multiple of `4 * BLOCKS`.
const PIECE: usize = 64 * BLOCKS * 4;

/// Fills `out` with `float32` values for `key` (seed and stream).
///
/// ```
/// use cornu_cpu::{random, runtime::Pool, simd};
/// use cornu_graph::ops::Distribution;
/// let mut out = [0f32; 5];
/// random::fill_f32(Distribution::Uniform, [1, 2], &Pool::new(1)?, simd::isa()?, &mut out);
/// assert!(out.iter().all(|v| (0.0..1.0).contains(v)));
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn fill_f32(
    distribution: Distribution,
    key: [i64; 2],
    pool: &Pool,
    isa: AnyIsa,
    out: &mut [f32],
) {
    pool.parallel_chunks(out, PIECE, |i, out| {
        let first = (i * PIECE / 4) as u64;
        for (j, out) in out.chunks_mut(4 * BLOCKS).enumerate() {
            let block = first + (j * BLOCKS) as u64;
            isa.run(Batch { distribution, key, block, out });
        }
    });
}

/// Fills `out` with `float64` values for `key` (seed and stream).
pub fn fill_f64(distribution: Distribution, key: [i64; 2], pool: &Pool, out: &mut [f64]) {
    pool.parallel_chunks(out, PIECE, |i, out| {
        for (j, out) in out.chunks_mut(2).enumerate() {
            let block = (i * PIECE / 2 + j) as u64;
            let w = philox(key_of(key), counter(key, block));
            let uniform = |a: u32, b: u32| {
                (f64::from(a >> 5) * 67_108_864.0 + f64::from(b >> 6)) / 9_007_199_254_740_992.0
            };
            let (u, v) = (uniform(w[0], w[1]), uniform(w[2], w[3]));
            let pair = match distribution {
                Distribution::Uniform => [u, v],
                Distribution::Normal => {
                    let radius = (-2.0 * (1.0 - u).ln()).sqrt();
                    let angle = std::f64::consts::TAU * v;
                    [radius * angle.cos(), radius * angle.sin()]
                }
            };
            out.copy_from_slice(&pair[..out.len()]);
        }
    });
}

fn key_of(key: [i64; 2]) -> [u32; 2] {
    key.map(|word| word as u32)
}

fn counter(key: [i64; 2], block: u64) -> [u32; 4] {
    let high = |word: i64| ((word as u64) >> 32) as u32;
    [block as u32, (block >> 32) as u32, high(key[0]), high(key[1])]
}

/// The elements of at most [`BLOCKS`] blocks, from block `block` on, which is a multiple of [`BLOCKS`].
struct Batch<'a> {
    distribution: Distribution,
    key: [i64; 2],
    block: u64,
    out: &'a mut [f32],
}

impl Kernel for Batch<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let mut buffer = [0f32; 4 * BLOCKS];
        let count = self.out.len();
        let batch = if count == buffer.len() { &mut *self.out } else { &mut buffer[..] };
        let lanes = S::U32::LANES;
        let mut first = [S::U32::zero(s); 4];
        for (vector, word) in first.iter_mut().zip(counter(self.key, self.block)) {
            *vector = S::U32::splat(s, word);
        }
        let places: [u32; MAX_LANES] = std::array::from_fn(|i| i as u32);
        let places = S::U32::load(s, &places);
        for j in (0..BLOCKS).step_by(2 * lanes) {
            // Batches begin with multiples of their size, so that the lowest word alone counts.
            let (mut c, mut d) = (first, first);
            c[0] = c[0] + places + S::U32::splat(s, j as u32);
            d[0] = c[0] + S::U32::splat(s, lanes as u32);
            let [c, d] = rounds(s, key_of(self.key), [c, d]);
            elements(s, self.distribution, c, &mut batch[4 * j..]);
            elements(s, self.distribution, d, &mut batch[4 * (j + lanes)..]);
        }
        if count < 4 * BLOCKS {
            self.out.copy_from_slice(&buffer[..count]);
        }
    }
}

/// Writes the elements of the blocks of a vector's lanes.
#[inline(always)]
fn elements<S: Isa>(s: S, distribution: Distribution, words: [S::U32; 4], out: &mut [f32]) {
    let scale = S::F32::splat(s, 1.0 / 16_777_216.0);
    let mut values = [S::F32::zero(s); 4];
    for (value, word) in values.iter_mut().zip(words) {
        *value = S::F32::from_int(word >> 8) * scale;
    }
    if distribution == Distribution::Normal {
        let (a, b) = normal_pair(s, values[0], values[1]);
        let (c, d) = normal_pair(s, values[2], values[3]);
        values = [a, b, c, d];
    }
    // Element 4j + i comes from word i of block j.
    let [a, b, c, d] = values;
    let ((a, b), (c, d)) = (a.zip(c), b.zip(d));
    let ((a, c), (b, d)) = (a.zip(c), b.zip(d));
    for (i, value) in [a, c, b, d].into_iter().enumerate() {
        value.store(&mut out[i * S::F32::LANES..]);
    }
}

/// The ten rounds of Philox4x32, one block per lane. Two vectors of blocks side by side: each round waits for the
/// one before, and the processor does not look far enough ahead to find other work.
#[inline(always)]
fn rounds<S: Isa>(s: S, key: [u32; 2], mut blocks: [[S::U32; 4]; 2]) -> [[S::U32; 4]; 2] {
    let mut k = key;
    for _ in 0..10 {
        for c in &mut blocks {
            let (h0, l0) = c[0].mul_wide(S::U32::splat(s, 0xD251_1F53));
            let (h1, l1) = c[2].mul_wide(S::U32::splat(s, 0xCD9E_8D57));
            *c = [h1 ^ c[1] ^ S::U32::splat(s, k[0]), l1, h0 ^ c[3] ^ S::U32::splat(s, k[1]), l0];
        }
        k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
    }
    blocks
}

/// Two independent normal values from two uniform ones.
#[inline(always)]
fn normal_pair<S: Isa>(s: S, u: S::F32, v: S::F32) -> (S::F32, S::F32) {
    let log = math::Log::eval(s, S::F32::splat(s, 1.0) - u);
    let radius = (log * S::F32::splat(s, -2.0)).sqrt();
    let (cos, sin) = math::cos_sin_turns(s, v);
    (radius * cos, radius * sin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cornu_graph::ops::{Operation, Random};
    use cornu_graph::{Array, DType, Spec};

    /// Every kind against the definition, on all instruction sets and numbers of threads.
    #[test]
    fn values_are_those_of_the_definition() {
        let key = [0x0123_4567_89AB_CDEF, -5];
        for distribution in [Distribution::Uniform, Distribution::Normal] {
            for count in [0, 1, 2, 3, 7, 255, 256, 1001, 3 * PIECE + 5] {
                let op = |dtype| Random { distribution, spec: Spec::new([count], dtype) };
                let want = |dtype| {
                    let array = Array::new(&[2], key.to_vec()).unwrap();
                    op(dtype).evaluate(&[&array], &Spec::new([count], dtype)).unwrap()
                };
                let (single, double) = (want(DType::F32).to_vec::<f64>(), want(DType::F64));
                for threads in [1, 2] {
                    let pool = Pool::new(threads).unwrap();
                    for isa in AnyIsa::available() {
                        let mut out = vec![9f32; count];
                        fill_f32(distribution, key, &pool, isa, &mut out);
                        for (&got, &want) in out.iter().zip(&single) {
                            let close = (f64::from(got) - want).abs() <= 1e-6;
                            assert!(close, "{distribution:?}: {got} instead of {want}");
                        }
                    }
                    let mut out = vec![9f64; count];
                    fill_f64(distribution, key, &pool, &mut out);
                    assert_eq!(out, double.to_vec::<f64>());
                }
            }
        }
    }

    #[test]
    fn uniform_values_agree_bit_by_bit_across_instruction_sets() {
        let pool = Pool::new(2).unwrap();
        let each = |isa| {
            let mut out = vec![0f32; 5000];
            fill_f32(Distribution::Uniform, [7, 1 << 40], &pool, isa, &mut out);
            out
        };
        let all: Vec<_> = AnyIsa::available().into_iter().map(each).collect();
        assert!(all.windows(2).all(|w| w[0] == w[1]));
    }

    /// The words of Random123's known answers, through the vector code.
    #[test]
    fn vector_rounds_give_the_published_answers() {
        struct Rounds;
        impl Kernel for Rounds {
            type Output = [u32; 4];
            #[inline(always)]
            fn run<S: Isa>(self, s: S) -> [u32; 4] {
                let c = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
                let c = c.map(|w| S::U32::splat(s, w));
                let [_, [a, b, c, d]] = rounds(s, [0xa409_3822, 0x299f_31d0], [c, c]);
                let first = |v: S::U32| {
                    let mut lane = [0];
                    v.store_partial(&mut lane);
                    lane[0]
                };
                [first(a), first(b), first(c), first(d)]
            }
        }
        for isa in AnyIsa::available() {
            assert_eq!(isa.run(Rounds), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
        }
    }

    #[test]
    fn normal_values_have_the_moments_of_a_normal_distribution() {
        let mut x = vec![0f32; 200_000];
        fill_f32(
            Distribution::Normal,
            [3, 4],
            &Pool::new(2).unwrap(),
            AnyIsa::available()[0],
            &mut x,
        );
        let moment = |k| x.iter().map(|&v| f64::from(v).powi(k)).sum::<f64>() / x.len() as f64;
        assert!(moment(1).abs() < 0.01 && (moment(2) - 1.0).abs() < 0.015);
        assert!(moment(3).abs() < 0.03 && (moment(4) - 3.0).abs() < 0.1);
    }
}
