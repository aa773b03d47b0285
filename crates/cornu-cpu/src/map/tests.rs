//! The map against the graph's definitions of its ops.

use super::*;
use crate::runtime::Pool;
use crate::simd::AnyIsa;
use cornu_graph::ops::{Binary, Cast, Compare, Logical, Operation, Select, Unary};
use cornu_graph::{Data, Result, Spec, element_count};

fn pointer(a: &Array) -> *const u8 {
    match a.data() {
        Data::Bool(v) => v.as_ptr().cast(),
        Data::U8(v) => v.as_ptr(),
        Data::I32(v) => v.as_ptr().cast(),
        Data::I64(v) => v.as_ptr().cast(),
        Data::F32(v) => v.as_ptr().cast(),
        Data::F64(v) => v.as_ptr().cast(),
    }
}

fn pointer_mut(a: &mut Array) -> *mut u8 {
    match a.data_mut() {
        Data::Bool(v) => v.as_mut_ptr().cast(),
        Data::U8(v) => v.as_mut_ptr(),
        Data::I32(v) => v.as_mut_ptr().cast(),
        Data::I64(v) => v.as_mut_ptr().cast(),
        Data::F32(v) => v.as_mut_ptr().cast(),
        Data::F64(v) => v.as_mut_ptr().cast(),
    }
}

/// Runs a program on whole arrays that broadcast to `shape`.
fn run(
    program: &Program,
    shape: &[usize],
    inputs: &[&Array],
    isa: AnyIsa,
    pool: &Pool,
) -> Result<Vec<Array>> {
    let operands: Vec<_> =
        inputs.iter().map(|a| Operand::broadcast(a.dtype(), a.shape(), shape)).collect();
    let map = Map::new(program, shape, &operands)?;
    let mut outputs =
        map.output_dtypes().map(|d| Array::zeros(shape, d)).collect::<Result<Vec<_>>>()?;
    let from: Vec<_> = inputs.iter().map(|a| pointer(a)).collect();
    let to: Vec<_> = outputs.iter_mut().map(pointer_mut).collect();
    // SAFETY: the arrays have the dtypes and shapes that the operands were made from.
    unsafe { map.run(pool, isa, &from, &to)? };
    Ok(outputs)
}

/// Runs a program of one output on every instruction set, with 1 and 2 threads; all threads agree.
pub(super) fn run_everywhere(
    program: &Program,
    shape: &[usize],
    inputs: &[&Array],
) -> Vec<Vec<Array>> {
    let pools = [Pool::new(1).unwrap(), Pool::new(2).unwrap()];
    let each = |isa| {
        let one = run(program, shape, inputs, isa, &pools[0]).unwrap();
        let two = run(program, shape, inputs, isa, &pools[1]).unwrap();
        assert!(
            one.iter().zip(&two).all(|(a, b)| same(a, b, 0.0)),
            "threads differ on {}",
            isa.name()
        );
        one
    };
    AnyIsa::available().into_iter().map(each).collect()
}

/// Equality in which NaN equals NaN and floats may differ by a relative error.
pub(super) fn same(a: &Array, b: &Array, tolerance: f64) -> bool {
    if a.dtype() != b.dtype() || a.shape() != b.shape() {
        return false;
    }
    if !a.dtype().is_float() {
        return a == b;
    }
    let close = |x: f64, y: f64| {
        x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= tolerance * x.abs().max(y.abs())
    };
    a.to_vec::<f64>().iter().zip(b.to_vec::<f64>()).all(|(&x, y)| close(x, y))
}

/// Values of every dtype, with the special ones among them.
pub(super) fn values(dtype: DType, count: usize, seed: u64) -> Array {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let special =
        [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 3e5, -1e30];
    let float = |bits: u64| match bits % 8 {
        0 => special[(bits >> 8) as usize % special.len()],
        _ => (bits >> 11) as f64 / (1u64 << 53) as f64 * 12.0 - 6.0,
    };
    match dtype {
        DType::Bool => Array::new(&[count], (0..count).map(|_| next() >> 60 & 1 == 1).collect()),
        DType::U8 => Array::new(&[count], (0..count).map(|_| (next() >> 50) as u8).collect()),
        DType::I32 => Array::new(
            &[count],
            (0..count)
                .map(|i| if i % 3 == 0 { (next() >> 32) as i32 } else { (next() % 13) as i32 - 6 })
                .collect(),
        ),
        DType::I64 => Array::new(
            &[count],
            (0..count)
                .map(|i| if i % 3 == 0 { next() as i64 } else { (next() % 13) as i64 - 6 })
                .collect(),
        ),
        DType::F32 => Array::new(&[count], (0..count).map(|_| float(next()) as f32).collect()),
        DType::F64 => Array::new(&[count], (0..count).map(|_| float(next())).collect()),
    }
    .unwrap()
}

/// Compares a program of one op with the op's definition.
fn check_op(op: &dyn Operation, instr: Instr, inputs: &[&Array]) {
    let specs: Vec<Spec> = inputs.iter().map(|a| Spec::new(a.shape(), a.dtype())).collect();
    let Ok(spec) = op.infer(&specs.iter().collect::<Vec<_>>()) else { return };
    let want = op.evaluate(inputs, &spec).unwrap();
    let mut program = Program::default();
    for i in 0..inputs.len() {
        program.push(Instr::Input(i));
    }
    let y = program.push(instr.clone());
    program.outputs.push(y);
    let tolerance = if want.dtype() == DType::F32 { 5e-7 } else { 1e-15 };
    for got in run_everywhere(&program, &spec.shape, inputs) {
        if !same(&got[0], &want, tolerance) {
            let shown = |a: &Array| a.to_vec::<f64>();
            let (got, want) = (shown(&got[0]), shown(&want));
            let bad = (0..got.len()).find(|&i| {
                !(got[i] == want[i]
                    || (got[i].is_nan() && want[i].is_nan())
                    || (got[i] - want[i]).abs() <= tolerance * want[i].abs())
            });
            let at: Vec<f64> = inputs.iter().map(|a| shown(a)[bad.unwrap_or(0)]).collect();
            let i = bad.unwrap_or(0);
            panic!("{instr:?} of {at:?} ({}): {} instead of {}", spec.dtype, got[i], want[i]);
        }
    }
}

const COUNT: usize = 1500;

#[test]
fn every_unary_op_of_every_dtype() {
    for &kind in UnaryKind::ALL {
        for dtype in DType::ALL {
            check_op(&Unary(kind), Instr::Unary(kind, 0), &[&values(dtype, COUNT, 1)]);
        }
    }
}

#[test]
fn every_binary_op_of_every_dtype() {
    for &kind in BinaryKind::ALL {
        for dtype in DType::ALL {
            if !kind.has(dtype) {
                continue; // The graph promotes them first.
            }
            let (a, b) = (values(dtype, COUNT, 2), values(dtype, COUNT, 3));
            check_op(&Binary(kind), Instr::Binary(kind, 0, 1), &[&a, &b]);
        }
    }
}

#[test]
fn every_comparison_and_logical_op() {
    for dtype in DType::ALL {
        let (a, b) = (values(dtype, COUNT, 4), values(dtype, COUNT, 5));
        for &kind in CompareKind::ALL {
            check_op(&Compare(kind), Instr::Compare(kind, 0, 1), &[&a, &b]);
        }
        let c = values(DType::Bool, COUNT, 6);
        check_op(&Select, Instr::Select(0, 1, 2), &[&c, &a, &b]);
    }
    let (a, b) = (values(DType::Bool, COUNT, 4), values(DType::Bool, COUNT, 5));
    for &kind in LogicalKind::ALL {
        check_op(&Logical(kind), Instr::Logical(kind, 0, 1), &[&a, &b]);
    }
}

#[test]
fn every_cast() {
    for from in DType::ALL {
        for dtype in DType::ALL {
            check_op(&Cast { dtype }, Instr::Cast(dtype, 0), &[&values(from, COUNT, 7)]);
        }
    }
}

/// `(x - row) · column + scalar`, then several outputs.
fn broadcasting_program() -> Program {
    let mut p = Program::default();
    let inputs: Vec<_> = (0..4).map(|i| p.push(Instr::Input(i))).collect();
    let d = p.push(Instr::Binary(BinaryKind::Sub, inputs[0], inputs[1]));
    let m = p.push(Instr::Binary(BinaryKind::Mul, d, inputs[2]));
    let a = p.push(Instr::Binary(BinaryKind::Add, m, inputs[3]));
    let positive = p.push(Instr::Compare(CompareKind::Gt, a, inputs[3]));
    p.push(Instr::Unary(UnaryKind::Erfinv, a)); // No output needs it.
    p.outputs = vec![a, positive, inputs[1], inputs[3], a];
    p
}

#[test]
fn broadcast_inputs_of_many_shapes() {
    let p = broadcasting_program();
    // Inputs that are no outputs may be read where they are.
    let read = Program { outputs: p.outputs[..1].to_vec(), ..p.clone() };
    for (rows, columns) in
        [(1, 1), (0, 5), (5, 0), (1, 63), (64, 1), (33, 65), (3, 2500), (700, 32), (129, 1024)]
    {
        let make = |shape: &[usize], seed| {
            let v = values(DType::I32, element_count("test", shape).unwrap(), seed);
            v.cast(DType::U8).cast(DType::F32).reshape(shape).unwrap()
        };
        let x = make(&[rows, columns], 1);
        let (row, column, scalar) = (make(&[columns], 2), make(&[rows, 1], 3), make(&[], 4));
        let at = |a: &Array, i: usize| a.as_slice::<f32>().unwrap()[i];
        let value = |i: usize| {
            (at(&x, i) - at(&row, i % columns)) * at(&column, i / columns) + at(&scalar, 0)
        };
        let want: Vec<f32> = (0..rows * columns).map(value).collect();
        for got in run_everywhere(&read, &[rows, columns], &[&x, &row, &column, &scalar]) {
            assert_eq!(got[0].as_slice::<f32>().unwrap(), want, "({rows}, {columns})");
        }
        for got in run_everywhere(&p, &[rows, columns], &[&x, &row, &column, &scalar]) {
            assert_eq!(got[0].as_slice::<f32>().unwrap(), want, "({rows}, {columns})");
            assert_eq!(got[4], got[0]);
            let positive: Vec<bool> = want.iter().map(|&v| v > at(&scalar, 0)).collect();
            assert_eq!(got[1].as_slice::<bool>().unwrap(), positive);
            let rows_out = got[2].as_slice::<f32>().unwrap();
            assert!(rows_out.iter().enumerate().all(|(i, &v)| v == at(&row, i % columns)));
            assert!(got[3].as_slice::<f32>().unwrap().iter().all(|&v| v == at(&scalar, 0)));
        }
    }
}

#[test]
fn iota_counts_an_axis() {
    let shape = [3, 5, 300];
    for axis in 0..3 {
        let mut p = Program::default();
        let i = p.push(Instr::Iota { axis, dtype: DType::I32 });
        let f = p.push(Instr::Cast(DType::F64, i));
        p.outputs = vec![f];
        let inner: usize = shape[axis + 1..].iter().product();
        let want: Vec<f64> = (0..4500).map(|p| (p / inner % shape[axis]) as f64).collect();
        for got in run_everywhere(&p, &shape, &[]) {
            assert_eq!(got[0].as_slice::<f64>().unwrap(), want);
        }
    }
}

#[test]
fn transposed_and_reversed_inputs() {
    let x: Vec<f32> = (0..40 * 70).map(|i| i as f32).collect();
    let mut p = Program::default();
    let a = p.push(Instr::Input(0));
    let b = p.push(Instr::Input(1));
    let sum = p.push(Instr::Binary(BinaryKind::Add, a, b));
    p.outputs = vec![sum];
    // The first is x transposed, the second x transposed and read from its end.
    let operand = |strides: [isize; 2]| Operand { dtype: DType::F32, strides: strides.to_vec() };
    let map = Map::new(&p, &[70, 40], &[operand([1, 70]), operand([-1, -70])]).unwrap();
    let mut y = vec![0f32; 2800];
    let pool = Pool::new(2).unwrap();
    let inputs = [x.as_ptr().cast(), x[2799..].as_ptr().cast()];
    // SAFETY: both walks stay in x, and y has 2800 elements.
    unsafe { map.run(&pool, AnyIsa::available()[0], &inputs, &[y.as_mut_ptr().cast()]).unwrap() };
    assert!(y.iter().all(|&v| v == 2799.0));
}

/// Adam's update: parameter, first and second moment, gradient; learning rate.
fn adam() -> Program {
    let mut p = Program::default();
    let [w, m, v, g, rate] = std::array::from_fn(|i| p.push(Instr::Input(i)));
    let number = |x: f32, p: &mut Program| p.push(Instr::Const(Array::scalar(x)));
    let (c1, c2, eps) = (number(0.1, &mut p), number(0.001, &mut p), number(1e-7, &mut p));
    let mut two = |kind, a, b| p.push(Instr::Binary(kind, a, b));
    let d = two(BinaryKind::Sub, g, m);
    let d = two(BinaryKind::Mul, d, c1);
    let m2 = two(BinaryKind::Add, m, d);
    let g2 = two(BinaryKind::Mul, g, g);
    let e = two(BinaryKind::Sub, g2, v);
    let e = two(BinaryKind::Mul, e, c2);
    let v2 = two(BinaryKind::Add, v, e);
    let step = two(BinaryKind::Mul, m2, rate);
    let root = p.push(Instr::Unary(UnaryKind::Sqrt, v2));
    let root = p.push(Instr::Binary(BinaryKind::Add, root, eps));
    let step = p.push(Instr::Binary(BinaryKind::Div, step, root));
    let w2 = p.push(Instr::Binary(BinaryKind::Sub, w, step));
    p.outputs = vec![m2, v2, w2];
    p
}

#[test]
fn updates_in_place_read_everything_first() {
    for count in [1, 64, 1000, 1024, 5000, 40_000] {
        let make = |seed| {
            let v = values(DType::U8, count, seed).cast(DType::F32);
            v.to_vec::<f32>().into_iter().map(|x| x / 64.0 - 2.0).collect::<Vec<f32>>()
        };
        let (mut w, mut m, mut v, g) = (make(1), make(2), make(3), make(4));
        v.iter_mut().for_each(|v| *v = v.abs());
        let rate = [0.01f32];
        let operand = |n: usize| Operand::broadcast(DType::F32, &[n], &[count]);
        let map =
            Map::new(&adam(), &[count], &[count, count, count, count, 1].map(operand)).unwrap();
        let mut fresh = [vec![0f32; count], vec![0f32; count], vec![0f32; count]];
        let inputs = [&w, &m, &v, &g].map(|x| x.as_ptr().cast::<u8>());
        let inputs = [inputs[0], inputs[1], inputs[2], inputs[3], rate.as_ptr().cast()];
        let pool = Pool::new(2).unwrap();
        let isa = AnyIsa::available()[0];
        let outputs = fresh.each_mut().map(|y| y.as_mut_ptr().cast::<u8>());
        // SAFETY: all arrays have `count` elements.
        unsafe { map.run(&pool, isa, &inputs, &outputs).unwrap() };
        let inputs = [w.as_mut_ptr(), m.as_mut_ptr(), v.as_mut_ptr()].map(|p| p.cast::<u8>());
        let all =
            [inputs[0].cast_const(), inputs[1], inputs[2], g.as_ptr().cast(), rate.as_ptr().cast()];
        let outputs = [inputs[1], inputs[2], inputs[0]];
        // SAFETY: the outputs are inputs of the same layout.
        unsafe { map.run(&pool, isa, &all, &outputs).unwrap() };
        assert_eq!([m, v, w], fresh);
    }
}

#[test]
fn inputs_are_kept_until_they_have_been_read() {
    use BinaryKind::{Add, Mul, Sub};
    let mut p = Program { instrs: (0..3).map(Instr::Input).collect(), outputs: vec![] };
    let sum = p.push(Instr::Binary(Add, 0, 1));
    let product = p.push(Instr::Binary(Mul, sum, 0));
    // A chain of two, whose result takes the place of an operand, and one step more that reads another's.
    let moved = p.push(Instr::Binary(Add, product, 2));
    let last = p.push(Instr::Binary(Sub, moved, 1));
    p.outputs = vec![sum, last, moved];
    for count in [100, 1024, 3000] {
        let inputs = [1, 2, 3].map(|seed| values(DType::F32, count, seed));
        let want = run_everywhere(&p, &[count], &inputs.each_ref());
        let operand = Operand::broadcast(DType::F32, &[count], &[count]);
        let map = Map::new(&p, &[count], &vec![operand; 3]).unwrap();
        for (isa, want) in AnyIsa::available().into_iter().zip(want) {
            for turn in 0..3 {
                let mut arrays = inputs.clone();
                let places = arrays.each_mut().map(pointer_mut);
                let outputs = [0, 1, 2].map(|k| places[(k + turn) % 3]);
                let from = places.map(|p| p.cast_const());
                // SAFETY: the outputs are inputs of the same layout.
                unsafe { map.run(&Pool::new(1).unwrap(), isa, &from, &outputs).unwrap() };
                for k in 0..3 {
                    assert!(same(&arrays[(k + turn) % 3], &want[k], 0.0), "{}, {turn}", isa.name());
                }
            }
        }
    }
}

#[test]
fn swapping_two_arrays_in_place() {
    let mut p = Program::default();
    let (a, b) = (p.push(Instr::Input(0)), p.push(Instr::Input(1)));
    p.outputs = vec![b, a];
    let (mut x, mut y) = ([1i64; 3000], [2i64; 3000]);
    let operand = Operand::broadcast(DType::I64, &[3000], &[3000]);
    let map = Map::new(&p, &[3000], &[operand.clone(), operand]).unwrap();
    let places = [x.as_mut_ptr().cast::<u8>(), y.as_mut_ptr().cast()];
    let pool = Pool::new(1).unwrap();
    // SAFETY: the outputs are inputs of the same layout.
    unsafe {
        map.run(&pool, AnyIsa::available()[0], &places.map(|p| p.cast_const()), &places).unwrap();
    }
    assert_eq!((x[0], x[2999], y[0], y[2999]), (2, 2, 1, 1));
}

#[test]
fn large_outputs_past_the_caches() {
    let mut p = Program::default();
    let (x, bias) = (p.push(Instr::Input(0)), p.push(Instr::Input(1)));
    let sum = p.push(Instr::Binary(BinaryKind::Add, x, bias));
    let square = p.push(Instr::Unary(UnaryKind::Square, sum));
    let negative = p.push(Instr::Unary(UnaryKind::Neg, sum));
    // One that another step reads, one that is streamed, one that two outputs want.
    p.outputs = vec![sum, square, negative, negative];
    let shape = [8_400, 1_000];
    let count = shape[0] * shape[1];
    let operands = [&shape[..], &shape[1..]].map(|own| Operand::broadcast(DType::F32, own, &shape));
    let map = Map::new(&p, &shape, &operands).unwrap();
    assert_eq!(
        map.outputs.iter().map(|o| o.streams).collect::<Vec<_>>(),
        [false, true, false, false]
    );
    let x: Vec<f32> = (0..count).map(|i| (i % 1009) as f32).collect();
    let bias: Vec<f32> = (0..shape[1]).map(|i| i as f32 * 0.5).collect();
    let inputs = [x.as_ptr().cast(), bias.as_ptr().cast()];
    // Each set of instructions gets another phase of the lines.
    let mut memory = vec![vec![0f32; count + 16]; 4];
    for (isa, start) in AnyIsa::available().into_iter().zip([0, 3, 16]) {
        let outputs: Vec<*mut u8> =
            memory.iter_mut().map(|y| y[start..].as_mut_ptr().cast()).collect();
        // SAFETY: the operands describe the inputs, and every output has room for all elements.
        unsafe { map.run(&Pool::new(2).unwrap(), isa, &inputs, &outputs).unwrap() };
        for i in 0..count {
            let sum = x[i] + bias[i % 1_000];
            let got: [f32; 4] = std::array::from_fn(|k| memory[k][start + i]);
            assert_eq!(got, [sum, sum * sum, -sum, -sum], "{} at {i}", isa.name());
        }
        memory.iter_mut().for_each(|y| y.fill(0.0));
    }
}

#[test]
fn tile_buffers_are_used_again() {
    let mut p = Program::default();
    let mut x = p.push(Instr::Input(0));
    for _ in 0..60 {
        x = p.push(Instr::Binary(BinaryKind::Add, x, 0));
    }
    p.outputs = vec![x];
    let map = Map::new(&p, &[5000], &[Operand::broadcast(DType::F32, &[5000], &[5000])]).unwrap();
    assert!(map.scratch <= 4 * TILE * 4, "{} bytes", map.scratch);
    let adam = Map::new(
        &adam(),
        &[9],
        &[9, 9, 9, 9, 1].map(|n| Operand::broadcast(DType::F32, &[n], &[9])),
    );
    assert!(adam.unwrap().scratch <= 10 * TILE * 4);
}

#[test]
fn what_is_the_same_everywhere_is_computed_once() {
    let mut p = Program::default();
    let x = p.push(Instr::Input(0));
    let rate = p.push(Instr::Input(1));
    let root = p.push(Instr::Unary(UnaryKind::Sqrt, rate));
    let y = p.push(Instr::Binary(BinaryKind::Mul, x, root));
    p.outputs = vec![y, root];
    let operands = [&[9000][..], &[]].map(|s| Operand::broadcast(DType::F32, s, &[9000]));
    let map = Map::new(&p, &[9000], &operands).unwrap();
    assert_eq!((map.prologue.len(), map.body.len()), (2, 2));
    let x = Array::full(&[9000], 3f32).unwrap();
    for got in run_everywhere(&p, &[9000], &[&x, &Array::scalar(4f32)]) {
        assert_eq!(got[0], Array::full(&[9000], 6f32).unwrap());
        assert_eq!(got[1], Array::full(&[9000], 2f32).unwrap());
    }
}

#[test]
fn bad_programs_are_errors() {
    let operand = |dtype| Operand { dtype, strides: vec![1] };
    let inputs = [operand(DType::F32), operand(DType::I32)];
    let bad = [
        vec![Instr::Input(2)],
        vec![Instr::Unary(UnaryKind::Neg, 0)],
        vec![Instr::Input(0), Instr::Input(1), Instr::Binary(BinaryKind::Add, 0, 1)],
        vec![Instr::Input(1), Instr::Unary(UnaryKind::Exp, 0)],
        vec![Instr::Input(1), Instr::Logical(LogicalKind::And, 0, 0)],
        vec![Instr::Input(1), Instr::Select(0, 0, 0)],
        vec![Instr::Iota { axis: 1, dtype: DType::I32 }],
        vec![Instr::Const(Array::full(&[2], 1f32).unwrap())],
    ];
    for instrs in bad {
        let program = Program { outputs: vec![instrs.len() - 1], instrs };
        assert!(Map::new(&program, &[4], &inputs).is_err(), "{program:?}");
    }
    let program = Program { instrs: vec![Instr::Input(0)], outputs: vec![1] };
    assert!(Map::new(&program, &[4], &inputs).is_err());
    let program = Program { instrs: vec![Instr::Input(0)], outputs: vec![0] };
    assert!(Map::new(&program, &[4, 4], &inputs).is_err());
    let map = Map::new(&program, &[4], &inputs).unwrap();
    // SAFETY: there is nothing to read: the call is refused.
    let refused = unsafe { map.run(&Pool::new(1).unwrap(), AnyIsa::available()[0], &[], &[]) };
    assert!(refused.is_err());
}
