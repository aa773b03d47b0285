//! The accuracy of elementary functions, in units in the last place of correctly rounded values.
//!
//! The fixture has, for both dtypes, points of every size, the edges of domains and of overflow, subnormal
//! numbers, zeros of both signs, infinities, NaN, and circular functions of huge angles.

use cornu_graph::ops::{self, BinaryKind, UnaryKind};
use cornu_graph::{Array, Backend, DType, Graph, Tensor};

use crate::common::CPUS;

/// The most units in the last place that a value may be off: NumPy's own bound for its functions.
const BOUND: u64 = 4;

/// A line of the fixture: a function's name, and columns of bits: arguments, then the value.
struct Line<'a> {
    name: &'a str,
    dtype: DType,
    columns: Vec<Vec<u64>>,
}

fn parse(line: &'static str) -> Line<'static> {
    let mut words = line.split(' ');
    let (name, kind) = (words.next().unwrap(), words.next().unwrap());
    let dtype = if kind == "f32" { DType::F32 } else { DType::F64 };
    let nan = if dtype == DType::F32 { u64::from(f32::NAN.to_bits()) } else { f64::NAN.to_bits() };
    let bits = |text: &str| match text {
        "nan" => nan,
        digits => u64::from_str_radix(digits, 16).unwrap(),
    };
    let mut columns = vec![Vec::new(); 2];
    for word in words {
        let numbers: Vec<u64> = word.split([',', ':']).map(bits).collect();
        columns.resize(numbers.len(), Vec::new());
        columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
    }
    Line { name, dtype, columns }
}

fn array(dtype: DType, bits: &[u64]) -> Array {
    match dtype {
        DType::F32 => bits.iter().map(|&b| f32::from_bits(b as u32)).collect::<Vec<_>>().into(),
        _ => bits.iter().map(|&b| f64::from_bits(b)).collect::<Vec<_>>().into(),
    }
}

fn bits(array: &Array) -> Vec<u64> {
    match array.dtype() {
        DType::F32 => array.to_vec::<f32>().iter().map(|v| v.to_bits().into()).collect(),
        _ => array.to_vec::<f64>().iter().map(|v| v.to_bits()).collect(),
    }
}

/// How many numbers lie between two; any two NaN are one, zeros of different sign are far apart.
fn distance(dtype: DType, a: u64, b: u64) -> u64 {
    let (infinity, sign) = match dtype {
        DType::F32 => (u64::from(f32::INFINITY.to_bits()), 31),
        _ => (f64::INFINITY.to_bits(), 63),
    };
    let (size_a, size_b) = (a & !(1 << sign), b & !(1 << sign));
    match (size_a > infinity, size_b > infinity) {
        (true, true) => 0,
        (false, false) if a >> sign == b >> sign => size_a.abs_diff(size_b),
        _ => u64::MAX,
    }
}

fn operation(name: &str) -> ops::Op {
    let one = UnaryKind::ALL.iter().find(|k| k.name() == name).map(|&k| ops::Unary(k).into());
    let two = BinaryKind::ALL.iter().find(|k| k.name() == name).map(|&k| ops::Binary(k).into());
    one.or(two).unwrap_or_else(|| panic!("{name} is no function"))
}

#[test]
fn functions_are_accurate_everywhere() {
    let mut wrong = Vec::new();
    for line in include_str!("../fixtures/elementary.txt").lines().map(parse) {
        let (want, arguments) = line.columns.split_last().unwrap();
        let arguments: Vec<Array> = arguments.iter().map(|c| array(line.dtype, c)).collect();
        let inputs: Vec<Tensor> =
            arguments.iter().map(|a| Tensor::input(a.shape(), line.dtype)).collect();
        let y = Tensor::apply(operation(line.name), &inputs.iter().collect::<Vec<_>>());
        let graph = Graph::trace(&inputs, &[y], &[]).unwrap();
        let plan = CPUS[0].compile(&graph).unwrap();
        let got = plan.run(&arguments.iter().collect::<Vec<_>>()).unwrap();
        for (i, (&want, got)) in want.iter().zip(bits(&got[0])).enumerate() {
            let off = distance(line.dtype, got, want);
            if off > BOUND {
                let at: Vec<f64> = arguments.iter().map(|a| a.to_vec::<f64>()[i]).collect();
                let [got, want] = [got, want].map(|b| array(line.dtype, &[b]).to_vec::<f64>()[0]);
                let (name, dtype) = (line.name, line.dtype);
                wrong.push(format!("{name} {dtype} at {at:?}: {got:e}, not {want:e} ({off} ULP)"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} values:\n{}", wrong.len(), wrong.join("\n"));
}
