//! Every function of every law, in the tails, too.

use std::collections::BTreeMap;

use cornu::stats::{
    Bernoulli, Beta, Binomial, Continuous, Discrete, Distribution, Exponential, Gamma, Normal,
    Poisson, StudentT, Uniform,
};

/// What the fixture asks of a law by name.
fn shared(law: &impl Distribution, function: &str, x: f64) -> f64 {
    match function {
        "cdf" => law.cdf(x),
        "sf" => law.sf(x),
        "logcdf" => law.logcdf(x),
        "logsf" => law.logsf(x),
        "ppf" => law.ppf(x),
        "isf" => law.isf(x),
        "mean" => law.mean(),
        "var" => law.var(),
        "entropy" => law.entropy(),
        other => panic!("the fixture asks for {other}"),
    }
}

fn continuous(law: impl Continuous, function: &str, x: f64) -> f64 {
    match function {
        "pdf" => law.pdf(x),
        "logpdf" => law.logpdf(x),
        _ => shared(&law, function, x),
    }
}

fn discrete(law: impl Discrete, function: &str, x: f64) -> f64 {
    match function {
        "pmf" => law.pmf(x),
        "logpmf" => law.logpmf(x),
        _ => shared(&law, function, x),
    }
}

fn value(law: &str, a: f64, b: f64, function: &str, x: f64) -> f64 {
    match law {
        "Normal" => continuous(Normal::new(a, b).unwrap(), function, x),
        "Uniform" => continuous(Uniform::new(a, b).unwrap(), function, x),
        "Exponential" => continuous(Exponential::new(a).unwrap(), function, x),
        "Gamma" => continuous(Gamma::new(a, b).unwrap(), function, x),
        "Beta" => continuous(Beta::new(a, b).unwrap(), function, x),
        "StudentT" => continuous(StudentT::new(a).unwrap(), function, x),
        "Bernoulli" => discrete(Bernoulli::new(a).unwrap(), function, x),
        "Binomial" => discrete(Binomial::new(a as u64, b).unwrap(), function, x),
        "Poisson" => discrete(Poisson::new(a).unwrap(), function, x),
        other => panic!("the fixture names {other}"),
    }
}

/// `CORNU_STATS_SWEEP` names a larger file of the same form; the table is printed with `--nocapture`.
#[test]
fn all_functions_agree_with_scipy() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stats/distributions.csv");
    let path = std::env::var("CORNU_STATS_SWEEP").unwrap_or_else(|_| shipped.into());
    let text = std::fs::read_to_string(path).unwrap();
    let mut worst: BTreeMap<String, (f64, String)> = BTreeMap::new();
    let mut count = 0;
    for line in text.lines() {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |i: usize| cells[i].parse::<f64>().unwrap();
        let (law, function) = (cells[0], cells[3]);
        let (got, want) = (value(law, number(1), number(2), function, number(4)), number(5));
        // The error of a logarithm is the relative error of what it is of.
        let size = if function.starts_with("logp") { want.abs().max(1.0) } else { want.abs() };
        let error = if got == want { 0.0 } else { (got - want).abs() / size };
        let error = if error.is_nan() { f64::INFINITY } else { error };
        let entry = worst.entry(format!("{law}.{function}")).or_default();
        if error >= entry.0 {
            *entry = (error, format!("{line} but here {got:e}"));
        }
        count += 1;
    }
    for (name, (error, line)) in &worst {
        println!("{error:9.2e} {name:22} {line}");
    }
    assert!(count > 2000, "{count} lines");
    let bad: Vec<_> = worst.iter().filter(|(_, (error, _))| *error > 1e-12).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}
