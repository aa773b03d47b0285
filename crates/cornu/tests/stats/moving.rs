//! Moving averages against pandas (`tools/conformance/moving.py`).

use cornu::Array;
use cornu::stats::{Ewm, Rolling};
use serde_json::Value;

fn cases(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../fixtures/stats/moving.json")).unwrap();
    all[kind].as_array().unwrap().clone()
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

fn compare(case: &Value, name: &str, got: &Array, tolerance: f64) {
    for (i, (got, want)) in got.to_vec::<f64>().iter().zip(numbers(&case[name])).enumerate() {
        let same =
            got.is_nan() && want.is_nan() || (got - want).abs() <= tolerance * want.abs().max(1e-3);
        assert!(same, "{name} at {i}: {got} for {want} in {case}");
    }
}

fn settings(case: &Value) -> (Array, usize) {
    (Array::from(numbers(&case["x"])), case["min_periods"].as_u64().unwrap() as usize)
}

#[test]
fn exponential_moments_are_those_of_pandas() {
    let cases = cases("ewm");
    assert!(cases.len() > 80);
    for case in &cases {
        let (x, min_periods) = settings(case);
        let value = case["value"].as_f64().unwrap();
        let ewm = match case["by"].as_str().unwrap() {
            "alpha" => Ewm::alpha(value),
            "span" => Ewm::span(value),
            "com" => Ewm::com(value),
            _ => Ewm::halflife(value),
        };
        let flag = |name: &str| case[name].as_bool().unwrap();
        let ewm = ewm
            .unwrap()
            .adjust(flag("adjust"))
            .ignore_na(flag("ignore_na"))
            .min_periods(min_periods);
        compare(case, "mean", &ewm.mean(&x, 0).unwrap(), 1e-12);
        // pandas's own variance of numbers near 1e8 has an error of 1e-8 squared over its size.
        let large = x.to_vec::<f64>().iter().any(|v| v.abs() > 1e6);
        let tolerance = if large { 1e-7 } else { 1e-12 };
        compare(case, "var", &ewm.var(&x, 0, false).unwrap(), tolerance);
        compare(case, "std_bias", &ewm.std(&x, 0, true).unwrap(), tolerance);
    }
}

#[test]
fn rolling_means_are_those_of_pandas() {
    let cases = cases("rolling");
    assert!(cases.len() > 10);
    for case in &cases {
        let (x, min_periods) = settings(case);
        let window = case["window"].as_u64().unwrap() as usize;
        let rolling = Rolling::new(window).unwrap().min_periods(min_periods).unwrap();
        compare(case, "mean", &rolling.mean(&x, 0).unwrap(), 1e-12);
    }
}
