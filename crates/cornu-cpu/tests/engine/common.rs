//! What the engine's tests share.

use std::sync::LazyLock;

use cornu_cpu::Cpu;
use cornu_graph::{Array, Backend, DType, Graph};

/// One backend with one thread, one with two.
pub static CPUS: LazyLock<[Cpu; 2]> =
    LazyLock::new(|| [1, 2].map(|threads| Cpu::new(threads).unwrap()));

/// SplitMix64 (Steele, Lea, Flood, 2014).
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// In [-1, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// Small integers, or reals in [-2, 2).
    pub fn array(&mut self, shape: &[usize], dtype: DType) -> Array {
        let count = shape.iter().product();
        let values: Vec<f64> = (0..count)
            .map(|_| match dtype {
                DType::F32 | DType::F64 => 2.0 * self.unit(),
                DType::Bool => self.below(2) as f64,
                DType::U8 => self.below(6) as f64,
                _ => self.below(11) as f64 - 5.0,
            })
            .collect();
        Array::new(shape, values).unwrap().cast(dtype)
    }
}

/// Runs a graph without updates with the reference and with 1 and 2 threads, twice each (the second run
/// finds a used arena); returns the reference's values.
pub fn run_both(graph: &Graph, inputs: &[&Array], tolerance: f64) -> Vec<Array> {
    let expected = graph.evaluate(inputs).unwrap();
    let mut runs = Vec::new();
    for cpu in CPUS.iter() {
        let plan = cpu.compile(graph).unwrap();
        for _ in 0..2 {
            let values = plan.run(inputs).unwrap();
            assert_eq!(values.len(), expected.len());
            for (value, expected) in values.iter().zip(&expected) {
                assert_close_in(value, expected, tolerance, || {
                    format!("{graph}\n{}", plan.describe())
                });
            }
            runs.push(values);
        }
    }
    for run in &runs[1..] {
        for (a, b) in run.iter().zip(&runs[0]) {
            assert!(same_bits(a, b), "runs differ:\n{a:?}\n{b:?}\n{graph}");
        }
    }
    expected
}

/// Whether two arrays agree in every bit.
pub fn same_bits(a: &Array, b: &Array) -> bool {
    let bits = |x: &Array| match x.dtype() {
        DType::F32 => x.as_slice::<f32>().unwrap().iter().map(|v| v.to_bits() as u64).collect(),
        DType::F64 => x.as_slice::<f64>().unwrap().iter().map(|v| v.to_bits()).collect(),
        _ => x.to_vec::<i64>().iter().map(|&v| v as u64).collect::<Vec<u64>>(),
    };
    a.shape() == b.shape() && a.dtype() == b.dtype() && bits(a) == bits(b)
}

pub fn assert_close(a: &Array, b: &Array, tolerance: f64) {
    assert_close_in(a, b, tolerance, String::new);
}

/// Asserts that floats agree to `tolerance`, absolute below 1 and relative above, and others exactly.
pub fn assert_close_in(a: &Array, b: &Array, tolerance: f64, context: impl Fn() -> String) {
    assert_eq!((a.shape(), a.dtype()), (b.shape(), b.dtype()));
    if a.dtype().is_float() {
        for (i, (x, y)) in a.to_vec::<f64>().into_iter().zip(b.to_vec::<f64>()).enumerate() {
            let near = (x - y).abs() <= tolerance * y.abs().max(1.0);
            let alike = x == y || (x.is_nan() && y.is_nan());
            assert!(near || alike, "element {i}: {x} is not {y}\n{}", context());
        }
    } else {
        assert_eq!(a, b, "{}", context());
    }
}
