//! `stats`: distributions, moving averages, running moments.

use cornu::stats::{
    Bernoulli, Beta, Binomial, Continuous, Discrete, Distribution, Ewm, Exponential, Gamma, Normal,
    Poisson, Rolling, RunningMoments, StudentT, Uniform, weighted_mean,
};
use cornu::{Array, Eval, Result, Tensor};

use super::{Answer, Arguments};

pub fn answer(function: &str, x: &[Tensor], given: &Arguments) -> Answer {
    let name = function.strip_prefix("stats.")?;
    let inputs: Result<Vec<Array>> = x.iter().map(|t| t.array()).collect();
    Some(inputs.and_then(|inputs| match given.find::<String>("distribution") {
        Some(distribution) => of_distribution(
            name,
            &distribution,
            inputs.first(),
            &given.get::<Vec<f64>>("parameters"),
        ),
        None => averaged(name, &inputs, given),
    }))
}

fn of_distribution(
    name: &str,
    distribution: &str,
    x: Option<&Array>,
    p: &[f64],
) -> Result<Vec<Array>> {
    match distribution {
        "Normal" => continuous(name, &Normal::new(p[0], p[1])?, x),
        "Uniform" => continuous(name, &Uniform::new(p[0], p[1])?, x),
        "Exponential" => continuous(name, &Exponential::new(p[0])?, x),
        "Gamma" => continuous(name, &Gamma::new(p[0], p[1])?, x),
        "Beta" => continuous(name, &Beta::new(p[0], p[1])?, x),
        "StudentT" => continuous(name, &StudentT::new(p[0])?, x),
        "Binomial" => discrete(name, &Binomial::new(p[0] as u64, p[1])?, x),
        "Poisson" => discrete(name, &Poisson::new(p[0])?, x),
        "Bernoulli" => discrete(name, &Bernoulli::new(p[0])?, x),
        _ => panic!("no distribution {distribution:?}"),
    }
}

fn continuous<D: Continuous>(name: &str, d: &D, x: Option<&Array>) -> Result<Vec<Array>> {
    match (name, x) {
        ("pdf", Some(x)) => Ok(vec![d.each(x, D::pdf)]),
        ("logpdf", Some(x)) => Ok(vec![d.each(x, D::logpdf)]),
        _ => common(name, d, x),
    }
}

fn discrete<D: Discrete>(name: &str, d: &D, x: Option<&Array>) -> Result<Vec<Array>> {
    match (name, x) {
        ("pmf", Some(x)) => Ok(vec![d.each(x, D::pmf)]),
        ("logpmf", Some(x)) => Ok(vec![d.each(x, D::logpmf)]),
        _ => common(name, d, x),
    }
}

fn common<D: Distribution>(name: &str, d: &D, x: Option<&Array>) -> Result<Vec<Array>> {
    Ok(match (name, x) {
        ("cdf", Some(x)) => vec![d.each(x, D::cdf)],
        ("sf", Some(x)) => vec![d.each(x, D::sf)],
        ("ppf", Some(x)) => vec![d.each(x, D::ppf)],
        ("isf", Some(x)) => vec![d.each(x, D::isf)],
        ("moments", None) => [d.mean(), d.var(), d.entropy()].map(Array::scalar).to_vec(),
        _ => panic!("no function {name:?} of distributions"),
    })
}

fn averaged(name: &str, x: &[Array], given: &Arguments) -> Result<Vec<Array>> {
    match (name, x) {
        ("ewm_mean", [x]) => {
            let by = |name: &str| given.find::<f64>(name);
            let ewm = match (by("alpha"), by("span"), by("com"), by("halflife")) {
                (Some(alpha), ..) => Ewm::alpha(alpha),
                (_, Some(span), ..) => Ewm::span(span),
                (_, _, Some(com), _) => Ewm::com(com),
                (.., halflife) => Ewm::halflife(halflife.unwrap_or(f64::NAN)),
            }?;
            let ewm = ewm.adjust(given.get("adjust")).ignore_na(given.get("ignore_na"));
            Ok(vec![ewm.mean(x, 0)?])
        }
        ("rolling_mean", [x]) => Ok(vec![Rolling::new(given.get("window"))?.mean(x, 0)?]),
        ("running", [x]) => {
            // In parts of three rows, merged.
            let shape = &x.shape()[1..];
            let mut all = RunningMoments::new(shape)?;
            for start in (0..x.shape()[0]).step_by(3) {
                let mut part = RunningMoments::new(shape)?;
                part.update(&x.rows(start, (start + 3).min(x.shape()[0]))?)?;
                all.merge(&part)?;
            }
            Ok(vec![all.mean(), all.var(given.get("ddof"))])
        }
        ("weighted_mean", [x, weights]) => {
            let first: Vec<f64> = x.to_vec::<f64>().into_iter().step_by(3).collect();
            Ok(vec![Array::scalar(weighted_mean(&first, &weights.to_vec::<f64>())?)])
        }
        _ => panic!("no function {name:?} of averages"),
    }
}
