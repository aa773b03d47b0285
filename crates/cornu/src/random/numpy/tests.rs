//! The streams against NumPy's: `tools/conformance/random_streams.py` makes the fixture.

use serde_json::Value;

use super::*;
use crate::{Array, DType, Element, Result};

/// A parameter: a number or an array, integers as `int64`.
fn parameter(value: &Value) -> Array {
    fn flatten(value: &Value, depth: usize, shape: &mut Vec<usize>, out: &mut Vec<Value>) {
        match value.as_array() {
            Some(items) => {
                shape.truncate(depth);
                shape.push(items.len());
                items.iter().for_each(|item| flatten(item, depth + 1, shape, out));
            }
            None => out.push(value.clone()),
        }
    }
    let (mut shape, mut out) = (Vec::new(), Vec::new());
    flatten(value, 0, &mut shape, &mut out);
    if out.iter().any(Value::is_f64) {
        Array::new(&shape, out.iter().map(|v| v.as_f64().unwrap()).collect()).unwrap()
    } else {
        Array::new(&shape, out.iter().map(|v| v.as_i64().unwrap()).collect()).unwrap()
    }
}

fn size(value: &Value) -> Size {
    match value.as_array() {
        Some(sizes) => {
            sizes.iter().map(|n| n.as_u64().unwrap() as usize).collect::<Vec<_>>().into()
        }
        None => value.as_u64().map(|n| n as usize).into(),
    }
}

fn choice(options: &Value) -> Choice {
    let flag = |name: &str| options[name].as_bool().unwrap_or(true);
    Choice {
        replace: flag("replace"),
        shuffle: flag("shuffle"),
        p: options["p"].as_array().map(|p| p.iter().map(|v| v.as_f64().unwrap()).collect()),
        axis: options["axis"].as_i64().unwrap_or(0) as isize,
    }
}

/// What both generators draw; `None` for what only one has.
fn draw<B: BitGenerator>(rng: &mut Generator<B>, call: &Value) -> Option<Result<Array>> {
    let arg = |i: usize| parameter(&call["args"][i]);
    let size = size(&call["size"]);
    Some(match call["name"].as_str().unwrap() {
        "random" | "random_sample" | "rand" => rng.random(size),
        "uniform" => rng.uniform(arg(0), arg(1), size),
        "standard_normal" | "randn" => rng.standard_normal(size),
        "normal" => rng.normal(arg(0), arg(1), size),
        "standard_exponential" => rng.standard_exponential(size),
        "exponential" => rng.exponential(arg(0), size),
        "standard_gamma" => rng.standard_gamma(arg(0), size),
        "gamma" => rng.gamma(arg(0), arg(1), size),
        "beta" => rng.beta(arg(0), arg(1), size),
        "poisson" => rng.poisson(arg(0), size),
        "binomial" => rng.binomial(arg(0), arg(1), size),
        "multinomial" => rng.multinomial(arg(0).item().unwrap() as i64, arg(1), size),
        "choice" => rng.choice(arg(0), size, &choice(&call["options"])),
        "permutation" => rng.permutation(arg(0)),
        "shuffle" => {
            let mut x = arg(0);
            rng.shuffle(&mut x, call["args"][1].as_i64().unwrap_or(0) as isize).map(|()| x)
        }
        _ => return None,
    })
}

fn dtype(call: &Value) -> DType {
    DType::from_name(call["options"]["dtype"].as_str().unwrap()).unwrap()
}

/// The ends of a call for integers, the last one included; the ends themselves may not fit an `i64`.
fn range(call: &Value) -> std::ops::RangeInclusive<i64> {
    let end = |i: usize| call["args"][i].to_string().parse::<i128>().unwrap();
    let open = i128::from(call["options"]["endpoint"] != true);
    end(0) as i64..=(end(1) - open) as i64
}

fn bytes(array: &Array) -> Vec<u8> {
    fn of<T: Element, const N: usize>(array: &Array, to: fn(T) -> [u8; N]) -> Vec<u8> {
        array.as_slice::<T>().unwrap().iter().flat_map(|&v| to(v)).collect()
    }
    match array.dtype() {
        DType::Bool => of(array, |v: bool| [u8::from(v)]),
        DType::U8 => of(array, u8::to_le_bytes),
        DType::I32 => of(array, i32::to_le_bytes),
        DType::I64 => of(array, i64::to_le_bytes),
        DType::F32 => of(array, f32::to_le_bytes),
        DType::F64 => of(array, f64::to_le_bytes),
    }
}

/// Panics unless `got` is what NumPy drew, to the last bit.
fn compare(call: &Value, got: &Array) {
    let what = format!("{} {} {} {}", call["name"], call["args"], call["size"], call["options"]);
    assert_eq!(Size::from(got.shape()), size(&call["shape"]), "{what}");
    assert_eq!(got.dtype().name(), call["dtype"], "{what}");
    let first: Vec<String> = call["first"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().to_lowercase())
        .collect();
    if got.dtype().is_float() {
        let first: Vec<f64> = first.iter().map(|v| v.parse().unwrap()).collect();
        assert_eq!(got.to_vec::<f64>()[..first.len()], first, "{what}");
    } else if got.dtype() != DType::Bool {
        let first: Vec<i64> = first.iter().map(|v| v.parse().unwrap()).collect();
        assert_eq!(got.to_vec::<i64>()[..first.len()], first, "{what}");
    }
    let mut crc = flate2::Crc::new();
    crc.update(&bytes(got));
    assert_eq!(u64::from(crc.sum()), call["crc"].as_u64().unwrap(), "{what}: not the first values");
}

#[test]
fn streams_are_those_of_numpy() {
    let text = include_str!("../../../tests/fixtures/numpy/random.json");
    let file: Value = serde_json::from_str(text).unwrap();
    for generator in file["generators"].as_array().unwrap() {
        let seed = &generator["seed"];
        let words: Vec<u64> =
            seed.as_array().into_iter().flatten().map(|v| v.as_u64().unwrap()).collect();
        let calls = generator["calls"].as_array().unwrap();
        if generator["legacy"] == true {
            let words: Vec<u32> = words.iter().map(|&w| w as u32).collect();
            let seed = seed.as_u64().map_or(LegacySeed::Words(words), |s| (s as u32).into());
            let mut rng = random_state(seed).unwrap();
            for call in calls {
                let got = draw(&mut rng, call)
                    .unwrap_or_else(|| rng.randint(range(call), size(&call["size"]), dtype(call)));
                compare(call, &got.unwrap());
            }
        } else {
            let seed = seed.as_u64().map_or(SeedSequence::from(&words[..]), SeedSequence::from);
            let mut rng = default_rng(seed);
            for call in calls {
                let got = draw(&mut rng, call).unwrap_or_else(|| {
                    let size = size(&call["size"]);
                    match call["name"].as_str().unwrap() {
                        "random_f32" => rng.random_f32(size),
                        "standard_normal_f32" => rng.standard_normal_f32(size),
                        _ => rng.integers(range(call), size, dtype(call)),
                    }
                });
                compare(call, &got.unwrap());
            }
        }
    }
}

#[test]
fn wrong_arguments_are_named() {
    let mut rng = default_rng(1);
    let no_replace = Choice { replace: false, ..Choice::default() };
    let weights = |p: &[f64]| Choice { p: Some(p.to_vec()), ..Choice::default() };
    for (result, parts) in [
        (rng.normal(0.0, -1.0, 3), ["normal: `scale`", "scale=-1"]),
        (rng.uniform(0.0, f64::INFINITY, 3), ["high - low", "inf"]),
        (rng.uniform(1.0, 0.0, 3), ["high - low", "-1"]),
        (rng.normal([0.0, 1.0], 1.0, 3), ["size", "[2]"]),
        (rng.gamma(f64::NAN, 1.0, 3), ["shape", "NaN"]),
        (rng.beta(0.0, 1.0, 3), ["beta: `a`", "a=0"]),
        (rng.poisson(-0.5, 3), ["lam", "-0.5"]),
        (rng.poisson(1e19, 3), ["lam", "10000000000000000000"]),
        (rng.binomial(-1, 0.5, 3), ["binomial: `n`", "n=-1"]),
        (rng.binomial(1.5, 0.5, 3), ["integer", "float64"]),
        (rng.binomial(1, 1.5, 3), ["binomial: `p`", "p=1.5"]),
        (rng.multinomial(3, [0.7, 0.7, 0.1], 3), ["sum(pvals[:-1])", "1.4"]),
        (rng.multinomial(3, 0.5, 3), ["pvals", "[]"]),
        (rng.integers(3..3, 3, DType::I64), ["range", "must not be empty"]),
        (rng.integers(0..257, 3, DType::U8), ["0..=255", "0..=256"]),
        (rng.integers(0..2, 3, DType::F32), ["dtype", "float32"]),
        (rng.choice(0, 3, &Choice::default()), ["choice: `a`", "empty"]),
        (rng.choice(3, 4, &no_replace), ["size", "at most 3"]),
        (rng.choice(2, 1, &weights(&[0.5])), ["one probability", "2 elements"]),
        (rng.choice(2, 1, &weights(&[0.5, 0.6])), ["sum to 1", "1.1"]),
        (rng.choice(2, 1, &weights(&[1.5, -0.5])), ["negative", "-0.5"]),
        (rng.choice(2, 2, &Choice { replace: false, ..weights(&[1.0, 0.0]) }), ["above 0", "1"]),
        (rng.permutation(-1), ["permutation: `x`", "-1"]),
        (rng.random([usize::MAX, 2]), ["shape", "memory"]),
        (rng.normal(0.0, 1.0, [usize::MAX / 16]), ["shape", "memory"]),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
    assert!(rng.shuffle(&mut Array::scalar(1.0), 0).is_err());
    assert!(random_state([0u32; 0]).is_err());
    // What failed has drawn nothing.
    assert_eq!(rng, default_rng(1));
}
