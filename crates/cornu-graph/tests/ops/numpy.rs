//! Functions against NumPy 2.4: the numbers are what it gives for the same arguments.

use cornu_graph::ops::*;
use cornu_graph::testing::{check_gradient, check_gradient_twice};
use cornu_graph::{Array, DType, Tensor};

use crate::{f, get, message, mixed};

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

/// Compares elements: to 4e-15 of their size, the signs of zeros too.
fn same(found: &Tensor, expected: &[f64]) {
    let found = get(found).to_vec::<f64>();
    let near = |a: f64, b: f64| match (a, b) {
        _ if b == 0.0 => a == 0.0 && a.is_sign_negative() == b.is_sign_negative(),
        _ => a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 4e-15 * b.abs(),
    };
    let all =
        found.len() == expected.len() && found.iter().zip(expected).all(|(&a, &b)| near(a, b));
    assert!(all, "{found:?} is not {expected:?}");
}

fn t(values: &[f64]) -> Tensor {
    values.into()
}

/// Rows with NaN, with ties, and of nothing but NaN.
fn holes() -> Tensor {
    [[3.0, NAN, 1.0, 2.0], [5.0, 4.0, 4.0, -1.0], [NAN; 4]].into()
}

fn table() -> Tensor {
    [[3.0, 1.0, 2.0, 2.0], [5.0, 4.0, 4.0, -1.0], [0.0, 1e3, -5.0, 7.0]].into()
}

#[test]
fn functions_of_two_floats() {
    let a = t(&[-7.5, 7.5, -7.5, 7.5, 1.0, -1.0, INF, 0.0, -0.0, 3.0, NAN, -6.0]);
    let b = t(&[2.0, -2.0, -2.0, 2.0, 0.1, INF, 2.0, -3.0, 3.0, 0.0, 1.0, -2.0]);
    let both = |f: fn(&Tensor, &Tensor) -> Tensor, expected: &[f64]| same(&f(&a, &b), expected);
    both(floor_divide, &[-4.0, -4.0, 3.0, 3.0, 9.0, -1.0, NAN, -0.0, -0.0, INF, NAN, 3.0]);
    let last = 0.09999999999999995;
    both(mod_, &[0.5, -0.5, -1.5, 1.5, last, INF, NAN, -0.0, 0.0, NAN, NAN, -0.0]);
    both(fmod, &[-1.5, 1.5, -1.5, 1.5, last, -1.0, NAN, 0.0, -0.0, NAN, NAN, -0.0]);
    both(copysign, &[7.5, -7.5, -7.5, 7.5, 1.0, 1.0, INF, -0.0, 0.0, 3.0, NAN, -6.0]);
    both(fmax, &[2.0, 7.5, -2.0, 7.5, 1.0, INF, INF, 0.0, 3.0, 3.0, 1.0, -2.0]);
    both(fmin, &[-7.5, -2.0, -7.5, 2.0, 0.1, -1.0, 2.0, -3.0, -0.0, 0.0, 1.0, -6.0]);
    both(heaviside, &[0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, -3.0, 3.0, 1.0, NAN, 0.0]);
    same(&divmod(&a, &b).1, &get(&remainder(&a, &b)).to_vec::<f64>());
    same(
        &nextafter(&t(&[1.0, -1.0, INF, 0.0, -0.0]), &t(&[0.1, INF, 2.0, -3.0, 3.0])),
        &[0.9999999999999999, -0.9999999999999999, f64::MAX, -5e-324, 5e-324],
    );
    let single = nextafter(&Tensor::scalar(1f32), &Tensor::scalar(2f32));
    assert_eq!(get(&single).to_vec::<f32>(), [1.0000001]);
    let sides = (t(&[3e200, -0.0, INF, -3.0]), t(&[4e200, 0.0, NAN, 4.0]));
    same(&hypot(&sides.0, &sides.1), &[5e200, 0.0, INF, 5.0]);
    let (a, b) = (t(&[1000.0, -INF, INF, -INF, 2.0]), t(&[1000.0, -INF, INF, 2.0, -7.5]));
    same(&logaddexp(&a, &b), &[1000.6931471805599, -INF, INF, 2.0, 2.0000748490286293]);
    same(&logaddexp2(&a, &b), &[1001.0, -INF, INF, 2.0, 2.0019910852608884]);
    same(&divide_no_nan(&t(&[1.0, 0.0, NAN]), &t(&[0.0, 0.0, 2.0])), &[0.0, 0.0, NAN]);
    let numbers = t(&[0.75, 5e-324, 1.0, -3.0]);
    let exponents = Tensor::from([4, 2098, -1074, 5000]);
    same(&ldexp(&numbers, &exponents), &[12.0, INF, 5e-324, -INF]);
    assert_eq!(float_power(&Tensor::scalar(2i32), &Tensor::scalar(-2i32)).dtype(), DType::F64);
    same(&float_power(&Tensor::scalar(2i32), &Tensor::scalar(-2i32)), &[0.25]);
}

#[test]
fn functions_of_two_integers() {
    let (a, b) = ([-7i64, 7, -7, 7, 0, 12], [2i64, -2, 0, 2, 5, 18]);
    let run = |f: fn(&Tensor, &Tensor) -> Tensor, expected: [i64; 6]| {
        for dtype in [DType::I64, DType::I32] {
            let y = f(&cast(&a.into(), dtype), &cast(&b.into(), dtype));
            assert_eq!((y.dtype(), get(&y).to_vec::<i64>()), (dtype, expected.to_vec()));
        }
    };
    run(floor_divide, [-4, -4, 0, 3, 0, 0]);
    run(mod_, [1, -1, 0, 1, 0, 12]);
    run(fmod, [-1, 1, 0, 1, 0, 12]);
    run(gcd, [1, 1, 7, 1, 5, 6]);
    run(lcm, [14, 14, 0, 14, 0, 36]);
    run(bitwise_and, [0, 6, 0, 2, 0, 0]);
    run(bitwise_or, [-5, -1, -7, 7, 5, 30]);
    run(bitwise_xor, [-5, -7, -7, 5, 5, 30]);
    let shifted = left_shift(&[1i32, -1, 3, 5].into(), &[4i32, 31, 32, -1].into());
    assert_eq!(get(&shifted).to_vec::<i32>(), [16, i32::MIN, 0, 0]);
    let shifted = right_shift(&[256i32, -256, -3, 5].into(), &[4i32, 3, 40, -1].into());
    assert_eq!(get(&shifted).to_vec::<i32>(), [16, -32, -1, 0]);
    assert_eq!(get(&left_shift(&[200u8].into(), &[1u8].into())).to_vec::<u8>(), [144]);
    assert_eq!(get(&bitwise_not(&[0i32, -7].into())).to_vec::<i32>(), [-1, 6]);
    assert_eq!(get(&bitwise_not(&[0u8, 7].into())).to_vec::<u8>(), [255, 248]);
    let truth = bitwise_xor(&[true, true].into(), &[true, false].into());
    assert_eq!((truth.dtype(), get(&truth).to_vec::<bool>()), (DType::Bool, vec![false, true]));
    assert_eq!(get(&bitwise_not(&[true].into())).to_vec::<bool>(), [false]);
    assert!(message(&gcd(&t(&[1.0]), &t(&[1.0]))).contains("integer"));
    assert!(message(&bitwise_not(&t(&[1.0]))).contains("integer"));
}

#[test]
fn functions_of_one_tensor() {
    same(&rint(&t(&[0.5, 1.5, -0.5, NAN])), &[0.0, 2.0, -0.0, NAN]);
    same(
        &round(&t(&[1.125, -2.675, 1e300, 123456.789, INF, NAN, 1e308]), 2),
        &[1.12, -2.68, 1e300, 123456.79, INF, NAN, 1e308],
    );
    same(&round(&t(&[125.0, 135.0, -15.0, 1e9]), -1), &[120.0, 140.0, -20.0, 1e9]);
    assert_eq!(get(&round(&[15i32, 25, -35, 7].into(), -1)).to_vec::<i32>(), [20, 20, -40, 10]);
    same(&round(&Tensor::from([5f32]), -400), &[0.0]);
    same(
        &sinc(&t(&[0.0, 1e-9, 0.01, 0.02, -0.5, 2.5, INF])),
        &[
            1.0,
            1.0,
            0.9998355147105485,
            0.9993421562398412,
            std::f64::consts::FRAC_2_PI,
            0.12732395447351627,
            NAN,
        ],
    );
    let odd = t(&[NAN, INF, -INF, 1.5]);
    same(&nan_to_num(&odd, 0.0, None, None), &[0.0, f64::MAX, f64::MIN, 1.5]);
    same(&nan_to_num(&odd, 7.0, Some(8.0), Some(9.0)), &[7.0, 8.0, 9.0, 1.5]);
    same(&isposinf(&odd), &[0.0, 1.0, 0.0, 0.0]);
    same(&isneginf(&odd), &[0.0, 0.0, 1.0, 0.0]);
    same(&isneginf(&[1i32].into()), &[0.0]);
    same(&signbit(&t(&[-0.0, 0.0, -INF, 2.0])), &[1.0, 0.0, 1.0, 0.0]);
    same(&signbit(&[-1i32, 0].into()), &[1.0, 0.0]);
    same(&deg2rad(&t(&[180.0])), &[std::f64::consts::PI]);
    same(&rad2deg(&t(&[std::f64::consts::PI])), &[180.0]);
    same(&exp2(&t(&[-1074.0, 0.5, 1024.0])), &[5e-324, 2f64.sqrt(), INF]);
    same(&cbrt(&t(&[-27.0, -0.0, 2.0])), &[-3.0, -0.0, 1.2599210498948732]);
    same(&erfc(&t(&[5.0, 30.0, -1.0])), &[1.5374597944280347e-12, 0.0, 1.842700792949715]);
    same(&arccosh(&t(&[-42740.953125, 0.5, 1.0, INF])), &[NAN, NAN, 0.0, INF]);
    same(&trunc(&t(&[-0.5, 2.7])), &[-0.0, 2.0]);
    assert_eq!(trunc(&[3i32].into()).dtype(), DType::I32);
    assert_eq!(floor(&[3i32].into()).dtype(), DType::F32);
    assert_eq!(square(&[true].into()).dtype(), DType::I32);
    assert_eq!(abs(&[true].into()).dtype(), DType::Bool);
    assert!(message(&positive(&[true].into())).contains("positive"));
    assert_eq!(get(&clip(&[300i64, -2].into(), -INF, 255.0)).to_vec::<i64>(), [255, -2]);
    assert_eq!(clip(&[true].into(), 0.0, 3.0).dtype(), DType::I32);
    same(&clip(&t(&[NAN, 5.0]), 0.0, 1.0), &[NAN, 1.0]);
}

#[test]
fn closeness() {
    let a = t(&[1e10, 1e-7, 1e-8, INF, INF, NAN, 1.0]);
    let b = t(&[1.00001e10, 1e-8, 1e-9, INF, -INF, NAN, 1.0001]);
    same(&isclose(&a, &b, 1e-5, 1e-8, false), &[1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    same(&isclose(&a, &b, 1e-5, 1e-8, true), &[1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0]);
    same(&allclose(&t(&[1.0, 2.0]), &t(&[1.0]), 1e-5, 1.0, false), &[1.0]);
    same(&isclose(&[16_777_217i32].into(), &[16_777_216i32].into(), 0.0, 0.0, false), &[0.0]);
    same(&array_equal(&a, &a, false), &[0.0]);
    same(&array_equal(&a, &a, true), &[1.0]);
    same(&array_equal(&a, &t(&[1.0]), true), &[0.0]);
}

#[test]
fn statistics() {
    let y = table();
    same(&std(&y, &[1], 1, false), &[0.816496580927726, 2.70801280154532, 499.6909044599471]);
    same(&var(&y, &[-1], 0, true), &[0.5, 5.5, 187268.25]);
    same(&var(&y, &[0], 3, false), &[INF; 4]);
    same(&moments(&y, &[1], false).1, &[0.5, 5.5, 187268.25]);
    same(&ptp(&y, &[0], false), &[5.0, 999.0, 9.0, 8.0]);
    assert_eq!(get(&count_nonzero(&holes(), &[], false)).to_vec::<i32>(), [12]);
    same(&count_nonzero(&y, &[1], false), &[4.0, 4.0, 3.0]);
    same(&average(&y, &[1], Some(&t(&[1.0, 2.0, 3.0, 4.0])), false), &[1.9, 2.1, 201.3]);
    let weights = reshape(&iota(&[12], 0, DType::F64), &[3, 4]);
    same(&average(&y, &[], Some(&weights), false), &[137.8030303030303]);
    same(&average(&y, &[0], None, false), &[8.0 / 3.0, 335.0, 1.0 / 3.0, 8.0 / 3.0]);
    assert!(message(&average(&y, &[0], Some(&t(&[1.0; 4])), false)).contains("weights"));
    assert!(message(&average(&y, &[], Some(&t(&[1.0; 4])), false)).contains("weights"));
    let empty = zeros(&[0, 2], DType::F64);
    same(&mean(&empty, &[0], false), &[NAN; 2]);
    same(&var(&empty, &[], 0, false), &[NAN]);
    same(&sum(&empty, &[0], false), &[0.0; 2]);
    assert_eq!(sum(&[200u8, 100].into(), &[], false).dtype(), DType::I64);
    same(&sum(&[200u8, 100].into(), &[], false), &[300.0]);
    same(&logsumexp(&empty, &[0], false), &[-INF; 2]);
}

#[test]
fn reductions_without_nan() {
    let x = holes();
    type Reduction = fn(&Tensor, &[isize], bool) -> Tensor;
    let cases: [(Reduction, [f64; 3], [f64; 4]); 6] = [
        (nansum, [6.0, 12.0, 0.0], [8.0, 4.0, 5.0, 1.0]),
        (nanprod, [6.0, -80.0, 1.0], [15.0, 4.0, 4.0, -2.0]),
        (nanmean, [2.0, 3.0, NAN], [4.0, 4.0, 2.5, 0.5]),
        (nanmin, [1.0, -1.0, NAN], [3.0, 4.0, 1.0, -1.0]),
        (nanmax, [3.0, 5.0, NAN], [5.0, 4.0, 4.0, 2.0]),
        (nanmedian, [2.0, 4.0, NAN], [4.0, 4.0, 2.5, 0.5]),
    ];
    for (function, rows, columns) in cases {
        same(&function(&x, &[1], true), &rows);
        same(&function(&x, &[0], false), &columns);
        assert!(function(&[1i32].into(), &[], false).check().is_ok());
    }
    same(&nanvar(&x, &[1], 1, false), &[1.0, 22.0 / 3.0, NAN]);
    same(&nanvar(&x, &[0], 1, false), &[2.0, NAN, 4.5, 4.5]);
    same(&nanstd(&x, &[1], 0, false), &[0.816496580927726, 2.345207879911715, NAN]);
    assert_eq!(get(&nanargmax(&x, 1)).to_vec::<i32>(), [0, 0, -1]);
    assert_eq!(get(&nanargmin(&x, 1)).to_vec::<i32>(), [2, 3, -1]);
    assert_eq!(nansum(&[1i32].into(), &[], false).dtype(), DType::I32);
}

#[test]
fn quantiles() {
    use QuantileMethod::*;
    let (y, x) = (table(), slice_axis(&holes(), 0, 0, 2));
    let cases: [(QuantileMethod, [[f64; 3]; 3], [f64; 6]); 5] = [
        (
            Linear,
            [[1.3, 0.5, -3.5], [2.0, 4.0, 3.5], [2.4, 4.4, 404.2]],
            [1.5, 2.75, 2.0, 4.0, 2.8, 4.7],
        ),
        (
            Lower,
            [[1.0, -1.0, -5.0], [2.0, 4.0, 0.0], [2.0, 4.0, 7.0]],
            [1.0, -1.0, 2.0, 4.0, 2.0, 4.0],
        ),
        (
            Higher,
            [[2.0, 4.0, 0.0], [2.0, 4.0, 7.0], [3.0, 5.0, 1000.0]],
            [2.0, 4.0, 2.0, 4.0, 3.0, 5.0],
        ),
        (
            Midpoint,
            [[1.5, 1.5, -2.5], [2.0, 4.0, 3.5], [2.5, 4.5, 503.5]],
            [1.5, 1.5, 2.0, 4.0, 2.5, 4.5],
        ),
        (
            Nearest,
            [[1.0, -1.0, -5.0], [2.0, 4.0, 7.0], [2.0, 4.0, 7.0]],
            [1.0, 4.0, 2.0, 4.0, 3.0, 5.0],
        ),
    ];
    for (method, whole, holed) in cases {
        let found = quantile(&y, [0.1, 0.5, 0.8], &[1], method, true);
        assert_eq!(found.shape(), [3, 3, 1]);
        // `0.1` of three steps is not exact, nor is what is counted from there.
        same(&round(&found, 12), whole.as_flattened());
        same(&nanquantile(&x, [0.25, 0.5, 0.9], &[1], method, false), &holed);
        same(&quantile(&y, 0.0, &[1], method, false), &[1.0, -1.0, -5.0]);
        same(&quantile(&y, 1.0, &[1], method, false), &[3.0, 5.0, 1000.0]);
        same(&quantile(&holes(), 0.5, &[1], method, false), &[NAN, 4.0, NAN]);
    }
    let halves = [0.125, 0.375, 0.625, 0.875];
    same(
        &quantile(&t(&[0.0, 1.0, 2.0, 3.0, 4.0]), halves, &[], Nearest, false),
        &[0.0, 2.0, 2.0, 4.0],
    );
    same(&percentile(&y, [25.0, 60.0], &[0, 1], Linear, false), &[0.75, 3.6]);
    same(&percentile(&y, 30.0, &[], Linear, false), &[1.3]);
    same(&nanpercentile(&holes(), 50.0, &[1], Linear, false), &[2.0, 4.0, NAN]);
    same(&median(&y, &[], false), &[2.5]);
    same(&median(&y, &[0], false), &[3.0, 4.0, 2.0, 2.0]);
    same(&median(&[3i32, 1, 2].into(), &[], true), &[2.0]);
    for (values, middle) in [
        (&[1.0, NAN, 3.0][..], NAN),
        (&[], NAN),
        (&[INF, INF], INF),
        (&[-INF, INF], NAN),
        (&[1.0, INF], INF),
        (&[7.0], 7.0),
    ] {
        same(&median(&t(values), &[], false), &[middle]);
    }
    same(&quantile(&t(&[1.0, INF]), [0.0, 0.5, 1.0], &[], Linear, false), &[1.0, NAN, INF]);
    assert_eq!(quantile(&zeros(&[0, 3], DType::F32), [0.5], &[0], Linear, false).shape(), [1, 3]);
    assert_eq!(get(&quantile(&y, Array::from([0f64; 0]), &[0], Linear, false)).shape(), [0, 4]);
    for wrong in [-0.1, 1.5, NAN] {
        assert!(message(&quantile(&y, wrong, &[], Linear, false)).contains("`q`"));
    }
}

#[test]
fn orders_and_running_totals() {
    let y = table();
    let running = [3.0, 3.0, 6.0, 12.0, 5.0, 20.0, 80.0, -80.0, 0.0, 0.0, -0.0, -0.0];
    same(&cumprod(&y, 1), &running);
    same(&nancumsum(&holes(), 1), &[3.0, 3.0, 4.0, 6.0, 5.0, 9.0, 13.0, 12.0, 0.0, 0.0, 0.0, 0.0]);
    same(
        &nancumprod(&holes(), 0),
        &[3.0, 1.0, 1.0, 2.0, 15.0, 4.0, 4.0, -2.0, 15.0, 4.0, 4.0, -2.0],
    );
    same(&cumsum(&t(&[1.0, 2.0, 3.0, 4.0, 5.0]), -1), &[1.0, 3.0, 6.0, 10.0, 15.0]);
    same(&cumsum(&y, 0), &[3.0, 1.0, 2.0, 2.0, 8.0, 5.0, 6.0, 1.0, 8.0, 1005.0, 1.0, 8.0]);
    assert_eq!(cumsum(&[true].into(), 0).dtype(), DType::I32);
    assert_eq!(get(&cumsum(&[200u8, 100, 1].into(), 0)).to_vec::<u8>(), [200, 44, 45]);
    assert_eq!(get(&cumsum(&zeros(&[2, 0], DType::F32), 0)).shape(), [2, 0]);
    assert!(message(&cumsum(&y, 2)).contains("axis"));
    let (values, indices) = top_k(&y, 2);
    same(&values, &[3.0, 2.0, 5.0, 4.0, 1000.0, 7.0]);
    assert_eq!(get(&indices).to_vec::<i32>(), [0, 2, 0, 1, 1, 3]);
    assert!(message(&top_k(&y, 5).0).contains("top_k"));
    let parted = get(&partition(&t(&[4.0, NAN, 1.0, 3.0]), 1, 0)).to_vec::<f64>();
    assert!(parted[0] <= parted[1] && parted[1] == 3.0);
    assert!(message(&partition(&y, 4, 1)).contains("kth"));
}

#[test]
fn labels_and_segments() {
    let labels = Tensor::from([[0i32, 2], [-1, 3]]);
    same(
        &one_hot(&labels, 3, -1, DType::F32),
        &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    );
    assert_eq!(one_hot(&labels, 3, 1, DType::I32).shape(), [2, 3, 2]);
    same(&multi_hot(&labels, 4, DType::F32), &[1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    assert!(message(&one_hot(&t(&[1.0]), 3, -1, DType::F32)).contains("integer"));
    let scores = Tensor::from([[0.1, 0.9, 0.5], [0.5, 0.5, 0.2], [NAN, 0.3, 0.1]]);
    same(&in_top_k(&[2i32, 1, 0].into(), &scores, 1), &[0.0, 1.0, 0.0]);
    same(&in_top_k(&[2i32, 3, 1].into(), &scores, 2), &[1.0, 0.0, 1.0]);
    let data = Tensor::from([[1.0, 5.0], [NAN, 2.0], [4.0, 1.0], [7.0, 8.0], [2.0, -3.0]]);
    let ids = Tensor::from([2i32, 0, 2, -1, 2]);
    same(&segment_sum(&data, &ids, 4), &[NAN, 2.0, 0.0, 0.0, 7.0, 3.0, 0.0, 0.0]);
    same(&segment_max(&data, &ids, 4), &[NAN, 2.0, -INF, -INF, 4.0, 5.0, -INF, -INF]);
    same(&segment_min(&data, &ids, 3), &[NAN, 2.0, INF, INF, 1.0, -3.0]);
    let counts = segment_max(&[3u8, 9].into(), &[1i64, 1].into(), 2);
    assert_eq!(get(&counts).to_vec::<u8>(), [0, 9]);
    same(&segment_max(&zeros(&[0, 2], DType::F64), &zeros(&[0], DType::I32), 1), &[-INF; 2]);
    assert!(message(&segment_sum(&data, &[1i32].into(), 2)).contains("segment_ids"));
    let x = t(&[3.0, -4.0]);
    same(&normalize(&x, &[-1], 2.0, 1e-7), &[0.6, -0.8]);
    same(&normalize(&x, &[-1], 1.0, 1e-7), &[3.0 / 7.0, -4.0 / 7.0]);
    same(&normalize(&x, &[-1], INF, 1e-7), &[0.75, -1.0]);
    let third = 91f64.cbrt();
    same(&normalize(&x, &[-1], 3.0, 1e-7), &[3.0 / third, -4.0 / third]);
    assert!(message(&normalize(&x, &[-1], 0.5, 1e-7)).contains("order"));
}

#[test]
fn gradients_of_what_is_composed() {
    let (a, b) = (f(&[4], &[-1.7, 0.6, 2.3, -0.4]), f(&[4], &[0.8, -1.1, 1.9, 2.6]));
    type Two = fn(&Tensor, &Tensor) -> Tensor;
    let pairs: [Two; 6] =
        [divide_no_nan, logaddexp, logaddexp2, fmax, fmin, |a, b| average(a, &[], Some(b), false)];
    for function in pairs {
        check_gradient_twice(|x| function(&x[0], &x[1]), &[a.clone(), b.clone()]).unwrap();
    }
    let x = mixed(&[3, 4]);
    type One = fn(&Tensor) -> Tensor;
    let singles: [One; 12] = [
        |x| sinc(&(x * 0.1)),
        |x| sinc(&(x * 3.0)),
        |x| std(x, &[1], 1, false),
        |x| median(x, &[1], false),
        |x| quantile(x, [0.3, 0.8], &[0], QuantileMethod::Linear, false),
        |x| {
            nanmean(
                &where_(&greater(x, &number_like(x, 0.5)), &number_like(x, NAN), x),
                &[1],
                false,
            )
        },
        |x| cumprod(x, 1),
        |x| cumsum(&square(x), 0),
        |x| top_k(x, 2).0,
        |x| ptp(x, &[], false),
        |x| segment_max(x, &[1i32, 0, 1].into(), 2),
        |x| normalize(x, &[1], 3.0, 1e-7),
    ];
    for (i, function) in singles.into_iter().enumerate() {
        check_gradient(|x| function(&x[0]), std::slice::from_ref(&x))
            .unwrap_or_else(|e| panic!("{i}: {e}"));
    }
    let ldexp_by = |x: &[Tensor]| ldexp(&x[0], &[1i32, -2, 3, 0].into());
    check_gradient_twice(|x| sin(&cumsum(&x[0], 0)), std::slice::from_ref(&x)).unwrap();
    check_gradient(ldexp_by, std::slice::from_ref(&a)).unwrap();
    // At ties the slopes are halves.
    check_gradient(|x| logaddexp(&x[0], &x[1]), &[a.clone(), a]).unwrap();
}
