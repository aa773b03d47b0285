//! PCG64: the generator of NumPy's `default_rng`.

use super::{BitGenerator, SeedSequence, ziggurat};

/// PCG XSL RR 128/64 (M. O'Neill, *PCG: a family of simple fast space-efficient statistically good algorithms for random
/// number generation*, 2014), as NumPy's `PCG64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pcg64 {
    state: u128,
    increment: u128,
    /// The upper half of a word of which a 32-bit draw took the lower.
    half: Option<u32>,
}

impl Pcg64 {
    /// The generator that a seed gives.
    pub fn new(seed: impl Into<SeedSequence>) -> Pcg64 {
        let words = seed.into().generate_state(8);
        // Pairs of words are 64-bit words, low half first; pairs of these are 128-bit words, high half first.
        let long = |i: usize| u128::from(words[i]) | u128::from(words[i + 1]) << 32;
        let (state, sequence) = (long(0) << 64 | long(2), long(4) << 64 | long(6));
        let mut pcg = Pcg64 { state: 0, increment: sequence << 1 | 1, half: None };
        pcg.step();
        pcg.state = pcg.state.wrapping_add(state);
        pcg.step();
        pcg
    }

    fn step(&mut self) {
        const MULTIPLIER: u128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645;
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }
}

impl BitGenerator for Pcg64 {
    const LEGACY: bool = false;

    fn next_u32(&mut self) -> u32 {
        if let Some(high) = self.half.take() {
            return high;
        }
        let word = self.next_u64();
        self.half = Some((word >> 32) as u32);
        word as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    fn next_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn next_normal(&mut self) -> f64 {
        ziggurat::normal(self)
    }

    fn next_exponential(&mut self) -> f64 {
        ziggurat::exponential(self)
    }
}
