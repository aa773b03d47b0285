//! Seeds: numbers, generators, keys.

use cornu_graph::{Array, Tensor, Variable};

use crate::next_seed;

/// What makes a draw repeatable.
///
/// - a number: the same values at each call;
/// - a [`SeedGenerator`]: other values at each call, the same ones in each run;
/// - `None`: the next seed of the thread's stream, see [`crate::set_random_seed`];
/// - a key tensor (`int64[2]`), as [`SeedGenerator::next`] gives it inside a layer's call.
#[derive(Debug, Clone)]
pub struct Seed(pub(super) Tensor);

impl From<u64> for Seed {
    fn from(seed: u64) -> Self {
        Seed(key(seed))
    }
}

impl From<Option<u64>> for Seed {
    fn from(seed: Option<u64>) -> Self {
        Seed(key(seed.unwrap_or_else(next_seed)))
    }
}

impl From<&SeedGenerator> for Seed {
    fn from(generator: &SeedGenerator) -> Self {
        Seed(generator.draw())
    }
}

impl From<Tensor> for Seed {
    fn from(key: Tensor) -> Self {
        Seed(key)
    }
}

impl From<&Tensor> for Seed {
    fn from(key: &Tensor) -> Self {
        Seed(key.clone())
    }
}

/// A key tensor (`int64[2]`) from a seed.
pub fn key(seed: u64) -> Tensor {
    key_array(seed).into()
}

fn key_array(seed: u64) -> Array {
    Array::from([seed as i64, 0])
}

/// A seed and a count of draws, as Keras's `SeedGenerator`: random functions that are given one draw other values each time.
///
/// ```
/// use cornu::random::{self, SeedGenerator};
/// use cornu::{DType, Eval};
/// let seeds = SeedGenerator::new(Some(42));
/// let first = random::normal(&[2, 3], 0.0, 1.0, DType::F32, &seeds).array()?;
/// let second = random::normal(&[2, 3], 0.0, 1.0, DType::F32, &seeds).array()?;
/// assert_ne!(first, second);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SeedGenerator(Variable);

impl SeedGenerator {
    /// A generator; `None` takes the next seed of the thread's stream.
    pub fn new(seed: Option<u64>) -> SeedGenerator {
        let array = key_array(seed.unwrap_or_else(next_seed));
        SeedGenerator(Variable::new("seed_generator_state", array))
    }

    /// The variable behind it: `int64[2]`, the seed and the count.
    pub fn state(&self) -> &Variable {
        &self.0
    }

    /// A key that no other draw has, inside a layer's call; raises the count when the step has run.
    pub fn next(&self, cx: &mut crate::layers::Context) -> Tensor {
        let key = cx.read(&self.0);
        cx.update(&self.0, &key + Tensor::from([0i64, 1]));
        key
    }

    /// A key that no other draw has, outside of layers; raises the count at once.
    fn draw(&self) -> Tensor {
        let mut state = self.0.lock_mut();
        let key = Tensor::from(&*state);
        match state.as_slice_mut::<i64>() {
            Ok(words) => words[1] = words[1].wrapping_add(1),
            Err(error) => return Tensor::error(error),
        }
        key
    }
}
