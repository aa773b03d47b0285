//! NumPy's streams of random numbers: the same values as NumPy 2.4 for the same seed, bit for bit.
//!
//! [`default_rng`] gives the [`Generator`] of new code; [`random_state`] the frozen [`RandomState`] of older code, whose
//! functions NumPy also offers as `np.random.binomial`, … after `np.random.seed`. They run on the host, one value after
//! the other: for noise inside a model use [`crate::random`].
//!
//! The study notes' experiments, with their means:
//!
//! ```
//! use cornu::random::numpy::{default_rng, random_state};
//!
//! let mut np_random = random_state(0)?; // np.random.seed(0)
//! let coins = np_random.binomial(1, 0.5, 10)?;
//! assert_eq!(coins.as_slice::<i64>()?, [1, 1, 1, 1, 0, 1, 0, 1, 1, 0]);
//!
//! let mut rng = default_rng(42);
//! let draws = rng.multinomial(10, [0.2, 0.4, 0.4], 1000)?;
//! assert_eq!(draws.shape(), [1000, 3]);
//! let mut sums = [0; 3];
//! for (i, count) in draws.as_slice::<i64>()?.iter().enumerate() {
//!     sums[i % 3] += count;
//! }
//! assert_eq!(sums, [2013, 4037, 3950]); // of 10 000 draws: means 2.013, 4.037, 3.950
//! # Ok::<(), cornu::Error>(())
//! ```
//!
//! # Where the bits come from
//!
//! Bits, integers, uniform values and shuffles are integer arithmetic and the same everywhere. The other distributions
//! call `exp`, `ln`, `ln_1p` and `powf` of the platform's C library, as NumPy does: on Linux with glibc, where a million
//! draws of each were compared, the streams agree. Another C library may round a rare argument otherwise; the stream then differs in
//! the last bit of that value or, where a value is rejected, from there on.

mod binomial;
mod bits;
mod bounded;
mod choice;
mod continuous;
mod generator;
mod integers;
mod mt19937;
mod pcg64;
mod poisson;
mod seed_sequence;
mod shuffle;
mod size;
#[cfg(test)]
mod tests;
mod ziggurat;

pub use bits::BitGenerator;
pub use choice::Choice;
pub use generator::{Generator, RandomState, default_rng, random_state};
pub use mt19937::{LegacySeed, Mt19937};
pub use pcg64::Pcg64;
pub use seed_sequence::SeedSequence;
pub use size::Size;

/// The integer part; the smallest `i64` for what does not fit, as x86 converts.
fn to_i64(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) { value as i64 } else { i64::MIN }
}
