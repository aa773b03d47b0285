//! The generators: distributions over a source of bits.

use super::binomial::{binomial, multinomial};
use super::continuous::{beta, standard_gamma};
use super::poisson::{LARGEST_MEAN, poisson};
use super::size::{check, check_counts, fill, fill_over};
use super::{BitGenerator, LegacySeed, Mt19937, Pcg64, SeedSequence, Size, ziggurat};
use crate::{Array, Error, Result};

/// NumPy's `Generator`, over a source of bits.
///
/// Parameters are numbers or arrays that broadcast. `size` is a number, a list of sizes, or `None` for the shape of the
/// parameters (`[]`, one value, if these are numbers). Values fill the result in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Generator<B = Pcg64> {
    pub(super) bits: B,
}

/// NumPy's `RandomState`: the generator of `np.random.seed`, with the distributions that its streams froze.
pub type RandomState = Generator<Mt19937>;

/// NumPy's `default_rng`: a generator over PCG64.
///
/// `seed`: an integer, a list of them, or a [`SeedSequence`]. For other values in each run
/// use [`crate::next_seed`].
///
/// ```
/// use cornu::random::numpy::default_rng;
/// let mut rng = default_rng(12345);
/// assert_eq!(rng.random(None)?.item()?, 0.22733602246716966);
/// assert_eq!(rng.integers(0..10, 3, cornu::DType::I64)?.to_vec::<i64>(), [7, 3, 2]);
/// # Ok::<(), cornu::Error>(())
/// ```
pub fn default_rng(seed: impl Into<SeedSequence>) -> Generator {
    Generator { bits: Pcg64::new(seed) }
}

/// NumPy's `RandomState`.
///
/// `seed`: a 32-bit integer or a list of them.
///
/// # Errors
/// When the seed is an empty list.
pub fn random_state(seed: impl Into<LegacySeed>) -> Result<RandomState> {
    Ok(Generator { bits: Mt19937::new(seed)? })
}

const NOT_NEGATIVE: &str = "must not be negative";
const POSITIVE: &str = "must be positive";

/// NumPy's rule for scales: -0 is negative, NaN passes.
fn not_negative(value: f64) -> bool {
    value.is_nan() || value.is_sign_positive()
}

impl<B: BitGenerator> Generator<B> {
    /// The source of bits: for single values without an [`Array`].
    pub fn bit_generator(&mut self) -> &mut B {
        &mut self.bits
    }

    /// Uniform values in `[0, 1)` (`float64`).
    ///
    /// # Errors
    /// When the size does not fit in memory.
    pub fn random(&mut self, size: impl Into<Size>) -> Result<Array> {
        fill(&size.into().shape(), || self.bits.next_f64())
    }

    /// Uniform values in `[low, high)` (`float64`).
    ///
    /// # Errors
    /// When a range is not finite or, but in a [`RandomState`], negative; when shapes do not broadcast.
    pub fn uniform(
        &mut self,
        low: impl Into<Array>,
        high: impl Into<Array>,
        size: impl Into<Size>,
    ) -> Result<Array> {
        let (low, high) = (low.into(), high.into());
        let valid = |width: f64| width.is_finite() && (B::LEGACY || width.is_sign_positive());
        let rule = if B::LEGACY { "must be finite" } else { "must be finite and not negative" };
        let width =
            fill_over("uniform", Size(None), (&low, &high), |low: f64, high: f64| high - low)?;
        check("uniform", "high - low", &width, rule, valid)?;
        let size = size.into();
        fill_over("uniform", size, (&low, &high), |low: f64, high: f64| {
            low + (high - low) * self.bits.next_f64()
        })
    }

    /// Normal values with mean 0 and standard deviation 1 (`float64`).
    ///
    /// # Errors
    /// When the size does not fit in memory.
    pub fn standard_normal(&mut self, size: impl Into<Size>) -> Result<Array> {
        fill(&size.into().shape(), || self.bits.next_normal())
    }

    /// Normal values with mean `loc` and standard deviation `scale` (`float64`).
    ///
    /// # Errors
    /// When a scale is negative or shapes do not broadcast.
    pub fn normal(
        &mut self,
        loc: impl Into<Array>,
        scale: impl Into<Array>,
        size: impl Into<Size>,
    ) -> Result<Array> {
        let (loc, scale) = (loc.into(), scale.into());
        check("normal", "scale", &scale, NOT_NEGATIVE, not_negative)?;
        fill_over("normal", size.into(), (&loc, &scale), |loc: f64, scale: f64| {
            loc + scale * self.bits.next_normal()
        })
    }

    /// Exponential values of scale 1 (`float64`).
    ///
    /// # Errors
    /// When the size does not fit in memory.
    pub fn standard_exponential(&mut self, size: impl Into<Size>) -> Result<Array> {
        fill(&size.into().shape(), || self.bits.next_exponential())
    }

    /// Exponential values with mean `scale` (`float64`).
    ///
    /// # Errors
    /// When a scale is negative or shapes do not broadcast.
    pub fn exponential(&mut self, scale: impl Into<Array>, size: impl Into<Size>) -> Result<Array> {
        let scale = scale.into();
        check("exponential", "scale", &scale, NOT_NEGATIVE, not_negative)?;
        let none = Array::scalar(0.0);
        fill_over("exponential", size.into(), (&scale, &none), |scale: f64, _: f64| {
            scale * self.bits.next_exponential()
        })
    }

    /// Gamma values of scale 1 (`float64`).
    ///
    /// # Errors
    /// When a shape is negative or NaN, or shapes do not broadcast.
    pub fn standard_gamma(
        &mut self,
        shape: impl Into<Array>,
        size: impl Into<Size>,
    ) -> Result<Array> {
        self.gamma(shape, 1.0, size)
    }

    /// Gamma values with mean `shape · scale` (`float64`).
    ///
    /// # Errors
    /// When a shape is negative or NaN, a scale is negative, or shapes do not broadcast.
    pub fn gamma(
        &mut self,
        shape: impl Into<Array>,
        scale: impl Into<Array>,
        size: impl Into<Size>,
    ) -> Result<Array> {
        let (shape, scale) = (shape.into(), scale.into());
        let valid = |shape: f64| shape.is_sign_positive() && shape.is_finite();
        check("gamma", "shape", &shape, "must be finite and not negative", valid)?;
        check("gamma", "scale", &scale, NOT_NEGATIVE, not_negative)?;
        fill_over("gamma", size.into(), (&shape, &scale), |shape: f64, scale: f64| {
            scale * standard_gamma(&mut self.bits, shape)
        })
    }

    /// Beta values in `[0, 1]` (`float64`).
    ///
    /// # Errors
    /// When a parameter is not positive and finite, or shapes do not broadcast.
    pub fn beta(
        &mut self,
        a: impl Into<Array>,
        b: impl Into<Array>,
        size: impl Into<Size>,
    ) -> Result<Array> {
        let (a, b) = (a.into(), b.into());
        for (name, values) in [("a", &a), ("b", &b)] {
            check("beta", name, values, POSITIVE, |value| value > 0.0 && value.is_finite())?;
        }
        fill_over("beta", size.into(), (&a, &b), |a: f64, b: f64| beta(&mut self.bits, a, b))
    }

    /// Poisson counts with mean `lam` (`int64`).
    ///
    /// # Errors
    /// When a mean is negative, NaN, or so large that counts would leave `int64`; when shapes do not broadcast.
    pub fn poisson(&mut self, lam: impl Into<Array>, size: impl Into<Size>) -> Result<Array> {
        let lam = lam.into();
        let rule = format!("must be in [0, {LARGEST_MEAN:e}]");
        check("poisson", "lam", &lam, &rule, |value| (0.0..=LARGEST_MEAN).contains(&value))?;
        let none = Array::scalar(0.0);
        fill_over("poisson", size.into(), (&lam, &none), |lam: f64, _: f64| {
            poisson(&mut self.bits, lam)
        })
    }

    /// Binomial counts: successes in `n` trials that succeed with probability `p` (`int64`).
    ///
    /// # Errors
    /// When a number of trials is negative or no integer, a probability leaves `[0, 1]`, or shapes do not broadcast.
    pub fn binomial(
        &mut self,
        n: impl Into<Array>,
        p: impl Into<Array>,
        size: impl Into<Size>,
    ) -> Result<Array> {
        let (n, p) = (n.into(), p.into());
        check_counts("binomial", "n", &n)?;
        check("binomial", "p", &p, "must be in [0, 1]", |p| (0.0..=1.0).contains(&p))?;
        fill_over("binomial", size.into(), (&n, &p), |n: i64, p: f64| {
            binomial(&mut self.bits, n, p)
        })
    }

    /// How often each of several outcomes comes in `n` trials (`int64`, the outcomes along the last axis).
    ///
    /// `n`: the number of trials. `pvals`: the probabilities; the last one is what the others leave, whatever it says.
    /// `size`: the number of experiments, `None` for one without an axis.
    ///
    /// # Errors
    /// When `n` is negative, `pvals` is not of rank 1 with at least one element, a probability leaves `[0, 1]`, or all but the
    /// last sum to more than 1.
    pub fn multinomial(
        &mut self,
        n: i64,
        pvals: impl Into<Array>,
        size: impl Into<Size>,
    ) -> Result<Array> {
        const NAME: &str = "multinomial";
        let pvals = pvals.into();
        check_counts(NAME, "n", &Array::scalar(n))?;
        check(NAME, "pvals", &pvals, "must be in [0, 1]", |p| (0.0..=1.0).contains(&p))?;
        let probabilities = pvals.to_vec::<f64>();
        if pvals.ndim() != 1 || probabilities.is_empty() {
            let rule = "must have one axis with at least one element";
            return Err(Error::invalid(NAME, "pvals", rule, format!("{:?}", pvals.shape())));
        }
        let outcomes = probabilities.len();
        let sum = sum(&probabilities[..outcomes - 1]);
        if sum > 1.0 + 1e-12 {
            return Err(Error::invalid(NAME, "sum(pvals[:-1])", "must be at most 1", sum));
        }
        let shape = [size.into().shape(), vec![outcomes]].concat();
        let mut counts = Array::zeros(&shape, crate::DType::I64)?;
        for row in counts.as_slice_mut::<i64>()?.chunks_mut(outcomes) {
            multinomial(&mut self.bits, n, &probabilities, row);
        }
        Ok(counts)
    }
}

/// The sum by Kahan's method.
pub(super) fn sum(values: &[f64]) -> f64 {
    let (mut sum, mut lost) = (0.0, 0.0);
    for value in values {
        let addend = value - lost;
        let next = sum + addend;
        lost = (next - sum) - addend;
        sum = next;
    }
    sum
}

impl Generator {
    /// Uniform values in `[0, 1)` (`float32`).
    ///
    /// # Errors
    /// When the size does not fit in memory.
    pub fn random_f32(&mut self, size: impl Into<Size>) -> Result<Array> {
        fill(&size.into().shape(), || self.bits.next_f32())
    }

    /// Normal values with mean 0 and standard deviation 1 (`float32`).
    ///
    /// # Errors
    /// When the size does not fit in memory.
    pub fn standard_normal_f32(&mut self, size: impl Into<Size>) -> Result<Array> {
        fill(&size.into().shape(), || ziggurat::normal_f32(&mut self.bits))
    }
}

impl RandomState {
    /// Uniform values in `[0, 1)` (`float64`): another name of [`Generator::random`].
    ///
    /// # Errors
    /// When the size does not fit in memory.
    pub fn random_sample(&mut self, size: impl Into<Size>) -> Result<Array> {
        self.random(size)
    }

    /// Uniform values in `[0, 1)` (`float64`), from a list of sizes.
    ///
    /// # Errors
    /// When the shape does not fit in memory.
    pub fn rand(&mut self, shape: &[usize]) -> Result<Array> {
        self.random(shape)
    }

    /// Normal values with mean 0 and standard deviation 1 (`float64`), from a list of sizes.
    ///
    /// # Errors
    /// When the shape does not fit in memory.
    pub fn randn(&mut self, shape: &[usize]) -> Result<Array> {
        self.standard_normal(shape)
    }
}
