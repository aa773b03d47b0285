//! Ends of supports, non-numbers, invalid parameters, samples, printing.

use cornu::stats::{
    Bernoulli, Beta, Binomial, Categorical, Continuous, Discrete, Distribution, Exponential, Gamma,
    Multinomial, Normal, Poisson, StudentT, Uniform,
};
use cornu::{Array, DType};

const INF: f64 = f64::INFINITY;

fn check_ends(law: &impl Distribution) {
    let (low, high) = law.support();
    // Whole numbers start after the one below the first, as SciPy has it.
    let before = if law.dtype() == DType::I64 { low - 1.0 } else { low };
    assert_eq!((law.ppf(0.0), law.ppf(1.0)), (before, high), "{law:?}");
    assert_eq!((law.isf(1.0), law.isf(0.0)), (before, high), "{law:?}");
    for p in [-0.1, 1.1, f64::NAN, INF, -INF] {
        assert!(law.ppf(p).is_nan() && law.isf(p).is_nan(), "{law:?} at {p}");
    }
    assert_eq!((law.cdf(INF), law.sf(INF)), (1.0, 0.0), "{law:?}");
    assert_eq!((law.cdf(-INF), law.sf(-INF)), (0.0, 1.0), "{law:?}");
    assert!(law.cdf(f64::NAN).is_nan() && law.sf(f64::NAN).is_nan(), "{law:?}");
    assert!((law.std() * law.std() - law.var()).abs() <= 1e-15 * law.var() || law.var().is_nan());
}

fn check_continuous(law: &impl Continuous) {
    check_ends(law);
    assert!(law.pdf(f64::NAN).is_nan(), "{law:?}");
    assert_eq!((law.pdf(-INF), law.pdf(INF)), (0.0, 0.0), "{law:?}");
    let (low, high) = law.support();
    for outside in [low - 1.0, high + 1.0] {
        assert_eq!(law.pdf(outside), 0.0, "{law:?}");
        assert!(law.logpdf(outside) == -INF, "{law:?}");
    }
}

fn check_discrete(law: &impl Discrete) {
    check_ends(law);
    assert!(law.pmf(f64::NAN).is_nan(), "{law:?}");
    let (low, high) = law.support();
    for outside in [low - 1.0, high + 1.0, low + 0.5, -INF, INF] {
        assert_eq!((law.pmf(outside), law.logpmf(outside)), (0.0, -INF), "{law:?} at {outside}");
    }
    assert_eq!(law.cdf(low + 0.5), law.cdf(low), "{law:?}");
}

#[test]
fn ends_are_those_of_scipy() {
    check_continuous(&Normal::new(2.0, 0.5).unwrap());
    check_continuous(&Uniform::new(-1.0, 3.0).unwrap());
    check_continuous(&Exponential::new(2.0).unwrap());
    check_continuous(&Gamma::new(0.4, 2.0).unwrap());
    check_continuous(&Beta::new(2.0, 0.5).unwrap());
    check_continuous(&StudentT::new(3.0).unwrap());
    check_continuous(&StudentT::new(1e25).unwrap());
    check_discrete(&Bernoulli::new(0.3).unwrap());
    check_discrete(&Binomial::new(9, 0.3).unwrap());
    check_discrete(&Poisson::new(3.0).unwrap());
    check_discrete(&Categorical::new(&[0.2, 0.0, 0.8]).unwrap());
    // scipy.stats.gamma(a).pdf(0), beta(a, b).pdf(0).
    assert_eq!(Gamma::new(0.5, 1.0).unwrap().pdf(0.0), INF);
    assert_eq!(Gamma::new(1.0, 2.0).unwrap().pdf(0.0), 0.5);
    assert_eq!(Gamma::new(2.0, 1.0).unwrap().pdf(0.0), 0.0);
    assert!((Beta::new(1.0, 3.0).unwrap().pdf(0.0) - 3.0).abs() < 1e-14);
}

#[test]
fn certain_outcomes_are_certain() {
    for (law, at) in
        [(Binomial::new(5, 0.0), 0.0), (Binomial::new(5, 1.0), 5.0), (Binomial::new(0, 0.5), 0.0)]
    {
        let law = law.unwrap();
        assert_eq!((law.pmf(at), law.ppf(0.5), law.entropy()), (1.0, at, 0.0), "{law:?}");
        assert_eq!((law.cdf(at), law.var()), (1.0, 0.0));
    }
    let none = Poisson::new(0.0).unwrap();
    assert_eq!((none.pmf(0.0), none.pmf(1.0), none.ppf(0.5), none.entropy()), (1.0, 0.0, 0.0, 0.0));
}

#[test]
fn invalid_parameters_are_refused() {
    let says =
        |error: cornu::Error, start: &str| assert!(error.to_string().starts_with(start), "{error}");
    for bad in [0.0, -1.0, f64::NAN, INF] {
        says(Normal::new(0.0, bad).unwrap_err(), "Normal: `scale` must");
        says(Gamma::new(bad, 1.0).unwrap_err(), "Gamma: `shape` must");
        says(Exponential::new(bad).unwrap_err(), "Exponential: `scale` must");
        says(Beta::new(1.0, bad).unwrap_err(), "Beta: `b` must");
        says(StudentT::new(bad).unwrap_err(), "StudentT: `df` must");
    }
    says(Normal::new(INF, 1.0).unwrap_err(), "Normal: `loc` must");
    says(Uniform::new(1.0, 1.0).unwrap_err(), "Uniform: `high - low` must");
    for bad in [-0.1, 1.1, f64::NAN] {
        says(Binomial::new(3, bad).unwrap_err(), "Binomial: `p` must");
        says(Bernoulli::new(bad).unwrap_err(), "Bernoulli: `p` must");
        says(Categorical::new(&[bad, 0.5]).unwrap_err(), "Categorical: `probs` must");
    }
    says(Binomial::new(u64::MAX, 0.5).unwrap_err(), "Binomial: `n` must");
    says(Poisson::new(-1.0).unwrap_err(), "Poisson: `lam` must");
    says(Multinomial::new(3, &[0.5, 0.2]).unwrap_err(), "Multinomial: `pvals` must");
    says(Multinomial::new(3, &[]).unwrap_err(), "Multinomial: `pvals` must");
}

#[test]
fn quantiles_print_as_numpy_prints_them() {
    let grid: Vec<f64> = (0..15).map(|i| 0.05 + f64::from(i) * (0.9 / 14.0)).collect();
    let mut grid = grid;
    // The middle and the end of numpy.linspace(0.05, 0.95, 15).
    (grid[7], grid[14]) = (0.499_999_999_999_999_94, 0.95);
    let text = Normal::default().each(&Array::from(grid), Normal::ppf).to_string();
    assert_eq!(
        text,
        "[-1.64485363e+00 -1.20404696e+00 -9.20822976e-01 -6.97141435e-01\n -5.03965367e-01 -3.28072108e-01 \
         -1.61844167e-01 -1.39145821e-16\n  1.61844167e-01  3.28072108e-01  5.03965367e-01  6.97141435e-01\n  \
         9.20822976e-01  1.20404696e+00  1.64485363e+00]"
    );
}

/// The mean and variance of samples lie within five standard errors; the same seed gives the same values.
fn check_samples(law: &impl Distribution, fourth: f64) {
    let n = 4000;
    let sample = law.sample(&[n], Some(11)).unwrap();
    assert_eq!((sample.shape(), sample.dtype()), (&[n][..], law.dtype()));
    assert_eq!(sample, law.sample(&[n], Some(11)).unwrap());
    assert_ne!(sample, law.sample(&[n], Some(12)).unwrap());
    let values = sample.to_vec::<f64>();
    let count = n as f64;
    let mean = values.iter().sum::<f64>() / count;
    let var = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    assert!((mean - law.mean()).abs() < 5.0 * law.std() / count.sqrt(), "{law:?}: {mean}");
    // `fourth`: the kurtosis, which sets the error of the variance.
    let error = law.var() * ((fourth - 1.0) / count).sqrt();
    assert!((var - law.var()).abs() < 5.0 * error, "{law:?}: {var}");
}

#[test]
fn samples_follow_their_law() {
    check_samples(&Normal::new(3.0, 2.0).unwrap(), 3.0);
    check_samples(&Uniform::new(-1.0, 1.0).unwrap(), 1.8);
    check_samples(&Exponential::new(0.5).unwrap(), 9.0);
    check_samples(&Gamma::new(3.0, 2.0).unwrap(), 5.0);
    check_samples(&Beta::new(2.0, 3.0).unwrap(), 3.0);
    check_samples(&StudentT::new(10.0).unwrap(), 4.0);
    check_samples(&Bernoulli::new(0.4).unwrap(), 1.2);
    check_samples(&Binomial::new(10, 0.7).unwrap(), 3.0);
    check_samples(&Binomial::new(1_000_000, 0.3).unwrap(), 3.0);
    check_samples(&Poisson::new(4.0).unwrap(), 3.25);
    check_samples(&Categorical::new(&[0.5, 0.25, 0.25]).unwrap(), 2.5);
    assert_eq!(Poisson::new(2.0).unwrap().sample(&[2, 0], Some(1)).unwrap().shape(), [2, 0]);
}

#[test]
fn multinomial_counts_add_up() {
    let law = Multinomial::new(10, &[0.2, 0.4, 0.4]).unwrap();
    // scipy.stats.multinomial(10, [0.2, 0.4, 0.4]).pmf([1, 4, 5]).
    assert!((law.pmf(&[1.0, 4.0, 5.0]).unwrap() - 0.066060288).abs() < 1e-12);
    assert_eq!(law.pmf(&[1.0, 4.0, 4.0]).unwrap(), 0.0);
    assert_eq!(law.pmf(&[-1.0, 6.0, 5.0]).unwrap(), 0.0);
    assert_eq!(law.pmf(&[0.5, 4.5, 5.0]).unwrap(), 0.0);
    assert!(law.pmf(&[1.0, 9.0]).is_err() && law.pmf(&[f64::NAN, 1.0, 1.0]).unwrap().is_nan());
    let cov = law.cov().unwrap().to_vec::<f64>();
    for (got, want) in cov.iter().zip([1.6, -0.8, -0.8, -0.8, 2.4, -1.6, -0.8, -1.6, 2.4]) {
        assert!((got - want).abs() < 1e-12);
    }
    let draws = law.sample(&[1000], Some(5)).unwrap();
    assert_eq!((draws.shape(), draws.dtype()), (&[1000, 3][..], DType::I64));
    let rows = draws.to_vec::<f64>();
    assert!(rows.chunks(3).all(|row| row.iter().sum::<f64>() == 10.0));
    for (class, want) in law.mean().into_iter().enumerate() {
        let mean = rows.iter().skip(class).step_by(3).sum::<f64>() / 1000.0;
        assert!((mean - want).abs() < 5.0 * (law.var()[class] / 1000.0).sqrt());
    }
    assert_eq!(draws, law.sample(&[1000], Some(5)).unwrap());
}
