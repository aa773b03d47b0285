//! The discrete Fourier transform.

use std::cell::RefCell;

use rustfft::{FftPlanner, num_complex::Complex};

/// The sign of the exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `exp(-2πi jk/n)`.
    Forward,
    /// `exp(+2πi jk/n)`, not divided by `n`.
    Inverse,
}

/// The transforms of rows of `n` complex numbers, given and returned as real and imaginary parts.
pub fn fourier(real: &[f64], imag: &[f64], n: usize, direction: Direction) -> (Vec<f64>, Vec<f64>) {
    thread_local! {
        // Plans hold tables of roots of unity, which the planner keeps for the lengths it has met.
        static PLANNER: RefCell<FftPlanner<f64>> = RefCell::new(FftPlanner::new());
    }
    if n == 0 {
        return (Vec::new(), Vec::new());
    }
    let plan = PLANNER.with_borrow_mut(|planner| match direction {
        Direction::Forward => planner.plan_fft_forward(n),
        Direction::Inverse => planner.plan_fft_inverse(n),
    });
    let mut values: Vec<Complex<f64>> =
        real.iter().zip(imag).map(|(&re, &im)| Complex { re, im }).collect();
    plan.process(&mut values);
    values.into_iter().map(|z| (z.re, z.im)).unzip()
}
