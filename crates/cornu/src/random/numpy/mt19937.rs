//! The Mersenne twister: the generator of NumPy's `RandomState`.

use super::BitGenerator;
use crate::{Error, Result};

const WORDS: usize = 624;
const AHEAD: usize = 397;

/// MT19937 (M. Matsumoto and T. Nishimura, *Mersenne twister*, 1998; seeding of 2002), with the normal and exponential values
/// of NumPy's `RandomState`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mt19937 {
    words: [u32; WORDS],
    place: usize,
    /// The second value of the polar method's last pair.
    normal: Option<f64>,
}

/// A seed of [`Mt19937`]: a 32-bit integer, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegacySeed {
    /// One word.
    Word(u32),
    /// Several words.
    Words(Vec<u32>),
}

impl From<u32> for LegacySeed {
    fn from(seed: u32) -> Self {
        LegacySeed::Word(seed)
    }
}

impl From<&[u32]> for LegacySeed {
    fn from(seed: &[u32]) -> Self {
        LegacySeed::Words(seed.to_vec())
    }
}

impl<const N: usize> From<[u32; N]> for LegacySeed {
    fn from(seed: [u32; N]) -> Self {
        LegacySeed::Words(seed.to_vec())
    }
}

impl Mt19937 {
    /// The generator that a seed gives.
    ///
    /// # Errors
    /// When the seed is an empty list.
    pub fn new(seed: impl Into<LegacySeed>) -> Result<Mt19937> {
        let words = match seed.into() {
            LegacySeed::Word(word) => from_word(word),
            LegacySeed::Words(key) if key.is_empty() => {
                return Err(Error::invalid("RandomState", "seed", "must not be empty", "[]"));
            }
            LegacySeed::Words(key) => from_words(&key),
        };
        Ok(Mt19937 { words, place: WORDS, normal: None })
    }

    fn twist(&mut self) {
        for i in 0..WORDS {
            let joined = self.words[i] & 0x8000_0000 | self.words[(i + 1) % WORDS] & 0x7FFF_FFFF;
            let odd = (joined & 1).wrapping_neg() & 0x9908_B0DF;
            self.words[i] = self.words[(i + AHEAD) % WORDS] ^ joined >> 1 ^ odd;
        }
        self.place = 0;
    }
}

fn from_word(seed: u32) -> [u32; WORDS] {
    let mut words = [seed; WORDS];
    for i in 1..WORDS {
        let last = words[i - 1];
        words[i] = (last ^ last >> 30).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
    }
    words
}

fn from_words(key: &[u32]) -> [u32; WORDS] {
    let mut words = from_word(19_650_218);
    let mut i = 1;
    // Stirs word `i` with the one before it and goes on to the next; word 0 is the copy of the last.
    let mut stir = |words: &mut [u32; WORDS], factor: u32, addend: &dyn Fn(u32) -> u32| {
        let last = words[i - 1];
        let stirred = words[i] ^ (last ^ last >> 30).wrapping_mul(factor);
        words[i] = stirred.wrapping_add(addend(i as u32));
        i += 1;
        if i == WORDS {
            words[0] = words[WORDS - 1];
            i = 1;
        }
    };
    for k in 0..WORDS.max(key.len()) {
        let j = k % key.len();
        stir(&mut words, 1_664_525, &|_| key[j].wrapping_add(j as u32));
    }
    for _ in 1..WORDS {
        stir(&mut words, 1_566_083_941, &|i| i.wrapping_neg());
    }
    words[0] = 0x8000_0000;
    words
}

impl BitGenerator for Mt19937 {
    const LEGACY: bool = true;

    fn next_u32(&mut self) -> u32 {
        if self.place == WORDS {
            self.twist();
        }
        let mut y = self.words[self.place];
        self.place += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9D2C_5680;
        y ^= y << 15 & 0xEFC6_0000;
        y ^ y >> 18
    }

    fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }

    fn next_f64(&mut self) -> f64 {
        let (a, b) = (self.next_u32() >> 5, self.next_u32() >> 6);
        (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
    }

    /// Marsaglia's polar method: two values at a time, the second of which is kept.
    fn next_normal(&mut self) -> f64 {
        if let Some(value) = self.normal.take() {
            return value;
        }
        loop {
            let x = 2.0 * self.next_f64() - 1.0;
            let y = 2.0 * self.next_f64() - 1.0;
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.normal = Some(factor * x);
                return factor * y;
            }
        }
    }

    fn next_exponential(&mut self) -> f64 {
        -(1.0 - self.next_f64()).ln()
    }
}
