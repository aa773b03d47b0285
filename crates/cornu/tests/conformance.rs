//! A few cases of `tools/conformance`, with what NumPy, SciPy and pandas gave.

#[path = "../examples/conformance/answers/mod.rs"]
mod answers;

use std::path::Path;

use cornu::io::npz;
use cornu::{Array, DType};
use serde::Deserialize;

use answers::Case;

#[derive(Deserialize)]
struct Golden {
    #[serde(flatten)]
    case: Case,
    /// The names of the values; none if the call must be refused.
    wanted: Option<Vec<String>>,
    /// Whether every bit counts.
    exact: bool,
}

/// Whether two values are as near as they must be; `size` is that of the largest wanted one.
fn near(got: f64, wanted: f64, exact: bool, dtype: DType, size: f64) -> bool {
    if got == wanted || (got.is_nan() && wanted.is_nan()) {
        return !exact || got.is_sign_negative() == wanted.is_sign_negative() || got.is_nan();
    }
    let bound = if dtype == DType::F32 { 2e-4 } else { 1e-9 };
    !exact && (got - wanted).abs() <= bound * size
}

fn same(got: &Array, wanted: &Array, exact: bool) -> bool {
    let values = wanted.to_vec::<f64>();
    // Where all should be zero, what rounding leaves is near enough.
    let size = values.iter().filter(|v| v.is_finite()).fold(1e-6, |m: f64, v| m.max(v.abs()));
    got.shape() == wanted.shape()
        && got.dtype().is_float() == wanted.dtype().is_float()
        && got
            .to_vec::<f64>()
            .into_iter()
            .zip(values)
            .all(|(g, w)| near(g, w, exact, got.dtype(), size))
}

fn check(family: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/conformance");
    let text = std::fs::read_to_string(folder.join(format!("{family}.json"))).unwrap();
    let cases: Vec<Golden> = serde_json::from_str(&text).unwrap();
    let arrays = npz::read(folder.join(format!("{family}.npz"))).unwrap();
    assert!(cases.len() > 20);
    let mut wrong = Vec::new();
    for (number, golden) in cases.iter().enumerate() {
        let answer = golden.case.answer(&arrays);
        let right = match (&answer, &golden.wanted) {
            (Err(_), None) => true,
            (Ok(got), Some(names)) => {
                let wanted = names.iter().map(|name| &arrays[name]);
                got.len() == names.len()
                    && got.iter().zip(wanted).all(|(g, w)| same(g, w, golden.exact))
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{family} {number}, {}: {answer:?}", golden.case.function));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

macro_rules! families {
    ($($family:ident)*) => {
        $(#[test]
        fn $family() {
            check(stringify!($family));
        })*
    };
}

families!(arithmetic reductions shapes linalg moving distributions);
