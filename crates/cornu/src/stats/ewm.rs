//! Exponentially weighted moments.

use cornu_graph::Array;

use super::lanes::map_lanes;
use crate::{Error, Result};

/// Exponentially weighted mean, variance and standard deviation, equal to pandas's `ewm`.
///
/// A value that lies `i` steps back weighs `(1 - alpha)ⁱ`. Values that are not finite are missing: they give no
/// weight, and the last result stands in their place. Before `min_periods` values the result is not a number.
///
/// ```
/// use cornu::{Array, stats::Ewm};
/// let x = Array::from([1.0, 2.0, 4.0]);
/// assert_eq!(Ewm::com(1.0)?.adjust(false).mean(&x, 0)?.to_vec::<f64>(), [1.0, 1.5, 2.75]);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ewm {
    alpha: f64,
    adjust: bool,
    ignore_na: bool,
    min_periods: usize,
}

impl Ewm {
    /// By the weight of the newest value, in `(0, 1]`.
    ///
    /// # Errors
    /// When `alpha` is outside.
    pub fn alpha(alpha: f64) -> Result<Ewm> {
        Ewm::by("alpha", alpha, "must lie in (0, 1]", alpha > 0.0 && alpha <= 1.0, alpha)
    }

    /// By the span, at least 1: `alpha = 2 / (span + 1)`.
    ///
    /// # Errors
    /// When `span` is less than 1 or not finite.
    pub fn span(span: f64) -> Result<Ewm> {
        let good = span >= 1.0 && span.is_finite();
        Ewm::by("span", span, "must be finite and at least 1", good, 2.0 / (span + 1.0))
    }

    /// By the centre of mass, at least 0: `alpha = 1 / (1 + com)`.
    ///
    /// # Errors
    /// When `com` is negative or not finite.
    pub fn com(com: f64) -> Result<Ewm> {
        let good = com >= 0.0 && com.is_finite();
        Ewm::by("com", com, "must be finite and at least 0", good, 1.0 / (1.0 + com))
    }

    /// By the number of steps after which a weight has halved: `alpha = 1 - exp(-ln 2 / halflife)`.
    ///
    /// # Errors
    /// When `halflife` is not positive and finite.
    pub fn halflife(halflife: f64) -> Result<Ewm> {
        let good = halflife > 0.0 && halflife.is_finite();
        let alpha = -(-std::f64::consts::LN_2 / halflife).exp_m1();
        Ewm::by("halflife", halflife, "must be positive and finite", good, alpha)
    }

    fn by(argument: &str, received: f64, rule: &str, good: bool, alpha: f64) -> Result<Ewm> {
        if !good {
            return Err(Error::invalid("Ewm", argument, rule, received));
        }
        Ok(Ewm { alpha, adjust: true, ignore_na: false, min_periods: 0 })
    }

    /// Whether weights are divided by their sum, which corrects the bias of the first results (default), or the
    /// recursion `y = (1 - alpha) y + alpha x` is taken from the first value on.
    pub fn adjust(mut self, adjust: bool) -> Ewm {
        self.adjust = adjust;
        self
    }

    /// Whether missing values take no step (default: they do, and the weights before them decay).
    pub fn ignore_na(mut self, ignore_na: bool) -> Ewm {
        self.ignore_na = ignore_na;
        self
    }

    /// How many values a result needs. Default: one.
    pub fn min_periods(mut self, min_periods: usize) -> Ewm {
        self.min_periods = min_periods;
        self
    }

    /// An accumulator for values that come one by one.
    pub fn stream(self) -> EwmStream {
        EwmStream { ewm: self, count: 0, weight: 0.0, squared: 0.0, mean: f64::NAN, var: 0.0 }
    }

    /// The means along an axis, `float64` in the shape of `x`.
    ///
    /// # Errors
    /// When the axis is out of range.
    pub fn mean(self, x: &Array, axis: isize) -> Result<Array> {
        self.along("Ewm::mean", x, axis, EwmStream::mean)
    }

    /// The variances along an axis. `bias`: whether they are left smaller than an estimate of the population's.
    ///
    /// # Errors
    /// When the axis is out of range.
    pub fn var(self, x: &Array, axis: isize, bias: bool) -> Result<Array> {
        self.along("Ewm::var", x, axis, |stream| stream.var(bias))
    }

    /// The standard deviations along an axis: roots of [`var`](Ewm::var).
    ///
    /// # Errors
    /// When the axis is out of range.
    pub fn std(self, x: &Array, axis: isize, bias: bool) -> Result<Array> {
        self.along("Ewm::std", x, axis, |stream| stream.var(bias).sqrt())
    }

    fn along(
        self,
        function: &str,
        x: &Array,
        axis: isize,
        read: impl Fn(&EwmStream) -> f64,
    ) -> Result<Array> {
        map_lanes(function, x, axis, |lane| {
            let mut stream = self.stream();
            for value in lane {
                stream.update(*value);
                *value = read(&stream);
            }
        })
    }
}

/// The state of [`Ewm`] after some values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EwmStream {
    ewm: Ewm,
    count: usize,
    /// The sums of the weights and of their squares.
    weight: f64,
    squared: f64,
    mean: f64,
    var: f64,
}

impl EwmStream {
    /// Takes in the next value and returns the mean.
    pub fn update(&mut self, x: f64) -> f64 {
        let Ewm { alpha, adjust, ignore_na, .. } = self.ewm;
        if !x.is_finite() {
            if !ignore_na {
                self.decay();
            }
            return self.mean();
        }
        self.count += 1;
        if self.count == 1 {
            (self.weight, self.squared, self.mean, self.var) = (1.0, 1.0, x, 0.0);
            return self.mean();
        }
        self.decay();
        let new = if adjust { 1.0 } else { alpha };
        let total = self.weight + new;
        let (delta, share) = (x - self.mean, new / total);
        self.mean += share * delta;
        self.var = (1.0 - share) * (self.var + share * delta * delta);
        (self.weight, self.squared) = (total, self.squared + new * new);
        if !adjust {
            self.squared /= total * total;
            self.weight = 1.0;
        }
        self.mean()
    }

    fn decay(&mut self) {
        let factor = 1.0 - self.ewm.alpha;
        self.weight *= factor;
        self.squared *= factor * factor;
    }

    fn ready(&self, value: f64) -> f64 {
        if self.count >= self.ewm.min_periods.max(1) { value } else { f64::NAN }
    }

    /// The mean so far.
    pub fn mean(&self) -> f64 {
        self.ready(self.mean)
    }

    /// The variance so far; without `bias` it is divided by `1 - Σw² / (Σw)²`.
    pub fn var(&self, bias: bool) -> f64 {
        if bias {
            return self.ready(self.var);
        }
        let square = self.weight * self.weight;
        let rest = square - self.squared;
        self.ready(if rest > 0.0 { self.var * square / rest } else { f64::NAN })
    }
}

/// The moving average of momentum and Adam: `v = beta v + (1 - beta) x` from `v = 0`.
///
/// The start at 0 pulls the first results towards 0; [`corrected`](Ewma::corrected) undoes that.
///
/// ```
/// use cornu::stats::Ewma;
/// let mut v = Ewma::new(0.9)?;
/// assert!((v.update(5.0) - 0.5).abs() < 1e-15);
/// assert!((v.corrected() - 5.0).abs() < 1e-14);
/// assert!((v.window() - 10.0).abs() < 1e-14);
/// # Ok::<(), cornu::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ewma {
    beta: f64,
    value: f64,
    /// βᵗ.
    power: f64,
}

impl Ewma {
    /// An average of no values yet; `beta` is the weight of the past.
    ///
    /// # Errors
    /// When `beta` is outside `[0, 1)`.
    pub fn new(beta: f64) -> Result<Ewma> {
        if !(0.0..1.0).contains(&beta) {
            return Err(Error::invalid("Ewma", "beta", "must lie in [0, 1)", beta));
        }
        Ok(Ewma { beta, value: 0.0, power: 1.0 })
    }

    /// Takes in the next value and returns `v`.
    pub fn update(&mut self, x: f64) -> f64 {
        self.value = self.beta * self.value + (1.0 - self.beta) * x;
        self.power *= self.beta;
        self.value
    }

    /// `v`, without correction.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// `v / (1 - betaᵗ)` after `t` values; not a number before the first.
    pub fn corrected(&self) -> f64 {
        self.value / (1.0 - self.power)
    }

    /// How many of the latest values it averages, in effect: `1 / (1 - beta)`.
    pub fn window(&self) -> f64 {
        1.0 / (1.0 - self.beta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_values_weigh_little_until_corrected() {
        let (g1, g2) = (3.0, 7.0);
        let mut v = Ewma::new(0.9).unwrap();
        assert!(v.corrected().is_nan());
        assert!((v.update(g1) - 0.1 * g1).abs() < 1e-15);
        assert!((v.update(g2) - (0.09 * g1 + 0.1 * g2)).abs() < 1e-15);
        assert!((v.corrected() - (0.09 * g1 + 0.1 * g2) / (1.0 - 0.81)).abs() < 1e-14);
        // The corrected form is the weighted mean of all values.
        let mean = Ewm::alpha(0.1).unwrap().mean(&Array::from([g1, g2]), 0).unwrap();
        assert!((v.corrected() - mean.to_vec::<f64>()[1]).abs() < 1e-14);
        for (beta, window) in [(0.95, 20.0), (0.9, 10.0), (0.5, 2.0), (0.0, 1.0)] {
            assert!((Ewma::new(beta).unwrap().window() - window).abs() < 1e-13);
        }
        assert!(Ewma::new(1.0).is_err() && Ewma::new(f64::NAN).is_err());
    }

    #[test]
    fn decay_has_four_names() {
        let alpha = |ewm: Result<Ewm>| ewm.unwrap().alpha;
        assert_eq!(alpha(Ewm::span(9.0)), 0.2);
        assert_eq!(alpha(Ewm::com(4.0)), 0.2);
        assert!((alpha(Ewm::halflife(1.0)) - 0.5).abs() < 1e-16);
        for bad in [
            Ewm::alpha(0.0),
            Ewm::alpha(1.5),
            Ewm::span(0.5),
            Ewm::com(-1.0),
            Ewm::halflife(0.0),
            Ewm::halflife(f64::NAN),
        ] {
            assert!(bad.unwrap_err().to_string().starts_with("Ewm: `"));
        }
    }
}
