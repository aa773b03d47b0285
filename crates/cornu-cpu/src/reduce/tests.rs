//! Reductions against the graph's definition.

use super::*;
use cornu_graph::ops::{ArgReduce, Operation, Reduce};
use cornu_graph::{Array, Data, Element, Spec};

const KINDS: [ReduceKind; 4] =
    [ReduceKind::Sum, ReduceKind::Prod, ReduceKind::Max, ReduceKind::Min];

fn noise(count: usize, seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed | 1;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0
    })
}

/// The kernel's result for all instruction sets; 1 and 2 threads must agree bit by bit.
fn kernel<T: Reducible + Element>(kind: ReduceKind, x: &Array, axes: &[usize]) -> Vec<Vec<T>> {
    let reduction = Reduction::new(kind, x.shape(), axes).unwrap();
    let each = |isa| {
        let [one, two] = [1, 2].map(|threads| {
            let mut out = vec![T::default(); reduction.output];
            let pool = Pool::new(threads).unwrap();
            reduction.run(&pool, isa, x.as_slice::<T>().unwrap(), &mut out).unwrap();
            out
        });
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        one
    };
    AnyIsa::available().into_iter().map(each).collect()
}

fn check<T: Reducible + Element>(kind: ReduceKind, x: &Array, axes: &[usize]) {
    let op = Reduce { kind, axes: axes.to_vec() };
    let Ok(spec) = op.infer(&[&Spec::new(x.shape(), x.dtype())]) else { return };
    let want = op.evaluate(&[x], &spec).unwrap().to_vec::<f64>();
    for got in kernel::<T>(kind, x, axes) {
        for (&g, &w) in got.iter().zip(&want) {
            let g = g.to_f64();
            let size = 1e-5 * w.abs().max(1.0);
            let close = g == w || (g.is_nan() && w.is_nan()) || (g - w).abs() <= size;
            assert!(close, "{kind:?} of {:?} over {axes:?}: {g} instead of {w}", x.shape());
        }
    }
}

#[test]
fn all_kinds_over_all_axes() {
    let shapes: [&[usize]; 12] = [
        &[],
        &[1],
        &[7],
        &[1000],
        &[3, 5],
        &[70, 3],
        &[2, 300],
        &[4, 1, 6],
        &[5, 6, 7],
        &[3, 4, 2, 5],
        &[2, 0, 3],
        &[129, 65],
    ];
    for shape in shapes {
        let count = shape.iter().product();
        for mask in 0..1u32 << shape.len() {
            let axes: Vec<usize> = (0..shape.len()).filter(|a| mask >> a & 1 == 1).collect();
            let floats: Vec<f64> = noise(count, 3).map(|v| 1.0 + v / 2.0).collect();
            let x = Array::new(shape, floats).unwrap();
            let integers =
                Array::new(shape, noise(count, 5).map(|v| (v * 3e9) as i64).collect()).unwrap();
            for kind in KINDS {
                check::<f32>(kind, &x.cast(cornu_graph::DType::F32), &axes);
                check::<f64>(kind, &x, &axes);
                check::<i64>(kind, &integers, &axes);
                check::<i32>(kind, &integers.cast(cornu_graph::DType::I32), &axes);
                check::<u8>(kind, &integers.cast(cornu_graph::DType::U8), &axes);
            }
        }
    }
}

#[test]
fn large_shapes_are_cut_and_accurate() {
    let shapes: [(&[usize], &[usize]); 9] = [
        (&[400_003], &[0]),
        (&[200_000, 3], &[0]),
        (&[30_000, 17], &[0]),
        (&[2000, 300], &[0]),
        (&[2, 150_000], &[0]),
        (&[2, 150_001], &[1]),
        (&[20, 300, 100], &[0, 2]),
        (&[40, 500, 30], &[1]),
        (&[100_000, 5], &[1]),
    ];
    for (shape, axes) in shapes {
        let x: Vec<f32> = noise(shape.iter().product(), 9).map(|v| v as f32 + 1.0).collect();
        let x = Array::new(shape, x).unwrap();
        let op = Reduce { kind: ReduceKind::Sum, axes: axes.to_vec() };
        // The definition adds in double precision.
        let wide = x.cast(cornu_graph::DType::F64);
        let spec = op.infer(&[&Spec::new(wide.shape(), wide.dtype())]).unwrap();
        let want = op.evaluate(&[&wide], &spec).unwrap();
        for got in kernel::<f32>(ReduceKind::Sum, &x, axes) {
            for (g, &w) in got.iter().zip(want.as_slice::<f64>().unwrap()) {
                assert!((f64::from(*g) - w).abs() <= 4e-7 * w, "{shape:?}: {g} instead of {w}");
            }
        }
        check::<f32>(ReduceKind::Max, &x, axes);
        check::<f32>(ReduceKind::Min, &x, axes);
    }
}

#[test]
fn nan_wins_wherever_it_stands() {
    for count in [3, 64, 100, 3000, 200_000] {
        for place in [0, count / 2, count - 1] {
            let mut x = vec![1f32; count];
            x[place] = f32::NAN;
            for (shape, axis) in [([count, 1], 0), ([1, count], 1)] {
                let x = Array::new(&shape, x.clone()).unwrap();
                for kind in KINDS {
                    assert!(kernel::<f32>(kind, &x, &[axis]).iter().all(|v| v[0].is_nan()));
                }
            }
            let both: Vec<f32> = x.iter().flat_map(|&v| [v, 1.0]).collect();
            let both = Array::new(&[count, 2], both).unwrap();
            for got in kernel::<f32>(ReduceKind::Max, &both, &[0]) {
                assert!(got[0].is_nan() && got[1] == 1.0);
            }
        }
    }
}

#[test]
fn truth_values() {
    let pool = Pool::new(1).unwrap();
    let isa = AnyIsa::available()[0];
    let mut out = [9u8; 2];
    let x = [0u8, 1, 1, 1];
    Reduction::new(ReduceKind::Min, &[2, 2], &[1]).unwrap().run(&pool, isa, &x, &mut out).unwrap();
    assert_eq!(out, [0, 1]);
    Reduction::new(ReduceKind::Min, &[2, 0], &[1]).unwrap().run(&pool, isa, &[], &mut out).unwrap();
    assert_eq!(out, [1, 1]);
    Reduction::new(ReduceKind::Max, &[2, 0], &[1]).unwrap().run(&pool, isa, &[], &mut out).unwrap();
    assert_eq!(out, [0, 0]);
}

#[test]
fn places_of_extremes() {
    for shape in [&[1][..], &[500], &[3, 5, 4], &[70, 65], &[0, 3], &[2, 40_000]] {
        let count = shape.iter().product();
        let mut x: Vec<f32> = noise(count, 11).map(|v| (v * 9.0).round() as f32).collect();
        x.iter_mut().skip(40).step_by(61).for_each(|v| *v = f32::NAN);
        let arrays = [
            Array::new(shape, x.clone()).unwrap(),
            Array::new(shape, noise(count, 12).map(|v| (v * 20.0) as i64).collect()).unwrap(),
        ];
        for axis in (0..shape.len()).filter(|&a| shape[a] > 0) {
            for kind in [ReduceKind::Max, ReduceKind::Min] {
                let arg = ArgReduction::new(kind, shape, axis).unwrap();
                for array in &arrays {
                    let op = ArgReduce { kind, axis };
                    let spec = op.infer(&[&Spec::new(shape, array.dtype())]).unwrap();
                    let want = op.evaluate(&[array], &spec).unwrap().into_vec::<i32>();
                    for isa in AnyIsa::available() {
                        for threads in [1, 2] {
                            let pool = Pool::new(threads).unwrap();
                            let mut out = vec![-1; want.len()];
                            match array.data() {
                                Data::F32(v) => arg.run(&pool, isa, v, &mut out).unwrap(),
                                Data::I64(v) => arg.run(&pool, isa, v, &mut out).unwrap(),
                                _ => unreachable!(),
                            }
                            assert_eq!(out, want, "{kind:?} of {shape:?} along {axis}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn bad_arguments_are_errors() {
    assert!(Reduction::new(ReduceKind::Sum, &[2, 3], &[2]).is_err());
    assert!(Reduction::new(ReduceKind::Sum, &[2, 3], &[1, 1]).is_err());
    assert!(ArgReduction::new(ReduceKind::Sum, &[2], 0).is_err());
    assert!(ArgReduction::new(ReduceKind::Max, &[2, 0], 1).is_err());
    assert!(ArgReduction::new(ReduceKind::Max, &[], 0).is_err());
    let sum = Reduction::new(ReduceKind::Sum, &[2, 3], &[1]).unwrap();
    let isa = AnyIsa::available()[0];
    assert!(sum.run(&Pool::new(1).unwrap(), isa, &[1f32; 5], &mut [0.0; 2]).is_err());
}
