//! Probability distributions, averages and moments.
//!
//! ```
//! use cornu::stats::{Distribution, Normal};
//! let standard = Normal::default();
//! assert_eq!(standard.cdf(0.0), 0.5);
//! assert!((standard.ppf(0.975) - 1.959963984540054).abs() < 1e-15);
//! # Ok::<(), cornu::Error>(())
//! ```

mod average;
mod bernoulli;
mod beta;
mod binomial;
mod categorical;
mod distribution;
mod ewm;
mod exponential;
mod gamma;
mod kl;
mod lanes;
mod multinomial;
mod normal;
mod poisson;
mod rolling;
mod running;
mod special;
mod student_t;
mod uniform;

pub use average::{frequency_mean, weighted_mean};
pub use bernoulli::Bernoulli;
pub use beta::Beta;
pub use binomial::Binomial;
pub use categorical::Categorical;
pub use distribution::{Continuous, Discrete, Distribution};
pub use ewm::{Ewm, EwmStream, Ewma};
pub use exponential::Exponential;
pub use gamma::Gamma;
pub use kl::kl_divergence;
pub use multinomial::Multinomial;
pub use normal::Normal;
pub use poisson::Poisson;
pub use rolling::{Rolling, RollingStream};
pub use running::RunningMoments;
pub use student_t::StudentT;
pub use uniform::Uniform;
