use super::*;
use crate::testing::Guarded;
use cornu_graph::Result;

/// Small whole numbers: sums of products are exact, so that every order gives the same bits.
pub(crate) fn numbers(len: usize, seed: usize) -> Vec<f64> {
    (0..len).map(|i| ((i * 2_654_435_761 + seed * 40_503) >> 7) as f64 % 17.0 - 8.0).collect()
}

fn convert<T: Real>(x: &[f64]) -> Guarded<T> {
    Guarded::new(&x.iter().map(|&x| T::from_f64(x)).collect::<Vec<_>>())
}

fn oracle(spec: &Gemm, a: &[f64], b: &[f64], bias: Option<&[f64]>, c: &mut [f64]) {
    for batch in 0..spec.batch {
        for i in 0..spec.m {
            for j in 0..spec.n {
                let at = |o: &Operand, row: usize, col: usize| {
                    let (row, col) = if o.transposed { (col, row) } else { (row, col) };
                    batch * o.batch_stride + row * o.stride + col
                };
                let sum: f64 =
                    (0..spec.k).map(|k| a[at(&spec.a, i, k)] * b[at(&spec.b, k, j)]).sum();
                let out = &mut c[batch * spec.c_batch_stride + i * spec.c_stride + j];
                *out = if spec.accumulate { *out } else { 0.0 } + sum + bias.map_or(0.0, |b| b[j]);
            }
        }
    }
}

fn check<T: Real>(isa: AnyIsa, pool: &Pool, spec: &Gemm, with_bias: bool) {
    // Operands end with their last values.
    let len = |o: &Operand, rows: usize, cols: usize| {
        let (rows, cols) = if o.transposed { (cols, rows) } else { (rows, cols) };
        let last = spec.batch.saturating_sub(1) * o.batch_stride;
        if rows * cols == 0 { last } else { last + (rows - 1) * o.stride + cols }
    };
    let a = numbers(len(&spec.a, spec.m, spec.k), 1);
    let b = numbers(len(&spec.b, spec.k, spec.n), 2);
    let bias = with_bias.then(|| numbers(spec.n, 3));
    // What lies between the rows of C must stay as it is.
    let mut want = numbers(spec.batch * spec.c_batch_stride + spec.m * spec.c_stride, 4);
    let mut got: Guarded<T> = convert(&want);
    oracle(spec, &a, &b, bias.as_deref(), &mut want);
    let bias: Option<Guarded<T>> = bias.map(|b| convert(&b));
    gemm(isa, pool, spec, &convert::<T>(&a), &convert::<T>(&b), bias.as_deref(), &mut got).unwrap();
    let got: Vec<f64> = got.iter().map(|x| x.to_f64()).collect();
    assert!(got == want, "{isa:?} {spec:?} bias {with_bias}");
}

#[test]
fn agrees_with_the_definition_for_all_layouts() {
    let pool = Pool::new(2).unwrap();
    let sizes = [1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 33, 64, 100];
    let mut case = 0;
    for isa in AnyIsa::available() {
        for &m in &sizes {
            for &n in &sizes {
                for k in [0, 1, 3, 8, 31, 40, 75] {
                    case += 1;
                    let mut spec = Gemm::new(m, n, k);
                    if case % 2 == 0 {
                        spec = spec.transpose_a();
                    }
                    if case / 2 % 2 == 0 {
                        spec = spec.transpose_b();
                    }
                    if case % 5 == 0 {
                        spec = spec.accumulate();
                    }
                    if case % 3 == 0 {
                        (spec.a.stride, spec.b.stride) = (spec.a.stride + 3, spec.b.stride + 1);
                        spec.c_stride += 2;
                    }
                    check::<f32>(isa, &pool, &spec, case % 7 == 0);
                    check::<f64>(isa, &pool, &spec, case % 7 == 1);
                }
            }
        }
    }
}

#[test]
fn agrees_with_the_definition_beyond_one_block() {
    let pool = Pool::new(2).unwrap();
    for isa in AnyIsa::available() {
        for spec in [
            Gemm::new(300, 50, 800),
            Gemm::new(600, 130, 530),
            Gemm::new(300, 50, 800).transpose_a(),
            Gemm::new(20, 4200, 20).transpose_b(),
            Gemm::new(20, 4200, 20).accumulate(),
            Gemm::new(20, 2100, 20).transpose_a(),
            Gemm::new(260, 64, 1024).transpose_a().transpose_b(),
            Gemm::new(1, 3000, 500),
            Gemm::new(3000, 1, 500).transpose_a(),
            Gemm::new(4, 512, 1000),
            Gemm::new(2000, 3, 333),
            Gemm::new(16, 40, 4100),
            Gemm::new(7, 33, 5001).transpose_a().transpose_b().accumulate(),
            Gemm::new(3, 2000, 333).transpose_b(),
            // Few columns of longer rows.
            Gemm { b: Operand { stride: 32, ..Gemm::new(40, 30, 9).b }, ..Gemm::new(40, 30, 9) },
            Gemm { b: Operand { stride: 64, ..Gemm::new(40, 40, 9).b }, ..Gemm::new(40, 40, 9) },
        ] {
            check::<f32>(isa, &pool, &spec, true);
            check::<f64>(isa, &pool, &spec, false);
        }
    }
}

#[test]
fn multiplies_batches() {
    let pool = Pool::new(2).unwrap();
    for batch in [0, 1, 2, 9] {
        for (m, n, k) in [(5, 7, 9), (40, 40, 40), (1, 30, 20), (30, 2, 50)] {
            let spec = Gemm::new(m, n, k).batched(batch);
            check::<f32>(AnyIsa::available()[0], &pool, &spec, true);
            let mut shared = spec.transpose_b();
            shared.b.batch_stride = 0;
            check::<f32>(AnyIsa::available()[0], &pool, &shared, false);
        }
    }
}

#[test]
fn gives_the_same_bits_whatever_the_number_of_threads() {
    for isa in AnyIsa::available() {
        for spec in [
            Gemm::new(300, 90, 900),
            Gemm::new(600, 90, 900),
            Gemm::new(1, 2000, 300),
            Gemm::new(900, 3, 300),
            Gemm::new(20, 32, 5000),
        ] {
            let a: Vec<f32> = (0..spec.m * spec.k).map(|i| (i as f32).sin()).collect();
            let b: Vec<f32> = (0..spec.n * spec.k).map(|i| (i as f32).cos()).collect();
            let run = |threads| {
                let mut c = vec![0.0; spec.m * spec.n];
                gemm(isa, &Pool::new(threads).unwrap(), &spec, &a, &b, None, &mut c).unwrap();
                c.iter().map(|x: &f32| x.to_bits()).collect::<Vec<_>>()
            };
            assert_eq!(run(1), run(2), "{isa:?} {spec:?}");
        }
    }
}

#[test]
fn multiplies_integers_modulo_their_width() {
    let pool = Pool::new(2).unwrap();
    for isa in AnyIsa::available() {
        for spec in [
            Gemm::new(5, 9, 7),
            Gemm::new(5, 9, 7).transpose_a(),
            Gemm::new(5, 9, 7).transpose_b().batched(3),
            Gemm::new(50, 60, 70).transpose_a().transpose_b().accumulate(),
        ] {
            let a = numbers(spec.batch * spec.m * spec.k, 1);
            let b = numbers(spec.batch * spec.n * spec.k, 2);
            let mut want = numbers(spec.batch * spec.m * spec.n, 3);
            let int = |x: &[f64]| x.iter().map(|&x| x as i32).collect::<Vec<_>>();
            let mut got = int(&want);
            oracle(&spec, &a, &b, None, &mut want);
            gemm_int(isa, &pool, &spec, &int(&a), &int(&b), &mut got).unwrap();
            assert_eq!(got, int(&want));
        }
        let mut c = [1u8];
        gemm_int(isa, &pool, &Gemm::new(1, 1, 1).accumulate(), &[200], &[2], &mut c).unwrap();
        assert_eq!(c, [145]);
    }
}

#[test]
fn refuses_slices_that_are_too_short() {
    let (isa, pool) = (AnyIsa::available()[0], Pool::new(1).unwrap());
    let run = |spec: Gemm, a: usize, b: usize, c: usize, bias: usize| -> Result<()> {
        let (a, b, bias) = (vec![0f32; a], vec![0f32; b], vec![0f32; bias]);
        gemm(isa, &pool, &spec, &a, &b, Some(&bias), &mut vec![0f32; c])
    };
    let spec = Gemm::new(2, 3, 4);
    assert!(run(spec, 8, 12, 6, 3).is_ok());
    for (a, b, c, bias, name) in
        [(7, 12, 6, 3, "`a`"), (8, 11, 6, 3, "`b`"), (8, 12, 5, 3, "`c`"), (8, 12, 6, 2, "`bias`")]
    {
        let error = run(spec, a, b, c, bias).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
    let mut overlapping = spec;
    overlapping.c_stride = 2;
    assert!(run(overlapping, 8, 12, 6, 3).is_err());
    let mut huge = spec;
    huge.a.stride = usize::MAX;
    assert!(run(huge, 8, 12, 6, 3).is_err());
}
