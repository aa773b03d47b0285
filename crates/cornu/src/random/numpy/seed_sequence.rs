//! From a seed to a state: NumPy's `SeedSequence`.

use std::num::Wrapping;

/// Mixes a seed of any length into the state of a bit generator, as NumPy's `SeedSequence` does, after M. O'Neill's
/// *Developing a seed_seq alternative* (2015).
///
/// From a non-negative integer or a list of them; integers beyond 64 bits are the lists of their 32-bit
/// words, lowest first.
///
/// ```
/// use cornu::random::numpy::SeedSequence;
/// assert_eq!(SeedSequence::from(42).generate_state(2), [3444837047, 2669555309]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedSequence {
    entropy: Vec<u32>,
    spawn_key: Vec<u32>,
    children: u32,
}

const POOL: usize = 4;

/// A multiplicative hash whose multiplier moves on with each word.
struct Hash {
    multiplier: Wrapping<u32>,
    step: Wrapping<u32>,
}

impl Hash {
    fn word(&mut self, value: u32) -> u32 {
        let value = Wrapping(value) ^ self.multiplier;
        self.multiplier *= self.step;
        let value = (value * self.multiplier).0;
        value ^ value >> 16
    }
}

fn mix(x: u32, y: u32) -> u32 {
    let both = x.wrapping_mul(0xCA01_F9DD).wrapping_sub(y.wrapping_mul(0x4973_F715));
    both ^ both >> 16
}

impl SeedSequence {
    fn new(entropy: Vec<u32>) -> SeedSequence {
        SeedSequence { entropy, spawn_key: Vec::new(), children: 0 }
    }

    fn pool(&self) -> [u32; POOL] {
        let mut entropy = self.entropy.clone();
        if !self.spawn_key.is_empty() {
            entropy.resize(entropy.len().max(POOL), 0);
            entropy.extend(&self.spawn_key);
        }
        let mut hash = Hash { multiplier: Wrapping(0x43B0_D7E5), step: Wrapping(0x931E_8875) };
        let mut pool: [u32; POOL] =
            std::array::from_fn(|i| hash.word(entropy.get(i).copied().unwrap_or(0)));
        for from in 0..POOL {
            for to in (0..POOL).filter(|&to| to != from) {
                pool[to] = mix(pool[to], hash.word(pool[from]));
            }
        }
        for &word in entropy.iter().skip(POOL) {
            for place in &mut pool {
                *place = mix(*place, hash.word(word));
            }
        }
        pool
    }

    /// The first `count` words of the state.
    pub fn generate_state(&self, count: usize) -> Vec<u32> {
        let mut hash = Hash { multiplier: Wrapping(0x8B51_F9DD), step: Wrapping(0x58F3_8DED) };
        self.pool().into_iter().cycle().take(count).map(|word| hash.word(word)).collect()
    }

    /// Sequences for independent streams; each call gives others.
    pub fn spawn(&mut self, count: u32) -> Vec<SeedSequence> {
        let first = self.children;
        self.children = first.saturating_add(count);
        (first..self.children)
            .map(|child| {
                let spawn_key = [&self.spawn_key[..], &[child]].concat();
                SeedSequence { entropy: self.entropy.clone(), spawn_key, children: 0 }
            })
            .collect()
    }
}

/// The 32-bit words of an integer, lowest first, without leading zeros.
fn words(value: u64) -> impl Iterator<Item = u32> {
    let high = (value >> 32) as u32;
    [value as u32].into_iter().chain((high > 0).then_some(high))
}

impl From<u64> for SeedSequence {
    fn from(seed: u64) -> Self {
        SeedSequence::new(words(seed).collect())
    }
}

impl From<&[u64]> for SeedSequence {
    fn from(seeds: &[u64]) -> Self {
        SeedSequence::new(seeds.iter().copied().flat_map(words).collect())
    }
}

impl<const N: usize> From<[u64; N]> for SeedSequence {
    fn from(seeds: [u64; N]) -> Self {
        seeds[..].into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_numpy() {
        // np.random.SeedSequence(...).generate_state(4)
        let state = |seed: SeedSequence| seed.generate_state(4);
        assert_eq!(state(0.into()), [2968811710, 3677149159, 745650761, 2884920346]);
        let wide = (1u64 << 40) + 7;
        assert_eq!(state(wide.into()), [238885397, 226915041, 1322230113, 2599373530]);
        // 2**127 + 12345
        let wider = [12345, 0, 0, 1 << 31];
        assert_eq!(state(wider.into()), [2186558821, 1704074236, 1437698644, 2172745751]);
        assert_eq!(state([1, 2, 3].into()), [3822189696, 3026158655, 540542919, 1119972918]);
        let long = [1u64 << 40, 5, 6, 7, 8, 9];
        assert_eq!(state(long.into()), [551111262, 30809172, 3495675854, 1828490594]);
    }

    #[test]
    fn children_are_those_of_numpy() {
        let mut parent = SeedSequence::from(42);
        let mut children = parent.spawn(2);
        children.extend(parent.spawn(1));
        assert_eq!(children[2].generate_state(2), [233227757, 2701265274]);
        let grandchild = children[1].spawn(1).remove(0);
        assert_eq!(grandchild.generate_state(2), [1174127800, 3865592830]);
    }
}
