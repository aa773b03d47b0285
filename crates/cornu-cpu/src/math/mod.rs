//! Functions of vectors of `f32`: exponentials, logarithms, hyperbolic and circular functions, erf, powers.
//!
//! Each file states its method and its error bound in units in the last place (ULP) of the result; the
//! tests hold them against double precision over all exponents, on every instruction set. Over all 2^32 numbers:
//! `CORNU_ALL_FLOATS=1 cargo test --profile quick -p cornu-cpu --lib math:: -- --nocapture` (minutes).
//!
//! Two styles. A [`Function`] is written with the vectors of an [`Isa`]. Where double precision makes the
//! method simple (powers, circular functions) it is a plain `#[inline(always)]` function of one number
//! without branches, which the compiler vectorises inside a [`Kernel`].
//!
//! Coefficients are weighted least-squares fits on Chebyshev points, computed with 60 digits.

mod erf;
mod exp;
mod log;
mod pow;
mod tanh;
mod trig;

pub use erf::Erf;
pub use exp::{Exp, Expm1, Sigmoid};
pub use log::{Log, Log1p, Log2, Log10};
pub use pow::pow;
pub use tanh::Tanh;
pub use trig::{TRIG_LIMIT, cos, cos_sin_turns, sin, tan};

use crate::simd::{AnyIsa, Float, Isa, Kernel, Vector};

/// A function of one `f32`, computed a vector at a time.
pub trait Function {
    /// The function of every lane. Implementations must be `#[inline(always)]`.
    fn eval<S: Isa>(s: S, x: S::F32) -> S::F32;
}

/// Writes the function of `x` to `out`; the shorter one ends it.
///
/// ```
/// use cornu_cpu::{math, simd};
/// let mut y = [0.0; 3];
/// math::apply::<math::Exp>(simd::isa()?, &[0.0, 1.0, f32::NEG_INFINITY], &mut y);
/// assert_eq!(y, [1.0, std::f32::consts::E, 0.0]);
/// # Ok::<(), cornu_graph::Error>(())
/// ```
pub fn apply<F: Function>(isa: AnyIsa, x: &[f32], out: &mut [f32]) {
    struct Apply<'a, F>(&'a [f32], &'a mut [f32], std::marker::PhantomData<F>);
    impl<F: Function> Kernel for Apply<'_, F> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, s: S) {
            for (x, y) in self.0.chunks(S::F32::LANES).zip(self.1.chunks_mut(S::F32::LANES)) {
                F::eval(s, S::F32::load_partial(s, x)).store_partial(y);
            }
        }
    }
    isa.run(Apply::<F>(x, out, std::marker::PhantomData));
}

/// `c[0] + c[1]·x + c[2]·x² + …`, by Horner's rule.
#[inline(always)]
fn poly<S: Isa, const N: usize>(s: S, x: S::F32, c: [f32; N]) -> S::F32 {
    let mut y = S::F32::splat(s, c[N - 1]);
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        y = y.mul_add(x, S::F32::splat(s, c[i]));
    }
    y
}

/// [`poly`] of one number in double precision.
#[inline(always)]
fn poly64<const N: usize>(x: f64, c: [f64; N]) -> f64 {
    let mut y = c[N - 1];
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        y = y * x + c[i];
    }
    y
}

/// `x` with the sign of `sign`.
#[inline(always)]
fn copysign<S: Isa>(s: S, x: S::F32, sign: S::F32) -> S::F32 {
    let mask = S::U32::splat(s, 1 << 31);
    S::F32::from_bits((x.to_bits() & !mask) | (sign.to_bits() & mask))
}

/// `if low > x { low } else { x }`, then the same at the other end: NaN stays.
#[inline(always)]
fn clamp<S: Isa>(s: S, x: S::F32, low: f32, high: f32) -> S::F32 {
    S::F32::splat(s, high).min(S::F32::splat(s, low).max(x))
}

#[cfg(test)]
pub(crate) mod testing {
    //! ULP distances over a sample of all `f32`.

    use super::*;

    /// Numbers of every exponent and both signs, dense where functions bend, and all special values.
    pub fn sample() -> Vec<f32> {
        let mut x = vec![
            0.0,
            -0.0,
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::MIN_POSITIVE,
            -f32::MIN_POSITIVE,
            f32::MAX,
            f32::MIN,
            1.0,
            -1.0,
        ];
        // A prime step in bit patterns visits every exponent with some hundred mantissas.
        x.extend((0..u32::MAX / 65_521).map(|i| f32::from_bits(i * 65_521)));
        for end in [1.0f32, 10.0, 120.0, 1000.0] {
            x.extend((-20_000..20_000).map(|i| i as f32 * (end / 20_000.0)));
        }
        x.extend((-2000i32..2000).map(|i| f32::from_bits((1f32.to_bits() as i32 + i) as u32)));
        x
    }

    /// The distance of `got` from `want` in units in the last place of `want` as `f32`; 0 if both are
    /// NaN, or equal including the sign of zero.
    pub fn ulp(got: f32, want: f64) -> f64 {
        let rounded = want as f32;
        if got.is_nan() && want.is_nan() {
            return 0.0;
        }
        if got == rounded && got.is_sign_negative() == rounded.is_sign_negative() {
            return if got.is_infinite() {
                0.0
            } else {
                (f64::from(got) - want).abs() / ulp_of(rounded)
            };
        }
        if got.is_nan() || want.is_nan() || (got == 0.0 && rounded == 0.0) {
            return f64::INFINITY;
        }
        // Next to the overflow threshold infinity stands for 2^128.
        let finite = |x: f64| if x.is_infinite() { 128f64.exp2().copysign(x) } else { x };
        (finite(f64::from(got)) - finite(want)).abs() / ulp_of(rounded)
    }

    fn ulp_of(x: f32) -> f64 {
        let exponent = ((x.to_bits() >> 23) & 255).clamp(1, 254);
        // 2^(exponent - 150), written as its bits: `exp2` would take most of the time of all 2^32.
        f64::from_bits(u64::from(exponent + 1023 - 150) << 52)
    }

    /// Calls `part` with the numbers to check: a sample, or, where `CORNU_ALL_FLOATS` is set, all 2^32 in parts.
    pub fn numbers(mut part: impl FnMut(&[f32])) {
        const PART: u32 = 1 << 20;
        if std::env::var_os("CORNU_ALL_FLOATS").is_none() {
            return part(&sample());
        }
        for start in (0..=u32::MAX).step_by(PART as usize) {
            part(&(0..PART).map(|i| f32::from_bits(start + i)).collect::<Vec<_>>());
        }
    }

    /// Checks a function on every instruction set of this machine.
    pub fn check<F: Function>(want: impl Fn(f64) -> f64, bound: f64) {
        let mut results: Vec<_> =
            AnyIsa::available().into_iter().map(|isa| (isa, Worst::default())).collect();
        let mut y = Vec::new();
        numbers(|x| {
            let want: Vec<f64> = x.iter().map(|&x| want(f64::from(x))).collect();
            y.resize(x.len(), 0.0);
            for (isa, worst) in &mut results {
                apply::<F>(*isa, x, &mut y);
                worst.see(x, &y, &want);
            }
        });
        results.iter().for_each(|(isa, worst)| worst.check(isa.name(), bound));
    }

    /// The largest error so far.
    #[derive(Default)]
    pub struct Worst {
        error: f64,
        x: f32,
        y: f32,
    }

    impl Worst {
        /// Takes values of a function in.
        pub fn see(&mut self, x: &[f32], y: &[f32], want: &[f64]) {
            for ((&x, &y), &want) in x.iter().zip(y).zip(want) {
                let error = ulp(y, want);
                if error > self.error {
                    *self = Worst { error, x, y };
                }
            }
        }

        /// That it is no larger than `bound`.
        pub fn check(&self, name: &str, bound: f64) {
            let Worst { error, x, y } = self;
            println!("{name}: at most {error:.2} ULP, at {x:e}");
            assert!(*error <= bound, "{name}: {error} ULP at {x:e}: {y:e}");
        }
    }
}
