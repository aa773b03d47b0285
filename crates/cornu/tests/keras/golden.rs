//! Reading fixtures and comparing numbers.

use std::path::PathBuf;

use cornu::{Array, DType, Tensor};
use serde_json::{Map, Value};

/// A file of `tests/fixtures/keras`.
pub fn text(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/keras").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The cases of a fixture.
pub fn cases(name: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(&text(&format!("{name}.json"))).unwrap();
    let cases = file["cases"].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

/// A number, or one of the words for what JSON lacks.
pub fn number(value: &Value) -> f64 {
    match value {
        Value::String(word) => word.parse().unwrap(),
        Value::Bool(b) => f64::from(u8::from(*b)),
        _ => value.as_f64().unwrap_or_else(|| panic!("no number: {value}")),
    }
}

pub fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().unwrap_or_else(|| panic!("no list: {values}")).iter().map(number).collect()
}

pub fn shape(tensor: &Value) -> Vec<usize> {
    numbers(&tensor["shape"]).into_iter().map(|n| n as usize).collect()
}

/// `{"shape", "dtype", "data"}` as an array.
pub fn array(tensor: &Value) -> Array {
    let dtype = DType::from_name(tensor["dtype"].as_str().unwrap()).unwrap();
    Array::new(&shape(tensor), numbers(&tensor["data"])).unwrap().cast(dtype)
}

pub fn arrays(list: &Value) -> Vec<Array> {
    list.as_array().unwrap().iter().map(array).collect()
}

pub fn tensor(value: &Value) -> Tensor {
    Tensor::from(&array(value))
}

/// The weights of the scalar `sum(output * weights)` whose gradients the fixtures hold.
pub fn cotangent(shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|i| ((i * 7 % 11) as f32 - 5.0) / 10.0).collect();
    Array::new(shape, values).unwrap().into()
}

/// The class name and config of a serialized object.
pub fn object(value: &Value) -> (&str, Map<String, Value>) {
    (value["class_name"].as_str().unwrap(), value["config"].as_object().unwrap().clone())
}

/// Collects what differs, so that one run shows all of it.
#[derive(Default)]
pub struct Report {
    wrong: Vec<String>,
    checked: usize,
}

impl Report {
    /// Compares values: each may be off by `tolerance` times its own size or the values' mean size.
    pub fn values(&mut self, what: &str, got: &[f64], want: &[f64], tolerance: f64) {
        let finite = want.iter().filter(|w| w.is_finite());
        let mean = finite.map(|w| w.abs()).sum::<f64>() / want.len().max(1) as f64;
        self.values_within(what, got, want, |w| tolerance * w.abs().max(mean));
    }

    pub fn values_within(
        &mut self,
        what: &str,
        got: &[f64],
        want: &[f64],
        allowed: impl Fn(f64) -> f64,
    ) {
        self.checked += 1;
        if got.len() != want.len() {
            return self.wrong.push(format!("{what}: {} values, not {}", got.len(), want.len()));
        }
        let same = |g: f64, w: f64| {
            g == w || (g.is_nan() && w.is_nan()) || (g - w).abs() <= allowed(w).max(1e-37)
        };
        let bad: Vec<_> = (0..want.len()).filter(|&i| !same(got[i], want[i])).collect();
        if let Some(&i) = bad.first() {
            let (n, of) = (bad.len(), want.len());
            self.wrong
                .push(format!("{what}: {n} of {of} differ, [{i}] {} not {}", got[i], want[i]));
        }
    }

    /// Compares an array with a fixture's tensor: shape and values.
    pub fn array(&mut self, what: &str, got: &Array, want: &Value, tolerance: f64) {
        if got.shape() != shape(want) {
            let shapes = format!("{:?}, not {:?}", got.shape(), shape(want));
            return self.wrong.push(format!("{what}: shape {shapes}"));
        }
        self.values(what, &got.to_vec::<f64>(), &numbers(&want["data"]), tolerance);
    }

    pub fn equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, got: T, want: T) {
        self.checked += 1;
        if got != want {
            self.wrong.push(format!("{what}: {got:?}, not {want:?}"));
        }
    }

    pub fn fail(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// The value, or an entry in the report.
    pub fn ok<T, E: std::fmt::Display>(&mut self, what: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|e| self.fail(format!("{what}: {e}"))).ok()
    }

    /// Compares a config with that of Keras's dict: the same keys, the same values (numbers to float32's precision).
    pub fn config(&mut self, what: &str, got: cornu::Result<Map<String, Value>>, dict: &Value) {
        let want = dict["config"].as_object().unwrap();
        let Some(mut got) = self.ok(what, got) else { return };
        if let Some(known) = dict["arguments"].as_array() {
            // Keras takes arguments that its own files leave out.
            got.retain(|key, _| want.contains_key(key) || !known.iter().any(|k| k == key));
        }
        for (key, value) in want {
            if key == "dtype" {
                continue;
            }
            self.checked += 1;
            match got.get(key) {
                // Without it, Keras takes its default, which is null.
                None if value.is_null() => {}
                Some(own) if alike(own, value) => {}
                own => self.fail(format!("{what} config: {key}={own:?}, not {value}")),
            }
        }
        for key in got.keys().filter(|k| !want.contains_key(*k)) {
            self.fail(format!("{what} config: {key} is not in Keras's"));
        }
    }

    /// Fails with all that differs.
    pub fn finish(self) {
        let Report { wrong, checked } = self;
        assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
        assert!(checked > 0, "nothing was checked");
    }
}

/// Whether two JSON values are the same, numbers to float32's precision and dtypes left aside.
pub fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-6 * b.abs()
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let dtype = |k: &String| k == "dtype";
            b.iter().all(|(k, b)| dtype(k) || a.get(k).is_some_and(|a| alike(a, b)))
                && a.keys().all(|k| dtype(k) || b.contains_key(k))
        }
        _ => a == b,
    }
}
